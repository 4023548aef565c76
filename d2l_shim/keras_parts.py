"""What a framework shares with any other on which Keras runs.

Keras is imported by those files, each with its own backend, and never here first.
"""

import math

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


class Parts(core.Module):
    """The part of a model, a Keras layer, that is the same on every backend."""

    def build(self, *shapes, **named):
        """Nothing: its layers are built at their first call."""

    def call(self, *X, training=None, **named):
        return self.forward(*X, **named)  # Keras hands `training` on to the layers

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
