"""What users bring to a Trainer works in each framework, or a sentence refuses it."""

import math
import re
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pytest

from d2l_shim import keras_parts
from tests.frameworks import WITH_STATE

LN10 = math.log(10)
CANNOT_RECAST = ('tensorflow',)  # a layer of Keras's that is built


@pytest.mark.parametrize('with_net', [True, False])
def test_the_forward_of_a_model_is_the_model(ask, with_net):
    told = ask('forward', with_net=with_net)
    assert told['val_loss'] == pytest.approx([LN10], rel=1e-5)
    assert told['first_loss'] == pytest.approx(LN10, rel=1e-5)


def test_a_step_knows_whether_it_trains(ask):
    assert ask('training_seen') == {'training_step': [True], 'validation_step': [False]}


def test_forward_knows_whether_it_trains(ask):
    told = ask('training_in_forward')
    assert told['val_loss'] == pytest.approx([LN10], rel=1e-5)
    assert abs(told['first_loss'] - LN10) > 0.01


@pytest.mark.parametrize('tab', WITH_STATE)
def test_a_model_within_a_model_trains_as_it_does_alone(workers, tab):
    """With its norms in the mode of the model around it; in Flax that is handed on."""
    (alone, within), seen = workers[tab].ask('tests.inside.users.nested')
    assert seen == {True, False}
    for name in ('train_loss', 'val_loss', 'val_accuracy'):
        assert within[name] == pytest.approx(alone[name], rel=1e-5), name


@pytest.mark.parametrize('tab', WITH_STATE)
def test_a_step_that_calls_a_part_has_it_in_its_mode(workers, tab):
    usual, own = workers[tab].ask('tests.inside.users.own_step_calls_a_part')
    for name in ('train_loss', 'val_loss', 'val_accuracy'):
        assert own[name] == pytest.approx(usual[name], rel=1e-5), name


@pytest.mark.parametrize('name', ['prepare_batch', 'clip_gradients'])
def test_an_override_of_the_trainer_is_called(ask, name):
    calls, told = ask('overrides', method=name)
    assert calls
    assert np.isfinite(told['train_loss']).all()


@pytest.mark.parametrize('name', ['fit_epoch', 'prepare_data', 'prepare_model'])
def test_an_override_that_is_never_called_is_refused(ask, name):
    calls, told = ask('overrides', method=name)
    assert calls == 0
    assert told.startswith(f'TypeError: Trainer: {name} is never called here')
    assert told.count('.') == 1


def test_steps_may_tell_plot_in_place_of_returning(ask):
    told, usual = ask('steps_that_tell_plot')
    for name in ('train_loss', 'train_accuracy', 'val_loss', 'val_accuracy'):
        assert told[name] == pytest.approx(usual[name], rel=1e-6), name


def test_a_validation_step_may_return_nothing(ask):
    told = ask('silent_validation')
    assert np.isfinite(told['train_loss']).all()
    assert np.isnan(told['val_loss'] + told['val_accuracy']).all()
    assert 'stopped' not in told['printed']


def test_a_training_step_must_return_a_loss(ask):
    assert ask('silent_training') == (
        'TypeError: Own.training_step returned nothing: return the loss, or (loss, '
        'accuracy).'
    )


@pytest.mark.parametrize(
    ('kind', 'what'),
    [('list', 'list of 2'), ('dict', 'dict of 1'), ('three', 'tuple of 3')],
)
def test_a_step_returns_no_more_than_two(ask, kind, what):
    assert ask('returning', kind=kind) == (
        f'TypeError: Own.training_step returned a {what}: return the loss, or (loss, '
        'accuracy).'
    )


def test_a_step_may_return_a_float_as_accuracy(ask):
    told = ask('returning', kind='number')
    assert told['train_accuracy'] == [0.25]
    assert np.isfinite(told['train_loss']).all()


@pytest.mark.parametrize('tab', WITH_STATE)
def test_a_summary_counts_what_is_trained(workers, tab):
    """In Flax what is frozen is told to the optimizer, not to the model."""
    flatten, norm, dense = workers[tab].ask('tests.inside.users.frozen')
    assert flatten == norm == 0
    assert dense > 0


def test_a_model_without_a_learning_rate_is_told_where_to_put_one(ask):
    assert ask('without_lr') == (
        'AttributeError: Own has no learning rate: set self.lr, or define '
        'Own.configure_optimizers().'
    )


@pytest.mark.parametrize(
    'lr', [1, np.int64(1), np.float32(1), np.array(1.0), Decimal(1)], ids=repr
)
def test_a_learning_rate_may_be_any_number(ask, lr):
    assert ask('learning', lr=lr)['train_loss'] == ask('learning', lr=1.0)['train_loss']


@pytest.mark.parametrize('lr', ['0.1', True, -0.1, float('nan'), float('inf'), [0.1]])
def test_what_is_no_learning_rate_is_refused(ask, lr):
    said = f'is {lr!r}, which is no learning rate: use a number from 0 on, such as 0.1.'
    assert ask('learning', lr=lr) == f'ValueError: Own.lr {said}'
    told, rate = ask('learning_set', lr=lr)
    assert told == f'ValueError: Trainer.learning_rate {said}'
    assert rate == pytest.approx(0.1)


@pytest.mark.parametrize('name', ['parameters', 'collect_params'])
def test_parameters_may_be_a_list(workers, name):
    for tab in WITH_STATE:
        told = workers[tab].ask('tests.inside.users.listed_parameters', method=name)
        assert told['train_loss'][-1] < told['train_loss'][0]


def test_an_optimizer_of_ones_own_does_what_sgd_does(ask):
    own, usual = ask('own_optimizer')
    assert own['train_loss'] == pytest.approx(usual['train_loss'], rel=1e-5)
    assert own['train_loss'][-1] < own['train_loss'][0]


def test_a_model_takes_its_input_by_name(ask):
    named, placed = ask('keywords')
    np.testing.assert_array_equal(named, placed)


def test_predict_takes_several_inputs(ask):
    one, other = ask('two_inputs')
    assert one.shape == (4, 10)
    np.testing.assert_allclose(one, other, rtol=1e-5)


def test_predict_before_fit_is_refused(ask):
    assert ask('predict_before_fit') == (
        'RuntimeError: Trainer: predict needs a trained model; call fit(model, data) '
        'first, or load(model, path).'
    )


def test_epochs_may_be_a_number_of_numpy(ask):
    assert ask('epochs', number=np.int64(2)) == 2


@pytest.mark.parametrize(
    'kind',
    [
        'one-shot validation',
        'one-shot training',
        'no length',
        'numpy',
        'float64',
        'uint8 labels',
        'float labels',
    ],
)
def test_batches_of_each_kind_give_the_same_history(ask, kind):
    told, usual = ask('brought', kind=kind), ask('brought', kind='lists')
    assert isinstance(told, dict), told
    for name, values in usual.items():
        if name != 'printed':
            assert told[name] == pytest.approx(values, rel=1e-6), name


def test_validation_data_may_be_none(ask):
    told, usual = ask('brought', kind='no validation'), ask('brought', kind='lists')
    assert told['train_loss'] == pytest.approx(usual['train_loss'], rel=1e-6)
    assert np.isnan(told['val_loss']).all()


@pytest.mark.parametrize(
    ('kind', 'epochs', 'what'),
    [
        ('empty training', 1, 'training'),
        ('empty validation', 1, 'validation'),
        ('one-shot training', 2, 'training'),
        ('one-shot validation', 2, 'validation'),
    ],
)
def test_data_without_a_batch_is_refused(ask, kind, epochs, what):
    assert ask('brought', kind=kind, epochs=epochs) == (
        f'ValueError: Trainer: the {what} data gives no batch; give it examples, or, '
        'if it is an iterator that is used up, a loader that starts anew each epoch.'
    )


def test_a_batch_that_is_no_tuple_is_refused(ask):
    assert ask('brought', kind='dicts') == (
        'TypeError: Trainer: a batch must be a tuple (X, y), not dict with the keys '
        'image, label; let prepare_batch(batch) of your Trainer return one.'
    )
    assert 'a batch must be a tuple (X, y), not ' in ask('brought', kind='bare arrays')


@pytest.mark.parametrize('precision', ['float32', 'float64'])
def test_integers_stay_integers_and_numbers_take_the_precision(ask, precision):
    integers, X, y = ask('dtypes_seen', precision=precision)
    assert integers.startswith('int')
    assert X == y == precision


def test_targets_keep_their_precision_beside_narrow_inputs(workers):
    assert workers['jax'].ask(
        'tests.inside.users.dtypes_seen', precision='bfloat16'
    ) == [
        'int32',
        'bfloat16',
        'float32',
    ]


def test_a_loss_that_is_not_finite_ends_the_run(ask):
    told = ask('not_finite', where='first')
    assert (
        'stopped: the loss is nan at the first step, before any weight moved: look '
        'at the inputs and the model.'
    ) in told['printed']
    assert len(told['train_loss']) == len(told['val_loss']) == 1
    assert math.isnan(told['train_loss'][0])
    told = ask('not_finite', where='later')
    assert 'in epoch 1: a smaller learning rate may help.' in told['printed']
    assert len(told['train_loss']) == 1


@pytest.mark.parametrize(
    ('batch', 'when'),
    [(0, 'at the first step, before any weight moved: look'), (1, 'in epoch 1: a')],
)
def test_a_pixel_that_is_no_number_ends_the_run_also_behind_a_relu(ask, batch, when):
    told = ask('not_finite', where=f'picture {batch}')
    assert f'stopped: the loss is nan {when}' in told['printed']


@pytest.mark.parametrize('how', ['fit', 'layer_summary'])
def test_pictures_that_are_too_small_are_refused_with_a_size_that_would_do(ask, how):
    assert ask('too_small', how=how) == (
        'TooSmall: DenseNet cannot take inputs of 28 x 28: nothing is left of them '
        'in TransitionBlock number 3; 32 x 32 would do.'
    )


@pytest.mark.parametrize('where', ['train', 'val'])
@pytest.mark.parametrize(
    ('shift', 'label'), [(-2, -1), (3, 10), (0.5, 1.5), (float('nan'), 'nan')]
)
def test_a_label_that_is_no_class_is_refused(ask, shift, label, where):
    what = {'train': 'training', 'val': 'validation'}[where]
    assert ask('labels', shift=shift, where=where) == (
        f"ValueError: Trainer: the {what} data has the label {label}, but the model's "
        '10 outputs stand for the classes 0 to 9; number the classes from 0, or give '
        'the model more outputs.'
    )


def test_a_loss_of_ones_own_gives_labels_the_meaning_it_likes(ask):
    told = ask('labels', shift=-2, where='train', weighted=True)
    assert np.isfinite(told['train_loss']).all()


def test_a_batch_of_one_is_refused_where_a_norm_sees_one_number(ask):
    told = ask('one_example', images=False)
    assert told.startswith(
        'ValueError: Trainer: a training batch of one example '
        'leaves batch normalization (BatchNorm'
    )
    assert told.endswith(
        ') one number a channel, which has no variance; choose another batch_size.'
    )


def test_a_batch_of_one_picture_trains(ask):
    assert np.isfinite(ask('one_example', images=True)['train_loss']).all()


@pytest.mark.parametrize('flatten', ['view', 'reshape'])
def test_a_flatten_by_view_trains_and_channels_last_stays_where_it_is_safe(
    workers, flatten
):
    told = workers['pytorch'].ask('tests.inside.users.flattened', flatten=flatten)
    assert np.isfinite(told['losses']).all()
    assert told['channels_last'] == (flatten == 'reshape')


def test_train_ch6_takes_a_net_that_flattens_by_view(workers):
    told = workers['pytorch'].ask('tests.inside.users.train_ch6_of_a_view')
    assert 'loss' in told


def test_convolutions_of_volumes_train(workers):
    losses = workers['pytorch'].ask('tests.inside.users.volumes')
    assert losses[-1] < losses[0]


def test_a_keras_model_is_in_evaluation_mode_after_a_fit(workers):
    assert workers['tensorflow'].ask('tests.inside.users.mode_left') is False


def test_gluons_older_arrays_are_taken(workers):
    told, usual = (
        workers['mxnet'].ask('tests.inside.users.brought', kind=kind)
        for kind in ('older arrays', 'lists')
    )
    assert told['train_loss'] == pytest.approx(usual['train_loss'], rel=1e-6)


def test_labels_are_what_the_framework_takes(workers):
    assert workers['pytorch'].ask('tests.inside.users.labels_at_work')


def test_regression_in_bfloat16_sums_in_float32(workers):
    for tab in ('pytorch', 'jax'):
        narrow, wide = (
            workers[tab].ask('tests.inside.users.regression', precision=precision)
            for precision in ('bfloat16', 'float32')
        )
        assert narrow['train_loss'] == pytest.approx(wide['train_loss'], rel=1e-2)


def test_variables_that_are_set_are_where_training_goes_on(workers):
    told = workers['jax'].ask('tests.inside.users.set_variables')
    assert told['after'] == told['set'] != told['before']


def test_a_new_trainer_goes_on_with_the_same_model(ask):
    first, second = ask('two_trainers')
    assert second['first_loss'] < first['first_loss'] - 0.01
    assert second['first_loss'] < first['train_loss'][-1]


def test_a_float64_trainer_leaves_the_process_as_it_was(workers):
    told = workers['jax'].ask('tests.inside.users.wide_then_narrow')
    assert told == {'inside': 'float64', 'after': 'float32', 'predicted': 'float64'}


def test_a_flax_model_made_for_evaluation_trains_all_the_same(workers):
    usual, made = workers['jax'].ask('tests.inside.users.flax_mode')
    for name in ('first_loss', 'train_loss', 'val_loss'):
        assert made[name] == usual[name]


def test_a_first_call_of_gluon_may_be_recorded_or_fail_behind_a_part(workers):
    told = workers['mxnet'].ask('tests.inside.users.recorded_first_calls')
    assert told['losses'][0] == pytest.approx(told['losses'][1], rel=1e-6)
    assert all(told['gradients'])
    assert 'a slip of the hand' in told['refused']
    np.testing.assert_array_equal(*told['part'])


def test_a_loss_of_an_older_flax_note_trains(workers):
    older, usual = workers['jax'].ask('tests.inside.users.older_loss')
    for name in ('train_loss', 'train_accuracy', 'val_loss', 'val_accuracy'):
        assert older[name] == pytest.approx(usual[name], rel=1e-5), name


def test_the_state_of_a_flax_trainer_has_params_and_summaries_take_a_key(workers):
    assert workers['jax'].ask('tests.inside.users.state_and_summary')


def test_a_net_of_keras_fits_a_loader_itself(workers):
    told = workers['tensorflow'].ask('tests.inside.users.keras_fit')
    assert told['examples'] == 256
    assert np.isfinite(told['loss']).all()


def test_keras_builds_nested_blocks_with_fewer_calls_and_knows_their_shapes(workers):
    """By itself Keras calls these six blocks 54 times."""
    told = workers['tensorflow'].ask('tests.inside.users.keras_builds')
    assert 'three rows are refused' in told['refused']
    assert told['calls'] < 40
    assert told['output'] == (1, 4, 4, 5)
    assert told['block'] == told['inner'] == (1, 4, 4, 2)
    assert told['other size'] == [2, 6, 5, 5]
    assert told['unbuilt'] == []


def test_losses_that_keras_collects_are_those_of_the_step(workers):
    (without, added), refused, floatx = workers['tensorflow'].ask(
        'tests.inside.users.own_losses'
    )
    assert added > without
    assert 'has no learning rate' in refused
    assert floatx == 'float32'


def test_keras_builds_what_builds_itself(workers):
    told = workers['tensorflow'].ask('tests.inside.users.keras_builds_itself')
    assert told == {
        'own build': [2, 5, 3],
        'wrapped': [2, 5, 3],
        'symbols': (None, 5, 6),
        'part of a net': [2, 5, 7],
    }


def test_a_keras_that_builds_otherwise_is_left_alone():
    other = SimpleNamespace(layers=SimpleNamespace(Layer=object))
    with keras_parts.built_afterwards(other):
        pass


def test_a_loader_tells_its_examples(ask):
    told = ask('loader_at_work')
    assert told['length'] == 256
    assert told['first'] == told['second']
    assert told['steps'] // 5 > 0


def test_a_model_in_another_precision_trains_or_is_refused(ask):
    told = ask('another_precision')
    assert isinstance(told, str) == (ask.tab in CANNOT_RECAST)
    if ask.tab in CANNOT_RECAST:
        assert told.startswith('ValueError: Trainer: precision is float32, but layer ')
        assert told.endswith('train a model not called before.')
    else:
        assert np.isfinite(told['train_loss']).all()


def test_labels_in_a_column_are_refused_not_compared_with_each_row(ask):
    assert re.fullmatch(
        r'ValueError: Classifier: labels of shape \((\d), 1\) do not fit outputs of '
        r'shape \(\1, 10\); give each example the number of its class, shape '
        r'\(\1,\)\.',
        ask('brought', kind='column of labels'),
    )
