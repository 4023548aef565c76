"""The Trainer does the same in each framework: modes, clipping, weighting, stopping."""

import subprocess
import sys

import numpy as np
import pytest

from d2l_shim.framework import FRAMEWORKS
from tests.helpers import ROOT, require_framework

TABS = list(FRAMEWORKS)
SMALL = {'model': f'{ROOT}/tests/sections/tiny.Net', 'width': 3}


@pytest.fixture(scope='module')
def pictures():
    rng = np.random.default_rng(0)
    return rng.random((20, 1, 32, 32), np.float32), rng.integers(0, 10, 20)


@pytest.fixture(params=TABS)
def worker(request, workers):
    return workers[request.param]


def test_moving_statistics_move_in_training_and_stand_still_in_evaluation(
    worker, pictures
):
    told = worker.ask('one_step', config=SMALL, X=pictures[0], y=pictures[1])
    moving = [name for name in told['before'] if 'running' in name]
    assert len(moving) == 2
    for name in moving:
        np.testing.assert_array_equal(told['before'][name], told['still'][name])
        assert not np.allclose(told['before'][name], told['after'][name]), name


def test_training_mode_uses_the_statistics_of_the_batch(worker, pictures):
    X, y = pictures
    told = worker.ask('one_step', config=SMALL, X=X, y=y)
    trained = worker.ask('outputs', config=SMALL, X=X, y=y)
    assert not np.allclose(told['evaluated'], trained, atol=1e-2)


def gradients(told):
    return {
        name: told['before'][name] - told['after'][name]
        for name in told['before']
        if 'running' not in name
    }


def norm(tensors):
    return np.sqrt(sum((t.astype(np.float64) ** 2).sum() for t in tensors.values()))


@pytest.mark.parametrize('limit', [0.05, 1e6])
def test_gradient_clipping_scales_the_joint_norm(worker, pictures, limit):
    X, y = pictures
    options = {'config': SMALL, 'X': X, 'y': y, 'precision': 'float64'}
    free = gradients(worker.ask('one_step', **options))
    clipped = gradients(worker.ask('one_step', gradient_clip_val=limit, **options))
    scale = min(1, limit / norm(free))
    assert (limit == 0.05) == (scale < 1)
    for name, gradient in free.items():
        np.testing.assert_allclose(clipped[name], scale * gradient, atol=1e-9)


def cross_entropy(logits, y):
    logits = logits.astype(np.float64)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(y)), y]


def test_the_short_last_batch_weighs_what_it_holds(worker, pictures):
    X, y = pictures  # 20 examples: batches of 8, 8 and 4
    told = worker.ask('fit', config=SMALL, X=X, y=y, batch_size=8, max_epochs=2)
    loss, accuracy = told['validated']
    assert loss == pytest.approx(cross_entropy(told['logits'], y).mean(), rel=1e-5)
    assert accuracy == pytest.approx((told['logits'].argmax(axis=1) == y).mean())
    assert told['val_loss'][-1] == pytest.approx(loss)
    assert len(told['train_loss']) == len(told['seconds']) == 2


def test_ctrl_c_leaves_a_usable_history(worker, pictures):
    X, y = pictures
    told = worker.ask('fit', config=SMALL, X=X, y=y, batch_size=8, max_epochs=9, stop=5)
    assert 'stopped by hand after 1 full epochs' in told['printed']
    assert len(told['train_loss']) == len(told['val_accuracy']) == 1
    assert np.isfinite(told['logits']).all()  # the model can still be used


def test_a_missing_gpu_is_said_once(worker, pictures):
    if worker.ask('gpus'):
        pytest.skip('this machine has a GPU, so nothing is missing')
    X, y = pictures
    options = {'config': SMALL, 'X': X, 'y': y, 'batch_size': 20, 'num_gpus': 1}
    printed = ''.join(worker.ask('fit', **options)['printed'] for _ in range(2))
    assert printed.count('no GPU was found: running on the CPU') == 1


def test_a_second_fit_goes_on_from_the_first(worker, pictures):
    X, y = pictures
    assert worker.ask('fit_twice', config=SMALL, X=X, y=y) == pytest.approx(
        worker.ask('fit', config=SMALL, X=X, y=y, batch_size=20, max_epochs=2)[
            'train_loss'
        ],
        rel=1e-4,
    )


def test_jax_compiles_the_step_once(workers, pictures):
    X, y = pictures
    assert workers['jax'].ask('compilations', config=SMALL, X=X, y=y) == 1


def test_a_precision_that_is_not_offered_is_refused(worker, pictures):
    assert worker.ask('refused', precision='float16') == (
        "Trainer: precision 'float16' is not offered here; use one of "
        + ', '.join(worker.ask('precisions'))
        + '.'
    )


ALONE = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] in {others}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
import {shim} as d2l
print(d2l.Trainer(1).device)
"""


@pytest.mark.parametrize('tab', TABS)
def test_one_framework_alone_is_enough(tab):
    require_framework(tab)
    others = {FRAMEWORKS[other].package for other in TABS if other != tab}
    script = ALONE.format(others=others, shim=FRAMEWORKS[tab].shim)
    done = subprocess.run(
        [sys.executable, '-c', script], text=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    assert 'cpu' in done.stdout.lower()
