"""Runs each network once in every framework and precision, for all tests here."""

import pytest
from compare import run_all
from networks import BOOK, NETWORKS, STEPS, drawn_batches


@pytest.fixture(scope='session')
def runs(workers):
    """Return the function run(network, precision) -> (config, X, {tab: told})."""
    done = {}

    def run(network, precision):
        if (network, precision) not in done:
            config, batches, (X, y) = parts(network)
            weights = workers['pytorch'].ask('weight_file', config=config, X=X, y=y)
            done[network, precision] = config, X, run_all(
                workers, config, batches, weights, precision)
        return done[network, precision]

    def parts(network):
        if network == 'book':
            loader = {'n': STEPS, 'batch_size': 8, 'resize': (96, 96)}
            first, *_ = workers['pytorch'].ask('first_batches', **{**loader, 'n': 1})
            return BOOK, loader, first
        config, size = NETWORKS[network]
        batches = drawn_batches(size)
        return config, batches, batches[0]

    return run
