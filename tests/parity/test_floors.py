"""What floors.py measured: whole, and as the Rosetta page tells it."""

import csv
import re
from collections import defaultdict
from statistics import median

import pytest

from d2l_shim.framework import FRAMEWORKS
from parity.floors import LAYERS, NEVER_ONEDNN, RESULTS, SEEDS, SWITCHES
from tabbook.reading.tables import spread

NO_ONEDNN = [tab for tab in FRAMEWORKS if tab not in NEVER_ONEDNN]


def rows(name):
    with (RESULTS / name).open(newline='', encoding='utf-8') as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope='module')
def floors():
    """{column: {(switched off, framework): numbers, one a seed}}."""
    found = defaultdict(lambda: defaultdict(list))
    for row in rows('floors.csv'):
        assert int(row['seed']) == len(
            found['gradient'][row['switched_off'], row['framework']]
        )
        for column in ('gradient', 'second_loss', 'decisions_changed'):
            number = float(row[column] or 'nan')
            found[column][row['switched_off'], row['framework']].append(number)
    return found


@pytest.fixture(scope='module')
def layers():
    """{(layer, setting, framework): error}."""
    return {
        (row['layer'], row['setting'], row['framework']): float(row['error'])
        for row in rows('layers.csv')
    }


@pytest.fixture(scope='module')
def text(rosetta):
    """The section of the page, its lines joined."""
    return rosetta.split('(sec-floors)=')[1].split('(sec-how')[0]


def test_every_switch_framework_and_seed_was_measured(floors, layers):
    assert set(floors['gradient']) == {
        (switch, tab)
        for switch, (_, _, onednn) in SWITCHES.items()
        for tab in (FRAMEWORKS if onednn else NO_ONEDNN)
    }
    assert {len(numbers) for numbers in floors['gradient'].values()} == {SEEDS}
    assert {(setting, tab) for _, setting, tab in layers} == {
        (setting, tab) for setting, (tabs, _) in LAYERS.items() for tab in tabs
    }


def test_relu_is_the_cause(floors, text):
    gradient, loss = floors['gradient'], floors['second_loss']
    assert 'falls below 2e-4, from all six starts' in text
    assert 'that of the second loss to 1.1e-5 at most' in text
    for tab in FRAMEWORKS:
        assert max(gradient["ReLU's decisions", tab]) < 2e-4
        assert min(gradient['nothing', tab]) > 1e-3
        assert max(loss["ReLU's decisions", tab]) <= 1.1e-5
        assert max(loss['nothing', tab]) > 5e-4


def test_the_page_counts_the_decisions_that_changed(floors, text):
    for switch, pattern in (
        ('nothing', r'in PyTorch (\d+) to (\d+) of them'),
        ('oneDNN', r'it is (\d+) to (\d+) decisions'),
    ):
        changed = floors['decisions_changed'][switch, 'pytorch']
        assert re.findall(pattern, text) == [
            (f'{min(changed):.0f}', f'{max(changed):.0f}')
        ]


def test_the_medians_are_closer_than_the_starts(floors, text):
    (factor,) = re.findall(r'within a factor of (\d+)', text)
    losses = {tab: floors['second_loss']['nothing', tab] for tab in FRAMEWORKS}
    medians = sorted(map(median, losses.values()))
    assert sorted(losses, key=lambda tab: median(losses[tab])) == [
        'jax',
        'tensorflow',
        'pytorch',
        'mxnet',
    ]  # 'have changed places'
    assert round(medians[-1] / medians[0]) == int(factor)
    assert max(losses['jax']) / min(losses['jax']) > 100


def test_max_pooling_shows_only_behind_relu(floors, text):
    gradient = floors['gradient']
    assert '1.6e-4 with max pooling in PyTorch and TensorFlow' in text
    assert 'without it 4e-5 and 3e-5' in text
    for tab in FRAMEWORKS:
        assert median(gradient['max pooling', tab]) > median(gradient['nothing', tab])
        held, both = (
            median(gradient[switch, tab])
            for switch in ("ReLU's decisions", "ReLU's decisions, max pooling")
        )
        assert both < held  # 'With ReLU held fast it is, in all four'
    for tab in ('pytorch', 'tensorflow'):
        held = gradient["ReLU's decisions", tab]
        start = held.index(max(held))
        assert f'{held[start]:.1e}' == '1.6e-04'
        assert gradient["ReLU's decisions, max pooling", tab][start] < 4.5e-5


def test_with_noise_the_second_loss_is_closer(floors, text):
    """'in all four', and how many times, as the page has it."""
    losses, gradient = floors['second_loss'], floors['gradient']
    ratios = {
        tab: median(losses['nothing', tab]) / median(losses['real pictures', tab])
        for tab in FRAMEWORKS
    }
    assert min(ratios.values()) > 1
    told = re.findall(
        r'([\d.]+) times in PyTorch, ([\d.]+) times in TensorFlow, ([\d.]+) times in '
        r'MXNet, but only ([\d.]+) times in JAX',
        text,
    )
    order = ('pytorch', 'tensorflow', 'mxnet', 'jax')
    assert [list(map(float, numbers)) for numbers in told] == [
        [pytest.approx(ratios[tab], rel=0.05) for tab in order]
    ]
    for tab in FRAMEWORKS:
        noise, own = (median(gradient[x, tab]) for x in ('real pictures', 'nothing'))
        assert (noise > own) == (tab == 'jax')  # 'smaller in three, and larger in JAX'
        assert noise > median(gradient["ReLU's decisions", tab])


def test_mxnet_without_onednn_errs_as_pytorch_does(floors):
    pairs = zip(
        floors['gradient']['oneDNN', 'mxnet'],
        floors['gradient']['nothing', 'pytorch'],
        strict=True,
    )
    assert all(abs(mxnet / pytorch - 1) < 1e-3 for mxnet, pytorch in pairs)


def test_coarse_sums_are_those_that_the_page_names(layers):
    book = 'as in the book'
    mean, variance = 'mean of a channel', 'variance of a channel'
    first = layers[mean, 'channels first', 'pytorch']
    assert layers[mean, book, 'pytorch'] > 100 * first
    assert layers[mean, book, 'mxnet'] == pytest.approx(layers[mean, book, 'pytorch'])
    assert (
        layers[variance, book, 'jax']
        > 5 * layers[variance, 'use_fast_variance=False', 'jax']
    )
    kernel = 'kernel gradient of the first convolution'
    for tab in ('tensorflow', 'mxnet'):
        assert layers[kernel, book, tab] > 4 * layers[kernel, 'no oneDNN', tab]
    assert (
        layers['cross-entropy', book, 'mxnet']
        > 10 * layers['cross-entropy', 'no oneDNN', 'mxnet']
    )


def test_a_table_holds_the_median_between_the_extremes(tmp_path):
    (tmp_path / 'a.csv').write_text(
        'switch,framework,x\nb,jax,3e-5\nb,jax,2e-4\nb,jax,1e-6\na|c,mxnet,0.5\n',
        'utf-8',
    )
    assert list(spread(tmp_path / 'a.csv', ['switch'], 'x')) == [
        '| Switch | PyTorch | TensorFlow | JAX | MXNet |',
        '| --- | --- | --- | --- | --- |',
        '| b |  |  | **3e-5** (1e-6 to 2e-4) |  |',
        '| a\\|c |  |  |  | 5e-1 |',
    ]
