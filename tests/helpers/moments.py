"""Commands that are killed, or whose disk is full, from the n-th change of a file on.

`faults(...)` asks a process of its own, which forks once for each command: so nothing
is imported twice, and a killed command takes nobody along.
"""

import errno
import importlib
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout
from hashlib import sha256
from pathlib import Path

KINDS = ('kill', 'full')
WRITES = os.O_WRONLY | os.O_RDWR
CHANGES = ('write', 'os.rename', 'os.remove', 'os.mkdir', 'os.rmdir')
NEW = ('open', 'os.mkdir')  # what needs room


def faults(function, root, count=None, seed=19):
    """What becomes of `function` ('module:name') without a fault, and with many.

    There is a fault of each of KINDS at each change of a file under `root`; `count`
    of them are drawn with `seed`, or all taken. Each starts from `root` as it is now,
    which is how it is left.
    Returns (what became, [the same under a fault]), dicts of the command's `kind`,
    `moment` and `status`, what it `said`, and the `files` {path: hash} under root;
    those under a fault also have `again`, after a second start without any.
    """
    asked = json.dumps([function, str(root), count, seed])
    command = [sys.executable, '-c', f'import {__name__}; {__name__}.answer()']
    env = {**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)}
    done = subprocess.run(
        command, input=asked, env=env, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout)


def answer():
    """Read what `faults` asks, and write the answers."""
    function, root, count, seed = json.loads(sys.stdin.read())
    module, name = function.split(':')
    command, root = getattr(importlib.import_module(module), name), Path(root)
    saved = root.with_name(f'{root.name}-saved')
    shutil.copytree(root, saved, symlinks=True)
    without = Fault(root)
    first = _run(command, without)  # imports all that the others need
    trials = [(kind, n + 1) for kind in KINDS for n in range(without.changes)]
    if count:
        trials = random.Random(seed).sample(trials, count)
    print(json.dumps([first, [_trial(command, root, saved, *t) for t in trials]]))
    _restore(root, saved)
    shutil.rmtree(saved)


def _restore(root, saved):
    for path in root.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(saved, root, symlinks=True, dirs_exist_ok=True)


def _trial(command, root, saved, kind, moment):
    _restore(root, saved)
    found = _forked(command, Fault(root, kind, moment))
    return {**found, 'again': _forked(command, Fault(root))}


def _forked(command, fault):
    """What becomes of `command` under `fault`, in a process of its own."""
    ours, theirs = os.pipe()
    if not (child := os.fork()):
        with os.fdopen(theirs, 'w') as pipe:
            json.dump(_run(command, fault), pipe)
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return json.loads(told) if told else _found(fault, 'killed')


def _run(command, fault):
    os.chdir(fault.root)
    sys.addaudithook(fault)
    with redirect_stderr(io.StringIO()) as said, redirect_stdout(io.StringIO()):
        fault.armed = True
        try:
            status = command()
        except Exception:  # what a command raised is what the test looks at
            status = traceback.format_exc()
        fault.armed = False
    return _found(fault, status, said.getvalue())


def _found(fault, status, said=''):
    told = {'kind': fault.kind, 'moment': fault.moment, 'status': status, 'said': said}
    return {**told, 'files': contents(fault.root)}


def contents(root):
    """{path: hash} of the files under `root`."""
    return {
        path.relative_to(root).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(Path(root).rglob('*'))
        if path.is_file()
    }


class Fault:
    """An audit hook that kills its process, or fills its disk, at a moment."""

    def __init__(self, root, kind=None, moment=0):
        self.root, self.kind, self.moment = root, kind, moment
        self.changes, self.armed = 0, False

    def __call__(self, event, args):
        if not self.armed or not self._changes(event, *args):
            return
        self.changes += 1
        if self.kind == 'kill' and self.changes == self.moment:
            self._begin(event, *args)
            os.kill(os.getpid(), signal.SIGKILL)
        if self.kind == 'full' and self.changes >= self.moment and event in NEW:
            self._begin(event, *args)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(args[0]))

    def _changes(self, event, path=None, *rest):
        """Whether something inside the root is about to change."""
        if event == 'open':
            event = 'write' if rest[1] & WRITES else 'read'
        if event not in CHANGES or isinstance(path, int):
            return False
        return Path(os.fsdecode(path)).absolute().is_relative_to(self.root)

    def _begin(self, event, path, *rest):
        """Open the file, which then has lost what it held, and write nothing."""
        if event == 'open':
            self.armed = False
            os.close(os.open(path, rest[1], 0o666))
            self.armed = True
