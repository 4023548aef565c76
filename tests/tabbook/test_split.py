"""Splitting: each tab's cells, and what `%%from` brings."""

import pytest
from IPython.core.interactiveshell import InteractiveShell

from tabbook.text.parse import SourceError
from tabbook.text.split import foundations, split

BASE = """
import torch

SIZE = 3


def helper():
    return SIZE


@torch.compile
class A(torch.Module):
    def f(self):
        return helper()  # a remark


class B(A):
    pass
"""


@pytest.fixture
def base(book, cell):
    """A section `base` that defines, for each tab, A, B, helper and SIZE."""
    added = '@d2l.add_to_class(A)\ndef g(self):\n    return 2'
    jax = BASE.replace('torch', 'jax')
    text = cell(f'%%tab pytorch{BASE}') + cell(f'%%tab jax{jax}') + cell(added)
    book.write(text, 'base')
    return book


def sources(book, tab, name='tiny'):
    return [c.source for c in split(book.library[name], tab, book.library)]


def test_each_tab_gets_its_cells_in_order(book, cell):
    live = cell('%load_ext tabbook')
    tabs = cell('%%tab jax\nx = 2') + cell('%%tab pytorch\nx = 1')
    alone = cell('%%tab jax\nz = 4')
    book.write(f'{live}A.\n\n{tabs}```{{output}} jax\n2\n```\n' + cell('y = 3') + alone)
    assert sources(book, 'pytorch') == ['x = 1', 'y = 3']
    assert sources(book, 'jax') == ['x = 2', 'y = 3', 'z = 4']
    cells = split(book.library['tiny'], 'jax', book.library)
    assert [c.group_index for c in cells] == [0, 1, 2]
    assert [c.line for c in cells] == [11, 21, 25]
    assert cells[0].output.text == '2'
    assert split(book.library['tiny'], 'pytorch', book.library)[0].output is None


def test_a_model_is_founded_on_imports_classes_and_functions(book, cell):
    founding = ['import math', 'class A:\n    pass', 'def f():\n    return 1']
    acting = ['def g():\n    return 2\n\n\ng()', 'f()']
    book.write(''.join(map(cell, [*founding, *acting])), tabs='[jax]')
    assert foundations(book.library['tiny'], 'jax', book.library) == founding


def test_a_tab_that_the_section_lacks_has_no_cells(book, cell):
    book.write(cell('x = 1'), tabs='[jax]')
    assert sources(book, 'pytorch') == []


def test_from_brings_whole_definitions_of_the_tab(base, cell):
    base.write(cell('%%from base import B, A'))
    (got,) = sources(base, 'jax')
    assert got == (
        '@jax.compile\nclass A(jax.Module):\n    def f(self):\n'
        '        return helper()  # a remark\n\n\n'
        'class B(A):\n    pass\n\n\n'
        '@d2l.add_to_class(A)\ndef g(self):\n    return 2'
    )
    (brought,) = split(base.library['tiny'], 'jax', base.library)
    assert brought.brought
    assert brought.line == 5


def test_from_brings_constants_and_what_was_brought(base, cell):
    base.write(cell('%%from base import SIZE, helper'), 'middle')
    base.write(cell('%%from middle import SIZE'))
    assert sources(base, 'pytorch') == ['SIZE = 3']


def test_the_last_definition_counts(book, cell):
    twice = cell('def f():\n    return 1') + cell('X = 1\ndef f():\n    return X')
    book.write(twice, 'base')
    book.write(cell('%%from base import f, X'))
    assert sources(book, 'jax') == ['X = 1\n\n\ndef f():\n    return X']


# What a section holds, the names brought from it, and what is true of them there: so
# it must be here.
BRINGS = {
    'a class defined anew from itself': (
        'class A:\n    a = 1\n\nclass A(A):\n    b = 2', 'A', 'A.a + A.b == 3'),
    'a function wrapped': (
        'def f():\n    return 1\ng = 0\nf = (lambda old: lambda: old() + 1)(f)', 'f',
        'f() == 2'),
    'a number that grows': ('X = 1\nX += 1\nX = X * 2', 'X', 'X == 4'),
    'one of two branches': (
        'if 1 > 2:\n    def f():\n        return 1\n'
        'else:\n    def f():\n        return 2', 'f', 'f() == 2'),
    'a definition kept or replaced': (
        'f = 1\nif 1 > 2:\n    f = 2', 'f', 'f == 1'),
    'what an import may lack': (
        'try:\n    from nothing import f\nexcept ImportError:\n    f = 3', 'f',
        'f == 3'),
    'an import wrapped': (
        'from math import sqrt\nsqrt = [sqrt, sqrt]', 'sqrt', 'sqrt[0](4) == 2'),
    'an import': ('import math as m', 'm', 'm.sqrt(4) == 2'),
    'two at once': (
        'a, (b, *c) = 1, (2, 3)\nd = e = 4', 'b, c, e', '(b, c, e) == (2, [3], 4)'),
    'two on a line': ('a = 1; b = 2', 'a, b', 'a + b == 3'),
    'named in passing': ('print(a := 5)', 'a', 'a == 5'),
    'an annotation': ('a: int = 1', 'a', 'a == 1'),
    'a loop': ('X = []\nfor i in range(3):\n    X = [*X, i]', 'X', 'X == [0, 1, 2]'),
    'a context': (
        'import contextlib\nwith contextlib.nullcontext(3) as X:\n    Y = X',
        'contextlib, Y', 'Y == 3'),
    'a match': ('match 3:\n    case [a]:\n        pass\n    case b:\n        c = b',
                'c', 'c == 3'),
    'an attribute set later': ('class A:\n    pass\nA.b = 1\nA.c = A.b + 1', 'A',
                               'A.c == 2'),
    'an item set later': ("X = {}\nX['a'] = 1\nX['a'] += 1", 'X', "X == {'a': 2}"),
    'a property and its setter': (
        'import functools\n@functools.singledispatch\ndef f(x):\n    return 0\n'
        '@f.register\ndef _(x: int):\n    return 1', 'functools, f', 'f(2) == 1'),
    'methods added and added again': (
        'def add_to_class(c):\n    return lambda f: setattr(c, f.__name__, f)\n'
        'class A:\n    pass\n@add_to_class(A)\ndef g(self):\n    return 1\n'
        '@add_to_class(A)\ndef h(self):\n    return self.g() + 1', 'add_to_class, A',
        'A().h() == 2'),
    'the last of two, whole': (
        'class A:\n    a = 1\n@print\ndef A():\n    pass\nclass A:\n    b = 2', 'A',
        "not hasattr(A, 'a') and A.b == 2"),
    'a list that grows': (
        'X = [1]\nX.append(2)\ndef f():\n    X.append(3)', 'X', 'X == [1, 2]'),
    'what magics give': ('files = !echo a', 'files', "files == ['a']"),
    'a timed definition': ('%%time\ndef f():\n    return 1', 'f', 'f() == 1'),
    'a definition after a long command': ('!echo \\\n a\n%time X = 1\nY = 2', 'X, Y',
                                          '(X, Y) == (1, 2)'),
}  # fmt: skip


@pytest.mark.parametrize('tested', BRINGS.values(), ids=BRINGS)
def test_what_is_brought_is_what_is_there(book, cell, tested):
    code, names, truth = tested
    book.write(cell(code), 'base')
    book.write(cell(f'%%from base import {names}'))
    (brought,) = sources(book, 'jax')
    for source in (code, brought):
        shell = InteractiveShell()
        shell.system = shell.system_raw
        shell.run_cell(source).raise_error()
        assert shell.run_cell(truth).result is True, source
        shell.history_manager.end_session()
    assert book.findings() == []


def test_no_more_is_brought_than_is_needed(book, cell):
    waits = 'def fib(n):\n    return n and fib(n - 1)'
    book.write(
        cell('X = 1\nX = 2\nimport math\n@math.log\nclass B:\n    pass')
        + cell(f'{waits}\ndef f():\n    X.y = 1\n{waits}')
        + cell('%%capture out\nY = 1'),
        'base',
    )
    book.write(cell('%%from base import X, math, fib'))
    assert sources(book, 'jax') == [f'X = 2\n\n\nimport math\n\n\n{waits}']
    book.write(cell('%%from base import out'))
    ((line, message),) = book.findings()
    assert (line, 'defines no out; it defines X, B, fib, f, Y' in message) == (5, True)


@pytest.mark.parametrize(
    ('line', 'message'),
    [
        ('%%from nowhere import A', "no section 'nowhere'; sections are: base, tiny"),
        ('%%from base import A, Q', "'base' defines no Q; it defines"),
        ('%%from tiny import A', '%%from tiny comes back to this section'),
    ],
)
def test_from_that_names_nothing(base, cell, line, message):
    base.write(cell('x = 1') + cell(line))
    with pytest.raises(SourceError, match=r'^notebooks/tiny\.md:8: ') as caught:
        sources(base, 'pytorch')
    assert message in str(caught.value)


def test_from_a_section_without_the_tab(base, cell):
    base.write(cell('%%from base import A'), tabs='[mxnet]')
    with pytest.raises(SourceError, match=r"'base' has no tab 'mxnet'"):
        sources(base, 'mxnet')
