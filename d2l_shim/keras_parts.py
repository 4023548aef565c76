"""What a framework shares with any other on which Keras runs.

Keras is imported by those files, each with its own backend, and never here first.
"""

import math
from contextlib import contextmanager
from functools import partial
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
        own = not getattr(layer.build, '_is_default', False)
        later = isinstance(layer, keras.Sequential) or not own
        if later and call_spec.eager and not layer.built:
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


class Parts(core.Module):
    """The part of a model, a Keras layer, that is the same on every backend.

    `_init_fresh(*X, **named)` starts the model; a backend's Module defines it.
    """

    def build(self, *shapes, **named):
        """Nothing: its layers are built at their first call."""

    called = training = False

    def __call__(self, *X, training=None, **named):
        import keras

        if not self.called and not any(
            isinstance(x, keras.KerasTensor) for x in keras.tree.flatten((X, named))
        ):
            own = type(self)  # Keras models may define `call` in place of `forward`
            function = self.forward if own.call is Parts.call else self.call
            with core.first_call(self):
                X, named = core.positional(function, X, named)
                self._init_fresh(*X, **named)
        with self._mode(training):
            if training is not None or self.training:  # or it has that around it
                named['training'] = self.training
            return super().__call__(*X, **named)

    @contextmanager
    def _mode(self, training):
        """Let `self.training` be `training` in here, unless that is None."""
        before = self.training
        if training is not None:
            self.training = training
        try:
            yield
        finally:
            self.training = before

    def call(self, *X, training=None, **named):
        with self._mode(training):
            return self.forward(*X, **named)

    def forward(self, X):
        return self.net(X)

    def configure_optimizers(self):
        """Return the optimizer: plain SGD at the model's `lr`."""
        import keras

        return keras.optimizers.SGD(core.learning_rate(self))


class Step:
    """A step of a model as a call, whose mode Keras hands on to all that it calls.

    So a step that calls a part of the model has the part in its mode, too, until a call
    within it states another one. Keras clears the losses of the model for each step.
    """

    def __init__(self, model, step):
        options = {'autocast': False, 'dtype': model.dtype_policy}
        super().__init__(**options)
        self.model, self.built = model, True
        self.take = partial(core.step_result, model, step)

    def call(self, *batch, training=None):
        try:
            with self.model._mode(training):
                return self.take(batch)
        except Exception as error:  # whatever a step raises: Keras is to add nothing
            vars(error)['_keras_call_info_injected'] = True
            raise


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
