"""The small book of tests/book/sample: made, built, and translated."""

import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tabbook.html.build import build_pages
from tabbook.languages import catalogs
from tabbook.languages.builder import messages
from tabbook.project import Project
from tabbook.run import store
from tests.helpers import ROOT
from tests.helpers.outputs import stated

SAMPLE = ROOT / 'tests' / 'book' / 'sample'
MARK = '조밀하게'  # in all that is translated
PUBLISHED = 'published: true, '  # of the languages of `_config.yml`
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


def small_book(target):
    """A `Book` in the folder `target`, neither run nor built."""
    shutil.copytree(SAMPLE, target, dirs_exist_ok=True)
    config = (ROOT / '_config.yml').read_text('utf-8').replace(PUBLISHED, '')
    (target / '_config.yml').write_text(config, 'utf-8')
    for name in ('static', 'templates', 'languages', 'references.bib', 'references.md'):
        found = ROOT / 'book' / name
        copy = shutil.copytree if found.is_dir() else shutil.copy
        copy(found, target / 'book' / name)
    return Book(target)


@contextmanager
def as_if_run():
    """Let outputs be those of whole runs, in frameworks that are all installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('D2L_PROFILE', 'full')
        patch.setattr('tabbook.reading.pages.installed', lambda tab: True)
        yield


def publish(book, *keys):
    """Let `_config.yml` say that the languages with these keys are published."""
    for key in keys:
        book.edit('_config.yml', f'  {key}: {{', f'  {key}: {{{PUBLISHED}')


def translate(book, key, without=(), leave=(), mark=MARK):
    """Begin the catalogs of a language, in English with a `mark`.

    Pages `without` get none; what has a word of `leave` is not translated.
    """
    project = book.project
    for page in (found := messages(project)).keys() - set(without):
        catalogs.update(project, project.languages[key], page, list(found[page]))
        path = project.catalog(key, page)
        path.write_text(filled(path.read_text('utf-8'), leave, mark), 'utf-8')


def filled(text, leave, mark):
    """The text of a catalog whose messages are their own translations, marked."""
    found = re.split(r'(?m)^(?=msgid )', text)
    for number, entry in enumerate(found[2:], 2):
        msgid = entry.removeprefix('msgid ').partition('\nmsgstr ""')[0]
        if not any(word in msgid for word in leave):
            start = f'"{mark} "\n'
            found[number] = entry.replace('msgstr ""', f'msgstr ""\n{start}{msgid}', 1)
    return ''.join(found)
