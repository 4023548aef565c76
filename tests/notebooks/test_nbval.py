"""nbval runs the plain notebook of every section and tab, from outside.

JAX compiles quickly here, as in all tests; `make nbval` and `make book` compile as
readers do.
"""

import subprocess
import sys

import pytest

from d2l_shim.framework import FRAMEWORKS
from tests.helpers import ROOT, copy_book, require_framework


@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_nbval_passes_on_every_section(tab, tmp_path):
    require_framework(tab)
    copy_book(tmp_path)
    done = subprocess.run(
        [sys.executable, '-m', 'tabbook', 'nbval', '--tab', tab, '--root', tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ' passed' in done.stdout
    assert 'skipped' not in done.stdout
