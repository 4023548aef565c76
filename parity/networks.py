"""The networks that parity is shown on: the book's, and small ones drawn at random."""

import numpy as np

BOOK = {'num_channels': 64, 'growth_rate': 32, 'arch': (4, 4, 4, 4)}
STEPS = 20


def random_configs(number=6, seed=0):
    """Draw small architectures: growth 4-16, 1-4 blocks of 1-3, odd and even sizes."""
    rng = np.random.default_rng(seed)
    for i in range(number):
        arch = tuple(int(n) for n in rng.integers(1, 4, rng.integers(1, 5)))
        config = {
            'num_channels': int(rng.integers(4, 17)),
            'arch': arch,
            'growth_rate': int(rng.integers(4, 17)),
        }
        yield config, tuple(int(n) for n in rng.integers(32, 38, 2)) if i else (32, 32)


def drawn_batches(size, n=16, steps=STEPS, seed=0):
    """Draw `steps` batches of `n` pictures in [0, 1] with labels."""
    rng = np.random.default_rng(seed)
    return [
        (rng.random((n, 1, *size), np.float32), rng.integers(0, 10, n))
        for _ in range(steps)
    ]


# {name: (config, batches)}: the book's own on pictures that the loaders give.
NETWORKS = {'book': (BOOK, {'n': STEPS, 'batch_size': 8, 'resize': (96, 96)})} | {
    f'{config["num_channels"]}-{config["growth_rate"]}-{config["arch"]}-{size}': (
        config,
        drawn_batches(size),
    )
    for config, size in random_configs()
}
