"""Find submissions in a folder and read their cells, whatever they are."""

import hashlib
import json
import os
import stat
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from d2l_shim.files import TextError, decoded
from tabbook.grading.foreign import line

MB = 2**20
LARGEST = 20 * MB  # of a notebook, outputs included


class Unreadable(Exception):
    """A submission that cannot be run; the text says why, in a sentence."""


@dataclass(frozen=True)
class Submission:
    """One notebook; `name` is unique and tells the instructor whose it is."""

    name: str
    path: Path

    def sha256(self):
        """The checksum of what is graded; '' for what cannot be read."""
        try:
            return hashlib.sha256(data(self.path)).hexdigest()
        except Unreadable as error:
            return str(error)


def find(folder):
    """The submissions in `folder`, by name: notebooks, and folders with notebooks.

    A notebook in the folder itself is named like its file; one alone in a folder is
    named like that folder, unless another has this name. Each has a name of its own.
    Raises FileNotFoundError where there is none.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f'there is no folder {str(folder)!r} of submissions')
    found = [path for path in folder.rglob('*.ipynb') if not _aside(path, folder)]
    if not found:
        raise FileNotFoundError(f'no notebook (.ipynb) is in {str(folder)!r}')
    alone = [path.parent for path in found]
    names, whole = {}, {}
    for path in sorted(found):
        inside = path.relative_to(folder)
        single = path.parent != folder and alone.count(path.parent) == 1
        whole[path] = _name(inside.with_suffix(''))
        names[path] = _name(inside.parent) if single else whole[path]
    taken = Counter(names.values())
    names = {p: name if taken[name] == 1 else whole[p] for p, name in names.items()}
    return [Submission(name, path) for path, name in _unlike(names).items()]


def _name(path):
    """A path as text on one line; bytes that are no UTF-8 stay told apart."""
    return line(os.fsencode(path.as_posix()).decode('utf-8', 'backslashreplace'), 200)


def _unlike(names):
    """{path: name} where names that are the same still have a number added."""
    taken, unlike = Counter(names.values()), {}
    for path, name in names.items():
        number = 1
        while taken[name] > 1 or name in unlike.values():
            number += 1
            name = f'{names[path]} ({number})'
        unlike[path] = name
    return unlike


def _aside(path, folder):
    """Whether a path belongs to what Jupyter and file managers keep for themselves."""
    parts = path.relative_to(folder).parts
    return any(part.startswith('.') or part == '__MACOSX' for part in parts)


def read(path, assignment, tab):
    """The sources of a notebook's code cells, in order; Unreadable says why not."""
    try:
        text = decoded(data(path), path)
    except TextError as error:
        raise Unreadable(
            f'The file is not text in UTF-8 (line {error.line}); save the notebook '
            'in Jupyter and hand it in again.'
        ) from None
    return cells(text, assignment, tab)


def data(path):
    """The bytes of a notebook; Unreadable says why there are none.

    What is no ordinary file is not opened, for it might never end.
    """
    if path.is_symlink():
        raise Unreadable('The file is a link to another file; hand in the file.')
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable('This is no file; save the notebook in Jupyter.')
        if found.st_size > LARGEST:
            raise Unreadable(
                f'The notebook has {found.st_size / MB:,.0f} MB, {LARGEST // MB} MB at '
                'most are read; clear its outputs and hand it in again.'
            )
        return path.read_bytes()
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
