"""Build the book's HTML strictly, and only when it is stale."""

import sys
from pathlib import Path

import d2l_shim
from d2l_shim.files import write_text
from tabbook.folders import settle, whole_folder
from tabbook.html import styles, translated
from tabbook.notebooks.build import write_notebooks
from tabbook.notebooks.builder import ProseError
from tabbook.project import SECTIONS
from tabbook.reading import application, pages
from tabbook.reading.application import MADE, STAMP, digest, setup_digest, stamp_of
from tabbook.tabs import TABS

REDIRECT = '<!doctype html>\n<meta http-equiv="refresh" content="0; url={page}">\n'


class BuildError(Exception):
    """A book that cannot be built; the message says what to do."""


def build_pages(project, strict=True, jobs=1):
    """Build the pages of a book; True if anything had to be done.

    If `strict`, a warning of Sphinx and a tab without outputs whose framework is
    installed are a BuildError; else they are only shown. Until all pages are there,
    and where anything goes wrong, those that were there stay. Up to `jobs` processes
    work at once.
    """
    project.look()
    if unrun := '\n'.join(_unrun(project)):
        _refuse(unrun, strict)
    settle(project.html)
    if is_built(project):
        return False
    marks = _marks(project)
    with whole_folder(project.html) as new:
        _, said = application.build(project, 'html', new, jobs)
        if said:
            print(said, file=sys.stderr)
            _refuse('the book was not built: see the warnings above', strict)
        _notebooks(project, new)
        for language in project.published:
            if said := _translate(project, language, new, jobs):
                print(said, file=sys.stderr)
                _refuse(
                    f'{language.name} was not built: see the warnings above', strict
                )
        styles.purge(new, project.book / 'static')
        _finish(project, new)
        write_text(new / STAMP, marks)
    return True


def _refuse(message, strict):
    if strict:
        raise BuildError(message)
    print(message, file=sys.stderr)


def is_built(project):
    """Whether the pages are there, of the book as it is now."""
    return stamp_of(project.html) == _marks(project)


def _marks(project):
    return f'{setup_digest(project)} {_content_digest(project)}'


def _content_digest(project):
    """A digest of every file that pages are made of, stored outputs included."""
    stored = [pages.results(section, project) for section in _tabbed(project)]
    folders = (project.sections, project.book)
    files = [f for folder in folders for f in folder.rglob('*') if f.is_file()]
    files += Path(d2l_shim.__file__).parent.rglob('*.py')  # their docstrings
    return digest(sorted(f for f in files if f.suffix != MADE), stored)


def _tabbed(project):
    library = project.library
    return [library[name] for name in library.sections() if library[name].tabs]


def _unrun(project):
    """A sentence for each tab that must be run first; it says how."""
    for section in _tabbed(project):
        for tab in pages.missing(pages.results(section, project)):
            command = f'python -m tabbook run --section {section.name} --tab {tab}'
            what = f'section {section.name} has no outputs for tab {tab}'
            yield f'{what}: run `{command}`'


def _translate(project, language, html, jobs):
    """Build the pages of a language, with its notebooks; the warnings of Sphinx."""

    def complete(folder):
        _notebooks(project, folder, language)

    return translated.build(project, language, html, complete, jobs)


def _notebooks(project, html, language=None):
    """Write what the pages' download links lead to."""
    target = html / SECTIONS
    there = [s for s in _tabbed(project) if (target / f'{s.name}.html').is_file()]
    try:
        write_notebooks(project, there, list(TABS), target, language=language)
    except ProseError as error:
        raise BuildError(f'the notebooks were not written: {error}') from None


def _finish(project, html):
    """Add what Sphinx does not: a way from the root to the first page."""
    write_text(html / 'index.html', REDIRECT.format(page=f'{project.home}.html'))
