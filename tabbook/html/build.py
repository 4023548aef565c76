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
from tabbook.notebooks import build as notebooks
from tabbook.notebooks.builder import ProseError
from tabbook.reading import extension, pages
from tabbook.text import parse
from tabbook.yaml_files import look, read_yaml

MATHJAX = 'sphinx-mathjax-offline'
LOOKS = ('static', 'templates')
MADE = '.mo'  # what Sphinx makes of a translation, beside it
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
REDIRECT = '<!doctype html>\n<meta http-equiv="refresh" content="0; url={page}">\n'


class BuildError(Exception):
    """A book that cannot be built; the message says what to do."""


def build(root, strict=True):
    """Build the book at `root` into _build/html; True if anything had to be done.

    If `strict`, a warning of Sphinx and a tab without outputs whose framework is
    installed are a BuildError; else they are only shown. Until all pages are there,
    and where anything goes wrong, _build/html stays as it was.
    """
    root = Path(root).resolve()
    look(root)
    html = root / '_build' / 'html'
    if strict:
        _refuse_unrun(root)
    settle(html)
    if is_built(root):
        return False
    marks = _marks(root)
    with whole_folder(html) as new:
        _make(root, new, marks.split()[0], strict)
        write_text(new / '.stamp', marks)
    return True


def is_built(root):
    """Whether _build/html holds the pages of the book at `root` as it is now."""
    return _read(root / '_build' / 'html' / '.stamp') == _marks(root)


def _marks(root):
    return f'{_setup_digest(root)} {_content_digest(root)}'


def _make(root, html, setup, strict):
    """Make the pages in the empty folder `html`, from what Sphinx knows of the text.

    Only that is kept from build to build: pages that are there, too, would come out
    with other bytes.
    """
    known = root / '_build' / '.doctrees'
    stamp = known / '.stamp'
    if _read(stamp) != setup:
        shutil.rmtree(known, ignore_errors=True)
        for file in _translations(root):
            file.with_suffix(MADE).unlink(missing_ok=True)
    # No stamp, no trust: Sphinx takes pages that it warned about as built.
    stamp.unlink(missing_ok=True)
    _sphinx(root, html, strict)
    _notebooks(root, html)
    _finish(html)
    write_text(stamp, setup)


def _read(path):
    return read_text(path) if path.exists() else None


def _refuse_unrun(root):
    library = parse.Library(root / extension.FOLDER)
    sections = [library[name] for name in library.sections() if library[name].tabs]
    unrun = [
        extension.unrun(section, tab)
        for section in sections
        for tab in pages.missing(pages.results(section, library))
    ]
    if unrun:
        raise BuildError('\n'.join(unrun))


def _setup_digest(root):
    """A digest of what all pages depend on: settings, looks, languages, packages."""
    own = [*Path(tabbook.__file__).parent.rglob('*.py'), Path(framework.__file__)]
    looks = [f for name in LOOKS for f in (root / 'book' / name).rglob('*.*')]
    known = [root / '_config.yml', root / '_toc.yml', *root.glob('LICENSE*')]
    files = [*known, *own, *looks, *_translations(root)]
    packages = sorted(f'{found.name} {found.version}' for found in distributions())
    return _digest(sorted(files), packages)


def _translations(root):
    config = read_yaml(root / '_config.yml') or {}
    own = config.get('sphinx', {}).get('config', {})
    folders = own.get('locale_dirs', ['locales'])
    return [file for folder in folders for file in (root / folder).rglob('*.po')]


def _content_digest(root):
    """A digest of every file that pages are made of, stored outputs included."""
    library = parse.Library(root / extension.FOLDER)
    sections = [library[name] for name in library.sections() if library[name].tabs]
    stored = [pages.results(section, library) for section in sections]
    folders = (root / extension.FOLDER, root / 'book')
    files = [f for folder in folders for f in folder.rglob('*') if f.is_file()]
    return _digest(sorted(f for f in files if f.suffix != MADE), stored)


def _digest(files, values):
    whole = hashlib.sha256(repr(values).encode())
    for file in files:
        content = file.read_bytes()
        whole.update(f'{file} {len(content)} '.encode() + content)
    return whole.hexdigest()


def _sphinx(root, html, strict):
    """Run Sphinx as `jupyter-book build -W -n --keep-going` does, but in silence."""
    from jupyter_book.sphinx import build_sphinx

    toc = str(root / '_toc.yml')
    overrides = {'nitpicky': True, 'external_toc_path': toc}
    with redirect_stderr(StringIO()) as stderr:
        status = build_sphinx(
            root,
            html,
            noconfig=True,
            path_config=root / '_config.yml',
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


def _notebooks(root, html):
    """Write what the pages' download links lead to."""
    library = parse.Library(root / extension.FOLDER)
    target = html / extension.FOLDER
    there = [name for name in library if (target / f'{name}.html').is_file()]
    sections = [library[name] for name in there if library[name].tabs]
    try:
        notebooks.build(sections, list(FRAMEWORKS), target, library)
    except ProseError as error:
        raise BuildError(f'the notebooks were not written: {error}') from None


def _finish(html):
    """Add what Sphinx does not: MathJax, and a way from the root to the first page."""
    package = distribution(MATHJAX).locate_file(f'{MATHJAX}/static/mathjax')
    fonts = Path('output', 'chtml', 'fonts', 'woff-v2')
    target = html / '_static' / 'mathjax'
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(package / 'tex-chtml.js', target / 'tex-chtml.js')
    shutil.copytree(package / fonts, target / fonts, dirs_exist_ok=True)
    write_text(html / 'index.html', REDIRECT.format(page='book/index.html'))
