"""Write a folder whole or not at all."""

import shutil
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_folder(path, start=None):
    """Yield a copy of the folder `start`; it takes the place of `path` at the end.

    Without `start`, it is a copy of what is at `path`, if anything. Where the block
    raises, or the process is killed, whoever looks finds what was there before.
    """
    path = Path(path)
    new, old = (path.with_name(f'.{path.name}.{age}') for age in ('new', 'old'))
    with unless_full(path):
        if old.exists() and not path.exists():  # killed between two renames
            old.rename(path)
        _drop(new, old)
        try:
            _copy(start or path, new)
            yield new
            _swap(new, path, old)
        finally:
            _drop(new, old)


@contextmanager
def unless_full(path):
    """Turn an OSError of the block, such as a full disk, into a sentence on `path`."""
    try:
        yield
    except OSError as error:
        if error.errno is None and not isinstance(error, shutil.Error):
            raise  # it is a sentence already
        raise OSError(
            f'{path} stays as it was ({_why(error)}): make room, or mend what is '
            'wrong, and run this again.'
        ) from error


def _why(error):
    if isinstance(error, shutil.Error):  # it lists (from, to, why)
        return error.args[0][0][-1]
    return f'{error.strerror}: {error.filename}' if error.filename else error.strerror


def _copy(start, new):
    if Path(start).exists():
        shutil.copytree(start, new, symlinks=True)
    else:
        new.mkdir(parents=True)


def _swap(new, path, old):
    if path.exists():
        path.rename(old)
    try:
        new.rename(path)
    except OSError:
        if old.exists():
            old.rename(path)
        raise


def _drop(*folders):
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
