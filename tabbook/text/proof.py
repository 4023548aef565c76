"""What the front matter of a section says of its proof: its models, data and runs."""

import ast
import re
from dataclasses import dataclass, field

from d2l_shim.data.fetch import DATA_SETS
from tabbook.text.cells import names

TAKEN_BY = {  # the names by which code takes a data set
    'FashionMNIST': 'fashion-mnist',
    'load_data_fashion_mnist': 'fashion-mnist',
    'KaggleHouse': 'house-prices',
    'reference_weights': 'densenet-weights',
}
NO_MODELS = '`models:` names classes, as in {Net: {input: [1, 28, 28]}}'
NO_INPUT = 'the model {} needs an input of channels, height, width: input: [1, 28, 28]'
NO_COUNT = 'the `{1}:` of the model {0} must be their number'
NO_CLASS = '`models:` names {}, a class that no cell for {} defines'
NO_DATA = '`data:` must be a list such as [fashion-mnist]'
NO_RUNS = '`runs:` names runs, as in {reference: {code: "fit(Net(), callbacks)"}}'
NO_CODE = 'the run {} needs `code:`, a Python expression that passes on `callbacks`'
NO_SEEDS = (
    'the run {} needs both or neither: a number `seeds:` above 0, and `seed` in its '
    '`code:`'
)
NO_TABS = 'the run {} names {}, which `tabs:` does not'


@dataclass(frozen=True)
class Model:
    """A class of a section that is built and held equal in all tabs.

    `arguments` make it, but for `lr`; `input` is (channels, height, width), and
    `parameters` the number of those that are trained, or None where it is not said.
    `steps` says for how many steps of training its losses are compared.
    """

    name: str
    input: tuple[int, ...]
    parameters: int | None = None
    arguments: dict = field(default_factory=dict, hash=False)
    line: int = 1
    steps: int = 20


def models(front, problem):
    """Yield the Models that `front` names; `problem(word, message)` gets mistakes."""
    named = front.get('models', {})
    whole = isinstance(named, dict) and all(isinstance(x, dict) for x in named.values())
    if not whole or not all(str(name).isidentifier() for name in named):
        problem('models', NO_MODELS)
        return
    for name, given in named.items():
        shape = given.get('input')
        counts = {k: given[k] for k in ('parameters', 'steps') if k in given}
        wrong = next((k for k, v in counts.items() if not _is_size(v)), None)
        if not _is_shape(shape):
            problem(name, NO_INPUT.format(name))
        elif wrong:
            problem(name, NO_COUNT.format(name, wrong))
        else:
            rest = {k: v for k, v in given.items() if k not in ('input', *counts)}
            fixed = {k: tuple(v) if isinstance(v, list) else v for k, v in rest.items()}
            yield Model(name, tuple(shape), arguments=fixed, **counts)


def _is_shape(shape):
    return isinstance(shape, list) and len(shape) == 3 and all(map(_is_size, shape))


def _is_size(number):
    return type(number) is int and number > 0


def data(front, problem):
    """Yield the names of the data sets that `front` names."""
    named = front.get('data', [])
    if not isinstance(named, list):
        problem('data', NO_DATA)
        return
    for name in named:
        if name in DATA_SETS:
            yield name
        else:
            known = ', '.join(DATA_SETS)
            problem('data', f'unknown data set {name!r}; `data:` takes {known}')


@dataclass(frozen=True)
class Run:
    """A reference run: its `code` is an expression that trains in the tabs it names.

    The expression knows what the section's cells import and define, and `callbacks`,
    which it passes on. `weights` names the tab whose trained weights are published.
    With a number of `seeds` it is done for each `seed`, 0, 1, ..., which `code` names;
    the weights are then those of seed 0.
    """

    name: str
    code: str
    tabs: tuple[str, ...]
    weights: str | None = None
    seeds: int | None = None


def runs(front, declared, problem):
    """Yield the Runs that `front` names for the tabs `declared`, installed or not."""
    named = front.get('runs', {})
    if not isinstance(named, dict) or not all(map(_is_run, named.items())):
        problem('runs', NO_RUNS)
        return
    for name, given in named.items():
        code, seeds = given.get('code', ''), given.get('seeds')
        tabs, weights = given.get('tabs', declared), given.get('weights')
        extra = [tab for tab in [*tabs, weights] if tab and tab not in declared]
        if not _is_call(code):
            problem(name, NO_CODE.format(name))
        elif ('seeds' in given, 'seed' in names(code)) != (_is_size(seeds),) * 2:
            problem(name, NO_SEEDS.format(name))
        elif extra:
            problem(name, NO_TABS.format(name, ', '.join(extra)))
        else:
            yield Run(name, code, tuple(tabs), weights, seeds)


def _is_run(item):
    name, given = item
    lists = isinstance(given, dict) and isinstance(given.get('tabs', []), list)
    return lists and isinstance(name, str) and name.isidentifier()


def _is_call(code):
    try:
        return 'callbacks' in names(ast.unparse(ast.parse(code, mode='eval')))
    except (SyntaxError, TypeError):
        return False


def line_of(lines, word):
    """The number, from 1, of the line of front matter that has the key `word`."""
    key = re.compile(rf'[\s{{,]*\b{re.escape(word)}\s*:')
    starts = (n for n, text in enumerate(lines, 1) if key.match(text))
    within = (n for n, text in enumerate(lines, 1) if key.search(text))
    return next(starts, next(within, 1))


def findings(section, defined):
    """Yield (line, message) for each model and data set that is not as in the code.

    `defined` is {tab: names of the classes that its cells define}.
    """
    for model in section.models:
        if lacking := [tab for tab in section.tabs if model.name not in defined[tab]]:
            yield model.line, NO_CLASS.format(model.name, ', '.join(lacking))
    known = set(section.data)
    for cell in (cell for group in section.groups for cell in group.cells):
        taken = {TAKEN_BY[name] for name in names(cell.source) & set(TAKEN_BY)}
        for name in sorted(taken - known):
            yield cell.line, f'this cell takes {name}: write `data: [{name}]` in front'
        known |= taken
