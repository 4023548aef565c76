"""Options of cells: known ones reach page, notebook and run; wrong ones are named."""

import dataclasses

import pytest
from myst_nb.core.config import NbParserConfig, Section

from tabbook.notebooks import build
from tabbook.reading import pages
from tabbook.run import runner, store
from tabbook.text import options

RAISES = ':tags: [raises-exception, hide-input]\n\n'
WRONG = {
    'option': (':tag: [hide-input]\nx = 1', 5, "no option 'tag'; do you mean 'tags'?"),
    'option of a block': ('---\nalt: a\nmystbn: {}\n---\nx = 1', 7, "mean 'mystnb'?"),
    'option like none': (':zzz: 1\nx = 1', 5, "'zzz'; it has alt, collapsed, "),
    'second option': (':alt: a tag\n:Tags: []\nx = 1', 6, "mean 'tags'?"),
    'tag': (':tags: [mine, hide-inptu]\nx = 1', 5, "mean 'hide-input'?"),
    'tag underscored': (':tags: [raises_exception]\nx', 5, "mean 'raises-exception'?"),
    'tags that are no list': (':tags: hide-input\nx = 1', 5, 'a list such as [hide-'),
    'tags of numbers': (':tags: [1]\nx = 1', 5, 'a list such as [hide-'),
    'option of MyST-NB': (
        '---\nmystnb:\n  merge_stream: true\n---\nx = 1', 7, "mean 'merge_streams'?"),
    'MyST-NB without options': (':mystnb: image\nx = 1', 5, 'holds options'),
}  # fmt: skip


@pytest.mark.parametrize(('source', 'line', 'message'), WRONG.values(), ids=WRONG)
def test_a_misspelt_option_is_named(book, source, line, message):
    book.write(f'```{{code-cell}}\n{source}\n```\n')
    found = [(at, said) for at, said in book.findings() if message in said]
    assert [at for at, _ in found] == [line], book.findings()


def test_outputs_and_hidden_tests_have_options_of_their_own(book, cell):
    book.write(cell('1') + '```{output}\n:dat: real\n1\n```\n')
    ((line, said),) = book.findings()
    assert line == 7
    assert said == "an output has no option 'dat: real'; do you mean 'data: real'?"
    test = '```{hidden-test} Sum\n:points: 1\n:point: 1\n1\n```\n'
    book.write(test)
    assert (6, "a hidden test has no option 'point'; do you mean 'points'?") in [
        (at, said) for at, said in book.findings()
    ]


def test_the_options_are_those_of_the_reader():
    known = {
        field.metadata.get('cell_key', field.name)
        for field in dataclasses.fields(NbParserConfig)
        if Section.cell_lvl in field.metadata.get('sections', ())
    }
    assert set(options.MYSTNB) == known


def test_options_reach_the_page_and_the_notebook(book, cell):
    own = 'mystnb:\n  image: {width: 1cm}\n  merge_streams: true'
    block = f'---\nalt: A dot.\n{own}\n---\n'
    book.write(
        cell(':tags: [hide-input, full-width, mine]\n\nx = 1')
        + cell(block + 'x')
        + '```{output}\n1\n```\n'
        + cell(':tags: [skip-execution]\n\nz = nothing')
        + cell('%%tab jax\nx')
        + cell(':tags: [remove-cell]\n\n%%tab pytorch\nx')
    )
    section, library = book.library['tiny'], book.library
    assert book.findings() == []
    made = pages.notebook(section, library, dict.fromkeys(section.tabs))
    first, second, third, pytorch, jax = (cell.metadata for cell in made.cells)
    assert first['tags'] == ['hide-input', 'full-width', 'mine']
    image = {'alt': 'A dot.', 'width': '1cm'}
    assert second['mystnb'] == {'image': image, 'merge_streams': True}
    assert third['tags'] == ['skip-execution']
    assert jax['mystnb'] == {'image': {'alt': ''}}
    assert (jax['tabbook']['tab'], pytorch['tabbook']['tab']) == ('jax', 'pytorch')
    assert set(pytorch) == {'tabbook'}  # a page does not show it
    assert [m['tabbook']['hidden'] for m in (jax, pytorch)] == [False, True]
    made = build.notebook(section, 'pytorch', book.project, [0, 1, 2, 3])
    first, second, third, last = (cell.metadata for cell in made.cells)
    assert first['tags'] == ['hide-input', 'full-width', 'mine']
    assert second['tags'] == [build.CHECKED]
    assert second['mystnb']['merge_streams']
    assert third['tags'] == ['skip-execution', 'nbval-skip']
    assert last['tags'] == ['remove-cell']


def test_a_cell_that_may_raise_fails_no_run(book, cell):
    book.write(cell('1 / 0'))
    (before,) = runner.run([book.library['tiny']], ['jax'], book.project)
    assert before.state == 'failed'
    book.write(cell(RAISES + '1 / 0') + cell(':tags: [skip-execution]\n\n1 / 0'))
    library = book.library
    (result,) = runner.run([library['tiny']], ['jax'], book.project)
    assert (result.state, str(result)) == ('ran', str(result))
    key = store.key(library['tiny'], 'jax', library)
    (raised,), skipped = store.load_outputs(key, book.project.outputs)
    assert (raised['output_type'], raised['ename']) == ('error', 'ZeroDivisionError')
    assert skipped == []


def test_a_run_depends_on_the_tags_that_change_it(book, cell):
    def key(tags):
        book.write(cell(f':tags: {tags}\n\nx = 1'))
        return store.key(book.library['tiny'], 'jax', book.library)

    assert key('[hide-input, mine]') == key('[]')
    assert len({key('[]'), key('[raises-exception]'), key('[skip-execution]')}) == 3


def test_what_is_not_run_defines_nothing(book, cell):
    book.write(cell(':tags: [skip-execution]\n\nx = 1') + cell('x'))
    assert [line for line, _ in book.findings()] == [10]
