"""Fashion-MNIST as batches: values, order, profiles, stand-in, bad input."""

import re
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest

from d2l_shim import core
from d2l_shim.data import fashion_mnist
from d2l_shim.data.fashion_mnist import (
    FashionMNIST,
    resize_bilinear,
    stratified,
)
from d2l_shim.data.fetch import available
from d2l_shim.data.loader import prefetch
from d2l_shim.framework import FRAMEWORKS, installed
from d2l_shim.plot import plt
from tests.helpers import require

RESIZE = {
    'pytorch': """
import torch
Y = torch.nn.functional.interpolate(
    torch.from_numpy(X)[:, None], size, mode='bilinear', align_corners=False)[:, 0]
""",
    'tensorflow': """
import tensorflow as tf
Y = tf.image.resize(X[..., None], size, method='bilinear', antialias=False)[..., 0]
""",
}
SIZES = [(96, 96), (28, 28), (33, 47), (14, 9), (1, 80), (224, 30)]


@pytest.fixture(autouse=True)
def full(monkeypatch):
    """The full profile, and nothing said yet."""
    monkeypatch.delenv('D2L_PROFILE', raising=False)
    monkeypatch.setattr(core, '_said', set())


@pytest.fixture
def drawn():
    """The stand-in data module, batches of 100 at 28x28."""
    return FashionMNIST(100, synthetic=True)


def labels_of(loader):
    return np.concatenate([y for _, y in loader])


# Resizing


def by_hand(x, size):
    """Bilinear interpolation, pixel by pixel."""
    out = np.empty(size)
    for i, j in np.ndindex(size):
        v, u = (
            min(max((k + 0.5) * n / m - 0.5, 0), n - 1)
            for k, n, m in zip((i, j), x.shape, size, strict=True)
        )
        top, left = int(v), int(u)
        rows, columns = x[top : top + 2], np.array([1 - u % 1, u % 1])
        mixed = [
            row[left : left + 2] @ columns[: len(row[left : left + 2])] for row in rows
        ]
        out[i, j] = np.dot(mixed, [1 - v % 1, v % 1][: len(mixed)])
    return out


@pytest.mark.parametrize('size', SIZES)
def test_resize_is_bilinear(size):
    X = np.random.default_rng(0).random((2, 28, 28), np.float32)
    Y = resize_bilinear(X, size)
    assert Y.dtype == np.float32
    assert Y.flags.c_contiguous
    np.testing.assert_allclose(Y, [by_hand(x, size) for x in X], rtol=0, atol=4e-6)


def test_resize_takes_pictures_that_are_not_square():
    X = np.random.default_rng(0).random((2, 5, 17), np.float32)
    expected = [by_hand(x, (12, 8)) for x in X]
    np.testing.assert_allclose(resize_bilinear(X, (12, 8)), expected, rtol=0, atol=4e-6)


def test_resize_to_the_same_size_is_exact():
    X = np.random.default_rng(0).random((3, 28, 28), np.float32)
    assert np.array_equal(resize_bilinear(X, (28, 28)), X)


@pytest.mark.parametrize('tab', RESIZE)
def test_resize_gives_the_values_of_the_framework(tab, tmp_path):
    require(tab in FRAMEWORKS and installed(tab), f'needs {tab}')
    X = np.random.default_rng(0).random((3, 28, 28), np.float32)
    np.save(tmp_path / 'X.npy', X)
    code = '\n'.join(
        [
            'import numpy as np',
            'X = np.load("X.npy")',
            f'for size in {SIZES}:',
            textwrap.indent(RESIZE[tab], '    '),
            '    np.save("%d-%d.npy" % size, np.asarray(Y))',
        ]
    )
    subprocess.run([sys.executable, '-c', code], cwd=tmp_path, check=True)
    for size in SIZES:
        expected = np.load(tmp_path / '{}-{}.npy'.format(*size))
        assert np.abs(resize_bilinear(X, size) - expected).max() < 1e-6


# Batches


@pytest.mark.parametrize(
    ('layout', 'shape'), [('NCHW', (7, 1, 32, 40)), ('NHWC', (7, 32, 40, 1))]
)
def test_a_batch_has_the_layout_and_range_that_is_promised(layout, shape):
    class Tab(FashionMNIST):
        pass

    Tab.layout = layout
    X, y = next(iter(Tab(7, (32, 40), synthetic=True).val_dataloader()))
    assert (X.shape, X.dtype) == (shape, np.float32)
    assert (y.shape, y.dtype) == ((7,), np.int32)
    assert 0 <= X.min() < 0.1
    assert 0.7 < X.max() <= 1


def test_layouts_hold_the_same_pictures_in_the_same_order():
    class Last(FashionMNIST):
        layout = 'NHWC'

    a, b = (Tab(64, (30, 30), seed=3, synthetic=True) for Tab in (FashionMNIST, Last))
    for _, (X, y), (V, u) in zip(
        range(3), a.train_dataloader(), b.train_dataloader(), strict=False
    ):
        assert np.array_equal(X[:, 0], V[..., 0])
        assert np.array_equal(y, u)


def test_convert_has_the_last_word():
    class Tab(FashionMNIST):
        def convert(self, X, y):
            return X.tolist(), y.tolist()

    X, y = next(iter(Tab(2, synthetic=True).train_dataloader()))
    assert type(X) is type(y) is list


def test_values_are_bytes_over_255(drawn):
    images, labels = drawn.arrays(False)
    X, y = next(iter(drawn.val_dataloader()))
    assert np.array_equal(X[:, 0], images[:100].astype(np.float32) / np.float32(255))
    assert np.array_equal(y, labels[:100])


def test_the_last_short_batch_is_kept():
    loader = FashionMNIST(768, synthetic=True).val_dataloader()
    sizes = [len(y) for _, y in loader]
    assert sizes == [768] * 13 + [16]
    assert len(loader) == 14
    assert loader.num_examples == 10_000


def test_each_pass_is_the_next_epoch_shuffled_by_example(drawn):
    _, labels = drawn.arrays(True)
    loader = drawn.train_dataloader()
    for epoch in range(2):
        order = np.random.default_rng([0, epoch]).permutation(60_000)
        assert np.array_equal(labels_of(loader), labels[order])
    again = drawn.train_dataloader()
    assert again.epoch == 0
    assert np.array_equal(again.order(1), order)


def test_an_unfinished_pass_counts_as_an_epoch(drawn):
    loader = drawn.train_dataloader()
    next(iter(loader))
    assert np.array_equal(
        next(iter(loader))[1], drawn.arrays(True)[1][loader.order(1)][:100]
    )


def test_seeds_give_different_orders_and_validation_none(drawn):
    other = FashionMNIST(100, seed=1, synthetic=True)
    orders = [module.train_dataloader().order(0) for module in (drawn, other)]
    assert not np.array_equal(*orders)
    for epoch in 0, 1:
        assert np.array_equal(other.val_dataloader().order(epoch), np.arange(10_000))


# Profiles


def loaders(monkeypatch, name, **options):
    monkeypatch.setenv('D2L_PROFILE', name)
    module = FashionMNIST(128, synthetic=True, **options)
    return module.train_dataloader(), module.val_dataloader()


@pytest.mark.parametrize(
    ('name', 'sizes'), [('quick', (896, 256)), ('smoke', (256, 256))]
)
def test_a_smaller_profile_is_stratified(name, sizes, monkeypatch):
    for loader, size in zip(loaders(monkeypatch, name), sizes, strict=True):
        counts = np.bincount(labels_of(loader), minlength=10)
        assert counts.sum() == loader.num_examples == size
        most = -(-size // 10)
        assert counts.max() == most
        assert counts.min() >= most - (10 * most - size)


@pytest.mark.parametrize('seed', [0, 1, 2])
@pytest.mark.parametrize('name', ['quick', 'smoke'])
def test_a_smaller_profile_starts_with_what_a_full_run_meets(name, seed, monkeypatch):
    for full, small in zip(
        loaders(monkeypatch, 'full', seed=seed),
        loaders(monkeypatch, name, seed=seed),
        strict=True,
    ):
        (X, y), (V, u) = next(iter(full)), next(iter(small))
        assert np.array_equal(X, V)
        assert np.array_equal(y, u)
        places = {index: place for place, index in enumerate(full.order(0))}
        met = [places[index] for index in small.order(0)]
        assert met == sorted(met)


@pytest.mark.parametrize('name', ['full', 'quick', 'smoke'])
def test_the_first_pictures_of_the_file_are_the_same_in_each_profile(name, monkeypatch):
    monkeypatch.setenv('D2L_PROFILE', name)
    data = FashionMNIST(40, (8, 8), synthetic=True)
    for train in (False, True):
        loader = data.first(100, train)
        assert loader.num_examples == 100
        once, again = ([y for _, y in loader] for _ in range(2))
        assert [len(y) for y in once] == [40, 40, 20]
        assert np.array_equal(np.concatenate(once), data.arrays(train)[1][:100])
        assert all(map(np.array_equal, once, again))
    first, _ = next(iter(data.first(40)))
    whole, _ = next(iter(loaders(monkeypatch, 'full', resize=(8, 8))[1]))
    assert np.array_equal(first, whole[:40])


@pytest.mark.parametrize('size', [0, -1, 10_001, 2.5, '3', True])
def test_more_pictures_than_there_are_is_one_sentence(size):
    data = FashionMNIST(40, synthetic=True)
    said = f'FashionMNIST: size must be a number from 1 to 10,000, not {size!r}.'
    with pytest.raises(ValueError, match=re.escape(said)):
        data.first(size)
    if size == 10_001:
        assert data.first(size, train=True).num_examples == size


def test_later_epochs_shuffle_the_same_subset(monkeypatch):
    train, _ = loaders(monkeypatch, 'quick')
    subset = np.sort(train.order(0))
    expected = np.random.default_rng([0, 1]).permutation(subset)
    assert np.array_equal(train.order(1), expected)
    assert not np.array_equal(train.order(1), train.order(2))


def test_the_walk_takes_a_class_until_it_is_full():
    labels = np.array([1, 0, 0, 0, 1, 2, 1, 0])
    walk = stratified(np.array([3, 1, 2, 7, 0, 4, 5, 6]), labels, 20)
    assert walk.tolist() == [3, 1, 0, 4, 5]
    assert stratified(np.arange(8), labels, 11).tolist() == [0, 1, 2, 4, 5]
    assert stratified(np.arange(8), labels, 4).tolist() == [0, 1, 5]


# The stand-in


@pytest.mark.parametrize(('train', 'n'), [(True, 60_000), (False, 10_000)])
def test_the_stand_in_is_the_same_each_time_and_balanced(train, n):
    images, labels = fashion_mnist.draw_stand_in(train)
    again = fashion_mnist.draw_stand_in.__wrapped__(train)
    assert images.shape == (n, 28, 28)
    assert images.dtype == labels.dtype == np.uint8
    assert np.bincount(labels).tolist() == [n // 10] * 10
    assert np.array_equal(images, again[0])
    assert np.array_equal(labels, again[1])


def test_the_stand_in_can_be_learned_and_its_parts_differ():
    (images, labels), (others, truth) = map(fashion_mnist.draw_stand_in, (True, False))
    assert not np.array_equal(images[:10_000], others)
    X = images[:5000].reshape(5000, -1).astype(float)
    means = np.stack([X[labels[:5000] == i].mean(0) for i in range(10)])
    means -= means.mean(1, keepdims=True)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    guess = (others[:2000].reshape(2000, -1) @ means.T).argmax(1)
    assert 0.5 < (guess == truth[:2000]).mean() < 1


def test_the_stand_in_is_announced_once(capsys):
    for _ in range(2):
        FashionMNIST(synthetic=True)
    out = capsys.readouterr().out
    assert out == (
        'Fashion-MNIST: drawn stand-in pictures, not the real ones (as asked).\n'
    )


# Bad input


@pytest.mark.parametrize('batch_size', [0, -1, 2.0, '64', None, True])
def test_a_bad_batch_size_is_named(batch_size):
    with pytest.raises(ValueError, match='batch_size must be a positive') as caught:
        FashionMNIST(batch_size, synthetic=True)
    assert f'not {batch_size!r}.' in str(caught.value)


@pytest.mark.parametrize(
    'resize', [96, (96,), (96, 96, 1), (0, 96), (96, -1), (96.0, 96.0), '96', None]
)
def test_a_bad_resize_is_named(resize):
    with pytest.raises(ValueError, match=r'resize must be a pair such as \(96, 96\)'):
        FashionMNIST(resize=resize, synthetic=True)


@pytest.mark.parametrize('seed', [-1, 0.5, None])
def test_a_bad_seed_is_named(seed):
    with pytest.raises(ValueError, match='seed must be a whole number'):
        FashionMNIST(seed=seed, synthetic=True)


# Reading ahead


def test_prefetch_makes_the_next_batch_meanwhile():
    made, ahead = [], threading.Event()

    def source():
        for i in range(4):
            made.append(i)
            if i == 1:
                ahead.set()
            yield i

    batches = prefetch(source())
    assert next(batches) == 0
    assert ahead.wait(60)
    assert made == [0, 1]
    assert list(batches) == [1, 2, 3]


def test_prefetch_ends_its_thread_when_left_early():
    before = threading.active_count()
    batches = prefetch(iter(range(9)))
    assert next(batches) == 0
    assert threading.active_count() == before + 1
    batches.close()
    assert threading.active_count() == before


def test_prefetch_hides_no_error():
    def source():
        yield 1
        raise OSError('broken')

    batches = prefetch(source())
    assert next(batches) == 1
    with pytest.raises(OSError, match='broken'):
        next(batches)


# Labels and pictures


def test_labels_have_names(drawn):
    assert drawn.text_labels([0, 9]) == ['t-shirt', 'ankle boot']
    assert drawn.text_labels(np.arange(10)) == list(FashionMNIST.names)


class Elsewhere:
    """An array on a device, as PyTorch or MXNet would hold it."""

    def __init__(self, array):
        self.array = array

    def detach(self):
        return self

    def cpu(self):
        return self.array


@pytest.mark.parametrize('layout', ['NCHW', 'NHWC'])
@pytest.mark.parametrize('wrap', [np.asarray, Elsewhere])
def test_visualize_draws_pictures_with_their_names(layout, wrap, drawn, monkeypatch):
    monkeypatch.setattr(FashionMNIST, 'layout', layout)
    X, y = next(iter(drawn.val_dataloader()))
    drawn.visualize((wrap(X[:10]), wrap(y[:10])), nrows=2, ncols=3)
    axes = plt.gcf().axes
    assert [ax.get_title() for ax in axes] == drawn.text_labels(y[:6])
    shown = axes[4].images[0].get_array()
    assert np.array_equal(shown, drawn.arrays(False)[0][4].astype(np.float32) / 255)
    plt.close()


def test_visualize_takes_other_titles_and_few_pictures(drawn):
    X, y = next(iter(drawn.val_dataloader()))
    drawn.visualize((X[:2], y[:2]), ncols=4, labels=['a', 'b'])
    axes = plt.gcf().axes
    assert [ax.get_title() for ax in axes] == ['a', 'b', '', '']
    assert [len(ax.images) for ax in axes] == [1, 1, 0, 0]
    drawn.visualize((X[:2], y[:2]), ncols=2, labels='one title')
    assert [ax.get_title() for ax in plt.gcf().axes] == ['one title', '']
    plt.close('all')


# The real pictures


def test_the_real_files_are_decoded_rightly(monkeypatch):
    monkeypatch.setenv('D2L_MIRRORS', '')
    monkeypatch.setenv('D2L_PROFILE', 'smoke')
    found = available('fashion-mnist')
    require(found, 'needs Fashion-MNIST in D2L_DATA_DIR or the cache')
    monkeypatch.delenv('D2L_PROFILE')
    real = FashionMNIST(128)
    assert not real.synthetic
    (images, labels), (others, truth) = map(real.arrays, (True, False))
    assert labels[:10].tolist() == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]
    assert truth[:10].tolist() == [9, 2, 1, 1, 6, 1, 4, 6, 5, 7]
    assert images.mean() / 255 == pytest.approx(0.28604, abs=1e-5)
    assert others.std() / 255 == pytest.approx(0.35244, abs=1e-5)
    assert len(real.train_dataloader()) == 469
