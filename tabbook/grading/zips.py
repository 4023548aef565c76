"""Look into zips and read what is in them, within limits and without unpacking them.

Nothing is written, so no path leads anywhere. A file in a zip is found by its number
there, for two may have one name; one in a zip inside that zip, by two numbers.
"""

import io
import re
import stat
import zipfile
from dataclasses import dataclass

MB = 2**20
ZIP = re.compile(r'\.zip$', re.IGNORECASE)
DEEPEST = 2  # a zip in a zip
INDEX = 1024  # bytes of a zip's index for each file in it, at most


class NotOpened(Exception):
    """A zip, or a file in one, that is not read; the text says why, in a sentence."""


@dataclass(frozen=True)
class Limits:
    """What a zip may hold: files, notebooks among them, and MB when they are read."""

    files: int
    notebooks: int
    size: int


LIMITS = (
    Limits(20_000, 20_000, 8192),
    Limits(1000, 20, 256),
)  # of a class, of a student


def members(path, wanted):
    """[(names, numbers, reason)] of all files in the zip at `path`; NotOpened if none.

    `names` and `numbers` lead to a file through the zips that it is in. `reason` says
    why it is not read, or is ''; `wanted` tells by its name whether it would be.
    """
    try:
        with path.open('rb') as file, _opened(file, LIMITS[0]) as archive:
            return list(_members(archive, wanted))
    except OSError as error:
        raise NotOpened(f'It cannot be read ({error.strerror}).') from None


def read(path, numbers, most):
    """The bytes of the file that `numbers` lead to, `most` at most; else NotOpened."""
    with path.open('rb') as file:
        return _read(file, numbers, 0, most)


def _read(file, numbers, depth, most):
    number, *rest = numbers
    with _opened(file, LIMITS[depth]) as archive:
        try:
            info = archive.infolist()[number]
        except IndexError:
            raise NotOpened('The zip has changed.') from None
        if not rest:
            return _bytes(archive, info, most)
        inner = io.BytesIO(_bytes(archive, info, LIMITS[depth + 1].size * MB))
    return _read(inner, rest, depth + 1, most)


def _members(archive, wanted, names=(), numbers=(), depth=0):
    infos = archive.infolist()
    _check(infos, wanted, LIMITS[depth])
    for number, info in enumerate(infos):
        if info.filename.endswith('/'):  # a folder
            continue
        here, at = (*names, info.filename), (*numbers, number)
        reason = _refused(info)
        if reason or not ZIP.search(info.filename):
            yield here, at, reason
        elif depth + 1 == DEEPEST:
            yield here, at, f'It is a zip in {depth + 1} zips, which is not opened.'
        else:
            yield from _inside(archive, info, wanted, here, at, depth + 1)


def _inside(archive, info, wanted, names, numbers, depth):
    """The members of a zip in a zip, or that zip with the reason why there are none."""
    try:
        data = io.BytesIO(_bytes(archive, info, LIMITS[depth].size * MB))
        with _opened(data, LIMITS[depth]) as inner:
            found = list(_members(inner, wanted, names, numbers, depth))
    except NotOpened as error:
        found = [(names, numbers, str(error))]
    yield from found or [(names, numbers, 'The zip is empty.')]


def _check(infos, wanted, limits):
    """NotOpened for a zip that holds too much."""
    notebooks = [info for info in infos if wanted(info.filename)]
    zips = [info for info in infos if ZIP.search(info.filename)]
    size = sum(info.file_size for info in [*notebooks, *zips])
    for count, most, what in (
        (len(infos), limits.files, 'files'),
        (len(notebooks), limits.notebooks, 'notebooks'),
        (size // MB, limits.size, 'MB'),
    ):
        if count > most:
            raise NotOpened(
                f'The zip holds {count:,} {what}, {most:,} at most are looked at; '
                'unpack it, and hand in what is to be graded.'
            )


def _refused(info):
    """Why a file in a zip is not read; '' if it is."""
    parts = re.split(r'[/\\]', info.filename)
    if not info.filename:
        return 'It has no name.'
    if info.flag_bits & 1:
        return 'It has a password.'
    if stat.S_ISLNK(info.external_attr >> 16):
        return 'It is a link to another file; hand in the file.'
    if '..' in parts or not parts[0] or re.match(r'[A-Za-z]:', parts[0]):
        return 'Its path leads out of the zip.'
    return ''


def _opened(file, limits):
    """A ZipFile of an open file; NotOpened for what is none, or has too many files."""
    try:
        # as ZipFile itself finds it: the size of the index, which it reads whole
        end = zipfile._EndRecData(file)
        if end is None:
            raise NotOpened('It is no zip, or not all of one.')
        if end[5] > limits.files * INDEX:
            raise NotOpened(
                f'The index of the zip alone has {end[5] / MB:,.0f} MB; unpack it, and '
                'hand in what is to be graded.'
            )
        return zipfile.ZipFile(file)
    except NotOpened:
        raise
    except Exception as error:  # what is no zip, or of a kind that Python has not
        raise NotOpened(f'It is no zip that can be read ({error}).') from None


def _bytes(archive, info, most):
    """The bytes of a file in a zip; NotOpened for more than `most`, or broken ones."""
    if reason := _refused(info):
        raise NotOpened(reason)
    if info.file_size > most:
        raise NotOpened(
            f'It has {info.file_size / MB:,.0f} MB, {most // MB} MB at most are read.'
        )
    try:
        with archive.open(info) as file:
            return file.read(most + 1)[:most]
    except Exception as error:  # each kind of packing has its own for broken bytes
        raise NotOpened(f'It is broken in the zip ({error}).') from None
