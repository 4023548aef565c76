"""Models of older Flax notes, whose `loss` takes (params, X, Y, state).

Their `state` is a TrainState; here it is made for one call, with the fields that
notes read: params, batch_stats, dropout_rng and apply_fn.
"""

import inspect
from typing import Any

import jax
from flax import struct
from jax import numpy as jnp


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
