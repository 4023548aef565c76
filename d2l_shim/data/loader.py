"""Batches of examples in memory: in order, prefetched, shuffled anew each epoch.

NumPy only; `convert` makes a framework's arrays of a batch.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import numpy as np


def prefetch(batches, scope=nullcontext):
    """Yield `batches`; while one is in use, a thread makes the next, in a `scope()`.

    An error there, Ctrl-C included, is raised here. Closing this ends the thread.
    """
    batches = iter(batches)

    def make():
        with scope():
            return next(batches, None)

    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(make)
        while (batch := ahead.result()) is not None:
            ahead = pool.submit(make)
            yield batch


class Loader:
    """Batches of the examples `first`, in that order; the last may be short.

    `make_batch(indices)` gives a batch in NumPy, `convert` makes it a framework's.
    With a seed, each `iter` is one more epoch, shuffled anew after the first.
    """

    def __init__(self, make_batch, convert, first, batch_size, seed=None):
        self.make_batch, self.convert = make_batch, convert
        self.first, self.batch_size, self.seed = first, batch_size, seed
        self.num_examples, self.epoch = len(first), 0

    def __len__(self):
        return -(-self.num_examples // self.batch_size)

    def __getitem__(self, i):
        """Return batch `i` of the epoch that comes next."""
        if not 0 <= i < len(self):
            raise IndexError(f'Loader: there is no batch {i} among {len(self)}.')
        start = i * self.batch_size
        return self.convert(
            *self.make_batch(self.order(self.epoch)[start : start + self.batch_size])
        )

    @property
    def dataset(self):
        """The examples one by one, unshuffled: `len(dataset)`, `dataset[i]`."""
        return Examples(self)

    def __iter__(self):
        return (self.convert(*batch) for batch in prefetch(self.made()))

    def batches(self):
        """Yield the batches of one more epoch without a thread: the Trainer has one."""
        return (self.convert(*batch) for batch in self.made())

    def made(self):
        """Return the batches of one more epoch, in NumPy, each made when asked for."""
        order, self.epoch = self.order(self.epoch), self.epoch + 1
        starts = range(0, self.num_examples, self.batch_size)
        return (self.make_batch(order[i : i + self.batch_size]) for i in starts)

    def order(self, epoch):
        """Return the indices of the examples in the order of `epoch`."""
        if self.seed is None or epoch == 0:
            return self.first
        rng = np.random.default_rng([self.seed, epoch])
        return rng.permutation(np.sort(self.first))


class Examples:
    """The examples of a Loader as (x, y), without the axis of a batch."""

    def __init__(self, loader):
        self.loader = loader

    def __len__(self):
        return self.loader.num_examples

    def __getitem__(self, i):
        if not 0 <= i < len(self):
            raise IndexError(f'dataset: there is no example {i} among {len(self)}.')
        batch = self.loader.make_batch(self.loader.first[i : i + 1])
        return tuple(part[0] for part in self.loader.convert(*batch))


def whole(number, least):
    """Whether `number` is a whole number, `least` or more."""
    return (
        isinstance(number, (int, np.integer))
        and not isinstance(number, bool)
        and number >= least
    )
