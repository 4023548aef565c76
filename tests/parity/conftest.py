"""Runs each network once in every framework and precision, for all tests here.

For a few steps, which show what a framework does otherwise; `make parity` takes more.
"""

import pytest

from parity.compare import run_all, start
from parity.networks import NETWORKS

STEPS = 5


def few(batches):
    """Return the first STEPS of `batches`, or of what the loader gives."""
    return {**batches, 'n': STEPS} if isinstance(batches, dict) else batches[:STEPS]


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
