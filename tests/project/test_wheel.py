"""The wheel that readers install: what it holds, and that it works by itself."""

import subprocess
import sys
from zipfile import ZipFile

import pytest

from d2l_shim.framework import FRAMEWORKS
from tests.helpers import ROOT, require_framework

BUILD = """
import sys
from setuptools import build_meta
print(build_meta.build_wheel(sys.argv[1]))
"""
# A section's notebook begins so; the live one alone wants the tool.
USE = """
import importlib.util, sys
from d2l_shim import {shim} as d2l
print()
print(d2l.__file__)
print(d2l.Trainer(1).device, importlib.util.find_spec('tabbook'))
"""


@pytest.fixture(scope='module')
def wheel(tmp_path_factory):
    """The wheel of this working copy, built without a network."""
    folder = tmp_path_factory.mktemp('wheel')
    kept = subprocess.run(
        [
            'git',
            'ls-files',
            '-z',
            '--cached',
            '--others',
            '--exclude-standard',
            'd2l_shim',
            'tabbook',
            'pyproject.toml',
            'README.md',
            'LICENSE-CODE',
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split('\0')
    for name in filter(None, kept):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((ROOT / name).read_bytes())
    done = subprocess.run(
        [sys.executable, '-c', BUILD, folder],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.splitlines()[-1]


def test_it_holds_the_shim_alone_and_all_of_it(wheel):
    names = {name for name in ZipFile(wheel).namelist() if '.dist-info/' not in name}
    assert names == {
        path.relative_to(ROOT).as_posix() for path in ROOT.glob('d2l_shim/**/*.py')
    }


@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_it_works_without_the_book(wheel, tmp_path, tab):
    require_framework(tab)
    env = tmp_path / 'env'
    subprocess.run([sys.executable, '-m', 'venv', '--without-pip', env], check=True)
    subprocess.run(
        [
            sys.executable,
            '-m',
            'pip',
            '--python',
            env / 'bin/python',
            'install',
            '-q',
            '--no-index',
            '--no-deps',
            wheel,
        ],
        check=True,
    )
    (site,) = env.glob('lib/python*/site-packages')
    others = [path for path in sys.path if path.endswith('site-packages')]
    (site / 'others.pth').write_text('\n'.join(others), 'utf-8')
    shim = FRAMEWORKS[tab].shim.rpartition('.')[2]
    done = subprocess.run(
        [env / 'bin/python', '-I', '-c', USE.format(shim=shim)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    *_, place, device = done.stdout.splitlines()
    assert place.startswith(str(site))
    assert device.endswith(' None')
