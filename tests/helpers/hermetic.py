"""The tests see nothing of the user's environment and leave the tree as it was."""

import os
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import configuration, settings

PREFIXES = ('D2L_', 'JAX_', 'KERAS_', 'MPL', 'MXNET_', 'TF_', 'XLA_')
SCREEN = {'DISPLAY', 'WAYLAND_DISPLAY'}  # matplotlib would look for windows
KEPT = {'D2L_DATA_DIR'}  # where real data lies
QUICK = {  # JAX compiles in half the time what most tests run once
    'JAX_DISABLE_MOST_OPTIMIZATIONS': 'true',
    'XLA_FLAGS': '--xla_cpu_use_fusion_emitters=false',
}
SET = {
    'D2L_PROFILE': 'smoke',
    'OMP_NUM_THREADS': '1',  # other tests have the other cores
    'OMP_WAIT_POLICY': 'passive',  # threads that wait leave the core to other tests
    **QUICK,
}
# What Python, pytest and the tools of `make test` and `make coverage` keep.
THEIRS = {
    '.git', '.venv', 'node_modules', '__pycache__', '.pytest_cache', '.ruff_cache',
    '.import_linter_cache', 'coverage',
}  # fmt: skip
WRITTEN = (
    'The tests, or somebody meanwhile, changed the working tree: {}; '
    'let a test write into its tmp_path.'
)


def clean(environ):
    """Take from `environ` what would change a test, and set what all of them want."""
    for name in [*environ]:
        if name in SCREEN or (name.startswith(PREFIXES) and name not in KEPT):
            del environ[name]
    environ.update(SET)
    # Two builds are the same over midnight, too; each process has its parent's.
    environ.setdefault('SOURCE_DATE_EPOCH', str(int(time.time())))


def keep_no_examples():
    """Let Hypothesis write into the folder for temporary files, if at all."""
    configuration.set_hypothesis_home_dir(tempfile.gettempdir())
    settings.register_profile('tests', database=None)
    settings.load_profile('tests')


def state(root):
    """{path: (time, size)} of the files under `root`, but for THEIRS."""
    found = {}
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in THEIRS]
        for path in (Path(folder, name) for name in names):
            about = path.lstat()
            found[path.relative_to(root).as_posix()] = about.st_mtime_ns, about.st_size
    return found


class Tree:
    """Fails a session after which the files under `root` are not what they were."""

    def __init__(self, root):
        self.root, self.changed = root, []

    def pytest_sessionstart(self):
        self.before = state(self.root)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session):
        changed = dict(self.before.items() ^ state(self.root).items())
        self.changed = sorted(changed)
        if self.changed and not session.exitstatus:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter):
        if self.changed:
            text = WRITTEN.format(', '.join(self.changed[:9]))
            terminalreporter.write_line(text, red=True)
