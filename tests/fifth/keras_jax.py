"""A fifth framework, Keras on JAX, by one file of its own: `import keras_jax as d2l`.

It shows what the contract of `d2l_shim.framework` asks for, and that no more is asked.
"""

import os
from contextlib import contextmanager
from functools import partial
from unittest import mock

os.environ.setdefault('KERAS_BACKEND', 'jax')

import jax
import keras
import numpy as np
from jax import numpy as jnp
from keras import layers
from keras.src.backend.common.dtypes import BIT64_TO_BIT32_DTYPE

from d2l_shim import (
    adapters,
    calls,
    classic,
    core,
    jax_arrays,
    keras_parts,
    starts,
    weights,
)
from d2l_shim.callbacks import Callback, History
from d2l_shim.classic import Accumulator, Animator, accuracy, get_fashion_mnist_labels
from d2l_shim.core import DataModule, HyperParameters, Timer, add_to_class
from d2l_shim.data import fashion_mnist, house_prices
from d2l_shim.plot import ProgressBoard, plot, plt, show_images

__all__ = [
    'Accumulator',
    'Animator',
    'Callback',
    'Classifier',
    'DataModule',
    'FashionMNIST',
    'History',
    'HyperParameters',
    'KaggleHouse',
    'Module',
    'ProgressBoard',
    'Timer',
    'Trainer',
    'accuracy',
    'add_to_class',
    'cpu',
    'evaluate_accuracy_gpu',
    'framework',
    'get_fashion_mnist_labels',
    'gpu',
    'init_cnn',
    'load_data_fashion_mnist',
    'load_weights',
    'log_rmse',
    'num_gpus',
    'plot',
    'plt',
    'save_weights',
    'show_images',
    'train_ch6',
    'try_gpu',
]  # fmt: skip


@contextmanager
def wide(dtype):
    """Have numbers of `dtype`, float64 among them, in this context.

    Both must be told: JAX has no float64, and Keras on it would meet any other kind in
    float32, as its table says, which has no setting (3.15: in batch normalization).
    """
    if str(dtype) != 'float64':
        yield
        return
    with mock.patch.dict(BIT64_TO_BIT32_DTYPE, float64='float64'), jax.enable_x64(True):
        yield


def values(variables):
    return [variable.value for variable in variables]


def all_layers(layer):
    """Yield `layer` and all that it holds."""
    yield layer
    for part in layer._layers:
        yield from all_layers(part)


class KerasJAX(jax_arrays.Arrays, adapters.Adapter):
    """Models are Keras layers, images (N, H, W, C)."""

    tab, net, kinds = 'keras', layers.Layer, keras_parts.kinds(layers)

    def numpy(self, value):
        known = isinstance(value, jax.Array | keras.Variable)
        return np.asarray(value) if known else None

    def zeros(self, shape, like):
        return jnp.zeros(shape, like.dtype)

    def watch(self, model, told, *X, **named):
        """Run it on shapes alone, which also builds its layers."""
        run = partial(model, training=False, **named)
        with (
            wide(X[0].dtype),
            calls.watched(layers.Layer, told),
            keras.StatelessScope(),
        ):
            jax.eval_shape(run, *X)

    def twin(self, model):
        return core.twin(model)

    def handle(self, layer, kind, name):
        variable = getattr(layer, keras_parts.NAMES[kind].get(name, name), None)
        if variable is None:
            return None

        def put(array):
            with wide(variable.dtype):
                variable.assign(starts.from_canonical(array))

        return starts.Handle(
            variable,
            starts.canonical_shape(variable.shape),
            lambda: starts.to_canonical(np.asarray(variable.value)),
            put,
        )

    def all_tensors(self, model):
        return {variable.path: variable for variable in model.weights}

    def example(self, model, input_shape):
        with wide(model.compute_dtype):
            shape = (1, *input_shape[1:], *input_shape[:1])
            return jnp.zeros(shape, model.compute_dtype)

    def settle(self, model):
        model.settled = True

    def forward(self, model, X, training):
        self.watch(model, calls.Calls(), X)
        return jax.jit(partial(model, training=training))(X)

    def count(self, model, X):
        self.watch(model, calls.Calls(), X)
        return sum(int(np.prod(v.shape)) for v in model.trainable_variables)

    def parameters(self, model):
        return list(
            map(starts.to_canonical, map(self.numpy, model.trainable_variables))
        )

    def fill(self, model, X, seed):
        self.watch(model, calls.Calls(), X)
        for variable in model.trainable_variables:
            shape, gain = (
                starts.canonical_shape(variable.shape),
                'gamma' in variable.name,
            )
            numbers = starts.by_shape(shape, seed, gain)
            variable.assign(starts.from_canonical(numbers))

    def gradients(self, model, X, G, training):
        self.watch(model, calls.Calls(), X)

        def run(params, X):
            known = zip(model.trainable_variables, params, strict=True)
            with keras.StatelessScope(state_mapping=list(known)):
                return model(X, training=training)

        Y, pull = jax.vjp(run, values(model.trainable_variables), X)
        grads, dX = pull(G)
        return Y, dX, [starts.to_canonical(np.asarray(g)) for g in grads]

    def pullback(self, function, X, G):
        return jax.vjp(function, X)[1](G)[0]


framework = KerasJAX()
cpu, gpu, num_gpus = framework.cpu, framework.gpu, framework.num_gpus
try_gpu = framework.try_gpu
save_weights, load_weights = weights.calls(framework)


def init_fresh(model, *X, seed=0, every_layer=False, **named):
    """Start what is not settled, or `every_layer`, from `seed`."""
    model.example_shapes = starts.input_shapes(X, 'NHWC')
    handles = framework.tensors(model, *core.one_example(X), **named)
    if every_layer or not getattr(model, 'settled', False):
        starts.start(handles, None, seed)


def init_cnn(model, *X, seed=0):
    """Start convolutions, norms and dense layers from the book's numbers."""
    init_fresh(model, *X, seed=seed, every_layer=True)


class Module(keras_parts.Parts, layers.Layer):
    """Base of models; a new one starts from `init_cnn`'s numbers at its first call."""

    settled = False

    def _init_fresh(self, *X, **named):
        init_fresh(self, *X, **named)

    def summary_rows(self, X_shape):
        """Return (class name, output shape, parameters) of each child of `net`."""
        outputs = framework.first_calls(self, jnp.zeros(X_shape)).outputs
        return keras_parts.rows(self.net.layers, outputs)


class Step(keras_parts.Step, layers.Layer):
    """A step of a model as a Keras call."""


class Classifier(core.Classifier, Module):
    """Base of classification models; logits (N, classes), labels (N,)."""

    @core.of_classes
    def loss(self, y_hat, y):
        """Return the mean cross-entropy."""
        core.check_labels(y_hat, y)
        right = jnp.take_along_axis(jax.nn.log_softmax(y_hat), y[:, None], axis=1)
        return -right.mean()

    def accuracy(self, y_hat, y):
        """Return the fraction of examples whose largest logit is the label's."""
        core.check_labels(y_hat, y)
        return (y_hat.argmax(axis=1) == y).mean()


class FashionMNIST(jax_arrays.Batches, fashion_mnist.FashionMNIST):
    """Fashion-MNIST in batches of X (N, H, W, 1), float32 in [0, 1], and y (N,)."""

    layout = framework.layout


class Trainer(jax_arrays.Snapshots):
    __doc__ = core.Trainer.__doc__
    framework = framework
    precisions = ('float32', 'float64')

    @contextmanager
    def scope(self):
        """Compute in the precision: float32 means float32, on a GPU too."""
        before = keras.config.floatx()
        keras.config.set_floatx(self.precision)
        try:
            with wide(self.precision), jax.default_matmul_precision('highest'):
                yield
        finally:
            keras.config.set_floatx(before)

    def start(self, model, batch):
        with self.scope():
            for layer in all_layers(model):
                layer.dtype_policy = self.precision
            *X, _ = self.place([part[:1] for part in batch])
            keras.utils.set_random_seed(self.seed)
            init_fresh(model, *X, seed=self.seed)
            framework.settle(model)
            self.examine(model, *X)
            optimizer = model.configure_optimizers()
            optimizer.build(model.trainable_variables)
        self.model, self.optimizer = model, optimizer
        self._train = jax.jit(self._update)
        self._eval = jax.jit(partial(self._taken, training=False))
        moved = model.trainable_variables, model.non_trainable_variables
        return [values(each) for each in (*moved, optimizer.variables)]

    def place(self, batch):
        """Return the parts of a batch on the device, real numbers in the precision."""
        arrays = (x if isinstance(x, jax.Array) else np.asarray(x) for x in batch)
        arrays = [
            x.astype(self.precision) if jnp.issubdtype(x.dtype, jnp.floating) else x
            for x in arrays
        ]
        return tuple(jax.device_put(arrays, self.device))

    def _taken(self, params, rest, batch, training):
        """Return what a step of the model tells, and its other variables after it."""
        model, others = self.model, self.model.non_trainable_variables
        known = [
            *zip(model.trainable_variables, params, strict=True),
            *zip(others, rest, strict=True),
        ]
        step = 'training_step' if training else 'validation_step'
        with keras.StatelessScope(state_mapping=known) as scope:
            told = Step(model, step)(*batch, training=training)
            return told, [scope.get_current_value(variable) for variable in others]

    def _update(self, params, rest, moments, batch):
        def loss_of(params):
            (loss, right), new = self._taken(params, rest, batch, training=True)
            return loss, (right, new)

        (loss, (right, rest)), grads = jax.value_and_grad(loss_of, has_aux=True)(params)
        if self.gradient_clip_val > 0:
            grads = self.clip_gradients(self.gradient_clip_val, grads)
        params, moments = self.optimizer.stateless_apply(moments, grads, params)
        return [params, rest, moments], (loss, right)

    def _rate_at(self):
        own = self.optimizer._learning_rate
        return next(i for i, v in enumerate(self.optimizer.variables) if v is own)

    def rate(self, state):
        return state[2][self._rate_at()]

    def set_rate(self, state, lr):
        with self.scope():
            params, rest, moments = state
            moments = list(moments)
            moments[self._rate_at()] = jnp.asarray(lr, self.rate(state).dtype)
            return [params, rest, moments]

    def clip_gradients(self, limit, grads):
        """Return gradients scaled so that their joint norm is at most `limit`."""
        norm = jnp.sqrt(sum((g**2).sum() for g in grads))
        return [g * jnp.minimum(limit / norm, 1) for g in grads]

    def train_step(self, state, batch):
        with self.scope():
            state, told = self._train(*state, batch)
            return state, core.summed(told, len(batch[-1]))

    def eval_step(self, state, batch):
        with self.scope():
            told, _ = self._eval(*state[:2], batch)
            return core.summed(told, len(batch[-1]))

    def finish(self, model, state):
        self.state, model.training = state, False
        moved = *model.trainable_variables, *model.non_trainable_variables
        with self.scope():
            for variable, value in zip(moved, [*state[0], *state[1]], strict=True):
                variable.assign(value)

    def predict(self, *X):
        """Return the trained model's outputs for inputs `X` as an ndarray."""
        self._fitted()
        with self.scope():
            return np.asarray(
                jax.jit(partial(self.model, training=False))(*self.place(X))
            )


load_data_fashion_mnist, train_ch6, evaluate_accuracy_gpu = classic.Calls(
    framework, Trainer, Classifier, FashionMNIST
).offered()
KaggleHouse, log_rmse = house_prices.offered(FashionMNIST)
