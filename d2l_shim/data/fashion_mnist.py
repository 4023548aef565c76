"""Fashion-MNIST: decoded, or drawn in its stead; resized, in batches. NumPy only."""

import functools
import gzip
import zlib
from pathlib import Path

import numpy as np

from d2l_shim.core import DataModule, say_once
from d2l_shim.data.fetch import DataUnavailable, available
from d2l_shim.data.loader import Loader, whole
from d2l_shim.profiles import profile


@functools.lru_cache
def read_idx(path):
    """Return the numbers of a gzipped IDX file, uint8; decoded once per process."""
    try:
        raw = gzip.decompress(Path(path).read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise DataUnavailable(f"'{path}' cannot be unpacked: {error}.") from error
    ndim = raw[3] if raw[:3] == b'\0\0\x08' else 0
    start = 4 + 4 * ndim
    shape = [int.from_bytes(raw[i : i + 4], 'big') for i in range(4, start, 4)]
    if ndim == 0 or len(raw) != start + np.prod(shape):
        raise DataUnavailable(
            f"'{path}' is not an IDX file of bytes: its header {raw[:start].hex()!r} "
            f'does not fit its {len(raw)} bytes; fetch it again.'
        )
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)


# What the stand-in's pictures show: boxes (top, bottom, left, right) of 28 x 28.
BOXES = (
    ((5, 24, 9, 19), (5, 10, 4, 24)),  # t-shirt
    ((4, 8, 9, 19), (4, 25, 9, 13), (4, 25, 15, 19)),  # trouser
    ((5, 24, 9, 19), (5, 10, 4, 24), (5, 22, 4, 7), (5, 22, 21, 24)),  # pullover
    ((3, 12, 11, 17), (12, 25, 8, 20)),  # dress
    (
        (4, 8, 4, 24),
        (4, 25, 9, 13),
        (4, 25, 15, 19),
        (4, 22, 4, 7),
        (4, 22, 21, 24),
    ),  # coat
    ((20, 22, 3, 25), (12, 14, 5, 12), (9, 20, 20, 22)),  # sandal
    ((5, 24, 9, 13), (5, 24, 15, 19), (5, 10, 4, 24)),  # shirt
    ((17, 22, 3, 25), (12, 17, 11, 25)),  # sneaker
    ((12, 24, 4, 24), (6, 8, 9, 19), (6, 12, 9, 11), (6, 12, 17, 19)),  # bag
    ((17, 23, 3, 25), (5, 17, 15, 25)),  # ankle boot
)


@functools.lru_cache
def draw_stand_in(train):
    """Return (images, labels) like Fashion-MNIST's, drawn with seeded numbers.

    A picture is its class's boxes, up to 3 pixels out of place, dim or bright, and
    noise. uint8, (N, 28, 28) and (N,).
    """
    n = 60_000 if train else 10_000
    rng = np.random.default_rng([2017, int(train)])
    shapes = np.zeros((10, 28, 28), np.uint8)
    for shape, boxes in zip(shapes, BOXES, strict=True):
        for top, bottom, left, right in boxes:
            shape[top:bottom, left:right] = 1
    moved = np.stack(
        [
            np.roll(shapes, (dy, dx), (1, 2))
            for dy in range(-3, 4)
            for dx in range(-3, 4)
        ]
    )
    labels = (rng.permutation(n) % 10).astype(np.uint8)
    images = moved[rng.integers(len(moved), size=n), labels]
    images *= rng.integers(30, 176, (n, 1, 1), np.uint8)
    images += rng.integers(80, size=images.shape, dtype=np.uint8)
    return images, labels


@functools.lru_cache
def bilinear_weights(size, new_size):
    """Return the matrix (new_size, size) that resizes one axis."""
    scale = np.float32(size / new_size)  # in float32, for the frameworks' very values
    centres = (np.arange(new_size, dtype=np.float32) + 0.5) * scale - 0.5
    distances = np.abs(np.clip(centres, 0, size - 1)[:, None] - np.arange(size))
    return np.maximum(1 - distances, 0).astype(np.float32)


def resize_bilinear(X, size):
    """Resize images bilinearly, (N, H, W) -> (N, *size), float32.

    The values of torch's `interpolate(..., align_corners=False)` and of
    `tf.image.resize`: half-pixel centres, the two nearest neighbours, no smoothing.

    >>> resize_bilinear([[[0, 1]]], (1, 4))
    array([[[0.  , 0.25, 0.75, 1.  ]]], dtype=float32)
    """
    X = np.asarray(X, np.float32)
    if X.shape[1:] == tuple(size):
        return X
    rows, columns = map(bilinear_weights, X.shape[1:], size)
    return rows @ X @ columns.T


def stratified(order, labels, size):
    """Walk `order`, taking each class at most ceil(size / 10) times, until `size`.

    >>> stratified(np.array([3, 1, 2, 0]), np.array([7, 5, 5, 7]), size=10)
    array([3, 1])
    """
    if size is None:
        return order
    by_class = np.argsort(labels[order], kind='stable')
    counts = np.bincount(labels[order])
    rank = np.empty(len(order), int)  # how many of the same class come before
    rank[by_class] = np.arange(len(order)) - np.repeat(counts.cumsum() - counts, counts)
    return order[rank < -(-size // 10)][:size]


class FashionMNIST(DataModule):
    """Fashion-MNIST in batches of X, float32 in [0, 1], and labels y (N,).

    X is `(N, 1, *resize)` with layout NCHW, `(N, *resize, 1)` with NHWC; `resize` is
    height and width. Of 70,000 pictures of 28 x 28 pixels, 60,000 are to train on. A
    smaller profile takes fewer, those that a full run meets first. `seed` is that of
    their order. `synthetic=True` means drawn stand-in pictures; without data and
    network a smaller profile uses them, too, and says so.

    Raises DataUnavailable in a full run without data, ValueError for arguments that are
    no sizes. Source: Xiao, Rasul and Vollgraf 2017 (arXiv:1708.07747).
    """

    layout = 'NCHW'
    loader = Loader
    least_batches = 0  # of an epoch, in a smaller profile
    names = (
        't-shirt',
        'trouser',
        'pullover',
        'dress',
        'coat',
        'sandal',
        'shirt',
        'sneaker',
        'bag',
        'ankle boot',
    )

    def __init__(self, batch_size=64, resize=(28, 28), *, seed=0, synthetic=False):
        _check('batch_size', batch_size, whole(batch_size, 1), 'a positive number')
        _check(
            'resize',
            resize,
            isinstance(resize, (tuple, list))
            and len(resize) == 2
            and all(whole(n, 1) for n in resize),
            'a pair such as (96, 96)',
        )
        _check('seed', seed, whole(seed, 0), 'a whole number, 0 or more')
        self.save_hyperparameters()
        self.paths = None if synthetic else available('fashion-mnist')
        self.synthetic = self.paths is None
        if self.synthetic:
            say_once(
                'Fashion-MNIST: drawn stand-in pictures, not the real ones '
                f'({"as asked" if synthetic else "no data and no network"}).'
            )

    def get_dataloader(self, train):
        """Return a Loader over the training or the validation examples."""
        labels = self.arrays(train)[1]
        order = np.arange(len(labels))
        if train:
            order = np.random.default_rng([self.seed, 0]).permutation(order)
        size = profile().train_size if train else profile().val_size
        if size and train:
            size = max(size, self.least_batches * self.batch_size)
        return self.loader_of(
            stratified(order, labels, size), train, self.seed if train else None
        )

    def first(self, size, train=False):
        """Return a Loader over the first `size` examples of the file, never shuffled.

        They are the validation examples unless `train`, the same in every profile.
        """
        most = len(self.arrays(train)[1])
        right = whole(size, 1) and size <= most
        _check('size', size, right, f'a number from 1 to {most:,}')
        return self.loader_of(np.arange(size), train)

    def loader_of(self, indices, train, seed=None):
        """Return a Loader over the examples `indices`, shuffled if there is a seed."""
        images, labels = self.arrays(train)

        def make_batch(indices):
            X = np.divide(images[indices], 255, dtype=np.float32)
            X = np.expand_dims(resize_bilinear(X, self.resize), self.channel_axis)
            return X, labels[indices].astype(np.int32)

        return self.loader(make_batch, self.convert, indices, self.batch_size, seed)

    def arrays(self, train):
        """Return all images (N, 28, 28) and labels (N,), uint8."""
        if self.paths is None:
            return draw_stand_in(train)
        part = 'train' if train else 't10k'
        return tuple(
            read_idx(self.paths[f'{part}-{kind}-ubyte.gz'])
            for kind in ('images-idx3', 'labels-idx1')
        )

    @property
    def channel_axis(self):
        return 1 if self.layout == 'NCHW' else -1

    def convert(self, X, y):
        """Turn a batch in NumPy into the framework's arrays; here it stays NumPy."""
        return X, y

    def text_labels(self, indices):
        """Return the names of the classes `indices`, a list."""
        return [self.names[int(i)] for i in indices]

    def visualize(self, batch, nrows=1, ncols=8, labels=()):
        """Draw the first pictures of a batch (X, y), titled `labels` or their classes.

        `labels` is a list of names; there are `nrows` of `ncols` pictures.
        """
        from d2l_shim.plot import as_numpy, names_of, show_images

        X, y = map(as_numpy, batch)
        titles = names_of(labels) or self.text_labels(y)
        show_images(X.squeeze(self.channel_axis), nrows, ncols, titles=titles)


def _check(argument, value, ok, what):
    if not ok:
        raise ValueError(f'FashionMNIST: {argument} must be {what}, not {value!r}.')
