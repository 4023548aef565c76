"""The explorer's arithmetic is that of real networks, and the page says what it is."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from d2l_shim.framework import FRAMEWORKS
from tabbook.grading.hidden import counts as grader
from tests.helpers import require

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / 'book' / 'explorer.md').read_text('utf-8')
PARTS = {
    'stem': 'Stem',
    'block': 'DenseBlock',
    'transition': 'TransitionBlock',
    'head': 'Head',
}
EXTREMES = [
    {'num_channels': 64, 'growth_rate': 32, 'arch': (4, 4, 4, 4), 'num_classes': 10},
    {'num_channels': 1, 'growth_rate': 1, 'arch': (1,), 'num_classes': 2},
    {'num_channels': 7, 'growth_rate': 3, 'arch': (2, 1, 1, 1), 'num_classes': 3},
]


def javascript(expression, argument=None):
    """What `expression` of `explorer` and `given` is in node."""
    node = shutil.which('node')
    require(node, 'needs node, which is not on the PATH: install Node.js')
    code = (
        f"const explorer = require('{ROOT / 'book' / 'static' / 'explorer.js'}');"
        'const given = JSON.parse(process.argv[1]);'
        f'console.log(JSON.stringify({expression}))'
    )
    command = [node, '-e', code, json.dumps(argument)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def describe(*settings):
    return javascript('given.map(explorer.describe)', settings)


@pytest.fixture(scope='module')
def presets():
    return javascript('explorer.PRESETS')


def layers(net):
    """A row for each layer, those of dense blocks one by one."""
    return [layer for row in net['rows'] for layer in row.get('layers', [row])]


def shape(row):
    size = () if row['kind'] == 'head' else 2 * (row['size'],)
    return (row['channels'], *size)


def counts(rows):
    return [
        (shape(row), row['parameters'], row['multiplyAdds'], row['memory'])
        for row in rows
    ]


def drawn_configs(number=9, seed=0):
    """Settings that the section's class has, with image sizes, odd ones too."""
    rng = np.random.default_rng(seed)
    for _ in range(number):
        arch = tuple(int(n) for n in rng.integers(1, 4, rng.integers(1, 5)))
        yield {
            'num_channels': int(rng.integers(4, 33)),
            'arch': arch,
            'growth_rate': int(rng.integers(3, 17)),
            'num_classes': int(rng.integers(2, 21)),
        }


def drawn_settings(number=14, seed=1):
    """Settings of every kind, as the explorer takes them."""
    rng = np.random.default_rng(seed)
    for config in drawn_configs(number, seed):
        yield {
            **explorers(config, int(rng.integers(32, 42)), int(rng.integers(1, 4))),
            'compression': int(rng.integers(2, 21)) / 20,
            'bottleneck': bool(rng.integers(2)),
            'bias': bool(rng.integers(2)),
            'stem': ['imagenet', 'cifar'][rng.integers(2)],
        }


def explorers(config, size, channels):
    """The explorer's setting for a `config` of the section's DenseNet."""
    return {
        'growthRate': config['growth_rate'],
        'arch': config['arch'],
        'compression': 0.5,
        'bottleneck': False,
        'stem': 'imagenet',
        'channels': config['num_channels'],
        'classes': config['num_classes'],
        'bias': True,
        'inputSize': size,
        'inputChannels': channels,
    }


CONFIGS = [
    (config, 96 if i == 0 else 32 + i, 1 + i % 3)
    for i, config in enumerate([*EXTREMES, *drawn_configs()])
]


@pytest.mark.parametrize(('config', 'size', 'channels'), CONFIGS)
def test_shapes_and_parameters_are_those_of_all_four_networks(
    workers, config, size, channels
):
    (net,) = describe(explorers(config, size, channels))
    rows = [(PARTS[row['kind']], shape(row), row['parameters']) for row in net['rows']]
    told = workers.ask_all(
        'tests.inside.explorer.summary', config=config, size=size, channels=channels
    )
    assert told == dict.fromkeys(FRAMEWORKS, rows)
    assert net['parameters'] == sum(number for *_, number in rows)


def test_every_layer_of_the_sections_network_costs_what_pytorch_measures(workers):
    nets = describe(*(explorers(*given) for given in CONFIGS))
    devices = ['cpu'] + ['meta'] * (len(CONFIGS) - 1)
    for net, given, device in zip(nets, CONFIGS, devices, strict=True):
        asked = dict(zip(('config', 'size', 'channels'), given, strict=True))
        told = workers['pytorch'].ask(
            'tests.inside.explorer.section_layers', device=device, **asked
        )
        assert counts(layers(net)) == [row[:4] for row in told]


def test_every_layer_costs_what_pytorch_measures_whatever_is_chosen(workers, presets):
    settings = [*presets.values(), *drawn_settings()]
    assert {(s['bottleneck'], s['stem']) for s in settings} == {
        (bottleneck, stem)
        for bottleneck in (True, False)
        for stem in ('imagenet', 'cifar')
    }
    for setting, net in zip(settings, describe(*settings), strict=True):
        told = workers['pytorch'].ask(
            'tests.inside.explorer.reference_layers', setting=setting
        )
        assert counts(layers(net)) == [row[:4] for row in told]
        assert net['depth'] == sum(weighted for *_, weighted in told)
        for i, quantity in enumerate(('parameters', 'multiplyAdds', 'memory'), 1):
            assert net[quantity] == sum(row[i] for row in told)


def test_the_residual_network_costs_what_pytorch_measures(workers, presets):
    for name, other in javascript('explorer.OTHERS').items():
        for start in ('book', 'densenet-121', 'densenet-bc-100-12'):
            given = {'width': other['width'], 'setting': presets[start]}
            net = javascript(
                'explorer.describeResNet(given.width, given.setting)', given
            )
            told = workers['pytorch'].ask(
                'tests.inside.explorer.residual_layers', **given
            )
            assert counts(net['rows']) == [row[:4] for row in told], name
            for i, quantity in enumerate(('parameters', 'multiplyAdds', 'memory'), 1):
                assert net[quantity] == sum(row[i] for row in told)


def test_the_residual_network_is_the_one_that_the_grader_counts(presets):
    net = javascript('explorer.describeResNet(64, given)', presets['book'])
    assert net['parameters'] == grader.resnet18_parameters(1, 10)
    assert net['multiplyAdds'] == grader.resnet18_multiply_adds(1, 10, 96, 96)
    quarter = javascript('explorer.describeResNet(16, given)', presets['book'])
    text = (ROOT / 'notebooks' / 'densenet.md').read_text('utf-8')
    for width, counted in ((64, net), (16, quarter)):
        assert re.search(rf'width {width}: +{counted["parameters"]:,}, ', text)


def test_the_receptive_fields_are_those_that_pytorch_shows(workers):
    for arch in ((4, 4, 4, 4), (2, 3)):
        setting = {'arch': arch, 'channels': 2, 'growthRate': 1}
        (net,) = describe({**javascript('explorer.PRESETS.book'), **setting})
        *before, _ = net['rows']
        told = [
            [enters['field'], *(layer['field'] for layer in block['layers'])]
            for enters, block in zip(before[::2], before[1::2], strict=True)
        ]
        assert told == workers['pytorch'].ask(
            'tests.inside.explorer.receptive_fields', arch=arch
        )
        assert net['field'] == told[-1][-1]


def test_the_fields_of_other_stems_and_of_the_residual_network(presets):
    """By hand: each window widens a field by its size less one, times the step."""
    (plain,) = describe(presets['densenet-40-12'])
    ends = [row['field'] for row in plain['rows'] if row['kind'] == 'block']
    assert ends == [3 + 12 * 2, 28 + 12 * 4, 78 + 12 * 8]
    net = javascript('explorer.describeResNet(64, given)', presets['book'])
    fields = [11, 27, 43, 67, 99, 147, 211, 307, 435]
    assert [row.get('field') for row in net['rows']] == [*fields, None]


def test_a_batch_keeps_as_many_times_the_memory_and_changes_nothing_else(presets):
    (net,) = describe(presets['book'])
    many = javascript('explorer.batched(explorer.describe(given), 32)', presets['book'])
    assert many['memory'] == 32 * net['memory']
    assert many['memory'] == sum(row['memory'] for row in many['rows'])
    kept = [32 * layer['memory'] for layer in layers(net)]
    assert [layer['memory'] for layer in layers(many)] == kept
    for quantity in ('parameters', 'multiplyAdds', 'width', 'field', 'depth'):
        assert many[quantity] == net[quantity]


@pytest.mark.parametrize('variant', ['121', '169', '201'])
def test_keras_own_networks_have_these_shapes_and_parameters(workers, presets, variant):
    (net,) = describe(presets[f'densenet-{variant}'])
    number, shapes = workers['tensorflow'].ask(
        'tests.inside.explorer.keras_model', variant=f'DenseNet{variant}'
    )
    assert net['parameters'] == number
    arch = presets[f'densenet-{variant}']['arch']
    assert shape(net['rows'][0]) == shapes['pool1']
    for i, (row, convs) in enumerate(zip(net['rows'][1::2], arch, strict=True), 2):
        names = [f'conv{i}_block{n}_concat' for n in range(1, convs + 1)]
        assert [shape(layer) for layer in row['layers']] == [shapes[n] for n in names]
    for i, row in enumerate(net['rows'][2:-1:2], 2):
        assert shape(row) == shapes[f'pool{i}_pool']


@pytest.mark.parametrize(
    ('channels', 'growth_rate', 'arch', 'classes'),
    [
        (64, 32, (6, 12, 24, 16), 1000),
        (64, 32, (6, 12, 32, 32), 1000),
        (64, 32, (6, 12, 48, 32), 1000),
        (96, 48, (6, 12, 36, 24), 1000),
        (24, 12, (2, 3, 1, 2), 10),
        (10, 7, (1, 1, 2, 1), 5),
    ],
)
def test_gluons_zoo_has_these_parameters(
    workers, presets, channels, growth_rate, arch, classes
):
    (net,) = describe(
        {
            **presets['densenet-121'],
            'channels': channels,
            'arch': arch,
            'growthRate': growth_rate,
            'classes': classes,
        }
    )
    assert net['parameters'] == workers['mxnet'].ask(
        'tests.inside.explorer.gluon_model',
        num_init_features=channels,
        growth_rate=growth_rate,
        block_config=arch,
        classes=classes,
    )


@pytest.mark.parametrize(
    ('preset', 'parameters', 'depth'),
    [
        ('book', 758_226, 21),
        ('densenet-121', 7_978_856, 121),
        ('densenet-161', 28_681_000, 161),
        ('densenet-169', 14_149_480, 169),
        ('densenet-201', 20_013_928, 201),
        ('densenet-264', 33_337_704, 265),
        ('densenet-40-12', 1_019_722, 40),
        ('densenet-100-12', 6_979_642, 100),
        ('densenet-100-24', 27_249_082, 100),
        ('densenet-bc-100-12', 769_162, 100),
        ('densenet-bc-250-24', 15_324_406, 250),
        ('densenet-bc-190-40', 25_624_430, 190),
    ],
)
def test_a_preset_has_the_published_numbers(presets, preset, parameters, depth):
    (net,) = describe(presets[preset])
    assert (net['parameters'], net['depth']) == (parameters, depth)


@pytest.mark.parametrize(
    ('depth', 'growth_rate', 'bottleneck', 'millions'),
    [
        (40, 12, False, 1.0),
        (100, 12, False, 7.0),
        (100, 24, False, 27.2),
        (100, 12, True, 0.8),
        (250, 24, True, 15.3),
        (190, 40, True, 25.6),
    ],
)
def test_cifar_networks_have_the_papers_size(
    presets, depth, growth_rate, bottleneck, millions
):
    """Table 2 of Huang et al. 2017."""
    convs = (depth - 4) // (6 if bottleneck else 3)
    start = presets['densenet-bc-100-12' if bottleneck else 'densenet-40-12']
    (net,) = describe(
        {
            **start,
            'growthRate': growth_rate,
            'arch': 3 * [convs],
            'channels': 2 * growth_rate if bottleneck else 16,
        }
    )
    assert net['depth'] == depth
    assert round(net['parameters'] / 1e6, 1) == millions


@pytest.mark.parametrize('stem', ['imagenet', 'cifar'])
def test_an_image_is_refused_exactly_when_pytorch_refuses_it(workers, presets, stem):
    settings = [
        {
            **presets['book'],
            'channels': 2,
            'growthRate': 1,
            'stem': stem,
            'inputSize': size,
            'arch': 4 * [1],
        }
        for size in ((8, 28, 30, 31, 32, 33) if stem == 'imagenet' else (7, 8))
    ]
    attempt = """given.map((setting) => {
        try { explorer.describe(setting); return ''; }
        catch (error) { return error.message; }})"""
    told = javascript(attempt, settings)
    fits = [
        workers['pytorch'].ask('tests.inside.explorer.fits', setting=setting)
        for setting in settings
    ]
    assert [message == '' for message in told] == fits
    assert set(fits) == {True, False}
    assert all('Transition' in message for message in told if message)


def test_a_block_keeps_twice_the_maps_of_the_sections_equation(presets):
    for L, c0, k in [(4, 64, 32), (8, 64, 32), (13, 5, 7)]:
        (net,) = describe(
            {**presets['book'], 'arch': [L], 'channels': c0, 'growthRate': k}
        )
        maps = L * c0 + k * L * (L - 1) // 2  # eq-memory
        assert net['rows'][1]['memory'] == 2 * maps * 24 * 24 * 4


# What the page says.


def test_the_page_without_a_script_shows_the_books_network():
    rows = javascript("""((net) => [explorer.body(net.rows), explorer.foot(net)])(
        explorer.describe(explorer.PRESETS.book))""")
    for html in rows:
        assert html in PAGE, f'put into book/explorer.md what the script draws:\n{html}'


def test_the_form_shows_as_many_blocks_as_the_books_network_has_before_a_script_runs():
    labels = re.findall(r'<label( hidden)?>Layers in block', PAGE)
    blocks = len(javascript('explorer.PRESETS.book.arch'))
    assert labels == blocks * [''] + (len(labels) - blocks) * [' hidden']


def tries():
    """{name: (text, hashes of its buttons)} of 'What to Try'."""
    text = PAGE.partition('## What to Try\n')[2]
    items = re.findall(r'^(\w.*)\n((?:: .*\n|  .*\n)+)', text, re.M)
    return {
        name: (body, re.findall('data-setting="(.*?)"', body.replace('&amp;', '&')))
        for name, body in items
    }


@pytest.mark.parametrize('name', tries())
def test_the_numbers_of_a_thing_to_try_are_those_one_sees(name, presets):
    """What stands in the text is a total, a block's number, or one of a preset."""
    text, hashes = tries()[name]
    assert hashes
    settings = javascript('given.map(explorer.parse)', hashes)
    assert all(list(s) == list(presets['book']) for s in settings)
    others = """Object.values(explorer.OTHERS).map(
        (other) => explorer.describeResNet(other.width, given))"""
    nets = describe(*settings, presets['book'], presets['densenet-121'])
    if any('beside=' in hash for hash in hashes):
        nets += javascript(others, presets['book'])
    seen = {
        n
        for net in nets
        for row in (net, *net['rows'])
        for n in row.values()
        if type(n) is int
    }
    numbers = [int(n.replace(',', '')) for n in re.findall(r'\d[\d,]*,\d{3}', text)]
    assert numbers
    assert set(numbers) <= seen


def test_the_comparisons_in_words_hold(presets):
    book, bc = presets['book'], presets['densenet-bc-100-12']
    own, wide, large, deep, small, cut = describe(
        book,
        {**book, 'growthRate': 64},
        {**book, 'inputSize': 192},
        {**book, 'arch': [8, 4, 4, 4]},
        bc,
        {**book, 'bottleneck': True},
    )
    assert round(wide['parameters'] / own['parameters'], 1) == 3.5
    assert all(
        new['multiplyAdds'] == 4 * old['multiplyAdds']
        for new, old in zip(large['rows'][:-1], own['rows'][:-1], strict=True)
    )
    assert round(large['memory'] / own['memory'], 2) == 4
    assert round(deep['rows'][1]['memory'] / own['rows'][1]['memory'], 1) == 3.1
    assert small['multiplyAdds'] > 2 * own['multiplyAdds']
    assert 6 <= small['memory'] / own['memory'] < 6.5
    assert book['inputSize'] ** 2 == 9 * bc['inputSize'] ** 2
    assert own['width'] - book['growthRate'] == 216
    wide, narrow = javascript(
        '[64, 16].map((width) => explorer.describeResNet(width, given))', book
    )
    assert round(wide['parameters'] / own['parameters'], 1) == 14.7
    assert round(own['multiplyAdds'] / narrow['multiplyAdds']) == 6
    assert round(256 * own['memory'] / 1e9, 2) == 1.46
    pairs = list(zip(layers(cut), layers(own), strict=True))
    assert all(
        new['parameters'] > old['parameters']
        for new, old in pairs
        if new['kind'] == 'layer'
    )


def test_a_bottleneck_saves_weights_from_7_2_k_channels_on(presets):
    """Without biases; batch normalization's parameters add less than 2 channels."""
    for channels, saves in ((231, False), (234, True)):
        some = {**presets['densenet-121'], 'arch': [1], 'channels': channels}
        with_it, without = describe(some, {**some, 'bottleneck': False})
        assert (with_it['parameters'] < without['parameters']) == saves
    for channels, saves in ((230, False), (231, True)):
        some = {**presets['densenet-121'], 'arch': [1], 'channels': channels}
        with_it, without = describe(some, {**some, 'bottleneck': False})
        assert (with_it['multiplyAdds'] < without['multiplyAdds']) == saves


# The setting in the address.


def test_a_setting_survives_the_way_through_the_address(presets):
    settings = [*presets.values(), *drawn_settings()]
    back = javascript('given.map((s) => explorer.parse(explorer.hashOf(s)))', settings)
    assert back == json.loads(json.dumps(settings))


def test_the_address_says_what_stands_beside_the_network(presets):
    given = {'batch': 32, 'other': 'resnet-18-quarter'}
    hash = javascript('explorer.hashOf(explorer.PRESETS.book, given)', given)
    assert hash == '#preset=book&batch=32&beside=resnet-18-quarter'
    assert javascript('explorer.beside(given)', hash) == given
    assert javascript('explorer.parse(given)', hash) == presets['book']
    for odd in ('', '#batch=x', '#batch=-1', '#batch=Infinity&beside=constructor'):
        assert javascript('explorer.beside(given)', odd) == {'batch': 1, 'other': ''}


def test_the_presets_are_counted_as_the_section_on_the_paper_counts_them(presets):
    text = (ROOT / 'notebooks' / 'family.md').read_text('utf-8')
    for name, net in zip(presets, describe(*presets.values()), strict=True):
        if name not in ('book', 'densenet-169', 'densenet-201'):
            work = f'{net["multiplyAdds"]:,}'
            assert re.search(rf' {net["parameters"]:,} +{work}\n', text), name


def test_a_preset_has_a_short_address(presets):
    for name, setting in presets.items():
        assert javascript('explorer.hashOf(given)', setting) == f'#preset={name}'


@pytest.mark.parametrize(
    'text',
    [
        '',
        '#',
        '#what-to-try',
        '#preset=constructor',
        '#preset=__proto__',
        '#arch=',
        '#arch=4-x',
        '#arch=4--4',
        '#growthRate=many',
        '#growthRate=-3',
        '#stem=<b>',
        '#classes=Infinity',
        '#unknown=1',
        '#compression=0',
        '#inputSize=NaN',
        '#__proto__=1',
    ],
)
def test_an_address_that_makes_no_sense_shows_the_books_network(presets, text):
    assert javascript('explorer.parse(given)', text) == presets['book']


def test_numbers_are_shortened_to_three_digits():
    given = [0, 7, 999, 1000, 2480, 999_499, 999_500, 129_077_168, 4_291_365_888]
    assert javascript('given.map(explorer.short)', given) == [
        '0',
        '7',
        '999',
        '1.00 k',
        '2.48 k',
        '999 k',
        '1.00 M',
        '129 M',
        '4.29 G',
    ]
