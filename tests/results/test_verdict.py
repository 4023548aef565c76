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
    assert [there for *_, there in planned] == [True] * 5


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


def test_what_five_differences_know_of_their_spread(curves):
    """The interval of a standard deviation, and the numbers of seeds that it gives."""
    low, high = (math.sqrt(4 / stats.chi2.ppf(p, 4)) for p in (0.975, 0.025))
    assert f'from {low:.1f} to {high:.1f} times' in TEXT
    values = curves['dense'][:, -1] - curves['parameters'][:, -1]
    fewest, most = (VERDICT['seeds_needed'](x * values) for x in (low, high))
    assert f'about {round(fewest, -1)} and {round(most, -2):,}' in TEXT


def printed_with(start, count):
    """{budget: the numbers that a cell prints after its name}, of `count` numbers."""
    number = r'([+-]?\d\.\d{4})'
    found = {}
    for budget in VERDICT['BUDGETS']:
        line = rf'^{budget} +{start}' + r'\D+?'.join([number] * count) + '$'
        (found[budget],) = re.findall(line, PAGE, re.MULTILINE)
    return {budget: [float(x) for x in texts] for budget, texts in found.items()}


def test_pairs_and_unpaired_runs(curves):
    """Deviations and half widths; those of unpaired runs by the t test for two."""
    smaller = {'s': set(), 'half': set()}
    for budget, found in printed_with('s ', 4).items():
        a, b = curves['dense'][:, -1], curves[budget][:, -1]
        s = (a - b).std(ddof=1), math.hypot(a.std(ddof=1), b.std(ddof=1))
        half = [
            np.ptp(test(a, b).confidence_interval(0.95)) / 2
            for test in (stats.ttest_rel, stats.ttest_ind)
        ]
        assert found == pytest.approx([*s, *half], abs=1e-4)
        smaller['s'] |= {budget} if s[0] < s[1] else set()
        smaller['half'] |= {budget} if half[0] < half[1] else set()
    assert smaller == {'s': {'memory', 'work', 'time'}, 'half': {'work', 'time'}}
    a, b = curves['dense'][:, -1], curves['parameters'][:, -1]
    assert np.cov(a, b)[0, 1] < 0
    assert f'{stats.t.ppf(0.975, 8):.3f}' in TEXT


def test_four_looks(curves):
    """With Bonferroni's factor the same three differences are shown."""
    assert f'is {stats.t.ppf(1 - 0.05 / 8, 4):.3f}' in TEXT
    assert f'{1 - 0.95**4:.3f}' in TEXT
    for budget, found in printed_with('', 2).items():
        result = stats.ttest_rel(curves['dense'][:, -1], curves[budget][:, -1])
        assert found == pytest.approx(
            result.confidence_interval(1 - 0.05 / 4), abs=2e-4
        )
        assert (found[1] < 0) == (budget != 'parameters')


def test_every_network_had_its_turn(seconds):
    """Ten turns a network in each framework, on one core."""
    assert list(seconds) == ['pytorch', 'tensorflow', 'jax', 'mxnet']
    for nets in seconds.values():
        assert list(nets) == [*OWN_NAMES]
        assert {len(turns) for turns in nets.values()} == {10}
    cores = {row['cores'] for row in QUOTED['rows']('verdict-times')}
    assert cores == {'1'}


def test_the_words_say_what_came_out(curves, paired):
    """No difference at equal parameters; the residual network ahead in the others."""
    limits = {b: result.confidence_interval(0.95) for b, result in paired.items()}
    assert limits['parameters'].low < 0 < limits['parameters'].high
    assert all(limits[b].high < 0 for b in ('work', 'time', 'memory'))
    falls = [(curves['dense'] > curves[b])[:, -1].sum() for b in VERDICT['BUDGETS']]
    assert falls == [1, 0, 0, 0]  # as the figure's description says
    dense = curves['dense'].mean(0)
    assert dense[0] < dense[1] < dense[2]  # rose from epoch to epoch
    for words in (
        'at equal parameters no difference is shown',
        'at equal work, at about equal time in PyTorch, and at equal memory, the '
        'residual network is more accurate',
        'under no budget is the dense network shown to be the more accurate one',
    ):
        assert words in TEXT


def test_what_a_larger_budget_bought(curves):
    """The one with equal work against that with equal parameters, and so on."""
    told = QUOTED['numbers']()['verdict']['bought']
    for more, less in (('work', 'parameters'), ('memory', 'time')):
        result = stats.ttest_rel(curves[more][:, -1], curves[less][:, -1])
        wanted = 100 * np.array(result.confidence_interval(0.95))
        found = float(told[more]['low']), float(told[more]['high'])
        assert found == pytest.approx(wanted, abs=0.06)
        assert (wanted[0] > 0) == (more == 'work')


def test_what_the_box_says(curves, paired, seconds):
    """The network with 11 channels: more accurate, and cheaper but for parameters."""
    work, (low, high) = paired['work'], paired['work'].confidence_interval(0.95)
    ahead = -50 * (low + high)
    assert work.pvalue < 0.05
    assert f'by {ahead:.1f} points ({-100 * high:.1f} to {-100 * low:.1f};' in TEXT
    space = {}
    for name in ('costs', 'dense_costs', 'residual_costs'):
        (code,) = re.findall(
            rf'^def {name}\(.*?(?=^```)', PAGE, re.DOTALL | re.MULTILINE
        )
        exec(code, space)
    pairs = zip(space['residual_costs'](2, 11), space['dense_costs'](4), strict=True)
    more, works, kept = (a / b for a, b in pairs)
    assert f'{works:.2f} times the work, {kept:.2f} times the kept memory' in TEXT
    assert f'has {more:.1f} times the parameters' in TEXT
    for nets in seconds.values():
        assert np.sort(np.divide(nets['work_14'], nets['dense_16']))[-2] < 1
    ends = [curves[name][:, -1].mean() for name in ('dense', 'time', 'memory')]
    time, memory = (f'{100 * (end - ends[0]):.1f}' for end in ends[1:])
    assert f'were ahead by {time} and {memory} points' in TEXT


def test_what_the_page_says_of_the_pictures_and_steps(curves):
    """The interval that 5,000 pictures leave, and how many steps a run has."""
    p = curves['parameters'][:, -1].mean()
    assert round(p, 2) == 0.77
    half = 196 * math.sqrt(p * (1 - p) / 5000)
    assert f'interval of {half:.1f} points' in TEXT
    assert f'are {3 * math.ceil(6000 / 64)} steps' in TEXT


def test_what_the_page_says_of_time(seconds):
    """A pair with about equal time in PyTorch, and none in MXNet."""
    by_turn = {
        (tab, net): np.sort(np.divide(turns, nets['dense_16']))
        for tab, nets in seconds.items()
        for net, turns in nets.items()
    }
    ratio = {key: np.median(ratios) for key, ratios in by_turn.items()}
    others = ['parameters_14', 'work_14', 'memory_26']
    near = abs(ratio['pytorch', 'time_20'] - 1)
    assert all(near < abs(ratio['pytorch', net] - 1) for net in others)
    low, high = ({k: r[n] for k, r in by_turn.items()} for n in (1, -2))
    inside = stats.binom.cdf(8, 10, 0.5) - stats.binom.cdf(1, 10, 0.5)
    assert f'with a probability of {100 * inside:.0f} %' in TEXT
    for tab in ('tensorflow', 'jax'):  # the intervals have common points
        assert low[tab, 'time_20'] < high['pytorch', 'time_20']
        assert high[tab, 'time_20'] > low['pytorch', 'time_20']
    assert high['mxnet', 'time_20'] < low['pytorch', 'time_20']
    assert high['mxnet', 'memory_26'] < 1
    assert all(high[tab, 'parameters_14'] < 1 for tab in seconds)
    assert high['pytorch', 'work_14'] < 0.934
    assert high['mxnet', 'work_14'] < 0.934
    epochs = [3 // x['pytorch', 'parameters_14'] for x in (high, low)]
    assert epochs == [7, 8]
    assert 'time for seven or eight epochs' in TEXT


def test_the_training_runs_took_no_turns_and_do_not_agree_with_those_that_did():
    table = tables.read(RESULTS / 'verdict-pytorch.csv')

    def seconds(run):
        rows = [row for row in table if row['run'] == run]
        return np.array([float(row['seconds']) for row in rows]).reshape(5, 3).sum(1)

    longer = seconds('time_20') / seconds('dense_16')
    assert f'by a factor of {longer.min():.1f} to {longer.max():.1f}' in TEXT
    assert sum(seconds('work_14') > seconds('dense_16')) == 4
    assert 'it took longer in four of the five seeds' in TEXT
