"""`python -m tabbook grade`: arguments, what is in the way, tables and reports."""

import csv
import os

import pytest

from tabbook.cli import main
from tabbook.grading import isolation, record, submissions
from tools import trial

SOLVED = [
    'def double(numbers): return [2 * n for n in numbers]',
    'def total(numbers): return sum(numbers)',
]


def grade(*arguments, out='grades.csv'):
    return main(
        [
            'grade',
            'in',
            '--out',
            out,
            '--name',
            'toy',
            '--framework',
            'pytorch',
            *arguments,
        ]
    )


def hand_in(name, *cells):
    path = f'in/{name}.ipynb'
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(trial.notebook(cells))


def test_a_table_and_reports(project, sandbox, capsys):
    hand_in('ada', *SOLVED)
    hand_in('=1+1', SOLVED[1])
    hand_in('grace <b>/work', 'def double(numbers): return numbers')
    assert grade() == 0
    assert '3 graded, 1.7 of 3 points on average' in capsys.readouterr().out
    with open('grades.csv', encoding='utf-8-sig', newline='') as file:
        rows = {row['submission']: row for row in csv.DictReader(file)}
    assert set(rows) == {'ada', "'=1+1", 'grace <b>'}, 'no formula for a spreadsheet'
    assert (rows['ada']['points'], rows['ada']['Total']) == ('3', '2')
    page = (project / rows['grace <b>']['report']).read_text('utf-8')
    assert 'grace &lt;b&gt;' in page
    assert '0</strong> of 3 points' in page
    assert 'Twice each number.' in page


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['--name', 'other'], "no section 'other'"),
        (['--framework', 'jax'], 'name one assignment'),
        (['--framework', 'torch'], "no tab 'torch'"),
    ],
)
def test_wrong_arguments(project, capsys, arguments, said):
    hand_in('ada', *SOLVED)
    assert grade(*arguments) == 2
    assert said in capsys.readouterr().err
    assert not os.path.exists('grades.csv')


def test_no_submissions(project, sandbox, capsys):
    assert grade() == 1
    assert 'no notebook (.ipynb) is in' in capsys.readouterr().err
    os.rmdir('in')
    assert grade() == 1
    assert 'there is no folder' in capsys.readouterr().err


def test_a_file_in_the_way_is_left_alone(project, sandbox, capsys):
    hand_in('ada', *SOLVED)
    (project / 'grades.csv').write_text('my own table', 'utf-8')
    assert grade() == 1
    assert 'name another with --out' in capsys.readouterr().err
    assert (project / 'grades.csv').read_text('utf-8') == 'my own table'


def test_a_table_of_another_assignment_is_left_alone(tmp_path):
    record.Records(tmp_path / 'grades.csv', 'pooling (jax)')
    with pytest.raises(record.RecordError, match=r"'pooling \(jax\)', not of 'toy"):
        record.Records(tmp_path / 'grades.csv', 'toy (jax)')


def test_without_a_sandbox_the_command_refuses(project, capsys, monkeypatch):
    hand_in('ada', 'open("ran", "w")')
    for kind in (isolation.Bubblewrap, isolation.Docker):
        monkeypatch.setattr(kind, 'lacks', classmethod(lambda cls: 'broken'))
    assert grade() == 1
    assert 'no submission was run' in capsys.readouterr().err
    assert not os.path.exists('grades.csv')


def test_without_the_framework_the_command_refuses(
    project, sandbox, capsys, monkeypatch
):
    hand_in('ada', *SOLVED)
    monkeypatch.setattr('tabbook.commands.installed', lambda tab: False)
    assert grade() == 1
    assert 'torch is not installed here' in capsys.readouterr().err
    assert not os.path.exists('grades.csv')


def test_where_the_solution_fails_nobody_is_graded(project, sandbox, capsys):
    hand_in('ada', *SOLVED)
    path = project / 'notebooks' / 'assignments' / 'toy.md'
    path.write_text(path.read_text('utf-8').replace('sum(numbers_in)', '0.5'), 'utf-8')
    assert grade() == 1
    said = capsys.readouterr().err
    assert 'nothing was graded, as the solution itself earns 1 of 3 points' in said
    assert 'Total: ' in said
    assert not os.path.exists('grades.csv')


def test_unsafe_grades_without_a_sandbox(project, monkeypatch):
    hand_in('ada', *SOLVED, 'open("ran", "w")')
    assert grade('--unsafe') == 0
    assert ',3,3,' in (project / 'grades.csv').read_text('utf-8')
    assert not (project / 'ran').exists(), 'it runs in an empty folder'


def test_names_of_submissions(tmp_path):
    for path in (
        'ada.ipynb',
        'grace/work.ipynb',
        'both/a.ipynb',
        'both/b.ipynb',
        '.hidden/x.ipynb',
        'ada/.ipynb_checkpoints/ada.ipynb',
        'notes.txt',
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    found = [submission.name for submission in submissions.find(tmp_path)]
    assert found == ['ada', 'both/a', 'both/b', 'grace']


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / 'secret').write_text(trial.notebook(SOLVED), 'utf-8')
    link = tmp_path / 'ada.ipynb'
    link.symlink_to(tmp_path / 'secret')
    with pytest.raises(submissions.Unreadable, match='is a link'):
        submissions.read(link, 'toy', 'pytorch')


def test_a_seed_draws_the_same_again(project, sandbox):
    hand_in('ada', 'def double(numbers): return []\ndef total(numbers): return 0.5')
    said = {}
    for seed, out in [(5, 'a.csv'), (5, 'b.csv'), (6, 'c.csv')]:
        assert grade('--seed', str(seed), out=out) == 0
        (page,) = (project / f'{out[0]}-reports').glob('ada*.html')
        said[out] = page.read_text('utf-8')
        assert f'with the seed {seed}' in said[out]
    assert said['a.csv'] == said['b.csv'] != said['c.csv']
