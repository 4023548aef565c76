"""Read text, or say in which line it is none; write a file whole or not at all."""

import codecs
import os
from pathlib import Path
from threading import get_ident

OTHERS = {
    codecs.BOM_UTF32_LE: 'the mark of UTF-32',
    codecs.BOM_UTF32_BE: 'the mark of UTF-32',
    codecs.BOM_UTF16_LE: 'the mark of UTF-16',
    codecs.BOM_UTF16_BE: 'the mark of UTF-16',
}


class TextError(ValueError):
    """A mistake in the text of a file; str() is 'path:line: message'."""

    def __init__(self, path, line, message):
        super().__init__(f'{path or "<text>"}:{line}: {message}')
        self.path, self.line, self.message = path, line, message


def read_text(path):
    """Return the text of a file; its lines end in '\\n', whatever they end in there.

    Raises TextError for what is not UTF-8, with or without a byte order mark.
    """
    return decoded(Path(path).read_bytes(), path)


def decoded(data, path):
    """Return the text that `data`, the bytes of a file, are, as `read_text` does."""
    data = data.replace(b'\r\n', b'\n').replace(b'\r', b'\n')
    at, found = data.find(b'\0'), 'a NUL byte'
    for mark, name in OTHERS.items():
        if data.startswith(mark):
            at, found = 0, name
            break
    if at < 0:
        try:
            return data.decode('utf-8-sig')
        except UnicodeDecodeError as error:
            at, found = error.start, f'a byte {data[error.start]:02x} out of place'
    line = data.count(b'\n', 0, at) + 1
    raise TextError(path, line, f'no text in UTF-8: here is {found}; save it anew')


def write_text(path, text):
    """Write a text in UTF-8, with the line ends it has, as `write_whole` does."""
    write_whole(path, text.encode('utf-8', 'replace'))


def write_whole(path, data):
    """Write the bytes `data` to `path`; whoever reads it sees the old file or the new.

    Raises OSError, which names the path and the remedy, and leaves what was there.
    """
    path = Path(path)
    part = path.parent / f'.{path.name}.{os.getpid()}-{get_ident()}'
    try:
        if path.exists() and not path.is_file():  # or a device would be lost
            raise FileExistsError(None, 'it is no ordinary file')
        try:
            part.write_bytes(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise OSError(
            f'cannot write {path} ({error.strerror}); it needs a folder that '
            'exists and has room.'
        ) from error
