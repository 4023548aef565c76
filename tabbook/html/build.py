"""Build the book's HTML with Jupyter Book, strictly, and only when it is stale."""

import errno
import hashlib
import os
import shutil
import sys
from contextlib import redirect_stderr
from importlib.metadata import distribution, distributions
from io import StringIO
from pathlib import Path

import tabbook
from d2l_shim import framework
from d2l_shim.files import read_text, write_text
from d2l_shim.framework import FRAMEWORKS
from tabbook.folders import settle, whole_folder
from tabbook.notebooks.build import write_notebooks
from tabbook.notebooks.builder import ProseError
from tabbook.project import SECTIONS
from tabbook.reading import extension, pages

MATHJAX = 'sphinx-mathjax-offline'
STAMP = '.stamp'
LOOKS = ('static', 'templates')
MADE = '.mo'  # what Sphinx makes of a translation, beside it
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
REDIRECT = '<!doctype html>\n<meta http-equiv="refresh" content="0; url={page}">\n'


class BuildError(Exception):
    """A book that cannot be built; the message says what to do."""


def build_pages(project, strict=True):
    """Build the pages of a book; True if anything had to be done.

    If `strict`, a warning of Sphinx and a tab without outputs whose framework is
    installed are a BuildError; else they are only shown. Until all pages are there,
    and where anything goes wrong, those that were there stay.
    """
    project.look()
    if strict:
        _refuse_unrun(project)
    settle(project.html)
    if is_built(project):
        return False
    marks = _marks(project)
    with whole_folder(project.html) as new:
        _make(project, new, marks.split()[0], strict)
        write_text(new / STAMP, marks)
    return True


def is_built(project):
    """Whether the pages are there, of the book as it is now."""
    return _read(project.html / STAMP) == _marks(project)


def _marks(project):
    return f'{_setup_digest(project)} {_content_digest(project)}'


def _make(project, html, setup, strict):
    """Make the pages in the empty folder `html`, from what Sphinx knows of the text.

    Only that is kept from build to build: pages that are there, too, would come out
    with other bytes.
    """
    stamp = project.doctrees / STAMP
    if _read(stamp) != setup:
        shutil.rmtree(project.doctrees, ignore_errors=True)
        for file in _translations(project):
            file.with_suffix(MADE).unlink(missing_ok=True)
    # No stamp, no trust: Sphinx takes pages that it warned about as built.
    stamp.unlink(missing_ok=True)
    _sphinx(project, html, strict)
    _notebooks(project, html)
    _finish(project, html)
    write_text(stamp, setup)


def _read(path):
    return read_text(path) if path.exists() else None


def _tabbed(project):
    library = project.library
    return [library[name] for name in library.sections() if library[name].tabs]


def _refuse_unrun(project):
    unrun = [
        extension.unrun(section, tab)
        for section in _tabbed(project)
        for tab in pages.missing(pages.results(section, project))
    ]
    if unrun:
        raise BuildError('\n'.join(unrun))


def _setup_digest(project):
    """A digest of what all pages depend on: settings, looks, languages, packages."""
    own = [*Path(tabbook.__file__).parent.rglob('*.py'), Path(framework.__file__)]
    looks = [f for name in LOOKS for f in (project.book / name).rglob('*.*')]
    known = [project.settings, project.toc, *project.root.glob('LICENSE*')]
    files = [*known, *own, *looks, *_translations(project)]
    packages = sorted(f'{found.name} {found.version}' for found in distributions())
    return _digest(sorted(files), packages)


def _translations(project):
    return [file for folder in project.languages for file in folder.rglob('*.po')]


def _content_digest(project):
    """A digest of every file that pages are made of, stored outputs included."""
    stored = [pages.results(section, project) for section in _tabbed(project)]
    folders = (project.sections, project.book)
    files = [f for folder in folders for f in folder.rglob('*') if f.is_file()]
    return _digest(sorted(f for f in files if f.suffix != MADE), stored)


def _digest(files, values):
    whole = hashlib.sha256(repr(values).encode())
    for file in files:
        content = file.read_bytes()
        whole.update(f'{file.resolve()} {len(content)} '.encode() + content)
    return whole.hexdigest()


def _sphinx(project, html, strict):
    """Run Sphinx as `jupyter-book build -W -n --keep-going` does, but in silence."""
    from jupyter_book.sphinx import build_sphinx

    toc = project.toc.resolve()
    overrides = {'nitpicky': True, 'external_toc_path': str(toc)}
    with redirect_stderr(StringIO()) as stderr:
        status = build_sphinx(
            toc.parent,
            html,
            noconfig=True,
            path_config=project.settings,
            quiet=True,
            confoverrides={**overrides, 'latex_individualpages': False},
            warningiserror=strict,
            keep_going=True,
        )
    if isinstance(status, KeyboardInterrupt):
        raise status
    said = stderr.getvalue()
    for code in FULL:  # one reason for any number of warnings
        if os.strerror(code) in said:
            raise OSError(code, os.strerror(code), str(html))
    sys.stderr.write(said)
    if status != 0:
        raise BuildError('the book was not built: see the warnings above')


def _notebooks(project, html):
    """Write what the pages' download links lead to."""
    target = html / SECTIONS
    there = [s for s in _tabbed(project) if (target / f'{s.name}.html').is_file()]
    try:
        write_notebooks(project, there, list(FRAMEWORKS), target)
    except ProseError as error:
        raise BuildError(f'the notebooks were not written: {error}') from None


def _finish(project, html):
    """Add what Sphinx does not: MathJax, and a way from the root to the first page."""
    package = distribution(MATHJAX).locate_file(f'{MATHJAX}/static/mathjax')
    fonts = Path('output', 'chtml', 'fonts', 'woff-v2')
    target = html / '_static' / 'mathjax'
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(package / 'tex-chtml.js', target / 'tex-chtml.js')
    shutil.copytree(package / fonts, target / fonts, dirs_exist_ok=True)
    write_text(html / 'index.html', REDIRECT.format(page=f'{project.home}.html'))
