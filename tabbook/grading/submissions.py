"""Name what was handed in and read the cells of it, whatever it is."""

import hashlib
import json
import os
import stat
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from d2l_shim.files import TextError, decoded
from tabbook.grading import files, zips
from tabbook.grading.foreign import line

MB = 2**20
SHOWN, LONGEST = 200, 4096  # characters of a path in a table, and in all
LARGEST = 20 * MB  # of a notebook, outputs included


class Unreadable(Exception):
    """A submission that cannot be run; the text says why, in a sentence."""


@dataclass(frozen=True)
class Submission:
    """One notebook; `name` is unique and tells the instructor whose it is.

    In a zip at `path`, `numbers` lead to it. `file` is where it was found, as text.
    """

    name: str
    path: Path
    numbers: tuple = ()
    file: str = ''

    def sha256(self):
        """The checksum of what is graded, once read; why there is none, if so."""
        return self._content

    @cached_property
    def _content(self):
        try:
            return hashlib.sha256(data(self.path, self.numbers)).hexdigest()
        except Unreadable as error:
            return str(error)

    def cells(self, assignment, tab):
        """The sources of its code cells, in order; Unreadable says why not."""
        return read(self.path, assignment, tab, self.numbers)


@dataclass(frozen=True)
class HandedIn:
    """Every file of a class: `submissions`, and `left` as [(file, why it is none)]."""

    submissions: list
    left: list


def find(folder):
    """The submissions in `folder`, as `collect`."""
    return collect([folder]).submissions


def collect(paths):
    """What is in `paths`: folders, zips and notebooks; HandedIn.

    A notebook in a folder itself is named like its file; one alone in a folder within
    is named like that folder, unless another has this name. Each has a name of its own.
    Raises FileNotFoundError where there is none.
    """
    paths = [*map(Path, paths)]
    found, left = files.walk(paths)
    if not found:
        where = ', '.join(repr(str(path)) for path in paths)
        raise FileNotFoundError(f'no notebook (.ipynb) is in {where}')
    alone = Counter((file.root, file.parts[:-1]) for file in found)
    names, whole = {}, {}
    for file in sorted(found, key=lambda file: file.order):
        *folder, last = file.parts
        whole[file] = _name([*file.above(paths), *folder, files.plain(last)])
        single = folder and alone[file.root, file.parts[:-1]] == 1
        names[file] = _name([*folder[:-1], files.plain(folder[-1])] if single else
                            [*folder, files.plain(last)])  # fmt: skip
    taken = Counter(names.values())
    names = {f: name if taken[name] == 1 else whole[f] for f, name in names.items()}
    unlike = _unlike(names)
    return HandedIn(
        [
            Submission(name, f.path, f.numbers, _text([*f.above(paths), *f.parts]))
            for f, name in unlike.items()
        ],
        [(_text(parts), reason) for parts, reason in left],
    )


def _text(parts):
    """A path as text on one line; bytes that are no UTF-8 stay told apart."""
    path = os.fsencode('/'.join(parts))
    return line(path.decode('utf-8', 'backslashreplace'), LONGEST)


def _name(parts):
    """A path as a name in tables, where the end of a long one tells more."""
    text = _text(parts)
    return text if len(text) <= SHOWN else f'...{text[3 - SHOWN :]}'


def _unlike(names):
    """{file: name} where names that are the same still have a number added."""
    taken, unlike, used = Counter(names.values()), {}, set()
    for file, name in names.items():
        number = 1
        while taken[name] > 1 or name in used:
            number += 1
            name = f'{names[file]} ({number})'
        unlike[file] = name
        used.add(name)
    return unlike


def read(path, assignment, tab, numbers=()):
    """The sources of a notebook's code cells, in order; Unreadable says why not."""
    try:
        text = decoded(data(path, numbers), path)
    except TextError as error:
        raise Unreadable(
            f'The file is not text in UTF-8 (line {error.line}); save the notebook '
            'in Jupyter and hand it in again.'
        ) from None
    return cells(text, assignment, tab)


def data(path, numbers=()):
    """The bytes of a notebook, which may lie in a zip; Unreadable says why not.

    What is no ordinary file is not opened, for it might never end.
    """
    if path.is_symlink():
        raise Unreadable('The file is a link to another file; hand in the file.')
    try:
        if numbers:
            return zips.read(path, numbers, LARGEST)
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable('This is no file; save the notebook in Jupyter.')
        if found.st_size > LARGEST:
            raise Unreadable(
                f'The notebook has {found.st_size / MB:,.0f} MB, {LARGEST // MB} MB at '
                'most are read; clear its outputs and hand it in again.'
            )
        return path.read_bytes()
    except zips.NotOpened as error:
        raise Unreadable(f'{error} Save the notebook in Jupyter.') from None
    except OSError as error:
        raise Unreadable(f'The file cannot be read ({error.strerror}).') from None


def cells(text, assignment, tab):
    """The sources of the code cells in the `text` of a notebook, as `read`."""
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        notebook = None
    if not isinstance(notebook, dict) or not isinstance(notebook.get('cells'), list):
        raise Unreadable(
            'The file is no Jupyter notebook (JSON with cells); save it in Jupyter '
            'and hand it in again.'
        )
    _check(notebook.get('metadata'), assignment, tab)
    found = [c for c in notebook['cells'] if isinstance(c, dict)]
    sources = [_source(c) for c in found if c.get('cell_type') == 'code']
    if not any(source.strip() for source in sources):
        raise Unreadable('The notebook has no code.')
    return sources


def _source(cell):
    source = cell.get('source', '')
    if isinstance(source, list):
        source = ''.join(part for part in source if isinstance(part, str))
    source = source if isinstance(source, str) else ''
    return source.encode('utf-8', 'replace').decode()  # no lone surrogates


def _check(metadata, assignment, tab):
    """Raise Unreadable for another kernel's or another assignment's notebook."""
    metadata = metadata if isinstance(metadata, dict) else {}
    kernel = metadata.get('kernelspec')
    language = kernel.get('language') if isinstance(kernel, dict) else None
    info = metadata.get('language_info')
    language = language or (info.get('name') if isinstance(info, dict) else None)
    if language and 'python' not in str(language).lower():
        raise Unreadable(f'The notebook is for another kernel, {str(language)[:40]!r}.')
    own = metadata.get('densenet_book')
    if not isinstance(own, dict):
        return
    for key, wanted in {'assignment': assignment, 'framework': tab}.items():
        if own.get(key, wanted) != wanted:
            raise Unreadable(
                f'The notebook is of another {key}, {str(own[key])[:40]!r}, not '
                f'{wanted!r}.'
            )
