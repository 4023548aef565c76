"""One weight file for all frameworks: safetensors, canonical names and layout.

The tensors are those of `d2l_shim.init`, float32 or float64 as the model has them,
running statistics included. The metadata holds the shape of one input, channels
first, which frameworks that build at the first call need.
"""

import json
import os
import tempfile
from pathlib import Path

import numpy as np

FORMAT = 'd2l_shim 1'


class WeightsError(ValueError):
    """A weight file that cannot be read, or does not fit the model."""


def write(path, tensors, input_shape):
    """Write {name: ndarray} to `path`, whole or not at all."""
    from safetensors.numpy import save
    if input_shape is None:
        raise WeightsError('save_weights: the model has no numbers yet; train it, or '
                           'call it once on a batch.')
    path = Path(path)
    arrays = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    blob = save(arrays, {'format': FORMAT, 'order': json.dumps(list(arrays)),
                         'input_shape': json.dumps([int(n) for n in input_shape])})
    try:
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=f'.{path.name}.')
        try:
            with os.fdopen(handle, 'wb') as file:
                file.write(blob)
            os.replace(part, path)
        except BaseException:
            os.unlink(part)
            raise
    except OSError as error:
        raise WeightsError(f'save_weights: cannot write {path}: {error.strerror}; '
                           'give one in a folder that exists and has room.') from None


def read(path):
    """Return ({name: ndarray}, input shape) of the file at `path`.

    Raises WeightsError for a missing, truncated or foreign file.
    """
    from safetensors import SafetensorError, safe_open
    try:
        with safe_open(path, 'numpy') as file:
            meta = file.metadata() or {}
            if meta.get('format') != FORMAT:
                raise WeightsError(f'load_weights: {path} is not a weight file of this '
                                   'book; write one with save_weights.')
            names, shape = json.loads(meta['order']), json.loads(meta['input_shape'])
            return {name: file.get_tensor(name) for name in names}, tuple(shape)
    except (SafetensorError, OSError) as error:
        raise WeightsError(f'load_weights: cannot read {path} ({error}); write it anew '
                           'with save_weights.') from None


def check(found, expected, path):
    """Compare a file's tensors with {name: shape} that the model expects.

    Raises WeightsError that names the first tensor that differs and both shapes.
    """
    names = [*expected, *(name for name in found if name not in expected)]
    for name in names:
        has = tuple(found[name].shape) if name in found else 'no such tensor'
        wants = tuple(expected.get(name, ())) if name in expected else 'no such tensor'
        if has != wants:
            raise WeightsError(f'load_weights: {path} does not fit the model: for '
                               f'{name} the file has {has}, the model {wants}; nothing '
                               'was loaded.')


def save(side, model, path):
    """Write a model whose numbers live in it; `side` is the framework's module."""
    shape = getattr(model, 'input_shape', None)
    handles = side.tensors(model, side.example(model, shape)) if shape else {}
    named = {id(handle.tensor) for handle in handles.values()}
    for name, tensor in side.all_tensors(model).items() if shape else ():
        if id(tensor) not in named:
            raise WeightsError(f'save_weights: {name} belongs to no convolution, norm '
                               'or linear layer, and so has no canonical name.')
    write(path, {name: handle.get() for name, handle in handles.items()}, shape)


def load(side, model, path):
    """Copy a file into a model whose numbers live in it, or raise and leave it.

    A model without numbers is tried out on a twin first.
    """
    found, shape = read(path)
    probe = model
    if not getattr(model, 'input_shape', None):
        if not hasattr(model, 'hparams'):
            raise WeightsError('load_weights: the model has no numbers yet and no '
                               'save_hyperparameters(); call it once on a batch.')
        probe = type(model)(**model.hparams)
    handles = side.tensors(probe, side.example(probe, shape))
    check(found, {name: handle.shape for name, handle in handles.items()}, path)
    for name, handle in side.tensors(model, side.example(model, shape)).items():
        handle.set(found[name])
