"""Write a file whole or not at all."""

import os
from pathlib import Path
from threading import get_ident


def write_whole(path, data):
    """Write the bytes `data` to `path`; whoever reads it sees the old file or the new.

    Raises OSError, which names the path and the remedy, and leaves what was there.
    """
    path = Path(path)
    part = path.with_name(f'.{path.name}.{os.getpid()}-{get_ident()}')
    try:
        if path.exists() and not path.is_file():  # a device would be lost
            raise FileExistsError(None, 'it is no ordinary file')
        try:
            part.write_bytes(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise OSError(f'cannot write {path} ({error.strerror}); it needs a folder that '
                      'exists and has room.') from error
