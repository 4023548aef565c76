"""Run the tabs whose outputs are not there yet, several at once, and report."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from d2l_shim.framework import FRAMEWORKS, installed
from tabbook.folders import why
from tabbook.run.environment import cores, environment
from tabbook.run.store import device, key, load, load_outputs, meta, prune, store
from tabbook.text.cells import line_of
from tabbook.text.parse import Section, SourceError
from tabbook.text.split import SplitCell, split

__all__ = ['Result', 'key', 'load', 'load_outputs', 'run', 'store']
TIMEOUT = 4 * 3600  # seconds that a cell may take: ten epochs on a slow machine


@dataclass(frozen=True)
class Result:
    """What became of one tab: 'ran', 'unchanged', 'absent' or 'failed'."""

    section: str
    tab: str
    state: str
    message: str

    def __str__(self):
        return self.message


@dataclass(frozen=True, eq=False)
class Task:
    """One tab of one section: its cells, and the key and facts of its outputs."""

    section: Section
    tab: str
    cells: list[SplitCell]
    key: str
    meta: dict

    @property
    def name(self):
        return f'{self.section.name} [{self.tab}]'

    def result(self, state, message):
        return Result(self.section.name, self.tab, state, message)

    def compare(self, number, cell, outputs):
        """Raise Failure where cell `number` did not print what is stated."""
        message = mismatch(cell.output, outputs, self.meta['data'])
        if message:
            raise Failure(self, number, cell.output.line, message)


class Failure(Exception):
    """A cell that raised or did not print what is stated; str() is the report."""

    def __init__(self, task, number, line, message):
        place = f'{task.section.path}:{line}: {task.name}, cell {number}'
        super().__init__(f'{place}: {message}')


def run(sections, tabs, project, jobs=None, timeout=TIMEOUT):
    """Run those of `tabs` of `sections` whose outputs are not there: list[Result].

    What is stored for code or packages that are no more is dropped. Up to
    `jobs` kernels work at once; a cell may take `timeout` seconds. After Ctrl-C
    (KeyboardInterrupt) all kernels are gone.
    """
    pairs = [(section, tab) for section in sections for tab in section.tabs]
    plans = [_plan(*pair, project) for pair in pairs if pair[1] in tabs]
    tasks = [plan for plan in plans if isinstance(plan, Task)]
    ran = _run_all(tasks, jobs or default_jobs(), timeout, project) if tasks else {}
    prune(project.library, project.outputs)
    return [ran.get(plan, plan) for plan in plans]


def default_jobs():
    """Kernels at once: one on a GPU, else one for each two cores, four at most."""
    return 1 if device() == 'gpu' else min(4, max(1, cores() // 2))


def _plan(section, tab, project):
    """The `Task` that is to be run, or the `Result` where none is."""
    if not installed(tab):
        package = FRAMEWORKS[tab].package
        message = f'{section.name} [{tab}]: not run here, {package} is not installed'
        return Result(section.name, tab, 'absent', message)
    try:
        cells = split(section, tab, project.library)
    except SourceError as error:
        return Result(section.name, tab, 'failed', f'{error} [{tab}]')
    facts = meta(section)
    task = Task(section, tab, cells, key(section, tab, project.library), facts)
    outputs = load_outputs(task.key, project.outputs)
    return task if outputs is None else _unchanged(task, outputs)


def _unchanged(task, stored):
    """The `Result` of a tab with stored outputs: what is stated may have changed."""
    try:
        for number, cell in enumerate(task.cells):
            task.compare(number + 1, cell, stored[number])
    except Failure as failure:
        return task.result('failed', str(failure))
    return task.result('unchanged', f'{task.name}: unchanged')


def mismatch(stated, outputs, data):
    """What is wrong with a cell's `outputs`, or '' where they are as `stated`.

    What is stated for the real data is not compared if `data` is a stand-in.
    """
    if stated is None or (stated.real_data and 'synthetic' in data):
        return ''
    printed = ''.join(o['text'] for o in outputs if o['output_type'] == 'stream')
    values = (o['data'] for o in outputs if o['output_type'] == 'execute_result')
    value = next((value.get('text/plain', '') for value in values), '')
    got, other = (printed, value) if stated.stdout else (value, printed)
    if got.removesuffix('\n') != stated.text.removesuffix('\n'):
        return f'not what is stated\n{_shown("expected", stated.text)}\n' + _shown(
            'got', got or other
        )
    if other:
        return 'a cell with a stated output either prints or ends in a value, not both'
    return ''


def _shown(title, text):
    lines = text.removesuffix('\n').split('\n')
    return '\n'.join([f'  {title}:', *(f'    {line}' for line in lines)])


def _run_all(tasks, jobs, timeout, project):
    """{task: Result}, `jobs` at a time."""
    jobs = min(jobs, len(tasks))
    with _Progress(tasks) as progress, ThreadPoolExecutor(jobs) as pool:
        runner = _Runner(jobs, timeout, project.outputs, progress)
        futures = {pool.submit(runner.result, task): task for task in tasks}
        try:
            return {futures[done]: done.result() for done in as_completed(futures)}
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            runner.stop()
            raise


class _Runner:
    """Runs tasks in threads that share settings, progress and an end."""

    def __init__(self, jobs, timeout, folder, progress):
        self.jobs, self.timeout, self.folder = jobs, timeout, folder
        self.progress, self.kernels, self.stopped = progress, set(), False

    def stop(self):
        """End all kernels; their tasks then fail."""
        self.stopped = True
        for kernel in list(self.kernels):
            kernel.kill()

    def result(self, task):
        """Run `task`, keep its outputs if it went well, and return its Result."""
        start = time.monotonic()
        self.progress.starts(task)
        facts = {'section': task.section.name, 'tab': task.tab}
        try:
            outputs = self._outputs(task)
            facts['seconds'] = seconds = round(time.monotonic() - start, 1)
            store(task.key, outputs, {**task.meta, **facts}, self.folder)
        except Failure as failure:
            return task.result('failed', str(failure))
        except OSError as error:  # the disk is full
            return task.result('failed', f'{task.name}: {why(error)}')
        return task.result('ran', f'{task.name}: ran in {seconds:.0f} s')

    def _outputs(self, task):
        from tabbook.run.kernel import CellError, Kernel

        number, cell = 1, next(iter(task.cells), None)
        if cell is None:
            return []
        try:
            with Kernel(
                task.section.path.parent, environment(task.tab, self.jobs), self.timeout
            ) as kernel:
                self.kernels.add(kernel)
                for number, cell in enumerate(task.cells, 1):
                    if self.stopped:
                        raise CellError('interrupted')
                    task.compare(number, cell, kernel.run(cell.source, cell.meta))
                    self.progress.step(task)
                return kernel.outputs()
        except CellError as error:
            raise _failure(task, number, cell, error) from None


def _failure(task, number, cell, error):
    line = cell.line + (0 if cell.brought else line_of(cell.source, error.line) - 1)
    said = _shown('stderr', error.stderr) if error.stderr else ''
    return Failure(task, number, line, f'{error}\n{said}'.rstrip())


class _Progress:
    """A bar on a terminal's stderr, a line for each tab elsewhere."""

    def __init__(self, tasks):
        from tqdm import tqdm

        total = sum(len(task.cells) for task in tasks)
        self.terminal = sys.stderr.isatty()
        self.bar = tqdm(total=total, unit='cell', disable=not self.terminal)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.bar.close()

    def starts(self, task):
        if not self.terminal:
            sys.stderr.write(f'{task.name}: running, {len(task.cells)} cells\n')

    def step(self, task):
        self.bar.set_description(task.name, refresh=False)
        self.bar.update()
