"""Write a folder whole or not at all."""

import re
import shutil
from contextlib import contextmanager
from pathlib import Path


class Unchanged(OSError):
    """A folder that could not be written and stays as it was, or is not there."""

    def __init__(self, path, why):
        super().__init__(
            f'{path} stays as it was ({why}): make room, or mend what is wrong, '
            'and run this again.'
        )
        self.why = why


@contextmanager
def whole_folder(path, start=None):
    """Yield an empty folder, or a copy of `start`; at the end it takes `path`'s place.

    Where the block raises, or the process is killed, whoever looks finds what was
    there before. An OSError, such as that of a full disk, becomes `Unchanged`.
    """
    real = Path(path).resolve()
    new, old = (real.with_name(f'.{real.name}.{age}') for age in ('new', 'old'))
    try:
        _put_back(old, real)
        _drop(new, old)
        _begin(new, start)
        yield new
        if real.exists():
            real.rename(old)
        new.rename(real)
    except OSError as error:
        raise Unchanged(path, _why(error)) from error
    finally:
        _put_back(old, real)
        _drop(new, old)


def _put_back(old, path):
    """Undo the first of two renames where the second did not come to be."""
    if old.exists() and not path.exists():
        old.rename(path)


def _why(error):
    if isinstance(error, Unchanged):
        return error.why
    if error.filename:
        return f'{error.strerror}: {error.filename}'
    several = isinstance(error, shutil.Error)  # it lists (from, to, why)
    why = error.args[0][0][-1] if several else str(error)
    return re.sub(r'^\[Errno \d+\] ', '', why)


def _begin(new, start):
    if start and Path(start).exists():
        shutil.copytree(start, new, symlinks=True)
    else:
        new.mkdir(parents=True)


def _drop(*folders):
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
