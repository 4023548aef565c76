"""What every test shares: the root of the book, and a skip that CI does not allow."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BROWSERS = ('chromium', 'chromium-browser', 'google-chrome')


def require(ok, reason):
    """Go on if `ok`; else skip with `reason`, or fail with it where CI is set."""
    if not ok:
        (pytest.fail if os.environ.get('CI') else pytest.skip)(reason)


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
    from workers import Workers

    running = Workers()
    yield running
    running.close()
