"""One reference run: `python -m tabbook.results.work ROOT SECTION TAB RUN KEY`.

It ends when its standard input does, so that none goes on alone.
"""

import datetime
import importlib
import os
import platform
import resource
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np

from d2l_shim.callbacks import Callback
from d2l_shim.checkpoint import Checkpoint
from d2l_shim.framework import FRAMEWORKS
from tabbook.project import Project
from tabbook.results import tables
from tabbook.results.runs import at_work, missing, remove, shown
from tabbook.run import store
from tabbook.run.environment import processor
from tabbook.text.split import foundations

MEGABYTE = 1e6


class Watch(Callback):
    """Knows the Trainer and the model of a run, which its expression may not return."""

    def __init__(self, seed):
        self.seed, self.said = seed, '' if seed is None else f'seed {seed}: '

    def on_fit_begin(self, trainer, model):
        self.trainer, self.model = trainer, model
        done, epochs = len(trainer.report.history.seconds), trainer.report.epochs
        print(f'{self.said}{done} of {epochs} epochs are done', flush=True)

    @property
    def history(self):
        return self.trainer.report.history

    @property
    def whole(self):
        """Whether all epochs are done, none of them cut short."""
        return len(self.history.seconds) == self.trainer.report.epochs


def main(root, name, tab, run_name, key):
    """Do a run, or go on with it, and put what came out into the tables."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    project = Project(Path(root))
    section = project.library[name]
    run = next(run for run in section.runs if run.name == run_name)
    print(f'{name} [{tab}], run {run.name}: {run.code}', flush=True)
    space = {'__name__': f'run_of_{tab}'}
    for source in foundations(section, tab, project.library):
        exec(source, space)
    for seed in missing(section, run, tab, key, project):
        unfinished = at_work(section, run, tab, key, project, seed)
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        watch = Watch(seed)
        given = {'callbacks': [Checkpoint(unfinished), watch], 'seed': seed}
        eval(run.code, space, given)
        if not watch.whole:
            return 'the run broke off before its last epoch; nothing was written.'
        publish(watch, project, section, run, tab, key)
        remove(unfinished)
    return None


def publish(watch, project, section, run, tab, key):
    """Put what came out of one seed of a run into the tables."""
    name, shim = section.name, importlib.import_module(FRAMEWORKS[tab].shim)
    project.results.mkdir(parents=True, exist_ok=True)
    rows = list(table(watch, run, tab, key))
    if run.weights == tab and not watch.seed:
        shim.save_weights(watch.model, tables.weights_path(project, name))
        found = confusion(watch.trainer)
        names = shim.FashionMNIST.names
        tables.keep_confusion(tables.confusion_path(project, name), names, found)
    tables.keep(tables.path(project, name, tab), run.name, rows)
    print(watch.said + shown(rows, f'{name} [{tab}], run {run.name}'), flush=True)


def _end_with_parent():
    while os.read(0, 1):  # sys.stdin has a lock, which Python misses when it ends
        pass
    os._exit(1)


def table(watch, run, tab, key):
    """Yield the rows of a run, {column: value}."""
    trainer, history = watch.trainer, watch.history
    X, *_ = next(iter(evaluated(trainer)))
    (example,) = trainer.place([X[:1]])
    whole = {
        'run': run.name,
        'first_loss': history.first_loss,
        'parameters': trainer.framework.count(watch.model, example),
        'seed': trainer.seed if watch.seed is None else watch.seed,
        'precision': trainer.precision,
        'peak_memory_mb': round(peak_memory()),
        'device': history.device,
        'hardware': '; '.join([processor(), *gpu(history.device)]),
        'versions': versions(tab),
        'date': datetime.date.today().isoformat(),
        'key': key,
    }
    columns = history.columns()
    for n in range(len(history.seconds)):
        epoch = {name: column[n] for name, column in columns.items()}
        yield {**whole, 'epoch': n + 1, **epoch}


def evaluated(trainer):
    """Return the loader of the validation data, or of the training data without one."""
    train, val = trainer.batches
    return (val or train).loader


def confusion(trainer):
    """Return how often validation pictures of each class (rows) were taken for each."""
    pairs = []
    for X, y in evaluated(trainer):
        pairs.append((trainer.framework.numpy(y), trainer.predict(X)))
    truth, logits = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    counts = np.zeros((logits.shape[1],) * 2, int)
    np.add.at(counts, (truth, logits.argmax(1)), 1)
    return counts


def peak_memory():
    """The most memory that this process held so far, in MB; on a Mac it is in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / MEGABYTE if sys.platform == 'darwin' else most * 1024 / MEGABYTE


def versions(tab):
    """The versions of Python and of what a framework is made of, in words."""
    found = map(store.release, [*FRAMEWORKS[tab].packages, 'numpy'])
    return ', '.join([f'Python {platform.python_version()}', *found])


def gpu(device):
    """Yield the name of the GPU that a run was on, as its driver has it."""
    if 'cpu' not in device.lower():
        asked = ['nvidia-smi', '--query-gpu=name', '--format=csv,noheader']
        try:
            told = subprocess.run(asked, capture_output=True, check=True)
            yield told.stdout.decode().splitlines()[0]
        except (OSError, subprocess.CalledProcessError, IndexError):
            yield device


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
