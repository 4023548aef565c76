"""The plain notebooks of each framework: one tab's code and prose, nothing stale."""

import json
import subprocess
import sys

import nbformat
import pytest
from tabbook import install, notebooks

TABS = ('pytorch', 'tensorflow', 'jax', 'mxnet')


def build(book, **options):
    folder = book.root / '_build' / 'notebooks'
    sections = list(book.library.values())
    return notebooks.build(sections, TABS, folder, book.library, **options)


def read(book, tab, **options):
    """The notebook of section `use` for `tab`, built anew."""
    build(book, **options)
    return nbformat.read(book.root / f'_build/notebooks/{tab}/use.ipynb', as_version=4)


def code(notebook):
    return {c.source: c for c in notebook.cells if c.cell_type == 'code'}


def prose(notebook):
    return '\n'.join(c.source for c in notebook.cells if c.cell_type == 'markdown')


def test_there_is_a_notebook_for_each_section_and_tab(book):
    names = {'/'.join(path.parts[-2:]) for path in build(book)}
    assert names == {
        f'{tab}/{name}.ipynb' for tab in TABS for name in ('define', 'use')
    }


def test_a_notebook_holds_the_code_of_its_tab_and_what_it_brings(book):
    first, *cells = code(read(book, 'jax'))
    assert first == install.cell('jax', book.root)
    assert cells == [
        'class Block:\n    """From the other tabs."""',
        'print((2, 1))',
        '1 + 2',
        '4 + 5',
        'Block.__doc__',
    ]


def test_notebooks_are_valid_and_the_same_from_build_to_build(book):
    first = {path: path.read_bytes() for path in build(book)}
    second = {path: path.read_bytes() for path in build(book)}
    assert first == second
    for text in second.values():
        nbformat.validate(json.loads(text))


def test_a_stated_output_is_stored_as_jupyter_would(book):
    cells = code(read(book, 'pytorch'))
    (printed,) = cells['print((1, 2))'].outputs
    (value,) = cells['1 + 2'].outputs
    assert (printed.output_type, printed.text) == ('stream', '(1, 2)\n')
    assert (value.output_type, value.data) == ('execute_result', {'text/plain': '3'})
    assert value.execution_count == cells['1 + 2'].execution_count
    assert 'nbval-check-output' in cells['1 + 2'].metadata.tags
    assert cells['Block.__doc__'].outputs == []


def test_an_output_stated_for_real_data_is_left_out_with_a_stand_in(book):
    assert code(read(book, 'pytorch'))['4 + 5'].outputs[0].data['text/plain'] == '9'
    assert code(read(book, 'pytorch', stand_in=True))['4 + 5'].outputs == []


def test_prose_of_other_frameworks_is_left_out(book):
    assert 'Prose for PyTorch.' in prose(read(book, 'pytorch'))
    for tab in TABS[1:]:
        text = prose(read(book, tab))
        assert 'Prose for' not in text
        assert 'tab-set' not in text


def test_figures_become_images_that_lie_beside_the_notebook(book):
    assert '![A black dot.](figures/dot.svg)\n\n*A dot.*' in prose(read(book, 'jax'))
    assert (book.root / '_build/notebooks/jax/figures/dot.svg').is_file()


def test_an_image_that_is_not_there_is_named(book):
    (book.root / 'book' / 'dot.svg').unlink()
    with pytest.raises(FileNotFoundError, match=r'use\.md: there is no image .*dot'):
        build(book)


@pytest.mark.parametrize(('stated', 'status'), [('3', 0), ('4', 1)])
def test_nbval_agrees_with_what_is_stated(book, stated, status):
    book.edit('notebooks/use.md', '{output}\n3', '{output}\n' + stated)
    build(book)
    command = [sys.executable, '-m', 'pytest', '--nbval-lax', '--nbval-current-env']
    options = ['-o', 'addopts=', '-p', 'no:cacheprovider', '-q']
    done = subprocess.run(
        [*command, *options, book.root / '_build/notebooks/pytorch/use.ipynb'],
        capture_output=True,
        text=True,
        cwd=book.root,
    )
    assert done.returncode == status, done.stdout
