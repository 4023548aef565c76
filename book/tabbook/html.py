"""Build the book's HTML with Jupyter Book, strictly, and only when it is stale."""

import hashlib
import shutil
from importlib.metadata import distribution, version
from pathlib import Path

from d2l_shim.files import read_text, write_text
from d2l_shim.frameworks import FRAMEWORKS
from tabbook import notebooks, pages, source, sphinx_ext
from tabbook.markdown_builder import ProseError
from tabbook.yamls import look

MATHJAX = 'sphinx-mathjax-offline'
LOOKS = ('static', 'templates')
REDIRECT = '<!doctype html>\n<meta http-equiv="refresh" content="0; url={page}">\n'


class BuildError(Exception):
    """A book that cannot be built; the message says what to do."""


def build(root, strict=True):
    """Build the book at `root` into _build/html; True if anything had to be done.

    If `strict`, a warning of Sphinx and a tab without outputs whose framework is
    installed are a BuildError; else they are only shown.
    """
    root = Path(root).resolve()
    look(root)
    stamp = root / '_build' / 'html' / '.stamp'
    if strict:
        _refuse_unrun(root)
    setup, content = _setup_digest(root), _content_digest(root)
    old = read_text(stamp).split() if stamp.exists() else []
    if old == [setup, content]:
        return False
    # No stamp, no trust: Sphinx takes pages that it warned about as built.
    stamp.unlink(missing_ok=True)
    if old[:1] != [setup]:
        _clear(root)
    _sphinx(root, strict)
    _notebooks(root)
    _finish(root)
    write_text(stamp, f'{setup} {content}\n')
    return True


def _refuse_unrun(root):
    library = source.Library(root / sphinx_ext.FOLDER)
    sections = [library[name] for name in library.sections() if library[name].tabs]
    unrun = [
        sphinx_ext.unrun(section, tab)
        for section in sections
        for tab in pages.missing(pages.results(section, library))
    ]
    if unrun:
        raise BuildError('\n'.join(unrun))


def _setup_digest(root):
    """A digest of what all pages depend on: settings, contents, looks, tool, Sphinx."""
    tool = Path(__file__).parent.glob('*.py')
    looks = [f for name in LOOKS for f in (root / 'book' / name).rglob('*.*')]
    files = [root / '_config.yml', root / '_toc.yml', *tool, *looks]
    versions = [version(name) for name in ('Sphinx', 'myst-nb', 'sphinx-design')]
    return _digest(sorted(files), versions)


def _content_digest(root):
    """A digest of every file that pages are made of, stored outputs included."""
    library = source.Library(root / sphinx_ext.FOLDER)
    sections = [library[name] for name in library.sections() if library[name].tabs]
    stored = [pages.results(section, library) for section in sections]
    folders = (root / sphinx_ext.FOLDER, root / 'book')
    files = [f for folder in folders for f in folder.rglob('*') if f.is_file()]
    tool = Path(__file__).parent
    return _digest(sorted(f for f in files if tool not in f.parents), stored)


def _digest(files, values):
    whole = hashlib.sha256(repr(values).encode())
    for file in files:
        content = file.read_bytes()
        whole.update(f'{file} {len(content)} '.encode() + content)
    return whole.hexdigest()


def _clear(root):
    for name in ('html', '.doctrees'):
        shutil.rmtree(root / '_build' / name, ignore_errors=True)


def _sphinx(root, strict):
    """Run Sphinx as `jupyter-book build -W -n --keep-going` does, but in silence."""
    from jupyter_book.sphinx import build_sphinx

    toc = str(root / '_toc.yml')
    overrides = {'nitpicky': True, 'external_toc_path': toc}
    status = build_sphinx(
        root,
        root / '_build' / 'html',
        noconfig=True,
        path_config=root / '_config.yml',
        quiet=True,
        confoverrides={**overrides, 'latex_individualpages': False},
        warningiserror=strict,
        keep_going=True,
    )
    if isinstance(status, KeyboardInterrupt):
        raise status
    if status != 0:
        raise BuildError('the book was not built: see the warnings above')


def _notebooks(root):
    """Write what the pages' download links lead to."""
    library = source.Library(root / sphinx_ext.FOLDER)
    target = root / '_build' / 'html' / sphinx_ext.FOLDER
    there = [name for name in library if (target / f'{name}.html').is_file()]
    sections = [library[name] for name in there if library[name].tabs]
    try:
        notebooks.build(sections, list(FRAMEWORKS), target, library)
    except ProseError as error:
        raise BuildError(f'the notebooks were not written: {error}') from None


def _finish(root):
    """Add what Sphinx does not: MathJax, and a way from the root to the first page."""
    html = root / '_build' / 'html'
    package = distribution(MATHJAX).locate_file(f'{MATHJAX}/static/mathjax')
    fonts = Path('output', 'chtml', 'fonts', 'woff-v2')
    target = html / '_static' / 'mathjax'
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(package / 'tex-chtml.js', target / 'tex-chtml.js')
    shutil.copytree(package / fonts, target / fonts, dirs_exist_ok=True)
    write_text(html / 'index.html', REDIRECT.format(page='book/index.html'))
