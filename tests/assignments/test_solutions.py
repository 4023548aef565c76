"""One assignment in all tabs, as graded; `make test-assignments` grades all of them."""

import json

import pytest

from d2l_shim.framework import FRAMEWORKS
from tests.helpers import require_framework
from tools import trial


@pytest.fixture(autouse=True)
def smoke(sandbox, monkeypatch):
    monkeypatch.setenv('D2L_PROFILE', 'smoke')


@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_pooling(tab, bundles):
    require_framework(tab)
    trial.earns_all('pooling', tab)
    trial.earns_nothing(bundles, 'pooling', tab)


def test_otter_gives_the_same_points(bundles, tmp_path, monkeypatch):
    """The bundle for Gradescope, run by Otter itself on the solution and a copy.

    It sets its own profile, and takes a kernel that is not here.
    """
    require_framework('pytorch')
    monkeypatch.setenv('D2L_PROFILE', 'of another course')
    from otter.api import grade_submission

    folder = bundles / 'pytorch' / 'pooling'
    bundle = folder / 'autograder' / 'autograder.zip'
    out_of = sum(test.points for test in trial.section('pooling').hidden)
    for kind, points in {'autograder': out_of, 'student': 0}.items():
        (made,) = (folder / kind).glob('*.ipynb')
        notebook = json.loads(made.read_text('utf-8'))
        notebook['metadata']['kernelspec']['name'] = 'conda-env-of-a-student'
        path = tmp_path / 'pooling.ipynb'
        path.write_text(json.dumps(notebook), 'utf-8')
        results = grade_submission(str(path), str(bundle), quiet=True)
        assert (results.total, results.possible) == (points, out_of)
