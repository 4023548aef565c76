"""Files and folders are written whole, whenever their writer is killed."""

import os
from pathlib import Path

import pytest

from tabbook.folders import Unchanged, whole_folder
from tests.helpers import commands, moments

OLD = dict.fromkeys('ac', 'old')
NEW = dict.fromkeys('ab', 'new')


def put(folder, texts):
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, 'utf-8')


def read(folder):
    return {path.name: path.read_text('utf-8') for path in folder.iterdir()}


@pytest.fixture
def shown(tmp_path):
    """A folder with the files OLD."""
    put(tmp_path / 'shown', OLD)
    return tmp_path / 'shown'


@pytest.mark.parametrize(
    ('command', 'names'),
    [
        ('replace_folder', {'a', 'b'}),
        (
            'make_assignment',
            {
                'student/tiny.ipynb',
                'autograder/autograder.zip',
                'autograder/tiny-TEACHER-KEY.ipynb',
            },
        ),
    ],
)
def test_a_folder_is_never_half_written(tmp_path, command, names):
    """At every single moment, killed and with a full disk."""
    root = tmp_path / 'root'
    root.mkdir()
    put(root / 'shown', OLD)
    old = moments.contents(root)
    first, trials = moments.faults(f'tests.helpers.commands:{command}', root)
    new = first['files']
    assert set(new) == {f'shown/{name}' for name in names}
    assert {trial['kind'] for trial in trials} == {*moments.KINDS}
    assert len(trials) > 20
    for trial in trials:
        files = {p: x for p, x in trial['files'].items() if p.startswith('shown/')}
        assert files in (old, new, {}), trial
        assert files or trial['status'] == 'killed'  # between two renames
        assert trial['again']['files'] == new, trial


def test_what_raises_leaves_what_was_there(shown):
    with pytest.raises(ZeroDivisionError), whole_folder(shown) as folder:
        put(folder / 'inner', {'a': 1 / len(list(folder.iterdir()))})
    assert read(shown) == OLD
    assert os.listdir(shown.parent) == ['shown']


def test_a_folder_may_begin_as_a_copy(shown):
    with whole_folder(shown, shown) as folder:
        assert read(folder) == OLD
        (folder / 'c').write_text('new', 'utf-8')
    assert read(shown) == {'a': 'old', 'c': 'new'}


def test_one_sentence_says_what_stays_and_why(shown):
    inner = shown / 'inner'
    with pytest.raises(Unchanged) as raised, whole_folder(shown), whole_folder(inner):
        (shown / 'missing' / 'file').write_text('', 'utf-8')
    place = shown / 'missing' / 'file'
    assert str(raised.value) == (
        f'{shown} stays as it was (No such file or directory: {place}): make room, '
        'or mend what is wrong, and run this again.'
    )


def test_what_cannot_be_copied_is_named(shown):
    os.mkfifo(shown / 'b')
    with pytest.raises(Unchanged, match=r'as it was \(.*b. is a named pipe\): make'):
        next(whole_folder(shown, shown).gen)
    assert os.listdir(shown.parent) == ['shown']


def test_stopped_between_two_renames_the_old_one_is_put_back(shown, monkeypatch):
    rename = Path.rename

    def stop(path, target):
        if path.name == '.shown.new':
            raise KeyboardInterrupt
        rename(path, target)

    monkeypatch.setattr(Path, 'rename', stop)
    with pytest.raises(KeyboardInterrupt), whole_folder(shown):
        pass
    assert read(shown) == OLD


def test_a_link_to_a_folder_stays_one(shown, tmp_path):
    (tmp_path / 'link').symlink_to(shown)
    with whole_folder(tmp_path / 'link') as folder:
        (folder / 'b').write_text('new', 'utf-8')
    assert (tmp_path / 'link').is_symlink()
    assert read(shown) == {'b': 'new'}


def test_outputs_are_never_half_written(book, cell, monkeypatch):
    """At every moment of storing new ones and of dropping the old ones."""
    monkeypatch.setenv('D2L_DEVICE', 'cpu')
    book.write(cell('x = 1'), tabs='[jax]')
    commands.keep_outputs()
    book.write(cell('x = 2'), tabs='[jax]')
    old = moments.contents(book.root)
    first, trials = moments.faults('tests.helpers.commands:keep_outputs', book.root)
    new = first['files']
    assert len(old) == len(new) == 3
    assert old != new
    assert len(trials) == 10
    for trial in trials:
        kept = {(p, x) for p, x in trial['files'].items() if '/.' not in p}
        assert kept <= {*old.items(), *new.items()}, trial
        assert trial['again']['files'] == new, trial
