"""What comes back from a submission: bounded, visible, and taken as it was meant."""

import csv
import json
import time
import tracemalloc

import numpy as np
import pytest

from tabbook.grading import foreign, record, submissions
from tabbook.grading.exam import Exam, Wrong
from tabbook.grading.otter import Channel
from tabbook.grading.sandbox import wire

DOUBLE = 'def double(numbers): return [2 * n for n in numbers]'
TOTAL = 'def total(numbers): return sum(numbers)'
# Replies that are small on the wire and large in NumPy or in Python.
LARGE = {
    'a long text and many short ones': ['a' * 900_000] + [''] * 1500,
    'text in text': [['a' * 500_000, 'b']] * 2,
    'empty lists': [[]] * 250_000,
    'a tower': json.loads('[' * 200 + ']' * 200),
    'all but regular': [[1] * 400] * 400 + [[1]],
    'tiny numbers': np.zeros(15 * 2**20, np.uint8),
    'tiny arrays and a number': [np.zeros(2**20, np.uint8)] * 14 + [0.5],
    'dictionaries': [{}] * 250_000,
}


@pytest.mark.parametrize('kind', LARGE)
@pytest.mark.parametrize('check', ['numbers', 'equal', 'close'])
def test_a_reply_makes_no_work_here(kind, check):
    frame = wire.dumps([True, LARGE[kind]])
    exam = Exam(None, 'pytorch', 0)
    more = {'equal': [1], 'close': [[1.0]], 'shape': [(1,)]}.get(check, [])
    tracemalloc.start()
    begun = time.process_time()
    try:
        getattr(exam, check)(wire.opened(frame), *more)
    except (Wrong, RecursionError, ValueError, TypeError):
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 150 * 2**20, f'{peak:,}'
    assert time.process_time() - begun < 20


def test_sixty_megabytes_of_brackets_are_refused_unread(graded):
    cell = """
import os
data = b'[true,[' + b'[],' * 20_000_000 + b'[]]]'
frame = len(data).to_bytes(4, 'big') + bytes(4) + data
for fd in range(3, 20):
    try: os.write(fd, frame)
    except OSError: pass"""
    begun = time.process_time()
    found = graded(DOUBLE, TOTAL, cell)
    assert found.points == 0
    assert 'text of 60,0' in found.remark
    assert time.process_time() - begun < 5


def test_a_reply_in_time_counts_though_it_is_read_late(toy, sandbox, monkeypatch):
    from tabbook.grading import grader, process

    place = grader.Place(sandbox, grader.limits(toy), {})
    with place.process('pytorch') as running:
        running.ask('run', 60, cells=[DOUBLE])
        receive = process.Process._receive

        def late(self, size, end):
            time.sleep(max(0, end + 0.2 - time.monotonic()))
            return receive(self, size, end)

        monkeypatch.setattr(process.Process, '_receive', late)
        arguments = {'target': 'double', 'args': [[1]], 'kwargs': {}}
        assert running.ask('call', 3, **arguments) == [2]


UNSEEN = 'a\rb\x1b[2J\x00\u202ec\u2066\u200b\u2028d\ue000'
FOREIGN = [
    f'class Odd: pass\nOdd.__name__ = {UNSEEN + "x" * 10**6!r}\n'
    'def double(numbers): return Odd()',
    f'def double(numbers): raise ValueError({UNSEEN + "x" * 10**6!r})',
    f'def double(numbers): return {UNSEEN!r} * 1000',
    f'raise ValueError({UNSEEN + "x" * 10**6!r})',
    f'print({UNSEEN!r})',
    f"""
from tabbook.grading.sandbox import student
student.told = lambda error: {UNSEEN!r} + 'x' * 900_000
student.Server.run = lambda self, cells: [[10**9, 'x'], [1, {UNSEEN!r} * 10**4]] * 10
1 / 0""",
    f"""
from tabbook.grading.sandbox import student
student.Server.call = lambda self, *_, **__: {{'__array__': [{UNSEEN!r} * 10**4, [1]]}}
""",
]


@pytest.mark.parametrize('number', range(len(FOREIGN)))
def test_foreign_text_is_short_and_seen(graded, tmp_path, number):
    found = graded(FOREIGN[number], TOTAL)
    page = record.page(found, 'toy')
    assert len(page) < 60_000
    records = record.Records(tmp_path / 'grades.csv', 'toy')
    records.finish([found])
    data = (tmp_path / 'grades.csv').read_bytes()
    assert len(data) < 5_000
    assert data.count(b'\n') == 2
    for text in (page, data.decode('utf-8-sig'), *[t['message'] for t in found.tests]):
        seen = [c for c in text if not c.isprintable() and c not in '\n\t']
        assert not seen, seen


def test_a_row_is_a_row(tmp_path):
    """Names and remarks of a student's own add no row, and no formula."""
    names = [
        'ada\rbob,0,3',
        'ada\nbob',
        '=cmd()',
        '  =cmd()',
        'a;=cmd()',
        'a; \t@x',
        '\uff1dcmd()',
        '\u202e\ufeff=1',
        '\uff0d1',
        '"=1',
    ]
    folder = tmp_path / 'in'
    folder.mkdir()
    for name in names:
        (folder / f'{name}.ipynb').touch()
    found = submissions.find(folder)
    assert len({one.name for one in found}) == len(names)
    records = record.Records(tmp_path / 'grades.csv', 'toy')
    rows = [record.Record(one.name, '', 3, 0, remark=one.name) for one in found]
    records.finish(rows)
    text = (tmp_path / 'grades.csv').read_bytes().decode('utf-8-sig')
    assert len(list(csv.reader(text.splitlines()))) == len(names) + 1
    for separator in ',;\t':
        for row in csv.reader(text.split('\n'), delimiter=separator):
            for cell in row:
                plain = cell.strip(' \t"')
                assert plain[:1] not in tuple('=+-@\uff1d\uff0b\uff0d\uff20'), row


def test_a_note_stands_in_the_table_as_its_teacher_wrote_it(tmp_path):
    note, found = 'ill; -2 points', record.Record('a;-b', '', 3, 0, remark='a;=1')
    records = record.Records(tmp_path / 'grades.csv', 'toy')
    records.write([record.Row(found, by_hand=1, note=note)])
    with (tmp_path / 'grades.csv').open(encoding='utf-8-sig', newline='') as file:
        (row,) = csv.DictReader(file)
    assert row['note'] == note
    assert row['remark'] == f"a;'=1 Set by hand (the tests gave 0): {note}"
    assert row['submission'] == "a;'-b"


def test_the_table_opens_in_excel_with_whole_umlauts(tmp_path):
    records = record.Records(tmp_path / 'grades.csv', 'toy')
    records.finish([record.Record('Jürgen Weiß', '', 3, 0)])
    data = (tmp_path / 'grades.csv').read_bytes()
    assert data.startswith(b'\xef\xbb\xbf')
    assert 'Jürgen Weiß' in data.decode('utf-8-sig')


@pytest.mark.parametrize(
    ('text', 'shown'),
    [('=1', "'=1"), ('a=1', 'a=1'), ('1;-2', "1;'-2"), ('a, b', 'a, b'), ('', '')],
)
def test_cells_of_a_table(text, shown):
    assert foreign.cell(text) == shown


ODD = """
class Odd(Exception):
    def __str__(self): raise ValueError('no text')
"""


def test_an_error_that_cannot_be_shown(graded):
    found = graded(ODD + 'def double(numbers): raise Odd', TOTAL, 'raise Odd')
    assert found.points == 2
    assert 'Odd' in found.tests[0]['message']


def test_each_end_costs_its_own_test_alone(toy, sandbox, tmp_path):
    """Six tests, of which four end the process: two are right."""
    from types import SimpleNamespace

    from tabbook.grading import grader
    from tools import trial

    tests = [
        SimpleNamespace(name=f'{n}', points=1, source=f'equal(ask("f", {n}), {n})')
        for n in range(6)
    ]
    section = SimpleNamespace(name='assignments/toy', hidden=tests, front=toy.front)
    (tmp_path / 'a.ipynb').write_text(
        trial.notebook(['import os\ndef f(n): return n if n > 3 else os._exit(0)']),
        'utf-8',
    )
    place = grader.Place(sandbox, grader.limits(toy), {})
    one = submissions.Submission('a', tmp_path / 'a.ipynb')
    assert grader.one(section, 'pytorch', one, '', place).points == 2


@pytest.mark.parametrize(
    'first',
    [
        '%matplotlib inline',
        '%config InlineBackend.figure_formats = ["svg"]',
        '%load_ext autoreload',
        '%load_ext nothing_here',
        '%no_such_magic',
        '%pip install torch',
        '!pip install torch',
    ],
)
def test_a_magic_above_takes_nothing_with_it(graded, first):
    found = graded(f'{first}\n{DOUBLE}', TOTAL)
    assert found.points == 3, found


@pytest.mark.parametrize('dtype', ['>f4', '>i8', '<f8', 'u4', 'u8', 'f2', 'longdouble'])
def test_numbers_of_any_kind_of_array(dtype):
    names = {'f': lambda: np.arange(6).reshape(2, 3).astype(dtype)}
    exam = Exam(Channel('pytorch', names), 'pytorch', 0)
    assert exam.run('equal(ask("f"), np.arange(6).reshape(2, 3))', 'a test') == ''


@pytest.mark.parametrize(
    'value', [(np.int64(1), 2.0, 3), [np.float32(1), np.array(2), 3], [1, 2, 3]]
)
def test_numbers_of_any_kind_of_list(value):
    exam = Exam(Channel('pytorch', {'f': lambda: value}), 'pytorch', 0)
    assert exam.run('equal(ask("f"), [1, 2, 3])', 'a test') == ''
