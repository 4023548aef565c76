"""The claim on residual networks, computed anew from the table of its runs."""

import runpy

import numpy as np
import pytest
from scipy import stats

from tabbook.project import Project
from tabbook.results import runs, tables
from tests.helpers import ROOT

RESULTS = ROOT / 'book' / 'results'
QUOTED = runpy.run_path(str(RESULTS / 'quoted.py'))
TEXT = (ROOT / 'notebooks' / 'residual.md').read_text('utf-8')


@pytest.fixture(scope='module')
def losses():
    """{run: the training losses of its last epoch, by seed}."""
    table = tables.read(RESULTS / 'residual-pytorch.csv')
    rows = [row for row in table if row['epoch'] == '4']
    assert [row['seed'] for row in rows] == list('01234') * 4
    names = dict.fromkeys(row['run'] for row in rows)
    return {
        name: np.array([float(r['train_loss']) for r in rows if r['run'] == name])
        for name in names
    }


def test_the_runs_are_those_of_the_code_that_the_page_shows():
    project = Project(ROOT)
    planned = list(runs.plan(project.library['residual'], ['pytorch'], project))
    assert [there for *_, there in planned] == [True] * 4


@pytest.mark.parametrize('kind', ['plain', 'residual'])
def test_the_interval_is_that_of_a_paired_t_test(losses, kind):
    deep, shallow = losses[f'{kind}_32'], losses[f'{kind}_14']
    paired = stats.ttest_rel(deep, shallow)
    interval = paired.confidence_interval(0.95)
    found = QUOTED['interval'](deep - shallow)
    wanted = (deep - shallow).mean(), interval.low, interval.high
    assert found == pytest.approx(wanted, abs=1e-4)
    told = QUOTED['residual']()['added'][kind]
    assert [float(told[name]) for name in ('mean', 'low', 'high')] == pytest.approx(
        wanted, abs=6e-4
    )


def test_the_words_say_what_came_out(losses):
    """Depth harmed the plain nets, and did not harm the residual ones."""
    low, high = (
        stats.ttest_rel(losses[f'{kind}_32'], losses[f'{kind}_14'])
        .confidence_interval(0.95)
        for kind in ('plain', 'residual')
    )  # fmt: skip
    assert low.low > 0
    assert high.high < 0
    assert all(losses['plain_32'] > losses['plain_14'])  # after each of the seeds
    assert all(losses['residual_32'] < losses['residual_14'])
    plain, other = (
        (losses[f'{kind}_32'] - losses[f'{kind}_14']).mean()
        for kind in ('plain', 'residual')
    )
    assert (round(plain, 2), round(other, 2)) == (0.07, -0.07)
    assert 'raised the training loss of a plain network by 0.07' in ' '.join(
        TEXT.split()
    )
