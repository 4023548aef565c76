"""One weight file for all frameworks: safetensors, canonical names and layout.

The tensors are those of `d2l_shim.init`, float32 or float64 as the model has them,
running statistics included. The metadata holds their order and the shape of one
input, channels first, which frameworks that build at the first call need.
"""

import json

import numpy as np

from d2l_shim.files import write_whole
from d2l_shim.init import canonical_shape

KEY = 'd2l_shim weights 1'  # the only key of the metadata: equal models, equal bytes


class WeightsError(ValueError):
    """A weight file that cannot be read or written, or does not fit the model."""


def write(path, tensors, input_shape):
    """Write {name: ndarray} to `path`, whole or not at all."""
    from safetensors.numpy import save
    arrays = {name: np.ascontiguousarray(v) for name, v in tensors.items()}
    about = {'input_shape': [int(n) for n in input_shape], 'order': list(arrays)}
    try:
        write_whole(path, save(arrays, {KEY: json.dumps(about)}))
    except OSError as error:
        raise WeightsError(f'save_weights: {error}') from error


def read(path):
    """Return ({name: ndarray}, input shape) of the file at `path`.

    Raises WeightsError for a missing, truncated or foreign file.
    """
    from safetensors import SafetensorError, safe_open
    try:
        with safe_open(path, 'numpy') as file:
            about = (file.metadata() or {}).get(KEY)
            if not about:
                raise WeightsError(f'load_weights: {path} is not a weight file of this '
                                   'book; write one with save_weights.')
            names = file.keys()
            found = {name: file.get_tensor(name) for name in names}
            return found, tuple(json.loads(about)['input_shape'])
    except (SafetensorError, OSError) as error:
        raise WeightsError(f'load_weights: cannot read {path} ({error}); write it anew '
                           'with save_weights.') from error


def shapes(tensors):
    """Return {name: shape} of {name: tensor}."""
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def check(found, expected, what):
    """Compare shapes, {name: shape}, that were found with those the model expects.

    Raises WeightsError that names the first tensor that differs and both shapes.
    """
    for name in [*expected, *(name for name in found if name not in expected)]:
        has = found.get(name, 'no such tensor')
        wants = expected.get(name, 'no such tensor')
        if has != wants:
            name = name if isinstance(name, str) else '/'.join(name)
            raise WeightsError(f'{what} does not fit the model: for {name} it has '
                               f'{has}, the model {wants}; nothing was changed.')


def check_named(names):
    """Raise WeightsError for the first of `names`, which are not canonical."""
    for name in names:
        raise WeightsError(f'save_weights: {name} belongs to no convolution, norm or '
                           'linear layer, and so has no canonical name.')


def example_shape(model):
    """Return the shape of one input of `model`, channels first."""
    shape = getattr(model, 'example_shape', None)
    if shape is None:
        raise WeightsError('save_weights: the model has no numbers yet; train it, or '
                           'call it once on a batch.')
    return shape


def save(side, model, path):
    """Write a model whose numbers live in it; `side` is the framework's module."""
    shape = example_shape(model)
    handles = side.tensors(model, side.example(model, shape))
    named = {id(handle.tensor) for handle in handles.values()}
    check_named(name for name, tensor in side.all_tensors(model).items()
                if id(tensor) not in named)
    write(path, {name: handle.get() for name, handle in handles.items()}, shape)


def load(side, model, path):
    """Copy a file into a model whose numbers live in it, or raise and leave it.

    A model without numbers is tried out on a twin first. The numbers take the
    precision that the model has.
    """
    found, shape = read(path)
    own = getattr(model, 'example_shape', None)
    for probe in (model,) if own else (twin(model), model):
        try:
            handles = side.tensors(probe, side.example(probe, own or shape))
        except (RuntimeError, ValueError) as error:
            raise WeightsError(f'load_weights: {path} does not fit the model, which '
                               f'cannot take inputs of its shape {shape}.') from error
        check(shapes(found), shapes(handles), f'load_weights: {path}')
    for name, handle in handles.items():
        handle.set(found[name])


def save_variables(side, model, path, variables):
    """Write `variables`, or the latest, of a model that holds no numbers itself."""
    if variables is None:
        variables = getattr(model, 'latest', None)
    shape = example_shape(model if variables else None)
    X = side.example(shape)
    named, expected = side.tensor_paths(model, X)
    check(shapes(side.flatten_dict(variables)), shapes(expected),
          'save_weights: the dictionary of variables')
    check_named(expected.keys() - {path for path, _ in named.values()})
    write(path, side.tensors(model, variables, X), shape)


def load_variables(side, model, path):
    """Return the variables that a file holds for `model`, or raise."""
    found, shape = read(path)
    X = side.example(shape)
    named, _ = side.tensor_paths(model, X)
    expected = {name: canonical_shape(shape) for name, (_, shape) in named.items()}
    check(shapes(found), expected, f'load_weights: {path}')
    return side.fill(model, lambda name, shape, i: found[name], X)


def twin(model):
    """Return a new model of the same class and hyperparameters."""
    if not hasattr(model, 'hparams'):
        raise WeightsError('load_weights: the model has no numbers yet and no '
                           'save_hyperparameters(); call it once on a batch.')
    return type(model)(**model.hparams)


def calls(side):
    """Return `save_weights` and `load_weights` of a framework, `side` its module."""
    def save_weights(model, path):
        """Write the model's tensors to one file that every framework can load."""
        save(side, model, path)

    def load_weights(model, path):
        """Copy the tensors of a weight file into `model`, or raise and leave it."""
        load(side, model, path)

    return save_weights, load_weights


def calls_with_variables(side):
    """The same for a framework whose models hold no numbers themselves."""
    def save_weights(model, path, variables=None):
        """Write `variables`, or the model's latest, to a file for all frameworks."""
        save_variables(side, model, path, variables)

    def load_weights(model, path):
        """Return the variables of a file, or raise if it does not fit `model`."""
        return load_variables(side, model, path)

    return save_weights, load_weights
