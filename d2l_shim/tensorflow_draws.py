"""What Keras's initializers drew, told from what a user stated or wrote since.

An initializer without a stated seed takes one from Python's generator when it is made,
and gives the same numbers at each call: so a variable that holds them is untouched.
"""

import inspect
import random
from typing import Any, NamedTuple

import numpy as np

from d2l_shim import starts, tensorflow_backend

_, keras = tensorflow_backend.load()


def held(value):
    """Return the layers in a value: itself, or those of a list, tuple, set or dict."""
    if isinstance(value, keras.layers.Layer):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | tuple | set):
        return []
    return [layer for item in value for layer in held(item)]


def children(layer):
    """Return the layers that a layer holds itself, each once."""
    return getattr(layer, 'layers', None) or [*dict.fromkeys(held(vars(layer)))]


def all_layers(model):
    """Return `model` and every layer in it, each once, from the outside in."""
    found = [model]
    for layer in found:  # which grows
        inner = dict.fromkeys(held(vars(layer)))
        found += [new for new in inner if new not in found]
    return found


def own(model, cls):
    """Return (layer, attribute's name, object) of the layers' attributes in `cls`."""
    return [
        (layer, name, value)
        for layer in all_layers(model)
        for name, value in list(vars(layer).items())
        if isinstance(value, cls)
    ]


def by_default(layer, name, initializer):
    """Whether Keras itself gives such a layer such an initializer.

    An initializer that a user states is not told from an equal default.
    """
    known = next(c for c in type(layer).__mro__ if c.__module__.startswith('keras'))
    default = inspect.signature(known.__init__).parameters.get(name)
    default = default and keras.initializers.get(default.default)
    return type(default) is type(initializer) and (
        default.get_config() == initializer.get_config()
    )


class Start(NamedTuple):
    """A variable and its initializer; `default`: it is the one that Keras gives."""

    layer: Any
    variable: Any
    initializer: Any
    default: bool


def initialized(model):
    """Return a Start for each variable of `model` that has an initializer."""
    return [
        Start(layer, variable, initializer, by_default(layer, name, initializer))
        for layer, name, initializer in own(model, keras.initializers.Initializer)
        for variable in layer.weights
        if name.removesuffix('_initializer') in variable.name
    ]


def untouched(start):
    """Whether a variable holds what was drawn for it, by no seed that a user stated."""
    _, variable, initializer, _ = start
    if initializer.get_config().get('seed', 0) is not None:  # or it draws nothing
        return False
    numbers = variable.numpy()
    if hasattr(variable, 'drawn'):
        return variable.drawn == starts.checksum(numbers)
    return np.array_equal(numbers, initializer(variable.shape, variable.dtype))


def note(variables, stay=False):
    """Remember what `variables` hold now, or that it is to `stay`."""
    for variable in variables:
        variable.drawn = None if stay else starts.checksum(variable.numpy())


def settle(model):
    """Let all numbers of `model` stay from now on."""
    note(model.weights, stay=True)


def draw_anew(starts, seed):
    """Let initializers draw again, each by a seed of its own that `seed` stands for."""
    for i, (_, variable, initializer, _) in enumerate(starts):
        initializer.seed = derived(seed, i)
        variable.assign(initializer(variable.shape, variable.dtype))
    note(start.variable for start in starts)


def derived(seed, i):
    """Return the `i`-th of the seeds that `seed` stands for."""
    return int(np.random.default_rng([seed, i]).integers(1, 10**9))


def seed_generators(seed):
    """Seed TensorFlow's and Keras's generators, and leave Python's and NumPy's."""
    before = random.getstate(), np.random.get_state()
    keras.utils.set_random_seed(seed)
    random.setstate(before[0])
    np.random.set_state(before[1])


def seed_layers(model, seed):
    """Seed the generators of layers, such as Dropout, whose user stated no seed."""
    for i, (*_, generator) in enumerate(own(model, keras.random.SeedGenerator)):
        if generator.get_config()['seed'] is None:
            generator.state.assign([derived(seed, i), 0])
