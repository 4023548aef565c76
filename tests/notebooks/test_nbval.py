"""nbval runs the plain notebook of every section and tab, from outside."""

import os
import subprocess
import sys

import pytest

from d2l_shim.framework import FRAMEWORKS
from tests.helpers import ROOT, require_framework


@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_nbval_passes_on_every_section(tab):
    require_framework(tab)
    done = subprocess.run(
        [sys.executable, '-m', 'tabbook', 'nbval', '--tab', tab],
        cwd=ROOT,
        env={**os.environ, 'D2L_PROFILE': 'smoke'},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ' passed' in done.stdout
    assert 'skipped' not in done.stdout
