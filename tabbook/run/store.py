"""Keep the outputs of a tab under a hash of all that they depend on."""

import ast
import hashlib
import io
import json
import os
import re
import shutil
import sys
import tokenize
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from importlib.util import find_spec
from pathlib import Path

from psutil import pid_exists

from d2l_shim import profiles
from d2l_shim.data import fetch
from d2l_shim.files import read_text, write_whole
from d2l_shim.framework import FRAMEWORKS, installed
from tabbook.tabs import TABS
from tabbook.text.cells import names
from tabbook.text.options import RUNS
from tabbook.text.parse import SourceError, UnknownSection
from tabbook.text.split import split

FORMAT = 1
SHARED = ('numpy', 'matplotlib', 'matplotlib_inline', 'pandas', 'IPython', 'PIL')
DEVICES = ('cpu', 'gpu')
FACTS = ('profile', 'data', 'device')
SHOW_SOURCE = {'inspect', 'linecache', 'traceback', 'help'}  # comments and all
DROPPED = (tokenize.COMMENT, tokenize.NL)


class StoreError(Exception):
    """What a key needs cannot be had; the text says what and the remedy."""


@dataclass(frozen=True)
class Stored:
    """The run of one tab.

    `outputs` holds a list of nbformat output dicts per `SplitCell`; `meta` has
    section, tab, profile, data, device and seconds.
    """

    outputs: list[list[dict]]
    meta: dict


def key(section, tab, library):
    """The hash, as hex text, under which the outputs of a tab are kept."""
    cells = split(section, tab, library)
    return _hash(cells, tab, meta(section))


def _hash(cells, tab, facts):
    """The key of the `cells` of `tab`, run under the `facts` that `meta` names."""
    code = [[_tokens(cell.source), _changing(cell)] for cell in cells]
    known = [FORMAT, code, _shim(tab), versions(tab)]
    text = json.dumps([*known, *((name, facts.get(name)) for name in FACTS)])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _changing(cell):
    """The tags of a cell on which its outputs depend."""
    return [tag for tag in RUNS if tag in cell.meta.get('tags', ())]


def meta(section):
    """What a run of `section` depends on beside its code."""
    data = map(_data, section.data)
    return {'profile': profile(), 'data': ' '.join(data) or 'none', 'device': device()}


@cache
def _tokens(source):
    """A cell as its key counts it: without comments, where no output can show them."""
    try:
        ast.parse(source)
    except SyntaxError:  # IPython's own syntax
        return source
    if names(source) & SHOW_SOURCE:
        return source
    found = tokenize.generate_tokens(io.StringIO(source).readline)
    return tuple(token[:2] for token in found if token.type not in DROPPED)


def load(key, folder):
    """The `Stored` run under `key`, or None where `folder` has none to be read."""
    try:
        return Stored(**json.loads(read_text(_path(key, folder))))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def load_outputs(key, folder):
    """The outputs under `key`, a list for each `SplitCell`, or None."""
    stored = load(key, folder)
    return stored and stored.outputs


def store(key, outputs, meta, folder):
    """Keep `outputs` and `meta` under `key`; a reader never sees half a file."""
    path = _path(key, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({'outputs': outputs, 'meta': meta})
    write_whole(path, text.encode())


def prune(library, folder):
    """Drop what no key names: not in this profile, nor in any other, on any device."""
    for path in Path(folder).glob('*.json*'):
        if not _wanted(path, library):
            path.unlink(missing_ok=True)


def _wanted(path, library):
    """Whether a file of stored outputs, or a part of one, is or may become of use."""
    if path.suffix != '.json':
        part = re.fullmatch(r'\.json\.(\d+)-\d+', ''.join(path.suffixes))
        return part is None or pid_exists(int(part[1]))
    stored = load(path.stem, path.parent)
    tab = stored and stored.meta.get('tab')
    if tab not in TABS:
        return tab in FRAMEWORKS  # then it may be asked for again
    try:
        code = split(library[stored.meta.get('section')], tab, library)
    except UnknownSection:
        return False
    except SourceError:  # a mistake that may be mended
        return True
    found = _hash(code, tab, stored.meta)
    return found == path.stem or not installed(tab)


def _path(key, folder):
    return Path(folder, f'{key}.json')


def device():
    """'gpu' or 'cpu': D2L_DEVICE, else whether the NVIDIA tools are there."""
    found = 'gpu' if shutil.which('nvidia-smi') else 'cpu'
    wanted = os.environ.get('D2L_DEVICE') or found
    if wanted not in DEVICES:
        known = ' or '.join(DEVICES)
        raise StoreError(f'D2L_DEVICE={wanted!r} is not a device: use {known}')
    return wanted


def profile():
    """The name of the profile; StoreError where D2L_PROFILE names none."""
    try:
        return profiles.profile().name
    except ValueError as error:
        raise StoreError(str(error)) from None


@cache
def _data(name):
    try:
        return fetch.state(name)
    except fetch.DataUnavailable as error:
        raise StoreError(str(error)) from None


@cache
def _shim(tab):
    """Hashes of the package and of a framework's own file, which may lie elsewhere."""
    own = find_spec(FRAMEWORKS[tab].shim)
    own = hashlib.sha256(Path(own.origin).read_bytes()).hexdigest() if own else None
    return [shim_hash(tab, Path(find_spec('d2l_shim').origin).parent), own]


def shim_hash(tab, folder):
    """A hash of the package in `folder`, the files of other frameworks aside."""
    stems = {name: f.shim.rpartition('.')[2] for name, f in FRAMEWORKS.items()}
    others = [stem for name, stem in stems.items() if name != tab]
    digest = hashlib.sha256()
    for path in sorted(folder.rglob('*.py')):
        if path.stem.partition('_')[0] not in others:  # mxnet_compat is MXNet's
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def versions(tab):
    """Versions of all that shapes the outputs of `tab`, the framework first.

    Nothing is imported.
    """
    return [*map(release, (*FRAMEWORKS[tab].packages, *SHARED)), sys.version]


@cache
def _holders():
    """{package: the names of the distributions that hold it}."""
    return packages_distributions()


def release(package):
    """The names and versions of the distributions that hold `package`."""
    try:
        return f'{package} {version(package)}'
    except PackageNotFoundError:  # TensorFlow is in tensorflow-cpu, for one
        names = _holders().get(package, ())
        return ' '.join(f'{name} {version(name)}' for name in names) or f'no {package}'
