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
    """Return {framework: {network: seconds of a step, turn by turn}}."""
    found = {}
    for row in rows('verdict-times'):
        of_tab = found.setdefault(row['framework'], {})
        of_tab.setdefault(row['net'], []).append(float(row['seconds']))
    return found


def ratios(nets):
    """Return what the section says of the times of one framework."""
    dense = nets['dense_16']
    shown = {net: f'{1000 * median(seconds):.0f}' for net, seconds in nets.items()}
    for budget, run in BUDGETS.items():
        by_turn = sorted(b / a for a, b in zip(dense, nets[run], strict=True))
        shown[budget] = {
            'ratio': f'{median(by_turn):.1f}',
            'least': f'{by_turn[0]:.2f}',
            'low': f'{by_turn[1]:.2f}',
            'high': f'{by_turn[-2]:.2f}',
            'most': f'{by_turn[-1]:.2f}',
            'medians': f'{median(nets[run]) / median(dense):.1f}',
        }
    return shown


def percent(numbers):
    """Return {mean, low, high} of an interval, in percentage points."""
    texts = (f'{100 * x:+.1f}' for x in numbers)
    return dict(zip(('mean', 'low', 'high'), texts, strict=True))


def bought(last):
    """Return {budget: differences of a residual net and that of the budget before}."""
    found = accuracies(last)
    pairs = {'work': 'parameters', 'memory': 'time'}
    return {
        more: [found[BUDGETS[more]][s] - found[BUDGETS[less]][s] for s in '01234']
        for more, less in pairs.items()
    }


def verdict(rows, last, interval):
    """Return the quoted texts, accuracies and differences in percent."""
    shown = {}
    for budget, values in differences(last).items():
        shown[budget] = {
            **percent(interval(values)),
            's': f'{100 * stdev(values):.1f}',
            'seeds': str(seeds_needed(values)),
        }
    return {
        **shown,
        'accuracy': {
            run: f'{100 * fmean(by_seed.values()):.1f}'
            for run, by_seed in accuracies(last).items()
        },
        'bought': {b: percent(interval(d)) for b, d in bought(last).items()},
        'step': {tab: ratios(nets) for tab, nets in times(rows).items()},
    }
