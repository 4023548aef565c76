"""What `make parity` measured: whole, within the limits, and as the book says."""

import csv
import re
from datetime import date

import pytest

from d2l_shim.framework import FRAMEWORKS
from parity import measure
from parity.compare import LIMITS, MEASURED
from parity.networks import NETWORKS, OF_SECTIONS
from tabbook.text.proof import Model

NUMBERS = [
    'zero',
    'one',
    'two',
    'three',
    'four',
    'five',
    'six',
    'seven',
    'eight',
    'nine',
    'ten',
    'eleven',
    'twelve',
]


def rows(name):
    with (measure.RESULTS / f'{name}.csv').open(newline='') as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope='module')
def curves():
    """{(precision, framework): losses}."""
    found = {}
    for row in rows('parity_curves'):
        losses = found.setdefault((row['precision'], row['framework']), [])
        losses.append(float(row['loss']))
        assert int(row['step']) == len(losses)
    return found


def test_every_network_and_framework_was_measured():
    found = {
        (row['network'], row['precision'], row['measure'], row['framework'])
        for row in rows('parity')
    }
    assert found == {(network, *what) for network in NETWORKS for what in MEASURED}


def test_what_was_measured_is_within_the_limits_of_the_tests():
    for row in rows('parity'):
        limit = LIMITS[row['precision'], row['measure']]
        assert float(row['limit']) == limit
        assert 0 <= float(row['value']) <= limit


@pytest.mark.parametrize('name', ['parity', 'parity_curves'])
def test_every_row_says_where_it_comes_from(name):
    for row in rows(name):
        assert row['hardware'].endswith((' core', ' cores'))
        assert 'numpy==' in row['versions']
        assert row['seed'] == '0'
        date.fromisoformat(row['date'])


def test_the_curves_are_whole(curves):
    assert set(curves) == {
        (precision, tab) for precision in ('float64', 'float32') for tab in FRAMEWORKS
    }
    assert {len(losses) for losses in curves.values()} == {Model.steps}


def apart(one, other):
    return [abs(a / b - 1) for a, b in zip(one, other, strict=True)]


def test_the_pages_say_of_the_curves_what_they_show(curves, root, rosetta):
    section = ' '.join((root / 'notebooks/densenet.md').read_text('utf-8').split())
    (here,) = re.findall(r'agree to (\w+) digits at every step', section)
    (there,) = re.findall(r'agree to (\w+) digits at every one', rosetta)
    furthest = max(
        max(apart(curves['float64', tab], curves['float64', 'jax']))
        for tab in FRAMEWORKS
    )
    assert here == there
    assert furthest <= 10.0 ** -NUMBERS.index(here)
    own = [apart(curves['float32', tab], curves['float64', tab]) for tab in FRAMEWORKS]
    (within,) = re.findall(r'begins within (\S+) of its own', rosetta)
    assert float(within) * 2 / 3 < max(steps[0] for steps in own) <= float(within)
    percent = [next(i for i, x in enumerate(steps, 1) if x >= 0.01) for steps in own]
    ((first, last),) = re.findall(
        r'a percent away from it after (\d+) to (\d+) steps', rosetta
    )
    assert (min(percent), max(percent)) == (int(first), int(last))


def test_the_rosetta_page_says_how_far_apart_float64_is(rosetta):
    (within,) = re.findall(r'further from it than (\S+) in anything', rosetta)
    furthest = max(
        float(row['value']) for row in rows('parity') if row['precision'] == 'float64'
    )
    assert float(within) / 2 <= furthest <= float(within)


@pytest.mark.parametrize(('measure', 'further'), [('second loss', 8), ('gradients', 3)])
def test_so_many_networks_of_sections_are_further_apart_than_the_random(
    measure, further
):
    found = {}
    for row in rows('parity'):
        if (row['precision'], row['measure']) == ('float32', measure):
            found.setdefault(row['network'], []).append(float(row['value']))
    furthest = max(max(found[name]) for name in found.keys() - OF_SECTIONS)
    assert sum(max(found[name]) > furthest for name in OF_SECTIONS) == further


def test_the_limit_of_gradients_is_the_floor_of_float32_rounded_up(rosetta):
    shown = (row for row in rows('floors') if row['switched_off'] == 'nothing')
    worst = max(float(row['gradient']) for row in shown)
    assert f'at most {worst:.1e}, rounded up'.replace('e-0', 'e-') in rosetta
    assert worst <= LIMITS['float32', 'gradients'] < 1.25 * worst


def test_a_results_file_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / 'parity.csv'
    measure.write(path, ('framework', 'value'), [('jax', 1.5), ('mxnet', 2.5)])
    before = path.read_text('utf-8')
    assert before.splitlines()[0] == 'framework,value,hardware,versions,seed,date'
    assert 'mxnet==' in before.splitlines()[2]
    with pytest.raises(KeyError):
        measure.write(path, ('framework', 'value'), [('jax', 3.5), ('caffe', 4.5)])
    assert path.read_text('utf-8') == before


def test_networks_that_are_not_named_keep_their_rows(tmp_path, monkeypatch):
    path = tmp_path / 'parity.csv'
    monkeypatch.setattr(measure, 'RESULTS', tmp_path)
    first, second = list(NETWORKS)[:2]
    columns, old = ('network', 'framework'), [(n, 'jax') for n in (first, second, 'x')]
    measure.write(path, columns, old)
    kept = measure.others([second])
    measure.write(path, columns, [(second, 'mxnet')], kept)
    lines = [line.split(',')[:2] for line in path.read_text('utf-8').splitlines()[1:]]
    assert lines == [[first, 'jax'], [second, 'mxnet']]
