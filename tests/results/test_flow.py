"""What the section on reuse and gradients says, computed anew from its tables."""

import csv
import json
import re
import runpy
from collections import defaultdict

import numpy as np
import pytest
from safetensors import safe_open

from d2l_shim.starts import draw
from d2l_shim.weights import KEY
from parity.journey import readout
from tests.helpers import ROOT

RESULTS = ROOT / 'book' / 'results'
TOLD = runpy.run_path(str(RESULTS / 'quoted.py'))['numbers']()['flow']
TEXT = ' '.join((ROOT / 'notebooks' / 'flow.md').read_text('utf-8').split())
FIRST = {1: 64, 2: 96, 3: 112, 4: 120}
MOMENTS = {0: 'start', 1: 'one', 5: 'five', 20: 'twenty', 50: 'fifty'}
FRESH = dict(list(MOMENTS.items())[1:])
MOMENTS |= {200: 'twohundred', 400: 'end'}


def rows(name):
    with (RESULTS / f'{name}.csv').open(encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope='module')
def reuse():
    """{(block, reader): (mean sizes of weights, rises of the loss)}, a source each."""
    whole, *others = rows('flow-reuse')
    found = defaultdict(list)
    for row in others:
        if row['reader'] != 'all':
            rise = float(row['loss']) - float(whole['loss'])
            at = int(row['block']), int(row['reader'])
            found[at].append((float(row['weight']), rise))
    assert len(found) == 20
    return {at: np.transpose(pairs) for at, pairs in found.items()}


@pytest.fixture(scope='module')
def choices(reuse):
    """The same of the 16 readers that have a choice of sources."""
    return {at: pair for at, pair in reuse.items() if at[1] > 1}


@pytest.fixture(scope='module')
def left():
    """{(block, source): pictures that are right if no reader reads it}."""
    return {
        (int(row['block']), int(row['source'])): int(row['right'])
        for row in rows('flow-reuse')
        if row['reader'] == 'all'
    }


def least(sizes):
    return 1 - sizes.min() / sizes.max()


def test_the_weights_of_layers_and_transitions_are_spread(reuse):
    layers = [s for (_, reader), (s, _) in reuse.items() if reader < 5]
    assert 0.05 < max(map(least, layers)) < 0.06
    transitions = [s for (b, reader), (s, _) in reuse.items() if reader == 5 and b < 4]
    assert 0.03 < max(map(least, transitions)) < 0.05


def test_many_pairs_hardly_matter(reuse):
    rises = np.concatenate([rise for _, rise in reuse.values()])
    assert len(rises) == 60
    assert (rises < 0.01).sum() == 21


@pytest.fixture(scope='module')
def errors():
    """{(block, reader): standard errors of the rises}, a source each."""
    found = defaultdict(list)
    for row in rows('flow-reuse')[1:]:
        if row['reader'] != 'all':
            at = int(row['block']), int(row['reader'])
            found[at].append(float(row['error']))
    return {at: np.array(each) for at, each in found.items()}


def test_small_rises_are_less_than_twice_their_error(reuse, errors):
    for at, (_, rises) in reuse.items():
        small = rises < 0.01
        assert (rises[small] < 2 * errors[at][small]).all()
    assert 0.09 < max(map(max, errors.values())) < 0.1


@pytest.mark.parametrize(('both', 'readers'), [(np.add, 8), (np.hypot, 9)])
def test_for_most_readers_the_distance_is_more_than_chance(
    choices, errors, both, readers
):
    clear = [
        all(
            rises[0] - rise > 2 * both(errors[at][0], error)
            for rise, error in zip(rises[1:], errors[at][1:], strict=True)
        )
        for at, (_, rises) in choices.items()
        if at[0] < 4
    ]
    assert (sum(clear), len(clear)) == (readers, 12)


def test_three_of_four_readers_miss_the_first_layer(reuse, errors):
    rises = np.array([reuse[1, reader][1][1] for reader in (2, 3, 4, 5)])
    missed = rises > [2 * errors[1, reader][1] for reader in (2, 3, 4, 5)]
    assert missed.tolist() == [True, True, False, True]
    assert 0.04 < rises[missed].min() < rises[missed].max() < 0.065
    assert rises[2] < 0.01


def test_a_transition_needs_what_came_into_the_block(reuse):
    others = max(max(reuse[block, 5][1][1:]) for block in (1, 2, 3))
    assert f'{others:.3f}' == TOLD['rise']['b3_5_3']
    for block in (1, 2, 3):
        assert f'{reuse[block, 5][1][0]:.3f}' == TOLD['rise'][f'b{block}_5_0']
        assert reuse[block, 5][1][0] > others


def test_the_least_weights_are_on_what_is_needed_most(choices):
    for (block, reader), (sizes, rises) in choices.items():
        if block > 1 and reader < 5:
            assert sizes.argmin() == 0
            assert sizes[1:].min() / sizes[0] > 1.0045
            assert sizes[1:].max() / sizes[0] < 1.06
        if block < 4:
            assert rises.argmax() == 0


def test_for_each_map_that_holds_for_nine_readers(choices):
    most = [
        (rises / [FIRST[block], *[32] * (reader - 1)]).argmax()
        for (block, reader), (_, rises) in choices.items()
        if block < 4
    ]
    assert (most.count(0), len(most)) == (9, 12)


def test_the_head_prefers_late_maps(reuse):
    sizes, rises = reuse[4, 5]
    assert (np.diff(sizes) > 0).all()
    assert max(rises[:4]) < 0.0055 < 0.08 < rises[4]
    assert [f'{rise:.3f}' for rise in rises[[3, 4]]] == ['-0.003', '0.086']


def test_three_readers_need_most_what_they_weigh_most(choices):
    agree = [at for at, (s, rises) in choices.items() if s.argmax() == rises.argmax()]
    assert len(choices) == 16
    assert [block for block, _ in agree] == [4] * 3


def test_with_the_scale_it_is_three_as_well():
    found = defaultdict(list)
    for row in rows('flow-reuse')[1:]:
        if row['reader'] in '2345':
            at = row['block'], row['reader']
            found[at].append((float(row['scaled']), float(row['loss'])))
    best = [np.argmax(pairs, axis=0) for pairs in found.values()]
    assert (len(best), sum(s == rise for s, rise in best)) == (16, 3)


def test_but_for_the_head_the_map_is_the_start(reuse):
    parts = {True: [], False: []}
    for (block, reader), (sizes, _) in reuse.items():
        c = FIRST[block] + 32 * (reader - 1)
        start = np.sqrt(4 / (np.pi * c * (9 if reader < 5 else 1)))
        parts[(block, reader) == (4, 5)] += list(sizes / start)
    assert 0.99 < min(parts[False]) < max(parts[False]) < 1.08
    assert 1.3 < min(parts[True]) < max(parts[True]) < 1.9


def test_the_trained_weights_are_close_to_their_start():
    path = RESULTS / 'densenet.safetensors'
    with safe_open(path, 'numpy') as file:
        order = json.loads(file.metadata()[KEY])['order']
        found = {}
        for index, name in enumerate(order):
            trained = file.get_tensor(name)
            if trained.ndim > 1:
                start = draw(name, trained.shape, index, seed=0)
                both = start.ravel(), trained.ravel()
                found[name] = np.corrcoef(*both)[0, 1]
    head = found.pop('041.linear.weight')
    assert 0.91 < head < 0.92
    assert len(found) == 20
    assert 0.95 < min(found.values()) < 0.96


def test_any_layer_but_the_first_can_be_dropped(left):
    layers = {at: right for at, right in left.items() if at[1] > 0}
    assert len(layers) == 16
    worst = min(layers, key=lambda at: layers[at])
    assert worst == (1, 1)
    assert TOLD['left']['b1_all_1'] == str(layers.pop(worst))
    assert TOLD['left']['b3_all_3'] == str(min(layers.values())) == '397'
    assert TOLD['left']['b4_all_3'] == str(max(layers.values())) == '462'
    assert int(TOLD['right']) == 512 - 43
    assert [layers[4, source] for source in (1, 2, 3, 4)] == [451, 453, 462, 452]


@pytest.fixture(scope='module')
def gradients():
    """{(kind, step): {column: numbers of ten seeds}} of the chains of the text."""
    found = defaultdict(lambda: defaultdict(list))
    for row in rows('flow-gradients'):
        if (row['width'], row['batch']) == ('64', '128'):
            for column in ('ratio', 'relative_ratio', 'output_ratio', 'loss'):
                at = row['kind'], int(row['step'])
                found[at][column].append(float(row[column]))
    assert {len(each['ratio']) for each in found.values()} == {10}
    return found


@pytest.mark.parametrize('kind', ['plain', 'residual', 'dense'])
@pytest.mark.parametrize('step', MOMENTS)
def test_medians_and_ranges_are_those_of_the_table(gradients, kind, step):
    told = TOLD['ratio'][kind][MOMENTS[step]]
    values = gradients[kind, step]['ratio']
    wanted = min(values), np.median(values), max(values)
    found = [float(told[name]) for name in ('least', 'median', 'most')]
    assert found == pytest.approx(wanted, rel=0.06)


def test_the_plain_chain_explodes_as_the_argument_says(gradients):
    start = np.array(gradients['plain', 0]['ratio'])
    assert float(TOLD['growth']) == pytest.approx(
        np.median(start) ** (1 / 31), abs=6e-4
    )
    assert abs(float(TOLD['growth']) - np.sqrt(np.pi / (np.pi - 1))) < 0.005
    residual, dense = (
        np.array(gradients[k, 0]['ratio']) for k in ('residual', 'dense')
    )
    assert start.min() > 40 * residual.max()
    assert residual.min() > 3 * dense.max()


A = np.pi / (np.pi - 1)
READ = 48 + 16 * np.arange(1, 33)  # numbers that each matrix of the dense chain reads


def test_the_dense_chain_is_as_even_as_the_argument_says(gradients):
    factors = 1 + A * 16 / READ[1:]
    assert READ[[0, -1]].tolist() == [64, 560]
    assert f'factor {A:.3f}' in TEXT
    assert f'has {factors[0]:.2f} for' in TEXT
    assert f'only {factors[-1]:.2f} for' in TEXT
    product = factors.prod()
    assert f'all 31 factors is {product:.1f}' in TEXT
    outputs, weights = product**0.5, (product * 64 / 560) ** 0.5
    assert f'= {outputs:.1f}$' in TEXT
    assert f'= {weights:.2f}$' in TEXT
    assert f'makes the norm {outputs:.1f} times' in TEXT
    assert f'divides that by {(560 / 64) ** 0.5:.1f}.' in TEXT
    for column, wanted in (('output_ratio', outputs), ('ratio', weights)):
        found = np.median(gradients['dense', 0][column])
        assert found == pytest.approx(wanted, rel=0.06)


def test_a_linear_dense_chain_has_the_gradients_that_are_proved():
    """The mean of |dW|^2 over many draws goes like d / (d + g), layer by layer."""
    rng, (c, g, depth), draws = np.random.default_rng(0), (4, 2, 5), 40_000
    reads = [c + g * layer for layer in range(depth)]
    chains = [rng.normal(0, d**-0.5, (draws, g, d)) for d in reads]
    x, inputs = rng.normal(size=(draws, c)), []
    for W in chains:
        inputs.append(x)
        x = np.concatenate((x, np.einsum('nij,nj->ni', W, x)), 1)
    back, squares = rng.normal(size=x.shape), []
    for W, x in zip(chains[::-1], inputs[::-1], strict=True):
        own = back[:, x.shape[1] :]
        squares.append(((own**2).sum(1) * (x**2).sum(1)).mean())
        back = back[:, : x.shape[1]] + np.einsum('nij,ni->nj', W, own)
    wanted = np.array([d / (d + g) for d in reads])
    found = np.array(squares[::-1])
    assert found / found[-1] == pytest.approx(wanted / wanted[-1], rel=0.05)


def test_by_the_second_measure_the_plain_chain_is_less_uneven_up_to_step_200(
    gradients,
):
    for kind in ('residual', 'dense'):
        for step in MOMENTS:
            both = gradients[kind, step]
            one, other = (np.median(both[c]) for c in ('ratio', 'relative_ratio'))
            assert other == pytest.approx(one, rel=0.05)
    plain = [
        [np.median(gradients['plain', step][c]) for c in ('ratio', 'relative_ratio')]
        for step in MOMENTS
    ]
    norms = [one / other for one, other in plain]
    assert norms[0] == pytest.approx(1, abs=0.03)
    assert 1.9 < min(norms[1:]) < max(norms[1:]) < 2.4
    *steps, (one, other) = plain[1:]
    for first, second in steps:
        assert 1 < second < first
    assert other < one < 1
    assert 3.5 < 1 / one < 4.5
    assert 7.5 < 1 / other < 9


def test_only_in_the_plain_chain_one_step_doubles_the_norm_of_the_first_matrix():
    from parity.flow import LR, drawn

    norm, grown = np.linalg.norm, {}
    for kind in ('plain', 'residual', 'dense'):
        chain, x, labels = drawn(kind, 0)
        w, step = chain.weights[0], LR * chain.gradients(x, labels)[1][0]
        grown[kind] = norm(w - step) / norm(w)
        if kind == 'plain':
            assert f'the norm {norm(step):.1f}, and' in TEXT
            assert f'had {norm(w):.1f}. From' in TEXT
    assert 1.9 < grown.pop('plain') < 2.1
    assert list(grown.values()) == pytest.approx([1, 1], abs=1e-3)


@pytest.mark.parametrize('kind', ['plain', 'dense'])
def test_a_matrix_before_a_normalization_is_orthogonal_to_its_gradient(kind):
    from parity.flow import drawn

    chain, x, labels = drawn(kind, 0)
    _, before, _ = chain.gradients(x, labels)
    for w, g in zip(chain.weights[:-1], before[:-1], strict=True):
        assert abs((w * g).sum()) < 1e-3 * np.linalg.norm(w) * np.linalg.norm(g)
    w, g = chain.weights[0], before[0]
    longer = np.linalg.norm(w - 0.1 * g) / np.linalg.norm(w)
    wanted = np.hypot(1, 0.1 * np.linalg.norm(g) / np.linalg.norm(w))
    assert longer == pytest.approx(wanted, rel=1e-3)
    w *= 2
    _, after, _ = chain.gradients(x, labels)
    assert np.linalg.norm(after[0]) == pytest.approx(np.linalg.norm(g) / 2, rel=0.02)


@pytest.fixture(scope='module')
def fresh():
    """{(kind, step): ratios of ten seeds} with a new batch in each step."""
    found = defaultdict(list)
    for row in rows('flow-fresh'):
        found[row['kind'], int(row['step'])].append(float(row['ratio']))
    assert {len(each) for each in found.values()} == {10}
    return found


@pytest.mark.parametrize('kind', ['plain', 'residual', 'dense'])
def test_with_fresh_batches_the_table_is_told(fresh, gradients, kind):
    assert fresh[kind, 0] == gradients[kind, 0]['ratio']
    for step, name in FRESH.items():
        told, values = TOLD['fresh'][kind][name], fresh[kind, step]
        wanted = min(values), np.median(values), max(values)
        found = [float(told[name]) for name in ('least', 'median', 'most')]
        assert found == pytest.approx(wanted, rel=0.06)


def test_with_fresh_batches_the_plain_chain_falls_less(fresh, gradients):
    medians = [np.median(fresh['plain', step]) for step in (0, *FRESH)]
    assert (np.diff(medians) < 0).all()
    for step in FRESH:
        assert np.median(fresh['plain', step]) > 1.4 * np.median(
            gradients['plain', step]['ratio']
        )
    assert round(np.median(fresh['plain', 20])) == 14
    assert medians[-1] > np.median(fresh['residual', 50]) > 5


def test_the_dense_chain_is_even_in_weights_and_not_in_outputs(gradients):
    for step in MOMENTS:
        both = gradients['dense', step]
        assert np.median(both['output_ratio']) > 3.5
        assert np.median(both['ratio']) < 1.5
    assert f'{np.median(gradients["dense", 0]["output_ratio"]):.1f}' == '4.4'
    for kind in ('plain', 'residual'):
        both = gradients[kind, 0]
        part = np.median(both['output_ratio']) / np.median(both['ratio'])
        assert 1 < part < 1.15


def test_proportions_and_outputs_are_told(gradients):
    for column, name in (('relative_ratio', 'relative'), ('output_ratio', 'output')):
        for kind in ('plain', 'residual', 'dense'):
            values = gradients[kind, 0][column]
            assert float(TOLD[name][kind]['start']['median']) == pytest.approx(
                np.median(values), rel=0.01
            )


def test_the_layers_of_the_figure_are_as_its_text_says():
    found = defaultdict(dict)
    for row in rows('flow-layers'):
        at = row['kind'], int(row['step'])
        found[at][int(row['layer'])] = float(row['median'])
    assert round(found['plain', 0][1], -1) == 350
    assert round(found['residual', 0][1]) == 6
    assert min(found['plain', 50][layer] for layer in range(1, 25)) > 2
    assert max(found['plain', 50][layer] for layer in range(1, 25)) < 4
    assert max(found['plain', 400][layer] for layer in range(1, 32)) < 1


def test_the_product_of_the_exercise_is_41():
    c = 1 - 1 / np.pi
    product = np.prod([1 + 1 / (1 + (layer - 1) * c) for layer in range(2, 33)])
    assert (round(product), round(product**0.5, 1)) == (41, 6.4)


def test_a_chain_trained_anew_gives_the_rows_of_its_seed():
    from parity.flow import trained

    for name, options in (('flow-gradients', {}), ('flow-fresh', {'fresh': True})):
        told = list(trained('plain', 3, steps=(1, 5), **options))
        wanted = [
            float(row['ratio'])
            for row in rows(name)
            if (row['kind'], row['seed'], row['width']) == ('plain', '3', '64')
            and (row['step'], row['batch']) in (('1', '128'), ('5', '128'))
        ]
        found = [grads[0] / grads[-1] for _, _, grads, _, _ in told]
        assert found == pytest.approx(wanted, rel=1e-6)


def test_the_plain_ratio_falls_but_does_not_settle_at_one(gradients):
    medians = [np.median(gradients['plain', step]['ratio']) for step in (0, 1, 20, 400)]
    assert medians[1] < medians[0] / 6
    assert medians[2] < medians[0] / 80
    settled = [np.median(gradients['plain', step]['ratio']) for step in (50, 200)]
    assert 3 < settled[0] < settled[1] < 4.5
    residual = np.median(gradients['residual', 50]['ratio'])
    assert settled[0] == pytest.approx(residual, rel=0.05)
    assert max(gradients['plain', 400]['ratio']) < 1
    assert max(gradients['plain', 400]['loss']) < 0.05


def test_the_plain_chain_learns_its_batch_later(gradients):
    plain, residual, dense = (
        gradients[kind, 50]['loss'] for kind in ('plain', 'residual', 'dense')
    )
    assert min(plain) > max(residual) > min(residual) > max(dense)


def test_outputs_vanish_where_weights_do_not(gradients):
    bare = gradients['plain without BN', 0]
    assert max(bare['output_ratio']) < 1e-4
    assert 0.5 < min(bare['ratio']) < max(bare['ratio']) < 4


@pytest.mark.parametrize('kind', ['plain', 'residual', 'dense'])
def test_other_widths_and_batches_give_the_same(kind):
    others = defaultdict(list)
    for row in rows('flow-gradients'):
        shape = row['width'], row['batch']
        if row['kind'] == kind and shape != ('64', '128'):
            others[shape].append(float(row['ratio']))
    medians = [np.median(values) for values in others.values()]
    assert len(medians) == 5
    wanted = min(medians), max(medians)
    found = [float(TOLD['others'][kind][name]) for name in ('least', 'most')]
    assert found == pytest.approx(wanted, rel=0.01)


def test_a_chain_drawn_anew_gives_the_row_of_its_seed():
    from parity.flow import trained

    for kind in ('plain', 'residual', 'dense'):
        (told,) = trained(kind, 3, steps=(0,))
        (row,) = (
            row
            for row in rows('flow-gradients')
            if (row['kind'], row['seed'], row['step']) == (kind, '3', '0')
            and (row['width'], row['batch']) == ('64', '128')
        )
        assert told[2][0] / told[2][-1] == pytest.approx(float(row['ratio']), rel=1e-6)


def test_the_gradient_by_hand_is_that_of_differences():
    from parity.flow import KINDS, drawn

    for kind in KINDS:
        chain, x, labels = drawn(kind, 0, width=8, batch=6)
        _, grads, _ = chain.gradients(x, labels)
        for layer in (0, 15, 32):
            w = chain.weights[layer]
            w[2, 1] += 1e-6
            above = chain.gradients(x, labels)[0]
            w[2, 1] -= 2e-6
            below = chain.gradients(x, labels)[0]
            w[2, 1] += 1e-6
            slope = (above - below) / 2e-6
            assert slope == pytest.approx(grads[layer][2, 1], rel=1e-4, abs=1e-7)


@pytest.fixture(scope='module')
def journey():
    """The figure of a picture's way, as it is on the page."""
    return (ROOT / 'book' / 'journey' / 'journey.html').read_text('utf-8')


def test_the_journey_is_small_and_needs_no_script(journey):
    assert len(journey.encode()) < 300_000
    assert '<script' not in journey
    assert not re.search(r'\son\w+=|https?:', journey)


def test_every_map_is_drawn_and_told(journey):
    images = re.findall(
        r'<img src="data:image/png;base64,[^"]+" alt="([^"]+)">', journey
    )
    assert len(images) == journey.count('<img') == 21
    counts = [int(n) for alt in images for n in re.findall(r'^(\d+) maps', alt)]
    assert counts == [n for first in FIRST.values() for n in (first, *[32] * 4)]


def test_what_opens_under_a_layer_is_of_the_table(journey, reuse):
    for (block, reader), told in reuse.items():
        opened = readout(block, reader, list(zip(*told, strict=True)))
        assert opened in journey
    assert journey.count('<details') == len(reuse) == 20
    assert '.r4[open]) .s4' in (ROOT / 'book/static/journey.css').read_text('utf-8')


def test_so_many_rises_are_less_than_twice_their_standard_error():
    whole, *pairs = [row for row in rows('flow-reuse') if row['reader'] != 'all']
    small = [
        float(row['loss']) - float(whole['loss']) < 2 * float(row['error'])
        for row in pairs
    ]
    assert (sum(small), len(small)) == (24, 60)
    assert 'that is so for 24 of the 60' in TEXT
