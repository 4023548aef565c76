"""What any framework on JAX shares: devices, arrays, batches; a state is a tree."""

import jax
import numpy as np
from jax import numpy as jnp

from d2l_shim import core


class Arrays:
    """The part of an Adapter that asks of JAX alone."""

    def cpu(self):
        return jax.devices('cpu')[0]

    def gpu(self, i=0):
        return jax.devices('gpu')[i]

    def num_gpus(self):
        return sum(device.platform == 'gpu' for device in jax.devices())

    def tensor(self, array):
        return jnp.asarray(array)


class Batches:
    """The part of a data set that asks of JAX alone."""

    def convert(self, X, y):
        return jnp.asarray(X), jnp.asarray(y)


class Snapshots(core.Trainer):
    """The part of a Trainer that keeps a state, a tree of arrays, and restores it."""

    def snapshot(self, state):
        leaves = enumerate(jax.tree.leaves(state))
        return {str(i): np.asarray(leaf) for i, leaf in leaves}

    def restored(self, state, arrays):
        leaves = [arrays[str(i)] for i in range(len(arrays))]
        if [*map(np.shape, leaves)] != [*map(np.shape, jax.tree.leaves(state))]:
            raise ValueError('its arrays have other shapes')
        state = jax.tree.unflatten(jax.tree.structure(state), leaves)
        with self.scope():
            return jax.device_put(state, self.device)
