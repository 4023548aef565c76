"""Inside the sandbox: what the grader asks of a framework, in arrays.

A `Side` makes tensors, runs a model, fills its weights and takes gradients. Weights
are drawn by their shape alone, in the canonical layout (out, in, ...), so a right
model has the same numbers however its layers are named or ordered; gains of one
dimension become 1, biases 0.
"""

from unittest import mock

import numpy as np


def draw(shape, seed):
    """The weights of the canonical `shape` for `seed`: normal, variance 2 / fan-in."""
    fan_in = np.prod(shape[1:])
    rng = np.random.default_rng([seed, *shape])
    return (rng.standard_normal(shape) * np.sqrt(2 / fan_in)).astype(np.float32)


def start(shape, gain, seed):
    """What a parameter of canonical `shape` is filled with; `gain` for 1-D ones."""
    if len(shape) > 1:
        return draw(shape, seed)
    return (np.ones if gain else np.zeros)(shape, np.float32)


def swapped(array):
    """Move between (..., in, out) and (out, in, ...) for kernels of any dimension."""
    return np.moveaxis(array, (-1, -2), (0, 1)) if np.ndim(array) > 1 else array


def unswapped(array):
    """The way back of `swapped`."""
    return np.moveaxis(array, (0, 1), (-1, -2)) if np.ndim(array) > 1 else array


class PyTorch:
    """Models are nn.Modules, images (N, C, H, W)."""

    def __init__(self):
        import torch

        self.torch = torch

    def tensor(self, array):
        return self.torch.from_numpy(np.array(array))

    def numpy(self, value):
        if isinstance(value, self.torch.Tensor):
            return value.detach().cpu().numpy()
        return None

    def forward(self, model, X, training):
        model.train(training)
        return model(X)

    def count(self, model, X):
        with self.torch.no_grad():
            self.forward(model, X, False)
        return sum(p.numel() for p in model.parameters() if p.requires_grad)

    def parameters(self, model):
        return [self.numpy(parameter) for parameter in model.parameters()]

    def fill(self, model, X, seed):
        with self.torch.no_grad():
            self.forward(model, X, False)
            for name, parameter in model.named_parameters():
                gain = name.endswith('weight')
                numbers = start(tuple(parameter.shape), gain, seed)
                parameter.copy_(self.torch.from_numpy(numbers))

    def gradients(self, model, X, G, training):
        model.train(training)
        model.zero_grad()
        dX, Y = self._pulled(model, X, G)
        grads = [p.grad for p in model.parameters() if p.grad is not None]
        return Y, dX, [self.numpy(g) for g in grads]

    def pullback(self, function, X, G):
        return self._pulled(function, X, G)[0]

    def _pulled(self, function, X, G):
        X = X.clone().requires_grad_()
        Y = function(X)
        (Y * G).sum().backward()
        return X.grad, Y


class TensorFlow:
    """Models are Keras layers, images (N, H, W, C)."""

    def __init__(self):
        import keras
        import tensorflow as tf

        self.tf, self.keras = tf, keras

    def tensor(self, array):
        return self.tf.constant(array)

    def numpy(self, value):
        known = self.tf.is_tensor(value) or hasattr(value, 'assign')
        return np.asarray(value) if known else None

    def forward(self, model, X, training):
        return model(X, training=training)

    def count(self, model, X):
        keras, tf = self.keras, self.tf
        cheap = mock.patch.object(  # no numbers need be drawn to count them
            keras.initializers.GlorotUniform,
            '__call__',
            lambda _, shape, dtype=None: tf.zeros(shape, dtype),
        )
        with cheap, keras.StatelessScope(initialize_variables=False):
            model.compute_output_spec(keras.KerasTensor(X.shape))
            return sum(int(np.prod(v.shape)) for v in model.trainable_variables)

    def parameters(self, model):
        return [swapped(np.asarray(v)) for v in model.trainable_variables]

    def fill(self, model, X, seed):
        self.forward(model, X, False)
        for variable in model.trainable_variables:
            shape = swapped(np.empty(variable.shape)).shape
            gain = 'gamma' in variable.name
            variable.assign(unswapped(start(shape, gain, seed)))

    def gradients(self, model, X, G, training):
        with self.tf.GradientTape() as tape:
            tape.watch(X)
            Y = model(X, training=training)
            total = self.tf.reduce_sum(Y * G)
        dX, grads = tape.gradient(total, (X, model.trainable_variables))
        return Y, dX, [swapped(np.asarray(g)) for g in grads if g is not None]

    def pullback(self, function, X, G):
        with self.tf.GradientTape() as tape:
            tape.watch(X)
            total = self.tf.reduce_sum(function(X) * G)
        return tape.gradient(total, X)


class JAX:
    """Models are Flax modules, images (N, H, W, C); the side holds their numbers."""

    def __init__(self):
        import jax
        from flax import traverse_util

        self.jax, self.trees, self.variables = jax, traverse_util, {}

    def tensor(self, array):
        return self.jax.numpy.asarray(array)

    def numpy(self, value):
        return np.asarray(value) if isinstance(value, self.jax.Array) else None

    def _mode(self, model, training):
        known = 'training' in getattr(model, '__dataclass_fields__', {})
        return model.clone(training=training) if known else model

    def forward(self, model, X, training):
        return self._apply(model, self._numbers(model, X), X, training)

    def _apply(self, model, variables, X, training):
        rest = [name for name in variables if name != 'params']
        model = self._mode(model, training)
        return model.apply(variables, X, mutable=rest)[0]

    def _numbers(self, model, X):
        if id(model) not in self.variables:
            key = self.jax.random.PRNGKey(0)
            variables = self._mode(model, False).init(key, X)
            self.variables[id(model)] = {'params': {}, **variables}
        return self.variables[id(model)]

    def count(self, model, X):
        model, key = self._mode(model, False), self.jax.random.PRNGKey(0)
        shapes = self.jax.eval_shape(model.init, key, X).get('params', {})
        return sum(leaf.size for leaf in self.jax.tree.leaves(shapes))

    def parameters(self, model):
        if id(model) not in self.variables:
            raise ValueError('the model has no numbers before its first call')
        leaves = self.jax.tree.leaves(self.variables[id(model)]['params'])
        return [swapped(np.asarray(leaf)) for leaf in leaves]

    def fill(self, model, X, seed):
        variables = self._numbers(model, X)
        flat = self.trees.flatten_dict(variables['params'])
        for path, leaf in flat.items():
            shape = swapped(np.empty(leaf.shape)).shape
            numbers = unswapped(start(shape, path[-1] == 'scale', seed))
            flat[path] = self.tensor(numbers)
        variables['params'] = self.trees.unflatten_dict(flat)

    def gradients(self, model, X, G, training):
        variables = self._numbers(model, X)
        rest = {k: v for k, v in variables.items() if k != 'params'}

        def run(params, X):
            return self._apply(model, {'params': params, **rest}, X, training)

        Y, pull = self.jax.vjp(run, variables['params'], X)
        grads, dX = pull(G)
        leaves = self.jax.tree.leaves(grads)
        return Y, dX, [swapped(np.asarray(leaf)) for leaf in leaves]

    def pullback(self, function, X, G):
        return self.jax.vjp(function, X)[1](G)[0]


class MXNet:
    """Models are Gluon blocks, images (N, C, H, W)."""

    def __init__(self):

        from d2l_shim import mxnet_compat

        self.mx = mxnet_compat.load()
        self.mx.npx.set_np()

    def tensor(self, array):
        return self.mx.np.array(array, dtype=np.asarray(array).dtype)

    def numpy(self, value):
        known = isinstance(value, self.mx.nd.NDArray | self.mx.np.ndarray)
        return value.asnumpy() if known else None

    def forward(self, model, X, training):
        self._ready(model)
        if any(p._deferred_init for p in model.collect_params().values()):
            model(X)  # gives shapes, as a first call does in a Trainer
        with self.mx.autograd.record(train_mode=training):
            return model(X)

    def _ready(self, model):
        fresh = [p for p in model.collect_params().values() if p._data is None]
        for parameter in fresh:
            if not parameter._deferred_init:
                parameter.initialize()

    def _learnt(self, model):
        found = model.collect_params().items()
        return {name: p for name, p in found if p.grad_req != 'null'}

    def count(self, model, X):
        self._ready(model)
        model(X)
        return sum(int(np.prod(p.shape)) for p in self._learnt(model).values())

    def parameters(self, model):
        return [p.data().asnumpy() for p in self._learnt(model).values()]

    def fill(self, model, X, seed):
        self._ready(model)
        model(X)
        for name, parameter in self._learnt(model).items():
            numbers = start(parameter.shape, name.endswith('gamma'), seed)
            parameter.set_data(self.tensor(numbers))

    def gradients(self, model, X, G, training):
        self._ready(model)
        X.attach_grad()
        with self.mx.autograd.record(train_mode=training):
            Y = model(X)
            total = (Y * G).sum()
        total.backward(train_mode=training)
        learnt = self._learnt(model).values()
        return Y, X.grad, [p.grad().asnumpy() for p in learnt]

    def pullback(self, function, X, G):
        X.attach_grad()
        with self.mx.autograd.record():
            total = (function(X) * G).sum()
        total.backward()
        return X.grad


SIDES = {'pytorch': PyTorch, 'tensorflow': TensorFlow, 'jax': JAX, 'mxnet': MXNet}
