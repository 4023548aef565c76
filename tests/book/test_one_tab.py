"""A book of one tab: the others are as if they had never been written of."""

import os
import subprocess
import sys

import pytest

from tabbook.cli import main
from tabbook.run import store
from tabbook.tabs import TABS

pytestmark = pytest.mark.filterwarnings('ignore::PendingDeprecationWarning')
ALL = 'pytorch tensorflow jax mxnet'
LABELS = ('PyTorch', 'TensorFlow', 'JAX', 'MXNet')


@pytest.fixture
def only():
    """A function: leave the tabs that are named, in order."""
    every = dict(TABS)

    def leave(*tabs):
        TABS.clear()
        TABS.update({tab: every[tab] for tab in every if tab in tabs})

    yield leave
    leave(*every)


@pytest.mark.parametrize('tab', ['pytorch', 'jax'])
def test_pages_and_notebooks_hold_one_tab_alone(book, only, tab, capfd):
    only(tab)
    assert book.build()
    assert capfd.readouterr().err == ''
    page = book.page()
    assert [name for name in LABELS if name in page.text] == [TABS[tab].label]
    assert 'Not run here' not in page.text
    assert ('Prose for PyTorch' in page.text) == (tab == 'pytorch')
    assert page.select('.sd-tab-set:not(:has(label))') == []
    assert page.select_one('details.brought .cell_input')
    folder = book.project.html / 'notebooks'
    made = {path.name for path in folder.iterdir() if path.suffix != '.html'}
    assert made == {tab, f'densenet-book-{tab}.zip'}


def test_a_second_tab_and_then_all_join(book, built, only):
    """No outputs are lost, and the page is that of a book that always had all."""
    every = list(TABS)
    for tabs in (['mxnet'], ['pytorch', 'mxnet'], every):
        only(*tabs)
        assert book.build()
        assert not book.build()
        labels = [TABS[tab].label for tab in TABS]
        assert [name for name in LABELS if name in book.page().text] == labels
        store.prune(book.library, book.project.outputs)
    assert str(book.page()) == str(built.page())


def test_a_key_does_not_depend_on_the_other_tabs(book, only):
    before = store.key(book.library['use'], 'jax', book.library)
    only('jax')
    store._shim.cache_clear()
    assert store.key(book.library['use'], 'jax', book.library) == before


@pytest.mark.parametrize(
    ('asked', 'tabs'),
    [(None, ALL), ('', ALL), ('jax', 'jax'), ('mxnet, pytorch', 'pytorch mxnet')],
)
def test_the_environment_names_the_tabs(asked, tabs):
    env = {name: value for name, value in os.environ.items() if name != 'D2L_TABS'}
    env |= {} if asked is None else {'D2L_TABS': asked}
    env['PYTHONPATH'] = os.pathsep.join(map(os.path.abspath, sys.path))
    code = 'from tabbook.tabs import TABS; print(*TABS)'
    command = [sys.executable, '-c', code]
    done = subprocess.run(command, env=env, capture_output=True, encoding='utf-8')
    assert done.stdout == f'{tabs}\n'


def test_a_tab_that_is_none_is_one_sentence(monkeypatch, root, capsys):
    monkeypatch.setattr('tabbook.tabs.ASKED', ['torch'])
    assert main(['check', '--root', str(root)]) == 2
    said = "tabbook: there is no tab 'torch'; tabs are: pytorch, tensorflow, jax, mxnet"
    assert capsys.readouterr().err == f'{said}\n'


@pytest.mark.parametrize('tab', ALL.split())
def test_the_sections_of_this_book_are_whole_with_each_tab_alone(root, tab):
    names = [path.stem for path in (root / 'notebooks').glob('*.md')]
    done = subprocess.run(
        [sys.executable, '-m', 'tabbook', 'check', *names],
        cwd=root,
        env=os.environ | {'D2L_TABS': tab},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, '')
