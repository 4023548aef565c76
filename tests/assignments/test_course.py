"""A whole course: every file and student, attempts, late days, hands, points, parts."""

import csv
import os
import random
import re
import shutil
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from tabbook.cli import main, parser
from tabbook.grading import files, grader, isolation, roster, shards, submissions, zips
from tabbook.grading.record import Records
from tabbook.grading.sandbox import student
from tests.helpers import ROOT, classroom
from tools import trial

RIGHT = ['def double(numbers): return [2 * n for n in numbers]  # double total']
HALF = ['total = sum  # total']


def stub(section, tab, submission, key, place, seed=None):
    """A grading without a process: a test is passed whose name is in the notebook."""
    record = grader._record(section, submission.name, key, seed)
    try:
        text = ''.join(submission.cells('toy', tab))
    except submissions.Unreadable as error:
        return grader._none(record, section, str(error))
    for test in section.hidden:
        told = '' if test.name.lower() in text else 'It is not there.'
        points = 0 if told else test.points
        each = {'name': test.name, 'points': points, 'out_of': test.points}
        record.tests.append(each | {'message': told})
    record.points = sum(test['points'] for test in record.tests)
    return record


@pytest.fixture
def project(project, monkeypatch):
    """A project with the tiny assignment, where grading runs nothing."""
    monkeypatch.setattr(grader, 'one', stub)
    monkeypatch.setattr(grader, 'check', lambda *_: None)
    monkeypatch.setattr(isolation, 'find', lambda *_: isolation.Docker)
    return project


def grade(*arguments, out='grades.csv', paths=('in',)):
    known = ['--name', 'toy', '--framework', 'pytorch', '--out', str(out)]
    return main(['grade', *map(str, paths), *known, '--seed', '5', *arguments])


def rows(table='grades.csv', by='submission'):
    with open(table, encoding='utf-8-sig', newline='') as file:
        return {row[by]: row for row in csv.DictReader(file)}


def hand_in(path, cells=RIGHT):
    os.makedirs(os.path.dirname(f'in/{path}'), exist_ok=True)
    with open(f'in/{path}', 'w', encoding='utf-8') as file:
        file.write(trial.notebook(cells))


def write(path, text):
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def pack(path, members):
    """Write a zip of {name or ZipInfo: text or bytes}."""
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


# Every file


def test_every_file_is_graded_or_listed(project, capsys):
    for path in ('ada.ipynb', 'BOB.IPYNB', 'eve.ipynb.txt', 'cy/work.ipynb'):
        hand_in(path)
    hand_in('.ipynb_checkpoints/ada.ipynb')
    for path in ('essay.pdf', 'dan.rar', 'fay.zip'):
        write(f'in/{path}', 'x')
    assert grade() == 0
    assert set(rows()) == {'ada', 'BOB', 'eve', 'cy'}
    told = {
        row['file']: row for row in rows('grades-reports/files.csv', 'file').values()
    }
    kept = {f'{p}' for p in os.listdir('in')} - {'cy', '.ipynb_checkpoints'}
    assert set(told) == kept | {'cy/work.ipynb', '.ipynb_checkpoints/ada.ipynb'}
    why = {file: row['why'] for file, row in told.items() if row['what'] == 'left'}
    assert 'does not end in .ipynb' in why['essay.pdf']
    assert 'only a zip is opened' in why['dan.rar']
    assert 'no zip' in why['fay.zip']
    said = capsys.readouterr().out
    assert '3 files not graded' in said
    assert '.ipynb_checkpoints' not in said


@pytest.mark.parametrize(
    'how', [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_broken_zip_is_one_students_trouble(project, how):
    hand_in('ada.ipynb')
    text = trial.notebook(RIGHT).encode()
    with zipfile.ZipFile('in/bob.zip', 'w', how) as archive:
        archive.writestr('bob.ipynb', text)
    with open('in/bob.zip', 'r+b') as file:
        file.seek(50)
        file.write(b'\xff' * 40)
    assert grade() == 0
    assert rows()['ada']['points'] != '0'
    assert rows()['bob']['points'] == '0'


def test_a_zip_of_a_kind_that_python_lacks_is_listed(project):
    hand_in('ada.ipynb')
    pack('in/bob.zip', {'bob.ipynb': trial.notebook(RIGHT)})
    with open('in/bob.zip', 'r+b') as file:
        content = file.read().replace(
            b'PK\x01\x02\x14\x03\x14', b'PK\x01\x02\x14\x03\xfa'
        )
        file.seek(0)
        file.write(content)
    assert grade() == 0
    assert 'ada' in rows()


def test_files_folders_and_zips_as_arguments(project):
    hand_in('a/ada.ipynb')
    hand_in('b/ada.ipynb')
    hand_in('c/cy.ipynb')
    pack('in/moodle.zip', {'Eve/work.ipynb': trial.notebook(RIGHT)})
    paths = ('in/a', 'in/b', 'in/c/cy.ipynb', 'in/c', 'in/moodle.zip')
    assert grade(paths=paths) == 0
    assert set(rows()) == {'a/ada', 'b/ada', 'cy', 'Eve'}
    assert grade(paths=('in/nothing',)) == 1
    write('in/x.py', '')
    assert grade(paths=('in/x.py',)) == 1


def test_a_table_among_the_notebooks_is_no_submission(project):
    hand_in('ada.ipynb')
    for _ in range(2):
        assert grade(out='in/grades.csv') == 0
        assert set(rows('in/grades-reports/files.csv', 'file')) == {'ada.ipynb'}


# Zips


def test_a_zip_is_read_as_a_folder(project):
    notebook = trial.notebook(RIGHT)
    pack('inner.zip', {'x/hw.ipynb': notebook, '__MACOSX/x/._hw.ipynb': 'x'})
    with open('inner.zip', 'rb') as file:
        inner = file.read()
    moodle = '_assignsubmission_file_/work'
    pack('in/class.zip', {
        f'Ada Lovelace_1{moodle}.ipynb': notebook, f'Bob_2{moodle}.zip': inner,
        f'Cy_3{moodle}.docx': 'x',
    })  # fmt: skip
    assert grade(paths=('in/class.zip',)) == 0
    assert len(rows()) == 2
    assert {row['points'] for row in rows().values()} == {'3'}
    assert any('Ada Lovelace_1' in name for name in rows())


def test_a_zip_leads_nowhere_and_is_no_bomb(project, monkeypatch):
    notebook, link = trial.notebook(RIGHT), zipfile.ZipInfo('link.ipynb')
    link.external_attr = 0o120777 << 16
    twice = trial.notebook(HALF)
    pack('deep.zip', {'hw.ipynb': notebook})
    for _ in range(3):
        with open('deep.zip', 'rb') as file:
            data = file.read()
        pack('deep.zip', {'deep.zip': data})
    with open('deep.zip', 'rb') as file:
        deep = file.read()
    pack('in/x.zip', {
        '../../out.ipynb': notebook, '/abs.ipynb': notebook, 'C:\\c.ipynb': notebook,
        link: '/etc/passwd', 'ok.ipynb': notebook, 'deep.zip': deep,
        'huge.ipynb': bytes(submissions.LARGEST + 1),
    })  # fmt: skip
    pack('many.zip', {f'{n}.ipynb': notebook for n in range(30)})
    with open('many.zip', 'rb') as file:
        many = file.read()
    pack('in/many.zip', {'many.zip': many, 'one.ipynb': twice})
    before = {path for path, _, _ in os.walk(project)}
    assert grade() == 0
    assert {path for path, _, _ in os.walk(project)} - before == {
        str(project / 'grades-reports')
    }
    earned = {name: row['points'] for name, row in rows().items()}
    assert earned == {'x.zip/ok': '3', 'x.zip/huge': '0', 'many': '2'}
    told = rows('grades-reports/files.csv', 'file')
    why = ' '.join(row['why'] for row in told.values() if row['what'] == 'left')
    for said in ('leads out of', 'a link', 'which is not opened', '20 at most'):
        assert said in why, said
    monkeypatch.setattr(zips, 'LIMITS', (zips.Limits(5, 5, 1), zips.Limits(5, 5, 1)))
    assert 'are looked at' in dict(files.walk(['in'])[1])['x.zip',]


@pytest.mark.parametrize('cut', range(0, 400, 40))
def test_a_broken_zip_stops_nobody(project, cut):
    pack('whole.zip', {'hw.ipynb': trial.notebook(RIGHT)})
    with open('whole.zip', 'rb') as file:
        data = bytearray(file.read())
    data[cut : cut + 8] = b'\xff' * 8
    with open('in/eve.zip', 'wb') as file:
        file.write(data)
    hand_in('ada.ipynb')
    assert grade() == 0
    assert rows()['ada']['points'] == '3'


# Reports


def test_a_report_tells_the_cell_and_nothing_of_fonts(graded):
    noise = "logging.getLogger('matplotlib.font_manager').warning('findfont: none')"
    found = graded(
        f'import logging; {noise}; print("seen")', 'def double(x):\n    return x / 0'
    )
    assert 'in cell 2, in the line `return x / 0`' in found.tests[0]['message']
    assert 'seen' in found.printed
    assert 'findfont' not in found.printed


def test_what_went_wrong_is_in_a_late_line_of_keras():
    inner = 'Exception encountered when calling A.call().\n\n\x1b[1mbad\x1b[0m\n\nmore'
    outer = f'Could not automatically infer it.\nError encountered:\n\n{inner}'
    for text in ('bad', inner, outer):
        assert student.told(ValueError(text)) == 'ValueError: bad'
    assert student.told(ValueError('')) == 'ValueError'


def test_who_starved_is_graded_again_with_one_job_too(project, monkeypatch):
    calls = []

    def starved(*arguments):
        record = stub(*arguments)
        calls.append(record.submission)
        record.starved = len(calls) == 1
        record.points = 0 if record.starved else record.points
        return record

    monkeypatch.setattr(grader, 'one', starved)
    hand_in('ada.ipynb')
    assert grade('--jobs', '1') == 0
    assert rows()['ada']['points'] == '3'
    assert calls == ['ada', 'ada']


# Students


ROSTER = (
    'id;Full Name;Email\n17;Lovelace, Ada;al@u.edu\n18;Li;li@u.edu\n19;Li Wei;w@u.edu\n'
)


@pytest.mark.parametrize(
    ('path', 'id'),
    [
        ('17.ipynb', '17'),
        ('Ada Lovelace_123_assignsubmission_file_/Li.ipynb', '17'),
        ('lovelaceada_LATE_9917_55_li.ipynb', '17'),
        ('hw-ada_lovelace.ipynb', '17'),
        ('w@u.edu/hw.ipynb', '19'),
        ('li_wei.ipynb', '19'),
        ('li.ipynb', '18'),
        ('17/li.ipynb', None),
        ('nobody.ipynb', None),
        ('liwei2.ipynb', None),
        ('doejane_18_901_hw.ipynb', None),  # Canvas's own number is no id
        ('hw_17_1_Li Wei.ipynb', None),
    ],
)
def test_whose_a_file_is(tmp_path, path, id):
    (tmp_path / 'r.csv').write_text(ROSTER, 'utf-8')
    owner = roster.read(tmp_path / 'r.csv').owner(path)
    assert getattr(owner, 'id', None) == id, owner


def test_a_roster_shows_who_is_missing(project, capsys):
    write('r.csv', ROSTER)
    hand_in('17.ipynb')
    hand_in('x.ipynb')
    write('in/li wei.pdf', '')
    assert grade('--roster', 'r.csv') == 0
    found = rows(by='id')
    assert found['17']['submission'] == '17'
    assert found['17']['name'] == 'Lovelace, Ada'
    assert found['18']['remark'] == 'Nothing was handed in.'
    assert (found['18']['points'], found['18']['out_of']) == ('0', '3')
    assert 'li wei.pdf' in found['19']['remark']
    said = capsys.readouterr().out
    assert '2 graded, 3.0 of 3' in said
    assert '2 students without anything to grade: 18 Li, 19 Li Wei' in said
    assert 'x: nobody on the roster' in said


@pytest.mark.parametrize(
    ('name', 'text', 'said'),
    [
        ('roster', 'name\nAda\n', "no column 'id'"),
        ('roster', 'id\n1\n1\n', 'line 3'),
        ('roster', 'id,late\n1,x\n', "line 2, 'late': 'x' is no number"),
        ('submitted', 'submission,submitted\nada,soon\n', "'soon' is no time"),
        ('submitted', 'submission,late\nnobody,1\n', "'nobody'"),
        ('override', 'submission,points,note\nada,3,\n', 'a note says why'),
        ('override', 'submission,points,note\nbob,3,x\n', "'bob'"),
        ('override', 'id,points,note\n1,3,x\n', '--roster'),
        ('override', 'id,submission,points,note\n1,ada,3,x\n', 'leave one of them'),
    ],
)
def test_a_wrong_table_is_told_before_anything_runs(project, capsys, name, text, said):
    hand_in('ada.ipynb')
    write('t.csv', text)
    assert grade(f'--{name}', 't.csv') == 1
    assert said in capsys.readouterr().err
    assert not os.path.exists('grades.csv')
    assert not classroom.reports(project / 'grades.csv')


def test_best_or_last_attempt_with_late_days(project):
    write('r.csv', 'id,late\n17,\n18,2\n')
    for path, cells in {'17-1': RIGHT, '17-2': HALF, '18': RIGHT}.items():
        hand_in(f'{path}.ipynb', cells)
    wanted = ['--roster', 'r.csv', '--penalty', '10']
    assert grade(*wanted) == 0
    assert [row['attempt'] for row in rows().values()] == ['1', '2', '1']
    assert grade(*wanted, '--attempt', 'last') == 0
    assert {i: row['points'] for i, row in rows(by='id').items()} == {
        '17': '2', '18': '2.4'
    }  # fmt: skip
    assert '2 late days' in rows()['18']['remark']
    assert '2.4</strong> of 3' in (project / rows()['18']['report']).read_text('utf-8')
    write('s.csv', 'submission,submitted,late\n17-1,2026-12-01 10:00,5\n'
          '17-2,2026-11-30 10:00,\n')  # fmt: skip
    wanted += ['--submitted', 's.csv']
    assert grade(*wanted, '--attempt', 'last') == 0
    assert rows(by='id')['17']['submission'] == '17-1'
    assert rows(by='id')['17']['points'] == '1.5'
    assert grade(*wanted, '--attempt', 'best') == 0
    assert rows(by='id')['17']['submission'] == '17-2'
    told = rows('grades-reports/files.csv', 'file')
    assert told['17-1.ipynb']['what'] == 'another attempt'
    write('t.csv', 'submission,late\n18,0\n')
    assert grade(*wanted[:-1], 't.csv') == 0
    assert rows()['18']['points'] == '3', 'a time of its own counts, also 0'


def test_a_student_is_found_by_the_folder_that_was_named(project):
    write('r.csv', 'id,name\n7,Ada Lovelace\n')
    hand_in('Ada Lovelace/hw.ipynb')
    hand_in('Bob/hw.ipynb')
    for name in ('Ada Lovelace', 'Bob'):
        write(f'in/{name}/essay.pdf', 'x')
    assert grade('--roster', 'r.csv', paths=('in/Ada Lovelace', 'in/Bob')) == 0
    assert rows(by='id')['7']['points'] == '3'
    told = rows('grades-reports/files.csv', 'file')
    assert {'Ada Lovelace/essay.pdf', 'Bob/essay.pdf'} <= set(told)


def test_the_end_of_a_long_path_is_what_is_shown(project):
    folder = '/'.join(['a whole winter term ' * 5] * 3)
    for name in ('ann', 'bob'):
        hand_in(f'{folder}/{name}.ipynb')
    assert grade() == 0
    assert {name[-4:] for name in rows()} == {'/ann', '/bob'}
    assert max(map(len, rows())) <= 200


def test_an_override_whose_submission_is_gone_is_told_and_can_be_taken_back(
    project, capsys
):
    hand_in('ada.ipynb', HALF)
    write('o.csv', 'submission,points,note\nada,3,read\n')
    assert grade('--override', 'o.csv') == 0
    os.rename('in/ada.ipynb', 'in/ada2.ipynb')
    assert grade() == 1
    assert "the points of 'ada' were set by hand" in capsys.readouterr().err
    write('o.csv', 'submission,points,note\nada,,\n')
    assert grade('--override', 'o.csv') == 0
    assert rows()['ada2']['points'] == '2'


def test_points_by_hand_stay(project):
    hand_in('ada.ipynb', HALF)
    write('r.csv', 'id\nada\nbob\n')
    write(
        'o.csv', 'submission,id,points,note\nada,,2.5,"Read, and right"\n,bob,1,Ill\n'
    )
    assert grade('--roster', 'r.csv', '--override', 'o.csv') == 0
    assert grade('--roster', 'r.csv') == 0
    row = rows()['ada']
    assert (row['points'], row['note']) == ('2.5', 'Read, and right')
    assert 'Set by hand (the tests gave 2): Read, and right' in row['remark']
    assert 'Read, and right' in (project / row['report']).read_text('utf-8')
    assert rows(by='id')['bob']['points'] == '1'
    assert grade() == 1, 'bob is on no roster'
    write('o.csv', 'submission,id,points,note\nada,,,\n')
    assert grade('--roster', 'r.csv', '--override', 'o.csv') == 0
    assert rows()['ada']['points'] == '2'
    assert 'by hand' not in (project / row['report']).read_text('utf-8')


# Points


def test_new_points_need_no_new_run(project, monkeypatch):
    hand_in('ada.ipynb', HALF)
    hand_in('bob.ipynb')
    assert grade() == 0
    path = project / 'notebooks' / 'assignments' / 'toy.md'
    path.write_text(
        path.read_text('utf-8').replace(':points: 2', ':points: 7'), 'utf-8'
    )
    monkeypatch.setattr(grader, 'one', lambda *_: pytest.fail('graded again'))
    monkeypatch.setattr(isolation, 'find', lambda *_: pytest.fail('no need of it'))
    assert grade() == 0
    assert {name: row['points'] for name, row in rows().items()} == {
        'ada': '7', 'bob': '8'
    }  # fmt: skip
    assert {row['out_of'] for row in rows().values()} == {'8'}
    page = (project / rows()['ada']['report']).read_text('utf-8')
    assert '7</strong> of 8 points' in page
    assert '7 of 7' in page


# Parts


def test_shards_have_all_once():
    class Some:
        def __init__(self, text):
            self.sha256 = lambda: text

    parts = [shards.parse(f'{number}/8') for number in range(1, 9)]
    for number in range(100):
        assert sum(part.has(Some(str(number))) for part in parts) == 1
    for text in ('0/8', '9/8', '3', 'a/b', '3/0', '-1/2'):
        with pytest.raises(ValueError, match='is no part'):
            shards.parse(text)


def without_one(parts):
    """The paths of `parts` but for the first that has grades."""
    graded = next(p for p in parts if len(Path(p).read_text('utf-8').split('\n')) > 2)
    return [p for p in parts if p != graded]


def test_merged_parts_are_the_table_of_one_machine(project, capsys):
    for number in range(12):
        hand_in(f'{number:02}.ipynb', [[*RIGHT, str(number)], HALF][number % 2])
    write('in/broken.ipynb', '{')
    write('r.csv', 'id\n00\n01\n99\n')
    wanted = ['--roster', 'r.csv', '--attempt', 'last']
    assert grade(*wanted, out='one/grades.csv') == 0
    for number in range(1, 5):
        assert grade('--shard', f'{number}/4', out=f'part-{number}.csv') == 0
    parts = [f'part-{number}.csv' for number in range(1, 5)]
    merged = {'out': 'all/grades.csv', 'paths': parts}
    assert grade('--merge', *wanted, **merged) == 0
    assert (project / 'all/grades.csv').read_bytes() == (
        project / 'one/grades.csv'
    ).read_bytes()
    pages = [{p.name: p.read_bytes() for p in (project / one).glob('*.html')}
             for one in ('one/grades-reports', 'all/grades-reports')]  # fmt: skip
    assert pages[0] == pages[1]
    kept = (project / 'all/grades.csv').read_bytes()

    def refused(said, paths, *options):
        capsys.readouterr()
        assert grade('--merge', *options, out='all/grades.csv', paths=paths) == 1
        assert said in capsys.readouterr().err
        assert (project / 'all/grades.csv').read_bytes() == kept

    refused('have no grades of', without_one(parts))
    refused('is not graded', [*parts, 'part-5.csv'])
    with Records('part-2.csv', 'toy (pytorch)'):
        refused('another grader', parts)
    hand_in('late.ipynb')
    assert grade('--shard', '2/4', out='part-2.csv') == 0
    refused('differ in the submissions', parts)


@pytest.mark.parametrize(
    'options',
    [
        ['--shard', '5/4'],
        ['--shard', '1/2', '--roster', 'r.csv'],
        ['--shard', '1/2', '--merge'],
        ['--attempt', 'best'],
    ],
)
def test_options_that_do_not_go_together(project, options):
    hand_in('ada.ipynb')
    with suppress(SystemExit):  # of argparse, with 2
        assert grade(*options) == 2
    assert not os.path.exists('grades.csv')


def test_grading_needs_no_framework_and_no_otter():
    code = (
        'import sys, tabbook.cli, tabbook.grading.course, tabbook.grading.exam; '
        'import tabbook.grading.hidden.reference; '
        'print([n for n in ("torch", "tensorflow", "jax", "mxnet", "otter") '
        'if n in sys.modules])'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True,
                          env=classroom.environment())  # fmt: skip
    assert done.stdout == '[]\n', done.stderr


# All of it, with processes


KINDS = {
    'right': (3, [*RIGHT, 'def total(numbers): return sum(numbers)']),
    'half': (2, ['def total(numbers): return sum(numbers)']),
    'gone': (0, [*RIGHT, 'import os; os._exit(0)']),
    'forks': (0, [*RIGHT, 'import os\nwhile True: os.fork()']),
    'broken': (0, None),
}


def test_killed_and_in_four_parts(toy, tmp_path, sandbox):
    """Honest submissions have the points that they have without the hostile ones."""
    shutil.copytree(toy.path.parents[1], tmp_path / 'book' / 'notebooks')
    (tmp_path / 'book' / '_config.yml').write_text('title: A book', 'utf-8')
    folder, points = tmp_path / 'in', {}
    folder.mkdir()
    for number in range(10):
        kind = list(KINDS)[number % len(KINDS)]
        points[f'{number}-{kind}'], cells = KINDS[kind]
        text = trial.notebook([*cells, f'# {number}']) if cells else '{'
        classroom.write(folder, {f'{number}-{kind}': text})
    book, options = tmp_path / 'book', ('--seconds', '10', '--jobs', '1')
    parts = classroom.parts(4, book, 'toy', 'pytorch', folder, tmp_path, *options)
    lines = [line for line, _ in parts]
    assert classroom.at_once(lines, 3, random.Random(0), longest=4)
    found = classroom.merged(parts, tmp_path / 'grades.csv')
    earned = {name: float(row['points']) for name, row in found.items()}
    # a storm of forks meets its limit, which ends the cell, or its end: both are right
    assert {earned.pop(name) for name in points if 'forks' in name} <= {0, 1}
    assert earned == {name: p for name, p in points.items() if 'forks' not in name}


RECIPES = {
    'slurm': 'SLURM_ARRAY_TASK_ID={} bash slurm.sh',
    'kubernetes': 'JOB_COMPLETION_INDEX=$(({} - 1)) bash kubernetes.sh',
    'parallel': 'bash parallel.sh',
}
PARALLEL = r"""#!/bin/bash
# as GNU parallel: the command before `:::` for each word behind it
shift 2  # -j 2
while [ "$1" != ::: ]; do line+=("$1"); shift; done
for word in "${@:2}"; do "${line[@]//\{\}/$word}"; done
"""


def recipes():
    """{kind: script} of the page's recipes."""
    page = (ROOT / 'book' / 'assignments.md').read_text('utf-8')
    blocks = re.findall(r'```(bash|yaml)\n(.*?)```', page, re.DOTALL)
    pod = yaml.safe_load(next(text for kind, text in blocks if kind == 'yaml'))
    assert pod['spec']['completions'] == 8
    return {
        'slurm': next(text for _, text in blocks if '#SBATCH --array=1-8' in text),
        'kubernetes': pod['spec']['template']['spec']['containers'][0]['command'][2],
        'parallel': next(text for _, text in blocks if text.startswith('parallel ')),
    }


@pytest.mark.parametrize('kind', RECIPES)
def test_a_recipe_grades_all_parts(tmp_path, kind):
    """Each is run here with processes; what would grade says with which arguments."""
    for name, text in {
        '.venv/bin/python': '#!/bin/bash\nprintf "%s\\n" "$*" >> told\n',
        'bin/srun': '#!/bin/bash\nexec "$@"\n',
        'bin/parallel': PARALLEL,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, 'utf-8')
        path.chmod(0o755)
    (tmp_path / f'{kind}.sh').write_text(recipes()[kind], 'utf-8')
    once = '{}' not in RECIPES[kind]
    for number in [1] if once else range(1, 9):
        subprocess.run(
            ['bash', '-c', RECIPES[kind].replace('{}', str(number))], check=True,
            cwd=tmp_path, env={**os.environ, 'PATH': f'bin:{os.environ["PATH"]}'},
        )  # fmt: skip
    told = (tmp_path / 'told').read_text('utf-8').splitlines()
    asked = [parser().parse_args(line.split()[2:]) for line in told]
    assert sorted(one.shard.number for one in asked) == list(range(1, 9))
    assert {one.shard.count for one in asked} == {8}
    assert len({one.out for one in asked}) == 8
    assert {one.seed for one in asked} == {2026}
