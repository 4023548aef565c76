"""Tests that share what is slow run in one process, wherever their files lie."""

import subprocess
import sys

import pytest

from tests.helpers import ROOT
from tests.helpers.groups import SITE, group, is_late


@pytest.mark.parametrize(
    ('nodeid', 'name'),
    [
        ('tests/parity/test_results.py::test_it[a]', 'parity'),
        ('tests/shim/test_weights.py::test_it[a]', 'frameworks'),
        ('tests/assignments/test_counts.py::test_it', 'frameworks'),
        ('tests/browser/test_speed.py::test_it', 'tests/browser/test_speed.py'),
        ('tests/tabbook/test_marks.py::test_it[a::b]', 'tests/tabbook/test_marks.py'),
        ('tests/notebooks/test_nbval.py::test_it[jax]', 'notebooks'),
    ],
)
def test_a_test_has_a_group(nodeid, name):
    assert group(nodeid) == name


def test_the_pages_are_built_early():
    found = (ROOT / 'tests' / 'browser').glob('test_*.py')
    names = [path.relative_to(ROOT).as_posix() for path in found]
    assert [name for name in names if not is_late(group(name))] == [SITE]


def test_two_processes_share_no_file():
    files = [f'tests/tabbook/test_{name}.py' for name in ('marks', 'paper', 'split')]
    command = [sys.executable, '-m', 'pytest', '-vv', '-p', 'no:cacheprovider']
    done = subprocess.run(
        [*command, '--numprocesses', '2', *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    found = [line.split() for line in done.stdout.splitlines() if ' PASSED ' in line]
    ran = {(line[0], line[-1].partition('::')[0]) for line in found if '::' in line[-1]}
    assert {file for _, file in ran} == set(files)
    assert len(ran) == len(files)
    assert {process for process, _ in ran} == {'[gw0]', '[gw1]'}


def test_chromium_is_closed_before_other_tests_run():
    files = ['tests/browser/test_copy.py', 'tests/tabbook/test_marks.py']
    command = [sys.executable, '-m', 'pytest', '--setup-plan', '-p', 'no:cacheprovider']
    plan = subprocess.run(
        [*command, *files], cwd=ROOT, capture_output=True, text=True
    ).stdout
    closed, other = plan.index('TEARDOWN M browser'), plan.index(files[1])
    assert closed < other
