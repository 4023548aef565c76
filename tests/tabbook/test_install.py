"""The install cell of generated notebooks, run as IPython would, without pip."""

import re
import tomllib

import pytest
import yaml
from IPython.core.inputtransformer2 import TransformerManager
from tabbook import install

import d2l_shim
from d2l_shim.frameworks import FRAMEWORKS

TABS = tuple(FRAMEWORKS)


@pytest.fixture
def cells(root):
    """{tab: source} of the book's install cells."""
    return {tab: install.cell(tab, root) for tab in TABS}


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a cell where only the packages `there` exist; the pip commands it gives."""
    def run(source, there):
        calls, scope = [], {}

        class IPython:
            def run_line_magic(self, name, line):
                calls.append(f'{name} {line.format(**scope)}')

        monkeypatch.setattr('importlib.util.find_spec', lambda name: name in there)
        scope['get_ipython'] = IPython
        exec(TransformerManager().transform_cell(source), scope)
        assert capsys.readouterr().out == ''
        return calls

    return run


@pytest.mark.parametrize('tab', TABS)
def test_nothing_happens_where_all_is_there(cells, run, tab):
    assert run(cells[tab], install.needs(tab)) == []


@pytest.mark.parametrize(('tab', 'absent'), [
    (tab, name) for tab in TABS for name in install.needs(tab)])
def test_whatever_is_missing_is_installed(cells, run, tab, absent):
    commands = run(cells[tab], set(install.needs(tab)) - {absent})
    extra = f'[{tab}]' if tab != 'mxnet' else ''
    assert all(command.startswith('pip install -q ') for command in commands)
    assert f'd2l-shim{extra} @ git+' in commands[0]


def test_mxnet_goes_in_without_the_old_numpy_that_it_asks_for(cells, run, root):
    assert run(cells['mxnet'], ()) == [
        'pip install -q graphviz looseversion requests '
        f'"d2l-shim @ {install.address(root)}"',
        'pip install -q --no-deps "mxnet>=1.9.1"',
    ]


def test_the_cell_and_the_extras_ask_for_the_same(root):
    project = tomllib.loads((root / 'pyproject.toml').read_text('utf-8'))['project']
    for tab, lines in project['optional-dependencies'].items():
        if tab in TABS:
            named = {re.match(r'[\w-]+', line)[0] for line in lines}
            brought = {'graphviz', 'requests'} if tab == 'mxnet' else set()
            assert set(install.needs(tab)) == {'d2l_shim', *named, *brought}
            assert FRAMEWORKS[tab].alone in ['', *lines]


def test_only_lower_bounds_are_named(root, cells):
    project = tomllib.loads((root / 'pyproject.toml').read_text('utf-8'))['project']
    asked = [line for tab in TABS for line in project['optional-dependencies'][tab]]
    bound = re.compile(r'[\w-]+(>=[\d.]+)?')
    assert [x for x in [*asked, *project['dependencies']]
            if not bound.fullmatch(x)] == []
    assert not any(re.search(r'[=~]=|<|!=|upgrade|-U', x) for x in cells.values())


@pytest.mark.parametrize('tab', TABS)
def test_the_shim_comes_from_the_release_of_the_books_repository(root, cells, tab):
    url = yaml.safe_load((root / '_config.yml').read_text('utf-8'))['repository']['url']
    (address,) = re.findall(r"'(git\+.+)'", cells[tab])
    assert address == f'git+{url}@v{d2l_shim.__version__}'
    assert max(map(len, cells[tab].splitlines())) <= 79


def test_a_book_without_a_repository_has_no_install_cell(tmp_path):
    (tmp_path / '_config.yml').write_text('title: a test\n', 'utf-8')
    assert install.cell('jax', tmp_path) is None
    (tmp_path / '_config.yml').write_text('', 'utf-8')
    assert install.address(tmp_path) is None


@pytest.mark.parametrize('tab', TABS)
def test_the_cell_is_the_same_every_time(root, cells, tab):
    assert install.cell(tab, str(root)) == cells[tab]
