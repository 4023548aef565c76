"""Which tests one process of pytest-xdist runs together, as they share what is slow.

pytest 9.2 no longer takes the names by which `--dist loadgroup` would group them.
"""

import re
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {'notebooks', 'parity'}  # a group each
SITE = 'tests/browser/test_access.py'  # begun early: it builds what its folder shares


def group(nodeid):
    """The name of the group of a test: a file's, or that of what several share."""
    path = nodeid.partition('::')[0]
    folder = Path(path).parent.name
    return folder if folder in FOLDERS else _of(path)


@cache
def _of(path):
    """The group of a file: one for all that ask the frameworks' own processes."""
    text = (ROOT / path).read_text('utf-8')
    asks = re.search(r'\bworkers\b|^def test_\w+\(ask\b', text, re.M)
    return 'frameworks' if asks else path


def is_late(name):
    """Whether a group is begun late: one file that builds nothing for others."""
    return name.endswith('.py') and name != SITE


class Grouped(LoadScopeScheduling):
    """Gives each process one group after the other, in the order of the tests."""

    def __init__(self, config, log=None):
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid):
        return group(nodeid)
