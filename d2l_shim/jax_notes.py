"""Older Flax notes: their calls, and models whose `loss` takes (params, X, Y, state).

Their `state` is a TrainState; here it is made for one call, with the fields that
notes read: params, batch_stats, dropout_rng and apply_fn.
"""

import inspect
from typing import Any

import jax
from flax import linen as nn
from flax import struct
from jax import numpy as jnp

from d2l_shim import classic
from d2l_shim.adapters.jax import switched


@struct.dataclass
class State:
    """What an older note's `loss` and `accuracy` read."""

    params: Any
    batch_stats: Any
    dropout_rng: Any
    apply_fn: Any = struct.field(pytree_node=False)


def takes_params(method):
    """Whether a method of a model takes its parameters, as older ones do."""
    return method is not None and 'params' in inspect.signature(method).parameters


def step_result(model, variables, batch, mutable=None, rngs=None):
    """Return (loss, accuracy) over a batch, and in training the new variables, too."""
    *X, y = batch
    params, rngs = variables['params'], rngs or {'dropout': jax.random.PRNGKey(0)}
    state = State(
        params=params,
        batch_stats=variables.get('batch_stats', {}),
        dropout_rng=rngs['dropout'],
        apply_fn=model.apply,
    )
    loss = model.loss(params, tuple(X), y, state)
    loss, updates = loss if isinstance(loss, tuple) else (loss, {})
    accuracy = jnp.nan * loss
    if hasattr(model, 'accuracy'):
        y_hat = model.apply(variables, *X, mutable=list(mutable or ()), rngs=rngs)[0]
        accuracy = (
            model.accuracy(params, tuple(X), y, state)
            if takes_params(model.accuracy)
            else model.accuracy(y_hat, y)
        )
    told = loss, accuracy
    rest = {name: tree for name, tree in variables.items() if name != 'params'}
    return (told, {**rest, **updates}) if mutable is not None else told


class Calls(classic.Calls):
    """The same where a net holds no numbers: they stay with it as `net.latest`.

    A net tells training from evaluation by its field `training`, if it has one.
    """

    def wrap(self, net, lr):
        class Net(self.Classifier):
            net: nn.Module
            lr: float
            training: bool = True

            @nn.nowrap
            def clone(self, **changes):
                if 'training' in changes:
                    changes['net'] = switched(self.net, changes['training'])
                return super().clone(**changes)

        return Net(net, lr)

    def restart(self, trainer, model, X):
        X = self.framework.example(model, self.input_shape(X))
        trainer.variables = self.framework.variables(model, classic.xavier, X)
        return bool(trainer.variables.get('params'))

    def finish(self, model, net):
        inner = {kind: tree['net'] for kind, tree in model.latest.items()}
        object.__setattr__(net, 'latest', inner)
        object.__setattr__(net, 'example_shapes', model.example_shapes)

    def evaluate_accuracy_gpu(self, net, data_iter, device=None):
        if not hasattr(net, 'latest'):
            raise ValueError(
                'evaluate_accuracy_gpu: the net has no numbers yet; train '
                'it, or give it variables: init_cnn(net, X).'
            )
        device = self.framework.try_gpu() if device is None else device
        return super().evaluate_accuracy_gpu(net, data_iter, device)

    def predictor(self, net, device):
        apply = jax.jit(switched(net, False).apply)
        numbers = jax.device_put(net.latest, device)
        return lambda X: apply(numbers, jax.device_put(X, device))
