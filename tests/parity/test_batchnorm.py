"""Batch normalization by hand is the built-in layer; a bias before it is idle."""

import csv

import numpy as np
import pytest

from d2l_shim.framework import FRAMEWORKS
from parity.compare import UNBIASED, gradients, norm
from parity.networks import OF_SECTIONS

LENET, _ = OF_SECTIONS['batchnorm.LeNet']
DECAY, BATCHES, N = 0.875, 3, 32  # of the page's drawn batches, in float64
GUESSING = 0.2  # who guesses is right less often


@pytest.fixture(scope='module')
def compared(workers):
    """{tab: (by hand, built in)}: three outputs, one in evaluation, mean, variance."""
    return workers.ask_all('tests.inside.batchnorm.compared')


@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_by_hand_and_built_in_are_one_layer(compared, tab):
    by_hand, built_in = compared[tab]
    assert len(by_hand) == len(built_in) == BATCHES + 3
    for one, other in zip(by_hand, built_in, strict=True):
        assert one.dtype == other.dtype == np.float64
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)


@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_the_two_modes_are_two_functions(compared, tab):
    by_hand, _ = compared[tab]
    _, _, trained, evaluated, _, _ = by_hand
    assert np.abs(trained - evaluated).max() > 0.1


def test_the_moving_statistics_are_the_same_in_all_but_for_n(compared):
    start = DECAY**BATCHES
    _, _, _, _, mean, var = compared['jax'][0]
    for tab, (by_hand, _) in compared.items():
        factor = N / (N - 1) if tab in UNBIASED else 1
        np.testing.assert_allclose(by_hand[-2], mean, rtol=0, atol=1e-12)
        np.testing.assert_allclose(by_hand[-1], start + factor * (var - start), 1e-12)


@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_both_layers_have_the_same_gradients(workers, tab):
    by_hand, built_in = workers[tab].ask('tests.inside.batchnorm.gradients')
    assert len(by_hand) == 3
    for one, other in zip(by_hand, built_in, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12 * np.abs(other).max())


def biases(workers, normed):
    """{tab: {bias of a convolution: its gradient, by the norm of the whole}}."""
    rng = np.random.default_rng(0)
    X, y = rng.random((16, 1, 28, 28), np.float32), rng.integers(0, 10, 16)
    asked = {'config': {**LENET, 'norm': normed}, 'X': X, 'y': y}
    asked |= {'precision': 'float64'}
    found = {}
    for tab, told in workers.ask_all('one_step', **asked).items():
        whole = gradients(told, lr=1.0)
        found[tab] = {
            name: np.abs(g).max() / norm(whole)
            for name, g in whole.items()
            if name.endswith('conv.bias')
        }
    return found


def test_a_bias_before_batch_normalization_is_idle(workers):
    for tab, parts in biases(workers, normed=True).items():
        assert len(parts) == 4
        assert max(parts.values()) < 1e-13, tab


def test_without_it_no_bias_is_idle(workers):
    for tab, parts in biases(workers, normed=False).items():
        assert len(parts) == 4
        assert min(parts.values()) > 1e-4, tab


@pytest.fixture(scope='module')
def measured(root):
    """{run: [{column: number} of each of its starts]}, of the reference runs."""
    with (root / 'book/results/batchnorm-pytorch.csv').open(newline='') as file:
        found = {}
        for row in csv.DictReader(file):
            columns = ('val_accuracy', 'train_loss')
            start = {name: np.nan_to_num(float(row[name])) for name in columns}
            found.setdefault(row['run'], []).append(start)
    return found


def starts(measured, run, column='val_accuracy'):
    return [start[column] for start in measured[run]]


@pytest.fixture(scope='module')
def accuracies(measured):
    """{(kind, rate): the accuracies of its five starts}, of the runs in the figure."""
    found = {}
    for run in measured:
        kind, _, rate = run.partition('_')
        if kind in ('plain', 'norm'):
            found[kind, float(rate.replace('_', '.'))] = starts(measured, run)
    assert {len(seeds) for seeds in found.values()} == {5}
    return found


def test_with_it_a_learning_rate_ten_times_as_large_trains(accuracies):
    largest = {
        kind: max(
            rate
            for (one, rate), seeds in accuracies.items()
            if one == kind and min(seeds) > GUESSING
        )
        for kind in ('plain', 'norm')
    }
    assert largest == {'plain': 0.3, 'norm': 3}
    for (kind, rate), seeds in accuracies.items():
        assert (max(seeds) < GUESSING) == (rate > largest[kind])


def test_the_page_says_which_rate_is_the_best(accuracies, root):
    page = ' '.join((root / 'notebooks/batchnorm.md').read_text('utf-8').split())
    best = {
        kind: max(
            (np.median(seeds), rate)
            for (one, rate), seeds in accuracies.items()
            if one == kind
        )[1]
        for kind in ('plain', 'norm')
    }
    names = {kind: f'{kind}_{rate:g}'.replace('.', '_') for kind, rate in best.items()}
    assert f'plain network reaches {{{{ batchnorm.{names["plain"]}.median }}}}' in page
    assert f'normalized one {{{{ batchnorm.{names["norm"]}.median }}}}' in page


def test_small_batches_harm_and_larger_ones_help(measured):
    sizes, better = (2, 4, 8, 32, 128), {}
    for size in sizes:
        plain, norm = (
            starts(measured, f'batch_{size}_{kind}') for kind in ('plain', 'norm')
        )
        assert len(plain) == len(norm) == 3
        better[size] = sum(one > max(plain) for one in norm)
        assert (max(norm) < min(plain)) == (size == 2)
    assert better[4] in (1, 2)
    assert [better[size] for size in sizes if size != 4] == [0, 3, 2, 3]


def test_in_batches_of_four_the_training_loss_is_higher(measured):
    plain, norm = (
        starts(measured, f'batch_4_{kind}', 'train_loss') for kind in ('plain', 'norm')
    )
    assert min(norm) > max(plain)


def test_the_run_that_falls_behind_does_so_in_evaluation_alone(measured):
    losses = starts(measured, 'batch_32_norm', 'train_loss')
    assert max(losses) - min(losses) < 0.03
    assert min(starts(measured, 'batch_32_norm')) < 0.6


def test_with_noise_it_trains_where_the_plain_network_guesses(measured):
    assert max(starts(measured, 'plain_1')) < GUESSING
    for run, below in (('noise_0_25', True), ('noise_0_5', True), ('noise_1', False)):
        assert len(measured[run]) == 5
        assert min(starts(measured, run)) > GUESSING
        losses = starts(measured, run, 'train_loss')
        assert all((loss < np.log(10)) == below for loss in losses)
    assert max(starts(measured, 'noise_1')) < min(starts(measured, 'noise_0_5'))
    assert min(starts(measured, 'norm_1')) < max(starts(measured, 'noise_0_5'))
    assert min(starts(measured, 'noise_0_5')) < max(starts(measured, 'norm_1'))
