"""A class of 300, hostile ones among it, in four parts: `make test-assignments`.

Each part is a process of its own; ten times one is killed and started again. Those who
did not attack have the points that they have in a class without the others. `CLASS`
sets another size.
"""

import os
import random
import time

from tests.helpers import ROOT, classroom
from tools import trial

TAB, SIZE, KILLS = 'pytorch', int(os.environ.get('CLASS', '300')), 10
HOSTILE = {
    'leaves': 'import os; os._exit(0)',
    'floods': 'while True: print("x" * 10**5)',
    'forks': 'import os\nwhile True: os.fork()',
    'hoards': 'hoard = []\nwhile True: hoard.append(bytearray(10**8))',
    'closes': 'import os\nfor number in range(3): os.close(number)\nos._exit(1)',
    'raises': 'raise BaseException("x" * 10**8)',
}


def name():
    """The assignment whose class it is: the first with wrong solutions listed."""
    return sorted(path.stem for path in trial.WRONG.glob('*.yml'))[0]


def honest(assignment, bundles):
    """{kind: notebook}: right, wrong, untouched and broken ones."""
    solved = trial.solution(assignment, TAB)
    path = bundles / TAB / assignment / 'student' / f'{assignment}.ipynb'
    found = {'right': trial.notebook(solved), 'untouched': path.read_text('utf-8')}
    for number, edit in enumerate(trial.wrong(assignment, TAB)):
        found[f'wrong-{number}'] = trial.notebook(trial.edited(solved, edit))
    return found | {'broken': '{"cells": '}


def hostile(assignment):
    """{kind: notebook} of solutions that also attack."""
    solved = trial.solution(assignment, TAB)
    return {k: trial.notebook([*solved, cell]) for k, cell in HOSTILE.items()}


def members(kinds):
    """{name: notebook} of a class of all kinds."""
    each = list(kinds.items())
    known = (each[number % len(each)] for number in range(SIZE))
    return {f'{number:03}-{kind}': text for number, (kind, text) in enumerate(known)}


def test_a_class(tmp_path, bundles, sandbox, monkeypatch):
    monkeypatch.setenv('D2L_PROFILE', 'smoke')
    assignment = name()
    fair, others = honest(assignment, bundles), hostile(assignment)
    each, whole = tmp_path / 'one of each', tmp_path / 'class'
    classroom.write(each, fair)
    texts = members(fair | others)
    classroom.write(whole, texts)

    table = tmp_path / 'one of each.csv'
    line = classroom.command(ROOT, assignment, TAB, each, table)
    alone = {
        kind: row['points'] for kind, row in classroom.finished(line, table).items()
    }
    assert alone['right'] > alone['untouched'] == alone['broken'] == '0'

    parts = classroom.parts(4, ROOT, assignment, TAB, whole, tmp_path,
                            '--jobs', '1')  # fmt: skip
    seed, begun = random.randrange(10**6), time.monotonic()
    print(f'\nthe moments are drawn with the seed {seed}')
    lines = [line for line, _ in parts]
    assert classroom.at_once(lines, KILLS, random.Random(seed))
    seconds = time.monotonic() - begun
    rows = classroom.merged(parts, tmp_path / 'grades.csv')
    assert set(rows) == set(texts)
    kind = {name: name.partition('-')[2] for name in rows}
    earned = {name: row['points'] for name, row in rows.items() if kind[name] in alone}
    assert earned == {name: alone[kind[name]] for name in earned}
    print(f'{SIZE} graded in {seconds:.0f} s, {KILLS} times killed')
