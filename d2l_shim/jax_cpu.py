"""What XLA does slowly on a CPU, asked in another way; no number changes by it.

The gradient of max pooling: XLA finds the place of each maximum by a pooling of places,
one axis after the other, which takes a quarter of a training step of the section's
network. Here a comparison of the window's shifted pictures finds it. And products and
convolutions: of the two libraries that XLA has for them, the newer one, YNNPACK, leaves
cores idle, and Eigen does not.
"""

import functools
import itertools

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp
from jax.interpreters import mlir

# YNNPACK is faster at sums alone.
EIGEN = {'xla_cpu_experimental_ynn_fusion_type': 'LIBRARY_FUSION_TYPE_REDUCE'}


@functools.cache
def options(platform, precision):
    """Return the options of `jax.jit` for programs on `platform`, such as 'cpu'.

    In float64 it is the other way round: there Eigen is not asked.
    """
    if platform != 'cpu' or precision == 'float64':
        return {}
    try:
        jax.jit(lambda: 0, compiler_options=EIGEN).lower().compile()
    except jax.errors.JaxRuntimeError:  # an XLA that does not know the option
        return {}
    return EIGEN


def install():
    """Let JAX's `select_and_scatter_add`, on CPUs, be computed by `scatter_add`."""
    rule = mlir.lower_fun(scatter_add, multiple_results=False)
    mlir.register_lowering(lax.select_and_scatter_add_p, rule, platform='cpu')


def scatter_add(
    source, operand, *, select_prim, window_dimensions, window_strides, padding
):
    """Return what each number of `operand` gets of `source`, a number a window.

    In each window the first that is selected gets it: the largest (`select_prim` is
    `lax.ge_p`) or the least. The shapes are those of `lax.reduce_window`, whose
    gradient this is.
    """
    largest = select_prim is lax.ge_p
    edge = jnp.array(-jnp.inf if largest else jnp.inf, operand.dtype)
    padded = lax.pad(operand, edge, [(low, high, 0) for low, high in padding])
    steps = np.cumprod([1, *padded.shape[:0:-1]])[::-1]  # of an axis, in flat memory
    best, places = None, jnp.zeros(source.shape, jnp.uint32)
    for offset in itertools.product(*map(range, window_dimensions)):
        shifted = _shifted(padded, offset, source.shape, window_strides)
        best = shifted if best is None else best
        better = shifted > best if largest else shifted < best
        places = jnp.where(better, jnp.uint32(np.dot(offset, steps)), places)
        best = jnp.where(better, shifted, best)
    for axis, move in enumerate(steps * window_strides):
        index = lax.broadcasted_iota(jnp.uint32, source.shape, axis)
        places += index * jnp.uint32(move)
    flat = jnp.zeros(padded.size, source.dtype)
    flat = flat.at[places.ravel()].add(source.ravel(), mode='promise_in_bounds')
    inner = tuple(
        slice(a, a + n) for (a, _), n in zip(padding, operand.shape, strict=True)
    )
    return flat.reshape(padded.shape)[inner]


def _shifted(padded, offset, shape, strides):
    """The number at `offset` in each window, an array of `shape`."""
    ends = np.add(offset, np.multiply(np.subtract(shape, 1), strides)) + 1
    return lax.slice(padded, offset, tuple(ends), strides)
