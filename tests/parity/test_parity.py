"""The four implementations are one network: float64 shows it, float32 comes close."""

import functools

import numpy as np
import pytest

from d2l_shim.framework import FRAMEWORKS
from parity.compare import LIMITS, MEASURED, REFERENCE, distances
from parity.networks import NETWORKS, OF_SECTIONS

OTHERS = [tab for tab in FRAMEWORKS if tab != REFERENCE]
TESTED = list(NETWORKS)[: len(OF_SECTIONS) + 3]  # `make parity` measures all


@pytest.mark.parametrize('network', TESTED)
@pytest.mark.parametrize('tab', OTHERS)
def test_tensors_have_the_same_names_shapes_and_start(runs, network, tab):
    _, _, told = runs(network, 'float64')
    one, other = told[tab]['before'], told[REFERENCE]['before']
    assert list(one) == list(other)
    for name in other:
        np.testing.assert_array_equal(one[name], other[name])


@pytest.fixture(scope='module')
def measured(runs):
    """Return the function measured(network) -> what `distances` finds."""

    @functools.cache
    def measured(network):
        told = {
            precision: runs(network, precision)[2]
            for precision in ('float64', 'float32')
        }
        return distances(told)

    return measured


@pytest.mark.parametrize(('precision', 'measure', 'tab'), MEASURED)
@pytest.mark.parametrize('network', TESTED)
def test_the_frameworks_are_one_network(measured, network, precision, measure, tab):
    found = measured(network)[precision, measure, tab]
    assert found <= LIMITS[precision, measure]
