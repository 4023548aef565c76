"""Do the reference runs that are not there yet, each in a process of its framework."""

import ast
import hashlib
import subprocess
import sys

from d2l_shim.data.fetch import DATA_SETS, state
from d2l_shim.framework import FRAMEWORKS, installed
from tabbook.results import tables
from tabbook.run.environment import environment
from tabbook.text.cells import names
from tabbook.text.definitions import statements
from tabbook.text.split import foundations

WORK = 'tabbook.results.work'
DOCUMENTED = ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef


class NoResult(Exception):
    """A reference run that cannot be done, or was not; the text says why."""


def key(section, tab, library, run):
    """What a run is made of, in short: its expression, and the code it stands on."""
    sources = foundations(section, tab, library)
    found = [one for source in sources for one in statements(source)]
    texts = [one.text for one in stands_on(run.code, found)]
    trees = ''.join(ast.dump(_undocumented(text)) for text in [*texts, run.code])
    return hashlib.sha256(trees.encode()).hexdigest()[:12]


def _undocumented(code):
    """Return the syntax tree of code without its docstrings, which no run needs."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            del node.body[0]
    return tree


def stands_on(code, found):
    """Return those of the Statements `found` that `code` needs, in order."""
    wanted, needed = names(code), []
    while more := [s for s in found if s not in needed and s.changes & wanted]:
        needed += more
        wanted = wanted.union(*(names(statement.text) for statement in more))
    return sorted(needed, key=found.index)


def plan(section, tabs, project, wanted=()):
    """Yield (run, tab, key, whether it is there) for the runs of a section."""
    for run in section.runs:
        if wanted and run.name not in wanted:
            continue
        for tab in (tab for tab in run.tabs if tab in tabs):
            now = key(section, tab, project.library, run)
            yield run, tab, now, not missing(section, run, tab, now, project)


def missing(section, run, tab, key, project):
    """Return the seeds that a run lacks; [None] for one without, that is not there."""
    rows = tables.read(tables.path(project, section.name, tab))
    there = {row['seed'] for row in rows if (row['run'], row['key']) == (run.name, key)}
    if run.seeds is None:
        return [] if there else [None]
    return [seed for seed in range(run.seeds) if str(seed) not in there]


def do(section, run, tab, key, project):
    """Do one run, or go on with it; what it says goes where this process's output does.

    Raises NoResult where it cannot be done. The process ends with this one, even if
    this one is killed, and goes on from its last full epoch the next time.
    """
    if not installed(tab):
        package = FRAMEWORKS[tab].package
        raise NoResult(f'{section.name} [{tab}]: {package} is not installed here')
    given = [name for name in section.data if DATA_SETS[name].own is None]
    if 'synthetic' in map(state, given):
        raise NoResult(
            f'{section.name} [{tab}]: a reference run needs the real data; the README '
            'says where they are looked for'
        )
    env = environment(tab, 1) | {'D2L_PROFILE': 'full', 'PYTHONUNBUFFERED': '1'}
    arguments = [project.root.resolve(), section.name, tab, run.name, key]
    command = [sys.executable, '-m', WORK, *map(str, arguments)]
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE) as process:
        try:
            status = process.wait()
        except KeyboardInterrupt:
            process.kill()
            raise
    if status:
        raise NoResult(
            f'{section.name} [{tab}], run {run.name}: ended early (status {status}); '
            'the same command goes on after its last full epoch'
        )


def shown(rows, label):
    """Return a line that says how a run came out."""
    last = rows[-1]
    seconds = min(float(row['seconds']) for row in rows)
    return (
        f'{label}: {last["epoch"]} epochs, loss {float(last["train_loss"]):.3f}, '
        f'train accuracy {float(last["train_accuracy"]):.3f}, validation accuracy '
        f'{float(last["val_accuracy"]):.4f}, {seconds:.0f} s an epoch at the fastest'
    )


def at_work(section, run, tab, key, project, seed=None):
    """The file in which a run of this very code keeps where it is, until it is done."""
    parts = [section.name.replace('/', '-'), tab, run.name, key]
    parts += [] if seed is None else [str(seed)]
    return project.unfinished / f'{"-".join(parts)}.npz'


def remove(file):
    """Remove a file that may be gone by now, and what a kill left of a write to it."""
    for path in (file, *file.parent.glob(f'.{file.name}.*')):
        path.unlink(missing_ok=True)
