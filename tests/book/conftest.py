"""A small book of two sections, with stored outputs that no framework made."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tabbook.html.build import build_pages
from tabbook.project import Project
from tabbook.run import store
from tests.helpers.outputs import stated

SAMPLE = Path(__file__).parent / 'sample'
META = {'profile': 'full', 'data': 'none', 'device': 'cpu', 'seconds': 1}


@dataclass
class Book:
    """A book in a folder of its own."""

    root: Path

    @property
    def project(self):
        return Project(self.root)

    @property
    def library(self):
        return self.project.library

    def store(self, name, tab, last=(), **meta):
        """Store outputs for a tab: what is stated, and `last` for the last cell."""
        section = self.library[name]
        outputs = stated(section, tab, self.library)
        outputs[-1] = [*last] or outputs[-1]
        key = store.key(section, tab, self.library)
        facts = {**META, 'section': name, 'tab': tab, **meta}
        store.store(key, outputs, facts, self.project.outputs)

    def store_all(self, **meta):
        for section in self.library.values():
            for tab in section.tabs:
                last = [self.drawing(tab)] if section.name == 'use' else []
                self.store(section.name, tab, last, **meta)

    def drawing(self, text):
        """An output such as matplotlib makes: an SVG that holds `text`."""
        svg = f'<svg xmlns="http://www.w3.org/2000/svg"><text>{text}</text></svg>'
        data = {'image/svg+xml': svg, 'text/plain': '<Figure>'}
        return {'output_type': 'display_data', 'metadata': {}, 'data': data}

    def build(self, strict=True):
        return build_pages(self.project, strict)

    def edit(self, file, old, new):
        text = (self.root / file).read_text('utf-8')
        assert old in text
        (self.root / file).write_text(text.replace(old, new), 'utf-8')

    def page(self, name='notebooks/use'):
        text = (self.project.html / f'{name}.html').read_text('utf-8')
        return BeautifulSoup(text, 'html.parser').find('article')


def _copy(root, target):
    shutil.copytree(SAMPLE, target, dirs_exist_ok=True)
    shutil.copy(root / '_config.yml', target)
    for name in ('static', 'templates', 'languages', 'references.bib', 'references.md'):
        found = root / 'book' / name
        copy = shutil.copytree if found.is_dir() else shutil.copy
        copy(found, target / 'book' / name)
    return Book(target)


@pytest.fixture(scope='module')
def new_book(root, tmp_path_factory):
    """A function that makes a book, neither run nor built."""
    return lambda: _copy(root, tmp_path_factory.mktemp('new'))


@pytest.fixture(scope='module')
def built(root, tmp_path_factory):
    """A book whose four tabs have all been run, built once; not to be changed."""
    book = _copy(root, tmp_path_factory.mktemp('built'))
    book.store_all()
    book.build()
    return book


@pytest.fixture
def book(root, tmp_path):
    """A book whose four tabs have all been run, not yet built."""
    book = _copy(root, tmp_path)
    book.store_all()
    return book


@pytest.fixture(autouse=True, scope='module')
def profile():
    """All outputs of this book are stored under the profile `full`, as if installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('D2L_PROFILE', 'full')
        patch.setattr('tabbook.reading.pages.installed', lambda tab: True)
        yield
