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
import zipfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from d2l_shim.data.sets import DATA_SETS
from d2l_shim.profiles import profile
from d2l_shim.surroundings import setting

LABELS = {'sha256': 'SHA-256', 'sha1': 'SHA-1', 'md5': 'MD5'}
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
    paths = {file: find(name, file) for file in DATA_SETS[name].files}
    missing = [file for file, path in paths.items() if path is None]
    missing.sort(key=lambda file: not cached(name, file).exists())  # damaged first
    if missing and mirrors(name):
        print(f'fetching {name} ({len(missing)} files) into {cached(name)}')
    try:
        return paths | {file: _fetch(name, file) for file in missing}
    except Absent as error:
        if full:
            raise DataUnavailable(*error.args) from None
        _absent.add(name)
        return None


def one(name, file):
    """Return the path of one file of a data set that has no stand-in, verified.

    Raises DataUnavailable where it is not there and cannot be fetched.
    """
    path = find(name, file)
    if path is None and mirrors(name):
        print(f'fetching {file} into {cached(name)}')
    return path or _fetch(name, file)


def reference_weights(section):
    """Return the path of the weights that the reference run of a section trained.

    Raises DataUnavailable where they cannot be had, as nothing stands in for them, and
    ValueError for a section that has none.
    """
    name = f'{section}-weights'
    if name not in DATA_SETS:
        known = [x.removesuffix('-weights') for x in DATA_SETS if 'weights' in x]
        raise ValueError(
            f'reference_weights: there are no weights of {section!r}, only of '
            f'{", ".join(known)}.'
        )
    (file,) = DATA_SETS[name].files
    return one(name, file)


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


def cached(name, file=''):
    import pooch

    return Path(pooch.os_cache('d2l_shim'), name, file)


def find(name, file):
    """Return the path of a whole file, None where it must be fetched."""
    known = DATA_SETS[name].files[file]
    own = DATA_SETS[name].own
    if own and _fits(own / file, known):
        return own / file
    if folder := os.environ.get('D2L_DATA_DIR'):
        path = Path(folder).expanduser() / name / file
        if _fits(path, known):
            return path
        kind, digits = checksum(known)
        if found := _sum(path, kind):
            raise DataUnavailable(
                f"'{path}' is damaged or not the official file: its {LABELS[kind]} is "
                f'{found}, not {digits}; copy it again, or remove it to have it '
                'fetched.'
            )
    return _whole(name, file)


def _whole(name, file):
    """Return the path of a file in the cache; None where it is not, or not whole."""
    path = cached(name, file)
    return path if _fits(path, DATA_SETS[name].files[file]) else None


def checksum(known):
    """Return (kind, digits) of a checksum of a DataSet.

    >>> checksum('md5:c2c37e'), checksum('a04f17')
    (('md5', 'c2c37e'), ('sha256', 'a04f17'))
    """
    kind, _, digits = known.rpartition(':')
    return kind or 'sha256', digits


def _fits(path, known):
    """Whether a file is there and has the checksum that is known, or its beginning."""
    kind, digits = checksum(known)
    return (_sum(path, kind) or '-').startswith(digits)


_sums = {}  # (path, size, time of change, kind): checksum


def _sum(path, kind):
    """Return a file's checksum, None if there is no such file."""
    try:
        stat = path.stat()
        key = path, stat.st_size, stat.st_mtime_ns, kind
        if key not in _sums:
            _sums[key] = hashlib.new(kind, path.read_bytes()).hexdigest()
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

    path, tried = cached(name, file), []
    for mirror in mirrors(name):
        try:
            return _fetch_from(address(mirror, file), path, DATA_SETS[name].files[file])
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


def address(mirror, file):
    """Return where a mirror, a folder or a pattern, has a file.

    >>> address('https://a.b/{stem}.zip', 'net.params'), address('https://a.b/', 'net')
    ('https://a.b/net.zip', 'https://a.b/net')
    """
    if '{' not in mirror:
        return mirror + file
    return mirror.format(stem=Path(file).stem)


def _fetch_from(url, path, known):
    """Fetch `url` into a folder of its own beside `path`, verify, move it to `path`.

    Of a zip that is fetched in its stead the one file of that name is taken.
    """
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
            None,
            Path(urlsplit(url).path).name,
            folder,
            downloader=downloader,  # pyright: ignore[reportArgumentType] its own
        )
        if url.endswith('.zip'):
            part = unzipped(part, path.name)
        if not _fits(Path(part), known):
            raise ValueError('wrong checksum')
        os.replace(part, path)
    return path


def unzipped(path, name):
    """Unpack the file `name` beside a zip that holds it; return its path."""
    try:
        with zipfile.ZipFile(path) as file:
            return file.extract(name, Path(path).parent)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ValueError(f'no zip that holds {name}') from error


def _failure(name, path, tried):
    """Return the error for a file that no mirror gave."""
    if path.exists():
        return DataUnavailable(
            f"'{path}' is damaged and could not be fetched again (tried: {tried}); "
            'remove it, or connect to the network to have it repaired.'
        )
    folder = os.environ.get('D2L_DATA_DIR')
    file = path.relative_to(cached(name)).as_posix()
    own, quick = setting('D2L_DATA_DIR', 'FOLDER'), setting('D2L_PROFILE', 'quick')
    drawn = f'; or {quick}, for short runs on drawn stand-in data'
    return Absent(
        f'{name}/{file} is not in D2L_DATA_DIR ({folder or "not set"}), not in '
        f"the cache '{cached(name)}', and could not be fetched (tried: {tried}). "
        f'To go on, {own}, where FOLDER holds {name}/ with its original files; or '
        f'connect to the network once{drawn * DATA_SETS[name].stand_in}.'
    )
