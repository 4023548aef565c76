"""Runs each network once in every framework and precision; the Rosetta page's text.

For a few steps, which show what a framework does otherwise; `make parity` takes more.
"""

import runpy

import pytest
from jinja2 import Template

from parity.compare import run_all, start
from parity.networks import NETWORKS

STEPS = 5


def few(batches):
    """Return the first STEPS of `batches`, or of what the loader gives."""
    if isinstance(batches, dict):
        return {**batches, 'n': min(STEPS, batches['n'])}
    return batches[:STEPS]


@pytest.fixture(scope='session')
def runs(workers):
    """Return the function run(network, precision) -> (config, X, {tab: told})."""
    done = {}

    def run(network, precision):
        if (network, precision) not in done:
            config, batches = NETWORKS[network]
            batches = few(batches)
            X, weights = start(workers, config, batches)
            done[network, precision] = (
                config,
                X,
                run_all(workers, config, batches, weights, precision),
            )
        return done[network, precision]

    return run


@pytest.fixture(scope='session')
def rosetta(root):
    """The text of the Rosetta page with the numbers it quotes, its lines joined."""
    numbers = runpy.run_path(str(root / 'book/results/quoted.py'))['numbers']()
    page = Template((root / 'book/rosetta.md').read_text('utf-8'))
    return ' '.join(page.render(numbers).split())
