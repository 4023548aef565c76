"""What a forward pass calls, layer by layer, and what it means if it cannot go on.

An Adapter's `watch(model, calls, *X)` runs the model once on `X`, in evaluation mode,
and tells a Calls of each layer that is entered and left.
"""

import contextlib
import math
import threading
from typing import Any

from d2l_shim.framework import FRAMEWORKS

# Heights and widths to try in place of those that a model cannot take.
SIZES = (8, 16, 28, 32, 48, 64, 96, 128, 160, 192, 224)
WATCHING = threading.RLock()  # as `watch` may exchange methods of a framework's classes


class EmptyMaps(ValueError):
    """A layer returned an array without a number in it."""


class TooSmall(ValueError):
    """Pictures of which a model leaves nothing; it names a size that would do."""


class Calls:
    """The layers that a forward pass called, in the order of their first call.

    A key stands for a layer: itself, or a path where a framework has no objects.
    `outputs` holds the shape of each first output; `open` are those being called. A
    Functional framework leaves the shapes of its `variables` and {path: module} here.
    """

    variables: Any
    modules: dict

    def __init__(self):
        self.classes, self.outputs, self.open = {}, {}, []

    def enter(self, key, cls):
        self.classes.setdefault(key, cls)
        self.open.append(key)

    def leave(self, key, Y):
        """Note the output; raise EmptyMaps if there is nothing in it."""
        shape = tuple(getattr(Y, 'shape', (None,)))
        if 0 in shape[1:]:
            raise EmptyMaps(f'{self.classes[key].__name__} returned {shape}.')
        if None not in shape:
            self.outputs.setdefault(key, shape)
        self.open.pop()

    def of_kinds(self, kinds):
        """Return (kind, key) of the layers of the classes `kinds`, {class: kind}."""
        return [
            (kind, key)
            for key, called in self.classes.items()
            for cls, kind in kinds.items()
            if issubclass(called, cls)
        ]

    def place(self):
        """Name the layer that is being called: the innermost that a user wrote."""
        own = [key for key in self.open[1:] if not of_a_framework(self.classes[key])]
        key = [*self.open, *own][-1]
        alike = [k for k, cls in self.classes.items() if cls is self.classes[key]]
        number = alike.index(key) + 1
        return self.classes[key].__name__ + f' number {number}' * (number > 1)

    def result(self):
        """The shape of what the model itself returned; None where it is no array."""
        return self.outputs.get(next(iter(self.classes), None))

    def without_variance(self, kinds, layout):
        """Name the first norm that sees one number a channel and example, or None.

        Over a batch of one it has no variance. `kinds` as in `of_kinds`.
        """
        channel = 1 if layout[1] == 'C' else -1
        for kind, key in self.of_kinds(kinds):
            shape = self.outputs.get(key) if kind == 'norm' else None
            if shape and math.prod(shape[1:]) == shape[channel]:
                return self.classes[key].__name__
        return None


@contextlib.contextmanager
def watched(base, told):
    """Tell `told` of each call of a layer, an instance of `base`, in this context.

    For frameworks that have no hooks on calls, hence the exchange of `__call__`.
    """
    original = base.__call__

    def call(layer, *args, **kwargs):
        told.enter(layer, type(layer))
        Y = original(layer, *args, **kwargs)
        told.leave(layer, Y)
        return Y

    base.__call__ = call
    try:
        yield
    finally:
        base.__call__ = original


def of_a_framework(cls):
    known = {name for framework in FRAMEWORKS.values() for name in framework.packages}
    return cls.__module__.split('.')[0] in known


def first_calls(framework, model, *X, **named):
    """Return the Calls of one forward pass of `model` on `X`, by a framework's Adapter.

    If the model cannot take pictures of this size, but larger ones, TooSmall names the
    layer and a size that would do.
    """
    calls = Calls()
    try:
        with WATCHING:
            framework.watch(model, calls, *X, **named)
    except TooSmall:  # said already, by a model called for the first time
        raise
    except Exception as error:  # whatever a layer raises: it is raised again
        size = calls.open and size_that_would_do(framework, model, X, named)
        if not size:
            raise
        height, width = sides(X[0].shape, framework.layout)
        raise TooSmall(
            f'{type(model).__name__} cannot take inputs of {height} x {width}: nothing '
            f'is left of them in {calls.place()}; {size} x {size} would do.'
        ) from error
    return calls


def sides(shape, layout):
    """Return height and width of a batch of pictures."""
    return tuple(shape[layout.index('H') : layout.index('W') + 1])


def size_that_would_do(framework, model, X, named):
    """Return the smallest of SIZES that the model takes; None if size is no matter."""
    if len(X[0].shape) != 4:
        return None
    largest = max(sides(X[0].shape, framework.layout))

    def works(size):
        shape = [
            size if axis in 'HW' else n
            for axis, n in zip(framework.layout, X[0].shape, strict=True)
        ]
        zeros = framework.zeros(shape, X[0])
        try:
            with WATCHING:
                framework.watch(framework.twin(model), Calls(), zeros, *X[1:], **named)
        except Exception:  # so this size would not do, either
            return False
        return True

    larger = [size for size in SIZES if size > largest]
    if not larger or works(largest) or not works(larger[-1]):
        return None
    return next(size for size in larger if works(size))
