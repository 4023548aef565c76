"""What `moments` kills: commands on the sample book, which needs no framework."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import jupyter_book.sphinx
import nbformat.v4 as nbf
import sphinx_book_theme

from tabbook.cli import main
from tabbook.folders import whole_folder
from tabbook.grading import bundles
from tabbook.html.build import build_pages
from tabbook.notebooks.build import write_notebooks
from tabbook.reading import pages
from tabbook.run import store
from tabbook.text.parse import Library

assert all(
    (jupyter_book.sphinx, sphinx_book_theme, build_pages, write_notebooks)
)  # beforehand


def build():
    """Build the pages, then the notebooks."""
    pages.installed = lambda tab: True
    return main(['html']) or main(['notebooks'])


def replace_folder():
    """Leave a folder of two files, which say that they are new, and no third."""
    with whole_folder('shown', 'shown') as folder:
        for name in ('a', 'b'):
            (folder / name).write_text('new', 'utf-8')
        (folder / 'c').unlink(missing_ok=True)
    return 0


def make_assignment():
    """Leave a student's copy and a bundle, as Otter would make them, in `shown`."""

    def assign(source, result, **options):
        for name in ('student', 'autograder'):
            Path(result, name).mkdir(parents=True)
            shutil.copy(source, Path(result, name))
        Path(result, 'autograder', 'tiny-1.zip').write_bytes(b'new')

    master = nbf.new_notebook()
    with patch('otter.assign.main', assign):
        bundles._assign(master, SimpleNamespace(name='tiny'), 'jax', Path('shown'))
    return 0


def keep_outputs():
    """Store what the tab jax of section `tiny` shows now, and drop what it showed."""
    library = Library('notebooks')
    key = store.key(library['tiny'], 'jax', library)
    facts = {**store.meta(library['tiny']), 'section': 'tiny', 'tab': 'jax'}
    store.store(key, [[]], facts, Path('outputs'))
    store.prune(library, 'outputs')
    return 0
