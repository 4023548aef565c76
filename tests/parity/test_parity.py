"""The four implementations are one network: float64 shows it, float32 comes close."""

import numpy as np
import pytest
from compare import (
    FLOAT32,
    FLOAT64,
    IDLE,
    OWN_FLOAT64,
    differences,
    hold,
    idle_gradient,
    relative,
)
from networks import NETWORKS

from d2l_shim.frameworks import FRAMEWORKS

OTHERS = [tab for tab in FRAMEWORKS if tab != 'jax']  # all are held against JAX's


@pytest.mark.parametrize('network', NETWORKS)
@pytest.mark.parametrize('tab', OTHERS)
def test_tensors_have_the_same_names_shapes_and_start(runs, network, tab):
    _, _, told = runs(network, 'float64')
    one, other = told[tab]['before'], told['jax']['before']
    assert list(one) == list(other)
    for name in other:
        np.testing.assert_array_equal(one[name], other[name])


def test_the_books_network_has_758226_trainable_parameters(runs):
    for told in runs('book', 'float64')[2].values():
        assert sum(t.size for name, t in told['before'].items()
                   if 'running' not in name) == 758226


@pytest.mark.parametrize('measure', FLOAT64)
@pytest.mark.parametrize('network', NETWORKS)
@pytest.mark.parametrize('tab', OTHERS)
def test_float64_is_the_same_to_ten_digits(runs, network, tab, measure):
    config, X, told = runs(network, 'float64')
    assert hold(told[tab], told, tab, config, X)[measure] <= FLOAT64[measure]


@pytest.mark.parametrize('network', NETWORKS)
@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_a_convolutions_bias_before_batch_norm_has_no_gradient(runs, network, tab):
    assert idle_gradient(runs(network, 'float64')[2][tab]) <= IDLE


@pytest.mark.parametrize('measure', FLOAT32)
@pytest.mark.parametrize('network', NETWORKS)
@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_float32_comes_close_in_the_first_step(runs, network, tab, measure):
    told, proof = runs(network, 'float32')[2], runs(network, 'float64')[2]
    assert differences(told[tab], proof['jax'])[measure] <= FLOAT32[measure]


@pytest.mark.parametrize('network', NETWORKS)
@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_float32_stays_near_its_own_float64_at_the_second_step(runs, network, tab):
    told, proof = runs(network, 'float32')[2][tab], runs(network, 'float64')[2][tab]
    assert relative(told['losses'][1], proof['losses'][1]) <= OWN_FLOAT64
