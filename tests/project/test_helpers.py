"""`require`: a skip for a user, a failure in CI."""

import pytest

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
