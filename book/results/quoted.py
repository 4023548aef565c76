"""The numbers that the book's prose quotes, each read from a file beside this one.

A page writes `{{ floors.noise.jax }}`; `numbers()` holds what stands there. Words about
a number ("three of the four") are the tests' to check.
"""

import csv
import runpy
from io import StringIO
from math import ceil, floor, log10, sqrt
from pathlib import Path
from statistics import fmean, median, stdev

from d2l_shim.files import read_text
from d2l_shim.framework import FRAMEWORKS

HERE = Path(__file__).parent
STUDENT = 2.776  # 95 % of Student's t with 4 degrees of freedom lie below, in size


def numbers():
    """Return {name: {name: text}} of all that is quoted."""
    return {
        'floors': floors(),
        'parity': parity(),
        'densenet': runs('densenet'),
        'batchnorm': spreads('batchnorm-pytorch'),
        'residual': residual(),
        'memory': beside('memory', rows),
        'flow': beside('flow', rows),
        'verdict': beside('verdict', rows, last, interval),
    }


def beside(section, *given):
    """Return what a section's own file beside this one reads, with what all share."""
    return runpy.run_path(str(HERE / f'quoted_{section}.py'))[section](*given)


def rows(name):
    """Return the rows of a results file, each a dictionary of texts."""
    return list(csv.DictReader(StringIO(read_text(HERE / f'{name}.csv'))))


def last(table):
    """Return {run: {seed: the row of its last epoch}} of a results file."""
    found = {}
    for row in rows(table):
        found.setdefault(row['run'], {})[row['seed']] = row
    return found


def runs(section):
    """Return {run: {tab: what its last epoch says}} of the reference runs of a section.

    `seconds` are those of its fastest epoch.
    """
    found = {}
    for tab in FRAMEWORKS:
        by_run = {}
        name = f'{section}-{tab}'
        for row in rows(name) if (HERE / f'{name}.csv').exists() else ():
            by_run.setdefault(row['run'], []).append(row)
        for run, epochs in by_run.items():
            found.setdefault(run, {})[tab] = outcome(epochs)
    return found


def spreads(table):
    """Return {run: {least, median, most, loss}} of the last accuracies of its seeds.

    `loss` holds the same of the training losses. A run whose loss was not finite has no
    accuracy, and is left out.
    """
    found = {}
    for run, seeds in last(table).items():
        finite = [row for row in seeds.values() if row['val_accuracy'] != 'nan']
        if finite:
            loss = spread(finite, 'train_loss')
            found[run] = {**spread(finite, 'val_accuracy'), 'loss': loss}
    return found


def spread(found, column):
    """Return {least, median, most} of what these rows have in a column."""
    values = [float(row[column]) for row in found]
    return {
        name: f'{of(values):.2f}'
        for name, of in (('least', min), ('median', median), ('most', max))
    }


def outcome(epochs):
    """Return what a run of these rows came to, {name: text}."""
    last = epochs[-1]
    return {
        **last,
        'first_loss': f'{float(last["first_loss"]):.4f}',
        'loss': f'{float(last["train_loss"]):.3f}',
        'train': f'{float(last["train_accuracy"]):.3f}',
        'test': f'{float(last["val_accuracy"]):.3f}',
        'seconds': f'{min(float(row["seconds"]) for row in epochs):.0f}',
        'rate': f'{max(float(row["examples_per_second"]) for row in epochs):.0f}',
        'parameters': f'{int(last["parameters"]):,}',
        'memory': f'{float(last["peak_memory_mb"]) / 1000:.1f}',
    }


def training_losses():
    """Return {run: {seed: training loss of the last epoch}} of the residual section."""
    return {
        run: {seed: float(row['train_loss']) for seed, row in seeds.items()}
        for run, seeds in last('residual-pytorch').items()
    }


def added_by_depth():
    """Return {kind: {seed: loss of the net of 32 layers minus that of 14}}."""
    losses = training_losses()
    return {
        kind: {
            seed: losses[f'{kind}_32'][seed] - shallow
            for seed, shallow in losses[f'{kind}_14'].items()
        }
        for kind in ('plain', 'residual')
    }


def interval(differences):
    """Return (mean, low, high) of five differences: the mean and its 95 % interval."""
    mean, half = fmean(differences), STUDENT * stdev(differences) / sqrt(5)
    return mean, mean - half, mean + half


def residual():
    """Return what the residual section quotes: mean losses, and what depth added."""
    losses = training_losses()
    added = {
        kind: dict(zip(('mean', 'low', 'high'), interval(d.values()), strict=True))
        for kind, d in added_by_depth().items()
    }
    return {
        'loss': {
            run: f'{fmean(by_seed.values()):.3f}' for run, by_seed in losses.items()
        },
        'added': {
            kind: {name: f'{value:+.3f}' for name, value in numbers.items()}
            for kind, numbers in added.items()
        },
    }


def floors():
    """Return what the Rosetta page quotes of float32's floors."""
    found = rows('floors')

    def seeds(column, tab, switched_off='nothing'):
        return [
            float(row[column])
            for row in found
            if (row['framework'], row['switched_off']) == (tab, switched_off)
        ]

    losses = {tab: seeds('second_loss', tab) for tab in FRAMEWORKS}
    medians = {tab: median(losses[tab]) for tab in FRAMEWORKS}
    noise = {
        tab: medians[tab] / median(seeds('second_loss', tab, 'real pictures'))
        for tab in FRAMEWORKS
    }
    changed, fewer = (
        seeds('decisions_changed', 'pytorch', what) for what in ('nothing', 'oneDNN')
    )
    return {
        'spread': f'{max(medians.values()) / min(medians.values()):.0f}',
        'least': {tab: power(min(losses[tab])) for tab in losses},
        'most': {tab: power(max(losses[tab])) for tab in losses},
        'noise': {tab: f'{float(f"{ratio:.2g}"):g}' for tab, ratio in noise.items()},
        'changed': {'least': f'{min(changed):.0f}', 'most': f'{max(changed):.0f}'},
        'fewer': {'least': f'{min(fewer):.0f}', 'most': f'{max(fewer):.0f}'},
    }


def parity():
    """Return what the pages quote of the distance between the frameworks."""
    curves = {}
    for row in rows('parity_curves'):
        curve = curves.setdefault((row['precision'], row['framework']), [])
        curve.append(float(row['loss']))
    own = [
        [
            abs(single / double - 1)
            for single, double in zip(
                curves['float32', tab], curves['float64', tab], strict=True
            )
        ]
        for tab in FRAMEWORKS
    ]
    steps = [next(n for n, off in enumerate(off, 1) if off >= 0.01) for off in own]
    exact = [
        float(row['value']) for row in rows('parity') if row['precision'] == 'float64'
    ]
    return {
        'first': within(max(off[0] for off in own)),
        'percent': {'least': str(min(steps)), 'most': str(max(steps))},
        'exact': within(max(exact)),
    }


def power(number):
    """Return a number of one digit as prose writes it, such as 2e-7."""
    return f'{number:.0e}'.replace('e-0', 'e-')


def within(number):
    """Return the least number of one digit that is not exceeded by `number`."""
    exponent = floor(log10(number))
    return f'{ceil(number / 10**exponent)}e{exponent}'
