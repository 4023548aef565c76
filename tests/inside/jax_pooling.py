"""Gradients of JAX's poolings, in its own process."""

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp


def gradient(side, X, G, window, strides, padding, least=False):
    """Return the gradient at `X` of sum(G * pooled X), of the largest or the least."""
    pool, edge = (lax.min, jnp.inf) if least else (lax.max, -jnp.inf)

    def pooled(X):
        start = np.asarray(edge, X.dtype)
        return lax.reduce_window(X, start, pool, window, strides, padding)

    with jax.enable_x64(X.dtype == np.float64):
        return np.asarray(jax.jit(lambda X, G: jax.vjp(pooled, X)[1](G)[0])(X, G))


def lowered(side):
    """Return whether XLA itself selects and scatters anywhere in a gradient."""
    X = jnp.zeros((2, 6, 6, 3))

    def pooled(X):
        return lax.reduce_window(
            X, -jnp.inf, lax.max, (1, 3, 3, 1), (1, 2, 2, 1), 'SAME'
        ).sum()

    return 'select_and_scatter' in jax.jit(jax.grad(pooled)).lower(X).as_text()
