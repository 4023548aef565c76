"""Data sets: fetch, verify, decode, resize and batch. NumPy only.

A file is looked for in `D2L_DATA_DIR/<data set>/` under its original name, then in
the user's cache, and is else fetched into the cache. Every file is verified before
use, and appears under its final name only when whole. `D2L_MIRRORS` replaces the
addresses tried: folders on the web laid out like `D2L_DATA_DIR`, separated by
spaces; set but empty, it means that nothing is fetched.
"""

import functools
import gzip
import hashlib
import os
import shutil
import tempfile
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np

from d2l_shim.core import DataModule, profile, say_once


class DataSet(NamedTuple):
    """The files of a data set, {name: SHA-256}, and the addresses that hold them."""

    files: dict
    mirrors: tuple


DATA_SETS = {'fashion-mnist': DataSet(
    files={
        'train-labels-idx1-ubyte.gz':
            'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845',
        't10k-labels-idx1-ubyte.gz':
            '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5',
        't10k-images-idx3-ubyte.gz':
            '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073',
        'train-images-idx3-ubyte.gz':
            '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84',
    },
    mirrors=(
        'https://storage.googleapis.com/tensorflow/tf-keras-datasets/',
        'https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/',
        'https://apache-mxnet.s3-accelerate.dualstack.amazonaws.com/gluon/dataset/'
        'fashion-mnist/',
        'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    ),
)}
TIMEOUT = (10, 30)  # seconds, to connect and between two pieces


class DataUnavailable(Exception):
    """A data set cannot be had; the message says what was tried and what to do."""

    def _render_traceback_(self):  # notebooks show the sentence alone
        return [f'{type(self).__name__}: {self}']


class Absent(DataUnavailable):
    """The data set is nowhere, and nothing is broken: a stand-in may take its place."""


def state(name='fashion-mnist'):
    """Return a short checksum of the data set in use, or 'synthetic'.

    Fetches what is missing. Raises DataUnavailable as `available` does.
    """
    if name not in DATA_SETS:
        raise ValueError(f'no data set {name!r}; there are: {", ".join(DATA_SETS)}.')
    if available(name) is None:
        return 'synthetic'
    sums = ''.join(sorted(DATA_SETS[name].files.values()))
    return hashlib.sha256(sums.encode()).hexdigest()[:12]


_absent = set()  # found nowhere: a process that took the stand-in stays with it


def available(name):
    """Return {file: path} of a data set, all verified; None where it is absent.

    Absent data are an error in the full profile, broken ones in every profile:
    both raise DataUnavailable.
    """
    if name in _absent and profile().name != 'full':
        return None
    paths = {file: _find(name, file) for file in DATA_SETS[name].files}
    missing = [file for file, path in paths.items() if path is None]
    try:
        if missing and mirrors(name):
            print(f'fetching {name} ({len(missing)} files) into {cache_folder(name)}')
        return paths | {file: _fetch(name, file) for file in missing}
    except Absent:
        if profile().name == 'full':
            raise
        _absent.add(name)
        return None


def mirrors(name):
    """Return the addresses to fetch a data set from, each ending in a slash."""
    own = os.environ.get('D2L_MIRRORS')
    if own is None:
        return DATA_SETS[name].mirrors
    return tuple(f'{address.rstrip("/")}/{name}/' for address in own.split())


def cache_folder(name):
    import pooch
    return Path(pooch.os_cache('d2l_shim')) / name


def _find(name, file):
    """Return the path of a whole file, None where it must be fetched."""
    expected = DATA_SETS[name].files[file]
    if folder := os.environ.get('D2L_DATA_DIR'):
        path = Path(folder).expanduser() / name / file
        found = _sha256(path)
        if found == expected:
            return path
        if found is not None:
            raise DataUnavailable(
                f"'{path}' is damaged or not the official file: its SHA-256 is {found}, "
                f'not {expected}; copy it again, or remove it to have it fetched.')
    path = cache_folder(name) / file
    return path if _sha256(path) == expected else None


_sums = {}  # (path, size, time of change) -> SHA-256


def _sha256(path):
    """Return a file's checksum, None if there is no such file."""
    try:
        stat = path.stat()
        key = path, stat.st_size, stat.st_mtime_ns
        if key not in _sums:
            _sums[key] = hashlib.sha256(path.read_bytes()).hexdigest()
        return _sums[key]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DataUnavailable(
            f"'{path}' cannot be read ({error.strerror}): mend its folder or its "
            'permissions, or set D2L_DATA_DIR to another folder.') from error


def _fetch(name, file):
    """Fetch one file from the first mirror that gives it whole; return its path."""
    import requests  # which pooch needs, too
    path, tried = cache_folder(name) / file, []
    for mirror in mirrors(name):
        try:
            return _fetch_from(mirror + file, path, DATA_SETS[name].files[file])
        except requests.RequestException as error:
            status = getattr(error.response, 'status_code', '')
            reason = f'{type(error).__name__} {status}'.strip()
        except ValueError:
            reason = 'wrong checksum'
        except OSError as error:
            raise DataUnavailable(
                f"'{path}' cannot be written ({error.strerror or error}): make room and "
                f'see to permissions, or set D2L_DATA_DIR to a folder that holds '
                f'{name}/{file}.') from error
        tried.append(f'{urlsplit(mirror).netloc} ({reason})')
    raise _unavailable(name, path, tried)


def _unavailable(name, path, tried):
    """Return the error for a file that no mirror gave."""
    tried = f'fetched: {", ".join(tried)}' if tried else 'fetched: D2L_MIRRORS is empty'
    if path.exists():
        return DataUnavailable(
            f"'{path}' is damaged and could not be {tried}; remove it, or connect to the "
            'network to have it repaired.')
    folder = os.environ.get('D2L_DATA_DIR')
    return Absent(
        f'{name}/{path.name} is neither in D2L_DATA_DIR '
        f"({repr(folder) if folder else 'not set'}) nor in the cache '{path.parent}', "
        f'and could not be {tried}. Set D2L_DATA_DIR to a folder that holds {name}/ with '
        'its original files, or connect to the network once, or set D2L_PROFILE=quick '
        'to work with a drawn stand-in.')


def _fetch_from(url, path, sha256):
    """Fetch `url` into a folder of its own beside `path`, verify, then move it there."""
    import pooch
    pooch.get_logger().setLevel('WARNING')
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob('.fetch-*'):  # by a process that was killed
        if left.stat().st_mtime < time.time() - 24 * 3600:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix='.fetch-', dir=path.parent) as folder:
        downloader = pooch.HTTPDownloader(timeout=TIMEOUT, chunk_size=2**16)
        part = pooch.retrieve(url, f'sha256:{sha256}', path.name, folder,
                              downloader=downloader)
        os.replace(part, path)
    return path


@functools.lru_cache
def read_idx(path):
    """Return the numbers of a gzipped IDX file, uint8, decoded once per process."""
    try:
        raw = gzip.decompress(Path(path).read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise DataUnavailable(f"'{path}' cannot be unpacked: {error}.") from error
    ndim = raw[3] if raw[:3] == b'\0\0\x08' else 0
    start = 4 + 4 * ndim
    shape = [int.from_bytes(raw[i:i + 4], 'big') for i in range(4, start, 4)]
    if ndim == 0 or len(raw) != start + np.prod(shape):
        raise DataUnavailable(
            f"'{path}' is not an IDX file of bytes: its header {raw[:start].hex()} does "
            f'not fit its {len(raw)} bytes; fetch it again.')
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)


# The stand-in's pictures are boxes (top, bottom, left, right) of 28 x 28.
BOXES = (
    ((5, 24, 9, 19), (5, 10, 4, 24)),                                    # t-shirt
    ((4, 8, 9, 19), (4, 25, 9, 13), (4, 25, 15, 19)),                    # trouser
    ((5, 24, 9, 19), (5, 10, 4, 24), (5, 22, 4, 7), (5, 22, 21, 24)),    # pullover
    ((3, 12, 11, 17), (12, 25, 8, 20)),                                  # dress
    ((4, 25, 9, 13), (4, 25, 15, 19), (4, 22, 4, 7), (4, 22, 21, 24)),   # coat
    ((20, 22, 3, 25), (12, 14, 5, 12), (9, 20, 20, 22)),                 # sandal
    ((5, 24, 9, 13), (5, 24, 15, 19), (5, 10, 4, 24)),                   # shirt
    ((17, 22, 3, 25), (12, 17, 11, 25)),                                 # sneaker
    ((12, 24, 4, 24), (6, 8, 9, 19), (6, 12, 9, 11), (6, 12, 17, 19)),   # bag
    ((17, 23, 3, 25), (5, 17, 15, 25)),                                  # ankle boot
)


@functools.lru_cache
def draw_stand_in(train):
    """Return (images, labels) drawn with seeded numbers, in Fashion-MNIST's shapes.

    A picture is its class's boxes, up to 3 pixels out of place, dim or bright, in noise.
    """
    n = 60_000 if train else 10_000
    rng = np.random.default_rng([2017, int(train)])
    shapes = np.zeros((10, 28, 28), np.uint8)
    for shape, boxes in zip(shapes, BOXES, strict=True):
        for top, bottom, left, right in boxes:
            shape[top:bottom, left:right] = 1
    moved = np.stack([np.roll(shapes, (dy, dx), (1, 2))
                      for dy in range(-3, 4) for dx in range(-3, 4)])
    labels = (rng.permutation(n) % 10).astype(np.uint8)
    images = moved[rng.integers(len(moved), size=n), labels]
    images *= rng.integers(30, 176, (n, 1, 1), np.uint8)
    images += rng.integers(80, size=images.shape, dtype=np.uint8)
    return images, labels


@functools.lru_cache
def bilinear_weights(size, new_size):
    """Return the matrix (new_size, size) of bilinear interpolation, half-pixel centres."""
    centres = (np.arange(new_size) + 0.5) * size / new_size - 0.5
    distances = np.abs(np.clip(centres, 0, size - 1)[:, None] - np.arange(size))
    return np.maximum(1 - distances, 0).astype(np.float32)


def resize_bilinear(X, size):
    """Resize images bilinearly: (N, H, W) -> (N, *size), float32.

    The values of torch's `interpolate(..., align_corners=False)` and of
    `tf.image.resize`: half-pixel centres, two neighbours, no smoothing.
    """
    X = np.asarray(X, np.float32)
    if X.shape[1:] == tuple(size):
        return X
    rows, columns = map(bilinear_weights, X.shape[1:], size)
    return rows @ X @ columns.T


def stratified(order, labels, size):
    """Walk `order`, taking a class at most ceil(size / 10) times, until `size`."""
    if size is None:
        return order
    by_class = np.argsort(labels[order], kind='stable')
    counts = np.bincount(labels[order])
    rank = np.empty(len(order), int)  # how many of the same class come before
    rank[by_class] = np.arange(len(order)) - np.repeat(counts.cumsum() - counts, counts)
    return order[rank < -(-size // 10)][:size]


def prefetch(batches):
    """Yield `batches`; while one is used, a thread makes the next."""
    batches = iter(batches)
    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(next, batches, None)
        while (batch := ahead.result()) is not None:
            ahead = pool.submit(next, batches, None)
            yield batch


class Loader:
    """Batches (X, y) of the examples `order`, the last one short where it must be.

    With a seed, each `iter` is the next epoch: `order` first, then shuffled anew.
    `make_batch` turns indices into a batch of arrays, `convert` into a framework's.
    """

    def __init__(self, make_batch, convert, order, batch_size, seed=None):
        self.make_batch, self.convert = make_batch, convert
        self.first, self.batch_size, self.seed = order, batch_size, seed
        self.num_examples, self.epoch = len(order), 0

    def __len__(self):
        return -(-self.num_examples // self.batch_size)

    def __iter__(self):
        order, self.epoch = self.order(self.epoch), self.epoch + 1
        starts = range(0, self.num_examples, self.batch_size)
        batches = (self.make_batch(order[i:i + self.batch_size]) for i in starts)
        return (self.convert(*batch) for batch in prefetch(batches))

    def order(self, epoch):
        """Return the indices of the examples in the order of that epoch."""
        if self.seed is None or epoch == 0:
            return self.first
        return np.random.default_rng([self.seed, epoch]).permutation(np.sort(self.first))


class FashionMNIST(DataModule):
    """Fashion-MNIST in batches of X, float32 in [0, 1], and y (N,), int32.

    X is (N, 1, *resize) for the layout 'NCHW', (N, *resize, 1) for 'NHWC'. A smaller
    profile sees fewer examples, those a full run meets first. `synthetic=True` takes a
    drawn stand-in; so does a smaller profile that can have no data, and says so.
    """

    layout = 'NCHW'
    names = ('t-shirt', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'shirt',
             'sneaker', 'bag', 'ankle boot')

    def __init__(self, batch_size=64, resize=(28, 28), *, seed=0, synthetic=False):
        if not _whole(batch_size, 1):
            raise ValueError('FashionMNIST: batch_size must be a whole number of at '
                             f'least 1, not {batch_size!r}.')
        if not (isinstance(resize, (tuple, list)) and len(resize) == 2
                and all(_whole(length, 1) for length in resize)):
            raise ValueError('FashionMNIST: resize must be a pair (height, width) such '
                             f'as (96, 96), not {resize!r}.')
        if not _whole(seed, 0):
            raise ValueError('FashionMNIST: seed must be a whole number of at least 0, '
                             f'not {seed!r}.')
        self.save_hyperparameters()
        self.paths = None if synthetic else available('fashion-mnist')
        self.synthetic = self.paths is None
        if self.synthetic:
            why = 'as asked' if synthetic else 'no data and no network'
            say_once(f'Fashion-MNIST: drawn stand-in pictures, not the real ones ({why}).')

    def get_dataloader(self, train):
        """Return a Loader over the training or the validation examples."""
        images, labels = self.arrays(train)
        limits, order = profile(), np.arange(len(labels))
        if train:
            order = np.random.default_rng([self.seed, 0]).permutation(order)
        order = stratified(order, labels, limits.train_size if train else limits.val_size)

        def make_batch(indices):
            X = np.divide(images[indices], 255, dtype=np.float32)
            X = np.expand_dims(resize_bilinear(X, self.resize), self.channel_axis)
            return X, labels[indices].astype(np.int32)
        return Loader(make_batch, self.convert, order, self.batch_size,
                      self.seed if train else None)

    def arrays(self, train):
        """Return all images (N, 28, 28) and labels (N,), uint8."""
        if self.synthetic:
            return draw_stand_in(train)
        part = 'train' if train else 't10k'
        return (read_idx(self.paths[f'{part}-images-idx3-ubyte.gz']),
                read_idx(self.paths[f'{part}-labels-idx1-ubyte.gz']))

    @property
    def channel_axis(self):
        return 1 if self.layout == 'NCHW' else -1

    def convert(self, X, y):
        """Turn a batch of NumPy arrays into the framework's; here they stay."""
        return X, y

    def text_labels(self, indices):
        """Return the names of the classes `indices`, a list."""
        return [self.names[int(i)] for i in indices]

    def visualize(self, batch, nrows=1, ncols=8, labels=()):
        """Draw the first pictures of a batch, titled `labels` or else their classes."""
        from d2l_shim.plot import as_numpy, show_images
        X, y = map(as_numpy, batch)
        titles = labels if len(labels) else self.text_labels(y)
        show_images(X.squeeze(self.channel_axis), nrows, ncols, titles=titles)


def _whole(number, least):
    return (isinstance(number, (int, np.integer)) and not isinstance(number, bool)
            and number >= least)
