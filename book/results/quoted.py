"""The numbers that the book's prose quotes, each read from a file beside this one.

A page writes `{{ floors.noise.jax }}`; `numbers()` holds what stands there. Words about
a number ("three of the four") are the tests' to check.
"""

import csv
from io import StringIO
from math import ceil, floor, log10
from pathlib import Path
from statistics import median

from d2l_shim.files import read_text
from d2l_shim.framework import FRAMEWORKS

HERE = Path(__file__).parent


def numbers():
    """Return {name: {name: text}} of all that is quoted."""
    return {
        'floors': floors(),
        'parity': parity(),
        'densenet': runs('densenet'),
        'batchnorm': spreads('batchnorm-pytorch'),
    }


def rows(name):
    """Return the rows of a results file, each a dictionary of texts."""
    return list(csv.DictReader(StringIO(read_text(HERE / f'{name}.csv'))))


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
    for row in rows(table):
        if row['val_accuracy'] != 'nan':
            found.setdefault(row['run'], {})[row['seed']] = row
    return {
        run: {
            **spread(seeds.values(), 'val_accuracy'),
            'loss': spread(seeds.values(), 'train_loss'),
        }
        for run, seeds in found.items()
    }


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
