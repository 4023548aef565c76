"""What every notebook of every assignment earns: `make test-assignments` runs it.

The solution earns all points, the untouched copy none; wrong solutions fail as many
tests as `wrong/<assignment>.yml` says, whatever the tests are worth.
"""

import pytest

from d2l_shim.framework import FRAMEWORKS
from tabbook.text.parse import Library
from tests.helpers import ROOT, require_framework
from tools import trial

NAMES = [n.rpartition('/')[2] for n in Library(ROOT / 'notebooks').assignments()]
cases = [(name, tab) for name in NAMES for tab in FRAMEWORKS]


@pytest.fixture(autouse=True)
def framework(request, sandbox, monkeypatch):
    tab = request.node.callspec.params['tab']
    require_framework(tab)
    monkeypatch.setenv('D2L_PROFILE', 'smoke')


@pytest.mark.parametrize(('name', 'tab'), cases)
def test_solution(name, tab):
    trial.earns_all(name, tab)


@pytest.mark.parametrize(('name', 'tab'), cases)
def test_untouched_copy(name, tab, bundles):
    trial.earns_nothing(bundles, name, tab)


@pytest.mark.parametrize(('name', 'tab'), [c for c in cases if trial.listed(c[0])])
def test_wrong_solutions(name, tab):
    edits = trial.wrong(name, tab)
    assert len(edits) >= 3
    for edit in edits:
        record = trial.graded(name, tab, trial.edited(trial.solution(name, tab), edit))
        said = [test['message'] for test in record.tests if test['message']]
        assert len(said) == edit['fails'], (edit['what'], said)
        assert edit['hint'] in ' '.join(said), (edit['what'], said)
