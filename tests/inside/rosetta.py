"""What each row of the Rosetta page measures, in a framework's own process.

A function a row, of the row's key. It returns what the framework does by its own
default, as the page's table says it, and what the section's code does in its place: a
number, an array or a word, the same in all four; or None where the difference stays.
"""

import subprocess
import sys

import numpy as np

from parity import inside, memory_inside
from tests.inside import memory

TINY = {'num_channels': 4, 'growth_rate': 4, 'arch': (1, 1)}
REFUSED = 'refused'


def _own(side):
    return inside.own(side)


def _attempt(own, act):
    """Return what `act()` returns, or the word for a framework that will not."""
    try:
        return act()
    except own.REFUSALS:
        return REFUSED


def _batch():
    rng = np.random.default_rng(0)
    return rng.random((8, 1, 37, 40), np.float32), rng.integers(0, 10, 8)


def _book(side):
    """Return what `inside.steps` tells of three steps of a small network, run once."""
    if not hasattr(side, 'three_steps'):
        side.three_steps = inside.steps(side, TINY, [_batch()] * 3)
    return side.three_steps


def begin(side):
    """Note what only a new process can tell; start another, to compare with."""
    own = _own(side)
    code = f'import {side.d2l.__name__}, parity.own_{side.tab} as own\n'
    code += f'try: print(*own.draw())\nexcept own.REFUSALS: print({REFUSED!r})'
    side.other = subprocess.Popen(
        [sys.executable, '-c', f'import sys; sys.path = {sys.path}; {code}'],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    side.unseeded = _attempt(own, own.draw)
    side.tf32 = own.tensor_float_32()


# --- shapes ---


def channel_axis(side):
    shape = _own(side).raw_conv(np.zeros((2, 3, 4, 5), np.float32), 7).shape
    return {1: 'N, C, H, W', 3: 'N, H, W, C'}[shape.index(7)], _book(side)['evaluated']


def kernel_axes(side):
    X = np.zeros((1, 5, 8, 8), np.float32)
    shape = _own(side).conv(X, 7, (2, 3))[1].shape
    letters = ''.join({7: 'O', 5: 'I', 2: 'H', 3: 'W'}[n] for n in shape)
    return letters, np.array(_book(side)['before']['000.conv.weight'].shape)


def dense_input(side):
    Y, _ = _own(side).dense(np.zeros((2, 3, 4), np.float32), 7)
    return str(Y.shape), np.array(_book(side)['evaluated'].shape)


def empty_chain(side):
    own, X = _own(side), np.ones((1, 2), np.float32)
    Y = _attempt(own, lambda: own.empty_chain(X))
    return Y if isinstance(Y, str) else 'its input' * bool((Y == X).all()), None


def conv_padding(side):
    own = _own(side)
    return _padding(lambda X: own.conv(X, 1, 3)[0], 8, 3), _book(side)['evaluated']


def conv_same(side):
    own = _own(side)

    def conv(X):
        return own.conv(X, 1, 7, stride=2, padding=own.SAME)[0]

    return _attempt(own, lambda: _padding(conv, 96, 7)), _book(side)['evaluated']


def pool_same(side):
    own = _own(side)

    def pool(X):
        return own.max_pool(X, 3, stride=2, padding=own.SAME)

    return _attempt(own, lambda: _padding(pool, 24, 3)), _book(side)['evaluated']


def _padding(layer, width, size):
    """Return how many pixels `layer` pads, 'left, right', by what each pixel reaches.

    Picture j is black but for column j; the last one is all black.
    """
    X = np.zeros((width + 1, 1, size, width), np.float32)
    X[range(width), ..., range(width)] = 1
    Y = layer(X)
    reached = (Y[:-1] != Y[-1:])[:, 0].any(axis=1)  # (pixel, output)
    left = size - 1 - np.flatnonzero(reached[:, 0])[-1]
    right = size - 1 - (width - 1 - np.flatnonzero(reached[:, -1])[0])
    return f'{left}, {right}'


def pool_stride(side):
    shape = _own(side).max_pool(np.zeros((1, 1, 6, 6), np.float32), 2).shape
    return {3: '2', 5: '1'}[shape[-1]], _book(side)['evaluated']


def pool_border(side):
    Y = _own(side).average_pool(np.ones((1, 1, 5, 5), np.float32), 3, 2)
    return f'{Y[0, 0, 0, 0]:.2f}', _book(side)['evaluated']


# --- batch normalization ---

RAMP = np.arange(4, dtype=np.float32).reshape(4, 1, 1, 1)  # mean 1.5, variance 1.25


def norm_epsilon(side):
    s = 0.01
    Y, *_ = _own(side).norm(s * np.float32([-1, 1]).reshape(2, 1, 1, 1), True)
    return f'{s**2 * (1 / Y[1, 0, 0, 0] ** 2 - 1):.0e}', _book(side)['evaluated']


def norm_decay(side):
    _, mean, _ = _own(side).norm(RAMP, True)
    return f'{1 - mean[0] / 1.5:.2f}', _book(side)['after']['001.norm.running_mean']


def momentum_of_new(side):
    _, mean, _ = _own(side).norm(RAMP, True, momentum=0.9)
    return f'{mean[0] / 1.5:.2f}', _book(side)['after']['001.norm.running_mean']


def norm_variance(side):
    _, mean, var = _own(side).norm(RAMP, True)
    new = mean[0] / 1.5  # the weight of the new batch
    seen = (var[0] - (1 - new)) / new
    return {1.25: 'n', 1.67: 'n\N{MINUS SIGN}1'}[round(float(seen), 2)], None


def norm_formula(side):
    X = np.random.default_rng(0).standard_normal((64, 32, 4, 4)) + 1000
    Y, *_ = _own(side).norm(X.astype(np.float32), True)
    off = np.abs(Y.std(axis=(0, 2, 3)) - 1).max()
    return 'kept' if off < 0.01 else 'lost', None


def norm_mode(side):
    own = _own(side)
    mean = _attempt(own, lambda: own.norm(RAMP)[0].mean())
    mode = mean if mean == REFUSED else 'training' if mean < 0.1 else 'evaluation'
    told = _book(side)
    moved = max(
        np.abs(told['still'][name] - before).max()
        for name, before in told['before'].items()
    )  # by an evaluation
    return mode, np.array([*told['losses'], moved])


def norm_update(side):
    return (
        _own(side).statistics_move(RAMP),
        _book(side)['after']['001.norm.running_mean'],
    )


def decay_precision(side):
    own, X = _own(side), RAMP.astype(np.float64)
    with side.trainer(precision='float64').scope():
        _, mean, _ = own.norm(X, True, momentum=0.9)
    new = mean[0] / 1.5  # the weight of the new batch
    off = min(abs(new - 0.1), abs(new - 0.9))
    return f'{off:.1e}' if off > 1e-15 else '0', None


def norm_of_one(side):
    own = _own(side)
    Y = _attempt(own, lambda: own.norm(np.ones((1, 1, 1, 1), np.float32), True)[0])
    shown = Y if isinstance(Y, str) else f'{abs(Y.item()):.0f}'
    data = inside.Made(side, *(part[:1] for part in _batch()), 1)
    model = side.model('batchnorm.LeNet')
    try:
        side.trainer().fit(model, data)
    except ValueError as error:
        return shown, 'no variance' in str(error)
    return shown, False


def norm_count(side):
    before = _book(side)['before']
    trained = sum(x.size for name, x in before.items() if 'running' not in name)
    return str(_own(side).norm_count(3)), np.array(trained)


# --- the start ---


def start_of_weights(side):
    X = np.zeros((1, 64, 3, 3), np.float32)
    # Nine starts: with one, 0.0417 shows as 0.041 in one run of 23 (1.7 deviations).
    weight = np.stack([_own(side).conv(X, 64, 3)[1] for _ in range(9)])
    weight = (weight - weight.mean()) / (std := weight.std())
    kurtosis = (weight**4).mean()  # 1.8 uniform, 3 normal, 2.4 cut at two deviations
    shape = 'uniform' if kurtosis < 2 else 'cut normal' if kurtosis < 2.7 else 'normal'
    return f'{shape}, {std:.3f}', _book(side)['before']['000.conv.weight']


def start_of_biases(side):
    *_, bias = _own(side).conv(np.zeros((1, 64, 3, 3), np.float32), 64, 3)
    return (
        f'up to {np.abs(bias).max():.2f}' if bias.any() else '0',
        _book(side)['before']['000.conv.bias'],
    )


def start_in_time(side):
    stages = _own(side).numbers_exist()
    return (
        next(stage for stage, exist in stages if exist),
        sum(t.size for t in _book(side)['before'].values()),
    )


def random_numbers(side):
    first, second = _own(side).draw(0)
    again = inside.starting_tensors(side, TINY, *_batch(), seed=1)
    return f'{first:.4f}, then {second:.4f}', again['000.conv.weight']


def unseeded(side):
    own, here = _own(side), side.unseeded
    there = side.other.communicate()[0].strip()
    if REFUSED in (here, there):
        return here, _book(side)['before']['000.conv.weight']
    told = (
        'other numbers'
        if there != ' '.join(map(str, here))
        else ('those of seed 0' if own.draw(0) == here else 'the same numbers')
    )
    return told, _book(side)['before']['000.conv.weight']


# --- training ---


def loss_shape(side):
    shape = _own(side).loss(np.zeros((2, 10), np.float32), np.array([0, 1])).shape
    return {(): 'mean', (2,): 'one an example'}[shape], _book(side)['losses'][0]


def loss_input(side):
    loss = _own(side).loss(np.float32([[2, 0]]), np.array([0]))
    return f'{loss.item():.4f}', _book(side)['losses'][0]


def label_type(side):
    own, labels = _own(side), np.array([0], np.int32)
    taken = _attempt(own, lambda: own.loss(np.float32([[2, 0]]), labels))
    return (REFUSED if isinstance(taken, str) else 'taken'), _book(side)['losses'][0]


def gradient_sums(side):
    _, second = _own(side).backward_twice()
    return f'{second:g}', np.array(_book(side)['losses'])


def learning_rate(side):
    own = _own(side)
    step = _attempt(own, lambda: f'{-own.sgd_step("float32"):.3g}')
    return step, _book(side)['after']['000.conv.weight']


def rate_precision(side):
    own = _own(side)
    off = abs(own.sgd_step('float64', 0.1) + 0.1)
    return f'{off:.1e}' if off else '0', own.sgd_step('float64', 0.125)


def gradient_behind(side):
    return f'{_own(side).gradients_behind()[0]:g}', None


# --- memory ---


def sets_of_maps(side):
    rule, found = memory_inside.kept(side, (4, 12), (2, 16, 32, 32), False)
    return f'{2 * found / rule:.0f}', None


def second_run(side):
    return _own(side).second_run(np.ones((2, 3), np.float32)), None


def statistics_again(side):
    own = _own(side)
    told = own.norm_again(RAMP)
    if not isinstance(told, str):
        kept = [1 - mean[0] / 1.5 for mean in (told, own.norm(RAMP, True)[1])]
        told = f'{np.divide(*np.log(kept)):.0f}'
    after = memory.a_step(side, checkpoint=True, shape=(4, 1, 8, 8), arch=(1,))
    means = [mean for name, mean in after.items() if 'running_mean' in name]
    return told, np.concatenate(means)


# --- data ---


def shuffling(side):
    own = _own(side)
    if hasattr(own, 'first_batch'):
        furthest = own.first_batch(10_000, 100).max()
        told = 'from the first 1,100' if furthest < 1100 else 'from all'
    else:
        told = 'no loader'
    data = side.d2l.FashionMNIST(batch_size=64, synthetic=True)
    return told, np.concatenate([_numpy(y) for _, y in data.train_dataloader()])


def enlarging(side):
    return _numbers(_own(side).resize([0, 1], 4)), _first_picture(side, (40, 40))


def shrinking(side):
    row = np.arange(8) ** 2
    return _numbers(_own(side).resize(row, 2)), _first_picture(side, (10, 10))


def _numbers(row):
    return ', '.join(f'{x:.3g}' for x in row)


def _first_picture(side, size):
    data = side.d2l.FashionMNIST(1, size, synthetic=True)
    return _numpy(next(iter(data.val_dataloader()))[0]).ravel()


def _numpy(array):
    return array.asnumpy() if hasattr(array, 'asnumpy') else np.asarray(array)


# --- numbers and machines ---


def float64_array(side):
    data = side.d2l.FashionMNIST(1, synthetic=True)
    X, _ = next(iter(data.val_dataloader()))
    return _own(side).type_of_array(np.zeros(1)), _numpy(X).dtype.name


def integer_plus_real(side):
    own = _own(side)
    return _attempt(own, own.type_of_sum), None


def half_input(side):
    own = _own(side)
    X = np.zeros((1, 1, 8, 8), np.float16)
    given = _attempt(own, lambda: own.conv(X, 1, 3)[0].dtype.name)
    (X, _), (_, trainer, _) = _batch(), inside.begin(side, TINY, *_batch())
    return given, trainer.predict(side.images(X.astype(np.float16))).dtype.name


def tensor_float_32(side):
    _, trainer, batch = inside.begin(side, TINY, *_batch())
    return side.tf32, _own(side).exact(trainer, batch)


def runs_of_python(side):
    return f'{_own(side).runs_of_python(4)} of 4', None


def device(side):
    return _own(side).device_of_array().upper(), None


def absent_gpu(side):
    own = _own(side)
    given = _attempt(own, lambda: own.use_gpu(63))
    d2l = side.d2l
    return (
        REFUSED if isinstance(given, str) else 'the CPU',
        repr(d2l.try_gpu(63)) == repr(d2l.cpu()),
    )
