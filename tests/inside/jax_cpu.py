"""Gradients of JAX's poolings, in its own process."""

import jax
import numpy as np
from flax import linen as nn
from jax import lax
from jax import numpy as jnp

from d2l_shim import jax_cpu


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


def libraries(side):
    """Return whether a product on a CPU goes to YNNPACK: (as it is, as we ask)."""
    options = jax_cpu.options('cpu', 'float32')
    A = jnp.zeros((512, 512))
    told = []
    for asked in ({}, options):
        product = jax.jit(lambda A: A @ A, compiler_options=asked)
        told.append('ynn' in product.lower(A).compile().as_text())
    return told


def options(side, known):
    """Return the options for float32, float64 and a GPU; XLA may not know ours."""
    before = jax_cpu.EIGEN
    try:
        jax_cpu.EIGEN = before if known else {'xla_cpu_of_another_year': ''}
        jax_cpu.options.cache_clear()
        asked = ('cpu', 'float32'), ('cpu', 'float64'), ('gpu', 'float32')
        return [jax_cpu.options(*one) for one in asked]
    finally:
        jax_cpu.EIGEN = before
        jax_cpu.options.cache_clear()


def of_another(side):
    """Return the shape of what a layer gives that lies where one lay that is gone."""
    X, there = jnp.ones((1, 3)), []
    first = nn.Dense(8)
    side.framework.forward(first, X, False)
    place = id(first)
    del first
    while not there or (id(there[-1]) != place and len(there) < 1000):
        there.append(nn.Dense(14))
    return side.framework.forward(there[-1], X, False).shape
