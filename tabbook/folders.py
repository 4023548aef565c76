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
    real, new, old = _names(path)
    try:
        settle(path)
        _begin(new, start)
        yield new
        if real.exists():
            real.rename(old)
        new.rename(real)
    except Unchanged as error:  # a folder in this one
        raise Unchanged(path, error.why) from error
    except OSError as error:
        raise Unchanged(path, why(error)) from error
    finally:
        settle(path)


def settle(path):
    """Undo what a killed `whole_folder(path)` had begun, and drop what it left."""
    real, new, old = _names(path)
    if old.exists() and not real.exists():  # it was between its two renames
        old.rename(real)
    for folder in (new, old):
        shutil.rmtree(folder, ignore_errors=True)


def _names(path):
    """The folder at `path`, and where its next and its last one are meanwhile."""
    real = Path(path).resolve()
    return real, *(real.with_name(f'.{real.name}.{age}') for age in ('new', 'old'))


def why(error):
    """What an OSError says, in words alone, of a file where it is of one."""
    if error.filename:
        return f'{error.strerror}: {error.filename}'
    several = isinstance(error, shutil.Error)  # it lists (from, to, why)
    said = error.args[0][0][-1] if several else str(error)
    return re.sub(r'^\[Errno \d+\] ', '', said)


def _begin(new, start):
    if start and Path(start).exists():
        shutil.copytree(start, new, symlinks=True)
    else:
        new.mkdir(parents=True)
