"""The JAX (Flax Linen) side of the shim: `from d2l_shim import jax as d2l`.

A Flax module holds no numbers: the Trainer keeps them, as `trainer.variables`.
"""

import itertools
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
import optax
from flax import linen as nn
from flax.traverse_util import flatten_dict, unflatten_dict
from jax import numpy as jnp

from d2l_shim import core, jax_arrays, jax_cpu, jax_draws, starts, weights
from d2l_shim import jax_notes as notes
from d2l_shim.adapters.jax import JAX, remember
from d2l_shim.callbacks import Callback, History
from d2l_shim.classic import Accumulator, Animator, accuracy, get_fashion_mnist_labels
from d2l_shim.core import DataModule, HyperParameters, Timer, add_to_class
from d2l_shim.data import fashion_mnist, house_prices, pictures
from d2l_shim.data.fetch import reference_weights
from d2l_shim.plot import ProgressBoard, plot, plt, show_images
from d2l_shim.report import Sums

jax_cpu.install()
framework = JAX()
cpu, gpu, num_gpus = framework.cpu, framework.gpu, framework.num_gpus
try_gpu = framework.try_gpu
_keys = itertools.count()


def get_key():
    """Return a fresh random key; the n-th call of a process always gives the same."""
    return jax.random.fold_in(jax.random.PRNGKey(0), next(_keys))


def begin(model, *X, seed, given):
    """Return variables to train: the ones `given`, stated, or drawn from `seed`."""
    named, flat, modules = framework.canonical(model, *X)
    given = flatten_dict(given)
    if given.keys() >= flat.keys():
        remember(model, X)
        return unflatten_dict(given)
    books = {path for path, _ in named.values()}
    stated = jax_draws.stated(modules, books)
    ours = init_cnn(model, *X, seed=seed, stated=stated)
    starts.say_own(jax_draws.own_classes(modules, flat.keys() - books), 'Flax')
    return unflatten_dict({**flatten_dict(ours), **given})


def init_cnn(model, *X, seed=0, stated=()):
    """Return variables for `model` that start from the book's numbers.

    Those at the paths `stated` start from their own initialisers.
    """
    draw = partial(starts.draw, seed=seed)
    return framework.variables(model, draw, *X, seed=seed, stated=stated)


save_weights, load_weights = weights.calls_with_variables(framework)


class Module(core.Module, nn.Module):
    """Base of models; `training` tells whether the Trainer trains.

    A model that hands it on to its layers has the field `training: bool = True`, which
    the Trainer sets.
    """

    training = True  # no annotation, or fields without a default could not follow

    def __call__(self, *X, **named):
        return self.forward(*X, **named)

    def forward(self, X):
        return self.net(X)

    @nn.nowrap
    def clone(self, **changes):
        """Flax's own; it keeps `training` where that is no field, too."""
        field = 'training' in self.__dataclass_fields__
        training = self.training if field else changes.pop('training', self.training)
        new = super().clone(**changes)
        if not field:
            object.__setattr__(new, 'training', training)
        return new

    @nn.nowrap
    def init_with_output(self, rngs, *X, **options):
        """Flax's own; it also notes the input's shape."""
        remember(self, (*X, *options.values()))
        return super().init_with_output(rngs, *X, **options)

    def configure_optimizers(self):
        """Return the optimizer: plain SGD at the model's `lr`, which can be set."""
        return optax.inject_hyperparams(optax.sgd)(core.learning_rate(self))

    def layer_summary(self, X_shape, key=None):
        """Print each layer's output shape and parameters; no random key is needed."""
        super().layer_summary(X_shape)

    def summary_rows(self, X_shape):
        """Return (class name, output shape, parameters) of each child of `net`."""
        told = framework.first_calls(self, jax.ShapeDtypeStruct(X_shape, jnp.float32))
        sizes = framework.flatten(told.variables['params'])
        parent = ('net',) if ('net',) in told.classes else ()
        return [
            (
                told.classes[path].__name__,
                shape,
                sum(leaf.size for at, leaf in sizes.items() if at[: len(path)] == path),
            )
            for path, shape in told.outputs.items()
            if path[:-1] == parent and len(path) == len(parent) + 1
        ]


class Classifier(core.Classifier, Module):
    """Base of classification models; logits (N, classes), labels (N,)."""

    @core.of_classes
    def loss(self, y_hat, y):
        """Return the mean cross-entropy."""
        core.check_labels(y_hat, y)
        y_hat = y_hat.astype(jnp.promote_types(y_hat.dtype, jnp.float32))
        y = y.astype(jnp.int32)  # labels may be floats, as in the other frameworks
        return optax.softmax_cross_entropy_with_integer_labels(y_hat, y).mean()

    def accuracy(self, y_hat, y):
        """Return the fraction of examples whose largest logit is the label's."""
        core.check_labels(y_hat, y)
        return (y_hat.argmax(axis=1) == y).mean()


class FashionMNIST(jax_arrays.Batches, fashion_mnist.FashionMNIST):
    """Fashion-MNIST in batches of X (N, H, W, 1), float32 in [0, 1], and y (N,)."""

    layout = framework.layout


class State(NamedTuple):
    """What training moves: parameters, other variables, the optimizer's; the step."""

    params: Any
    rest: dict
    moments: Any
    step: Any

    @property
    def variables(self):
        return {'params': self.params, **self.rest}


class Trainer(jax_arrays.Snapshots):
    __doc__ = core.Trainer.__doc__
    framework = framework
    given = None  # variables that the user set

    @property
    def variables(self):
        """The trained variables; set them to go on from other numbers."""
        return self.state.variables if self.given is None and self.state else self.given

    @variables.setter
    def variables(self, variables):
        self.given = variables

    @contextmanager
    def scope(self):
        """Compute in the precision: float32 means float32, on a GPU too."""
        wide = jax.enable_x64(True) if self.precision == 'float64' else nullcontext()
        with wide, jax.default_matmul_precision('highest'):
            yield

    def start(self, model, batch):
        self.master = jnp.float64 if self.precision == 'float64' else jnp.float32
        self.compute = jnp.bfloat16 if self.precision == 'bfloat16' else self.master
        self.optimizer = model.configure_optimizers()
        trained, evaluated = (model.clone(training=mode) for mode in (True, False))
        options = jax_cpu.options(self.device.platform, self.precision)
        jit = partial(jax.jit, compiler_options=options)
        self._train = jit(partial(self._update, trained))
        self._eval = jit(partial(self._take, evaluated, 'validation_step'))
        self._predict = jit(partial(self._apply, evaluated, type(model).__call__))
        with self.scope():
            *X, _ = self.place([part[:1] for part in batch])
            self.examine(model, *X)
            rest = _cast(dict(self._numbers(model, X)), self.master)
            params = rest.pop('params')
            state = State(
                params, rest, self.optimizer.init(params), jnp.zeros((), jnp.int32)
            )
            return jax.device_put(state, self.device)  # all, or it compiles twice

    def take_weights(self, model, path):
        self.variables = load_weights(model, path)

    def _numbers(self, model, X):
        """Return the variables to start from: set, the model's latest, or new ones."""
        given, self.given = self.given, None
        if given is None:
            given = getattr(model, 'latest', None)
        return begin(model, *X, seed=self.seed, given=given or {})

    def place(self, batch):
        """Return the parts of a batch on the device, real numbers in the precision."""
        arrays = (x if isinstance(x, jax.Array) else np.asarray(x) for x in batch)
        return jax.device_put(_cast(tuple(arrays), self.master), self.device)

    def _apply(self, model, method, variables, *X, **options):
        """Call a method of the model, its parameters in the precision to compute in."""
        variables = {**variables, 'params': _cast(variables['params'], self.compute)}
        return model.apply(variables, *X, method=method, **options)

    def _take(self, model, step, variables, batch, **options):
        """Return what a step of the model tells; inputs, not targets, get narrower."""
        *X, y = batch
        batch = *_cast(X, self.compute), y
        if notes.takes_params(getattr(model, 'loss', None)):
            return notes.step_result(model, variables, batch, **options)
        return self._apply(
            model,
            partial(core.step_result, step=step, batch=batch),
            variables,
            **options,
        )

    def _update(self, model, state, batch):
        params, rest, moments, step = state
        key = jax.random.fold_in(jax.random.PRNGKey(self.seed), step)

        def loss_of(params):
            told, new = self._take(
                model,
                'training_step',
                {'params': params, **rest},
                batch,
                mutable=list(rest),
                rngs={'dropout': key},
            )
            loss, right = _widened(told)
            return loss, (right, new)

        (loss, (right, rest)), grads = jax.value_and_grad(loss_of, has_aux=True)(params)
        if self.gradient_clip_val > 0:
            grads = self.clip_gradients(self.gradient_clip_val, grads)
        updates, moments = self.optimizer.update(grads, moments, params)
        params, count = optax.apply_updates(params, updates), len(batch[-1])
        return State(params, rest, moments, step + 1), (loss * count, right * count)

    def clip_gradients(self, limit, grads):
        """Return gradients scaled so that their joint norm is at most `limit`."""
        return optax.clip_by_global_norm(limit).update(grads, optax.EmptyState())[0]

    def train_step(self, state, batch):
        with self.scope():
            state, (loss, correct) = self._train(state, batch)
        return state, Sums(loss, correct, len(batch[-1]))

    def eval_step(self, state, batch):
        with self.scope():
            told = self._eval(state.variables, batch)
            return core.summed(_widened(told), len(batch[-1]))

    def finish(self, model, state):
        self.state = state
        object.__setattr__(model, 'latest', state.variables)

    rate_remedy = 'make it by optax.inject_hyperparams(optax.adam)(learning_rate=...)'

    def rate(self, state):
        found = optax.tree_utils.tree_get(state.moments, 'learning_rate')
        if found is None:
            raise KeyError('learning_rate')
        return found

    def set_rate(self, state, lr):
        with self.scope():  # of the same kind and place, or it compiles again
            number = jax.device_put(np.asarray(lr, self.rate(state).dtype), self.device)
            return state._replace(
                moments=optax.tree_utils.tree_set(state.moments, learning_rate=number)
            )

    def predict(self, *X):
        """Return the trained model's outputs for inputs `X` as an ndarray."""
        self._fitted()
        with self.scope():
            Y = self._predict(self.variables, *_cast(self.place(X), self.compute))
            return np.asarray(Y, np.dtype(self.master))


def _cast(tree, dtype):
    """Turn every real number of a tree of arrays into `dtype`."""
    return jax.tree.map(
        lambda x: (
            x.astype(dtype)
            if jnp.issubdtype(x.dtype, jnp.floating) and x.dtype != dtype
            else x
        ),
        tree,
    )


def _widened(tree):
    """Give numbers that are to be summed float32 at least."""
    return jax.tree.map(
        lambda x: x.astype(jnp.promote_types(x.dtype, jnp.float32)), tree
    )


load_data_fashion_mnist, train_ch6, evaluate_accuracy_gpu = notes.Calls(
    framework, Trainer, Classifier, FashionMNIST
).offered()
KaggleHouse, log_rmse = house_prices.offered(FashionMNIST)
read_picture = pictures.offered(FashionMNIST)
