"""What every test may ask for: the root, a browser, the frameworks' processes."""

import shutil

import pytest

from tests.helpers import ROOT, Workers, require

BROWSERS = ('chromium', 'chromium-browser', 'google-chrome')


@pytest.fixture(scope='session')
def root():
    """The root folder of the book, a Path."""
    return ROOT


@pytest.fixture(scope='session')
def chromium():
    """The path of a Chromium or Chrome on this machine."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    require(found, f'needs a browser: none of {", ".join(BROWSERS)} is on the PATH')
    return found


@pytest.fixture(scope='session')
def workers():
    """{tab: Worker} for every framework; each starts at its first use."""
    running = Workers()
    yield running
    running.close()
