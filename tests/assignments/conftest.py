"""A tiny assignment that needs no framework, and submissions to it, for the grader."""

import shutil

import pytest

from d2l_shim.framework import FRAMEWORKS
from tabbook.grading import grader, isolation
from tabbook.grading.submissions import Submission
from tabbook.project import Project
from tabbook.text.parse import Library
from tests.helpers import require
from tools import trial

TOY = '''\
---
tabs: [pytorch]
assignment:
  seconds: 20
  memory: 700
---

# Toy

```{code-cell} ipython3
def double(numbers):
    """Return twice each number."""
    # BEGIN SOLUTION
    return [2 * number for number in numbers]
    # END SOLUTION


def total(numbers):
    """Return the sum."""
    return sum(numbers)  # SOLUTION
```

```{hidden-test} Double
:points: 1

numbers_in = rng.integers(-99, 99, 5).tolist()
equal(ask('double', numbers_in), [2 * n for n in numbers_in], 'Twice each number.')
```

```{hidden-test} Total
:points: 2

numbers_in = rng.integers(-99, 99, 5).tolist()
equal(ask('total', numbers_in), sum(numbers_in), f'{numbers_in} was to be summed.')
```
'''


@pytest.fixture(scope='session')
def sandbox():
    """The class of sandbox that works here."""
    try:
        return isolation.find()
    except isolation.NoIsolation as error:
        require(False, str(error))


@pytest.fixture(scope='session')
def toy(tmp_path_factory):
    """The section of the tiny assignment."""
    folder = tmp_path_factory.mktemp('book') / 'notebooks'
    (folder / 'assignments').mkdir(parents=True)
    (folder / 'assignments' / 'toy.md').write_text(TOY, 'utf-8')
    return Library(folder)['assignments/toy']


@pytest.fixture(scope='session')
def bundles(tmp_path_factory):
    """The folder with what `make assignments` writes, for all of the book."""
    from tabbook.grading.bundles import write_bundles

    folder, project = tmp_path_factory.mktemp('assignments'), Project(trial.ROOT)
    write_bundles(project, project.library.assignments(), list(FRAMEWORKS), folder)
    return folder


@pytest.fixture
def graded(toy, sandbox, tmp_path):
    """Grade one notebook, given as cells or as bytes: its Record."""

    def graded(*cells, **limits):
        path = tmp_path / 'someone.ipynb'
        whole = isinstance(cells[0], bytes)
        path.write_bytes(cells[0] if whole else trial.notebook(cells).encode())
        place = grader.Place(sandbox, grader.limits(toy, **limits), {})
        return grader.one(toy, 'pytorch', Submission('someone', path), '', place)

    return graded


@pytest.fixture
def project(toy, tmp_path, monkeypatch):
    """A project with the tiny assignment, in which commands run."""
    shutil.copytree(toy.path.parents[1], tmp_path / 'notebooks')
    (tmp_path / '_config.yml').write_text('title: A book', 'utf-8')
    (tmp_path / 'in').mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path
