"""The command line: what may be named, exit statuses, nbval."""

import json
import subprocess
import sys

import pytest

from tabbook import cli
from tabbook.notebooks import nbval

CONTENTS = """\
format: jb-book
root: notebooks/one
chapters:
  - file: notebooks/two
"""


@pytest.fixture
def two(book, cell):
    """A book of the sections `one` and `two`."""
    (book.root / '_toc.yml').write_text(CONTENTS, 'utf-8')
    book.write(cell('x = 1\nx') + '```{output}\n1\n```\n', 'one', '[pytorch]')
    book.write(cell('y = 2'), 'two', '[pytorch]')
    return book


def test_a_section_and_an_assignment_may_share_a_name(two, cell, capsys):
    (two.folder / 'assignments').mkdir()
    two.write(cell('z = ('), 'assignments/one', '[pytorch]')
    assert two.command('check', 'one') == 0
    assert two.command('check', 'assignments/one') == 1
    assert 'notebooks/assignments/one.md:' in capsys.readouterr().out
    assert cli.section_name('one', two.library, tasks=True) == 'assignments/one'
    assert cli.section_name('two', two.library, tasks=True) == 'two'


@pytest.mark.parametrize(
    ('args', 'message'),
    [
        (['check', 'three'], "there is no section 'three'; sections are: one, two"),
        (['run', '--section', 'three'], 'sections are: one, two'),
        (['run', 'notebooks/three.md'], "'notebooks/three.md'; sections are: one, two"),
        (['run', '../elsewhere.md'], "'../elsewhere.md'; sections are: one, two"),
        (['run', '--tab', 'torch'], "there is no tab 'torch'; tabs are: pytorch, ten"),
        (['nbval', '--framework', 'keras'], 'tabs are: pytorch, tensorflow, jax'),
        (['check', '--root', 'notebooks/two.md'], 'no _config.yml with notebooks/ in'),
    ],
)
def test_wrong_names_are_one_sentence_that_says_which_exist(two, capsys, args, message):
    if '--root' in args:
        (two.root / '_config.yml').unlink()
    assert two.command(*args) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert (out, err.count('\n')) == ('', 1)


@pytest.mark.parametrize('wanted', ['two', 'notebooks/two.md', './notebooks/two.md'])
def test_a_section_has_a_name_and_a_path(two, capsys, wanted):
    assert two.command('run', wanted) == 0
    assert capsys.readouterr().out.startswith('two [pytorch]: ran in ')


def test_commands_work_from_any_folder_of_the_book(two, monkeypatch, capsys):
    monkeypatch.chdir(two.folder)
    assert two.command('run', 'two.md', '--tab', 'pytorch') == 0
    assert capsys.readouterr().out.startswith('two [pytorch]: ran')


def test_run_fails_as_its_tabs_do(two, cell, capsys):
    two.write(cell('1 / 0'), 'two', '[pytorch]')
    assert two.command('run') == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith('one [pytorch]: ran')
    assert lines[1].startswith('notebooks/two.md:5: two [pytorch], cell 1: ZeroDiv')


def test_a_section_that_cannot_be_read_is_one_sentence(two, capsys):
    two.write('```{code-cell}\n', 'two')
    assert two.command('run') == 1
    assert capsys.readouterr().err.startswith('tabbook: notebooks/two.md:4: this fence')


def test_jobs_are_a_number(two, capsys):
    with pytest.raises(SystemExit, match='2'):
        two.command('run', '--jobs', '0')
    assert "'0' is not a number from 1 on" in capsys.readouterr().err


def test_without_a_command_there_is_help():
    command = [sys.executable, '-m', 'tabbook']
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert 'usage: python -m tabbook' in done.stderr


@pytest.mark.parametrize(('stated', 'status'), [('1', 0), ('2', 1)])
def test_nbval_asks_again(two, cell, capfd, stated, status):
    two.write(cell('x = 1\nx') + f'```{{output}}\n{stated}\n```\n', 'one', '[pytorch]')
    assert two.command('nbval', '--framework', 'pytorch', '--section', 'one') == status
    path = two.root / '_build' / 'notebooks' / 'pytorch' / 'one.ipynb'
    (made,) = json.loads(path.read_text('utf-8'))['cells']
    assert made['source'] == ['x = 1\n', 'x']
    assert ('1 passed' if status == 0 else '1 failed') in capfd.readouterr().out


def test_nbval_on_a_gpu_wants_one(two, monkeypatch, capsys):
    monkeypatch.setattr(nbval, 'sees_gpu', lambda tab, env: False)
    assert two.command('nbval', '--tab', 'pytorch', '--device', 'gpu') == 1
    assert capsys.readouterr().err.startswith('tabbook: PyTorch sees no GPU here')


def test_nbval_of_a_framework_that_is_missing(two, monkeypatch, capsys):
    monkeypatch.setattr('tabbook.commands.installed', lambda tab: False)
    assert two.command('nbval', '--tab', 'jax') == 1
    assert two.command('nbval') == 0
    assert 'jax: not run here, jax is not installed' in capsys.readouterr().out
    monkeypatch.setenv('CI', '1')
    assert two.command('nbval') == 1
