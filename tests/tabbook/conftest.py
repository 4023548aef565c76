"""A book in a temporary folder, for tests that need no framework."""

from pathlib import Path

import pytest

from tabbook.cli import main
from tabbook.project import Project
from tabbook.run import store
from tabbook.text import check


class Book:
    """A root folder with sections written by a test."""

    def __init__(self, root):
        self.root, self.folder = Path(root), Path('notebooks')
        (self.root / 'notebooks').mkdir()
        (self.root / '_config.yml').write_text('title: a test\n', 'utf-8')

    @property
    def project(self):
        """A fresh look at the book."""
        return Project(Path())

    @property
    def library(self):
        """A fresh look at the sections."""
        return self.project.library

    def write(self, body, name='tiny', tabs='[pytorch, jax]', front=''):
        """Write a section; its body starts at line 4, or after the lines of `front`."""
        path = self.folder / f'{name}.md'
        path.write_text(f'---\ntabs: {tabs}\n{front}---\n{body}', 'utf-8')
        return path

    def findings(self, name='tiny'):
        """What `check` finds, as (line, message)."""
        found = check.check(name, self.library)
        assert all(str(f).startswith(f'notebooks/{name}.md:{f.line}: ') for f in found)
        return [(f.line, f.message) for f in found]

    def command(self, *args):
        """The exit status of `python -m tabbook` with these arguments."""
        return main(list(map(str, args)))


@pytest.fixture
def book(tmp_path, monkeypatch):
    """An empty `Book` in the working directory, in the full profile, outside CI."""
    monkeypatch.chdir(tmp_path)
    for name in ('CI', 'D2L_PROFILE', 'D2L_DEVICE'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(store.shutil, 'which', lambda name: None)
    return Book(tmp_path)


def cell(code, fence='```'):
    """The text of a code cell."""
    return f'{fence}{{code-cell}} ipython3\n{code}\n{fence}\n'


@pytest.fixture(name='cell')
def _cell():
    return cell
