"""The heat map of the published weights is one in all frameworks."""

import csv

import numpy as np
import pytest

from d2l_shim.framework import FRAMEWORKS


@pytest.fixture(scope='module')
def maps(workers, root):
    """{tab: the mean sizes of 60 pairs of a reader and a source}, in float64."""
    weights = (root / 'book/results/densenet.safetensors').read_bytes()
    X, y = np.zeros((2, 1, 96, 96), np.float32), np.zeros(2, np.int32)
    asked = {'X': X, 'y': y, 'weights': weights}
    return workers.ask_all('tests.inside.flow.sizes', **asked)


@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_the_heat_map_is_that_of_the_table(maps, root, tab):
    with (root / 'book/results/flow-reuse.csv').open(newline='') as file:
        wanted = [float(r['weight']) for r in csv.DictReader(file) if r['weight']]
    assert len(wanted) == len(maps[tab]) == 60
    np.testing.assert_allclose(maps[tab], wanted, rtol=1e-6)


def test_the_heat_maps_are_equal(maps):
    for tab in FRAMEWORKS:
        np.testing.assert_allclose(maps[tab], maps['pytorch'], rtol=1e-10)
