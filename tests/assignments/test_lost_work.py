"""Whatever is handed in: a row for each file, and no hang, stop or loss for others."""

import os
import subprocess
import time

import pytest

from tabbook.cli import main
from tabbook.grading import grader, isolation, process, record, submissions
from tabbook.grading.isolation import Docker, Limits, Unsafe
from tests.helpers import classroom, require
from tools import trial

SOLVED = [
    'def double(numbers): return [2 * n for n in numbers]',
    'def total(numbers): return sum(numbers)',
]


@pytest.fixture
def graded_class(toy, sandbox, tmp_path):
    """Grade the folder `tmp_path / 'in'`: {name: points}."""

    def graded_class(jobs=2, **limits):
        found = submissions.find(tmp_path / 'in')
        place = grader.Place(sandbox, grader.limits(toy, **limits), {})
        table = tmp_path / 'grades.csv'
        records = grader.grade(toy, 'pytorch', found, table, place, jobs=jobs)
        return {one.submission: one.points for one in records}

    (tmp_path / 'in').mkdir()
    return graded_class


def hand_in(folder, path, cells=SOLVED):
    path = os.path.join(os.fsencode(folder), b'in', path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(trial.notebook(cells))


@pytest.mark.parametrize('jobs', [1, 2])
def test_two_files_of_one_name_have_two_rows(graded_class, tmp_path, jobs):
    hand_in(tmp_path, b'jane.ipynb', ['double = total = ...'])
    hand_in(tmp_path, b'jane/counting.ipynb')
    assert graded_class(jobs) == {'jane': 0, 'jane/counting': 3}


def test_no_name_is_taken_twice(tmp_path):
    paths = [
        b'jane.ipynb', b'jane/a.ipynb', b'jane/a/b.ipynb', b'j\xe4ne.ipynb',
        b'j\xe5ne.ipynb', b'j\\xe4ne.ipynb', b'j\xc3\xa4ne.ipynb', b'x\r.ipynb',
        b'x\n.ipynb', b'x .ipynb', b'x  (2).ipynb', b'X .ipynb', b'a' * 240 + b'.ipynb',
        b'a' * 241 + b'.ipynb',
    ]  # fmt: skip
    for path in paths:
        hand_in(tmp_path, path)
    found = submissions.find(tmp_path / 'in')
    assert len({one.name for one in found}) == len({one.path for one in found}) == 14
    records = record.Records(tmp_path / 'grades.csv', 'toy')
    for one in found:
        records.save(record.Record(one.name, 'key', 3, 0))
    assert len(classroom.reports(tmp_path / 'grades.csv')) == len(paths)
    assert all(records.load(one.name, 'key') for one in found)


def test_what_is_no_ordinary_file_is_a_row(graded_class, tmp_path):
    hand_in(tmp_path, b'ada.ipynb')
    os.mkfifo(tmp_path / 'in' / 'pipe.ipynb')
    (tmp_path / 'in' / 'folder.ipynb').mkdir()
    (tmp_path / 'in' / 'zero.ipynb').symlink_to('/dev/zero')
    with open(tmp_path / 'in' / 'sparse.ipynb', 'wb') as file:
        file.truncate(30 * 2**30)
    begun = time.monotonic()
    others = dict.fromkeys(('pipe', 'folder', 'zero', 'sparse'), 0)
    assert graded_class() == {'ada': 3} | others
    assert time.monotonic() - begun < 60


def test_a_notebook_that_cannot_be_read_is_a_row(graded_class, tmp_path, monkeypatch):
    hand_in(tmp_path, b'ada.ipynb')
    hand_in(tmp_path, b'bob.ipynb')
    real = submissions.Path.open

    def refused(self, *args, **kwargs):
        if self.name == 'bob.ipynb':
            raise PermissionError(13, 'Permission denied', str(self))
        return real(self, *args, **kwargs)

    monkeypatch.setattr(submissions.Path, 'open', refused)
    assert graded_class() == {'ada': 3, 'bob': 0}


@pytest.mark.timeout(60)
@pytest.mark.parametrize('jobs', [1, 2])
def test_a_full_disk_ends_the_grading(graded_class, tmp_path, monkeypatch, jobs):
    for name in (b'a.ipynb', b'b.ipynb', b'c.ipynb'):
        hand_in(tmp_path, name)

    def full(self, record):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(record.Records, 'save', full)
    with pytest.raises(OSError, match='No space left'):
        graded_class(jobs)
    monkeypatch.undo()
    assert graded_class(jobs) == dict.fromkeys('abc', 3)


def test_two_graders_do_not_write_one_table(tmp_path):
    table = tmp_path / 'grades.csv'
    with (
        record.Records(table, 'toy'),
        pytest.raises(record.RecordError, match='another grader'),
        record.Records(table, 'toy'),
    ):
        pass
    with record.Records(table, 'toy'):
        pass


def test_a_sandbox_that_does_not_start_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(isolation.tempfile, 'tempdir', str(tmp_path))
    monkeypatch.setattr(Unsafe, 'command', lambda self, *_: ['/no/such/program'])
    with pytest.raises(OSError, match='no/such'):
        process.Process(Unsafe(Limits()), 'pytorch').__enter__()
    assert not os.listdir(tmp_path)


def test_unsafe_shows_the_data_and_leaves_nothing(tmp_path, toy, monkeypatch):
    (tmp_path / 'houses').mkdir()
    (tmp_path / 'temporary').mkdir()
    monkeypatch.setattr(isolation.tempfile, 'tempdir', str(tmp_path / 'temporary'))
    (tmp_path / 'houses' / 'a.csv').write_text('1', 'utf-8')
    place = grader.Place(
        Unsafe, grader.limits(toy), {'house-prices': tmp_path / 'houses'}
    )
    cell = """
import os
def told():
    with open(os.environ['D2L_DATA_DIR'] + '/house-prices/a.csv') as file:
        return file.read()"""
    with place.process('pytorch') as running:
        assert running.ask('run', 60, cells=[cell]) == []
        found = running.ask('call', 60, target='told', args=[], kwargs={})
        assert os.listdir(tmp_path / 'temporary')
    assert found == '1'
    assert not os.listdir(tmp_path / 'temporary')


def test_without_affinity_there_are_cores(monkeypatch):
    monkeypatch.delattr(os, 'sched_getaffinity')
    assert grader.cores() >= 1


def test_what_a_grading_depends_on(toy, tmp_path, monkeypatch):
    """The data, the code of the grader and the shim: with another, one grades anew."""
    hand_in(tmp_path, b'ada.ipynb')
    (one,) = submissions.find(tmp_path / 'in')
    (tmp_path / 'data').mkdir()
    (tmp_path / 'code').mkdir()
    helper = tmp_path / 'code' / 'grader.py'

    def key():
        place = grader.Place(Unsafe, grader.limits(toy), {'houses': tmp_path / 'data'})
        return grader.key(toy, 'pytorch', one, place)

    keys = [key(), key()]
    assert keys[0] == keys[1]
    (tmp_path / 'data' / 'a.csv').write_text('1', 'utf-8')
    keys.append(key())
    (tmp_path / 'data' / 'a.csv').write_text('2', 'utf-8')
    keys.append(key())
    helper.write_text('pass', 'utf-8')
    monkeypatch.setattr(grader, '__file__', str(helper))
    keys.append(key())
    helper.write_text('pass  # changed', 'utf-8')
    keys.append(key())
    assert len(set(keys)) == 5


def test_a_container_has_an_end_of_its_own():
    with Docker(Limits(seconds=10)) as box:
        line = box.command('-m', 'module')
    at = line.index('timeout')
    assert line[at - 1] == isolation.IMAGE
    assert 40 < int(line[at + 2]) < 200
    require(isolation.shutil.which('timeout'), 'needs coreutils')
    assert subprocess.run([*line[at : at + 3], 'true']).returncode == 0


def test_a_grader_that_cannot_write_says_so(
    toy, tmp_path, monkeypatch, capsys, sandbox
):
    (tmp_path / '_config.yml').write_text('title: A book', 'utf-8')
    isolation.shutil.copytree(toy.path.parents[1], tmp_path / 'notebooks')
    hand_in(tmp_path, b'ada.ipynb')
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'grades-reports').write_text('a file in the way', 'utf-8')
    wanted = ['grade', 'in', '--out', 'grades.csv', '--name', 'toy']
    assert main([*wanted, '--framework', 'pytorch', '--jobs', '1']) == 1
    assert 'grades-reports' in capsys.readouterr().err
