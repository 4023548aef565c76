"""Keep the outputs of a tab under a hash of all that they depend on."""

import hashlib
import json
import os
import re
import shutil
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distributions, packages_distributions, version
from importlib.util import find_spec
from pathlib import Path

from d2l_shim.files import read_text, write_whole
from d2l_shim.frameworks import FRAMEWORKS
from tabbook.options import RUNS
from tabbook.source import find_root
from tabbook.split import split

FORMAT = 1
DATA_SETS = {'fashion-mnist': r'fashion_?mnist', 'house-prices': r'kaggle_?house'}


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
    code = [cell.source for cell in cells]
    facts = [FORMAT, code, _shim(tab), _versions(tab), *meta(code).items()]
    if any(tags := [_changing(cell) for cell in cells]):
        facts.append(tags)
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def _changing(cell):
    """The tags of a cell on which its outputs depend."""
    return [tag for tag in RUNS if tag in cell.meta.get('tags', ())]


def meta(code):
    """What a run of the cells `code` depends on beside the code itself."""
    data = [_data(name) for name in _data_sets('\n'.join(code))]
    return {'profile': profile(), 'data': ' '.join(data) or 'none', 'device': device()}


def load(key, folder=None):
    """The `Stored` run under `key`, or None where there is none that can be read."""
    try:
        return Stored(**json.loads(read_text(_path(key, folder))))
    except (FileNotFoundError, ValueError):
        return None


def load_outputs(key, folder=None):
    """The outputs under `key`, a list for each `SplitCell`, or None."""
    stored = load(key, folder)
    return stored and stored.outputs


def store(key, outputs, meta, folder=None):
    """Keep `outputs` and `meta` under `key`; a reader never sees half a file."""
    path = _path(key, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({'outputs': outputs, 'meta': meta})
    write_whole(path, text.encode())


def _path(key, folder):
    folder = Path(folder) if folder else find_root() / '_build' / 'outputs'
    return folder / f'{key}.json'


def device():
    """'gpu' or 'cpu': D2L_DEVICE, else whether the NVIDIA tools are there."""
    found = 'gpu' if shutil.which('nvidia-smi') else 'cpu'
    return os.environ.get('D2L_DEVICE') or found


def profile():
    """The name of the profile; StoreError where D2L_PROFILE names none."""
    from d2l_shim import core

    try:
        return core.profile().name
    except ValueError as error:
        raise StoreError(str(error)) from None


def _data_sets(code):
    return [name for name, used in DATA_SETS.items() if re.search(used, code, re.I)]


@cache
def _data(name):
    from d2l_shim import data

    try:
        return data.state(name)
    except data.DataUnavailable as error:
        raise StoreError(str(error)) from None


@cache
def _shim(tab):
    return shim_hash(tab, Path(find_spec('d2l_shim').origin).parent)


def shim_hash(tab, folder):
    """A hash of the package in `folder`, the files of other frameworks aside."""
    stems = {name: f.shim.rpartition('.')[2] for name, f in FRAMEWORKS.items()}
    others = [stem for name, stem in stems.items() if name != tab]
    digest = hashlib.sha256()
    for path in sorted(folder.glob('*.py')):
        if path.stem.partition('_')[0] not in others:  # mxnet_compat is MXNet's
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


@cache
def _versions(tab):
    """Versions of the framework's package and of Python; nothing is imported."""
    package = FRAMEWORKS[tab].package
    found = (d for d in distributions() if package in _tops(d))
    names = [distribution.name for distribution in found]
    names = names or packages_distributions().get(package, ())  # slow, but thorough
    return [*(f'{name} {version(name)}' for name in names), sys.version]


def _tops(distribution):
    """The packages that a distribution says it holds."""
    return (distribution.read_text('top_level.txt') or '').split()
