"""Submissions that cheat or break: no point unearned, nothing left behind."""

import json
import os
import tempfile
import time
from pathlib import Path

import nbformat.v4 as nbf
import psutil
import pytest

from tabbook.grading import isolation
from tests.helpers import ROOT
from tools import trial

DOUBLE = 'def double(numbers): return [2 * n for n in numbers]'
TOTAL = 'def total(numbers): return sum(numbers)'
ALL = 3  # points


@pytest.fixture(autouse=True)
def nothing_is_left(monkeypatch, tmp_path):
    """No process and no file of a submission outlives its grading."""
    users, fresh = set(), isolation.fresh_user
    files = tmp_path / 'temporary'  # its own: tests beside it grade, too
    files.mkdir()
    monkeypatch.setattr(tempfile, 'tempdir', str(files))

    def remembered():
        users.add(user := fresh())
        return user

    monkeypatch.setattr(isolation, 'fresh_user', remembered)
    before = children(users)
    yield
    end = time.monotonic() + 5
    while children(users) - before and time.monotonic() < end:
        time.sleep(0.05)
    assert children(users) == before
    assert os.listdir(files) == []


def children(mine):
    """The pids of our children and theirs, and of those that run as users `mine`."""
    own = {child.pid for child in psutil.Process().children(recursive=True)}
    others = {
        p.pid
        for p in psutil.process_iter(['uids'])
        if p.info['uids'] and p.info['uids'].real in mine
    }
    return own | others


def check(record, points, *said):
    """Assert what a submission earned, and that its report says why."""
    text = json.dumps([record.remark, record.tests, record.cells])
    assert record.points == points, text
    for part in said:
        assert part in text, text


LOOP = 'while True: pass'
FORKS = """
import os, time
for _ in range(20):
    if not os.fork():
        kept = os.urandom(1) * (2 * 10**8)
        time.sleep(60)
time.sleep(60)"""
STAYS = """
import os, time
if not os.fork():
    os.setsid()
    if not os.fork(): time.sleep(600)
    os._exit(0)"""
FILLS = """
with open('file', 'wb') as file:
    for _ in range(1000): file.write(b'x' * 10**6)"""
EQUAL = """
class Same(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
class Any:
    __eq__ = lambda self, other: True
    __array__ = lambda self, *_: 1 / 0
def double(numbers): return Any()
def total(numbers): return Same(0.5)"""
PATCH = """
import builtins, sys, numpy as np
builtins.sum = lambda *_: 0
builtins.AssertionError = builtins.print
np.array_equal = np.isclose = lambda *_, **__: True
from tabbook.grading.sandbox import wire, student
student.Server.call = lambda *_: True
student.told = lambda e: ''
wire.loads = lambda data: ['value', {'name': 'x'}]"""
FAKE = """
import os, json
data = json.dumps([True, []]).encode()
frame = len(data).to_bytes(4, 'big') + bytes(4) + data
for fd in range(3, 20):
    try: os.write(fd, frame * 50)
    except OSError: pass"""
NOISE = FAKE.replace('frame * 50', "b'\\xff' * 99")
DEEP = """
def double(numbers):
    x = []
    for _ in range(900): x = [x]
    return x"""
GUESS = """
def double(numbers): return [2, 4, 6, 8, 10]
def total(numbers): return 15"""
BUSY = 'still busy after 2 s'
MEMORY = 'used more than 700 MB of memory'
ENDED = 'its process ended by itself'

# What a notebook does: its cells, its points, and what its report says.
SUBMISSIONS = {
    'the solution': ([DOUBLE, TOTAL], ALL, '2 of 2 tests passed'),
    'an endless loop in a cell': ([DOUBLE, TOTAL, LOOP], 0, BUSY),
    'an endless loop in an answer': (
        [f'def double(numbers):\n    {LOOP}', TOTAL],
        2,
        BUSY,
    ),
    'a memory bomb': (
        [DOUBLE, TOTAL, 'kept = []\nwhile True: kept.append(bytearray(10**8))'],
        0,
        MEMORY,
    ),
    'a memory bomb of many processes': ([DOUBLE, TOTAL, FORKS], 0, MEMORY),
    'a fork bomb': (
        [
            DOUBLE,
            TOTAL,
            'import os\nwhile True:\n    try: os.fork()\n    except OSError: pass',
        ],
        0,
        'While its cells ran, it',
    ),
    'children that stay': ([DOUBLE, TOTAL, STAYS], ALL, ''),
    'os._exit(0)': ([DOUBLE, TOTAL, 'import os\nos._exit(0)'], 0, ENDED),
    'os._exit(3)': ([DOUBLE, TOTAL, 'import os\nos._exit(3)'], 0, ENDED),
    'os._exit in an answer': (
        ['import os\ndef double(numbers): os._exit(0)', TOTAL],
        2,
        'While your code answered, its process ended',
    ),
    'sys.exit in a cell': (['import sys; sys.exit()', DOUBLE, TOTAL], ALL, ''),
    'exit in an answer': (['def double(numbers): exit()', TOTAL], 2, '`double` raised'),
    'no text': (['def double(n): raise SystemExit', TOTAL], 2, 'SystemExit (in cell'),
    'an odd exception': (['def double(numbers): raise BaseException', TOTAL], 2, ENDED),
    'a signal': (
        [DOUBLE, TOTAL, 'import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)'],
        0,
        ENDED,
    ),
    'a gigabyte of output': (
        [DOUBLE, TOTAL, 'import os\nfor _ in range(1000): os.write(1, b"x" * 10**6)'],
        0,
        'printed more than 20 MB',
    ),
    'a gigabyte as an answer': (
        ['def double(numbers): return "x" * 2 * 10**8', TOTAL],
        2,
        'text of 200,000,',
    ),
    'a gigabyte in a file': ([FILLS, DOUBLE, TOTAL], ALL, 'OSError'),
    'a class that equals everything': ([EQUAL], 0, 'an object of class Any'),
    'patches of what the grader uses': ([DOUBLE, TOTAL, PATCH], 0, ''),
    'answers before the questions': ([FAKE], 0, ''),
    'noise on the pipe': ([DOUBLE, TOTAL, NOISE], 0, 'broke into the conversation'),
    'a closed pipe': ([DOUBLE, TOTAL, 'import os; os.closerange(3, 99)'], 0, ENDED),
    'deep JSON': ([DEEP, TOTAL], 2, ''),
    'guessed constants': ([GUESS], 0, 'was to be summed'),
    'a syntax error': (
        ['def double(numbers) return 1', TOTAL],
        2,
        'defines no `double`',
    ),
    'a deleted cell': ([TOTAL], 2, 'was its cell deleted'),
    'cells in another order': ([TOTAL, DOUBLE], ALL, ''),
    'a cell twice': ([DOUBLE, TOTAL, DOUBLE], ALL, ''),
    'an empty cell after the solution': (
        [DOUBLE, TOTAL, 'def double(numbers):\n    ...'],
        2,
        'written yet?',
    ),
    'a solution in a wrong cell': (['1 / 0', f'{TOTAL}\n{DOUBLE}'], ALL, ''),
}


@pytest.mark.parametrize('kind', SUBMISSIONS)
def test_submission(graded, monkeypatch, kind):
    cells, points, said = SUBMISSIONS[kind]
    endless = said == BUSY or kind == 'a fork bomb'
    if endless:
        monkeypatch.setattr('tabbook.grading.exam.SECONDS', 2)
    check(graded(*cells, **({'seconds': 2} if endless else {})), points, said)


SPY = """
import os, glob, socket
found = []
def look(what, where):
    try:
        found.append((what, where()))
    except OSError as error:
        found.append((what, type(error).__name__))
secret = {secret!r}
look('tests', lambda: os.path.exists({root!r} + '/notebooks'))
look('parents', lambda: sorted(os.listdir('..')))
look('own', lambda: os.listdir('.'))
look('processes', lambda: len([p for p in os.listdir('/proc') if p.isdigit()]))
look('one', lambda: open('/proc/1/environ', 'rb').read().decode())
look('secret', lambda: open(secret).read())
look('user', os.getuid)
look('environment', lambda: sorted(os.environ))
look('write', lambda: open('/grading/book/mark', 'w'))
look('shim', lambda: open('/grading/book/d2l_shim/mark', 'w'))
look('top', lambda: open('/mark', 'w'))
look('devices', lambda: open('/dev/mark', 'w'))
look('etc', lambda: open('/etc/passwd').read())
look('network', lambda: socket.create_connection(('127.0.0.1', {port}), 2))
look('root', lambda: os.setuid(0))
def double(numbers): return dict(found)
"""


def test_spies_see_and_reach_nothing(toy, sandbox, tmp_path):
    import socket

    from tabbook.grading import grader, process

    secret = tmp_path / 'other.ipynb'
    secret.write_text('of another student', 'utf-8')
    os.environ['GRADER_TOKEN'] = 'secret'
    try:
        with socket.create_server(('127.0.0.1', 0)) as server:
            port = server.getsockname()[1]
            spy = SPY.format(root=str(ROOT), secret=str(secret), port=port)
            place = grader.Place(sandbox, grader.limits(toy), {})
            with place.process('pytorch') as running:
                running.ask('run', 20, cells=[spy])
                seen = running.ask('call', 20, target='double', args=[[]], kwargs={})
                assert isinstance(running, process.Process)
    finally:
        del os.environ['GRADER_TOKEN']
    assert seen['tests'] is False
    assert seen['own'] == []
    assert 'tests' not in seen['parents']
    assert seen['processes'] <= 4
    assert 'GRADER_TOKEN' not in json.dumps(seen)
    assert seen['user'] not in (0, os.getuid())
    for what in ('secret', 'write', 'shim', 'top', 'devices', 'etc', 'network', 'root'):
        assert seen[what] in (
            'FileNotFoundError',
            'PermissionError',
            'OSError',
            'ConnectionRefusedError',
        ), (what, seen[what])
    assert not list(Path(ROOT, 'd2l_shim').glob('mark'))


@pytest.mark.parametrize(
    ('content', 'said'),
    [
        (b'this is no JSON', 'is no Jupyter notebook'),
        (b'{"cells": 3}', 'is no Jupyter notebook'),
        (b'[' * 100_000, 'is no Jupyter notebook'),
        (b'', 'is no Jupyter notebook'),
        (b'{"cells": [], "metadata": {}}', 'has no code'),
        (b'{"cells": [3, null, {"cell_type": "code", "source": 3}]}', 'has no code'),
        (b'\xff\xfe{"cells": []}', 'is not text in UTF-8'),
        (
            trial.notebook(
                [DOUBLE],
                kernelspec={'name': 'ir', 'display_name': 'R', 'language': 'R'},
            ).encode(),
            "another kernel, 'R'",
        ),
        (
            trial.notebook([DOUBLE], densenet_book={'assignment': 'pooling'}).encode(),
            "of another assignment, 'pooling'",
        ),
        (
            trial.notebook([DOUBLE], densenet_book={'framework': 'jax'}).encode(),
            "of another framework, 'jax'",
        ),
        (b' ' * (21 * 2**20), '20 MB at most'),
    ],
    ids=[
        'text',
        'cells',
        'deep',
        'nothing',
        'empty',
        'odd',
        'bytes',
        'kernel',
        'assignment',
        'framework',
        'large',
    ],
)
def test_broken_files(graded, content, said):
    check(graded(content), 0, said)


def test_a_lone_surrogate(graded):
    text = trial.notebook([DOUBLE, TOTAL, 'x = 1']).replace('x = 1', "x = '\\ud800'")
    check(graded(text.encode()), ALL)


def test_a_markdown_cell_is_not_run(toy, sandbox, graded):
    cells = [nbf.new_markdown_cell(DOUBLE), nbf.new_code_cell(TOTAL)]
    text = json.dumps(nbf.new_notebook(cells=cells))
    check(graded(text.encode()), 2, 'defines no `double`')


def test_what_is_printed_stays_text(graded):
    from tabbook.grading import record

    evil = 'print("<script>alert(1)</script>\\x1b[31m")\nraise ValueError("<b>")'
    page = record.page(graded(evil), '<toy>')
    assert '<script>' not in page
    assert '\x1b' not in page
    assert '\\x1b[31m' in page
    assert '&lt;b&gt;' in page
