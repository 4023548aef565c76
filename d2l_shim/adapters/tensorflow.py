"""TensorFlow with Keras, as the contract asks for it."""

from contextlib import ExitStack
from unittest import mock

import numpy as np

from d2l_shim import (
    adapters,
    calls,
    core,
    keras_parts,
    starts,
    tensorflow_backend,
    tensorflow_draws,
)

tf, keras = tensorflow_backend.load()
layers = keras.layers


class Device(ExitStack):
    """A named device, to be entered: `with d2l.try_gpu(): ...`."""

    def __init__(self, name):
        super().__init__()
        self.name = self._device_name = name  # the latter as tf.device has it

    def __repr__(self):
        return self.name

    def __enter__(self):
        return self.enter_context(tf.device(self.name))


class TensorFlow(adapters.Adapter):
    """Models are Keras layers, images (N, H, W, C)."""

    tab, net, kinds = 'tensorflow', layers.Layer, keras_parts.kinds(layers)

    def cpu(self):
        return Device('/CPU:0')

    def gpu(self, i=0):
        return Device(f'/GPU:{i}')

    def num_gpus(self):
        return len(tf.config.list_physical_devices('GPU'))

    def tensor(self, array):
        return tf.constant(array)

    def numpy(self, value):
        known = tf.is_tensor(value) or hasattr(value, 'assign')
        return np.asarray(value) if known else None

    def zeros(self, shape, like):
        return tf.zeros(shape, like.dtype)

    def watch(self, model, told, *X, **named):
        built = keras_parts.built_afterwards(keras)
        with built, calls.watched(layers.Layer, told):
            model(*X, training=False, **named)

    def twin(self, model):
        return core.twin(model)

    def handle(self, layer, kind, name: str):
        variable = getattr(layer, keras_parts.NAMES[kind].get(name, name), None)
        if variable is None:
            return None
        return starts.Handle(
            variable,
            starts.canonical_shape(variable.shape),
            lambda: starts.to_canonical(variable.numpy()),
            lambda array: variable.assign(starts.from_canonical(array)),
        )

    def all_tensors(self, model):
        return {v.path: v for v in model.weights}

    def settle(self, model):
        tensorflow_draws.settle(model)

    def example(self, model, input_shape):
        shape = (1, *input_shape[1:], *input_shape[:1])
        return tf.zeros(shape, model.compute_dtype)

    def forward(self, model, X, training):
        return model(X, training=training)

    def count(self, model, X):
        cheap = mock.patch.object(  # no numbers need be drawn to count them
            keras.initializers.GlorotUniform,
            '__call__',
            lambda _, shape, dtype=None: tf.zeros(shape, dtype),
        )
        with cheap, keras.StatelessScope(initialize_variables=False):
            model.compute_output_spec(keras.KerasTensor(X.shape))
            return sum(int(np.prod(v.shape)) for v in model.trainable_variables)

    def parameters(self, model):
        return [starts.to_canonical(np.asarray(v)) for v in model.trainable_variables]

    def fill(self, model, X, seed):
        self.forward(model, X, False)
        for variable in model.trainable_variables:
            shape = starts.canonical_shape(variable.shape)
            gain = 'gamma' in variable.name
            numbers = starts.by_shape(shape, seed, gain)
            variable.assign(starts.from_canonical(numbers))

    def gradients(self, model, X, G, training):
        with tf.GradientTape() as tape:
            tape.watch(X)
            Y = model(X, training=training)
            total = tf.reduce_sum(Y * G)
        dX, grads = tape.gradient(total, (X, model.trainable_variables))
        found = [np.asarray(g) for g in grads if g is not None]
        return Y, dX, list(map(starts.to_canonical, found))

    def pullback(self, function, X, G):
        with tf.GradientTape() as tape:
            tape.watch(X)
            total = tf.reduce_sum(function(X) * G)
        return tape.gradient(total, X)
