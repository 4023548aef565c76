"""The hooks before a commit: what `make check` calls, and nothing from elsewhere."""

import os
import shlex
import shutil
import subprocess
import sys

import pytest
import yaml

# Stands in for the Python of .venv: notes what it is told; lint finds fault with one.
PYTHON = """#!/bin/sh
echo "$*" >>calls
case "$*" in *ruff*check*) ! grep -q wrong module.py ;; esac
"""


@pytest.fixture(scope='module')
def checks(root):
    """What `make check` tells Python, a list of arguments a line."""
    env = {k: v for k, v in os.environ.items() if not k.startswith('MAKE')}
    command = ['make', '-n', 'check', 'PY=python3']
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True)
    lines = done.stdout.replace('python3', '.venv/bin/python').splitlines()
    return [shlex.split(line)[1:] for line in lines]


@pytest.fixture
def repository(root, tmp_path):
    """A repository with these hooks and one file; its Python is a stand-in."""
    shutil.copy(root / '.pre-commit-config.yaml', tmp_path)
    (tmp_path / '.gitignore').write_text('.venv\ncalls\nhome\n', 'utf-8')
    python = tmp_path / '.venv/bin/python'
    python.parent.mkdir(parents=True)
    python.write_text(PYTHON, 'utf-8')
    python.chmod(0o755)
    subprocess.run(['git', 'init', '-q'], cwd=tmp_path, check=True)
    return tmp_path


def commit(repository, name, text):
    """Run the hooks on one new file; return the process and the calls of Python."""
    (repository / name).parent.mkdir(exist_ok=True)
    (repository / name).write_text(text, 'utf-8')
    (repository / 'calls').write_text('', 'utf-8')
    subprocess.run(['git', 'add', '.'], cwd=repository, check=True)
    done = subprocess.run(
        [sys.executable, '-m', 'pre_commit', 'run', '--files', name],
        cwd=repository,
        env={**os.environ, 'PRE_COMMIT_HOME': str(repository / 'home')},
        capture_output=True,
        text=True,
    )
    return done, (repository / 'calls').read_text('utf-8').splitlines()


def test_hooks_are_the_commands_of_make_check(root, checks):
    config = yaml.safe_load((root / '.pre-commit-config.yaml').read_text('utf-8'))
    assert [repo['repo'] for repo in config['repos']] == ['local']
    hooks = config['repos'][0]['hooks']
    assert [shlex.split(hook['entry'])[1:] for hook in hooks] == checks


def test_code_is_linted_formatted_and_typed_before_a_commit(repository, checks):
    done, calls = commit(repository, 'module.py', 'a = 1\n')
    assert done.returncode == 0, done.stdout + done.stderr
    assert calls == [' '.join(check) for check in checks[:-1]]


def test_a_section_is_checked_before_a_commit(repository, checks):
    done, calls = commit(repository, 'notebooks/one.md', '# One\n')
    assert done.returncode == 0, done.stdout + done.stderr
    assert calls == [' '.join(checks[-1])]


def test_a_fault_stops_the_commit(repository):
    done, _ = commit(repository, 'module.py', 'wrong\n')
    assert done.returncode == 1
    assert 'lint the code' in done.stdout
