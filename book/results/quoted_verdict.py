"""What the section `verdict` quotes: accuracies, paired differences, seeds, times.

`quoted.py` runs this file, and gives it what all sections share.
"""

import math
from statistics import fmean, median, stdev

BUDGETS = {
    'parameters': 'parameters_14',
    'work': 'work_14',
    'time': 'time_20',
    'memory': 'memory_26',
}


def accuracies(last):
    """Return {run: {seed: accuracy on the test pictures after the last epoch}}."""
    return {
        run: {seed: float(row['val_accuracy']) for seed, row in seeds.items()}
        for run, seeds in last('verdict-pytorch').items()
    }


def differences(last):
    """Return {budget: the five differences, dense minus residual, by seed}."""
    found = accuracies(last)
    return {
        budget: [found['dense_16'][seed] - found[run][seed] for seed in '01234']
        for budget, run in BUDGETS.items()
    }


def seeds_needed(values, delta=0.005):
    """Return how many seeds find a true difference `delta` with power 0.8, about."""
    return math.ceil(((1.960 + 0.842) * stdev(values) / delta) ** 2 + 1.92)


def times(rows):
    """Return {framework: {network: seconds of a step}}."""
    found = {}
    for row in rows('verdict-times'):
        found.setdefault(row['framework'], {})[row['net']] = float(row['seconds'])
    return found


def verdict(rows, last, interval):
    """Return the quoted texts, accuracies and differences in percent."""
    shown = {}
    for budget, values in differences(last).items():
        mean, low, high = (f'{100 * x:+.1f}' for x in interval(values))
        shown[budget] = {
            'mean': mean,
            'low': low,
            'high': high,
            's': f'{100 * stdev(values):.1f}',
            'seeds': str(seeds_needed(values)),
            'positive': str(sum(x > 0 for x in values)),
        }
    return {
        **shown,
        'accuracy': {
            run: f'{100 * fmean(by_seed.values()):.1f}'
            for run, by_seed in accuracies(last).items()
        },
        'step': {
            tab: {
                **{net: f'{1000 * seconds:.0f}' for net, seconds in nets.items()},
                'ratio': f'{nets["time_20"] / nets["dense_16"]:.2f}',
                'work': f'{nets["dense_16"] / nets["work_14"]:.2f}',
            }
            for tab, nets in times(rows).items()
        },
        'spread': f'{median(map(stdev, differences(last).values())) * 100:.1f}',
    }
