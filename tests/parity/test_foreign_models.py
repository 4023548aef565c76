"""Models that nobody here wrote: torchvision's, Keras's and Gluon's own DenseNets."""

import json
from importlib.util import find_spec

import numpy as np
import pytest
import safetensors.numpy as st

from d2l_shim import weights
from d2l_shim.framework import FRAMEWORKS
from parity.compare import relative
from tests.helpers import require

ZOOS = ['pytorch', 'tensorflow', 'mxnet']  # Flax has none
COUNTS = {121: 7_978_856, 169: 14_149_480, 201: 20_013_928}
SECTION = {'num_channels': 64, 'growth_rate': 32, 'arch': (4, 4, 4, 4)}


@pytest.fixture(scope='module', autouse=True)
def with_torchvision():
    require(find_spec('torchvision'), 'needs torchvision')


@pytest.fixture(scope='module')
def counts(workers):
    """{tab: {depth: number of trainable parameters}}."""
    return workers.ask_all('tests.inside.foreign.counts', ZOOS, depths=list(COUNTS))


@pytest.fixture(scope='module')
def told(workers):
    """{tab: (shapes, logits)} of each framework's DenseNet-121, equal weights."""
    X = np.random.default_rng(0).random((2, 3, 64, 64), np.float32)
    return workers.ask_all('tests.inside.foreign.logits', ZOOS, X=X)


@pytest.mark.parametrize('depth', COUNTS)
@pytest.mark.parametrize('tab', ZOOS)
def test_a_densenet_of_the_zoo_has_the_known_number_of_parameters(counts, tab, depth):
    assert counts[tab][depth] == COUNTS[depth]


@pytest.mark.parametrize('tab', ZOOS)
def test_tensors_of_a_foreign_model_get_the_same_names_and_shapes(told, tab):
    shapes, _ = told[tab]
    assert list(shapes.items()) == list(told['pytorch'][0].items())
    assert len(shapes) == 120 + 121 * 4 + 2  # convolutions, norms, the classifier
    assert shapes['000.conv.weight'] == (64, 3, 7, 7)
    assert shapes['241.linear.weight'] == (1000, 1024)


@pytest.mark.parametrize('tab', ZOOS)
def test_a_foreign_model_computes_the_same_in_each_framework(told, tab):
    assert relative(told[tab][1], told['pytorch'][1]) <= 1e-10
    assert told[tab][1].std() > 0.1


def test_the_sections_network_is_torchvisions_without_its_bottlenecks(workers):
    X = np.random.default_rng(0).random((2, 1, 96, 96), np.float32)
    tensors, logits = workers['pytorch'].ask(
        'tests.inside.foreign.without_bottlenecks', X=X, **SECTION
    )
    order = []
    for name in list(tensors):
        order.append(name)
        if name.endswith('conv.weight'):  # the section's convolutions have a bias
            order.append(name.replace('weight', 'bias'))
            tensors[order[-1]] = np.zeros(len(tensors[name]))
    about = {'input_shape': X.shape[1:], 'order': order}
    file = st.save(tensors, {weights.KEY: json.dumps(about)})
    told = workers.ask_all(
        'tests.inside.weights.train',
        config=SECTION,
        X=X,
        steps=0,
        y=np.zeros(2, int),
        weights=file,
        precision='float64',
    )
    for tab in FRAMEWORKS:
        assert relative(told[tab]['logits'], logits) <= 1e-10, tab


def test_the_section_counts_resnet18_as_torchvision_builds_it(workers):
    count, printed = workers['pytorch'].ask('tests.inside.foreign.resnet18')
    assert count == 11_180_170
    assert printed.startswith(f'width 64: {count:,}, 14.75 times DenseNet')
