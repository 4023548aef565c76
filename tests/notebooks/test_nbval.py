"""nbval runs the plain notebook of every section and tab, from outside.

JAX compiles quickly here, as in all tests; `make nbval` and `make book` compile as
readers do.
"""

import subprocess
import sys

import pytest

from d2l_shim.framework import FRAMEWORKS
from tests.helpers import ROOT, copy_book, require_framework


@pytest.fixture(scope='module')
def copy(tmp_path_factory):
    """A copy of the book, whose prose is read once for all frameworks."""
    copy = tmp_path_factory.mktemp('book')
    copy_book(copy)
    return copy


@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_nbval_passes_on_every_section(tab, copy):
    require_framework(tab)
    done = subprocess.run(
        [sys.executable, '-m', 'tabbook', 'nbval', '--tab', tab, '--root', copy],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ' passed' in done.stdout
    assert 'skipped' not in done.stdout
