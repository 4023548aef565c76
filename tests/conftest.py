"""What every test may ask for: the root, a browser, the frameworks' processes."""

import os
import signal

import pytest

from d2l_shim.framework import FRAMEWORKS
from tests import helpers
from tests.helpers import ROOT, Workers, hermetic, needs, require
from tests.helpers.groups import Grouped, group, is_late

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell's background has it
    signal.signal(signal.SIGINT, signal.default_int_handler)
hermetic.clean(os.environ)
hermetic.keep_no_examples()


def pytest_addoption(parser):
    text = 'leave out the tests that need another framework'
    parser.addoption('--framework', choices=list(FRAMEWORKS), help=text)


def pytest_configure(config):
    text = 'needs(*tabs): the frameworks of a test, where its parameters name none'
    config.addinivalue_line('markers', text)
    helpers.chosen = config.getoption('framework')
    if not hasattr(config, 'workerinput'):  # the one that starts the others
        config.pluginmanager.register(hermetic.Tree(ROOT))


def pytest_xdist_make_scheduler(config, log):
    """Run together what shares a framework's process or a file."""
    return Grouped(config, log)


def pytest_collection_modifyitems(config, items):
    """Begin with what takes long; with --framework, leave out what needs another."""
    items.sort(key=lambda item: is_late(group(item.nodeid)))
    if helpers.chosen:
        others = [item for item in items if needs(item) - {helpers.chosen}]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


@pytest.fixture(scope='session')
def root():
    """The root folder of the book, a Path."""
    return ROOT


@pytest.fixture(scope='session')
def chromium():
    """The path of a Chromium or Chrome on this machine."""
    # now that the environment is clean
    from tabbook.html.pdf import BROWSERS, find_browser

    found = find_browser()
    require(found, f'needs a browser: none of {", ".join(BROWSERS)} is on the PATH')
    return found


@pytest.fixture(scope='session')
def workers():
    """{tab: Worker} for every framework; each starts at its first use."""
    running = Workers()
    yield running
    running.close()
