"""What the section `verdict` says of its runs, computed anew from their tables."""

import ast
import math
import re
import runpy

import numpy as np
import pytest
from scipy import stats

from tabbook.project import Project
from tabbook.results import runs, tables
from tests.helpers import ROOT

RESULTS = ROOT / 'book' / 'results'
QUOTED = runpy.run_path(str(RESULTS / 'quoted.py'))
VERDICT = runpy.run_path(str(RESULTS / 'quoted_verdict.py'))
PAGE = (ROOT / 'notebooks' / 'verdict.md').read_text('utf-8')
TEXT = ' '.join(PAGE.split())
OWN_NAMES = {'dense_16': 'dense'} | {v: k for k, v in VERDICT['BUDGETS'].items()}


def stated(name):
    """The dictionary that a cell of the page assigns to `name`."""
    (found,) = re.findall(rf'^{name} = (\{{.*?^\}})', PAGE, re.DOTALL | re.MULTILINE)
    return ast.literal_eval(found)


@pytest.fixture(scope='module')
def curves():
    """{the page's name of a network: accuracies, a row a seed, a column an epoch}."""
    table = tables.read(RESULTS / 'verdict-pytorch.csv')
    found = {}
    for run, name in OWN_NAMES.items():
        rows = [row for row in table if row['run'] == run]
        assert [(row['seed'], row['epoch']) for row in rows] == [
            (seed, epoch) for seed in '01234' for epoch in '123'
        ]
        values = np.array([float(row['val_accuracy']) for row in rows])
        found[name] = values.reshape(5, 3)
    return found


@pytest.fixture(scope='module')
def paired(curves):
    """{budget: the result of a paired t test, dense against residual}."""
    return {
        budget: stats.ttest_rel(curves['dense'][:, -1], curves[budget][:, -1])
        for budget in VERDICT['BUDGETS']
    }


@pytest.fixture(scope='module')
def seconds():
    """{framework: {network: seconds of a step}}."""
    return VERDICT['times'](QUOTED['rows'])


def test_the_runs_are_those_of_the_code_that_the_page_shows():
    project = Project(ROOT)
    planned = list(runs.plan(project.library['verdict'], ['pytorch'], project))
    assert [there for *_, there in planned] == [True] * 4


def test_the_page_has_the_accuracies_of_the_table(curves):
    for name, values in stated('accuracy').items():
        assert values == pytest.approx(curves[name][:, -1], abs=5e-5)
    for name, values in stated('reference').items():
        assert values == pytest.approx(curves[name].mean(0), abs=5.1e-4)


def test_the_intervals_are_those_of_a_paired_t_test(paired):
    """Those that the page's cell prints, and those that its words and figure have."""
    for budget, result in paired.items():
        low, high = result.confidence_interval(0.95)
        wanted = (low + high) / 2, low, high
        (printed,) = re.findall(rf'^equal {budget} +(.*), .* seeds', PAGE, re.MULTILINE)
        found = [float(x) for x in re.findall(r'[+-][\d.]+', printed)]
        assert found == pytest.approx(wanted, abs=1.5e-4)
        told = QUOTED['numbers']()['verdict'][budget]
        quoted = [float(told[name]) for name in ('mean', 'low', 'high')]
        assert quoted == pytest.approx([100 * x for x in wanted], abs=0.06)


def exact_power(n, s, delta=0.005):
    """The power of a paired t test at 5 % with `n` seeds."""
    limit = stats.t.ppf(0.975, n - 1)
    shift = delta * math.sqrt(n) / s
    lower = stats.nct.cdf(-limit, n - 1, shift)
    return stats.nct.sf(limit, n - 1, shift) + lower


@pytest.mark.parametrize('s', [0.001, 0.003, 0.005, 0.01, 0.02])
def test_the_number_of_seeds_is_off_by_one_at_most(s):
    exact = next(n for n in range(2, 500) if exact_power(n, s) >= 0.8)
    half = s / math.sqrt(2)
    assert abs(VERDICT['seeds_needed']([-half, half]) - exact) <= 1


def test_the_factor_for_three_looks():
    assert f'is {stats.t.ppf(1 - 0.05 / 6, 4):.3f}' in TEXT


def test_every_network_had_its_turn(seconds):
    """Ten turns a network in each framework, on one core."""
    assert list(seconds) == ['pytorch', 'tensorflow', 'jax', 'mxnet']
    for nets in seconds.values():
        assert list(nets) == [*OWN_NAMES, 'memory_26']
        assert {len(turns) for turns in nets.values()} == {10}
    cores = {row['cores'] for row in QUOTED['rows']('verdict-times')}
    assert cores == {'1'}


def test_the_words_say_what_came_out(curves, paired):
    """No difference at equal parameters; the residual network ahead in the others."""
    limits = {b: result.confidence_interval(0.95) for b, result in paired.items()}
    assert limits['parameters'].low < 0 < limits['parameters'].high
    assert all(limits[b].high < 0 for b in ('work', 'time'))
    falls = [(curves['dense'] > curves[b])[:, -1].sum() for b in VERDICT['BUDGETS']]
    assert falls == [1, 0, 0]  # as the figure's description says
    dense = curves['dense'].mean(0)
    assert dense[0] < dense[1] < dense[2]  # still rising
    last = {name: values[:, -1].mean() for name, values in curves.items()}
    lost = [round(100 * (last[b] - last['dense'])) for b in ('work', 'time')]
    assert lost == [4, 8]
    for words in (
        'at equal parameters no difference is shown',
        'at equal time with less memory, the residual network is more accurate',
        'under no budget is the dense network shown to be the more accurate one',
        'by 4 percentage points on average, and at about equal time in PyTorch and '
        'four fifths of the memory, by 8',
    ):
        assert words in TEXT


def test_what_the_page_says_of_the_pictures_and_steps(curves):
    """The interval that 5,000 pictures leave, and how many steps a run has."""
    p = curves['parameters'][:, -1].mean()
    assert round(p, 2) == 0.77
    half = 196 * math.sqrt(p * (1 - p) / 5000)
    assert f'interval of {half:.1f} points' in TEXT
    assert f'are {3 * math.ceil(6000 / 64)} steps' in TEXT


def test_what_the_page_says_of_time(seconds):
    """A pair with equal time in PyTorch, which is none in other frameworks."""
    ratio = {
        (tab, net): np.median(np.divide(turns, nets['dense_16']))
        for tab, nets in seconds.items()
        for net, turns in nets.items()
    }
    others = ['parameters_14', 'work_14', 'memory_26']
    near = abs(ratio['pytorch', 'time_20'] - 1)
    assert all(near < abs(ratio['pytorch', net] - 1) for net in others)
    assert f'up to {100 * near:.0f} %' in TEXT
    assert min(ratio[tab, 'time_20'] for tab in ('tensorflow', 'jax')) > 1.1
    assert ratio['mxnet', 'memory_26'] < 1
    assert all(ratio[tab, 'parameters_14'] < 0.9 for tab in seconds)
    assert ratio['pytorch', 'work_14'] < 0.8
    assert ratio['mxnet', 'work_14'] < 0.8
