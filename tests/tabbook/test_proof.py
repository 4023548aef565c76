"""What a section says of its proof, its models and its data; mistakes in a sentence."""

import pytest

from d2l_shim.data.sets import DATA_SETS
from tabbook.text.proof import Model, Run

NET = """\
```{code-cell} ipython3
class Net:
    pass
```
"""
TWO = """\
```{code-cell} ipython3
%%tab pytorch
class Net:
    pass
```

```{code-cell} ipython3
%%tab jax
class Net:
    pass


Other = Net
```
"""
SHAPE = 'needs an input of channels, height, width: input: [1, 28, 28]'
NAMES = '`models:` names classes, as in {Net: {input: [1, 28, 28]}}'
RUNS = '`runs:` names runs, as in {reference: {code: "fit(Net(), callbacks)"}}'
SEEDS = 'needs both or neither: a number `seeds:` above 0, and `seed` in its `code:`'
CODE = 'needs `code:`, a Python expression that passes on `callbacks`'


def test_runs_are_read(book):
    more = '{code: "fit(2, callbacks)", tabs: [jax], weights: jax}'
    front = f'runs:\n  one: {{code: "fit(callbacks)"}}\n  other: {more}\n'
    book.write(NET, front=front)
    assert book.library['tiny'].runs == (
        Run('one', 'fit(callbacks)', ('pytorch', 'jax')),
        Run('other', 'fit(2, callbacks)', ('jax',), 'jax'),
    )
    assert book.findings() == []


def test_a_run_may_be_of_a_tab_that_this_book_is_built_without(book):
    front = 'runs: {one: {code: "fit(callbacks)", tabs: [jax, chainer]}}\n'
    book.write(NET, tabs='[pytorch, jax, chainer]', front=front)
    assert book.library['tiny'].runs[0].tabs == ('jax', 'chainer')
    assert book.findings() == []


def test_models_and_data_are_read(book):
    front = (
        'models:\n  Net: {arch: [1, 2], width: 3, input: [1, 8, 9], parameters: 7}\n'
    )
    book.write(NET, front=f'{front}data: [fashion-mnist, house-prices]\n')
    section = book.library['tiny']
    arguments = {'arch': (1, 2), 'width': 3}
    assert section.models == (Model('Net', (1, 8, 9), 7, arguments, 4),)
    assert section.data == ('fashion-mnist', 'house-prices')
    assert book.findings() == []


def test_a_section_may_have_none(book):
    book.write(NET)
    assert (book.library['tiny'].models, book.library['tiny'].data) == ((), ())
    assert book.findings() == []


@pytest.mark.parametrize(
    ('front', 'line', 'message'),
    [
        ('models: Net\n', 3, NAMES),
        ('models: [Net]\n', 3, NAMES),
        ('models: {Net: 3}\n', 3, NAMES),
        ('models: {a b: {input: [1, 2, 3]}}\n', 3, NAMES),
        ('models:\n  Net: {}\n', 4, f'the model Net {SHAPE}'),
        ('models:\n  Net: {input: 28}\n', 4, f'the model Net {SHAPE}'),
        ('models:\n  Net: {input: [28, 28]}\n', 4, f'the model Net {SHAPE}'),
        ('models:\n  Net: {input: [1, 0, 28]}\n', 4, f'the model Net {SHAPE}'),
        ('models: {Net: {input: [1, 2, x]}}\n', 3, f'the model Net {SHAPE}'),
        (
            'models: {Net: {input: [1, 2, 2], parameters: many}}\n',
            3,
            'the `parameters:` of the model Net must be their number',
        ),
        (
            'models: {Net: {input: [1, 2, 2], steps: 0}}\n',
            3,
            'the `steps:` of the model Net must be their number',
        ),
        ('data: fashion-mnist\n', 3, '`data:` must be a list such as [fashion-mnist]'),
        (
            'data: [mnist]\n',
            3,
            f"unknown data set 'mnist'; `data:` takes {', '.join(DATA_SETS)}",
        ),
    ],
)
def test_a_mistake_is_one_sentence(book, front, line, message):
    book.write(NET, front=front)
    assert book.findings() == [(line, message)]


@pytest.mark.parametrize(
    'runs',
    ['[fit]', '{one: fit}', '{a b: {code: "fit(callbacks)"}}', '{one: {tabs: jax}}'],
)
def test_runs_have_names_and_code(book, runs):
    book.write(NET, front=f'runs: {runs}\n')
    assert book.findings() == [(3, RUNS)]


@pytest.mark.parametrize(
    'code', ['', 'code: 3', 'code: fit(Net())', 'code: x = callbacks']
)
def test_a_run_passes_the_callbacks_on(book, code):
    book.write(NET, front=f'runs:\n  one: {{{code}}}\n')
    assert book.findings() == [(4, f'the run one {CODE}')]


@pytest.mark.parametrize(
    'more',
    [
        'code: "fit(seed, callbacks)", seeds: 0',
        'code: "fit(seed, callbacks)", seeds: true',
        'code: "fit(seed, callbacks)", seeds: [0, 1]',
        'code: "fit(seed, callbacks)"',
        'code: "fit(callbacks)", seeds: 5',
        'code: "fit(callbacks, seed=1)", seeds: 5',
    ],
)
def test_a_run_of_several_seeds_uses_the_seed(book, more):
    book.write(NET, front=f'runs:\n  one: {{{more}}}\n')
    assert book.findings() == [(4, f'the run one {SEEDS}')]


@pytest.mark.parametrize('named', ['tabs: [mxnet]', 'weights: mxnet'])
def test_a_run_is_of_tabs_of_the_section(book, named):
    book.write(NET, front=f'runs:\n  one: {{code: fit(callbacks), {named}}}\n')
    assert book.findings() == [(4, 'the run one names mxnet, which `tabs:` does not')]


def test_a_model_is_a_class_of_the_section_in_each_tab(book):
    front = 'models:\n  Net: {input: [1, 2, 2]}\n  Other: {input: [1, 2, 2]}\n'
    book.write(TWO.replace('\n\nOther = Net', ''), front=front)
    said = '`models:` names Other, a class that no cell for pytorch, jax defines'
    assert book.findings() == [(5, said)]
    book.write(TWO.replace('Other = Net', 'class Other:\n    pass'), front=front)
    assert (5, said.replace('pytorch, jax', 'pytorch')) in book.findings()


def test_a_model_may_be_a_class_that_the_section_brings(book):
    book.write('```{code-cell}\nclass Net:\n    pass\n```\n', name='other')
    front = 'models: {Net: {input: [1, 2, 2]}}\n'
    book.write('```{code-cell}\n%%from other import Net\n```\n', front=front)
    assert book.findings() == []


TAKES = {
    'd2l.FashionMNIST(64)': 'fashion-mnist',
    'from d2l_shim.torch import FashionMNIST as Pictures': 'fashion-mnist',
    'train, test = d2l.load_data_fashion_mnist(256)': 'fashion-mnist',
    '%time data = d2l.FashionMNIST(64)': 'fashion-mnist',
    "d2l.reference_weights('densenet')": 'densenet-weights',
    'class Houses(d2l.KaggleHouse):\n    pass': 'house-prices',
    'x = 1  # unlike FashionMNIST': None,
    'def f():\n    """As in FashionMNIST."""': None,
    "print('KaggleHouse')": None,
    'd2l.get_fashion_mnist_labels([0])': None,
}


@pytest.mark.parametrize('code', TAKES)
def test_data_that_the_code_takes_are_named(book, cell, code):
    """Once: later cells take the same."""
    body = cell('d2l = 1') + cell(code) + cell(code)
    book.write(body)
    name, said = TAKES[code], 'this cell takes {0}: write `data: [{0}]` in front'
    assert book.findings() == ([(8, said.format(name))] if name else [])
    book.write(body, front=f'data: [{name}]\n' if name else '')
    assert book.findings() == []
