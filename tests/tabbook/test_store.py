"""What a key depends on, and how outputs are kept."""

import ast
import errno
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import d2l_shim
from tabbook.run import store


@pytest.fixture
def key(book, cell):
    """A function: the key of a tab of the section `tiny`."""
    text = cell('%%tab pytorch\nx = 1') + cell('%%tab jax\nx = 2')
    book.write(text)
    return lambda tab: store.key(book.library['tiny'], tab, book.library)


def test_a_key_changes_with_the_code_of_its_tab_alone(book, cell, key):
    before = key('pytorch'), key('jax')
    book.write('Prose.\n\n' + cell('%%tab pytorch\nx = 1') + cell('%%tab jax\nx = 3'))
    assert key('pytorch') == before[0]
    assert key('jax') != before[1]
    assert before[0] != before[1]


def test_a_key_changes_with_what_it_brings(book, cell, key):
    book.write(cell('def f():\n    return 1') + cell('z = 1'), 'base')
    book.write(cell('%%from base import f'))
    before = key('jax')
    book.write(cell('def f():\n    return 1') + cell('z = 2'), 'base')
    assert key('jax') == before
    book.write(cell('def f():\n    return 2'), 'base')
    assert key('jax') != before


@pytest.mark.parametrize(
    ('name', 'value'), [('D2L_PROFILE', 'quick'), ('D2L_DEVICE', 'gpu')]
)
def test_a_key_changes_with_the_settings(key, monkeypatch, name, value):
    before = key('jax')
    monkeypatch.setenv(name, value)
    assert key('jax') != before


ALL = {'pytorch', 'tensorflow', 'jax', 'mxnet'}
RERUN = {
    'torch': {'pytorch'},
    'tensorflow': {'tensorflow'},
    'keras': {'tensorflow'},
    'jax': {'jax'},
    'flax': {'jax'},
    'optax': {'jax'},
    'mxnet': {'mxnet'},
    'numpy': ALL,
    'matplotlib': ALL,
    'pandas': ALL,
    'matplotlib_inline': ALL,
    'IPython': ALL,
    'PIL': ALL,
    'Sphinx': set(),
    'pytest': set(),
}


@pytest.mark.parametrize('package', RERUN)
def test_an_upgraded_package_reruns_its_frameworks_alone(
    book, cell, tmp_path, monkeypatch, package
):
    """The package is found in a folder of its own, in a version that is none."""
    book.write(cell('x = 1'), tabs='[pytorch, tensorflow, jax, mxnet]')

    def forget():
        store.versions.cache_clear()
        store._holders.cache_clear()

    def keys():
        forget()
        section, library = book.library['tiny'], book.library
        return {(tab, store.key(section, tab, library)) for tab in ALL}

    before = keys()
    info = tmp_path / f'{package}-999.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text(f'Name: {package}\nVersion: 999\n', 'utf-8')
    monkeypatch.syspath_prepend(tmp_path)
    changed = keys() - before
    forget()
    assert {tab for tab, _ in changed} == RERUN[package]


NO_OUTPUT = {
    'pooch',
    'requests',
    'safetensors',
    'ipywidgets',
    'tabbook',
    'd2l_shim',
    'tqdm',
}


def test_a_key_knows_every_package_that_the_shim_imports():
    files = Path(d2l_shim.__file__).parent.rglob('*.py')
    nodes = [node for f in files for node in ast.walk(ast.parse(f.read_text('utf-8')))]
    found = {n.module for n in nodes if isinstance(n, ast.ImportFrom) if not n.level}
    for node in nodes:
        found |= {a.name for a in node.names} if isinstance(node, ast.Import) else set()
    found = {name.partition('.')[0] for name in found} - sys.stdlib_module_names
    known = {name for f in store.FRAMEWORKS.values() for name in f.packages}
    assert found - NO_OUTPUT - known == set(store.SHARED)


def test_a_package_is_known_by_what_holds_it():
    names = {
        'yaml': f'PyYAML {version("PyYAML")}',
        'traitlets': f'traitlets {version("traitlets")}',
        'nowhere': 'no nowhere',
    }
    for package, expected in names.items():
        assert store.release(package) == expected


def test_a_key_changes_with_the_data_that_the_section_names(book, cell, monkeypatch):
    keys = {name: set() for name in ('tiny', 'other')}
    book.write(cell('x = 1'), front='data: [fashion-mnist]\n')
    book.write(cell('x = 1'), 'other')
    for state in ('abc', 'synthetic'):
        monkeypatch.setattr(store, '_data', lambda name, state=state: f'{name} {state}')
        for name, found in keys.items():
            found.add(store.key(book.library[name], 'jax', book.library))
        facts = store.meta(book.library['tiny'])
        assert facts['data'] == f'fashion-mnist {state}'
    assert {name: len(found) for name, found in keys.items()} == {'tiny': 2, 'other': 1}
    assert store.meta(book.library['other'])['data'] == 'none'


SAME = [
    ('x = 1', 'x = 1  # as FashionMNIST', True),
    ('x = 1\ny = 2', '# both\nx = 1\n\ny  =  2', True),
    ('x', 'x;', False),  # IPython is told to show nothing
    ('%matplotlib inline', '%matplotlib agg', False),
    ('!echo 1', '!echo 1  # one', False),
    ('def f():\n    "One."', 'def f():\n    "Two."', False),
    ('if x:\n    f()\ng()', 'if x:\n    f()\n    g()', False),
    ('inspect.getsource(f)', 'inspect.getsource(f)  # shown', False),
]


@pytest.mark.parametrize(('one', 'other', 'same'), SAME)
def test_a_comment_is_no_reason_to_run_again(book, cell, one, other, same):
    keys = set()
    for code in (one, other):
        book.write(cell(code))
        keys.add(store.key(book.library['tiny'], 'jax', book.library))
    assert len(keys) == 2 - same


def test_data_that_cannot_be_had_are_one_sentence(book, cell, monkeypatch, tmp_path):
    monkeypatch.setenv('D2L_DATA_DIR', str(tmp_path))
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    monkeypatch.setenv('D2L_MIRRORS', '')
    store._data.cache_clear()
    book.write(cell('x = 1'), front='data: [fashion-mnist]\n')
    with pytest.raises(store.StoreError, match='D2L_DATA_DIR'):
        store.key(book.library['tiny'], 'jax', book.library)


def test_an_unknown_device_is_one_sentence(key, monkeypatch):
    monkeypatch.setenv('D2L_DEVICE', 'cuda')
    with pytest.raises(store.StoreError, match="'cuda' is not a device: use cpu or"):
        key('jax')


def test_an_unknown_profile_is_one_sentence(key, monkeypatch):
    monkeypatch.setenv('D2L_PROFILE', 'fast')
    with pytest.raises(store.StoreError, match='smoke, quick, full'):
        key('jax')


@pytest.mark.parametrize(
    ('name', 'changed'),
    [
        ('core.py', {'pytorch', 'tensorflow', 'jax', 'mxnet'}),
        ('torch.py', {'pytorch'}),
        ('adapters/torch.py', {'pytorch'}),
        ('mxnet_compat.py', {'mxnet'}),
    ],
)
def test_a_file_of_the_package_counts_for_its_frameworks(tmp_path, name, changed):
    folder = tmp_path / 'd2l_shim'
    shutil.copytree(Path(d2l_shim.__file__).parent, folder)
    tabs = ('pytorch', 'tensorflow', 'jax', 'mxnet')
    before = {tab: store.shim_hash(tab, folder) for tab in tabs}
    with (folder / name).open('a') as file:
        file.write('# changed\n')
    after = {tab: store.shim_hash(tab, folder) for tab in tabs}
    assert {tab for tab in tabs if before[tab] != after[tab]} == changed


def test_a_file_of_another_package_counts_for_its_framework(tmp_path, monkeypatch):
    """That of a framework which joined the registry."""
    (tmp_path / 'seventh.py').write_text('x = 1', 'utf-8')
    monkeypatch.syspath_prepend(tmp_path)
    line = store.FRAMEWORKS['jax']._replace(shim='seventh')
    monkeypatch.setitem(store.FRAMEWORKS, 'seventh', line)
    before = store._shim.__wrapped__('seventh')
    (tmp_path / 'seventh.py').write_text('x = 2', 'utf-8')
    assert store._shim.__wrapped__('seventh') != before


def test_store_and_load(book):
    outputs = [[], [{'output_type': 'stream', 'name': 'stdout', 'text': 'ö\n'}]]
    folder = book.project.outputs
    assert store.load('k', folder) is None
    assert store.load_outputs('k', folder) is None
    store.store('k', outputs, {'profile': 'full'}, folder)
    assert store.load('k', folder) == store.Stored(outputs, {'profile': 'full'})
    assert store.load_outputs('k', folder) == outputs
    assert names(book) == {'k.json'}


def test_a_full_disk_leaves_what_was_there(book, monkeypatch):
    def full(path, data):
        with path.open('wb') as file:
            file.write(data[:5])
        raise OSError(errno.ENOSPC, 'No space left on device')

    folder = book.project.outputs
    store.store('k', [[]], {}, folder)
    monkeypatch.setattr(Path, 'write_bytes', full)
    with pytest.raises(OSError, match='No space left'):
        store.store('k', [[], []], {}, folder)
    assert store.load_outputs('k', folder) == [[]]
    assert names(book) == {'k.json'}


@pytest.mark.parametrize('text', ['{"outputs": [', '', 'null', '{"outputs": []}'])
def test_a_broken_file_counts_as_none(book, text):
    folder = book.project.outputs
    store.store('k', [[]], {}, folder)
    (folder / 'k.json').write_text(text, encoding='utf-8')
    assert store.load('k', folder) is None


@pytest.fixture
def kept(book, cell):
    """A function: stores outputs for `tiny` as it is, and returns their file's name."""
    code = cell('%%tab pytorch\nx = 1') + cell('%%tab jax\nx = 2')

    def keep(tab='jax', name='tiny', code=code, **environment):
        with pytest.MonkeyPatch.context() as patch:
            for variable, value in environment.items():
                patch.setenv(variable, value)
            book.write(code, name)
            key = store.key(book.library[name], tab, book.library)
            facts = {
                **store.meta(book.library[name]),
                'section': name,
                'tab': tab,
                'seconds': 1.0,
            }
            store.store(key, [[]], facts, book.project.outputs)
        return f'{key}.json'

    return keep


def names(book):
    return {path.name for path in book.project.outputs.iterdir()}


def test_what_no_key_names_goes_and_all_else_stays(book, cell, kept):
    old = {
        kept(code=cell('x = 3')),
        kept(code=cell('x = 3'), D2L_PROFILE='quick'),
        kept(code=cell('x = 3'), D2L_DEVICE='gpu'),
        kept(name='gone'),
    }
    (book.folder / 'gone.md').unlink()
    valid = {
        kept(),
        kept('pytorch'),
        kept(name='other', code=cell('y = 1')),
        kept(D2L_PROFILE='quick'),
        kept(D2L_DEVICE='gpu'),
        kept(D2L_PROFILE='smoke', D2L_DEVICE='gpu'),
    }
    assert names(book) == old | valid
    store.prune(book.library, book.project.outputs)
    assert names(book) == valid


def test_what_cannot_be_told_stays(book, cell, kept, monkeypatch):
    broken = kept(name='broken', code=cell('x = 3'))
    book.write('```{code-cell}\n', 'broken')
    absent = kept('pytorch', code=cell('x = 3'))
    kept()
    monkeypatch.setattr(store, 'installed', lambda tab: tab != 'pytorch')
    store.prune(book.library, book.project.outputs)
    assert {broken, absent} < names(book)


def test_what_a_killed_run_left_goes_and_what_another_writes_stays(book, kept):
    valid = kept()
    with subprocess.Popen(['true']) as ended:
        pass
    live, half = f'.k.json.{os.getpid()}-1', f'.k.json.{ended.pid}-1'
    mine = '.k.json.swp'  # an editor's
    for name in (live, half, mine, 'k.json'):
        (book.project.outputs / name).write_text('{"outputs": [', encoding='utf-8')
    store.prune(book.library, book.project.outputs)
    assert names(book) == {live, mine, valid}


def test_pruning_what_is_not_there(book):
    store.prune(book.library, book.project.outputs)
    assert not book.project.outputs.exists()
