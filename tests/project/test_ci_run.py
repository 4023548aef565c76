"""`.ci/run` with stand-ins for every program that it calls."""

import shutil
import subprocess

import pytest

SYSTEM = ('bash', 'env', 'dirname', 'id')


@pytest.fixture
def checkout(tmp_path, root):
    """A checkout with `.ci/run` alone, and a `bin` with the programs it may see."""
    (tmp_path / 'bin').mkdir()
    (tmp_path / 'main/.ci').mkdir(parents=True)
    shutil.copy(root / '.ci/run', tmp_path / 'main/.ci/run')
    for name in SYSTEM:
        (tmp_path / 'bin' / name).symlink_to(shutil.which(name))
    return tmp_path


def run(checkout, *programs):
    """Run it with these programs on the PATH; return what they were told."""
    log = checkout / 'log'
    for name in programs:
        script = checkout / 'bin' / name
        script.write_text(
            f'#!/bin/bash\necho "{name} $* $CI $D2L_DATA_DIR" >>{log}\n', 'utf-8'
        )
        script.chmod(0o755)
    subprocess.run(
        [checkout / 'main/.ci/run'],
        check=True,
        env={'PATH': f'{checkout}/bin'},
        cwd=checkout,
        capture_output=True,
    )
    return log.read_text('utf-8').splitlines()


def test_with_everything_there_it_only_runs_the_tests(checkout):
    assert run(checkout, 'make', 'npm', 'chromium', 'bwrap') == ['make test true ']


def test_data_beside_the_checkout_is_used(checkout):
    data = checkout / 'shared/data'
    data.mkdir(parents=True)
    programs = ('make', 'npm', 'chromium', 'bwrap')
    assert run(checkout, *programs) == [f'make test true {data}']


def test_missing_packages_are_installed_first(checkout):
    update, install, test = run(checkout, 'make', 'apt-get', 'sudo')
    assert 'update' in update
    assert '--no-install-recommends' in install
    assert 'chromium-headless-shell fonts-dejavu-core nodejs npm bubblewrap' in install
    assert test == 'make test true '
