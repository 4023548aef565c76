"""The environment changes no test, and no test changes the working tree."""

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from tabbook.reading import facts
from tests.helpers import ROOT, hermetic

ODD = {
    'MPLBACKEND': 'nonsense',
    'KERAS_BACKEND': 'jax',
    'JAX_PLATFORMS': 'nonsense',
    'JAX_ENABLE_X64': '1',
    'TF_USE_LEGACY_KERAS': '1',
    'D2L_PROFILE': 'nonsense',
    'D2L_DEVICE': 'nonsense',
    'D2L_MIRRORS': 'nonsense',
}
# All that read one of them: the kernel, the store, figures and each framework.
TOUCHY = (
    'tests/shim/test_plot.py::test_images_are_shown_once',
    'tests/shim/test_contract.py::test_a_framework_meets_the_contract[tensorflow]',
    'tests/shim/test_contract.py::test_a_framework_meets_the_contract[jax]',
    'tests/tabbook/test_store.py',
)
CONFTEST = """\
from pathlib import Path
from tests.helpers.hermetic import Tree

def pytest_configure(config):
    config.pluginmanager.register(Tree(Path({!r})))
"""


def pytest_run(*arguments, cwd=ROOT, **environment):
    return subprocess.run(
        [sys.executable, '-m', 'pytest', '-q', '-p', 'no:cacheprovider', *arguments],
        cwd=cwd,
        env={**os.environ, 'PYTHONPATH': str(ROOT), **environment},
        capture_output=True,
        text=True,
    )


def test_odd_values_in_the_environment_change_nothing():
    done = pytest_run(*TOUCHY, **ODD)
    assert done.returncode == 0, done.stdout
    assert ' skipped' not in done.stdout


def test_where_data_lies_is_kept():
    kept = {'D2L_DATA_DIR': '/data', 'PATH': '/bin', 'SOURCE_DATE_EPOCH': '86400'}
    environ = {'D2L_PROFILE': 'full', **kept}
    hermetic.clean(environ)
    assert environ == {**kept, **hermetic.SET}


def test_the_day_is_that_of_the_first_process_beyond_midnight(monkeypatch, tmp_path):
    environ = {}
    hermetic.clean(environ)
    first = environ['SOURCE_DATE_EPOCH']
    with monkeypatch.context() as later:
        later.setattr(hermetic.time, 'time', lambda: int(first) + 86400)
        hermetic.clean(environ)
    monkeypatch.setattr(os, 'environ', environ)
    day = datetime.fromtimestamp(int(first), UTC).date()
    assert facts.changed(tmp_path / 'page.md') == ('Built', day)


@pytest.mark.parametrize(
    ('act', 'named'),
    [
        ('pass', None),
        ("open('new', 'w').close()", 'new'),
        ("open('old', 'a').write('more')", 'old'),
        ("os.remove('old')", 'old'),
        (
            "__import__('os').makedirs('_build/a'); open('_build/a/b', 'w')",
            '_build/a/b',
        ),
        ("__import__('os').mkdir('__pycache__'); open('__pycache__/a', 'w')", None),
    ],
)
def test_a_test_that_writes_into_the_tree_fails_the_session(tmp_path, act, named):
    (tmp_path / 'old').write_text('old', 'utf-8')
    (tmp_path / 'conftest.py').write_text(CONFTEST.format(str(tmp_path)), 'utf-8')
    (tmp_path / 'test_it.py').write_text(f'import os\ndef test_it(): {act}\n', 'utf-8')
    done = pytest_run('test_it.py', cwd=tmp_path)
    assert '1 passed' in done.stdout
    assert done.returncode == (named is not None)
    assert (f'changed the working tree: {named}; ' in done.stdout) == bool(named)
