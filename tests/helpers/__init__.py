"""What every test shares: the root of the book, and a skip that CI does not allow."""

import os
import shutil
from pathlib import Path

import pytest

from d2l_shim.framework import FRAMEWORKS, installed
from parity import workers

chosen = None  # the only framework that is to be tested: --framework
ROOT = Path(__file__).resolve().parents[2]


def copy_book(target):
    """Copy all that the pages and notebooks of the book are made from."""
    for name in ('book', 'notebooks'):
        shutil.copytree(ROOT / name, target / name)
    for name in ('_config.yml', '_toc.yml'):
        shutil.copy(ROOT / name, target)


def require(ok, reason):
    """Go on if `ok`; else skip with `reason`, or fail with it where CI is set."""
    if not ok:
        (pytest.fail if os.environ.get('CI') else pytest.skip)(reason)


def require_framework(tab):
    """Go on if the framework of `tab` is installed."""
    if tab != (chosen or tab):
        pytest.skip(f'the tests of {chosen} alone were asked for')
    require(installed(tab), f'needs {FRAMEWORKS[tab].package}, not installed here')


TOGETHER = ('browser', 'parity')  # folders of tests that hold the tabs side by side


def needs(item):
    """The frameworks that a test needs: marked, named by its parameters, or all."""
    if item.path.parent.name in TOGETHER:
        return set(FRAMEWORKS)
    marked = {tab for mark in item.iter_markers('needs') for tab in mark.args}
    values = item.callspec.params.values() if hasattr(item, 'callspec') else ()
    lists = [v if isinstance(v, (list, tuple)) else [v] for v in values]
    texts = {text for found in lists for text in found if isinstance(text, str)}
    named = texts & set(FRAMEWORKS)
    shared = FRAMEWORKS if 'workers' in item.fixturenames else ()
    return marked | named or set(shared)


class Workers(workers.Workers):
    """Workers of the frameworks that are installed; a test of another one skips."""

    def __missing__(self, tab):
        require_framework(tab)
        return super().__missing__(tab)
