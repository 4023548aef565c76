"""The JAX (Flax Linen) side of the shim: `from d2l_shim import jax as d2l`.

A Flax module holds no numbers: the Trainer keeps them, as `trainer.variables`.
"""

import itertools
import sys
from functools import partial

import jax
import numpy as np
import optax
from flax import linen as nn
from flax.traverse_util import flatten_dict, unflatten_dict
from jax import numpy as jnp

from d2l_shim import classic, core, data, houses, init, weights
from d2l_shim.classic import Accumulator, Animator, accuracy, get_fashion_mnist_labels
from d2l_shim.core import DataModule, HyperParameters, Timer, add_to_class
from d2l_shim.plot import ProgressBoard, plot, plt, show_images

KINDS = {nn.Conv: 'conv', nn.BatchNorm: 'norm', nn.Dense: 'linear'}
NAMES = {'kernel': 'weight', 'scale': 'weight', 'bias': 'bias',
         'mean': 'running_mean', 'var': 'running_var'}
_keys = itertools.count()


def get_key():
    """Return a fresh random key; the n-th call of a process always gives the same."""
    return jax.random.fold_in(jax.random.PRNGKey(0), next(_keys))


def cpu():
    """Return the CPU device."""
    return jax.devices('cpu')[0]


def gpu(i=0):
    """Return GPU number `i`."""
    return jax.devices('gpu')[i]


def num_gpus():
    """Return how many GPUs JAX sees."""
    return sum(device.platform == 'gpu' for device in jax.devices())


try_gpu = core.first_gpu(cpu, gpu, num_gpus)


def trace(model, *X):
    """Run `model.init` on shapes alone; X may be arrays or jax.ShapeDtypeStruct.

    Returns (shapes of all variables, {path: (module, output)} in order of first call).
    """
    calls = {}

    def note_call(next_fun, args, kwargs, context):
        calls.setdefault(context.module.path, None)  # entered: keeps the order
        Y = next_fun(*args, **kwargs)
        if context.method_name == '__call__':
            calls[context.module.path] = context.module, Y
        return Y

    with nn.intercept_methods(note_call):
        variables = jax.eval_shape(model.init, jax.random.PRNGKey(0), *X)
    return variables, {path: call for path, call in calls.items() if call}


def tensor_paths(model, *X):
    """Return ({name: (path, shape)} of canonical tensors, {path: shape} of all)."""
    return canonical_paths(*trace(model, *X))


def canonical_paths(variables, calls):
    flat = flatten_dict(variables)
    found = {(path[1:-1], NAMES.get(path[-1])): (path, leaf.shape)
             for path, leaf in flat.items()}
    layers = [(kind, path) for path, (module, _) in calls.items()
              for known, kind in KINDS.items() if isinstance(module, known)]
    return init.name_tensors(
        layers, lambda path, kind, name: found.get((path, name))), flat


def tensors(model, variables, *X):
    """Return the canonical tensors of `variables`, {name: ndarray}, for inputs `X`."""
    flat = flatten_dict(variables)
    return {name: init.to_canonical(np.asarray(flat[path]))
            for name, (path, _) in tensor_paths(model, *X)[0].items()}


def remember(model, X, **numbers):
    """Keep a model's input shape and latest numbers, for `save_weights`."""
    *size, channels = X.shape[1:]
    for name, value in {'example_shape': (channels, *size), **numbers}.items():
        object.__setattr__(model, name, value)


def fill(model, start, *X, seed=0, stated=()):
    """Return variables whose canonical tensors are `start(name, shape, i)`.

    Others start from their own initialisers, and so do those at the paths `stated`.
    """
    named, flat = tensor_paths(model, *X)
    if len(named) < len(flat) or stated:
        flat = flatten_dict(jax.jit(model.init)(jax.random.PRNGKey(seed), *X))
    for i, (name, (path, shape)) in enumerate(named.items()):
        if path not in stated:
            numbers = start(name, init.canonical_shape(shape), i)
            flat[path] = jnp.asarray(init.from_canonical(numbers))
    remember(model, X[0], latest=unflatten_dict(flat))
    return model.latest


def initialisers(module):
    """Return {field: whether a user stated it} of a module's initialisers."""
    known = next(c for c in type(module).__mro__ if c.__module__.startswith('flax'))
    fields = getattr(known, '__dataclass_fields__', {})  # nn.Module itself has none
    return {name: getattr(module, name) is not field.default
            for name, field in fields.items() if name.endswith('_init')}


def begin(model, *X, seed, given):
    """Return variables to train: the ones `given`, stated, or drawn from `seed`."""
    variables, calls = trace(model, *X)
    named, flat = canonical_paths(variables, calls)
    given = flatten_dict(given)
    if given.keys() >= flat.keys():
        remember(model, X[0])
        return unflatten_dict(given)
    books = {path for path, _ in named.values()}
    stated = {path for path in books
              if initialisers(calls[path[1:-1]][0]).get(f'{path[-1]}_init')}
    ours = fill(model, partial(init.draw, seed=seed), *X, seed=seed, stated=stated)
    init.say_own(own_classes(calls, flat.keys() - books), 'Flax')
    return unflatten_dict({**flatten_dict(ours), **given})


def own_classes(calls, paths):
    """Return the classes of Flax in which `paths` lie and no initialiser is stated."""
    found = set()
    for path in paths:
        modules = [calls[path[1:end]][0] for end in range(1, len(path))
                   if path[1:end] in calls]
        module = next((m for m in modules if initialisers(m)), None)
        if module is not None and not any(initialisers(module).values()):
            found.add(type(module).__name__)
    return found


def init_cnn(model, *X, seed=0):
    """Return variables for `model` that start from the book's numbers."""
    return fill(model, partial(init.draw, seed=seed), *X, seed=seed)


save_weights, load_weights = weights.calls_with_variables(sys.modules[__name__])


def example(input_shape):
    """Return one input of zeros; `input_shape` is channels-first."""
    return jnp.zeros((1, *input_shape[1:], *input_shape[:1]))


class Module(core.Module, nn.Module):
    """Base of models; a model has the field `training: bool = True`."""

    def __call__(self, X):
        return self.net(X)

    @nn.nowrap
    def init_with_output(self, rngs, *X, **options):
        """Flax's own; it also notes the input's shape."""
        remember(self, X[0])
        return super().init_with_output(rngs, *X, **options)

    def configure_optimizers(self):
        """Return the optimizer: plain SGD at the model's `lr`."""
        return optax.sgd(self.lr)

    def summary_rows(self, X_shape):
        """Return (class name, output shape, parameters) of each child of `net`."""
        variables, calls = trace(self, jax.ShapeDtypeStruct(X_shape, jnp.float32))
        sizes = flatten_dict(variables['params'])
        parent = ('net',) if ('net',) in calls else ()
        return [(type(module).__name__, Y.shape,
                 sum(leaf.size for at, leaf in sizes.items() if at[:len(path)] == path))
                for path, (module, Y) in calls.items()
                if path[:-1] == parent and len(path) == len(parent) + 1]


class Classifier(core.Classifier, Module):
    """Base of classification models; logits (N, classes), labels (N,)."""

    def loss(self, y_hat, y):
        """Return the mean cross-entropy."""
        y_hat = y_hat.astype(jnp.promote_types(y_hat.dtype, jnp.float32))
        return optax.softmax_cross_entropy_with_integer_labels(y_hat, y).mean()

    def accuracy(self, y_hat, y):
        """Return the fraction of examples whose largest logit is the label's."""
        return (y_hat.argmax(axis=1) == y).mean()


class FashionMNIST(data.FashionMNIST):
    """Fashion-MNIST in batches of X (N, H, W, 1), float32 in [0, 1], and y (N,)."""

    layout = 'NHWC'

    def convert(self, X, y):
        return jnp.asarray(X), jnp.asarray(y)


class Trainer(core.Trainer):
    __doc__ = core.Trainer.__doc__
    cpu, try_gpu, num_gpus_found = map(staticmethod, (cpu, try_gpu, num_gpus))
    variables = None  # set it to go on from other numbers, or from some of them
    left = None, None  # the model of the last fit and its variables

    def start(self, model, batch):
        if self.precision == 'float64':
            jax.config.update('jax_enable_x64', True)
        self.master = jnp.float64 if self.precision == 'float64' else jnp.float32
        self.compute = jnp.bfloat16 if self.precision == 'bfloat16' else self.master
        fitted, ours = self.left
        if self.variables is not ours or fitted is not model:
            given = {} if self.variables is ours else self.variables
            self.variables = begin(model, *(x[:1] for x in batch[:-1]),
                                   seed=self.seed, given=given or {})
        self.left = model, self.variables
        self.optimizer = model.configure_optimizers()
        if self.gradient_clip_val > 0:
            self.optimizer = optax.chain(
                optax.clip_by_global_norm(self.gradient_clip_val), self.optimizer)
        self._train = jax.jit(partial(self._update, model))
        evaluated = model.clone(training=False)
        self._eval = jax.jit(partial(self._apply, evaluated, 'validation_step'))
        self._predict = jax.jit(partial(self._apply, evaluated, '__call__'))
        rest = _cast(dict(self.variables), self.master)
        params = rest.pop('params')
        state = params, rest, self.optimizer.init(params), jnp.zeros((), jnp.int32)
        return jax.device_put(state, self.device)  # all of it, or it compiles twice

    def _apply(self, model, method, variables, *args, **kwargs):
        """Call a method of the model; float32 means float32, on a GPU too."""
        variables = {**variables, 'params': _cast(variables['params'], self.compute)}
        with jax.default_matmul_precision('highest'):
            args = _cast(args, self.compute)
            return model.apply(variables, *args, method=method, **kwargs)

    def _update(self, model, state, batch):
        params, rest, moments, step = state
        key = jax.random.fold_in(jax.random.PRNGKey(self.seed), step)

        def loss_of(params):
            result, new = self._apply(
                model, 'training_step', {'params': params, **rest}, batch,
                mutable=list(rest), rngs={'dropout': key})
            loss, right = core.loss_and_accuracy(result)
            return loss, (right, new)

        (loss, (right, rest)), grads = jax.value_and_grad(loss_of, has_aux=True)(params)
        updates, moments = self.optimizer.update(grads, moments, params)
        params, count = optax.apply_updates(params, updates), len(batch[-1])
        return (params, rest, moments, step + 1), (loss * count, right * count)

    def train_step(self, state, batch):
        state, sums = self._train(state, jax.device_put(batch, self.device))
        return state, (*sums, len(batch[-1]))

    def eval_step(self, state, batch):
        batch = jax.device_put(batch, self.device)
        variables = {'params': state[0], **state[1]}
        return core.summed(self._eval(variables, batch), len(batch[-1]))

    def finish(self, model, state):
        self.variables = {'params': state[0], **state[1]}
        self.left = model, self.variables
        object.__setattr__(model, 'latest', self.variables)

    def predict(self, X):
        """Return the trained model's outputs for inputs `X` as an ndarray."""
        X = jax.device_put(jnp.asarray(X), self.device)
        return np.asarray(self._predict(self.variables, X), np.dtype(self.master))


def _cast(tree, dtype):
    """Turn every real number of a tree of arrays into `dtype`."""
    return jax.tree.map(lambda x: x.astype(dtype)
                        if jnp.issubdtype(x.dtype, jnp.floating) else x, tree)


load_data_fashion_mnist, train_ch6, evaluate_accuracy_gpu = classic.FlaxCalls(
    sys.modules[__name__], nn.Module).offered()
KaggleHouse, log_rmse = houses.offered(FashionMNIST.convert)
