"""Where a submission's process runs: in bubblewrap, in Docker or, unsafe, in neither.

A sandbox sees the Python environment, this package's student side, d2l_shim and the
data sets, all read-only, and one empty folder of its own; it has no network, no other
process to see and an unprivileged user. In bubblewrap, the kernel refuses it what
namespaces do not cover.
"""

import os
import platform
import secrets
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import d2l_shim
from tabbook.grading import refusals, scope
from tabbook.run.environment import NO_GPU, THREADS, own

MB = 2**20
HERE = Path(__file__).resolve().parent
SYSTEM = ('/usr', '/lib', '/lib64', '/bin', '/sbin', '/etc/ld.so.cache', '/etc/fonts')
BOOK, DATA, HOME = '/grading/book', '/grading/data', '/grading/home'
WORK = f'{HOME}/work'  # the empty folder in which a submission runs
# A submission runs as one of these, by its number alone; nobody else has them.
USERS = range(1_900_000_000, 2_000_000_000)
IMAGE = 'densenet-book-grader'


class NoIsolation(Exception):
    """This machine cannot shut a submission in; the text says what would help."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use; `seconds` is wall time of running its cells."""

    seconds: int = 120
    memory: int = 4096  # MB, of all its processes, files and sockets together
    processes: int = 400  # threads count, too
    disk: int = 256  # MB, of its working folder
    output: int = 20  # MB, of what it prints

    @property
    def processor(self):
        """Seconds of processors, of all its processes together."""
        return 4 * self.seconds


def find(wanted=None, unsafe=False):
    """The class of sandbox to use; `wanted` is 'bwrap' or 'docker'.

    Raises NoIsolation where none works and `unsafe` does not allow to do without.
    """
    if unsafe:
        return Unsafe
    tried = []
    for sandbox in (Bubblewrap, Docker):
        if wanted in (None, sandbox.program):
            if (reason := sandbox.lacks()) is None:
                return sandbox
            tried.append(f'{sandbox.program}: {reason}')
    raise NoIsolation(
        f'no submission was run, as nothing here can shut it in ({"; ".join(tried)}). '
        'Install bubblewrap (Linux) or start Docker; --unsafe runs submissions with '
        'your own rights, which lets them read and change your files.'
    )


def fresh_user():
    """The number of a user that no other submission has, or had.

    The kernel counts processes and keeps keys by user, so two must not share one.
    """
    return secrets.choice(USERS)


class Sandbox:
    """One place for one process; use as a context, then `command` starts Python.

    `data` is {data set: folder}, `tab` the framework that is told how to behave.
    """

    program = ''
    cwd = None  # of the command; a sandbox has a folder of its own
    folders = ()  # that a submission can fill, and that lie in memory
    descriptors = ()  # that the command is started with

    def __init__(self, limits, data=None, tab=None):
        self.limits, self.data, self.tab = limits, data or {}, tab
        self.user = fresh_user()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def variables(self, book, data, home):
        """The environment of the sandbox, nothing else of ours."""
        return {
            'HOME': home, 'TMPDIR': home, 'USER': 'student', 'LANG': 'C.UTF-8',
            'PATH': f'{Path(sys.executable).parent}:/usr/bin:/bin',
            'PYTHONPATH': book, 'PYTHONDONTWRITEBYTECODE': '1', 'PYTHONHASHSEED': '0',
            'D2L_DATA_DIR': data, 'D2L_MIRRORS': '', 'D2L_PROFILE': 'smoke',
            'D2L_DEVICE': 'cpu', 'MPLBACKEND': 'Agg', **dict.fromkeys(THREADS, '1'),
            **(own(self.tab, 1, 'cpu') if self.tab else NO_GPU),
        }  # fmt: skip

    def sets(self):
        """(folder here, path in the sandbox) of each data set."""
        for name, folder in self.data.items():
            yield Path(folder).resolve(), f'{DATA}/{name}'

    def bounds(self):
        """`prlimit` and its arguments, in front of a command."""
        limits = self.limits
        return [
            'prlimit', f'--nproc={limits.processes}', '--core=0', '--nofile=1024',
            f'--fsize={limits.disk * MB}', f'--cpu={limits.processor}',
            # far above, as frameworks reserve more than they use
            f'--as={limits.memory * MB + 8 * 1024 * MB}',
        ]  # fmt: skip


class Bubblewrap(Sandbox):
    """Linux namespaces and a filter; started by root, a user of its own, too."""

    program = 'bwrap'
    folders = (HOME, '/dev/shm')

    @classmethod
    def lacks(cls):
        """What is missing for this kind of sandbox, in words; None if it works."""
        programs = ('bwrap', 'prlimit', 'setpriv')
        if absent := [p for p in programs if not shutil.which(p)]:
            return f'{", ".join(absent)} not installed'
        if refusals.program() is None:
            return f'a machine of the kind {platform.machine()} is not known'
        with cls(Limits()) as sandbox:
            done = subprocess.run(
                [*sandbox.walls(), 'true'],
                capture_output=True,
                pass_fds=sandbox.descriptors,
            )
        if done.returncode:
            said = done.stderr.decode(errors='replace').strip()
            return said.split('\n')[-1] or f'status {done.returncode}'
        return None

    def __enter__(self):
        read, write = os.pipe()
        with os.fdopen(write, 'wb') as file:
            file.write(refusals.program())  # which a pipe has room for
        self.descriptors = (read,)
        return self

    def __exit__(self, *error):
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.descriptors = ()

    def walls(self):
        """bwrap and all that the sandbox sees, in front of a command."""
        wanted = ['bwrap', '--unshare-pid', '--unshare-net', '--unshare-ipc',
                  '--unshare-uts', '--unshare-cgroup-try', '--die-with-parent',
                  '--new-session', '--clearenv', '--hostname', 'sandbox']  # fmt: skip
        for descriptor in self.descriptors:
            wanted += ['--seccomp', str(descriptor)]
        if os.geteuid() != 0:
            wanted += ['--unshare-user', '--uid', '65534', '--gid', '65534']
            wanted += ['--disable-userns'] if '--disable-userns' in _help() else []
        for path in filter(os.path.exists, SYSTEM):
            if os.path.islink(path):
                wanted += ['--symlink', os.readlink(path), path]
            else:
                wanted += ['--ro-bind', path, path]
        room = ['--perms', '1777', '--size', str(self.limits.disk * MB), '--tmpfs']
        wanted += ['--proc', '/proc', '--dev', '/dev', *room, '/dev/shm', *room, HOME,
                   '--perms', '0777', '--dir', WORK]  # fmt: skip
        for source, target in self.shown():
            for folder in reversed(Path(target).parents[:-1]):
                wanted += ['--perms', '0755', '--dir', str(folder)]
            wanted += ['--ro-bind', str(source), str(target)]
        for name, value in self.variables(BOOK, DATA, HOME).items():
            wanted += ['--setenv', name, value]
        wanted += ['--remount-ro', '/dev', '--remount-ro', '/', '--chdir', WORK]
        if os.geteuid() == 0:
            wanted += ['setpriv', f'--reuid={self.user}', f'--regid={self.user}',
                       '--clear-groups', '--inh-caps=-all', '--bounding-set=-all',
                       '--no-new-privs']  # fmt: skip
        return [*wanted, *self.bounds()]

    def shown(self):
        """(path here, path in the sandbox) of all that a submission may read."""
        yield from _python()
        yield from _book()
        yield from self.sets()

    def command(self, *arguments):
        """The command line that runs Python with `arguments` in the sandbox."""
        return [*scope.line(self.limits), *self.walls(), sys.executable, *arguments]

    def environment(self):
        return {'PATH': os.environ['PATH']} | scope.environment()

    def stop(self, process):
        """End the sandbox; its processes end with the namespace's first."""
        process.kill()


class Docker(Sandbox):
    """A container of the image that `make grader-image` builds."""

    program = 'docker'

    @classmethod
    def lacks(cls):
        """What is missing for this kind of sandbox, in words; None if it works."""
        if not shutil.which('docker'):
            return 'not installed'
        found = subprocess.run(
            ['docker', 'image', 'inspect', IMAGE],
            capture_output=True,
            encoding='utf-8',
            errors='replace',
        )
        if 'No such image' in found.stderr:
            return f'no image {IMAGE}: run make grader-image'
        return found.stderr.strip().split('\n')[0] if found.returncode else None

    def __enter__(self):
        self.name = f'{IMAGE}-{os.getpid()}-{os.urandom(4).hex()}'
        return self

    def command(self, *arguments):
        """The command line that runs Python with `arguments` in the sandbox."""
        limits, user = self.limits, self.user
        wanted = ['docker', 'run', '--rm', '--interactive', '--init',
                  '--name', self.name, '--network', 'none', '--read-only',
                  '--user', f'{user}:{user}', '--cap-drop', 'ALL',
                  '--security-opt', 'no-new-privileges', '--ipc', 'private',
                  '--memory', f'{limits.memory}m', '--memory-swap', f'{limits.memory}m',
                  '--pids-limit', str(limits.processes), '--cpus', '1',
                  '--ulimit', f'fsize={limits.disk * MB}', '--ulimit', 'core=0',
                  '--tmpfs', f'{HOME}:size={limits.disk}m,mode=1777',
                  '--workdir', HOME]  # fmt: skip
        for source, target in [*_book(), *self.sets()]:
            wanted += ['--volume', f'{source}:{target}:ro']
        for name, value in self.variables(BOOK, DATA, HOME).items():
            if name != 'PATH':  # the image has its own
                wanted += ['--env', f'{name}={value}']
        # a container does not end with a grader that is killed; so it has an end
        longest = 2 * limits.processor + 60
        end = ['timeout', '--signal=KILL', str(longest)]
        return [*wanted, IMAGE, *end, 'python', *arguments]

    def environment(self):
        return dict(os.environ)

    def stop(self, process):
        """End the container and the client that waits for it."""
        subprocess.run(['docker', 'kill', self.name], capture_output=True)
        process.kill()


class Unsafe(Sandbox):
    """No sandbox: the user's own rights, in an empty folder, within limits."""

    program = 'unsafe'

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix='grading-')
        self.cwd = self.folder.name
        for source, target in self.sets():
            link = Path(self.cwd, 'data', Path(target).name)
            link.parent.mkdir(exist_ok=True)
            link.symlink_to(source)
        return self

    def __exit__(self, *error):
        self.folder.cleanup()

    def command(self, *arguments):
        """The command line that runs Python with `arguments`."""
        wanted = [sys.executable, *arguments]
        if shutil.which('prlimit'):
            wanted = [*self.bounds(), *wanted]
        if shutil.which('setpriv'):  # or it would outlive a grader that is killed
            wanted = ['setpriv', '--pdeathsig', 'KILL', *wanted]
        return wanted

    def environment(self):
        book = f'{HERE.parents[1]}:{Path(d2l_shim.__file__).resolve().parents[1]}'
        data = str(Path(self.cwd, 'data'))
        return self.variables(book, data, self.folder.name)

    def stop(self, process):
        """End the process and those of its group."""
        os.killpg(process.pid, 9)


@cache
def _help():
    """What this bubblewrap can do; an older one cannot forbid user namespaces."""
    told = subprocess.run(['bwrap', '--help'], capture_output=True).stdout
    return told.decode('utf-8', 'replace')


def _python():
    """The folders that this Python needs, each at its own path."""
    here = {Path(path).resolve() for path in (sys.base_prefix, sys.prefix)}
    for folder in sorted(here | {Path(sys.prefix)}):
        if not folder.is_relative_to('/usr'):
            yield folder, folder


def _book():
    """The few modules of the book that a submission runs with."""
    yield HERE.parent / '__init__.py', f'{BOOK}/tabbook/__init__.py'
    yield HERE / '__init__.py', f'{BOOK}/tabbook/grading/__init__.py'
    yield HERE / 'sandbox', f'{BOOK}/tabbook/grading/sandbox'
    yield Path(d2l_shim.__file__).resolve().parent, f'{BOOK}/d2l_shim'
