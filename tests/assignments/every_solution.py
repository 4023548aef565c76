"""What every notebook of every assignment earns: `make test-assignments` runs it.

The solution earns all points, the untouched copy none, wrong solutions what
`wrong/<assignment>.yml` says.
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


@pytest.mark.parametrize(('name', 'tab'), cases)
def test_wrong_solutions(name, tab):
    edits = trial.wrong(name, tab)
    assert len(edits) >= 3
    for edit in edits:
        record = trial.graded(name, tab, trial.edited(trial.solution(name, tab), edit))
        said = ' '.join(test['message'] for test in record.tests)
        assert record.points == edit['points'], (edit['what'], record.points, said)
        assert edit['hint'] in said, (edit['what'], said)
