"""The Makefile's targets, its setup and its profiles, with stand-ins for Python."""

import os
import re
import subprocess

import pytest

FRAMEWORKS = ('jax', 'mxnet', 'pytorch', 'tensorflow')
REQUIREMENTS = (
    *(f'requirements/{name}.txt' for name in ('base', *FRAMEWORKS)),
    'pyproject.toml',
    'tabbook/pyproject.toml',
)
# Stands in for both Pythons: notes each call, makes .venv, fails where told to.
PYTHON = """#!/bin/sh
echo "$* [$D2L_PROFILE]" >>calls; echo "$D2L_TABS" >tabs
case "$*" in
  "-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
  *"-r requirements/base.txt"*) test ! -e broken ;;
esac
"""


@pytest.fixture
def project(tmp_path, root):
    """A folder with the Makefile and all that it needs but the real Python."""
    (tmp_path / 'Makefile').symlink_to(root / 'Makefile')
    (tmp_path / 'tabbook').mkdir()
    (tmp_path / 'requirements').mkdir()
    for name in (*REQUIREMENTS, 'package.json', 'package-lock.json'):
        (tmp_path / name).touch()
    (tmp_path / 'node_modules').mkdir()
    (tmp_path / 'node_modules/.stamp').touch()
    python = tmp_path / 'python'
    python.write_text(PYTHON, 'utf-8')
    python.chmod(0o755)
    return tmp_path


def make(folder, *arguments, **variables):
    """Run make in `folder`; return the process and the calls of Python it made."""
    (folder / 'calls').unlink(missing_ok=True)
    env = {k: v for k, v in os.environ.items() if not k.startswith(('D2L_', 'MAKE'))}
    done = subprocess.run(
        ['make', *arguments],
        cwd=folder,
        env=env | variables,
        capture_output=True,
        text=True,
    )
    calls = folder / 'calls'
    return done, calls.read_text('utf-8').splitlines() if calls.exists() else []


def test_help_lists_every_target_and_is_the_default(root):
    listed = make(root)[0].stdout
    phony = [
        x
        for x in (root / 'Makefile').read_text('utf-8').splitlines()
        if x.startswith('.PHONY:')
    ]
    for target in (target for line in phony for target in line.split()[1:]):
        assert f'make {target} ' in listed


def test_setup_runs_once(project):
    done, calls = make(project, '-j2', 'setup', 'PYTHON=./python')
    assert done.returncode == 0, done.stderr
    assert calls[0] == '-m venv --clear .venv []'
    assert '--no-deps' not in calls[1]
    assert calls[-1].endswith('--no-deps -r requirements/mxnet.txt -e . -e tabbook []')
    assert make(project, 'setup', 'PYTHON=./python')[1] == []


def test_interrupted_setup_starts_afresh(project):
    (project / 'broken').touch()
    assert make(project, 'setup', 'PYTHON=./python')[0].returncode != 0
    (project / 'broken').unlink()
    assert make(project, 'setup', 'PYTHON=./python')[1][0] == '-m venv --clear .venv []'


@pytest.mark.parametrize('name', REQUIREMENTS)
def test_changed_requirements_are_installed_into_the_same_venv(project, name):
    make(project, 'setup', 'PYTHON=./python')
    done, calls = make(project, '-W', name, 'setup', 'PYTHON=./python')
    assert done.returncode == 0, done.stderr
    assert calls[0] == '-m venv .venv []'
    assert len(calls) == 3


def test_update_that_fails_is_done_again(project):
    make(project, 'setup', 'PYTHON=./python')
    (project / 'broken').touch()
    make(project, '-W', 'requirements/jax.txt', 'setup', 'PYTHON=./python')
    (project / 'broken').unlink()
    assert len(make(project, 'setup', 'PYTHON=./python')[1]) == 3


def installed(calls):
    """The requirements that pip was given in `calls`, without folder and ending."""
    return re.findall(r'-r requirements/(\w+)\.txt', ' '.join(calls))


def test_one_framework_is_installed_alone(project):
    done, calls = make(project, 'setup', 'FRAMEWORK=jax', 'PYTHON=./python')
    assert done.returncode == 0, done.stderr
    assert installed(calls) == ['base', 'jax']
    assert make(project, 'setup', 'FRAMEWORK=jax', 'PYTHON=./python')[1] == []


def test_more_frameworks_join_and_none_is_lost(project):
    """In one go with what is there, so that all fit each other."""
    wanted = {
        'jax': ['base', 'jax'],
        'mxnet': ['base', 'jax', 'mxnet'],
        '': ['base', 'jax', 'pytorch', 'tensorflow', 'mxnet'],
    }
    for name, files in wanted.items():
        arguments = ('setup', f'FRAMEWORK={name}', 'PYTHON=./python')
        done, calls = make(project, *arguments)
        assert done.returncode == 0, done.stderr
        assert ('--clear' in calls[0]) == (name == 'jax')
        assert installed(calls) == files
        for one in ('jax', name):
            assert (
                make(project, 'setup', f'FRAMEWORK={one}', 'PYTHON=./python')[1] == []
            )
    for name in FRAMEWORKS:
        assert make(project, 'setup', f'FRAMEWORK={name}', 'PYTHON=./python')[1] == []


def test_a_change_of_what_all_share_is_for_all_that_are_there(project):
    for name in ('jax', 'pytorch'):
        make(project, 'setup', f'FRAMEWORK={name}', 'PYTHON=./python')
    shared = ('-W', 'requirements/base.txt', 'setup', 'FRAMEWORK=jax')
    assert installed(make(project, *shared, 'PYTHON=./python')[1]) == [
        'base',
        'jax',
        'pytorch',
    ]
    other = ('-W', 'requirements/pytorch.txt', 'setup', 'FRAMEWORK=jax')
    assert make(project, *other, 'PYTHON=./python')[1] == []


def test_one_framework_that_was_interrupted_starts_afresh(project):
    make(project, 'setup', 'FRAMEWORK=jax', 'PYTHON=./python')
    (project / 'broken').touch()
    assert make(project, 'setup', 'PYTHON=./python')[0].returncode != 0
    (project / 'broken').unlink()
    calls = make(project, 'setup', 'FRAMEWORK=jax', 'PYTHON=./python')[1]
    assert calls[0] == '-m venv --clear .venv []'


def test_an_unknown_framework_is_one_sentence(project):
    done, calls = make(project, 'book', 'FRAMEWORK=torch', 'PYTHON=./python')
    assert done.returncode != 0
    known = 'use one of jax mxnet pytorch tensorflow'
    assert f"there is no framework 'torch': {known}" in done.stderr
    assert calls == []


@pytest.mark.parametrize(('framework', 'tabs'), [('jax', 'jax'), ('', 'mxnet,jax')])
def test_a_book_has_the_tab_of_its_framework(project, framework, tabs):
    arguments = ('book', f'FRAMEWORK={framework}', 'PY=./python')
    assert make(project, *arguments, D2L_TABS='mxnet,jax')[0].returncode == 0
    assert (project / 'tabs').read_text('utf-8') == f'{tabs}\n'


def test_no_python_is_one_sentence(project):
    done, calls = make(project, 'setup', 'PYTHON=')
    assert done.returncode != 0
    assert 'No Python 3.11 or 3.12 is on the PATH' in done.stdout
    assert calls == []


@pytest.mark.parametrize(
    ('arguments', 'variables', 'profile'),
    [
        (['book'], {}, 'quick'),
        (['book'], {'D2L_PROFILE': 'full'}, 'full'),
        (['test-latest'], {}, 'smoke'),
        (['coverage'], {}, 'smoke'),
        (['links'], {}, 'quick'),
        (['nbval'], {}, 'smoke'),
        (['nbval', 'DEVICE=gpu'], {}, 'full'),
        (['notebooks'], {}, ''),
    ],
)
def test_profile(project, arguments, variables, profile):
    done, calls = make(project, *arguments, 'PY=./python', **variables)
    assert done.returncode == 0, done.stderr
    assert calls
    assert all(call.endswith(f'[{profile}]') for call in calls)


def test_serve_without_a_book_says_what_to_do(project):
    done, calls = make(project, 'serve', 'PY=./python')
    assert done.returncode != 0
    assert 'run make book' in done.stdout
    assert calls == []
