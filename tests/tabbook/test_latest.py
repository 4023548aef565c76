"""`tabbook latest`: its plan, what it makes of a notebook, its report. No network."""

import sys
from importlib.metadata import version

import nbformat.v4 as nbf
import pytest

from tabbook.notebooks import fresh as latest
from tabbook.notebooks import install
from tabbook.notebooks.fresh import Failure, NoPython, Outcome, Python
from tabbook.project import Project

INSTALL = "book = 'https:address.zip'\nassert book.startswith('file:')"
SWAP = 'https:address.zip', 'file:///a.whl'


@pytest.fixture
def pythons(tmp_path, monkeypatch):
    """A function that puts Pythons on the PATH or into pyenv; there are no others."""
    monkeypatch.setenv('PATH', str(tmp_path / 'bin'))
    monkeypatch.setenv('PYENV_ROOT', str(tmp_path / 'pyenv'))

    def put(place, says):
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\n{says}\n', 'utf-8')
        path.chmod(0o755)
        return str(path)

    return put


def test_the_newest_python_that_starts_is_taken(pythons):
    pythons('bin/python3.12', 'echo 3.12.4')
    assert latest.plan(['jax'])['jax'].version == '3.12.4'
    pythons('bin/python3.13', 'echo not set up here; exit 127')
    assert latest.plan(['jax'])['jax'].version == '3.12.4'
    pythons('pyenv/versions/3.13.2/bin/python', 'echo 3.13.2')
    path = pythons('pyenv/versions/3.13.11/bin/python', 'echo 3.13.11')
    assert latest.plan(['jax']) == {'jax': Python(path, '3.13.11')}


def test_a_framework_can_have_another_python(pythons):
    path = pythons('somewhere/python', 'echo 3.12.9')
    pythons('bin/python3.11', 'echo 3.11.7')
    found = latest.plan(['pytorch', 'jax'], path, ['pytorch=python3.11'])
    assert found['jax'] == Python(path, '3.12.9')
    assert (found['pytorch'].version, found['pytorch'].asked) == ('3.11.7', True)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (
            {},
            'no python3.13 or python3.12 or python3.11 on the PATH or in pyenv that',
        ),
        ({'python': 'python3.14'}, 'no python3.14 on the PATH'),
        ({'python': './python'}, 'no ./python on the PATH'),
        (
            {'python_for': ['torch=python3']},
            'not torch=python3; tabs are: pytorch, tens',
        ),
        ({'python_for': ['jax']}, 'wants TAB=PYTHON, not jax='),
    ],
)
def test_a_python_that_is_not_there_is_named(pythons, options, message):
    with pytest.raises(NoPython) as raised:
        latest.plan(['jax'], **options)
    assert message in str(raised.value)


def test_wrong_arguments_are_one_sentence(book, capsys):
    assert book.command('latest', '--python', './none') == 2
    out, err = capsys.readouterr()
    assert (out, err.count('\n')) == ('', 1)
    assert 'no ./none on the PATH' in err


def test_the_wheel_takes_the_place_of_the_address(root):
    address = install.address(Project(root))
    source = latest.swapped(
        install.cell('jax', Project(root)), address, 'file:///x.whl'
    )
    assert "book = 'file:///x.whl'" in source
    assert address not in source
    for wrong in ('https:elsewhere', None):
        with pytest.raises(Failure, match='the first cell does not install from'):
            latest.swapped(source, wrong, 'file:///x.whl')


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """An `Environment` that is this very one, and has all that JAX needs."""

    class Here(latest.Environment):
        def __init__(self):
            self.tab, self.folder, self.python = 'jax', tmp_path, sys.executable
            self.there = dict.fromkeys(install.needs('jax'), '1')

        def versions(self):
            return self.there

    return Here()


@pytest.fixture
def notebook(tmp_path):
    """A function that writes a notebook of an install cell and these (code, text)."""

    def write(*cells):
        made = [nbf.new_markdown_cell('# Title'), nbf.new_code_cell(INSTALL)]
        for source, text in cells:
            shown = [nbf.new_output('stream', text=text)] if text else []
            made.append(nbf.new_code_cell(source, outputs=shown))
        path = tmp_path / 'tiny.ipynb'
        path.write_text(nbf.writes(nbf.new_notebook(cells=made)), 'utf-8')
        return path

    return write


def test_a_notebook_runs_in_an_empty_folder_in_the_smoke_profile(
    fresh, notebook, monkeypatch
):
    monkeypatch.delenv('D2L_PROFILE', raising=False)
    monkeypatch.setenv('PYTHONPATH', 'of-the-book')
    path = notebook(
        ('import os\nprint(os.listdir())', '[]\n'),
        (
            'print(os.environ["D2L_PROFILE"], "PYTHONPATH" in os.environ)',
            'smoke False\n',
        ),
    )
    assert fresh.run(path, SWAP).startswith('tiny: 3 code cells in ')


@pytest.mark.parametrize(
    ('cells', 'message'),
    [
        ([('1', ''), ('1 / 0', '')], 'tiny, code cell 3 of 3: ZeroDivisionError'),
        ([('print(1)', '2\n')], 'cell 2 of 2: it shows\n1\n\nwhere the text states\n2'),
    ],
)
def test_what_fails_is_named_with_its_cell(fresh, notebook, cells, message):
    with pytest.raises(Failure) as raised:
        fresh.run(notebook(*cells), SWAP)
    assert message in str(raised.value)


def test_what_pip_did_not_install_is_a_failure_of_the_first_cell(fresh, notebook):
    del fresh.there['flax'], fresh.there['optax']
    with pytest.raises(Failure, match='cell 1 of 1: pip did not install flax, optax'):
        fresh.run(notebook(), SWAP)


def test_versions_are_those_of_the_environment(fresh):
    versions = super(type(fresh), fresh).versions()
    assert versions['numpy'] == version('numpy')
    assert set(versions) <= {*install.needs('jax'), *latest.ALSO}


def test_a_framework_that_fails_leaves_the_others(monkeypatch, book, capsys):
    def built(asked, tabs):
        return {tab: ['densenet.ipynb'] * (tab != 'mxnet') for tab in tabs}

    def run(tab, python, notebooks, swap):
        assert notebooks == ['densenet.ipynb']
        assert swap == (None, 'file:///a.whl')  # this book has no repository
        return Outcome(tab, python, lines=['a line'], failed=tab == 'pytorch')

    monkeypatch.setattr('tabbook.commands._built', built)
    monkeypatch.setattr(latest, 'find_python', lambda names: Python('p', '3.13.0'))
    monkeypatch.setattr(latest, 'wheel', lambda root, folder: 'file:///a.whl')
    monkeypatch.setattr(latest, 'run', run)
    assert book.command('latest') == 1
    heads = [line.split()[:2] for line in capsys.readouterr().out.splitlines()[::2]]
    assert heads == [['pytorch', 'FAILED'], ['tensorflow', 'passed'], ['jax', 'passed']]
    assert book.command('latest', '--framework', 'jax') == 0


def test_an_environment_that_cannot_be_made_is_an_outcome(tmp_path):
    broken = tmp_path / 'python'
    broken.write_text('#!/bin/sh\necho no venv here >&2; exit 1\n', 'utf-8')
    broken.chmod(0o755)
    outcome = latest.run('jax', Python(str(broken), '3.13.0'), [], SWAP)
    assert outcome.failed
    assert '-m venv' in outcome.lines[0]
    assert 'no venv here' in outcome.lines[0]


def test_a_disk_too_full_for_an_environment_is_an_outcome(monkeypatch):
    def full(*args):
        raise OSError(28, 'No space left on device', 'env')

    monkeypatch.setattr(latest, '_do', full)
    outcome = latest.run('jax', Python('p', '3.13.0'), [], SWAP)
    assert outcome.failed
    assert outcome.lines == ['No space left on device: env']


def test_a_project_that_cannot_be_copied_is_one_sentence(book, capsys, monkeypatch):
    (book.root / 'b').symlink_to('nowhere')
    monkeypatch.setattr(latest, 'plan', lambda *args: {})
    assert book.command('latest') == 1
    said = capsys.readouterr().err
    assert said.startswith('tabbook: No such file or directory: ')
    assert said.count('\n') == 1


def test_the_table_says_what_ran_with_what():
    outcomes = [
        Outcome('jax', Python('p', '3.13.0'), {'jax': '0.9', 'numpy': '2.5'}, ['fine']),
        Outcome('pytorch', Python('p', '3.11.7', True), {}, ['broke'], failed=True),
    ]
    assert latest.table(outcomes).splitlines() == [
        'jax         passed  Python 3.13.0, jax 0.9, numpy 2.5',
        '    fine',
        'pytorch     FAILED  Python 3.11.7 (by --python-for)',
        '    broke',
    ]
