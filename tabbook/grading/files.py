"""Walk through what was handed in: each file is a notebook, or left with a reason."""

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tabbook.grading import zips

# As Jupyter names a notebook; browsers add the others, Windows writes it large.
NOTEBOOK = re.compile(r'\.ipynb(\.txt|\.json)?$', re.IGNORECASE)
PACKED = re.compile(r'\.(7z|rar|tar|tgz|gz|bz2|xz)$', re.IGNORECASE)
OURS = '-reports'  # how the folder beside a table ends
ASIDE = 'Jupyter or a file manager keeps it for itself.'


@dataclass(frozen=True)
class File:
    """A notebook: `parts` lead from `root`, what was asked for, to it."""

    root: Path
    parts: tuple
    path: Path
    numbers: tuple = ()

    @cached_property
    def order(self):
        """By which files are sorted, wherever they are."""
        return self.root.name, Path(*self.parts), self.numbers

    def above(self, paths):
        """The name of what was asked for, where that is not all."""
        inside = self.numbers or self.root != self.path
        return [plain(self.root.name)] if inside and len(paths) > 1 else []


def plain(name):
    """A name without the end that tells what it is."""
    return zips.ZIP.sub('', NOTEBOOK.sub('', name))


def walk(paths):
    """([File], [(parts, reason)]): the notebooks in `paths`, and all else, by name.

    Raises FileNotFoundError for a path that is not there, or is nothing of both.
    """
    found, left, paths = {}, [], [*map(Path, paths)]
    for path in paths:
        for file, reason in _within(path):
            if reason:
                left.append(((*file.above(paths), *file.parts), reason))
            else:
                found.setdefault((_absolute(file.path), file.numbers), file)
    return list(found.values()), sorted(set(left))


def _within(root):
    """(File, reason) of all that is in `root`: a folder, a zip or a notebook."""
    if root.is_dir():
        yield from _folder(root)
    elif zips.ZIP.search(root.name) and root.exists():
        yield from _zip(root, root, ())
    elif NOTEBOOK.search(root.name) and os.path.lexists(root):
        yield File(root, (root.name,), root), ''
    elif root.exists():
        raise FileNotFoundError(f'{str(root)!r} is no notebook (.ipynb), zip or folder')
    else:
        raise FileNotFoundError(f'there is no folder {str(root)!r} of submissions')


def _folder(root):
    for here, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not _ours(Path(here, name))]
        links = [name for name in folders if Path(here, name).is_symlink()]
        empty = [
            name for name in folders
            if NOTEBOOK.search(name) and not os.listdir(Path(here, name))
        ]  # fmt: skip
        for name in [*names, *links, *empty]:
            path = Path(here, name)
            if not (path.suffix == '.csv' and _ours(_reports(path))):
                yield from _file(root, path)


def _file(root, path):
    parts = path.relative_to(root).parts
    whole = not path.is_symlink() and path.is_file()
    if not _aside(parts) and zips.ZIP.search(path.name) and whole:
        yield from _zip(root, path, parts)
    else:
        yield File(root, parts, path), _reason(parts)


def _zip(root, path, parts):
    """What is in a zip, as if it were a folder."""
    try:
        inside = zips.members(path, lambda name: not _reason(_split([name])))
    except zips.NotOpened as error:
        yield File(root, parts or (path.name,), path), str(error)
        return
    for names, numbers, reason in inside:
        file = File(root, (*parts, *_split(names)), path, numbers)
        yield file, reason or _reason(file.parts)


def _split(names):
    """The parts of the path that leads through zips."""
    return tuple(p for name in names for p in re.split(r'[/\\]', name) if p)


def _reason(parts):
    """Why a file is no submission, by its name; '' for one that is."""
    if _aside(parts):
        return ASIDE
    last = parts[-1] if parts else ''
    if NOTEBOOK.search(last):
        return ''
    if zips.ZIP.search(last):
        return 'It is no file that can be opened.'
    if PACKED.search(last):
        return 'Of packed files only a zip is opened; unpack it.'
    return 'It is no notebook: its name does not end in .ipynb.'


def _aside(parts):
    """Whether a path belongs to what Jupyter and file managers keep for themselves."""
    return any(part.startswith('.') or part == '__MACOSX' for part in parts)


def _ours(folder):
    """Whether a folder is the one that the grader writes beside a table."""
    return folder.name.endswith(OURS) and (folder / 'assignment.txt').is_file()


def _reports(table):
    return table.with_name(f'{table.stem}{OURS}')


def _absolute(path):
    """A path that is the same for a file, but not for a link to it."""
    return path.parent.resolve() / path.name
