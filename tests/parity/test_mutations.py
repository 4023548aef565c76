"""Parity turns red: wrong defaults and a wrong loader, each caught by what it moves."""

import numpy as np
import pytest

from parity.compare import FLOAT64, hold, run_all, start
from parity.workers import Unanswered

SMALL = {'num_channels': 8, 'growth_rate': 4, 'arch': (1, 1, 1)}
BATCHES = {'n': 2, 'batch_size': 8, 'resize': (32, 32)}  # odd sides would hide `same`
ALL = set(FLOAT64)

KERAS_STEM = {
    'layers.ZeroPadding2D(3),': '',
    'kernel_size=7, strides=2': 'kernel_size=7, strides=2, padding="same"',
}
KERAS_POOL = {
    'layers.ZeroPadding2D(1),': '',
    'pool_size=3, strides=2': 'pool_size=3, strides=2, padding="same"',
}
MISTAKES = {  # framework, what is replaced by what, the measures that see it
    'same padding in the stem (Keras)': ('tensorflow', KERAS_STEM, ALL),
    'same padding in the pooling (Keras)': ('tensorflow', KERAS_POOL, ALL),
    'same padding in the stem (Flax)': (
        'jax',
        {'strides=2, padding=3': 'strides=2, padding="SAME"'},
        ALL,
    ),
    'epsilon 1e-3': ('tensorflow', {'epsilon=1e-5': 'epsilon=1e-3'}, ALL),
    'decay 0.99': ('mxnet', {'momentum=0.9': 'momentum=0.99'}, {'running statistics'}),
    'momentum for decay': (
        'pytorch',
        {'momentum=0.1': 'momentum=0.9'},
        {'running statistics'},
    ),
}


@pytest.fixture(scope='module')
def fine(workers):
    """(weights, X, {tab: told}) of the section as it stands."""
    X, weights = start(workers, SMALL, BATCHES)
    return weights, X, run_all(workers, SMALL, BATCHES, weights, 'float64')


@pytest.fixture
def mistaken(workers, fine):
    """Return the function mistaken(tab, change, **what) -> told, with `change` made."""
    weights, *_ = fine
    changed = []

    def run(tab, change, **what):
        changed.append(tab)
        workers[tab].ask(f'tests.inside.mutated.{change}', **what)
        return run_all(workers, SMALL, BATCHES, weights, 'float64', [tab])[tab]

    yield run
    for tab in changed:
        workers[tab].ask('tests.inside.mutated.restore')


def red(told, fine, tab):
    """Return the measures by which a run of `tab` is too far from the others."""
    *_, others = fine
    found = hold(told, others, tab)
    return {measure for measure in ALL if not found[measure] <= FLOAT64[measure]}


@pytest.mark.parametrize('mistake', MISTAKES)
def test_a_wrong_default_is_seen(mistaken, fine, mistake):
    tab, changes, measures = MISTAKES[mistake]
    assert red(fine[2][tab], fine, tab) == set()
    assert red(mistaken(tab, 'mutate', changes=changes), fine, tab) == measures


def test_a_channel_count_that_starts_anew_does_not_fit_the_weight_file(mistaken, fine):
    growth = 'num_convs * self.growth_rate'
    anew = f'num_channels = self.num_channels + {growth}'
    changes = {f'num_channels += {growth}': anew}
    assert red(fine[2]['jax'], fine, 'jax') == set()
    with pytest.raises(Unanswered, match='WeightsError') as caught:
        mistaken('jax', 'mutate', changes=changes)
    assert 'for 009.conv.weight it has (5, 10, 1, 1), the model (6, 10, 1, 1)' in str(
        caught.value
    )


@pytest.mark.parametrize('tab', ['tensorflow', 'jax'])
def test_a_loader_that_shuffles_batches_is_seen(mistaken, fine, tab):
    assert red(fine[2][tab], fine, tab) == set()
    assert red(mistaken(tab, 'shuffle_batches'), fine, tab) == ALL


def test_the_mistakes_leave_no_trace(workers, fine):
    weights, _, told = fine
    again = run_all(workers, SMALL, BATCHES, weights, 'float64', ['tensorflow'])
    np.testing.assert_array_equal(
        again['tensorflow']['losses'], told['tensorflow']['losses']
    )
