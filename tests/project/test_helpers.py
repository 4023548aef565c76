"""`require`: a skip for a user, a failure in CI. `needs`: who tests what."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from d2l_shim.framework import FRAMEWORKS
from tests import helpers
from tests.helpers import require


def test_missing_part_skips_for_a_user(monkeypatch):
    monkeypatch.delenv('CI', raising=False)
    with pytest.raises(pytest.skip.Exception, match='no browser'):
        require(False, 'no browser')


def test_missing_part_fails_in_ci(monkeypatch):
    monkeypatch.setenv('CI', 'true')
    with pytest.raises(pytest.fail.Exception, match='no browser'):
        require(None, 'no browser')


def test_part_that_is_there_goes_on(monkeypatch):
    monkeypatch.setenv('CI', 'true')
    require('/usr/bin/chromium', 'no browser')


class Pipe(list):
    send = list.append


def test_nobody_is_asked_where_one_framework_is_missing(monkeypatch):
    """Or the answers of the others would meet the questions that come next."""
    monkeypatch.setattr(helpers, 'chosen', 'jax')
    asked = Pipe()
    workers = helpers.Workers({'jax': SimpleNamespace(pipe=asked)})
    with pytest.raises(pytest.skip.Exception, match='the tests of jax alone'):
        workers.ask_all('shapes', ['jax', 'mxnet'])
    assert asked == []


@pytest.mark.parametrize(
    ('folder', 'params', 'fixtures', 'marked', 'found'),
    [
        ('shim', {}, [], [], set()),
        ('shim', {'tab': 'jax', 'x': [1]}, ['workers'], [], {'jax'}),
        ('shim', {'tabs': ('jax', 'mxnet')}, [], [], {'jax', 'mxnet'}),
        ('shim', {'x': 'y'}, ['workers'], [], set(FRAMEWORKS)),
        ('shim', {}, [], ['mxnet'], {'mxnet'}),
        ('parity', {'tab': 'jax'}, [], [], set(FRAMEWORKS)),
    ],
)
def test_a_test_says_which_frameworks_it_needs(folder, params, fixtures, marked, found):
    item = SimpleNamespace(
        path=Path('tests', folder, 'test_x.py'),
        callspec=SimpleNamespace(params=params),
        fixturenames=fixtures,
        iter_markers=lambda name: [SimpleNamespace(args=marked)],
    )
    assert helpers.needs(item) == found
