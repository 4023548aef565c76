"""Published weights of DenseNets, fetched and converted, and the names of ImageNet."""

import json
from contextlib import suppress

from d2l_shim import convert
from d2l_shim.data import fetch
from d2l_shim.densenets import SOURCES
from d2l_shim.files import read_text
from d2l_shim.profiles import profile
from d2l_shim.surroundings import setting
from d2l_shim.weights import WeightsError


def weights(source='torchvision', depth=121):
    """Return the path of a weight file with what `source` published, for load_weights.

    `source` is 'torchvision', 'keras' or 'gluon'. The weights are fetched, in the full
    profile, and converted; the result is kept. Where they cannot be had, a sentence
    says why, and None is returned. Raises ValueError for what was not published.
    """
    files = {file[8:11]: file for file in _files(source)}  # densenet121...
    if str(depth) not in files:
        known = ', '.join(sorted(files))
        raise ValueError(
            f'published.weights: of {source} there are {known}, not {depth!r}; fetch '
            'the file yourself, and let python -m d2l_shim.convert convert it.'
        )
    name = f'densenet-{source}'
    checkpoint = _had(name, files[str(depth)])
    return checkpoint and _converted(
        checkpoint, fetch.cached(name, f'densenet{depth}.safetensors')
    )


def class_names():
    """Return the names of the 1000 classes of ImageNet, in the order of the outputs.

    They are fetched as the weights are; where they cannot be had, the numbers of the
    classes take their place.
    """
    (file,) = fetch.DATA_SETS['imagenet-names'].files
    path = _had('imagenet-names', file)
    if path is None:
        return [f'class {i}' for i in range(1000)]
    names = json.loads(read_text(path))
    return [names[str(i)][1].replace('_', ' ') for i in range(len(names))]


def _converted(checkpoint, path):
    """Return the weight file `path`, made anew where the checkpoint is no older.

    Returns None after a sentence where it cannot be made.
    """
    if path.is_file() and path.stat().st_mtime > checkpoint.stat().st_mtime:
        return path
    with suppress(OSError):  # writing says why
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        convert.read(checkpoint).write(path, 'published.weights')
        return path
    except WeightsError as error:
        print(error)
        return None


def _files(source):
    if not isinstance(source, str) or source not in SOURCES:
        raise ValueError(
            f'published.weights: there is no source {source!r}; there are '
            f'{", ".join(SOURCES)}.'
        )
    return fetch.DATA_SETS[f'densenet-{source}'].files


def _had(name, file):
    """Return the path of a file; None after a sentence where it cannot be had."""
    try:
        if profile().name == 'full' or fetch.find(name, file):
            return fetch.one(name, file)
        print(
            f'{name}/{file} is not here, and only the full profile fetches it: '
            f'{setting("D2L_PROFILE", "full")}.'
        )
    except fetch.DataUnavailable as error:
        print(error)
    return None
