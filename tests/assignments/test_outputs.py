"""`python -m tabbook course`: what a teacher does with a table of grades."""

import csv
import json
import os
import zipfile

import nbformat.v4 as nbf
import pytest
from bs4 import BeautifulSoup

from tabbook.cli import main
from tabbook.course import grades, overview, similar, tables
from tabbook.grading.foreign import cell
from tabbook.grading.otter_here import Here
from tests.helpers import classroom
from tools import trial

OUT_OF = {'Double': 1, 'Total': 2}
EVIL = '=HYPERLINK("x")\u202e<script>_9'
MOODLE = 'Jane Doe_4711_assignsubmission_file_'
CANVAS = 'doejohn_LATE_55_98765_toy'
WORKSHEET = (
    'Identifier,Full name,Email address,Status,Grade,Maximum Grade,'
    'Last modified (grade)\n'
    'Participant 4711,Jane Doe,jane@x.org,Submitted,-,3.00,"Friday, 1 May 2026, 9:00"\n'
    'Participant 4712,=1+1,ada@x.org,Submitted,,3.00,-\n'
    'Participant 4713,Nobody,nobody@x.org,No submission,,3.00,-\n'
)
EXPORT = (
    'Student,ID,SIS Login ID,Section,toy (812),Final Score\n'
    '    Points Possible,,,,100,(read only)\n'
    '"Doe, John",55,jd,A,7,50\n'
    '"Lovelace, Ada",56,ada,A,8,60\n'
)


@pytest.fixture
def table(project):
    """A class of five: one is named badly, one earned nothing."""
    some = classroom.outcome
    hint = {'Total': '[1, -2.5] was to be summed.', 'Double': '<b>twice</b>\r\x1b[1m'}
    other = {'Total': '[7, 3e-2] was to be summed.'}
    return classroom.graded(
        project / 'grades.csv',
        'toy (pytorch)',
        some(MOODLE, OUT_OF, {'Double': 1, 'Total': 2}),
        some('ada', OUT_OF, {'Double': 1, 'Total': 0}, hint),
        some(CANVAS, OUT_OF, {'Double': 1, 'Total': 0}, other),
        some(EVIL, OUT_OF, {'Double': 0, 'Total': 0}, hint),
        some('péter', OUT_OF, {'Double': 1, 'Total': 2}),
    )


def course(*arguments, status=0):
    assert main(['course', *map(str, arguments)]) == status


def rows(path):
    with open(path, encoding='utf-8-sig', newline='') as file:
        return [*csv.reader(file)]


def test_moodles_worksheet_gets_the_points_and_keeps_the_rest(table, project, capsys):
    (project / 'in.csv').write_text(WORKSHEET, 'utf-8')
    course('gradebook', table, '--into', 'in.csv', '--out', 'up.csv', status=1)
    header, jane, ada, nobody = rows('up.csv')
    assert header == WORKSHEET.split('\n')[0].split(',')
    assert [row[4] for row in (jane, ada, nobody)] == ['3', '1', '']
    assert jane[6] == 'Friday, 1 May 2026, 9:00'
    assert ada[1] == "'=1+1", 'a formula from the course system'
    assert nobody[6] == '-', 'no formula, but no grade'
    said = capsys.readouterr().out
    assert 'the points of 2 submissions' in said
    assert 'péter: not in in.csv' in said
    assert '\u202e' not in said


DIVIDED = 'Plot (c): no title; -1 = 2 points; =half'  # a teacher's sentence


def test_what_a_teacher_wrote_stays_and_what_a_student_wrote_is_no_formula(
    table, project
):
    """Also after a sign that divides cells elsewhere; each time the table is made."""
    text = WORKSHEET.replace('\n', f',"{DIVIDED}"\n')
    text = text.replace(DIVIDED, 'Feedback comments', 1).replace('Nobody', 'N; =1;-2')
    (project / 'in.csv').write_text(text.replace('Submitted', 'ill; -2 days'), 'utf-8')
    for into in ('in.csv', 'up.csv'):
        course('gradebook', table, '--into', into, '--out', 'up.csv', status=1)
        header, *body = rows('up.csv')
        assert header[-1] == 'Feedback comments'
        assert [row[-1] for row in body] == 3 * [DIVIDED]
        assert [row[1] for row in body] == ['Jane Doe', "'=1+1", "N; '=1;'-2"]
        assert body[0][3] == 'ill; -2 days', 'a sentence, and no formula'

    line = ['rubric', table, '--out', 'w.csv', '--criterion', 'Explanation=3']
    course(*line)
    who = [row[0] for row in rows('w.csv')]
    fill_in('w.csv', {name: ['1', DIVIDED] for name in who})
    gone = ["a;'=b", '2', DIVIDED]
    with open('w.csv', 'a', encoding='utf-8', newline='') as file:
        csv.writer(file, delimiter=';').writerow(gone)
    for _ in range(2):
        course(*line)
        assert {row[2] for row in rows('w.csv')[1:]} == {DIVIDED}
        assert rows('w.csv')[-1] == gone
        assert [row[0] for row in rows('w.csv')[:-1]] == who


def test_points_by_hand_of_one_who_handed_nothing_in_are_in_the_gradebook(
    table, project, capsys
):
    header, *_ = rows(table)
    oral = dict.fromkeys(header, '') | {
        'id': 'nobody@x.org',
        'points': '2',
        'note': 'oral',
    }
    lost = oral | {'id': 'somebody@x.org'}
    with open(table, 'a', encoding='utf-8', newline='') as file:
        csv.DictWriter(file, header).writerows([oral, lost])
    (project / 'in.csv').write_text(WORKSHEET, 'utf-8')
    course('gradebook', table, '--into', 'in.csv', '--out', 'up.csv', status=1)
    assert rows('up.csv')[3][4] == '2'
    said = capsys.readouterr().out
    assert 'the points of 3 submissions' in said
    assert 'somebody@x.org: not in in.csv' in said


def test_a_worksheet_worth_something_else_is_refused_or_scaled(table, project, capsys):
    (project / 'in.csv').write_text(WORKSHEET.replace('3.00', '100.00'), 'utf-8')
    line = ['gradebook', table, '--into', 'in.csv', '--out', 'up.csv']
    course(*line, status=1)
    assert 'worth 100.00 points there and 3 here' in capsys.readouterr().err
    assert not (project / 'up.csv').exists()
    course(*line, '--out-of', '100', status=1)
    assert [row[4] for row in rows('up.csv')[1:]] == ['100', '33.33', '']


@pytest.mark.parametrize('divider', [',', ';'])
def test_canvas_gets_its_column_and_no_other_points(table, project, divider):
    text = EXPORT.replace('"Doe, John"', 'Doe').replace('"Lovelace, Ada"', 'Ada')
    (project / 'in.csv').write_text('\ufeff' + text.replace(',', divider), 'utf-8')
    course('gradebook', table, '--into', 'in.csv', '--out', 'up.csv', status=1)
    data = (project / 'up.csv').read_bytes()
    assert data.startswith(b'\xef\xbb\xbf')
    found = [line.split(divider) for line in data.decode('utf-8-sig').splitlines()]
    assert found == [
        ['Student', 'ID', 'SIS Login ID', 'Section', 'toy (812)'],
        ['    Points Possible', '', '', '', '3'],
        ['Doe', '55', 'jd', 'A', '1'],
        ['Ada', '56', 'ada', 'A', '1'],
    ]


def test_a_students_id_is_no_number_of_the_course_system(project):
    """The roster's 55 is Ada, whom Canvas calls 56; its own 55 is somebody else."""
    one = classroom.outcome('work', OUT_OF, dict(OUT_OF))
    path = classroom.graded(project / 'grades.csv', 'toy (pytorch)', one)
    header, row = rows(path)
    cells = dict(zip(header, row, strict=True)) | {'id': '55'}
    with open(path, 'w', encoding='utf-8', newline='') as file:
        csv.writer(file).writerows([cells.keys(), cells.values()])
    export = EXPORT.replace('SIS Login ID', 'SIS User ID').replace('ada', '55')
    (project / 'in.csv').write_text(export, 'utf-8')
    course('gradebook', path, '--into', 'in.csv', '--out', 'up.csv')
    assert [row[4] for row in rows('up.csv')[2:]] == ['', '3']


def test_a_table_that_excel_wrote_is_read(table, project, capsys):
    text = table.read_text('utf-8-sig').replace('ada,1,', 'ada,"0,5",')
    assert '"0,5"' in text
    lines = [';'.join(line) for line in csv.reader(text.splitlines())]
    table.write_text('\n'.join(lines).replace('\n=', "\n'="), 'utf-8')
    assert {row.name: row.points for row in grades.load(table).rows}['ada'] == 0.5
    table.write_bytes('\n'.join(lines).encode('cp1252', 'replace'))
    course('statistics', table, '--out', 'page.html', status=1)
    assert 'no text in UTF-8' in capsys.readouterr().err


def test_two_submissions_of_one_student_are_refused(table, project, capsys):
    export = EXPORT.replace('56,ada', '56,jd2').replace('55,jd', '55,ada')
    (project / 'in.csv').write_text(export, 'utf-8')
    course('gradebook', table, '--into', 'in.csv', '--out', 'up.csv', status=1)
    assert 'in.csv, line 3: two submissions are' in capsys.readouterr().err
    assert not (project / 'up.csv').exists()


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('Name,Points\nada,\n', 'name one with --by (Name, Points)'),
        ('', 'in.csv is empty'),
        ('a,"b\nc,d\n', 'in.csv, line 2: unexpected end of data'),
    ],
)
def test_a_table_that_cannot_be_used_is_one_sentence(
    table, project, capsys, text, said
):
    (project / 'in.csv').write_text(text, 'utf-8')
    course('gradebook', table, '--into', 'in.csv', '--out', 'up.csv', status=1)
    err = capsys.readouterr().err
    assert said in err
    assert err.count('\n') == 1


def test_a_table_without_its_records_is_refused(table, project, capsys):
    for path in (project / 'grades-reports').glob('ada*.json'):
        path.write_text('{"tests": 3}', 'utf-8')
    course('statistics', table, '--out', 'page.html', status=1)
    assert 'grades.csv, line 4: its record in' in capsys.readouterr().err
    (project / 'other.csv').write_text('submission\n', 'utf-8')
    course('statistics', 'other.csv', '--out', 'page.html', status=1)
    assert 'is no table of grades' in capsys.readouterr().err


def test_feedback_is_named_as_moodle_and_canvas_read_it(table, project):
    course('feedback', table, '--out', 'feedback.zip')
    with zipfile.ZipFile('feedback.zip') as packed:
        names = packed.namelist()
        assert f'{MOODLE}/toy.html' in names
        assert 'doejohn_55_98765_toy.html' in names
        assert 'péter/toy.html' in names
        assert 'HYPERLINK x script 9/toy.html' in names, 'nothing a path could mean'
        text = packed.read(f'{MOODLE}/toy.html').decode()
    assert '<strong>3</strong> of 3 points' in text
    first = (project / 'feedback.zip').read_bytes()
    course('feedback', table, '--out', 'feedback.zip')
    assert (project / 'feedback.zip').read_bytes() == first


def test_feedback_finds_participants_in_the_worksheet(table, project, capsys):
    (project / 'in.csv').write_text(WORKSHEET, 'utf-8')
    line = ['feedback', table, '--into', 'in.csv', '--out', 'feedback.zip']
    course(*line, status=1)
    with zipfile.ZipFile('feedback.zip') as packed:
        names = packed.namelist()
    assert 'ada_4712_assignsubmission_file_/toy.html' in names
    assert len(names) == 5, 'a page for all, whether known or not'
    assert 'péter: whose student Moodle would not know' in capsys.readouterr().out


def test_names_that_look_the_same_get_a_page_each(project):
    records = [
        classroom.outcome(n, OUT_OF, dict(OUT_OF)) for n in ('a_b', 'a b', 'a-b')
    ]
    path = classroom.graded(project / 'grades.csv', 'toy (pytorch)', *records)
    course('feedback', path, '--out', 'feedback.zip')
    with zipfile.ZipFile('feedback.zip') as packed:
        assert sorted(packed.namelist()) == [
            'a b/toy-2.html', 'a b/toy-3.html', 'a b/toy.html',
        ]  # fmt: skip


def fill_in(path, marks):
    """Write {submission: cells} into a rubric's table."""
    header, *body = rows(path)
    body = [[row[0], *marks.get(row[0], row[1:])] for row in body]
    with open(path, 'w', encoding='utf-8-sig', newline='') as file:
        csv.writer(file, delimiter=';').writerows([header, *body])


def test_a_rubric_is_filled_in_by_hand_and_merged(table, project, capsys):
    line = ['rubric', table, '--out', 'written.csv', '--criterion', 'Explanation=3']
    course(*line)
    header, *body = rows('written.csv')
    assert header == ['submission', 'Explanation (3)', 'comment']
    assert cell(EVIL) in [row[0] for row in body]
    page = ['statistics', table, '--written', 'written.csv', '--out', 'page.html']
    course(*page, status=1)
    assert "'Explanation': here are no points yet" in capsys.readouterr().err

    marks = {row[0]: ['2,5', '<b>Good</b>\u202e.'] for row in body}
    fill_in('written.csv', marks)
    course(*line)  # once more: what is filled in stays
    course(*page)
    found = BeautifulSoup((project / 'page.html').read_text('utf-8'), 'html.parser')
    assert 'of 6 points' in ' '.join(found.p.text.split())
    (row,) = [tr for tr in found.select('tr') if 'Explanation' in tr.text]
    assert [td.text for td in row.select('.number')][:2] == ['2.5', '3']

    (project / 'in.csv').write_text(WORKSHEET.replace('3.00', '6.00'), 'utf-8')
    both = ['--into', 'in.csv', '--written', 'written.csv', '--out']
    course('gradebook', table, *both, 'up.csv', status=1)
    assert [row[4] for row in rows('up.csv')[1:]] == ['5.5', '3.5', '']
    course('feedback', table, *both, 'feedback.zip', status=1)
    with zipfile.ZipFile('feedback.zip') as packed:
        text = packed.read('ada_4712_assignsubmission_file_/toy-written.html').decode()
    assert '<strong>3.5</strong> of 6 points' in text
    assert '&lt;b&gt;Good&lt;/b&gt;\\u202e.' in text


@pytest.mark.parametrize(
    ('marks', 'said'),
    [
        (['4', ''], "line 4, 'Explanation': '4' is no number from 0 to 3"),
        (['nan', ''], "'nan' is no number from 0 to 3"),
        (['-1', ''], "'-1' is no number from 0 to 3"),
    ],
)
def test_points_that_a_rubric_does_not_have_are_refused(table, capsys, marks, said):
    course('rubric', table, '--out', 'w.csv', '--criterion', 'Explanation=3')
    fill_in('w.csv', {row[0]: ['1', ''] for row in rows('w.csv')} | {'ada': marks})
    course('statistics', table, '--written', 'w.csv', '--out', 'p.html', status=1)
    assert said in capsys.readouterr().err


def test_two_criteria_of_one_name_are_refused(table, capsys):
    twice = ['--criterion', 'Figure=3', '--criterion', 'Figure=2']
    course('rubric', table, '--out', 'w.csv', *twice, status=1)
    assert "two criteria or tests are called 'Figure'" in capsys.readouterr().err


def test_a_criterion_with_the_name_of_a_test_is_refused(table, capsys):
    with open(table, encoding='utf-8-sig') as file:
        test = file.readline().split(',')[4]
    course('rubric', table, '--out', 'w.csv', '--criterion', f'{test}=3')
    fill_in('w.csv', {row[0]: ['1', ''] for row in rows('w.csv')})
    course('statistics', table, '--written', 'w.csv', '--out', 'p.html', status=1)
    assert f'are called {test!r}' in capsys.readouterr().err


def test_a_divider_within_a_name_divides_nothing(project):
    (project / 'a.csv').write_text(
        'submission;Clear, short, right (3)\nada;1\n', 'utf-8'
    )
    assert tables.read(project / 'a.csv').header[0] == 'submission'
    (project / 'b.csv').write_text('submission,"a; b; c (3)"\nada,1\n', 'utf-8')
    assert tables.read(project / 'b.csv').rows == [['ada', '1']]


def test_a_rubric_of_somebody_else_is_refused(table, project, capsys):
    course('rubric', table, '--out', 'w.csv', '--criterion', 'Explanation=3')
    fill_in('w.csv', {row[0]: ['1', ''] for row in rows('w.csv')})
    text = (project / 'w.csv').read_text('utf-8-sig')
    line = ['statistics', table, '--written', 'w.csv', '--out', 'p.html']
    (project / 'w.csv').write_text(text + 'adda;1;\n', 'utf-8')
    course(*line, status=1)
    assert "line 7: 'adda' is no submission" in capsys.readouterr().err
    (project / 'w.csv').write_text(text.replace('ada;1;\n', ''), 'utf-8')
    course(*line, status=1)
    assert "has no row of 'ada' (1 missing)" in capsys.readouterr().err


def test_anonymous_ids_are_the_teachers_alone_to_turn_back(table, project):
    course('anonymous', table, '--out', 'points.csv')
    key = project / 'TEACHER-KEY.csv'
    assert key.stat().st_mode & 0o077 == 0
    title, (_, secret), _, *known = rows(key)
    assert title[0].startswith("TEACHER'S KEY")
    text = (project / 'points.csv').read_text('utf-8-sig')
    assert not [n for n in ('ada', 'Jane', 'doe', 'HYPER', secret) if n in text]
    names = dict(known)
    points = {names[row[0]]: row[1] for row in rows('points.csv')[1:]}
    assert points == {
        MOODLE: '3', 'ada': '1', CANVAS: '1', cell(EVIL): '0', 'péter': '3',
    }  # fmt: skip
    course('anonymous', table, '--out', 'again.csv')
    assert rows('again.csv') == rows('points.csv')
    assert rows(key)[3:] == known
    course('anonymous', table, '--out', 'other.csv', '--key', 'TEACHER-KEY-2.csv')
    assert not {row[0] for row in rows('other.csv')[1:]} & names.keys()


def test_a_rubric_may_be_graded_without_names(table, project, capsys):
    asked = ['--criterion', 'Explanation=3', '--key', 'TEACHER-KEY.csv']
    course('rubric', table, '--out', 'w.csv', *asked)
    assert 'ada' not in (project / 'w.csv').read_text('utf-8')
    fill_in('w.csv', {row[0]: ['1', ''] for row in rows('w.csv')})
    page = ['statistics', table, '--written', 'w.csv', '--out', 'page.html']
    course(*page, status=1)
    assert 'is no submission of' in capsys.readouterr().err, 'not without the key'
    course(*page, '--key', 'TEACHER-KEY.csv')
    (project / 'w.csv').rename('not-a-key.csv')
    course(*page, '--key', 'not-a-key.csv', status=1)
    assert 'no key of anonymous ids' in capsys.readouterr().err


def test_statistics_show_the_class_and_no_name(table, project):
    course('statistics', table, '--out', 'page.html')
    text = (project / 'page.html').read_text('utf-8')
    found = BeautifulSoup(text, 'html.parser')
    assert 'mean 1.6 · median 1 · half of them from 1 to 3' in ' '.join(
        found.p.text.split()
    )
    drawn = [t.text for t in found.select('svg text')][:-1]
    assert drawn == ['1', '0', '2', '1', '', '2', '2', '3']
    (worst,) = found.select('.worst')
    assert 'Total (hardest)' in ' '.join(worst.text.split())
    assert [td.text.strip() for td in worst.select('.number')] == ['0.8', '2', '2', '3']
    (hint,) = found.select('table')[1].select('tbody tr')
    assert [td.text for td in hint('td')] == ['3', 'Total', '[…] was to be summed.']
    assert not [n for n in ('Jane', 'ada', 'script', 'péter', '\x1b') if n in text]


def test_a_histogram_counts_everybody_once():
    points = [0, 0.5, 3, 16.5, 17, 19]
    for out_of in (1, 3, 17, 100):
        bars = overview.histogram(points, out_of)
        assert len(bars) <= overview.BARS
        assert sum(count for *_, count in bars) == len(points)
        assert [high + 1 for _, high, _ in bars[:-1]] == [low for low, *_ in bars[1:]]


ONE = '''\
def double(numbers):
    """Return twice each number."""
    result = []
    for number in numbers:
        if number > 0 or number <= 0:
            result.append(number * 2)
    assert len(result) == len(numbers)
    return [x for x in result]
'''
RENAMED = ONE.replace('result', 'out').replace('numbers', 'xs').replace('number', 'n')
RENAMED = RENAMED.replace('twice each n.', 'it all.').replace(
    '    for', '    # my own idea\n    for'
)
OTHER = """\
def double(numbers):
    import numpy
    both = numpy.asarray(numbers)
    while both.size and not (both == both).all():
        both = numpy.zeros_like(both) + both
    return (both + both).tolist()
"""


def test_renamed_code_is_found_and_other_code_is_not(project):
    cells = {'ada': [ONE], 'eve <i>': [RENAMED, '!pip x'], 'bob': [OTHER], 'joe': ['1']}
    texts = {name: trial.notebook(cell) for name, cell in cells.items()}
    classroom.write(project / 'in', texts | {'zed': '{}'})
    line = ['similar', 'in', '--name', 'toy', '--framework', 'pytorch']
    course(*line, '--out', 'alike.html')
    text = (project / 'alike.html').read_text('utf-8')
    found = BeautifulSoup(text, 'html.parser')
    (pair,) = found.select('summary')
    assert ' '.join(pair.text.split()) == '100 % ada · eve <i>'
    marked = [pre.select('mark') for pre in found.select('pre')]
    assert all('append' in ' '.join(m.text for m in one) for one in marked)
    assert '<i>' not in text
    apart = [' '.join(li.text.split()) for li in found.select('li')]
    assert apart[0] == 'joe: It has too little code of its own.'
    assert apart[1].startswith('zed: The file is no Jupyter notebook')
    course(*line, '--out', 'ids.html', '--key', 'TEACHER-KEY.csv')
    assert 'eve' not in (project / 'ids.html').read_text('utf-8')


def test_what_the_assignment_gives_is_no_likeness():
    first, second = similar.code('a', [ONE, OTHER]), similar.code('b', [ONE])
    ((pair,), _) = similar.pairs([first, second], [])
    assert pair.share == 1
    assert similar.pairs([first, second], [ONE]) == ([], [second])


def test_what_all_wrote_counts_less_than_what_two_did():
    own = [
        f'def f(a):\n    return [{", ".join(f"a.k{n}{i}" for i in range(12))}]'
        for n in range(11)
    ]
    rare = OTHER.replace('double', 'g')
    class_ = [similar.code(f'{n}', [ONE, own[n]]) for n in range(9)]
    class_ += [similar.code('x', [ONE, rare, own[9]]), similar.code('y', [ONE, rare])]
    shares = {
        frozenset((pair.first.name, pair.second.name)): pair.share
        for pair in similar.pairs(class_, [], 0)[0]
    }
    assert max(shares, key=shares.get) == frozenset('xy')
    assert shares[frozenset('x0')] < 0.3 < 0.8 < shares[frozenset('xy')]


def test_code_that_is_none_or_is_endless_is_read_to_its_end():
    bad = ['def f(:\n  "', '\x00', '(' * 9999, "'''", '  x\n y\n', '%%bash\nls "', 'é²']
    codes = [similar.code(f'{n}', [text, ONE]) for n, text in enumerate(bad)]
    found, short = similar.pairs([*codes, similar.code('z', [ONE])], [], 0.1)
    assert not short
    assert len(found) == 8 * 7 / 2
    assert len(similar.code('long', ['x = 1\n' * 99_999] * 9).text) < 300_000


def test_the_solution_is_released_without_marks_and_hidden_tests(project, monkeypatch):
    class Prose:
        cells = ('# Toy', 0)

    monkeypatch.setattr(
        'tabbook.course.release.prose',
        lambda project, names, tabs: {(names[0], tabs[0]): Prose},
    )
    course('release', '--name', 'toy', '--framework', 'pytorch')
    path = project / '_build/assignments/pytorch/toy/solution/toy-solution.ipynb'
    text = path.read_text('utf-8')
    assert 'SOLUTION' not in text
    assert 'rng' not in text
    found = json.loads(text)['cells']
    assert 'The solution of the assignment `toy`' in ''.join(found[0]['source'])
    assert 'return [2 * number for number in numbers]' in ''.join(found[2]['source'])
    compile(''.join(found[2]['source']), 'the solution', 'exec')


def test_who_handed_nothing_in_is_counted_apart(table):
    text = table.read_text('utf-8')
    width = text.split('\n')[0].count(',')
    table.write_text(f'{text}{",0,3,nothing" + "," * (width - 3)}\n', 'utf-8')
    found = grades.load(table)
    assert (len(found.rows), found.missing) == (5, 1)
    assert '1 who handed nothing in' in ' '.join(overview.page(found).split())


def test_a_bundle_brings_its_profile_and_its_kernel(monkeypatch):
    found = nbf.new_notebook(cells=[nbf.new_code_cell('x')], metadata={})
    made = Here('', {}, {}).before_execution(found)
    assert made.metadata.kernelspec.name == 'python3'
    monkeypatch.setenv('D2L_PROFILE', 'full')
    names = {}
    exec(made.cells[0].source, names)
    assert os.environ['D2L_PROFILE'] == 'smoke'
    assert names.keys() == {'__builtins__'}, 'no name that hides a missing import'
