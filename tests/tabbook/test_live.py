"""The live notebook: `%%tab`, `%%from` and the choice, in a real IPython shell."""

import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell

from tabbook import live


@pytest.fixture
def shell(monkeypatch):
    """A fresh shell with the extension, in which no framework is chosen yet."""
    monkeypatch.setitem(live._state, 'tab', None)
    monkeypatch.setitem(sys.modules, 'ipywidgets', None)
    monkeypatch.setattr(live, 'find_spec', lambda name: None)
    monkeypatch.setattr(live, 'installed', lambda name: name != 'tensorflow')
    shell = InteractiveShell()
    shell.run_line_magic('load_ext', 'tabbook')
    return shell


def run(shell, code):
    """Run a cell; returns what went wrong, or None."""
    result = shell.run_cell(code)
    return result.error_before_exec or result.error_in_exec


def test_a_cell_runs_only_in_its_tabs(shell, capsys):
    assert run(shell, "tab.interact_select(['tensorflow', 'jax', 'pytorch'])") is None
    assert 'Framework: JAX' in capsys.readouterr().out
    run(shell, '%%tab pytorch\nx = 1')
    assert 'x' not in shell.user_ns
    run(shell, '%%tab pytorch, jax\nx = 2')
    assert shell.user_ns['x'] == 2
    assert shell.run_cell('%%tab jax\nx + 1').result == 3
    assert shell.run_cell("tab.selected('jax'), tab.selected('mxnet')").result == (
        True,
        False,
    )


def test_an_error_in_a_tab_is_the_cells_own(shell):
    run(shell, "tab.interact_select('jax')")
    assert isinstance(run(shell, '%%tab jax\n1 / 0'), ZeroDivisionError)


@pytest.mark.parametrize(
    ('code', 'message'),
    [
        ('%%tab torch\n1', "no tab 'torch'; tabs are: pytorch, tensorflow, jax, mxnet"),
        ('%%from base', 'Write `%%from section import Name, Other`'),
        ('%%from base import Q', 'defines no Q; it defines A'),
        ('%%from nowhere import A', 'No section nowhere.md'),
        ("tab.interact_select('torch')", "no tab 'torch'"),
    ],
)
def test_mistakes_say_what_there_is(shell, book, cell, code, message):
    book.write(cell('class A:\n    pass'), 'base')
    run(shell, "tab.interact_select('jax')")
    assert message in str(run(shell, code))


def test_a_framework_must_be_chosen_first(shell):
    assert 'Choose a framework first' in str(run(shell, '%%tab jax\n1'))


@pytest.mark.parametrize('folder', ['.', 'notebooks'])
def test_from_runs_the_definitions_of_the_tab(shell, book, cell, monkeypatch, folder):
    text = cell("%%tab pytorch\ndef f():\n    return 'pytorch'")
    text += cell("%%tab jax\ndef f():\n    return 'jax'")
    book.write(text, 'base')
    monkeypatch.chdir(folder)
    run(shell, "tab.interact_select('jax', 'pytorch')")
    assert run(shell, '%%from base import f') is None
    assert shell.run_cell('f()').result == 'jax'
    assert run(shell, '%%tab pytorch\n%%from base import f') is None
    assert shell.run_cell('f()').result == 'jax'


def test_the_menu_changes_the_choice(monkeypatch):
    widgets = pytest.importorskip('ipywidgets', reason='ipywidgets is not installed')
    monkeypatch.setitem(live._state, 'tab', None)
    shown = []
    monkeypatch.setattr('IPython.display.display', shown.append)
    live.interact_select(['pytorch', 'jax'])
    (menu,) = shown
    assert isinstance(menu, widgets.Dropdown)
    assert live.selected('pytorch')
    menu.value = 'jax'
    assert live.selected('jax')


def test_a_choice_stays_where_it_is_offered_again(monkeypatch):
    pytest.importorskip('ipywidgets', reason='ipywidgets is not installed')
    monkeypatch.setitem(live._state, 'tab', None)
    shown = []
    monkeypatch.setattr('IPython.display.display', shown.append)
    live.interact_select(['pytorch', 'jax'])
    shown[-1].value = 'jax'
    live.interact_select(['pytorch', 'jax'])
    assert live.selected('jax')
    assert shown[-1].value == 'jax'
    live.interact_select(['pytorch', 'mxnet'])
    assert live.selected(shown[-1].value)
    assert not live.selected('jax')


def test_the_extension_can_be_loaded_twice_and_unloaded(shell):
    shell.run_line_magic('load_ext', 'tabbook')
    shell.run_line_magic('reload_ext', 'tabbook.live')
    assert shell.input_transformers_cleanup.count(live.transform) <= 1
    shell.run_line_magic('unload_ext', 'tabbook.live')
    assert run(shell, '%%tab jax\nx = 1') is not None
