"""How long a training step of the networks of the section `verdict` takes.

`python -m parity.budgets [TAB...]` lets them take turns in one run a framework, on one
core, and writes their seconds to book/results/verdict-times.csv. About 8 minutes.
"""

import csv
import datetime
import io
import json
import os
import subprocess
import sys
import threading
import time

from d2l_shim.callbacks import Callback
from d2l_shim.files import read_text, write_text
from d2l_shim.framework import FRAMEWORKS
from parity.measure import RESULTS
from tabbook.project import Project
from tabbook.results.work import versions
from tabbook.run.environment import environment, processor
from tabbook.text.split import foundations

NETS = {
    'dense_16': 'mini_dense(4)',
    'parameters_14': 'SmallResNet(2, 7)',
    'work_14': 'SmallResNet(2, 11)',
    'time_20': 'SmallResNet(3, 16)',
    'memory_26': 'SmallResNet(4, 16)',
}
BATCH, STEPS, TURNS = 64, 4, 11  # of the turns, the first is left out: it compiles
TABLE = RESULTS / 'verdict-times.csv'


class Turns(Callback):
    """Trains an epoch when it is this network's turn, and notes how long it took."""

    def __init__(self, mine, following):
        self.mine, self.following, self.seconds = mine, following, []

    def on_epoch_begin(self, trainer):
        if self.seconds:  # the first turn began before the model was built
            self.mine.acquire()
        self.begun = time.perf_counter()

    def on_epoch_end(self, trainer, row):
        self.seconds.append((time.perf_counter() - self.begun) / STEPS)
        self.following.release()


def inside(tab):
    """Print {network: the seconds of a step, turn by turn}, in a process of its own."""
    project, space = Project(RESULTS.parents[1]), {'__name__': 'budgets'}
    for source in foundations(project.library['verdict'], tab, project.library):
        exec(source, space)
    d2l = space['d2l']

    class Few(d2l.FashionMNIST):
        def arrays(self, train):
            return [a[: BATCH * STEPS] for a in super().arrays(train)]

        def val_dataloader(self):
            return None

    locks = [threading.Semaphore(0) for _ in NETS]
    turns = [
        Turns(mine, following)
        for mine, following in zip(locks, [*locks[1:], locks[0]], strict=True)
    ]

    def train(net, turn):
        turn.mine.acquire()
        if 'npx' in space:
            space['npx'].set_np()  # MXNet asks for it in each thread
        trainer = d2l.Trainer(max_epochs=TURNS, seed=0)
        trainer.fit(eval(net, space), Few(batch_size=BATCH), [turn])

    threads = [
        threading.Thread(target=train, args=pair)
        for pair in zip(NETS.values(), turns, strict=True)
    ]
    for thread in threads:
        thread.start()
    locks[0].release()
    for thread in threads:
        thread.join()
    print(json.dumps({n: t.seconds[1:] for n, t in zip(NETS, turns, strict=True)}))


def measure(tab):
    """Return the rows of one framework."""
    env = environment(tab, 1) | {'D2L_PROFILE': 'full', 'MPLBACKEND': 'Agg'}
    command = [sys.executable, '-m', 'parity.budgets', '--inside', tab]
    run = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True)
    told = json.loads(run.stdout.decode().splitlines()[-1])
    common = {
        'cores': len(os.sched_getaffinity(0)),
        'hardware': processor(),
        'versions': versions(tab),
        'date': datetime.date.today().isoformat(),
    }
    for net, seconds in told.items():
        for turn, number in enumerate(seconds, 1):
            row = {'framework': tab, 'net': net, 'turn': turn}
            yield {**row, 'seconds': f'{number:.5f}', **common}


def main(tabs):
    """Measure `tabs`, and keep what the table has of the others."""
    kept = csv.DictReader(io.StringIO(read_text(TABLE))) if TABLE.exists() else ()
    rows = list(kept)
    for tab in tabs:
        rows = [row for row in rows if row['framework'] != tab] + list(measure(tab))
        rows.sort(key=lambda row: list(FRAMEWORKS).index(row['framework']))
        table = io.StringIO()
        writer = csv.DictWriter(table, list(rows[0]), lineterminator='\n')
        writer.writeheader()
        writer.writerows(rows)
        write_text(TABLE, table.getvalue())


if __name__ == '__main__':
    if '--inside' in sys.argv:
        inside(sys.argv[-1])
    else:
        main(sys.argv[1:] or list(FRAMEWORKS))
