"""What every test shares: the root of the book, and a skip that CI does not allow."""

import os
from pathlib import Path

import pytest

from d2l_shim.framework import FRAMEWORKS, installed
from parity import workers

ROOT = Path(__file__).resolve().parents[2]


def require(ok, reason):
    """Go on if `ok`; else skip with `reason`, or fail with it where CI is set."""
    if not ok:
        (pytest.fail if os.environ.get('CI') else pytest.skip)(reason)


def require_framework(tab):
    """Go on if the framework of `tab` is installed."""
    require(installed(tab), f'needs {FRAMEWORKS[tab].package}, not installed here')


# What holds the tabs against each other, and the pages that show them all.
ALL_AT_ONCE = {'workers', 'chromium'}


def needs(item):
    """The frameworks that a test needs: marked, named by its parameters, or all."""
    marked = {tab for mark in item.iter_markers('needs') for tab in mark.args}
    values = item.callspec.params.values() if hasattr(item, 'callspec') else ()
    texts = {x for v in values for x in (v if isinstance(v, (list, tuple)) else [v])
             if isinstance(x, str)}  # fmt: skip
    named = marked | (texts & set(FRAMEWORKS))
    return named or set(FRAMEWORKS if ALL_AT_ONCE & set(item.fixturenames) else ())


class Workers(workers.Workers):
    """Workers of the frameworks that are installed; a test of another one skips."""

    def __missing__(self, tab):
        require_framework(tab)
        return super().__missing__(tab)
