"""Asks a framework's own process for what a file of tests is about."""

import pytest

from d2l_shim.framework import FRAMEWORKS


@pytest.fixture(params=list(FRAMEWORKS))
def ask(request, workers):
    """Ask a function of `tests.inside`, in test_users.py one of users.py, in each.

    `ask.tab` is the framework.
    """
    inside = request.path.stem.removeprefix('test_')

    def ask(name, **options):
        return workers[request.param].ask(f'tests.inside.{inside}.{name}', **options)

    ask.tab = request.param
    return ask
