"""The start of every model: He-normal, the same numbers in each framework."""

import numpy as np
import pytest

from d2l_shim import starts
from d2l_shim.framework import FRAMEWORKS
from tests.frameworks import WITH_STATE

TABS = list(FRAMEWORKS)
SMALL = {'num_channels': 4, 'growth_rate': 4, 'arch': (1, 2)}
NAMES = [
    f'{i:03d}.{kind}.{tensor}'
    for i, kind in enumerate(['conv', 'norm', 'conv', 'linear'])
    for tensor in starts.KINDS[kind]
]


@pytest.fixture(scope='module')
def pictures():
    rng = np.random.default_rng(0)
    return {'X': rng.random((8, 1, 32, 32), np.float32), 'y': rng.integers(0, 10, 8)}


@pytest.fixture(scope='module')
def plain(workers, pictures):
    """{tab: (tensors, count)} of a plain net that `init_cnn` started."""
    return workers.ask_all('tests.inside.init.drawn', X=pictures['X'])


@pytest.fixture(scope='module')
def started(workers, pictures):
    """{tab: tensors} that the section's network, small, starts from."""
    return workers.ask_all('starting_tensors', config=SMALL, **pictures)


def same(one, other):
    assert list(one) == list(other)
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


@pytest.mark.needs(*FRAMEWORKS)
@pytest.mark.parametrize('tab', TABS)
def test_init_cnn_reaches_every_tensor_of_every_layer(plain, tab):
    tensors, count = plain[tab]
    assert list(tensors) == NAMES
    assert count == len(NAMES) == 10


@pytest.mark.needs(*FRAMEWORKS)
@pytest.mark.parametrize('tab', TABS)
def test_init_cnn_gives_all_four_the_same_numbers(plain, tab):
    same(plain[tab][0], plain['pytorch'][0])


@pytest.mark.parametrize(
    ('tab', 'ask'),
    [
        *((tab, None) for tab in WITH_STATE),
        *((tab, ask) for tab in ('pytorch', 'mxnet') for ask in ('net', 'part')),
    ],
)
def test_a_call_that_fails_is_no_start(workers, pictures, tab, ask):
    """The next one starts the model; in Keras init_cnn is called with the inputs."""
    failed, never, said = workers[tab].ask(
        'tests.inside.init.after_a_failed_call', X=pictures['X'], ask=ask
    )
    assert 'a slip of the hand' in said
    assert list(never) == NAMES
    same(failed, never)


@pytest.mark.needs(*FRAMEWORKS)
@pytest.mark.parametrize('when', ['after', 'backwards'])
@pytest.mark.parametrize('tab', WITH_STATE)
def test_it_does_not_matter_when_layers_learn_their_shapes(
    workers, pictures, plain, tab, when
):
    told, _ = workers[tab].ask('tests.inside.init.drawn', X=pictures['X'], when=when)
    same(told, plain['pytorch'][0])


@pytest.mark.parametrize(
    'name', ['000.conv.weight', '002.conv.weight', '003.linear.weight']
)
def test_weights_are_normal_with_the_variance_of_he(plain, name):
    weights = plain['pytorch'][0][name].astype(np.float64)
    fan_in = np.prod(weights.shape[1:])
    scaled, n = weights / np.sqrt(2 / fan_in), weights.size
    assert abs(scaled.mean()) < 4 / np.sqrt(n)
    assert abs(scaled.var() - 1) < 4 * np.sqrt(2 / n)
    assert abs((scaled**4).mean() - 3) < 4 * np.sqrt(96 / n)  # a uniform has 1.8


def test_biases_are_zero_and_norms_pass_everything_on(plain):
    tensors, _ = plain['pytorch']
    for name in NAMES:
        if name.endswith(('bias', 'mean')):
            assert not tensors[name].any()
        elif '.norm.' in name:
            assert (tensors[name] == 1).all()


@pytest.mark.needs(*FRAMEWORKS)
@pytest.mark.parametrize('tab', TABS)
def test_the_sections_network_starts_the_same_in_each_tab(started, tab):
    same(started[tab], started['pytorch'])
    assert len(started[tab]) == 6 * 2 + 6 * 4  # 5 convolutions and a linear; 6 norms


@pytest.mark.needs(*FRAMEWORKS)
@pytest.mark.parametrize('tab', TABS)
def test_the_seed_of_the_trainer_draws_other_weights(workers, pictures, started, tab):
    told = workers[tab].ask('starting_tensors', config=SMALL, seed=1, **pictures)
    for name, tensor in told.items():
        drawn = '.norm.' not in name and name.endswith('weight')
        assert np.array_equal(tensor, started[tab][name]) != drawn, name


def test_tensors_of_one_shape_do_not_start_the_same(started):
    twins = [t for t in started['pytorch'].values() if t.shape == (4, 4, 3, 3)]
    assert len(twins) == 2
    assert not np.allclose(*twins)


@pytest.mark.needs(*FRAMEWORKS)
@pytest.mark.parametrize('first', ['call', 'shapes', 'init_cnn'])
@pytest.mark.parametrize('tab', WITH_STATE)
def test_what_was_done_before_fit_does_not_change_the_start(
    workers, pictures, started, tab, first
):
    seed = 3 if first == 'init_cnn' else 0  # its numbers stay, whatever the Trainer's
    told = workers[tab].ask(
        'tests.inside.init.start_after',
        config=SMALL,
        first=first,
        seed=seed,
        **pictures,
    )
    same(told, started['pytorch'])


@pytest.mark.needs(*FRAMEWORKS)
@pytest.mark.parametrize('tab', WITH_STATE)
def test_what_the_user_started_stays_unless_init_cnn_is_asked(
    workers, pictures, plain, tab
):
    options = {'X': pictures['X']}
    before, after = workers[tab].ask(
        'tests.inside.init.of_the_users', ask=False, **options
    )
    first = '000.conv.weight'
    np.testing.assert_array_equal(before[first], after[first])
    assert not np.allclose(after[first], plain['pytorch'][0][first], atol=0.01)
    _, after = workers[tab].ask('tests.inside.init.of_the_users', ask=True, **options)
    same(after, plain['pytorch'][0])


def test_gluons_own_initializer_also_fills_layers_that_learn_their_shape_later(
    workers, pictures
):
    _, after = workers['mxnet'].ask(
        'tests.inside.init.of_the_users', ask=False, X=pictures['X']
    )
    weights = after['002.conv.weight']  # Xavier: uniform, by the mean of both fans
    bound = np.sqrt(3 / (9 * (32 + 64) / 2))
    assert 0.99 * bound < abs(weights).max() <= bound


STATED = {
    '000.conv.weight': 0.5,
    '000.conv.bias': 0.25,
    '001.norm.weight': 2,
    '001.norm.bias': 3,
    '001.norm.running_mean': 4,
    '001.norm.running_var': 5,
}


@pytest.mark.parametrize('first', ['', 'call', 'summary'])
@pytest.mark.parametrize('tab', TABS)
def test_what_an_initializer_states_stays_and_the_rest_is_the_books(
    workers, pictures, tab, first
):
    told = workers[tab].ask(
        'tests.inside.init.after_start', X=pictures['X'], first=first
    )
    for name, value in STATED.items():
        if 'running' in name and tab in ('pytorch', 'jax'):  # cannot be stated there
            value = name.endswith('var')
        assert (told[name] == value).all(), name
    name = '002.linear.weight'
    np.testing.assert_array_equal(
        told[name], starts.draw(name, told[name].shape, 6, seed=0)
    )
    assert not told['002.linear.bias'].any()


@pytest.mark.parametrize('case', ['other', 'half'])
def test_variables_given_to_a_trainer_stay(workers, pictures, case):
    told = workers['jax'].ask('tests.inside.init.variables_given', **pictures)
    same(*told[case])


@pytest.fixture(scope='module')
def small():
    rng = np.random.default_rng(0)
    return {'X': rng.random((8, 1, 8, 8), np.float32), 'y': rng.integers(0, 10, 8)}


@pytest.mark.parametrize(
    'options',
    [{}, {'called': True}, {'rate': 0.5}],
    ids=['plain', 'called before', 'dropout'],
)
@pytest.mark.parametrize('tab', TABS)
def test_one_seed_is_one_run_whatever_the_layers(workers, small, tab, options):
    (one, other, again), _ = workers[tab].ask(
        'tests.inside.seeds.histories', seeds=[1, 2, 1], **small, **options
    )
    assert one == again
    assert one[0] != other[0]
    assert one[1:] != other[1:]


OWN = {
    'pytorch': 'Embedding, LSTM, LayerNorm, PReLU start from PyTorch',
    'tensorflow': 'Embedding, LSTMCell, LayerNormalization, PReLU start from Keras',
    'jax': 'Embed, LayerNorm, OptimizedLSTMCell, PReLU start from Flax',
    'mxnet': 'Embedding, LSTM, LayerNorm start from MXNet',
}


@pytest.mark.parametrize('tab', TABS)
def test_layers_without_numbers_of_the_book_are_named_once(workers, small, tab):
    _, printed = workers[tab].ask('tests.inside.seeds.histories', seeds=[1, 2], **small)
    (line,) = [line for line in printed.splitlines() if 'own numbers' in line]
    assert line == f"{OWN[tab]}'s own numbers, not the book's."


@pytest.mark.parametrize('tab', WITH_STATE)
def test_layers_with_a_shape_start_from_the_book_too_and_only_once(workers, small, tab):
    first, second = workers[tab].ask('tests.inside.init.shaped', X=small['X'], seed=3)
    for i, (name, tensor) in enumerate(first.items()):
        np.testing.assert_array_equal(
            tensor, starts.draw(name, tensor.shape, i, seed=3), err_msg=name
        )
    same(second, first)


@pytest.mark.parametrize('first', ['', 'call'])
@pytest.mark.parametrize('tab', WITH_STATE)
def test_numbers_that_a_user_writes_into_any_layer_stay(workers, small, tab, first):
    assert (
        workers[tab].ask('tests.inside.seeds.table', X=small['X'], first=first) == 7
    ).all()


def test_seeds_that_a_user_gives_keras_stay(workers):
    one, other = workers['tensorflow'].ask('tests.inside.seeds.stated_seeds')
    assert [list(part.flat) for part in one] == [list(part.flat) for part in other]


def test_a_transformer_of_pytorch_obeys_the_seed_in_all_its_parts(workers):
    one, other, again = workers['pytorch'].ask('tests.inside.seeds.transformers')
    same(one, again)
    for name, tensor in one.items():
        assert np.array_equal(tensor, other[name]) == (np.ptp(tensor) == 0), name


@pytest.mark.parametrize('index', [0, 5])
def test_a_draw_depends_on_seed_and_place_alone(index):
    one = starts.draw('000.conv.weight', (4, 3, 3, 3), index, seed=2)
    np.testing.assert_array_equal(
        one, starts.draw('007.linear.weight', (4, 3, 3, 3), index, seed=2)
    )
    assert one.dtype == np.float32
    for other in ((index + 1, 2), (index, 3)):
        assert not np.allclose(one, starts.draw('000.conv.weight', one.shape, *other))


def test_layouts_are_turned_and_turned_back():
    kernel = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)  # (height, width, in, out)
    assert starts.to_canonical(kernel).shape == (5, 4, 2, 3)
    assert starts.canonical_shape(kernel.shape) == (5, 4, 2, 3)
    assert starts.to_canonical(kernel)[4, 3, 1, 2] == kernel[1, 2, 3, 4]
    matrix, bias = kernel[0, 0], kernel[0, 0, 0]
    np.testing.assert_array_equal(starts.to_canonical(matrix), matrix.T)
    np.testing.assert_array_equal(starts.to_canonical(bias), bias)
    for array in (kernel, matrix, bias):
        np.testing.assert_array_equal(
            starts.from_canonical(starts.to_canonical(array)), array
        )
