"""Each exercise that is an assignment leads to it, and each assignment leads back."""

import json
import re
from types import SimpleNamespace

import pytest

from d2l_shim.framework import FRAMEWORKS
from tests.helpers import ROOT
from tools import trial

NAMES = [name.rpartition('/')[2] for name in trial.library().assignments()]
PAGE = (ROOT / 'book' / 'assignments.md').read_text('utf-8')
EXERCISE = re.compile(
    r'^(`{3,})\{exercise\} ([^\n]+)\n:label: (\S+)\n(.*?)^\1$', re.MULTILINE | re.DOTALL
)
STATED = re.compile(r'· (★+ · \d+ minutes?)$', re.MULTILINE)


def exercises():
    """{label: its section, what its title states, its text} of the whole book."""
    found = {}
    for section in trial.library().sections():
        text = (ROOT / 'notebooks' / f'{section}.md').read_text('utf-8')
        for _, title, label, body in EXERCISE.findall(text):
            stated = STATED.findall(title)
            found[label] = SimpleNamespace(section=section, stated=stated, body=body)
    return found


def own(name):
    """The label of the exercise that the assignment `name` says it is."""
    return trial.section(name).front['assignment']['exercise']


def head(name):
    """The first paragraph of an assignment."""
    text = (ROOT / 'notebooks' / 'assignments' / f'{name}.md').read_text('utf-8')
    return re.search(r'^# .*\n\n((?:.+\n)+)', text, re.MULTILINE)[1]


@pytest.mark.parametrize('name', NAMES)
def test_the_exercise_leads_to_the_assignment(name):
    assert f'<assignment-{name}>`, `{name}`' in exercises()[own(name)].body
    assert f'(assignment-{name})=\n' in PAGE


def test_no_exercise_leads_to_an_assignment_of_another():
    led = {
        (label, name)
        for label, exercise in exercises().items()
        for name in re.findall(r'<assignment-(\w+)>', exercise.body)
    }
    assert led == {(own(name), name) for name in NAMES}


@pytest.mark.parametrize('name', NAMES)
def test_the_assignment_leads_back_and_says_how_hard_it_is(name):
    label = own(name)
    exercise = exercises()[label]
    assert f'{{ref}}`{label}`' in head(name)
    assert f'{{doc}}`../{exercise.section}`' in head(name)
    assert STATED.findall(head(name)) == exercise.stated != []


@pytest.mark.parametrize('name', NAMES)
def test_the_page_for_instructors_leads_to_the_exercise(name):
    row = PAGE.partition(f'(assignment-{name})=\n')[2].partition('\n* ')[0]
    assert f'{{ref}}`{own(name)}`' in row


@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_the_students_notebook_leads_to_the_exercise(bundles, name, tab):
    path = bundles / tab / name / 'student' / f'{name}.ipynb'
    cells = json.loads(path.read_text('utf-8'))['cells']
    prose = [''.join(c['source']) for c in cells if c['cell_type'] == 'markdown']
    section, label = exercises()[own(name)].section, own(name)
    address = re.escape(f'/notebooks/{section}.html?framework={tab}#{label})')
    assert re.search(rf'\[Exercise [\d.]+\]\(https://[^)]*{address}', prose[1])
