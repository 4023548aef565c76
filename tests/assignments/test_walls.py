"""What a submission leaves, shares or takes beside its folder: the kernel's objects."""

import errno
import os
import platform
import shutil
import socket
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tabbook.grading import grader, isolation, refusals, submissions, usage
from tabbook.grading.isolation import Bubblewrap
from tests.helpers import classroom, require
from tools import trial

PLAIN = 64_990  # the number of an ordinary user
CALL = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def call(number, *arguments):
    taken = [a if isinstance(a, bytes) else ctypes.c_long(a) for a in arguments]
    done = libc.syscall(ctypes.c_long(number), *taken)
    return done if done >= 0 else -ctypes.get_errno()
"""
USER, SESSION = -4, -3  # keyrings


class Plain(Bubblewrap):
    """bubblewrap as an ordinary user starts it, also where the tests run as root."""

    def command(self, *arguments):
        line = super().command(*arguments)
        if os.getuid() != 0:
            return line
        # which may not look into root's folder, where this Python may be
        seen = ['bwrap', '--dev-bind', '/', '/', '--perms', '0755', '--tmpfs', '/root']
        for source, target in self.shown():
            if Path(target).is_relative_to('/root'):
                for folder in reversed(Path(target).parents[:-2]):
                    seen += ['--perms', '0755', '--dir', str(folder)]
                seen += ['--ro-bind', str(source), str(target)]
        user = [f'--reuid={PLAIN}', f'--regid={PLAIN}', '--clear-groups']
        return [*seen, 'setpriv', *user, *line]

    def stop(self, process):
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                child.kill()
        super().stop(process)


@pytest.fixture(params=['as it is', 'as an ordinary user'])
def box(request, sandbox, monkeypatch):
    """bubblewrap, as root and as an ordinary user."""
    require(sandbox is Bubblewrap, 'needs bubblewrap')
    if request.param == 'as it is':
        return Bubblewrap
    monkeypatch.setattr(os, 'geteuid', lambda: PLAIN)
    return Plain


@pytest.fixture
def told(box, toy):
    """Run cells in a sandbox of their own: what `told()` of them returns."""

    def told(*cells, **limits):
        place = grader.Place(box, grader.limits(toy, **limits), {})
        with place.process('pytorch') as running:
            failed = running.ask('run', 100, cells=[CALL, *cells])
            assert not failed, failed
            return running.ask('call', 100, target='told', args=[], kwargs={})

    return told


def number(name):
    """The number of a call to the kernel on this machine."""
    known = {**refusals.REFUSED, **refusals.LOOKED_AT}
    return known[name][list(refusals.AUDIT).index(platform.machine())]


@pytest.mark.parametrize('ring', [USER, SESSION])
def test_a_key_reaches_no_other_submission(told, ring):
    add, control = number('add_key'), number('keyctl')
    told(f"""
def told():
    key = call({add}, b'user', b'answers', b'solution', 8, {ring})
    call({control}, 5, key, 0x3f3f3f3f)  # all may read it
    return key""")
    found = told(f"""
def told():
    key = call({control}, 10, {ring}, b'user', b'answers', 0)
    return key""")
    assert found < 0, 'the key of the submission before'


def test_a_secret_of_the_teachers_session_is_not_read(told):
    import ctypes

    call = ctypes.CDLL(None, use_errno=True).syscall
    key = call(number('add_key'), b'user', b'token', b'secret', 6, SESSION)
    require(key > 0, 'no keys here')
    try:
        call(number('keyctl'), 5, key, ctypes.c_long(0x3F3F3F3F))
        found = told(f"""
def told():
    room = ctypes.create_string_buffer(20)
    libc.syscall({number('keyctl')}, 11, {key}, room, 20)
    return room.value.decode()""")
    finally:
        call(number('keyctl'), 9, key, SESSION)
    assert found == ''


LOCK = """
import fcntl, os
os.chdir('/usr/bin')
def told():
    with open('env', 'rb') as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 'held'
        {then}
        return 'free'
"""


def test_a_lock_on_a_file_that_all_see_is_no_sign(told, box, toy):
    place = grader.Place(box, grader.limits(toy), {})
    with place.process('pytorch') as other:
        other.ask(
            'run',
            100,
            cells=[LOCK.format(then='kept.append(os.dup(file.fileno()))'), 'kept = []'],
        )
        assert other.ask('call', 100, target='told', args=[], kwargs={}) == 'free'
        assert told(LOCK.format(then='')) == 'free'


NO = -errno.EPERM
# What each call says, given these arguments.
CALLS = {
    'unshare': ((0x10000000,), NO),
    'clone': ((0x10000000 | 17, 0, 0, 0, 0), NO),
    'clone3': ((0, 0), -errno.ENOSYS),
    'memfd_create': ((b'x', 0), NO),
    'shmget': ((0, 4096, 0o1600), NO),
    'semget': ((0, 1, 0o1600), NO),
    'msgget': ((0, 0o1600), NO),
    'io_uring_setup': ((1, 0), NO),
    'userfaultfd': ((1,), NO),
    'ptrace': ((0, 0, 0, 0), NO),
    'process_vm_readv': ((0, 0, 0, 0, 0, 0), NO),
    'request_key': ((b'user', b'x', 0, 0), NO),
    'bpf': ((0, 0, 0), NO),
    'inotify_init1': ((0,), NO),
    'perf_event_open': ((0, 0, 0, 0, 0), NO),
}


@pytest.mark.parametrize('name', CALLS)
def test_refused(told, name):
    arguments, answer = CALLS[name]
    listed = ', '.join(map(repr, arguments))
    assert told(f'def told(): return call({number(name)}, {listed})') == answer


def test_a_call_of_tomorrow_is_not_there(told):
    assert told('def told(): return call(500)') == -errno.ENOSYS


@pytest.mark.parametrize(
    'family', [40, 38, 17, 31], ids=['vsock', 'alg', 'packet', 'bt']
)
def test_sockets_that_no_namespace_has(told, family):
    found = told(f'def told(): return call({number("socket")}, {family}, 1, 0)')
    assert found == -errno.EAFNOSUPPORT


def test_the_numbers_are_those_of_the_kernels_headers():
    path = '/usr/include/x86_64-linux-gnu/asm/unistd_64.h'
    require(os.path.exists(path), 'needs the headers of the kernel')
    with open(path, encoding='utf-8') as file:
        words = [line.split() for line in file if line.startswith('#define __NR_')]
    known = {word[1].removeprefix('__NR_'): int(word[2]) for word in words}
    for name, row in {**refusals.REFUSED, **refusals.LOOKED_AT}.items():
        assert known.get(name, row[0]) == row[0], name


def test_an_unknown_machine_has_no_filter_and_no_sandbox(monkeypatch):
    monkeypatch.setattr(platform, 'machine', lambda: 'riscv64')
    assert refusals.program() is None
    require(shutil.which('bwrap'), 'needs bubblewrap')
    assert 'riscv64' in Bubblewrap.lacks()


USES = """
def told():
    import asyncio, multiprocessing, socket, subprocess, tempfile, threading, sqlite3
    asyncio.run(asyncio.sleep(0))
    lock = multiprocessing.get_context('fork').Lock()
    with lock, tempfile.TemporaryFile() as file:
        file.write(b'x')
    sqlite3.connect('x.db').execute('create table t (x)')
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    with socket.create_server(('127.0.0.1', 0)) as server:
        socket.create_connection(server.getsockname()).close()
    return subprocess.run(['echo', 'hello'], capture_output=True, text=True).stdout
"""
KERNEL = """
def told():
    import asyncio
    from jupyter_client.manager import start_new_kernel
    manager, client = start_new_kernel(kernel_name='python3', startup_timeout=60)
    said = []
    client.execute_interactive('print(6 * 7)', timeout=60, output_hook=lambda m:
                               said.append(m['content'].get('text', '')))
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    return ''.join(said)
"""


def test_what_notebooks_use_is_allowed(told):
    assert told(USES) == 'hello\n'


def test_a_jupyter_kernel_runs(told):
    assert told(KERNEL) == '42\n'


DOUBLE = 'def double(numbers): return [2 * n for n in numbers]'
TOTAL = 'def total(numbers): return sum(numbers)'
BUSY = """
import os
for _ in range(60):
    if not os.fork():
        os.setsid()
        while True: pass
import time; time.sleep(3600)"""
SESSIONS = """
import os
def told():
    mine = os.getsid(0)
    if not (child := os.fork()):
        os.setsid()
        os._exit(os.getsid(0) != mine)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""
WORKS = """
import time
while time.process_time() < 0.8: pass"""


def test_sixty_busy_children_take_nothing_from_a_neighbour(toy, sandbox, tmp_path):
    cells = {'busy': [DOUBLE, TOTAL, BUSY], 'works': [WORKS, DOUBLE, TOTAL]}
    classroom.write(tmp_path, {k: trial.notebook(v) for k, v in cells.items()})
    found = submissions.find(tmp_path)
    place = grader.Place(sandbox, grader.limits(toy, seconds=15), {})
    records = grader.grade(toy, 'pytorch', found, tmp_path / 'g.csv', place, jobs=2)
    assert {r.submission: r.points for r in records} == {'busy': 0, 'works': 3}


def test_a_submission_is_one_session_to_which_linux_gives_one_share(told):
    assert told(SESSIONS) == 0


def test_the_processor_time_of_a_family_is_bounded(graded, monkeypatch):
    monkeypatch.setattr(isolation.Limits, 'processor', 3)
    record = graded(DOUBLE, TOTAL, BUSY)
    assert record.points == 0
    assert 'more than 3 s of processor time' in record.remark


SHORT = """
import os, signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
def short():
    if not os.fork():
        for _ in range(3 * 10**7): pass
        os._exit(0)
for _ in range(1000):
    short()
    import time; time.sleep(0.3)"""


def test_children_that_nobody_waits_for_count(graded, monkeypatch):
    monkeypatch.setattr(isolation.Limits, 'processor', 3)
    assert 'of processor time' in graded(DOUBLE, TOTAL, SHORT).remark


def test_one_that_sleeps_is_not_graded_twice(graded, monkeypatch):
    monkeypatch.setattr('tabbook.grading.exam.SECONDS', 4)
    sleeps = 'import time\ndef double(numbers): time.sleep(60)'
    record = graded(sleeps, TOTAL, seconds=60)
    assert 'still busy after 4 s' in record.remark
    assert not record.starved


HELD = 'import os, socket, mmap\nkept = []\nMB = 2**20\n'
# Ways to keep about 900 MB, of which no process has much.
KEPT = {
    'a hidden file': """
for _ in range(9):
    kept.append(os.memfd_create('x'))
    for _ in range(100): os.write(kept[-1], b'x' * MB)""",
    'shared memory': """
import ctypes
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
for _ in range(9):
    number = libc.shmget(0, 100 * MB, 0o1600)
    assert number >= 0, 'refused'
    at = libc.shmat(number, None, 0)
    ctypes.memset(at, 1, 100 * MB)
    libc.shmdt(ctypes.c_void_p(at))""",
    'folders in memory': """
for folder in ('/dev/shm', '.'):
    for i in range(240):
        with open(f'{folder}/{i}', 'wb') as file: file.write(b'x' * MB)
kept.append(b'x' * 250 * MB)""",
    'empty files': """
for i in range(10**6): open(f'{i}', 'w').close()""",
    'buffers of sockets': """
for _ in range(9):
    for i in range(480):
        a, b = socket.socketpair()
        a.setblocking(False)
        a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**20)
        try:
            while True: a.send(b'x' * 65536)
        except BlockingIOError: pass
        kept.append((a, b))
    if os.fork(): import time; time.sleep(60)
    kept.clear()""",
}


def test_sockets_of_the_computer_are_nobodys(monkeypatch):
    """Before a sandbox is there, its first process has the network of all others."""
    monkeypatch.setattr(usage, 'SOCKET', 10**12)
    monkeypatch.setattr(usage, 'DATAGRAM', 10**12)
    with socket.socket(socket.AF_UNIX):
        found = usage.Usage(os.getpid(), ('/dev/shm',))
        assert found.memory(found.look(), 10**15) < 10**12


@pytest.mark.parametrize('kind', KEPT)
def test_memory_that_no_process_has(graded, kind):
    stays = HELD + KEPT[kind] + '\nimport time; time.sleep(2)'
    record = graded(stays, DOUBLE, TOTAL, seconds=90)  # it ends as soon as it is seen
    failed = record.cells and record.cells[0][0] == 1
    assert failed or 'more than 700 MB of memory' in record.remark, record
