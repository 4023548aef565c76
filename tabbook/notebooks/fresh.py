"""Run notebooks as a reader would today: a fresh environment, the newest packages.

Each framework gets an environment of its own with nothing but a kernel in it. The
notebook's install cell fills it, with a wheel of this working copy in place of the
tagged address; then the notebook runs from top to bottom in an empty folder.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import nbformat

from tabbook.folders import why
from tabbook.notebooks import install
from tabbook.project import BUILT
from tabbook.run.environment import environment
from tabbook.run.kernel import ANSI, CellError, Kernel

TIMEOUT = 3600  # seconds a cell may take, the install cell's downloads included
FOREIGN = ('PYTHONPATH', 'PYTHONHOME', 'PYTHONSTARTUP', 'VIRTUAL_ENV')
LEFT_OUT = ('.*', BUILT, 'build', 'node_modules', '*.egg-info', '__pycache__')
ALSO = ('numpy', 'pandas', 'matplotlib')  # reported after the framework's own
VERSIONS = """
import importlib.metadata, json, sys
known = {found.metadata['Name'].lower().replace('-', '_'): found.version
         for found in importlib.metadata.distributions()}
print(json.dumps({name: known[name] for name in sys.argv[1:] if name in known}))
"""


class NoPython(Exception):
    """There is no such Python; the text says where it was looked for."""


class Failure(Exception):
    """What went wrong with a fresh environment, or in which cell."""


class Python(NamedTuple):
    """An interpreter: its path, its version, and whether one tab alone asks for it."""

    path: str
    version: str
    asked: bool = False


def plan(tabs, python=None, python_for=()):
    """The Python of each tab, {tab: Python}; NoPython where there is none.

    `python` is a name or path for all tabs, by default the newest that the registry
    has for each; `python_for` holds exceptions such as 'pytorch=python3.11'.
    """
    chosen = dict(text.partition('=')[::2] for text in python_for)
    for tab, name in chosen.items():
        if tab not in install.FRAMEWORKS or not name:
            known = ', '.join(install.FRAMEWORKS)
            raise NoPython(
                f'--python-for wants TAB=PYTHON, not {tab}={name}; tabs are: {known}'
            )
    return {
        tab: find_python([chosen[tab]])._replace(asked=True)
        if tab in chosen
        else find_python([python] if python else pythons(tab))
        for tab in tabs
    }


def pythons(tab):
    """The names of the Pythons that the framework of `tab` has wheels for."""
    return [f'python{version}' for version in install.FRAMEWORKS[tab].python]


def find_python(names):
    """The first of `names` (or paths) that is on the PATH or in pyenv, and starts."""
    for path in (path for name in names for path in _places(name)):
        if version := _version(path):
            return Python(str(path), version)
    raise NoPython(
        f'no {" or ".join(names)} on the PATH or in pyenv that starts: '
        'install one, or name another with --python'
    )


def _places(name):
    """The paths at which a Python called `name` might be."""
    if found := shutil.which(name):
        yield found
    if re.fullmatch(r'python3\.\d+', name):
        pyenv = Path(os.environ.get('PYENV_ROOT') or Path.home() / '.pyenv')
        found = pyenv.glob(f'versions/{name.removeprefix("python")}.*/bin/python')
        yield from sorted(found, key=_numbers, reverse=True)


def _numbers(path):
    return [int(number) for number in re.findall(r'\d+', path.parts[-3])]


def _version(path):
    """'3.13.0', or None where `path` is no Python that starts, such as a shim."""
    code = 'import platform; print(platform.python_version())'
    done = subprocess.run([path, '-c', code], capture_output=True, encoding='utf-8')
    return done.stdout.strip() if done.returncode == 0 else None


def wheel(root, folder):
    """Build the wheel of the project at `root` in `folder`; its address for pip."""
    copy = Path(folder, 'project')
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
    _do(sys.executable, '-m', 'pip', 'wheel', '-q', '--no-deps', '-w', folder, copy)
    (built,) = Path(folder).glob('*.whl')
    return built.as_uri()


@dataclass
class Outcome:
    """What became of one framework: the versions it ran with, a line a notebook."""

    tab: str
    python: Python
    versions: dict = field(default_factory=dict)
    lines: list = field(default_factory=list)
    failed: bool = False


def run(tab, python, notebooks, swap):
    """Run the `notebooks` of `tab`, paths, in one fresh environment: an Outcome.

    `swap` is (the address in their install cells, what pip takes in its place).
    """
    outcome = Outcome(tab, python)
    sys.stderr.write(f'{tab}: a fresh environment of Python {python.version}\n')
    with TemporaryDirectory(prefix=f'latest-{tab}-') as folder:
        try:
            fresh = Environment(tab, python, folder)
            for path in notebooks:
                outcome.lines.append(fresh.run(path, swap))
        except (Failure, OSError) as failure:
            outcome.lines.append(
                why(failure) if isinstance(failure, OSError) else str(failure)
            )
            outcome.failed = True
        else:
            outcome.versions = fresh.versions()
    return outcome


class Environment:
    """A fresh environment for `tab` in `folder`, with nothing but a kernel in it."""

    def __init__(self, tab, python, folder):
        self.tab, self.folder = tab, Path(folder)
        self.python = self.folder / 'env' / 'bin' / 'python'
        _do(python.path, '-m', 'venv', self.folder / 'env')
        _do(self.python, '-m', 'pip', 'install', '-q', 'ipykernel')

    def run(self, path, swap):
        """Run the notebook at `path` in an empty folder; a line about it.

        Raises Failure, with the number of the code cell.
        """
        cells = [
            cell
            for cell in nbformat.read(path, as_version=4).cells
            if cell.cell_type == 'code'
        ]
        cells[0].source = swapped(cells[0].source, *swap)
        empty = self.folder / path.stem
        empty.mkdir()
        seconds = []
        with Kernel(empty, self._env(), TIMEOUT, self.python) as kernel:
            for number, cell in enumerate(cells, 1):
                start = time.monotonic()
                try:
                    self._check(number, cell, kernel.run(cell.source, cell.metadata))
                except (CellError, Failure) as error:
                    place = f'{path.stem}, code cell {number} of {len(cells)}'
                    raise Failure(f'{place}: {error}') from None
                seconds.append(time.monotonic() - start)
        return (
            f'{path.stem}: {len(cells)} code cells in {sum(seconds):.0f} s, '
            f'of which {seconds[0]:.0f} s to install'
        )

    def _check(self, number, cell, outputs):
        """Raise Failure where a cell did not do what it is there for."""
        said, stated = text_of(outputs), text_of(cell.outputs)
        if cell.outputs and said != stated:
            raise Failure(f'it shows\n{said}\nwhere the text states\n{stated}')
        if number == 1:
            lacking = set(install.needs(self.tab)) - self.versions().keys()
            if lacking:
                names = ', '.join(sorted(lacking))
                raise Failure(f'pip did not install {names}\n{ANSI.sub("", said)}')

    def versions(self):
        """{package: version} of what this framework's notebooks stand on."""
        names = (*install.needs(self.tab), *ALSO)
        return json.loads(_do(self.python, '-I', '-c', VERSIONS, *names))

    def _env(self):
        env = {'D2L_PROFILE': 'smoke', **environment(self.tab, jobs=1)}
        return {name: value for name, value in env.items() if name not in FOREIGN}


def swapped(source, address, other):
    """An install cell with `other` in place of `address`, which it must hold."""
    if not address or address not in source:
        raise Failure(f'the first cell does not install from {address}:\n{source}')
    return source.replace(address, other)


def text_of(outputs):
    """What outputs show as text, whether printed or as a value."""
    return ''.join(
        output.get('text') or output.get('data', {}).get('text/plain', '')
        for output in outputs
    )


def _do(*command):
    """What a command prints; Failure with what it says where it fails."""
    env = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    done = subprocess.run(
        list(map(str, command)),
        env=env,
        capture_output=True,
        encoding='utf-8',
        errors='replace',
    )
    if done.returncode:
        said = '\n'.join((done.stdout + done.stderr).splitlines()[-20:])
        raise Failure(f'{" ".join(map(str, command))} failed:\n{said}')
    return done.stdout


def table(outcomes):
    """The outcomes as text: the versions of each framework, then what happened."""
    blocks = []
    for outcome in outcomes:
        asked = ' (by --python-for)' if outcome.python.asked else ''
        versions = [
            f'Python {outcome.python.version}{asked}',
            *(f'{name} {version}' for name, version in outcome.versions.items()),
        ]
        state = 'FAILED' if outcome.failed else 'passed'
        blocks.append(
            [
                f'{outcome.tab:<11} {state}  {", ".join(versions)}',
                *(f'    {line}' for line in outcome.lines),
            ]
        )
    return '\n'.join(line for block in blocks for line in block)
