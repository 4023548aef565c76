"""A grader that is killed goes on where it was; nothing is lost or done twice."""

import shutil
import signal

import pytest

from tests.helpers import classroom
from tools import trial

DOUBLE = 'def double(numbers): return [2 * n for n in numbers]'
TOTAL = 'def total(numbers): return sum(numbers)'
KINDS = {
    'right': (3, [DOUBLE, TOTAL]),
    'half': (2, ['def double(numbers): return numbers', TOTAL]),
    'gone': (0, [DOUBLE, TOTAL, 'import os; os._exit(0)']),
    'slow': (3, ['import time; time.sleep(1)', DOUBLE, TOTAL]),
}


@pytest.fixture
def project(toy, tmp_path):
    """A project that has the tiny assignment and nothing else."""
    shutil.copytree(toy.path.parents[1], tmp_path / 'book' / 'notebooks')
    (tmp_path / 'book' / '_config.yml').write_text('title: A book', 'utf-8')
    return tmp_path / 'book'


@pytest.fixture
def handed_in(tmp_path):
    """Twelve submissions of all kinds: their folder, and {name: points}."""
    folder = tmp_path / 'handed in'
    folder.mkdir()
    points, notebooks = {}, {}
    for number in range(12):
        kind = list(KINDS)[number % len(KINDS)]
        points[f'{number:02}-{kind}'], cells = KINDS[kind]
        notebooks[f'{number:02}-{kind}'] = trial.notebook(cells)
    classroom.write(folder, notebooks)
    return folder, points


def test_interrupted_and_resumed(project, handed_in, tmp_path, sandbox):
    folder, points = handed_in
    table = tmp_path / 'grades.csv'
    line = classroom.command(project, 'toy', 'pytorch', folder, table)
    before = classroom.killed_after(2, line, table, signal.SIGINT)
    assert 2 <= len(before) < 12
    rows = classroom.finished(line, table)
    assert {name: float(row['points']) for name, row in rows.items()} == points


def test_killed_and_resumed(project, handed_in, tmp_path, sandbox):
    folder, points = handed_in
    table = tmp_path / 'grades.csv'
    line = classroom.command(project, 'toy', 'pytorch', folder, table)
    before = classroom.killed_after(5, line, table)
    assert 5 <= len(before) < 12
    rows = classroom.finished(line, table)
    after = classroom.reports(table)
    assert {path: after[path] for path in before} == before, 'graded twice'
    assert {name: float(row['points']) for name, row in rows.items()} == points
    pages = [tmp_path / row['report'] for row in rows.values()]
    assert all(f'of {3} points' in page.read_text('utf-8') for page in pages)
    assert not list(table.with_name('grades-reports').glob('.*')), 'half a file'
    untouched = classroom.reports(table)
    classroom.finished(line, table)
    assert classroom.reports(table) == untouched

    changed = folder / '00-right.ipynb'
    changed.write_text(trial.notebook([TOTAL]), 'utf-8')
    rows = classroom.finished(line, table)
    assert float(rows['00-right']['points']) == 2, 'a new hand-in is graded anew'
    again = {p for p, at in classroom.reports(table).items() if untouched[p] != at}
    assert len(again) == 1
