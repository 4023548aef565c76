"""JAX: one jitted function of parameters and batch."""

import jax
import optax


def step(model, lr):
    optimizer = optax.sgd(lr)
    rest = dict(model.latest)
    params = rest.pop('params')
    state = params, rest, optimizer.init(params)

    @jax.jit
    def update(state, X, y):
        params, rest, moments = state

        def loss_of(params):
            logits, new = model.apply({'params': params, **rest}, X, mutable=[*rest])
            losses = optax.softmax_cross_entropy_with_integer_labels(logits, y)
            return losses.mean(), new

        (loss, rest), grads = jax.value_and_grad(loss_of, has_aux=True)(params)
        updates, moments = optimizer.update(grads, moments, params)
        return (optax.apply_updates(params, updates), rest, moments), loss

    def take(X, y):
        nonlocal state
        state, loss = update(state, X, y)
        return loss

    return take
