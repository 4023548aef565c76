"""Canonical tensors: their order, names and layout, and the numbers they start from.

A model's tensors are ordered by the first call of their layers in a forward pass
and named `<layer>.<kind>.<tensor>`, like `000.conv.weight`. The layout is
PyTorch's: convolutions OIHW, linear layers (out, in). Tensor `i` is drawn from its
own generator, so it does not matter when a layer learns its shape.

What a user stated (an initializer, numbers written into a tensor) stays. What nobody
stated is drawn for `Trainer(seed)`: the layers in KINDS start from the book's numbers,
other layers of the framework from its own. The first `fit` settles it.
"""

import math
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from d2l_shim.core import say_once

KINDS = {
    'conv': ('weight', 'bias'),
    'norm': ('weight', 'bias', 'running_mean', 'running_var'),
    'linear': ('weight', 'bias'),
}


class Handle(NamedTuple):
    """A framework's tensor, read and written in canonical layout as an ndarray."""

    tensor: Any
    shape: tuple
    get: Callable[[], np.ndarray]
    set: Callable[[np.ndarray], None]


def name_tensors(layers, get):
    """Name the tensors of `layers`, (kind, layer) pairs in call order.

    `get(layer, kind, tensor)` returns the framework's tensor, or None where the
    layer has none, such as a bias. Returns {name: what `get` returned} in canonical
    order.

    >>> layers = [('conv', 'stem'), ('linear', 'head')]
    >>> list(name_tensors(layers, lambda layer, kind, tensor: layer))
    ['000.conv.weight', '000.conv.bias', '001.linear.weight', '001.linear.bias']
    """
    named = {
        f'{i:03d}.{kind}.{tensor}': get(layer, kind, tensor)
        for i, (kind, layer) in enumerate(layers)
        for tensor in KINDS[kind]
    }
    return {name: tensor for name, tensor in named.items() if tensor is not None}


def start(handles, fresh, seed):
    """Give the tensors among `handles`, {name: Handle}, that are `fresh` their start.

    `fresh` holds the ids of framework tensors; None stands for all.
    """
    for i, (name, handle) in enumerate(handles.items()):
        if fresh is None or id(handle.tensor) in fresh:
            handle.set(draw(name, handle.shape, i, seed))


def draw(name, shape, index, seed):
    """Return the start of a tensor, float32 in canonical layout.

    He-normal weights (He et al. 2015: variance 2 / fan-in), unit scales and
    variances, zeros otherwise. Drawn from `default_rng([seed, index])`.

    >>> f'{draw("003.conv.weight", (64, 32, 3, 3), index=3, seed=0).std():.2f}'
    '0.08'
    """
    tensor = name.rsplit('.', 1)[1]
    if tensor == 'weight' and len(shape) > 1:
        std = math.sqrt(2 / max(math.prod(shape[1:]), 1))
        numbers = np.random.default_rng([seed, index]).standard_normal(shape)
        return (std * numbers).astype(np.float32)
    ones = tensor in ('weight', 'running_var')
    return np.full(shape, float(ones), np.float32)


def by_shape(shape, seed, gain=False):
    """Return a start that its canonical `shape` alone decides, float32.

    Weights are normal with variance 2 / fan-in; those of one dimension 1 if `gain`.
    A right model has the same numbers, however its layers are named or ordered.
    """
    if len(shape) < 2:
        return np.full(shape, float(gain), np.float32)
    numbers = np.random.default_rng([seed, *shape]).standard_normal(shape)
    return (numbers * np.sqrt(2 / np.prod(shape[1:]))).astype(np.float32)


def checksum(numbers):
    """Return what tells whether `numbers`, an ndarray, were written to since."""
    return zlib.crc32(np.ascontiguousarray(numbers, np.float64).data)


def say_own(classes, framework):
    """Say once which classes of layers, if any, have no numbers of the book."""
    if classes:
        say_once(
            f'{", ".join(sorted(classes))} start{"s" * (len(classes) == 1)} from '
            f"{framework}'s own numbers, not the book's."
        )


def input_shapes(X, layout='NCHW'):
    """Return the shapes of one example of each array in `X`, channels first."""
    shapes = [tuple(x.shape[1:]) for x in X if hasattr(x, 'shape')]
    return [shape[-1:] + shape[:-1] if layout == 'NHWC' else shape for shape in shapes]


def to_canonical(array):
    """Turn a channels-last kernel (HWIO, or in-out for linear) into OIHW or out-in.

    >>> to_canonical(np.zeros((3, 5, 16, 32))).shape
    (32, 16, 3, 5)
    """
    return np.moveaxis(array, (-1, -2), (0, 1)) if array.ndim > 1 else array


def canonical_shape(shape):
    """Return the shape that `to_canonical` gives an array of `shape`."""
    return to_canonical(np.broadcast_to(0, shape)).shape


def from_canonical(array):
    """The inverse of `to_canonical`."""
    return np.moveaxis(array, (0, 1), (-1, -2)) if array.ndim > 1 else array
