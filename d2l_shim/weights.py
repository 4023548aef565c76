"""One weight file for all frameworks: safetensors, canonical names and layout.

The tensors are those of `d2l_shim.starts`, float32 or float64 as the model has them,
running statistics included. The metadata holds their order and the shape of one
input, channels first, which frameworks that build at the first call need; a list of
shapes if the model takes several inputs.
"""

import json
import os
from contextlib import contextmanager, suppress

import numpy as np

from d2l_shim.files import write_whole
from d2l_shim.starts import canonical_shape

KEY = 'd2l_shim weights 1'  # the only key of the metadata: equal models, equal bytes


class WeightsError(ValueError):
    """A weight file that cannot be read or written, or does not fit the model."""


def write(path, tensors, input_shapes, call='save_weights'):
    """Write {name: ndarray} to `path`, whole or not at all.

    Raises WeightsError, which names the `call`.
    """
    from safetensors.numpy import save

    arrays = {
        name: np.ascontiguousarray(v, None if v.dtype == np.float64 else '<f4')
        for name, v in tensors.items()
    }
    shapes = [[int(n) for n in shape] for shape in input_shapes]
    about = {
        'input_shape': shapes[0] if len(shapes) == 1 else shapes,
        'order': list(arrays),
    }
    try:
        write_whole(path, save(arrays, {KEY: json.dumps(about)}))
    except OSError as error:
        raise WeightsError(f'{call}: {error}') from error


def read(path):
    """Return ({name: ndarray}, names in order, shapes of the inputs) of a file.

    Raises WeightsError for a missing, truncated, broken or foreign file or a folder.
    """
    from safetensors import SafetensorError, safe_open

    remedy = 'name a file that save_weights wrote'
    if os.path.isdir(path):
        raise WeightsError(f'load_weights: {path} is a folder; {remedy}.')
    try:
        with safe_open(path, 'numpy') as file:
            about = (file.metadata() or {}).get(KEY)
            if not about:
                raise WeightsError(
                    f'load_weights: {path} is not a weight file of this '
                    'book; write one with save_weights.'
                )
            names = file.keys()
            check_kinds(path, {n: file.get_slice(n).get_dtype() for n in names})
            return {n: file.get_tensor(n) for n in names}, *understood(path, about)
    except FileNotFoundError as error:
        raise WeightsError(
            f"load_weights: there is no file '{path}'; {remedy}."
        ) from error
    except (SafetensorError, OSError) as error:
        raise WeightsError(
            f'load_weights: cannot read {path} ({error}); write it anew '
            'with save_weights.'
        ) from error


def check_kinds(path, kinds):
    """Raise WeightsError if one of `kinds`, {name: kind of numbers}, is not written."""
    for name, kind in kinds.items():
        if kind not in ('F32', 'F64'):
            raise WeightsError(
                f'load_weights: in {path} {name} holds {kind} numbers; '
                'write F32 or F64, as save_weights does.'
            )


def broken(path):
    return WeightsError(
        f'load_weights: the metadata of {path} is broken; write the '
        'file anew with save_weights.'
    )


def understood(path, about):
    """Return (names in order, shapes of the inputs) that the metadata `about` tells."""
    try:
        about = json.loads(about)
        order, shapes = about['order'], about['input_shape']
        several = len(shapes) > 0 and isinstance(shapes[0], list)
        shapes = tuple(map(tuple, shapes if several else [shapes]))
        fine = all(
            type(n) is int and n >= 0 for shape in shapes for n in shape
        ) and all(isinstance(name, str) for name in order)
    except (ValueError, KeyError, TypeError) as error:
        raise broken(path) from error
    if not fine:
        raise broken(path)
    return order, shapes


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
            raise WeightsError(
                f'{what} does not fit the model: for {name} it has '
                f'{has}, the model {wants}; nothing was changed.'
            )


def check_file(path, found, order, expected):
    """Raise WeightsError unless a file has the tensors of the model in its order."""
    check(shapes(found), expected, f'load_weights: {path}')
    if order != list(expected):
        raise broken(path)


def check_named(names):
    """Raise WeightsError for the first of `names`, which are not canonical."""
    for name in names:
        raise WeightsError(
            f'save_weights: {name} belongs to no convolution, norm or '
            'linear layer, and so has no canonical name.'
        )


def example_shapes(model):
    """Return the shapes of one input each of `model`, channels first."""
    shapes = getattr(model, 'example_shapes', None)
    if shapes is None:
        raise WeightsError(
            'save_weights: the model has no numbers yet; train it, or '
            'call it once on a batch.'
        )
    return shapes


@contextmanager
def explained(
    sentence, remedy='nothing was changed', kind: type[ValueError] = WeightsError
):
    """Turn whatever goes wrong into an error of that `kind`, of one sentence."""
    try:
        yield
    except kind:
        raise
    except Exception as error:  # a framework, or a model of a user, raises anything
        why = ': '.join([type(error).__name__, *str(error).splitlines()[:1]])
        why = getattr(error, 'strerror', None) or why
        raise kind(f'{sentence} ({why}); {remedy}.') from error


def taking(call, shapes):
    """Explain what goes wrong when a model is run on inputs of `shapes`."""
    shown = ' and '.join(map(str, shapes))
    return explained(
        f'{call} does not fit the model, which cannot take inputs of its shape {shown}'
    )


def save(framework, model, path):
    """Write a model's numbers; `framework` is an Adapter."""
    shapes = example_shapes(model)
    with taking('save_weights: an input of zeros', shapes):
        X = [framework.example(model, shape) for shape in shapes]
        handles = framework.tensors(model, *X)
    named = {id(handle.tensor) for handle in handles.values()}
    everything = framework.all_tensors(model)
    check_named(name for name, t in everything.items() if id(t) not in named)
    write(path, {name: handle.get() for name, handle in handles.items()}, shapes)


def load(framework, model, path):
    """Copy a file into a model whose numbers live in it, or raise and leave it.

    A model without numbers is tried out on a twin first. The numbers take the
    precision that the model has.
    """
    found, order, of_file = read(path)
    own = getattr(model, 'example_shapes', None)
    for probe in (model,) if own else (twin(model), model):
        with taking(f'load_weights: {path}', of_file):
            X = [framework.example(probe, shape) for shape in own or of_file]
            handles = framework.tensors(probe, *X)
        check_file(path, found, order, shapes(handles))
    set_all(path, handles, found)
    framework.settle(model)


def set_all(path, handles, found):
    """Give all `handles`, {name: Handle}, the numbers `found`, or none of them."""
    before = {}
    with explained(f'load_weights: {path} could not be copied into the model'):
        try:
            for name, handle in handles.items():
                before[name] = np.array(handle.get())
                handle.set(found[name])
        except BaseException:
            for name, numbers in before.items():
                with suppress(Exception):  # the one that failed may not be set at all
                    handles[name].set(numbers)
            raise


def save_variables(framework, model, path, variables):
    """Write `variables`, or the latest, of a model that holds no numbers itself."""
    if variables is None:
        variables = getattr(model, 'latest', None)
    of_inputs = example_shapes(model if variables else None)
    X = [framework.example(model, shape) for shape in of_inputs]
    with taking('save_weights: an input of zeros', of_inputs):
        _, expected = framework.paths(model, *X)
    found = framework.flatten(variables)
    check(shapes(found), shapes(expected), 'save_weights: the dictionary of variables')
    save(framework, framework.holding(model, variables), path)


def load_variables(framework, model, path):
    """Return the variables that a file holds for `model`, or raise."""
    found, order, of_file = read(path)
    X = [framework.example(model, shape) for shape in of_file]
    with taking(f'load_weights: {path}', of_file):
        named, _ = framework.paths(model, *X)
    expected = {name: canonical_shape(shape) for name, (_, shape) in named.items()}
    check_file(path, found, order, expected)
    with explained(f'load_weights: {path} could not be copied into the model'):
        return framework.variables(model, lambda name, shape, i: found[name], *X)


def twin(model):
    """Return a new model of the same class and hyperparameters."""
    if not hasattr(model, 'hparams'):
        raise WeightsError(
            'load_weights: the model has no numbers yet and no '
            'save_hyperparameters(); call it once on a batch.'
        )
    with explained(
        'load_weights: the model has no numbers yet and cannot be made anew '
        'from the arguments it saved',
        'call it once on a batch',
    ):
        return type(model)(**model.hparams)


def calls(framework):
    """Return `save_weights` and `load_weights` of a framework, given its Adapter."""

    def save_weights(model, path):
        """Write the model's tensors to one file that every framework can load."""
        save(framework, model, path)

    def load_weights(model, path):
        """Copy the tensors of a weight file into `model`, or raise and leave it."""
        load(framework, model, path)

    return save_weights, load_weights


def calls_with_variables(framework):
    """The same for a Functional one, whose models hold no numbers themselves."""

    def save_weights(model, path, variables=None):
        """Write `variables`, or the model's latest, to a file for all frameworks."""
        save_variables(framework, model, path, variables)

    def load_weights(model, path):
        """Return the variables of a file, or raise if it does not fit `model`."""
        return load_variables(framework, model, path)

    return save_weights, load_weights
