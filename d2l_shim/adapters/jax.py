"""JAX with Flax Linen, as the contract asks for it: a module holds no numbers.

They stay with it as `model.latest`, {'params': tree, ...}.
"""

from functools import partial
from typing import Any

import jax
import numpy as np
from flax import linen as nn
from flax.traverse_util import flatten_dict, unflatten_dict
from jax import numpy as jnp

from d2l_shim import adapters, jax_arrays, starts
from d2l_shim.framework import Functional

KINDS = {nn.Conv: 'conv', nn.BatchNorm: 'norm', nn.Dense: 'linear'}
NAMES = {
    'kernel': 'weight',
    'scale': 'weight',
    'bias': 'bias',
    'mean': 'running_mean',
    'var': 'running_var',
}


def remember(model, X, **numbers):
    """Keep the shapes of a model's inputs and its latest numbers."""
    shapes = starts.input_shapes(X, 'NHWC')
    for name, value in {'example_shapes': shapes, **numbers}.items():
        object.__setattr__(model, name, value)


def switched(model, training):
    """Return a Flax module in training or evaluation mode, if it knows the two."""
    return model.clone(training=training) if hasattr(model, 'training') else model


class JAX(jax_arrays.Arrays, adapters.Adapter, Functional):
    """Models are Flax modules, images (N, H, W, C)."""

    tab, net, kinds = 'jax', nn.Module, KINDS

    def numpy(self, value):
        return np.asarray(value) if isinstance(value, jax.Array) else None

    def zeros(self, shape, like):
        """Return a shape alone, which is all that `watch` looks at."""
        return jax.ShapeDtypeStruct(shape, like.dtype)

    def watch(self, model, told, *X, **named):
        """Run `model.init` on shapes alone and tell of each module's call, by path.

        `told.variables` are the shapes of all variables, `told.modules` {path: module}.
        """
        told.modules = {}

        def note_call(next_fun, args, kwargs, context):
            if context.method_name != '__call__':
                return next_fun(*args, **kwargs)
            told.enter(context.module.path, type(context.module))
            told.modules.setdefault(context.module.path, context.module)
            Y = next_fun(*args, **kwargs)
            told.leave(context.module.path, Y)
            return Y

        with nn.intercept_methods(note_call):
            key = jax.random.PRNGKey(0)
            told.variables = jax.eval_shape(model.init, key, *X, **named)

    def twin(self, model):
        return model

    def canonical(self, model, *X):
        """Return what `paths` returns, and the modules that were called."""
        told = self.first_calls(model, *X)
        flat = self.flatten(told.variables)
        found = {
            (path[1:-1], NAMES.get(path[-1])): (path, leaf.shape)
            for path, leaf in flat.items()
        }
        named = starts.name_tensors(
            told.of_kinds(self.kinds), lambda path, kind, name: found.get((path, name))
        )
        return named, flat, told.modules

    def paths(self, model, *X):
        return self.canonical(model, *X)[:2]

    def flatten(self, variables) -> dict[tuple, Any]:
        return flatten_dict(variables)

    def variables(self, model, start, *X, seed=0, stated=()):
        named, flat = self.paths(model, *X)
        if len(named) < len(flat) or stated:
            flat = self.flatten(jax.jit(model.init)(jax.random.PRNGKey(seed), *X))
        for i, (name, (path, shape)) in enumerate(named.items()):
            if path not in stated:
                array = start(name, starts.canonical_shape(shape), i)
                array = starts.from_canonical(array)  # NumPy keeps float64 beside JAX
                flat[path] = array if array.dtype == np.float64 else jnp.asarray(array)
        remember(model, X, latest=unflatten_dict(flat))
        return model.latest

    def holding(self, model, variables):
        held = model.clone()
        for name, value in {**vars(model), 'latest': variables}.items():
            if name in ('latest', 'example_shapes'):
                object.__setattr__(held, name, value)
        return held

    def tensors(self, model, *X, **named):
        named = self.paths(model, *X)[0]
        return {name: self._handle(model, path) for name, (path, _) in named.items()}

    def _handle(self, model, path):
        leaf = self.flatten(model.latest)[path]

        def put(array):
            flat = {**self.flatten(model.latest), path: starts.from_canonical(array)}
            object.__setattr__(model, 'latest', unflatten_dict(flat))

        shape = starts.canonical_shape(leaf.shape)
        return starts.Handle(
            leaf, shape, lambda: starts.to_canonical(np.asarray(leaf)), put
        )

    def all_tensors(self, model):
        flat = self.flatten(getattr(model, 'latest', None) or {})
        return {'/'.join(path): leaf for path, leaf in flat.items()}

    def settle(self, model):
        """Nothing: `latest` stays."""

    def example(self, model, input_shape):
        return jnp.zeros((1, *input_shape[1:], *input_shape[:1]))

    def forward(self, model, X, training):
        held = self._numbers(model, X)
        Y, new = jax.jit(partial(self._apply, model, training=training))(held, X)
        held.update(new)
        return Y

    def _apply(self, model, variables, X, training):
        rest = [name for name in variables if name != 'params']
        return switched(model, training).apply(variables, X, mutable=rest)

    def _numbers(self, model, X):
        if 'held' not in vars(model):
            made = getattr(model, 'latest', None) or switched(model, False).init(
                jax.random.PRNGKey(0), X
            )
            object.__setattr__(model, 'held', {'params': {}, **made})
        return model.held

    def count(self, model, X):
        model, key = switched(model, False), jax.random.PRNGKey(0)
        shapes = jax.eval_shape(model.init, key, X).get('params', {})
        return sum(leaf.size for leaf in jax.tree.leaves(shapes))

    def parameters(self, model):
        if 'held' not in vars(model):
            raise ValueError('the model has no numbers before its first call')
        return self._arrays(model.held['params'])

    def _arrays(self, tree):
        return [starts.to_canonical(np.asarray(leaf)) for leaf in jax.tree.leaves(tree)]

    def fill(self, model, X, seed):
        variables = self._numbers(model, X)
        flat = self.flatten(variables['params'])
        for path, leaf in flat.items():
            shape = starts.canonical_shape(leaf.shape)
            numbers = starts.by_shape(shape, seed, path[-1] == 'scale')
            flat[path] = self.tensor(starts.from_canonical(numbers))
        variables['params'] = unflatten_dict(flat)

    def gradients(self, model, X, G, training):
        held = self._numbers(model, X)

        def run(params, X):
            return self._apply(model, {**held, 'params': params}, X, training)

        Y, pull, new = jax.vjp(run, held['params'], X, has_aux=True)
        held.update(new)
        grads, dX = pull(G)
        return Y, dX, self._arrays(grads)

    def pullback(self, function, X, G):
        return jax.vjp(function, X)[1](G)[0]
