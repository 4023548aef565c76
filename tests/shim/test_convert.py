"""Published weights: what libraries write, under the book's names; what is refused."""

import pickle
import re
import shutil
import subprocess
import sys
import zipfile
from math import prod
from pathlib import Path

import h5py
import numpy as np
import pytest
import safetensors.numpy as st

from d2l_shim import convert, starts, weights
from d2l_shim.densenets import DENSENETS, SOURCES, layers
from tests.helpers import ROOT
from tests.inside.foreign import MORE, TABS, numbers

COUNTS = {121: 7_978_856, 161: 28_681_000, 169: 14_149_480, 201: 20_013_928}
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
    source = SOURCES['torchvision']
    deep = [layer for layer in made if layer.kind != 'norm']
    assert len(deep) == depth
    learned = [
        prod(shape)
        for own, (_, shape) in source.plan(source.names[0], depth).items()
        if 'running' not in own
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
VAR = MEAN.replace('mean', 'var')
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
    'not a number': (
        state_dict() | {MEAN: np.full(128, np.nan, np.float32)},
        f'{MEAN} holds numbers that are not finite',
    ),
    'one that is infinite': (
        state_dict() | {'classifier.bias': np.array([np.inf, *[0.0] * 999])},
        'classifier.bias holds numbers that are not finite',
    ),
    'negative variances': (
        state_dict() | {VAR: np.full(128, -1e-3, np.float32)},
        f'{VAR} holds negative variances',
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


SAVED = {  # what another program of PyTorch saved: what is said of it
    'under state_dict': None,
    'bfloat16': None,
    'parameters': None,
    'on several devices': None,
    'compiled': None,
    'integers': 'classifier.bias holds int64 instead of real numbers',
    'complex': 'classifier.bias holds complex128 instead of real numbers',
    'a list': 'holds no state dict but an object of class list; save one with',
    'a tensor': 'holds no state dict but an object of class Tensor; save one',
    'a parameter': 'holds no state dict but an object of class Parameter; save',
    'nested': "has its state dict under 'model'; torch.save(torch.load(",
    'nested list': "a dict in which 'state_dict' is not the name of a tensor; save",
    'a number more': "a dict in which 'epoch' is not the name of a tensor; save one",
    'places': 'a dict in which 0 is not the name of a tensor; save one with',
    'a network': 'holds more than tensors, or is damaged; save the state dict alone',
}


@pytest.mark.parametrize('kind', SAVED)
def test_of_pytorchs_files_those_with_a_state_dict_are_taken(
    workers, written, tmp_path, kind
):
    told = workers['pytorch'].ask(
        'tests.inside.foreign.converted',
        path=str(written('torchvision', 'pth')),
        kind=kind,
        out=str(tmp_path / 'saved.pth'),
    )
    if SAVED[kind] is None:
        assert told is None
    else:
        assert f'{tmp_path}/saved.pth ' in told
        assert SAVED[kind] in told
        assert is_a_sentence(told)


def test_numbers_that_numpy_does_not_know_are_named(tmp_path):
    path = tmp_path / 'bad.safetensors'
    raw = st.save({KERNEL: np.zeros(4, np.float16)}).replace(b'"F16"', b'"BF16"', 1)
    start = int.from_bytes(raw[:8], 'little') + 1
    path.write_bytes(start.to_bytes(8, 'little') + raw[8:])
    with pytest.raises(weights.WeightsError) as caught:
        convert.read(path)
    assert str(caught.value) == (
        f'convert: in {path} {KERNEL} holds BF16 numbers; save it as F32, with '
        '.float() in PyTorch.'
    )


@pytest.mark.parametrize(
    ('members', 'says'),
    [
        (['metadata.json', 'model.weights.h5'], "save_weights('net.weights.h5')"),
        (['densenet121-f27dbf2d.params'], 'densenet121-f27dbf2d.params in it; unpack'),
        ([], 'is a zip with nothing in it; unpack it first'),
    ],
)
def test_what_a_zip_holds_is_told(tmp_path, members, says):
    with zipfile.ZipFile(tmp_path / 'packed', 'w') as file:
        for name in members:
            file.writestr(name, 'numbers')
    with pytest.raises(weights.WeightsError) as caught:
        convert.read(tmp_path / 'packed')
    assert says in str(caught.value)
    assert f'convert: {tmp_path}/packed ' in str(caught.value)
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


@pytest.mark.parametrize('out', ['nowhere/out', '', '.', 'nowhere/..'])
def test_a_place_that_cannot_be_written_is_named(tmp_path, capsys, monkeypatch, out):
    monkeypatch.chdir(tmp_path)
    st.save_file(state_dict(), 'all')
    assert convert.main(['all', '--out', out]) == 1
    said = capsys.readouterr().err.strip()
    assert f'convert: cannot write {Path(out)} (' in said
    assert is_a_sentence(said)
    assert list(tmp_path.iterdir()) == [tmp_path / 'all']


@pytest.mark.parametrize('link', [None, Path.symlink_to, Path.hardlink_to])
def test_the_checkpoint_itself_is_not_overwritten(tmp_path, capsys, link):
    path = out = tmp_path / 'all'
    st.save_file(state_dict(), path)
    before = path.read_bytes()
    if link:
        out = tmp_path / 'link'
        link(out, path)
    assert convert.main([str(path), '--out', str(out)]) == 1
    said = capsys.readouterr().err.strip()
    assert said == f'convert: --out {out} is the checkpoint itself; name another file.'
    assert path.read_bytes() == before
