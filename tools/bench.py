"""Images a second of training: a step written by hand, `fit` in memory, `fit`.

python -m tools.bench [TAB...]

Each framework has a process of its own, one after the other. In each, the section's
network of DenseNet takes the same steps in three ways, in turn, and the fastest pass of
each counts; the ratios tell what `fit`, and what the loader costs.
"""

import importlib
import json
import subprocess
import sys
import time

from d2l_shim.framework import FRAMEWORKS, installed
from tabbook.run.environment import environment

BATCH, BATCHES, PASSES, ROUNDS = 128, 5, 2, 2
PLACE = (BATCH, (96, 96))


def pictures(d2l, in_memory):
    """Return data of BATCHES batches: from a loader, or a list made beforehand."""
    loader = d2l.FashionMNIST(*PLACE, synthetic=True).first(BATCH * BATCHES, train=True)
    batches = list(loader) if in_memory else loader

    class Pictures(d2l.DataModule):
        def get_dataloader(self, train):
            return batches if train else None

    return Pictures()


def fit(side, in_memory):
    """Return the images a second of the fastest epoch but the first."""
    trainer = side.d2l.Trainer(PASSES + 1)
    trainer.shows = ()
    model, data = side.book.DenseNet(), pictures(side.d2l, in_memory)
    return max(trainer.fit(model, data).examples_per_second[1:])


def bare(side, tab):
    """Return the images a second of the fastest pass but the first."""
    own = importlib.import_module(f'tools.bare.{tab}')
    trainer, model = side.d2l.Trainer(1), side.book.DenseNet()
    batches = list(pictures(side.d2l, True).train_dataloader())
    state = trainer.start(model, batches[0])
    trainer.finish(model, state)
    with trainer.scope():
        placed = [trainer.place(batch) for batch in batches]
        take = own.step(model, model.lr)
        return max(timed(take, placed) for _ in range(PASSES + 1))


def timed(take, batches):
    """Return the images a second of one pass over placed batches."""
    begun = time.perf_counter()
    for batch in batches:
        loss = take(*batch)
    float(loss)  # waits for it
    return BATCH * len(batches) / (time.perf_counter() - begun)


def measure(tab):
    """Return the images a second of the three ways, {way: number}."""
    from parity.inside import Side

    side, best = Side(tab), {}
    ways = {
        'bare': lambda: bare(side, tab),
        'memory': lambda: fit(side, in_memory=True),
        'loader': lambda: fit(side, in_memory=False),
    }
    for turn in range(ROUNDS):
        for way, rate in list(ways.items())[:: (-1) ** turn]:
            best[way] = max(best.get(way, 0), rate())
    return best


def measured_apart(tab):
    """Return what `measure` does in a process of the framework's own."""
    env = environment(tab, 1) | {'D2L_PROFILE': 'full'}
    command = [sys.executable, '-m', 'tools.bench', '--inside', tab]
    told = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True)
    if told.returncode:
        sys.exit(f'{tab}: the measurement failed, as is said above')
    return json.loads(told.stdout.splitlines()[-1])


def main(tabs):
    if tabs[:1] == ['--inside']:
        print(json.dumps(measure(tabs[1])))
        return
    print(
        f'{"images/s":12}{"by hand":>10}{"fit":>10}{"of it":>7}{"with loader":>13}'
        f'{"of it":>7}'
    )
    for tab in tabs or filter(installed, FRAMEWORKS):
        best = measured_apart(tab)
        hand, memory, loader = best['bare'], best['memory'], best['loader']
        print(
            f'{FRAMEWORKS[tab].label:12}{hand:10.1f}{memory:10.1f}{memory / hand:7.2f}'
            f'{loader:13.1f}{loader / hand:7.2f}',
            flush=True,
        )


if __name__ == '__main__':
    main(sys.argv[1:])
