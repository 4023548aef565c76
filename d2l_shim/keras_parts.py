"""What a framework shares with any other on which Keras runs.

Keras is imported by those files, each with its own backend, and never here first.
"""

import math
from contextlib import contextmanager
from unittest import mock

from d2l_shim import core

NAMES = {  # {kind: {canonical name: Keras's}}
    'conv': {'weight': 'kernel'},
    'linear': {'weight': 'kernel'},
    'norm': {
        'weight': 'gamma',
        'bias': 'beta',
        'running_mean': 'moving_mean',
        'running_var': 'moving_variance',
    },
}


def kinds(layers):
    """Return the `kinds` of an Adapter, of the module `keras.layers`."""
    return {
        (layers.Conv1D, layers.Conv2D, layers.Conv3D): 'conv',
        layers.BatchNormalization: 'norm',
        layers.Dense: 'linear',
    }


@contextmanager
def built_afterwards(keras):
    """Let Keras build what holds other layers after the call that is made in here.

    Before such a layer's first call on numbers, Keras builds it by a call on symbols,
    and what it holds again for each layer around it. Afterwards there is nothing left
    to build but itself.
    """
    maybe_build, waiting = getattr(keras.layers.Layer, '_maybe_build', None), {}
    if maybe_build is None:  # a Keras that builds in another way, at its own time
        yield
        return

    def wait(layer, call_spec):
        holds = isinstance(layer, keras.Sequential) or not builds_itself(layer)
        if holds and call_spec.eager and not layer.built:
            waiting[layer] = call_spec
            layer.built = True  # so that the call goes on with what it holds
        else:
            maybe_build(layer, call_spec)

    def build(layer):
        if isinstance(layer, keras.Sequential):  # it asks its own what they return
            for inner in filter(waiting.__contains__, layer.layers):
                build(inner)
        layer.built = False
        maybe_build(layer, waiting.pop(layer))

    try:
        with mock.patch.object(keras.layers.Layer, '_maybe_build', wait):
            yield
        while waiting:
            build(next(iter(waiting)))
    finally:  # where the call failed, the next one builds them
        for layer in waiting:
            layer.built = False


def symbolic(keras, X):
    """Whether one of the inputs `X` stands for numbers that are not there yet."""
    return any(isinstance(x, keras.KerasTensor) for x in X)


def builds_itself(layer):
    """Whether the class of a layer defines `build`."""
    return not getattr(layer.build, '_is_default', False)


class Parts(core.Module):
    """The part of a model, a Keras layer, that is the same on every backend."""

    def build(self, *shapes, **named):
        """Nothing: its layers are built at their first call."""

    def told(self, training):
        """Return the keyword that tells Keras the mode of a call; none if it knows.

        A part of another model has the mode of the call around it. It would lose that
        by `training=None`.
        """
        if training is None and not self.training:
            return {}
        return {'training': self.training if training is None else training}

    @contextmanager
    def mode(self, training):
        """Let `self.training` be `training` in here, unless that is None."""
        before = self.training
        if training is not None:
            self.training = training
        try:
            yield
        finally:
            self.training = before

    def call(self, *X, training=None, **named):
        with self.mode(training):
            return self.forward(*X, **named)

    def forward(self, X):
        return self.net(X)

    def configure_optimizers(self):
        """Return the optimizer: plain SGD at the model's `lr`."""
        import keras

        return keras.optimizers.SGD(core.learning_rate(self))


def rows(layers, outputs):
    """Return (class name, output shape, parameters) of the `layers` in `outputs`."""
    return [
        (
            type(layer).__name__,
            outputs[layer],
            sum(math.prod(v.shape) for v in layer.trainable_variables),
        )
        for layer in layers
        if layer in outputs
    ]
