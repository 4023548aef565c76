"""Networks that parity is shown on: each section's models, and small ones at random."""

from pathlib import Path

import numpy as np

from tabbook.text.parse import Library
from tabbook.text.proof import Model

NOTEBOOKS = Path(__file__).resolve().parents[1] / 'notebooks'
BATCH = 8


def of_sections(library):
    """Return {section.Class: (config, batches)} of the models that sections name."""
    return {
        f'{section.name}.{model.name}': (
            {'model': f'{section.name}.{model.name}', **model.arguments},
            batches_of(model, section.data),
        )
        for section in library.values()
        for model in section.models
    }


def batches_of(model, data):
    """Return batches for a Model: as the loaders give pictures, or drawn."""
    channels, *size = model.input
    if 'fashion-mnist' in data and channels == 1:
        return {'n': model.steps, 'batch_size': BATCH, 'resize': tuple(size)}
    return drawn_batches(size, steps=model.steps, channels=channels)


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


def drawn_batches(size, n=16, steps=Model.steps, seed=0, channels=1):
    """Draw `steps` batches of `n` pictures in [0, 1] with labels."""
    rng = np.random.default_rng(seed)
    return [
        (rng.random((n, channels, *size), np.float32), rng.integers(0, 10, n))
        for _ in range(steps)
    ]


# {name: (config, batches)}
OF_SECTIONS = of_sections(Library(NOTEBOOKS))
BOOK, _ = OF_SECTIONS['densenet.DenseNet']
NETWORKS = OF_SECTIONS | {
    f'{config["num_channels"]}-{config["growth_rate"]}-{config["arch"]}-{size}': (
        config,
        drawn_batches(size),
    )
    for config, size in random_configs()
}
