"""One weight file for all frameworks: exact round trips, and errors that leave all."""

import json
import re
import stat

import numpy as np
import pytest
import safetensors.numpy as st

from d2l_shim import weights
from d2l_shim.framework import FRAMEWORKS
from tests.frameworks import WITH_STATE

TABS = list(FRAMEWORKS)
NEXT = dict(zip(TABS, TABS[1:] + TABS[:1], strict=True))
SMALL = {'num_channels': 4, 'growth_rate': 4, 'arch': (1, 1), 'lr': 0.125}


@pytest.fixture(scope='module')
def pictures():
    rng = np.random.default_rng(0)
    return {'X': rng.random((8, 1, 32, 32), np.float32), 'y': rng.integers(0, 10, 8)}


@pytest.fixture(scope='module')
def trained(workers, pictures):
    """{tab: losses, file and predictions} of a model after a step."""
    return workers.ask_all('tests.inside.weights.train', config=SMALL, **pictures)


@pytest.fixture(params=TABS)
def worker(request, workers):
    return workers[request.param]


def contents(blob):
    """Return ({name: ndarray}, what the metadata says) of the bytes of a file."""
    size = int.from_bytes(blob[:8], 'little')
    meta = json.loads(blob[8 : 8 + size])['__metadata__']
    return st.load(blob), json.loads(meta[weights.KEY])


def rewrite(blob, **changes):
    """Return the file with tensors replaced, added or (None) left out."""
    tensors, about = contents(blob)
    tensors = {k: v for k, v in {**tensors, **changes}.items() if v is not None}
    return st.save(tensors, {weights.KEY: json.dumps(about)})


@pytest.mark.needs(*FRAMEWORKS)
@pytest.mark.parametrize('tab', TABS)
def test_a_file_holds_canonical_tensors_in_order_and_the_inputs_shape(trained, tab):
    tensors, about = contents(trained[tab]['file'])
    assert about['order'][:4] == [
        '000.conv.weight',
        '000.conv.bias',
        '001.norm.weight',
        '001.norm.bias',
    ]
    assert about['order'][-2:] == ['009.linear.weight', '009.linear.bias']
    assert set(about['order']) == set(tensors)
    assert about['input_shape'] == [1, 32, 32]
    assert tensors['000.conv.weight'].shape == (4, 1, 7, 7)
    assert tensors['009.linear.weight'].shape == (10, 8)
    assert not np.allclose(tensors['001.norm.running_var'], 1)  # it was trained
    assert {t.dtype for t in tensors.values()} == {np.dtype('float32')}


@pytest.mark.needs(*FRAMEWORKS)
@pytest.mark.parametrize('source', TABS)
def test_a_file_passes_through_each_framework_bit_for_bit(
    workers, trained, pictures, source
):
    told = workers.ask_all(
        'tests.inside.weights.train',
        config=SMALL,
        steps=0,
        weights=trained[source]['file'],
        **pictures,
    )
    scale = np.abs(trained[source]['logits']).max()
    for tab in TABS:
        assert told[tab]['file'] == trained[source]['file'], tab
        assert (
            np.abs(told[tab]['logits'] - trained[source]['logits']).max()
            <= 1e-5 * scale
        ), tab


def test_loaded_numbers_stay_whatever_the_seed_of_the_trainer(worker, pictures):
    file = worker.ask('weight_file', config=SMALL, **pictures)  # as seed 0 draws them
    told = worker.ask(
        'tests.inside.weights.train',
        config=SMALL,
        weights=file,
        steps=0,
        seed=1,
        **pictures,
    )
    assert told['file'] == file


@pytest.mark.parametrize('source', TABS)
def test_training_goes_on_in_another_framework(workers, pictures, source):
    options = {'config': SMALL, 'precision': 'float64', **pictures}
    begun, whole = (
        workers[source].ask('tests.inside.weights.train', steps=steps, **options)
        for steps in (1, 3)
    )
    assert {t.dtype for t in contents(begun['file'])[0].values()} == {np.dtype('f8')}
    rest = workers[NEXT[source]].ask(
        'tests.inside.weights.train',
        weights=begun['file'],
        steps=2,
        into_built=True,
        **options,
    )
    assert rest['losses'] == pytest.approx(whole['losses'][1:], rel=1e-10)
    assert rest['losses'][0] < begun['losses'][0]


def described(blob, change):
    """Return the file with other metadata: what `change` makes of {..., 'order': ...}.

    A text stands for itself.
    """
    tensors, about = contents(blob)
    about = change(about)
    return st.save(
        tensors, {weights.KEY: about if isinstance(about, str) else json.dumps(about)}
    )


def retyped(blob, dtype, size):
    """Return the file whose first bias of four float32 has another `dtype`, `size`."""
    length = int.from_bytes(blob[:8], 'little')
    header = json.loads(blob[8 : 8 + length])
    entry = header['000.conv.bias']
    begin, end = entry['data_offsets']
    entry.update(dtype=dtype, data_offsets=[begin, begin + 4 * size])
    cut = end - begin - 4 * size  # the tensors behind it move up
    for name, other in header.items():
        if (
            name != '__metadata__'
            and other is not entry
            and (other['data_offsets'][0] >= end)
        ):
            other['data_offsets'] = [n - cut for n in other['data_offsets']]
    data = blob[8 + length :]
    text = json.dumps(header).encode()
    return (
        len(text).to_bytes(8, 'little') + text + data[: begin + 4 * size] + data[end:]
    )


@pytest.fixture(scope='module')
def bad(workers, trained, pictures):
    """{what is wrong with it: (bytes of the file, what the error says)}."""
    good = trained['pytorch']['file']
    other = workers['pytorch'].ask(
        'weight_file', config={**SMALL, 'growth_rate': 5}, **pictures
    )
    kernel = contents(good)[0]['000.conv.weight']
    return {
        'other growth rate': (
            other,
            'for 003.conv.weight it has (5, 4, 3, 3), the model (4, 4, 3, 3)',
        ),
        'transposed': (
            rewrite(good, **{'000.conv.weight': kernel.T}),
            'for 000.conv.weight it has (7, 7, 1, 4), the model (4, 1, 7, 7)',
        ),
        'missing': (
            rewrite(good, **{'003.conv.bias': None}),
            'for 003.conv.bias it has no such tensor, the model (4,)',
        ),
        'no statistics': (
            rewrite(good, **{'002.norm.running_var': None}),
            'for 002.norm.running_var it has no such tensor',
        ),
        'extra': (
            rewrite(good, **{'010.conv.bias': kernel[0, 0]}),
            'for 010.conv.bias it has (7, 7), the model no such tensor',
        ),
        'cut short': (good[:-5], 'cannot read'),
        'cut in its header': (good[:100], 'cannot read'),
        'empty': (b'', 'cannot read'),
        'text': (b'to whom it may concern: no weights', 'cannot read'),
        'foreign': (st.save({'weight': kernel}), 'not a weight file of this book'),
        'of another library': (
            st.save({'weight': kernel}, {'format': 'pt'}),
            'not a weight file of this book',
        ),
        'metadata no JSON': (described(good, lambda about: 'once upon'), BROKEN),
        'metadata a list': (described(good, lambda about: [1, 2]), BROKEN),
        'no shape': (described(good, lambda about: {'order': about['order']}), BROKEN),
        'no order': (
            described(good, lambda about: {'input_shape': [1, 32, 32]}),
            BROKEN,
        ),
        'shape of words': (
            described(good, lambda about: {**about, 'input_shape': ['a', 'b']}),
            BROKEN,
        ),
        'shape of one number': (
            described(good, lambda about: {**about, 'input_shape': 32}),
            BROKEN,
        ),
        'negative shape': (
            described(good, lambda about: {**about, 'input_shape': [1, -32, 32]}),
            BROKEN,
        ),
        'order of numbers': (
            described(good, lambda about: {**about, 'order': [1, 2]}),
            BROKEN,
        ),
        'order of others': (
            described(good, lambda about: {**about, 'order': about['order'][::-1]}),
            BROKEN,
        ),
        'twice in the order': (
            described(
                good,
                lambda about: {**about, 'order': about['order'] + about['order'][:1]},
            ),
            BROKEN,
        ),
        'bfloat16': (retyped(good, 'BF16', 2), '000.conv.bias holds BF16 numbers'),
        'integers': (retyped(good, 'I32', 4), '000.conv.bias holds I32 numbers'),
        'zero size': (
            rewrite(good, **{'000.conv.bias': kernel[:0, 0, 0, 0]}),
            'for 000.conv.bias it has (0,), the model (4,)',
        ),
    }


BROKEN = 'is broken'
BAD = [
    'other growth rate',
    'transposed',
    'missing',
    'no statistics',
    'extra',
    'cut short',
    'cut in its header',
    'empty',
    'text',
    'foreign',
    'of another library',
    'metadata no JSON',
    'metadata a list',
    'no shape',
    'no order',
    'shape of words',
    'shape of one number',
    'negative shape',
    'order of numbers',
    'order of others',
    'twice in the order',
    'bfloat16',
    'integers',
    'zero size',
]


def is_a_sentence(message):
    return re.fullmatch(r'(load|save)_weights: [^\n]+\.', message)


@pytest.mark.needs(*FRAMEWORKS)
@pytest.mark.parametrize('fresh', [True, False], ids=['fresh', 'built'])
@pytest.mark.parametrize('case', BAD)
def test_a_bad_file_is_refused_and_the_model_left_as_it_was(
    worker, pictures, bad, case, fresh
):
    file, says = bad[case]
    message, before, after = worker.ask(
        'tests.inside.weights.refused_load',
        config=SMALL,
        fresh=fresh,
        weights=file,
        **pictures,
    )
    assert says in message
    assert is_a_sentence(message)
    assert bool(before) == (not fresh)
    assert list(before) == list(after)
    for name in before:
        np.testing.assert_array_equal(before[name], after[name])


@pytest.mark.parametrize('fails_at', [0, 9])
def test_a_load_that_fails_half_way_leaves_the_model_as_it_was(
    worker, workers, pictures, fails_at
):
    file = workers['pytorch'].ask('weight_file', config=SMALL, seed=5, **pictures)
    message, before, after = worker.ask(
        'tests.inside.weights.refused_load',
        config=SMALL,
        fresh=False,
        weights=file,
        fails_at=fails_at,
        **pictures,
    )
    assert 'MemoryError: out of memory); nothing was changed' in message
    assert is_a_sentence(message)
    for name in before:
        np.testing.assert_array_equal(before[name], after[name])


@pytest.mark.needs(*FRAMEWORKS)
@pytest.mark.parametrize('tab', WITH_STATE)
def test_a_model_that_saved_half_its_arguments_says_what_to_do(workers, trained, tab):
    message = workers[tab].ask(
        'tests.inside.weights.partly_saved', weights=trained[tab]['file']
    )
    assert 'classes' in message
    assert 'call it once on a batch' in message
    assert is_a_sentence(message)


@pytest.mark.parametrize('source', TABS)
def test_a_model_of_several_inputs_passes_through_each_framework(
    workers, pictures, source
):
    given = {
        'X': pictures['X'][:2],
        'Z': np.ones((2, 7), np.float32),
        'y': pictures['y'][:2],
    }
    file = workers[source].ask('tests.inside.weights.through_two_inputs', **given)
    tensors, about = contents(file)
    assert about['input_shape'] == [[1, 32, 32], [7]]
    assert tensors['002.linear.weight'].shape == (10, 7)
    told = workers.ask_all(
        'tests.inside.weights.through_two_inputs', weights=file, **given
    )
    assert all(again == file for again in told.values())


def test_bfloat16_numbers_are_saved_as_float32(workers, pictures):
    file, kernel = workers['pytorch'].ask(
        'tests.inside.weights.bfloat16', X=pictures['X']
    )
    saved = contents(file)[0]['000.conv.weight']
    assert saved.dtype == np.float32
    np.testing.assert_array_equal(saved, kernel)


@pytest.mark.parametrize('tab', WITH_STATE)
def test_a_built_model_keeps_its_input_channels_and_a_fresh_one_takes_the_files(
    workers, pictures, tab
):
    colour = {**pictures, 'X': np.repeat(pictures['X'], 3, axis=1)}
    file = workers['pytorch'].ask('weight_file', config=SMALL, **colour)
    message, *_ = workers[tab].ask(
        'tests.inside.weights.refused_load',
        config=SMALL,
        fresh=False,
        weights=file,
        **pictures,
    )
    assert 'for 000.conv.weight it has (4, 3, 7, 7), the model (4, 1, 7, 7)' in message
    told = workers[tab].ask(
        'tests.inside.weights.train', config=SMALL, weights=file, steps=0, **colour
    )
    assert told['file'] == file


def test_a_file_of_images_too_small_for_the_model_is_refused(worker, pictures):
    small = {**pictures, 'X': pictures['X'][:, :, :8, :8]}
    file = worker.ask('weight_file', config=SMALL, **small)
    deep = {**SMALL, 'arch': (1, 1, 1, 1)}
    message, before, after = worker.ask(
        'tests.inside.weights.refused_load',
        config=deep,
        fresh=True,
        weights=file,
        **pictures,
    )
    assert 'does not fit the model' in message
    assert is_a_sentence(message)
    assert not before
    assert not after


@pytest.mark.parametrize(
    ('path', 'says'),
    [
        ('/nowhere/weights', "there is no file '/nowhere/weights'; name a file that"),
        ('', "there is no file ''; name a file that"),
        ('/', '/ is a folder; name a file that'),
    ],
    ids=['absent', 'empty', 'folder'],
)
def test_a_path_without_a_file_is_named(worker, pictures, path, says):
    message, *_ = worker.ask(
        'tests.inside.weights.refused_load',
        config=SMALL,
        fresh=True,
        path=path,
        **pictures,
    )
    assert f'load_weights: {says}' in message
    assert is_a_sentence(message)


@pytest.mark.parametrize('path', ['/nowhere/weights', '/dev/null/weights'])
def test_a_path_that_cannot_be_written_is_named(worker, pictures, path):
    message = worker.ask(
        'tests.inside.weights.refused_save', config=SMALL, path=path, **pictures
    )
    assert f'save_weights: cannot write {path} (' in message
    assert is_a_sentence(message)


def test_a_model_without_numbers_cannot_be_saved(worker, pictures, tmp_path):
    message = worker.ask(
        'tests.inside.weights.refused_save',
        config=SMALL,
        fresh=True,
        path=tmp_path / 'weights',
        **pictures,
    )
    assert message == (
        'save_weights: the model has no numbers yet; train it, or call '
        'it once on a batch.'
    )
    assert not list(tmp_path.iterdir())


def test_a_write_that_fails_leaves_the_old_file_alone(tmp_path, monkeypatch):
    path = tmp_path / 'weights'
    weights.write(path, {'000.conv.bias': np.ones(3)}, [(1, 4, 4)])
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr('pathlib.Path.write_bytes', full)
    with pytest.raises(weights.WeightsError, match='No space left on device'):
        weights.write(path, {'000.conv.bias': np.zeros(3)}, [(1, 4, 4)])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_others_may_read_a_file_like_any_other(tmp_path):
    weights.write(tmp_path / 'weights', {'000.conv.bias': np.ones(3)}, [(1, 4, 4)])
    (tmp_path / 'plain').touch()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_equal_models_give_equal_bytes(tmp_path):
    tensors = {f'{i:03d}.conv.bias': np.full(3, i, np.float32) for i in range(9)}
    for name in 'abcdef':
        weights.write(tmp_path / name, tensors, [(1, 4, 4)])
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1


def test_flax_variables_are_given_and_returned(workers, pictures):
    told = workers['jax'].ask(
        'tests.inside.weights.flax_variables', config=SMALL, **pictures
    )
    assert told['by hand'] == told['loaded']
    assert told['latest'] == told['loaded']
    assert told['by hand'] != told['init_cnn']
    assert told['wrong'] == (
        'save_weights: the dictionary of variables does not fit the model: for '
        'batch_stats/net/layers_0/net/layers_1/mean it has (5,), the model (4,); '
        'nothing was changed.'
    )


@pytest.mark.parametrize(
    ('precision', 'limit'), [('float32', 1e-5), ('float64', 1e-12)]
)
def test_a_trainer_that_loaded_a_file_predicts_without_a_fit(
    worker, workers, pictures, tmp_path, precision, limit
):
    file = workers['pytorch'].ask('weight_file', config=SMALL, **pictures)
    tensors, about = contents(file)
    rng, finer = np.random.default_rng(0), {}
    for name in about['order']:  # numbers that float32 has not
        finer[name] = tensors[name] + rng.uniform(0.1, 0.2, tensors[name].shape)
    weights.write(tmp_path / 'finer', finer, [(1, 32, 32)])
    given = {'config': SMALL, 'weights': (tmp_path / 'finer').read_bytes()}
    told = worker.ask(
        'tests.inside.weights.loaded', X=pictures['X'], precision=precision, **given
    )
    expected = workers['pytorch'].ask(
        'tests.inside.weights.train', steps=0, precision='float64', **given, **pictures
    )['logits']
    assert np.abs(told - expected).max() <= limit * np.abs(expected).max()
    assert expected.std() > 0.01
