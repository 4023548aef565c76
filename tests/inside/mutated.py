"""Deliberate mistakes in a framework's own process: made and taken back."""

import numpy as np

from d2l_shim.data import loader

ORDER = loader.Loader.order


def mutate(side, changes):
    """Define the section's classes with each `old` of {old: new} replaced."""
    found = set()

    def edit(source):
        for old, new in changes.items():
            found.update({old} if old in source else ())
            source = source.replace(old, new)
        return source

    side.define(edit)
    assert found == set(changes), f'not in the section: {set(changes) - found}'


def shuffle_batches(side):
    """Let the loader batch in the file's order first, and then shuffle the batches."""

    def order(loader, epoch):
        ends = range(loader.batch_size, len(loader.first), loader.batch_size)
        chunks = np.split(np.sort(loader.first), ends)
        np.random.default_rng([loader.seed or 0, epoch]).shuffle(chunks)
        return np.concatenate(chunks)

    loader.Loader.order = order


def restore(side):
    """Take back every change."""
    side.define()
    loader.Loader.order = ORDER
