"""Submissions that cheat or break: no point unearned, nothing left behind."""

import json
import os
import tempfile
import time
from pathlib import Path

import nbformat.v4 as nbf
import psutil
import pytest
import trial
from conftest import ROOT
from tabbook.grading.isolation import Unsafe

DOUBLE = 'def double(numbers): return [2 * n for n in numbers]'
TOTAL = 'def total(numbers): return sum(numbers)'
ALL = 3  # points


@pytest.fixture(autouse=True)
def nothing_is_left():
    """No process and no file of a submission outlives its grading."""
    before = children(), set(os.listdir(tempfile.gettempdir()))
    yield
    end = time.monotonic() + 5
    while children() - before[0] and time.monotonic() < end:
        time.sleep(0.05)
    assert children() == before[0]
    left = set(os.listdir(tempfile.gettempdir())) - before[1]
    assert not [name for name in left if name.startswith('grading')]


def children():
    """The pids of our children and theirs, and of all users of submissions."""
    mine = {Unsafe(None, slot).user() for slot in range(16)}
    own = {child.pid for child in psutil.Process().children(recursive=True)}
    users = {p.pid for p in psutil.process_iter(['uids'])
             if p.info['uids'] and p.info['uids'].real in mine}
    return own | users


def check(record, points, *said):
    """Assert what a submission earned, and that its report says why."""
    text = json.dumps([record.remark, record.tests, record.cells])
    assert record.points == points, text
    for part in said:
        assert part in text, text


def test_the_solution_earns_all(graded):
    check(graded(DOUBLE, TOTAL), ALL, '2 of 2 tests passed')


def test_an_endless_loop_in_a_cell(graded):
    check(graded(DOUBLE, TOTAL, 'while True: pass', seconds=2), 0,
          'still busy after 2 s')


def test_an_endless_loop_in_an_answer(graded, monkeypatch):
    monkeypatch.setattr('tabbook.grading.exam.SECONDS', 2)
    loop = 'def double(numbers):\n    while True: pass'
    check(graded(loop, TOTAL), 2, 'still busy after 2 s')


def test_a_memory_bomb(graded):
    bomb = 'kept = []\nwhile True: kept.append(bytearray(10**8))'
    check(graded(DOUBLE, TOTAL, bomb), 0, 'used more than 700 MB of memory')


def test_a_memory_bomb_of_many_processes(graded):
    bomb = ('import os, time\n'
            'for _ in range(20):\n'
            '    if not os.fork():\n'
            '        kept = os.urandom(1) * (2 * 10**8)\n'
            '        time.sleep(60)\n'
            'time.sleep(60)')
    check(graded(DOUBLE, TOTAL, bomb), 0, 'used more than 700 MB of memory')


def test_a_fork_bomb(graded):
    bomb = 'import os\nwhile True:\n    try: os.fork()\n    except OSError: pass'
    record = graded(DOUBLE, TOTAL, bomb, seconds=3)
    check(record, 0, 'While its cells ran, it')


def test_children_that_stay(graded):
    stay = ('import os, time\n'
            'if not os.fork():\n'
            '    os.setsid()\n'
            '    if not os.fork(): time.sleep(600)\n'
            '    os._exit(0)')
    check(graded(DOUBLE, TOTAL, stay), ALL)


@pytest.mark.parametrize('status', [0, 3])
def test_os_exit(graded, status):
    end = f'import os\nos._exit({status})'
    check(graded(DOUBLE, TOTAL, end), 0, 'its process ended by itself')


def test_os_exit_in_an_answer_leaves_the_other_tests_their_turn(graded):
    end = 'import os\ndef double(numbers): os._exit(0)'
    check(graded(end, TOTAL), 2, 'While your code answered, its process ended')


def test_sys_exit(graded):
    check(graded('import sys; sys.exit()', DOUBLE, TOTAL), ALL)
    check(graded('def double(numbers): exit()', TOTAL), 2, '`double` raised')


def test_a_signal(graded):
    kill = 'import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)'
    check(graded(DOUBLE, TOTAL, kill), 0, 'its process ended by itself')


def test_a_gigabyte_of_output(graded):
    flood = 'import os\nfor _ in range(1000): os.write(1, b"x" * 10**6)'
    check(graded(DOUBLE, TOTAL, flood), 0, 'printed more than 20 MB')


def test_a_gigabyte_as_an_answer(graded):
    huge = 'def double(numbers): return "x" * 2 * 10**8'
    check(graded(huge, TOTAL), 2, 'an answer of 200,000,', '64')


def test_a_gigabyte_in_a_file(graded):
    fill = ('with open("file", "wb") as f:\n'
            '    for _ in range(1000): f.write(b"x" * 10**6)')
    check(graded(fill, DOUBLE, TOTAL), ALL, 'OSError')


def test_a_class_that_equals_everything(graded):
    evil = ('class Same(int):\n'
            '    def __eq__(self, other): return True\n'
            '    def __ne__(self, other): return False\n'
            'class Any:\n'
            '    __eq__ = lambda self, other: True\n'
            '    __array__ = lambda self, *_: 1 / 0\n'
            'def double(numbers): return Any()\n'
            'def total(numbers): return Same(0.5)')
    check(graded(evil), 0, 'an object of class Any')


def test_patches_of_what_the_grader_would_use(graded):
    patch = ('import builtins, sys, numpy as np\n'
             'builtins.sum = lambda *_: 0\n'
             'builtins.AssertionError = builtins.print\n'
             'np.array_equal = np.isclose = lambda *_, **__: True\n'
             'from tabbook.grading import wire, student\n'
             'student.Server.call = lambda *_: True\n'
             'student.told = lambda e: ""\n'
             'wire.loads = lambda data: ["value", {"name": "x"}]')
    check(graded(DOUBLE, TOTAL, patch), 0)


def test_writing_to_the_pipe(graded):
    fake = ('import os, json\n'
            'data = json.dumps([True, []]).encode()\n'
            'frame = len(data).to_bytes(8, "big") + data\n'
            'for fd in range(3, 20):\n'
            '    try: os.write(fd, frame * 50)\n'
            '    except OSError: pass')
    check(graded(fake), 0)
    check(graded(DOUBLE, TOTAL, fake.replace('frame * 50', 'b"\\xff" * 99')), 0,
          'broke into the conversation')


def test_closing_the_pipe(graded):
    close = 'import os; os.closerange(3, 99)'
    check(graded(DOUBLE, TOTAL, close), 0, 'ended by itself')


def test_deep_json(graded):
    deep = ('def double(numbers):\n'
            '    x = []\n'
            '    for _ in range(900): x = [x]\n'
            '    return x')
    check(graded(deep, TOTAL), 2)


def test_guessed_constants(graded):
    guess = ('def double(numbers): return [2, 4, 6, 8, 10]\n'
             'def total(numbers): return 15')
    check(graded(guess), 0, 'was to be summed')


SPY = '''
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
'''


def test_spies_see_and_reach_nothing(toy, sandbox, tmp_path):
    import socket

    from tabbook.grading import grade, process

    secret = tmp_path / 'other.ipynb'
    secret.write_text('of another student', 'utf-8')
    os.environ['GRADER_TOKEN'] = 'secret'
    try:
        with socket.create_server(('127.0.0.1', 0)) as server:
            port = server.getsockname()[1]
            spy = SPY.format(root=str(ROOT), secret=str(secret), port=port)
            place = grade.Place(sandbox, grade.limits(toy), {})
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
    for what in ('secret', 'write', 'shim', 'top', 'devices', 'etc', 'network',
                 'root'):
        assert seen[what] in ('FileNotFoundError', 'PermissionError', 'OSError',
                              'ConnectionRefusedError'), (what, seen[what])
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
        (trial.notebook([DOUBLE], kernelspec={'name': 'ir', 'display_name': 'R',
                                              'language': 'R'}).encode(),
         "another kernel, 'R'"),
        (trial.notebook([DOUBLE], densenet_book={'assignment': 'pooling'}).encode(),
         "of another assignment, 'pooling'"),
        (trial.notebook([DOUBLE], densenet_book={'framework': 'jax'}).encode(),
         "of another framework, 'jax'"),
        (b' ' * (21 * 2**20), '20 MB at most'),
    ],
    ids=['text', 'cells', 'deep', 'nothing', 'empty', 'odd', 'bytes', 'kernel',
         'assignment', 'framework', 'large'],
)
def test_broken_files(graded, content, said):
    check(graded(content), 0, said)


def test_a_lone_surrogate(graded):
    text = trial.notebook([DOUBLE, TOTAL, 'x = 1']).replace('x = 1', "x = '\\ud800'")
    check(graded(text.encode()), ALL)


def test_a_syntax_error_costs_its_own_cell_only(graded):
    check(graded('def double(numbers) return 1', TOTAL), 2, 'Cell 1 failed',
          'SyntaxError', 'defines no `double`')


def test_deleted_reordered_and_repeated_cells(graded):
    check(graded(TOTAL), 2, 'was its cell deleted')
    check(graded(TOTAL, DOUBLE), ALL)
    check(graded(DOUBLE, TOTAL, DOUBLE), ALL)
    check(graded(DOUBLE, TOTAL, 'def double(numbers):\n    ...'), 2, 'written yet?')


def test_a_solution_in_a_wrong_cell_counts(graded):
    check(graded('1 / 0', f'{TOTAL}\n{DOUBLE}'), ALL)


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
    assert '&lt;b&gt;' in page
