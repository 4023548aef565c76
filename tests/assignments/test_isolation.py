"""Which sandbox is used, and that nothing runs where there is none."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tabbook.grading import isolation, scope
from tabbook.grading.isolation import Bubblewrap, Docker, Limits, NoIsolation, Unsafe
from tests.helpers import require


def test_without_isolation_nothing_runs(monkeypatch):
    monkeypatch.setenv('PATH', '/nowhere')
    with pytest.raises(NoIsolation) as refusal:
        isolation.find()
    for part in ('bwrap', 'docker', '--unsafe', 'Install bubblewrap'):
        assert part in str(refusal.value)
    assert isolation.find(unsafe=True) is Unsafe


def test_limits_alone_are_no_isolation(monkeypatch):
    monkeypatch.setattr(Bubblewrap, 'lacks', classmethod(lambda cls: 'broken'))
    monkeypatch.setattr(Docker, 'lacks', classmethod(lambda cls: 'not running'))
    with pytest.raises(NoIsolation, match='bwrap: broken; docker: not running'):
        isolation.find()


def test_a_wanted_sandbox_is_not_replaced(monkeypatch):
    monkeypatch.setattr(Docker, 'lacks', classmethod(lambda cls: 'not running'))
    with pytest.raises(NoIsolation, match='docker: not running'):
        isolation.find('docker')


def test_walls_of_a_user_who_is_not_root(monkeypatch):
    """As an ordinary user, with a Python that this user may not have: `id` instead."""
    programs = ('bwrap', 'setpriv', 'prlimit')
    require(all(map(shutil.which, programs)), 'needs bubblewrap and util-linux')
    monkeypatch.setattr(os, 'geteuid', lambda: 1000)
    monkeypatch.setattr(Bubblewrap, 'shown', lambda self: [])
    walls = Bubblewrap(Limits()).walls()
    assert walls[walls.index('--uid') + 1] == '65534'
    if os.getuid() == 0:
        user = ['setpriv', '--reuid=64999', '--regid=64999', '--clear-groups']
        walls = [*user, *walls]
    script = 'id -u; for d in / /dev /usr /dev/shm .; do touch $d/x && echo $d; done'
    done = subprocess.run([*walls, 'sh', '-c', script], capture_output=True, text=True)
    require(done.stdout, f'users get no namespaces here: {done.stderr.strip()}')
    assert done.stdout.split() == ['65534', '/dev/shm', '.']


def test_under_root_each_has_a_user_of_its_own(monkeypatch):
    monkeypatch.setattr(os, 'geteuid', lambda: 0)
    users = {
        word
        for _ in range(3)
        for word in Bubblewrap(Limits()).walls()
        if word.startswith('--reuid')
    }
    assert len(users) == 3


def test_what_a_container_may_do():
    with Docker(Limits(memory=512, processes=50), {'house-prices': '/tmp'}) as box:
        line = box.command('-m', 'module')
    text = ' '.join(line)
    for part in (
        '--network none',
        '--read-only',
        '--cap-drop ALL',
        '--memory 512m',
        '--memory-swap 512m',
        '--pids-limit 50',
        f'--user {box.user}:{box.user}',
        '--security-opt no-new-privileges',
        '/tmp:/grading/data/house-prices:ro',
    ):
        assert part in text
    volumes = [line[i + 1] for i, word in enumerate(line) if word == '--volume']
    assert all(volume.endswith(':ro') for volume in volumes)
    assert not [v for v in volumes if 'notebooks' in v or 'tests' in v]
    assert line[-3:] == ['python', '-m', 'module']


FAKE = """#!/bin/sh
echo "$*" >> {log}
while [ "${{1#--}}" != "$1" ]; do
    [ "$1" = --property ] && shift
    shift
done
exec "$@"
"""


def test_where_systemd_makes_scopes_each_has_one(monkeypatch, tmp_path, graded):
    log, fake = tmp_path / 'log', tmp_path / 'systemd-run'
    fake.write_text(FAKE.format(log=log), 'utf-8')
    fake.chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path}:{os.environ["PATH"]}')
    scope._works.cache_clear()
    try:
        solved = 'double = lambda numbers: [2 * n for n in numbers]\ntotal = sum'
        assert graded(solved, memory=600).points == 3
    finally:
        scope._works.cache_clear()
    checked, started = log.read_text('utf-8').strip().split('\n')
    assert checked.endswith(' true')
    for part in ('--scope', 'MemoryMax=600M', 'MemorySwapMax=0', 'CPUQuota=100%'):
        assert part in checked
        assert part in started
    assert started.index('CPUQuota') < started.index('bwrap')


def test_without_systemd_there_is_no_scope(monkeypatch, tmp_path):
    fake = tmp_path / 'systemd-run'
    fake.write_text('#!/bin/sh\nexit 1\n', 'utf-8')
    fake.chmod(0o755)
    monkeypatch.setenv('PATH', str(tmp_path))
    scope._works.cache_clear()
    assert scope.line(Limits()) == []
    fake.unlink()
    scope._works.cache_clear()
    assert scope.line(Limits()) == []
    scope._works.cache_clear()


def test_docker_without_its_engine(monkeypatch, tmp_path):
    docker = tmp_path / 'docker'
    fails = '#!/bin/sh\necho "{}" >&2\nexit 1\n'
    docker.write_text(fails.format('Cannot connect to the daemon'), 'utf-8')
    docker.chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path}:/usr/bin:/bin')
    assert Docker.lacks() == 'Cannot connect to the daemon'
    docker.write_text(fails.format('Error: No such image: x'), 'utf-8')
    assert 'make grader-image' in Docker.lacks()


def test_the_sandbox_shows_no_tests():
    shown = [Path(target) for _, target in Bubblewrap(Limits()).shown()]
    book = [path for path in shown if path.is_relative_to(isolation.BOOK)]
    names = {path.name for path in book}
    assert names == {'__init__.py', 'sandbox', 'd2l_shim'}
    folder = Path(isolation.__file__).parent / 'sandbox'
    assert {path.name for path in folder.glob('*.py')} == {
        '__init__.py',
        'student.py',
        'wire.py',
    }
