"""Published weights: found and converted, or said in a sentence that they are not."""

import hashlib
import json
import os
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import safetensors.numpy as st

from d2l_shim import convert, published, weights
from d2l_shim.data import fetch, sets
from d2l_shim.densenets import SOURCES

NAME, FILE = 'densenet-torchvision', 'densenet121.safetensors'


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A D2L_DATA_DIR without any file, and no network."""
    monkeypatch.setenv('MPLCONFIGDIR', matplotlib.get_cachedir())
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    monkeypatch.setenv('HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('D2L_DATA_DIR', str(tmp_path / 'own'))
    monkeypatch.setenv('D2L_MIRRORS', '')
    monkeypatch.setenv('D2L_PROFILE', 'full')
    return tmp_path / 'own'


@pytest.fixture
def own(folder, monkeypatch):
    """A file as torchvision's, which the reader has."""
    source = SOURCES['torchvision']
    plan = source.plan(source.names[0], 121, 2)
    tensors = {own: np.ones(shape, np.float32) for own, (_, shape) in plan.items()}
    raw = st.save(tensors)
    known = sets.DataSet({FILE: hashlib.sha256(raw).hexdigest()}, (), stand_in=False)
    monkeypatch.setitem(fetch.DATA_SETS, NAME, known)
    (folder / NAME).mkdir(parents=True)
    (folder / NAME / FILE).write_bytes(raw)


@pytest.mark.parametrize('profile', ['full', 'smoke'])
def test_weights_that_are_there_are_converted(own, folder, monkeypatch, profile):
    monkeypatch.setenv('D2L_PROFILE', profile)
    path = published.weights('torchvision', 121)
    assert folder not in path.parents
    assert len(weights.read(path)[0]) == 120 + 121 * 4 + 2


def test_what_is_converted_is_kept(own, folder, monkeypatch):
    path = published.weights()
    os.utime(folder / NAME / FILE, (0, 0))
    monkeypatch.setattr(convert, 'read', None)
    before = path.stat()
    assert published.weights() == path
    assert path.stat() == before


def test_what_is_newer_is_converted_anew(own, folder):
    path = published.weights()
    path.write_bytes(b'before')
    os.utime(path, (0, 0))
    assert len(weights.read(published.weights())[0]) == 120 + 121 * 4 + 2


def has_no_package(monkeypatch):
    error = weights.WeightsError('convert: reading a needs torch, which is not here.')

    def read(path):
        raise error

    monkeypatch.setattr(convert, 'read', read)
    return str(error)


def has_a_file_for_a_folder(monkeypatch):
    folder = fetch.cached(NAME)
    folder.parent.mkdir(parents=True)
    folder.write_bytes(b'')
    return f'published.weights: cannot write {folder}/{FILE} (Not a directory);'


def has_no_room(monkeypatch):
    def full(path, data):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(Path, 'write_bytes', full)
    return f'published.weights: cannot write {fetch.cached(NAME, FILE)} (No space'


@pytest.mark.parametrize(
    'reader', [has_no_package, has_a_file_for_a_folder, has_no_room]
)
def test_weights_that_cannot_be_converted_are_a_sentence(
    own, monkeypatch, capsys, reader
):
    says = reader(monkeypatch)
    assert published.weights() is None
    said = capsys.readouterr().out
    assert said.startswith(says)
    assert said.count('\n') == 1


@pytest.mark.parametrize('profile', ['full', 'quick'])
def test_a_damaged_file_is_a_sentence(own, folder, monkeypatch, capsys, profile):
    monkeypatch.setenv('D2L_PROFILE', profile)
    (folder / NAME / FILE).write_bytes(b'damaged')
    assert published.weights() is None
    said = capsys.readouterr().out
    assert f"{folder / NAME / FILE}' is damaged or not the official file" in said
    assert said.count('\n') == 1


@pytest.mark.parametrize('source', SOURCES)
def test_weights_that_cannot_be_had_are_a_sentence(capsys, source):
    assert published.weights(source) is None
    said = capsys.readouterr().out
    assert said.startswith(f'densenet-{source}/densenet121')
    assert said.endswith('or connect to the network once.\n')
    assert said.count('\n') == 1


def test_a_smaller_profile_fetches_nothing(capsys, monkeypatch):
    monkeypatch.setenv('D2L_PROFILE', 'quick')
    monkeypatch.delenv('D2L_MIRRORS')
    monkeypatch.setattr(fetch, '_fetch', None)
    assert published.weights('gluon', 161) is None
    assert capsys.readouterr().out == (
        'densenet-gluon/densenet161-b6c8a957.params is not here, and only the full '
        'profile fetches it: start it with `D2L_PROFILE=full python ...`.\n'
    )


@pytest.mark.parametrize(
    ('source', 'depth', 'says'),
    [
        ('caffe', 121, "no source 'caffe'; there are torchvision, keras, gluon."),
        (['keras'], 121, r"no source \['keras'\]; there are torchvision, keras, gl"),
        (None, 121, 'no source None; there are torchvision, keras, gluon.'),
        ('keras', 161, 'of keras there are 121, 169, 201, not 161; fetch the file'),
        ('gluon', '12', "of gluon there are 121, 161, 169, 201, not '12'; fetch the"),
    ],
)
def test_what_nobody_published_is_refused(source, depth, says):
    with pytest.raises(ValueError, match=says):
        published.weights(source, depth)


def test_classes_have_names_where_they_can_be_had(folder, monkeypatch, capsys):
    assert published.class_names()[998:] == ['class 998', 'class 999']
    assert capsys.readouterr().out.startswith(
        'imagenet-names/imagenet_class_index.json'
    )
    known = {str(i): [f'n{i}', f'a_{i}'] for i in range(1000)}
    raw = json.dumps(dict(sorted(known.items()))).encode()
    there = sets.DataSet({'names.json': hashlib.sha256(raw).hexdigest()}, (), False)
    monkeypatch.setitem(fetch.DATA_SETS, 'imagenet-names', there)
    (folder / 'imagenet-names').mkdir(parents=True)
    (folder / 'imagenet-names/names.json').write_bytes(raw)
    assert published.class_names()[9:11] == ['a 9', 'a 10']
    assert capsys.readouterr().out == ''
