"""Files of data sets: find, verify, fetch.

A file is looked for in `D2L_DATA_DIR/<data set>/` under its original name, then in
the user's cache, and is else fetched into the cache. Each is verified before use and
gets its final name only when whole. `D2L_MIRRORS` replaces the addresses that are
tried: folders on the web laid out like `D2L_DATA_DIR`, separated by spaces; set but
empty, nothing is fetched.
"""

import hashlib
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from d2l_shim.profiles import profile


class DataSet(NamedTuple):
    """The files of a data set, {name: SHA-256}, and the addresses that hold them.

    `own` is the folder of this repository that has them, where there is a clone.
    """

    files: dict
    mirrors: tuple
    own: Path | None = None


FASHION_MNIST = DataSet(
    files={
        'train-labels-idx1-ubyte.gz': (
            'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845'
        ),
        't10k-labels-idx1-ubyte.gz': (
            '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5'
        ),
        't10k-images-idx3-ubyte.gz': (
            '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073'
        ),
        'train-images-idx3-ubyte.gz': (
            '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84'
        ),
    },
    mirrors=(
        'https://storage.googleapis.com/tensorflow/tf-keras-datasets/',
        'https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/',
        'https://apache-mxnet.s3-accelerate.dualstack.amazonaws.com/gluon/dataset/'
        'fashion-mnist/',
        'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    ),
)
HOUSE_PRICES = DataSet(  # of no licence of their own: fetched, never contained
    files={
        'kaggle_house_pred_train.csv': (
            '1e18addf81e5e4d347cc17ee6075bbe4a42b7fa26b9e5b063e8f692a5f929d41'
        ),
        'kaggle_house_pred_test.csv': (
            '8fdd3d829d4d986b58f845c9553b225e67dd8383624d90fb6ca1d4bed5798c1e'
        ),
    },
    mirrors=('http://d2l-data.s3-accelerate.amazonaws.com/',),
)
DENSENET_WEIGHTS = DataSet(  # what the section's reference run has trained
    files={
        'densenet.safetensors': (
            'd50505f8737660e6f72939f7e9de7d23b3d651ad1d61fe2dd7e8c9bc88088125'
        ),
    },
    mirrors=('https://github.com/densenet-book/densenet-book/raw/main/book/results/',),
    own=Path(__file__).parents[2] / 'book' / 'results',
)
DATA_SETS = {
    'fashion-mnist': FASHION_MNIST,
    'house-prices': HOUSE_PRICES,
    'densenet-weights': DENSENET_WEIGHTS,
}
TIMEOUT = (10, 30)  # seconds: to connect, and between two pieces


class DataUnavailable(Exception):
    """A data set cannot be had; the message says what was tried and what to do."""

    def _render_traceback_(self):  # a notebook shows the message alone
        return [f'{type(self).__name__}: {self}']


class Absent(DataUnavailable):
    """A file is nowhere and nothing is broken: a stand-in may take its place."""


_absent = set()  # data sets for which this process took the stand-in, and keeps it


def available(name):
    """Return {file: path} of a data set, all verified; None where it is absent.

    Raises DataUnavailable for absent files in the full profile, for broken ones and
    for folders that cannot be used in every profile.
    """
    if name not in DATA_SETS:
        raise ValueError(f'no data set {name!r}; there are: {", ".join(DATA_SETS)}.')
    full = profile().name == 'full'
    if name in _absent and not full:
        return None
    paths = {file: _find(name, file) for file in DATA_SETS[name].files}
    missing = [file for file, path in paths.items() if path is None]
    missing.sort(key=lambda file: not _cached(name, file).exists())  # damaged first
    if missing and mirrors(name):
        print(f'fetching {name} ({len(missing)} files) into {_cached(name)}')
    try:
        return paths | {file: _fetch(name, file) for file in missing}
    except Absent as error:
        if full:
            raise DataUnavailable(*error.args) from None
        _absent.add(name)
        return None


def published(section):
    """Return the path of the weights that the reference run of a section trained.

    Raises DataUnavailable where they cannot be had, as nothing stands in for them, and
    ValueError for a section that has none.
    """
    name = f'{section}-weights'
    if name not in DATA_SETS:
        known = [x.removesuffix('-weights') for x in DATA_SETS if 'weights' in x]
        raise ValueError(
            f'published: there are no weights of {section!r}, only of '
            f'{", ".join(known)}.'
        )
    (file,) = DATA_SETS[name].files
    return _find(name, file) or _fetch(name, file)


def state(name='fashion-mnist'):
    """Return a short checksum of the data set in use, 'synthetic' for a stand-in.

    Fetches what is missing, and raises as `available` does.
    """
    if available(name) is None:
        return 'synthetic'
    sums = ' '.join(sorted(DATA_SETS[name].files.values()))
    return hashlib.sha256(sums.encode()).hexdigest()[:12]


def mirrors(name):
    """Return the addresses to fetch a data set from, each ending in a slash."""
    own = os.environ.get('D2L_MIRRORS')
    if own is None:
        return DATA_SETS[name].mirrors
    return tuple(f'{address.rstrip("/")}/{name}/' for address in own.split())


def _cached(name, file=''):
    import pooch

    return Path(pooch.os_cache('d2l_shim'), name, file)


def _find(name, file):
    """Return the path of a whole file, None where it must be fetched."""
    expected = DATA_SETS[name].files[file]
    own = DATA_SETS[name].own
    if own and _sha256(own / file) == expected:
        return own / file
    if folder := os.environ.get('D2L_DATA_DIR'):
        path = Path(folder).expanduser() / name / file
        found = _sha256(path)
        if found == expected:
            return path
        if found is not None:
            raise DataUnavailable(
                f"'{path}' is damaged or not the official file: its SHA-256 is "
                f'{found}, not {expected}; copy it again, or remove it to have it '
                'fetched.'
            )
    return _whole(name, file)


def _whole(name, file):
    """Return the path of a file in the cache; None where it is not, or not whole."""
    path = _cached(name, file)
    return path if _sha256(path) == DATA_SETS[name].files[file] else None


_sums = {}  # (path, size, time of change): SHA-256


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
            f"'{path}' cannot be read ({error.strerror}): mend its folder and its "
            'permissions, or set D2L_DATA_DIR to another folder.'
        ) from error


def _fetch(name, file):
    """Return the path of a file that was missing, whoever has fetched it by now."""
    try:
        return _whole(name, file) or _fetch_from_any(name, file)
    except DataUnavailable:  # another process may have had more luck
        if path := _whole(name, file):
            return path
        raise


def _fetch_from_any(name, file):
    """Fetch one file from the first mirror that gives it whole; return its path."""
    import requests  # comes with pooch

    path, tried = _cached(name, file), []
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
                f"'{path}' cannot be written ({error.strerror or error}): make room or "
                'mend the permissions of its folder, or set D2L_DATA_DIR to a folder '
                f'that holds {name}/{file}.'
            ) from error
        tried.append(f'{urlsplit(mirror).netloc or mirror} ({reason})')
    raise _failure(name, path, ', '.join(tried) or 'nothing, as D2L_MIRRORS is empty')


def _fetch_from(url, path, sha256):
    """Fetch `url` into a folder of its own beside `path`, verify, move it to `path`."""
    import pooch

    pooch.get_logger().setLevel('WARNING')
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob('.fetch-*'):
        with suppress(FileNotFoundError):  # its process may end at any time
            if time.time() - left.stat().st_mtime > 24 * 3600:  # or was killed
                shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix='.fetch-', dir=path.parent) as folder:
        downloader = pooch.HTTPDownloader(timeout=TIMEOUT, chunk_size=2**16)
        part = pooch.retrieve(
            url,
            f'sha256:{sha256}',
            path.name,
            folder,
            downloader=downloader,  # pyright: ignore[reportArgumentType] its own
        )
        os.replace(part, path)
    return path


def _failure(name, path, tried):
    """Return the error for a file that no mirror gave."""
    if path.exists():
        return DataUnavailable(
            f"'{path}' is damaged and could not be fetched again (tried: {tried}); "
            'remove it, or connect to the network to have it repaired.'
        )
    folder = os.environ.get('D2L_DATA_DIR')
    drawn = ', or set D2L_PROFILE=quick to work with drawn stand-in data'
    return Absent(
        f'{name}/{path.name} is not in D2L_DATA_DIR ({folder or "not set"}), not in '
        f"the cache '{path.parent}', and could not be fetched (tried: {tried}). Set "
        f'D2L_DATA_DIR to a folder that holds {name}/ with its original files, or '
        f'connect to the network once{"" if DATA_SETS[name].own else drawn}.'
    )
