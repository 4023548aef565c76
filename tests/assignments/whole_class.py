"""A class of 200, graded by a grader that is killed once: `make test-assignments`."""

import time

from tests.helpers import ROOT, classroom
from tools import trial

NAME, TAB, SIZE = 'pooling', 'pytorch', 200


def kinds(bundles):
    """[(kind, points, notebook)]: right, wrong, untouched, hostile and broken ones."""
    solved = trial.solution(NAME, TAB)
    out_of = sum(test.points for test in trial.section(NAME).hidden)
    untouched = (bundles / TAB / NAME / 'student' / f'{NAME}.ipynb').read_text('utf-8')
    yield 'right', out_of, trial.notebook(solved)
    for number, edit in enumerate(trial.wrong(NAME, TAB)):
        cells = trial.edited(solved, edit)
        yield f'wrong-{number}', edit['points'], trial.notebook(cells)
    yield 'untouched', 0, untouched
    yield 'leaves', 0, trial.notebook([*solved, 'import os; os._exit(0)'])
    yield 'floods', 0, trial.notebook([*solved, 'while True: print("x" * 10**5)'])
    yield 'broken', 0, b'{"cells": '


def test_two_hundred(tmp_path, bundles, sandbox, monkeypatch):
    monkeypatch.setenv('D2L_PROFILE', 'smoke')
    folder, table = tmp_path / 'handed in', tmp_path / 'grades.csv'
    folder.mkdir()
    known, expected, notebooks = list(kinds(bundles)), {}, {}
    for number in range(SIZE):
        kind, points, content = known[number % len(known)]
        expected[f'{number:03}-{kind}'] = points
        notebooks[f'{number:03}-{kind}'] = content
    classroom.write(folder, notebooks)
    line = classroom.command(ROOT, NAME, TAB, folder, table)
    begun = time.monotonic()
    before = classroom.killed_after(SIZE // 2, line, table)
    rows = classroom.finished(line, table)
    seconds = time.monotonic() - begun
    after = classroom.reports(table)
    assert {path: after[path] for path in before} == before, 'graded twice'
    earned = {name: float(row['points']) for name, row in rows.items()}
    assert earned == expected
    print(
        f'\n{SIZE} graded in {seconds:.0f} s, killed at {len(before)}; '
        f'{sum(earned.values()):g} points'
    )
