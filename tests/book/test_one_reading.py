"""The book is read once for all builders, by one process or by several."""

import logging
import shutil
import sys
from collections import Counter

import pytest
import yaml
from sphinx.builders import Builder

from d2l_shim.framework import FRAMEWORKS
from tabbook.html.build import BuildError, build_pages
from tabbook.notebooks.build import write_notebooks
from tabbook.notebooks.builder import ProseError
from tabbook.reading import extension

pytestmark = pytest.mark.filterwarnings('ignore::PendingDeprecationWarning')
STYLES = 'a11y_pygments'
PAGES = {'book/index', 'book/references', 'notebooks/define', 'notebooks/use'}


@pytest.fixture
def reads(monkeypatch):
    """{page: how often it was read}."""
    counted, read = Counter(), extension.read

    def counting(app, docname, content):
        counted[docname] += 1
        read(app, docname, content)

    monkeypatch.setattr(extension, 'read', counting)
    return counted


def write(book):
    project = book.project
    sections = list(project.library.values())
    return write_notebooks(project, sections, list(FRAMEWORKS), project.notebooks)


def files(folder):
    """{path: bytes} of all files in `folder` but those that name a time or a config."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob('*')
        if path.is_file() and path.name not in ('.stamp', '.buildinfo')
    }


@pytest.mark.parametrize('first', [build_pages, None])
def test_pages_and_notebooks_come_from_one_reading(book, built, reads, first):
    """Whichever is made first, and both are as ever."""
    for make in (book.build, lambda: write(book))[:: 1 if first else -1]:
        make()
        assert reads == dict.fromkeys(PAGES, 1)
    assert files(book.project.html) == files(built.project.html)
    book.edit('notebooks/use.md', '# Uses', '# Makes use of')
    book.store_all()
    book.build()
    write(book)
    assert reads == dict.fromkeys(PAGES, 1) | {'notebooks/use': 2}


def test_a_package_in_the_books_folder_is_no_reason_to_read_again(book, reads):
    """Jupyter Book puts the folder of an own extension on Python's path."""
    known = book.root / 'known.egg-info' / 'PKG-INFO'
    known.parent.mkdir()
    known.write_text('Metadata-Version: 2.1\nName: known\nVersion: 1\n', 'utf-8')
    (book.root / 'own_extension.py').write_text('def setup(app):\n    pass\n', 'utf-8')
    settings = yaml.safe_load(book.project.settings.read_text('utf-8'))
    settings.setdefault('sphinx', {})['local_extensions'] = {'own_extension': '.'}
    book.project.settings.write_text(yaml.safe_dump(settings), 'utf-8')
    book.store_all()
    book.build()
    write(book)
    assert reads == dict.fromkeys(PAGES, 1)


def test_notebooks_of_what_was_not_run_leave_no_stale_page(book, built):
    outputs = book.project.outputs
    outputs.rename(outputs.with_name('elsewhere'))
    write(book)
    outputs.with_name('elsewhere').rename(outputs)
    book.build()
    assert files(book.project.html) == files(built.project.html)


def test_what_one_builder_warned_of_the_other_tells_again(book, capsys):
    book.edit('notebooks/use.md', '## Shapes', '## Shapes\n\n{nosuch}`role`')
    with pytest.raises(ProseError, match=r'use\.md:\d+: WARNING: Unknown interpreted'):
        write(book)
    book.store_all()
    for _ in range(2):
        with pytest.raises(BuildError):
            book.build()
        assert 'WARNING: Unknown interpreted' in capsys.readouterr().err


def with_pages(book, number):
    """`book` with that many more pages, one of which names a term of another."""
    names = [f'more-{n}' for n in range(number)]
    for name in names:
        text = f'# Page {name}\n\n$$x$$ (eq-{name})\n\nSee {{eq}}`eq-{names[0]}`.\n'
        (book.root / 'book' / f'{name}.md').write_text(text, 'utf-8')
    entries = ''.join(f'      - file: book/{name}\n' for name in names)
    toc = (book.root / '_toc.yml').read_text('utf-8')
    (book.root / '_toc.yml').write_text(toc.rstrip('\n') + '\n' + entries, 'utf-8')
    return book


def test_two_processes_read_the_same(book, monkeypatch, capfd):
    with_pages(book, 4).build()
    alone = files(book.project.html)
    for folder in (book.project.html, book.project.doctrees):
        shutil.rmtree(folder)
    at_once, read = [], Builder._read_parallel

    def reading(self, docnames, nproc):
        at_once.append(nproc)
        read(self, docnames, nproc)

    monkeypatch.setattr(Builder, '_read_parallel', reading)
    assert build_pages(book.project, jobs=2)
    assert (at_once, capfd.readouterr().err) == ([2], '')
    assert files(book.project.html) == alone
    old = str(book.page('notebooks/use'))
    book.store('use', 'jax', [book.drawing('another curve')])
    assert build_pages(book.project, jobs=2)
    assert str(book.page('notebooks/use')) != old


def test_two_processes_name_the_line_of_a_mistake(book, capsys):
    with_pages(book, 4)
    book.edit('notebooks/use.md', '## Shapes', '## Shapes\n\n{nosuch}`role`')
    book.store_all()
    lines = (book.root / 'notebooks/use.md').read_text('utf-8').splitlines()
    line = next(n for n, text in enumerate(lines, 1) if 'nosuch' in text)
    with pytest.raises(BuildError):
        build_pages(book.project, jobs=2)
    assert f'notebooks/use.md:{line}: WARNING' in capsys.readouterr().err


def test_front_matter_may_hold_a_date(book):
    for file in ('notebooks/use.md', 'book/index.md'):
        path = book.root / file
        text = path.read_text('utf-8').removeprefix('---\n')
        rest = text if file == 'notebooks/use.md' else f'---\n{text}'
        path.write_text(f'---\ndate: 2026-11-28\n{rest}', 'utf-8')
    assert book.build()


def test_no_package_has_all_others_tell_what_they_do(book, monkeypatch):
    """As one does that brings styles, at its import, where nobody has set logging."""
    root = logging.getLogger()
    with monkeypatch.context() as alone:
        alone.setattr(root, 'handlers', [])  # pytest's are there otherwise
        for name in [name for name in sys.modules if name.startswith(STYLES)]:
            alone.delitem(sys.modules, name)
        level = root.level
        book.build()
        assert STYLES in sys.modules
        assert (root.handlers, root.level) == ([], level)
