"""Published weights: what libraries write, under the book's names; what is refused."""

import pickle
import re
import shutil
import subprocess
import sys
from math import prod
from pathlib import Path

import h5py
import numpy as np
import pytest
import safetensors.numpy as st

from d2l_shim import convert, starts, weights
from d2l_shim.densenets import DENSENETS, SOURCES, layers
from tests.helpers import ROOT
from tests.inside.foreign import MORE, numbers

COUNTS = {121: 7_978_856, 161: 28_681_000, 169: 14_149_480, 201: 20_013_928}
TABS = {'torchvision': 'pytorch', 'keras': 'tensorflow', 'gluon': 'mxnet'}
FORMS = {
    'torchvision': ['pth', 'published', 'safetensors'],
    'keras': ['h5', 'weights.h5', 'published'],
    'gluon': ['params', 'before', 'symbol'],
}
WRITTEN = [(121, source, form) for source in FORMS for form in FORMS[source]]
WRITTEN += [
    (depth, source, forms[0])
    for depth in (161, 169, 201)
    for source, forms in FORMS.items()
    if (depth, source) != (161, 'keras')  # Keras has none
]


def run(checkpoint, out, *options):
    """Convert by the command; return (exit status, what it said)."""
    done = subprocess.run(
        [sys.executable, '-m', 'd2l_shim.convert', checkpoint, '--out', out, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope='module')
def written(workers, tmp_path_factory):
    """Return a function that lets a library write a DenseNet: its path."""
    folder, made = tmp_path_factory.mktemp('published'), {}

    def write(source, form, depth=121):
        key = source, form, depth
        if key not in made:
            end = form if '.' in form else f'{form}.h5'
            made[key] = folder / f'{source}-{depth}.{end}'
            workers[TABS[source]].ask(
                'tests.inside.foreign.checkpoint',
                path=str(made[key]),
                form=form,
                depth=depth,
            )
        return made[key]

    return write


@pytest.mark.parametrize('depth', DENSENETS)
def test_the_layers_are_as_many_and_as_large_as_published(depth):
    made = list(layers(*DENSENETS[depth], 1000))
    deep = [layer for layer in made if layer.kind != 'norm']
    assert len(deep) == depth
    learned = [
        prod(shape)
        for layer in made
        for tensor, shape in layer.shapes().items()
        if 'running' not in tensor
    ]
    assert sum(learned) == COUNTS[depth]


@pytest.mark.parametrize(('depth', 'source', 'form'), WRITTEN)
def test_each_tensor_of_a_library_gets_its_canonical_name(
    written, tmp_path, depth, source, form
):
    status, said = run(written(source, form, depth), tmp_path / 'out')
    label = SOURCES[source].label
    assert (status, said.partition(', ')[0]) == (
        0,
        f'{tmp_path / "out"}: DenseNet-{depth} of {label}',
    )
    tensors, order, shapes = weights.read(tmp_path / 'out')
    assert shapes == ((3, 224, 224),)
    assert weights.source(tmp_path / 'out') == source
    norms = convolutions = depth - 1
    assert len(order) == convolutions + 4 * (norms + 1) + 2
    for i, name in enumerate(order):
        drawn = numbers(name, tensors[name].shape, i) * np.float64(MORE)
        if name.endswith('running_var'):
            drawn = drawn + (SOURCES[source].eps - 1e-5)
        np.testing.assert_array_equal(tensors[name], drawn, name)


def state_dict(depth=121, num_classes=1000):
    """Return what torchvision's state dict would hold, of zeros."""
    source = SOURCES['torchvision']
    (name,) = source.names
    plan = source.plan(name, depth, num_classes)
    return {own: np.zeros(shape, np.float32) for own, (_, shape) in plan.items()}


def without(*names):
    tensors = state_dict()
    for name in names:
        del tensors[name]
    return tensors


KERNEL = 'features.denseblock3.denselayer24.conv1.weight'
MEAN = 'features.denseblock2.denselayer5.norm2.running_mean'
A_121 = 'is a DenseNet-121 of torchvision'
REFUSED = {
    'missing': (without(MEAN), f'{A_121}, but {MEAN} is missing'),
    'one layer less': (
        without(*(name for name in state_dict() if 'denseblock4.denselayer16' in name)),
        f'{A_121}, but features.denseblock4.denselayer16.norm1.weight is missing',
    ),
    'unknown': (
        state_dict() | {'features.conv1.weight': np.zeros(3)},
        f'{A_121}, but has no place for features.conv1.weight',
    ),
    'a bias': (
        state_dict() | {KERNEL.replace('weight', 'bias'): np.zeros(128)},
        f'{A_121}, but has no place for features.denseblock3.denselayer24.conv1.bias',
    ),
    'wider': (
        state_dict() | {KERNEL: np.zeros((64, 992, 1, 1))},
        f'{KERNEL} has the shape (64, 992, 1, 1) instead of (128, 992, 1, 1)',
    ),
    'transposed': (
        state_dict() | {KERNEL: np.zeros((1, 1, 992, 128))},
        f'{KERNEL} has the shape (1, 1, 992, 128) instead of (128, 992, 1, 1)',
    ),
    'statistics of another': (
        state_dict() | {MEAN: np.zeros(64)},
        f'{MEAN} has the shape (64,) instead of (128,)',
    ),
    'classifier and bias': (
        state_dict() | {'classifier.bias': np.zeros(10)},
        'classifier.weight has the shape (1000, 1024) instead of (10, 1024)',
    ),
    'a number for a bias': (
        state_dict() | {'classifier.bias': np.zeros(())},
        'classifier.weight has the shape (1000, 1024) instead of (1, 1024)',
    ),
    'integers': (
        state_dict() | {MEAN: np.zeros(128, np.int64)},
        f'{MEAN} holds int64 instead of real numbers',
    ),
    'grey': (
        state_dict() | {'features.conv0.weight': np.zeros((64, 1, 7, 7))},
        'features.conv0.weight has the shape (64, 1, 7, 7) instead of (64, 3, 7, 7)',
    ),
    'no classifier': (
        without('classifier.weight', 'classifier.bias'),
        f'{A_121} without its classifier; --classes 10 gives it a new one of ten',
    ),
    'no DenseNet': (
        {'layer1.0.conv1.weight': np.zeros((64, 64, 3, 3))},
        'holds no DenseNet of torchvision: of its 1 tensors the first is layer1.0.',
    ),
    'nothing': ({}, 'holds no DenseNet of torchvision'),
}


def is_a_sentence(message):
    return re.fullmatch(r'convert: [^\n]+\.', message)


@pytest.mark.parametrize('case', REFUSED)
def test_what_does_not_fit_is_named(tmp_path, case):
    tensors, says = REFUSED[case]
    st.save_file(tensors, tmp_path / 'bad.safetensors')
    with pytest.raises(weights.WeightsError) as caught:
        convert.read(tmp_path / 'bad.safetensors')
    assert says in str(caught.value)
    assert is_a_sentence(str(caught.value))


def test_layouts_are_named_as_the_library_has_them(written, tmp_path):
    path = tmp_path / 'bad.h5'
    shutil.copy(written('keras', 'weights.h5'), path)
    with h5py.File(path, 'a') as file:
        kernel = file['layers/conv2d_1/vars']
        assert kernel.attrs['name'] == 'conv2_block1_1_conv'
        del kernel['0']
        kernel['0'] = np.zeros((128, 64, 1, 1))
    with pytest.raises(weights.WeightsError) as caught:
        convert.read(path)
    assert str(caught.value) == (
        f'convert: in {path} conv2_block1_1_conv.kernel has the shape (128, 64, 1, 1) '
        'instead of (1, 1, 64, 128); nothing was written.'
    )


def cut(data):
    return data[: len(data) // 2]


def other(data):
    return b'once upon a time there was a network'


@pytest.mark.parametrize('spoil', [cut, other])
@pytest.mark.parametrize('source', FORMS)
def test_a_broken_file_is_refused_in_a_sentence(written, tmp_path, source, spoil):
    path, out = tmp_path / 'bad', tmp_path / 'out'
    path.write_bytes(spoil(written(source, FORMS[source][0]).read_bytes()))
    out.write_bytes(b'as it was')
    status, said = run(path, out)
    assert status == 1
    assert str(path) in said
    assert is_a_sentence(said.strip())
    assert out.read_bytes() == b'as it was'


@pytest.mark.needs('pytorch')
def test_no_code_of_a_file_is_run(tmp_path):
    path = tmp_path / 'bad.pth'
    path.write_bytes(pickle.dumps(Trap(tmp_path / 'sprung'), protocol=2))
    status, said = run(path, tmp_path / 'out')
    assert (status, is_a_sentence(said.strip()) is not None) == (1, True)
    assert list(tmp_path.iterdir()) == [path]


class Trap:
    """Makes the file `path` where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize(
    ('package', 'source'), [('torch', 'torchvision'), ('h5py', 'keras')]
)
def test_a_package_that_is_missing_is_named(
    written, tmp_path, monkeypatch, package, source
):
    path = written(source, FORMS[source][0])
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(weights.WeightsError) as caught:
        convert.read(path)
    message = str(caught.value)
    assert f'convert: reading {path} needs {package}, which is not' in message
    assert is_a_sentence(message)


def test_a_network_without_a_classifier_gets_a_new_one(written, tmp_path):
    path = written('keras', 'notop')
    status, said = run(path, tmp_path / 'out')
    assert (status, '--classes 10 gives it' in said) == (1, True)
    status, said = run(path, tmp_path / 'out', '--classes', '7')
    assert status == 0
    tensors, order, _ = weights.read(tmp_path / 'out')
    assert order[-2:] == ['241.linear.weight', '241.linear.bias']
    kernel = starts.draw(order[-2], (7, 1024), len(order) - 2, seed=0)
    np.testing.assert_array_equal(tensors['241.linear.weight'], kernel)
    np.testing.assert_array_equal(tensors['241.linear.bias'], np.zeros(7))


def test_a_classifier_can_be_exchanged(tmp_path):
    st.save_file(state_dict(), tmp_path / 'all')
    network = convert.read(tmp_path / 'all', num_classes=3)
    assert network.tensors['241.linear.weight'].shape == (3, 1024)
    assert network.tensors['241.linear.weight'].any()


@pytest.mark.parametrize('number', ['0', '-3', 'many'])
def test_a_number_of_classes_is_positive(tmp_path, number):
    status, said = run(tmp_path / 'none', tmp_path / 'out', f'--classes={number}')
    assert status == 2
    assert f"argument --classes: invalid positive value: '{number}'" in said


def test_a_file_of_the_book_is_no_checkpoint(tmp_path):
    path = tmp_path / 'own'
    weights.write(path, {'000.conv.bias': np.ones(3)}, [(1, 4, 4)])
    with pytest.raises(weights.WeightsError, match='load_weights takes it as it is'):
        convert.read(path)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    st.save_file(state_dict(), tmp_path / 'all')
    status, said = run(tmp_path / 'all', tmp_path / 'nowhere' / 'out')
    assert (status, f'cannot write {tmp_path}/nowhere/out (' in said) == (1, True)
