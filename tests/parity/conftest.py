"""Runs each network once in every framework and precision, for all tests here."""

import pytest

from parity.compare import run_all, start
from parity.networks import NETWORKS


@pytest.fixture(scope='session')
def runs(workers):
    """Return the function run(network, precision) -> (config, X, {tab: told})."""
    done = {}

    def run(network, precision):
        if (network, precision) not in done:
            config, batches = NETWORKS[network]
            X, weights = start(workers, config, batches)
            done[network, precision] = (
                config,
                X,
                run_all(workers, config, batches, weights, precision),
            )
        return done[network, precision]

    return run
