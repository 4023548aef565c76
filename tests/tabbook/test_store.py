"""What a key depends on, and how outputs are kept."""

import errno
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from tabbook import store

import d2l_shim


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


def test_a_key_changes_with_versions_and_package(key, monkeypatch):
    keys = {key('jax')}
    monkeypatch.setattr(store, '_versions', lambda tab: ['jax 99'])
    keys.add(key('jax'))
    monkeypatch.setattr(store, '_shim', lambda tab: 'other')
    keys.add(key('jax'))
    assert len(keys) == 3


@pytest.mark.parametrize(
    ('package', 'name'), [('yaml', 'PyYAML'), ('traitlets', 'traitlets')]
)
def test_versions_are_those_of_what_holds_the_package(monkeypatch, package, name):
    framework = store.FRAMEWORKS['jax']._replace(package=package)
    monkeypatch.setitem(store.FRAMEWORKS, 'jax', framework)
    found = store._versions.__wrapped__('jax')
    assert found == [f'{name} {version(name)}', sys.version]


def test_a_key_changes_with_the_data_if_the_code_uses_them(book, cell, monkeypatch):
    book.write(cell('d2l = 1\nd2l.FashionMNIST()'))
    keys = set()
    for state in ('abc', 'synthetic'):
        monkeypatch.setattr(store, '_data', lambda name, state=state: f'{name} {state}')
        keys.add(store.key(book.library['tiny'], 'jax', book.library))
        facts = store.meta(['d2l.FashionMNIST()'])
        assert facts['data'] == f'fashion-mnist {state}'
    assert len(keys) == 2
    assert store.meta(['x = 1'])['data'] == 'none'


def test_data_that_cannot_be_had_are_one_sentence(book, cell, monkeypatch, tmp_path):
    monkeypatch.setenv('D2L_DATA_DIR', str(tmp_path))
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    monkeypatch.setenv('D2L_MIRRORS', '')
    store._data.cache_clear()
    book.write(cell('FashionMNIST = 1'))
    with pytest.raises(store.StoreError, match='D2L_DATA_DIR'):
        store.key(book.library['tiny'], 'jax', book.library)


def test_an_unknown_profile_is_one_sentence(key, monkeypatch):
    monkeypatch.setenv('D2L_PROFILE', 'fast')
    with pytest.raises(store.StoreError, match='smoke, quick, full'):
        key('jax')


@pytest.mark.parametrize(
    ('name', 'changed'),
    [
        ('core.py', {'pytorch', 'tensorflow', 'jax', 'mxnet'}),
        ('torch.py', {'pytorch'}),
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


def test_store_and_load(book):
    outputs = [[], [{'output_type': 'stream', 'name': 'stdout', 'text': 'ö\n'}]]
    assert store.load('k') is None
    assert store.load_outputs('k') is None
    store.store('k', outputs, {'profile': 'full'})
    assert store.load('k') == store.Stored(outputs, {'profile': 'full'})
    assert store.load_outputs('k') == outputs
    assert [path.name for path in Path('_build/outputs').iterdir()] == ['k.json']


def test_a_full_disk_leaves_what_was_there(book, monkeypatch):
    def full(path, data):
        with path.open('wb') as file:
            file.write(data[:5])
        raise OSError(errno.ENOSPC, 'No space left on device')

    store.store('k', [[]], {})
    monkeypatch.setattr(Path, 'write_bytes', full)
    with pytest.raises(OSError, match='No space left'):
        store.store('k', [[], []], {})
    assert store.load_outputs('k') == [[]]
    assert [path.name for path in Path('_build/outputs').iterdir()] == ['k.json']


def test_a_broken_file_counts_as_none(book):
    store.store('k', [[]], {})
    Path('_build/outputs/k.json').write_text('{"outputs": [', encoding='utf-8')
    assert store.load('k') is None
