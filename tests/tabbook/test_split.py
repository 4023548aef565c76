"""Splitting: each tab's cells, and what `%%from` brings."""

import pytest
from tabbook.source import SourceError
from tabbook.split import split

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
    live = cell('%load_ext d2l_shim.tab')
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


def test_a_tab_that_the_section_lacks_has_no_cells(book, cell):
    book.write(cell('x = 1'), tabs='[jax]')
    assert sources(book, 'pytorch') == []


def test_from_brings_whole_definitions_of_the_tab(base, cell):
    base.write(cell('%%from base import B, A'))
    (got,) = sources(base, 'jax')
    assert got == (
        '@jax.compile\nclass A(jax.Module):\n    def f(self):\n'
        '        return helper()  # a remark\n\n\n'
        '@d2l.add_to_class(A)\ndef g(self):\n    return 2\n\n\n'
        'class B(A):\n    pass'
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
