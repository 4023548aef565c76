"""The plain notebooks of each framework: one tab's code and prose, nothing stale."""

import json
import shutil
import subprocess
import sys
from zipfile import ZipFile

import nbformat
import pytest

from tabbook.notebooks import install
from tabbook.notebooks.build import write_notebooks
from tabbook.notebooks.builder import ProseError

LICENCES = ('LICENSE', 'LICENSE-CODE')
TABS = ('pytorch', 'tensorflow', 'jax', 'mxnet')


def folder(book):
    return book.project.notebooks


def build(book, names=None, tabs=TABS, **options):
    project = book.project
    sections = [project.library[name] for name in names or project.library]
    return write_notebooks(project, sections, tabs, folder(book), **options)


def read(book, tab):
    """The notebook of section `use` for `tab`, as it was built."""
    return nbformat.read(folder(book) / tab / 'use.ipynb', as_version=4)


def code(notebook):
    return {c.source: c for c in notebook.cells if c.cell_type == 'code'}


def prose(notebook):
    return '\n'.join(c.source for c in notebook.cells if c.cell_type == 'markdown')


def contents(book):
    """{path: bytes} of all that was written."""
    files = (path for path in folder(book).rglob('*') if path.is_file())
    return {
        path.relative_to(folder(book)).as_posix(): path.read_bytes() for path in files
    }


@pytest.fixture(scope='module')
def made(built, root):
    """A book whose notebooks are built; not to be changed."""
    for name in LICENCES:
        shutil.copy(root / name, built.root)
    build(built)
    return built


def test_there_is_a_notebook_for_each_section_and_tab_and_a_zip_for_each_tab(made):
    assert set(contents(made)) == {
        f'{tab}/{name}.ipynb' for tab in TABS for name in ('define', 'use')
    } | {f'densenet-book-{tab}.zip' for tab in TABS}


def test_a_notebook_holds_the_code_of_its_tab_and_what_it_brings(made):
    first, *cells = code(read(made, 'jax'))
    assert first == install.cell('jax', made.project)
    assert cells == [
        'class Block:\n    """From the other tabs."""',
        'print((2, 1))',
        '1 + 2',
        '4 + 5',
        'Block.__doc__',
    ]


def test_the_install_cell_comes_second_after_the_header(made):
    header, second, *_ = read(made, 'mxnet').cells
    assert header.source.startswith('# 2. Uses\n')
    assert second.source == install.cell('mxnet', made.project)


def test_notebooks_are_valid_and_all_is_the_same_from_build_to_build(made):
    first = contents(made)
    build(made)
    assert contents(made) == first
    for name, text in first.items():
        if name.endswith('.ipynb'):
            nbformat.validate(json.loads(text))


def test_only_stated_outputs_are_stored_and_as_jupyter_would(made):
    cells = code(read(made, 'pytorch'))
    (printed,) = cells['print((1, 2))'].outputs
    (value,) = cells['1 + 2'].outputs
    assert (printed.output_type, printed.text) == ('stream', '(1, 2)\n')
    assert (value.output_type, value.data) == ('execute_result', {'text/plain': '3'})
    assert value.execution_count == cells['1 + 2'].execution_count
    assert 'nbval-check-output' in cells['1 + 2'].metadata.tags
    assert cells['Block.__doc__'].outputs == []


def test_an_output_stated_for_real_data_is_left_out_with_a_stand_in(book):
    build(book, ['use'], ['pytorch'])
    assert code(read(book, 'pytorch'))['4 + 5'].outputs[0].data['text/plain'] == '9'
    build(book, ['use'], ['pytorch'], drawn=['use'])
    assert code(read(book, 'pytorch'))['4 + 5'].outputs == []


def test_no_run_is_needed(book):
    book.edit('notebooks/use.md', '1 + 2', '2 + 1')
    build(book, ['use'], ['jax'])
    assert '2 + 1' in code(read(book, 'jax'))


def test_prose_of_other_frameworks_is_left_out(made):
    assert 'Prose for PyTorch.' in prose(read(made, 'pytorch'))
    for tab in TABS[1:]:
        text = prose(read(made, tab))
        assert 'Prose for' not in text
        assert 'tab-set' not in text


def test_the_zip_of_a_tab_holds_its_notebooks_figures_licences_and_a_readme(made):
    with ZipFile(folder(made) / 'densenet-book-jax.zip') as packed:
        files = {
            name.removeprefix('densenet-book-jax/'): packed.read(name)
            for name in packed.namelist()
        }
    assert set(files) == {
        'README.md',
        'define.ipynb',
        'use.ipynb',
        'figures/dot.svg',
        *LICENCES,
    }
    built = contents(made)
    assert files['use.ipynb'] == built['jax/use.ipynb']
    assert files['figures/dot.svg'] == (made.root / 'book/dot.svg').read_bytes()
    readme = files['README.md'].decode()
    lines = [line for line in readme.splitlines() if line.startswith('- ')]
    assert lines == ['- `define.ipynb`: 1. Definitions', '- `use.ipynb`: 2. Uses']
    assert 'the JAX notebooks' in readme


def test_a_section_that_is_no_more_leaves_with_its_notebook(book):
    build(book)
    build(book, ['define'], ['mxnet'])
    (book.root / 'notebooks/use.md').unlink()
    book.edit('_toc.yml', '      - file: notebooks/use\n', '')
    book.edit('book/index.md', 'Read {doc}`../notebooks/use`.', '')
    build(book, tabs=['jax'])
    assert not (folder(book) / 'jax/use.ipynb').exists()
    assert (folder(book) / 'mxnet/use.ipynb').exists()


@pytest.mark.parametrize(
    ('file', 'old', 'new', 'message'),
    [
        (
            'notebooks/use.md',
            '../book/dot.svg',
            '../book/none.svg',
            r'^notebooks/use\.md:2\d: WARNING: image file not readable: book/none\.svg',
        ),
        (
            'notebooks/use.md',
            '# Uses',
            '# Uses\n\n{doc}`nowhere`',
            r"^notebooks/use\.md:14: WARNING: unknown document: 'nowhere'",
        ),
        (
            '_toc.yml',
            '      - file: notebooks/use\n',
            '',
            'notebooks/use is not in _toc.yml: add it there',
        ),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(book, file, old, new, message):
    book.edit('book/index.md', 'Read {doc}`../notebooks/use`.', '')
    book.edit(file, old, new)
    with pytest.raises(ProseError, match=message):
        build(book)
    assert not folder(book).exists()


@pytest.mark.parametrize(('stated', 'status'), [('3', 0), ('4', 1)])
def test_nbval_agrees_with_what_is_stated(book, stated, status):
    book.edit('notebooks/use.md', '{output}\n3', '{output}\n' + stated)
    build(book, ['use'], ['pytorch'])
    command = [sys.executable, '-m', 'pytest', '--nbval-lax', '--nbval-current-env']
    options = ['-o', 'addopts=', '-p', 'no:cacheprovider', '-q']
    done = subprocess.run(
        [*command, *options, folder(book) / 'pytorch/use.ipynb'],
        capture_output=True,
        text=True,
        cwd=book.root,
    )
    assert done.returncode == status, done.stdout
