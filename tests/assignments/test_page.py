"""The page for instructors says what is there: names, points and options."""

import re
import shlex
import subprocess

import yaml

from tabbook.cli import parser
from tabbook.grading.isolation import Limits
from tabbook.grading.otter_here import SETTINGS
from tests.helpers import ROOT
from tools import trial

PAGE = (ROOT / 'book' / 'assignments.md').read_text('utf-8')


def test_the_table_has_every_assignment_and_its_points():
    rows = re.findall(r'^    `(\w+)`\n(?:  - .*\n)*  - (\d+)$', PAGE, re.M)
    names = [name.rpartition('/')[2] for name in trial.library().assignments()]
    points = {n: sum(test.points for test in trial.section(n).hidden) for n in names}
    assert {name: int(told) for name, told in rows} == points


def test_commands_and_options_exist():
    text = PAGE.replace('\\\n', '')
    commands = re.findall(r'^\.venv/bin/python -m tabbook (.*)$', text, re.M)
    assert commands
    for command in commands:
        parser().parse_args(shlex.split(command))
    options = set(re.findall(r'`(--[a-z-]+)', PAGE))
    described = {name: sub for action in parser()._subparsers._group_actions
                 for name, sub in action.choices.items()}  # fmt: skip
    known = set(described['grade']._option_string_actions)
    things = described['course']._subparsers._group_actions[0].choices
    for thing in things.values():
        known |= set(thing._option_string_actions)
    assert options <= known
    assert set(re.findall(r'`course (\w+)', PAGE)) <= set(things)
    assert set(things) <= set(re.findall(r'\bcourse (\w+)', PAGE)), 'not described'
    targets = set(re.findall(r'make ([a-z-]+)', PAGE))
    makefile = (ROOT / 'Makefile').read_text('utf-8')
    assert targets <= set(re.findall(r'^([a-z-]+):', makefile, re.M))


def test_what_ends_a_submission_is_said_as_in_reports():
    limits = Limits()
    for said in (
        f'it was still busy after {limits.seconds} s',
        f'it used more than {limits.memory:,} MB of memory',
        f'more than {limits.processor} s of processor time',
        'its process ended by itself',
        f'it printed more than {limits.output} MB',
    ):
        assert f'*{said}*' in PAGE
    source = (ROOT / 'tabbook' / 'grading' / 'process.py').read_text('utf-8')
    for said in ('was still busy', 'used more than', 'ended by itself', 'printed more'):
        assert f'it {said}' in source or f'its process {said}' in source


def test_what_nbgrader_collected_becomes_a_folder_a_student(tmp_path):
    (recipe,) = re.findall(r'```bash\n(for student in .*?)```', PAGE, re.DOTALL)
    for name in ('ada', 'Jane Doe'):
        for task in ('pooling', 'counting'):
            path = tmp_path / 'submitted' / name / task / f'{task}.ipynb'
            path.parent.mkdir(parents=True)
            path.write_text(name, 'utf-8')
    subprocess.run(['bash', '-e', '-c', recipe], cwd=tmp_path, check=True)
    found = {
        p.parent.name: p.read_text('utf-8') for p in tmp_path.glob('handed-in/*/*')
    }
    assert found == {'ada': 'ada', 'Jane Doe': 'Jane Doe'}


def test_the_workflow_of_github_classroom_is_one():
    (recipe,) = re.findall(r'```yaml\n(name: Public.*?)```', PAGE, re.DOTALL)
    (job,) = yaml.safe_load(recipe)['jobs'].values()
    *_, grader, reporter = job['steps']
    runner = reporter['with']['runners']
    assert runner == grader['id']
    told = {f'{runner.upper()}_RESULTS': f'${{{{ steps.{runner}.outputs.result }}}}'}
    assert reporter['env'] == told
    assert job['env'] == {'D2L_PROFILE': SETTINGS['D2L_PROFILE']}


def test_what_only_the_students_process_knows_is_little_and_listed():
    (listed,) = re.findall(r"process's word.*?one point each", PAGE, re.DOTALL)
    told = {}
    for name in (name.rpartition('/')[2] for name in trial.library().assignments()):
        tests = trial.section(name).hidden
        word = [t for t in tests if "the word of the student's process" in t.source]
        told.update((name, test.name) for test in word)
        points = sum(test.points for test in word)
        assert points <= sum(test.points for test in tests) / 10, name
        assert all(test.points == 1 for test in word), name
    pairs = re.findall(r'`(\w+)`\s+(?:the test )?\*([^*]+)\*', listed)
    assert dict(pairs) == told
