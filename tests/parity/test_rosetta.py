"""Each row of the Rosetta page: the frameworks differ as it says, the book does not.

The rows are those of book/rosetta.yml; tests/inside/rosetta.py measures them,
on new processes, whose defaults nobody has touched.
"""

import functools
import inspect
import re

import numpy as np
import pytest

from d2l_shim.framework import FRAMEWORKS
from tabbook.reading.tables import defaults, load
from tabbook.tabs import TABS
from tests.helpers import ROOT, Workers
from tests.inside import rosetta

ROWS = {row['key']: row for rows in load(ROOT / 'book').values() for row in rows}


@pytest.fixture(scope='module')
def workers():
    """Workers that have answered nothing yet."""
    running = Workers()
    running.ask_all('tests.inside.rosetta.begin')
    yield running
    running.close()


@pytest.fixture(scope='module')
def measured(workers):
    """Return the function measured(key) -> {tab: (own default, what the book gets)}."""
    return functools.cache(lambda key: workers.ask_all(f'tests.inside.rosetta.{key}'))


@pytest.mark.parametrize('key', ROWS)
def test_the_defaults_are_what_the_page_says(measured, workers, key):
    row = ROWS[key]
    said = {tab: row['own'][tab] for tab in FRAMEWORKS}
    if 'without_gpu' in row:
        gpus = workers.ask_all('gpus')
        said = {tab: said[tab] if gpus[tab] else row['without_gpu'] for tab in said}
    assert {tab: own for tab, (own, _) in measured(key).items()} == said


@pytest.mark.parametrize('key', [key for key in ROWS if 'stays' not in ROWS[key]])
def test_what_the_book_sets_is_the_same_in_all(measured, key):
    (one, *others) = [book for _, book in measured(key).values()]
    for other in others:
        if isinstance(one, str | bool):
            assert other == one
        else:
            np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-6)


def test_exact_products_are_what_the_book_sets(measured):
    assert all(exact for _, exact in measured('tensor_float_32').values())


@pytest.mark.parametrize('key', ROWS)
def test_a_row_tells_of_a_difference(key):
    row = ROWS[key]
    assert len(set(row['own'].values())) > 1
    assert all(row[field].strip() for field in ('what', 'book', 'why'))


def test_each_row_has_a_measurement_and_each_measurement_a_row():
    functions = inspect.getmembers(rosetta, inspect.isfunction)
    assert set(ROWS) == {
        name
        for name, function in functions
        if not name.startswith('_') and name != 'begin'
    }


def test_the_page_shows_every_group():
    page = (ROOT / 'book/rosetta.md').read_text('utf-8')
    assert re.findall(r'{rosetta} (\w+)', page) == list(load(ROOT / 'book'))


def test_a_table_has_a_column_for_each_framework_of_the_book(monkeypatch):
    row = {
        'key': 'k',
        'what': 'W',
        'own': dict.fromkeys(FRAMEWORKS, 'a|b'),
        'book': 'B',
        'why': 'Y',
        'names': ['n', 'm'],
    }
    monkeypatch.delitem(TABS, 'mxnet')
    assert list(defaults([row])) == [
        '| Default | PyTorch | TensorFlow | JAX | What this book does, and why |',
        '| --- | --- | --- | --- | --- |',
        '| W<br id="row-k" data-names="n m">`k` | a\\|b | a\\|b | a\\|b | B: Y |',
    ]


def test_a_name_in_code_leads_to_one_row():
    names = [name for row in ROWS.values() for name in row.get('names', ())]
    assert len(names) == len(set(names)) > 20


def test_minus_k_finds_one_row():
    assert [(a, b) for a in ROWS for b in ROWS if a in b and a != b] == []
