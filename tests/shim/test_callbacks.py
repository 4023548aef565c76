"""Callbacks of one's own, and the thread that makes batches, in each framework."""

import pytest


@pytest.mark.parametrize('precision', ['float32', 'float64'])
def test_a_schedule_sets_the_rate_and_compiles_nothing_again(ask, precision):
    told = ask('schedule', precision=precision)
    assert told['rates'] == [0.5, 0.5, 0.25, 0.25]
    assert told['halved'][:2] == told['usual'][:2]
    assert told['halved'][3] != told['usual'][3]
    first, second, *later = told['frozen']
    assert first != second
    assert later == [second, second]  # no weight moves any more
    assert told['compiled'] == [1, 1]


def test_the_loop_that_the_section_shows_is_that_of_fit(ask):
    losses, own = ask('loops')
    assert own == losses
    assert len(set(losses)) == 3


def test_early_stopping_ends_a_run_and_the_history_holds_what_was_done(ask):
    columns, printed, predicted = ask('early_stopping')
    assert {len(column) for column in columns.values()} == {3}  # 1 and 2 in vain
    assert printed.count('\n') == 3
    assert 'epoch 3/9' in printed
    assert predicted == 4


def test_an_optimizer_without_a_rate_is_named(ask):
    remedy = (
        'make it by optax.inject_hyperparams(optax.adam)(learning_rate=...)'
        if ask.tab == 'jax'
        else "return the framework's own from configure_optimizers()"
    )
    assert ask('no_rate') == (
        'AttributeError: Trainer: the optimizer has no learning rate that can be read '
        f'or set while it trains; {remedy}.'
    )


@pytest.mark.parametrize('precision', ['float32', 'float64'])
@pytest.mark.parametrize('kind', ['lists', 'one-shot', 'float64', 'book'])
def test_a_thread_places_the_batches_and_changes_no_bit(ask, kind, precision):
    here, there = (
        ask('placing', kind=kind, ahead=ahead, precision=precision)
        for ahead in (False, True)
    )
    assert there['numbers'] == here['numbers']
    assert {main for main, _ in there['placed']} == {False}
    assert {main for main, _ in here['placed']} == {True}
    for _, dtype in there['placed']:
        assert precision in dtype
    assert here['left'] == there['left'] == 0


@pytest.mark.parametrize(('kind', 'main'), [('lists', True), ('book', False)])
def test_on_a_cpu_the_books_own_loaders_alone_have_a_thread(ask, kind, main):
    assert {told[0] for told in ask('placing', kind=kind, ahead=None)['placed']} == {
        main
    }


def test_a_loader_finds_in_the_thread_what_it_finds_without(ask):
    here, there = (ask('surroundings', ahead=ahead) for ahead in (False, True))
    assert len(here) == 3
    assert here == there


@pytest.mark.parametrize('at', ['loader', 'step'])
def test_an_error_arrives_as_it_is_and_the_thread_ends(ask, at):
    assert ask('broken', error=OSError, at=at) == {
        'said': 'OSError: no more',
        'left': 0,
    }
    assert ask('broken', error=KeyboardInterrupt, at=at) == {
        'said': 'stopped by hand after 0 full epochs\n',
        'left': 0,
    }


def test_a_run_that_was_broken_off_goes_on_to_the_last_bit(ask, tmp_path):
    whole, rest = ask('resumed', path=str(tmp_path / 'run'), breaks=[1, 2, 4])
    assert rest == whole
    assert len(set(whole[1])) == 5


@pytest.mark.parametrize('spoil', [False, True])
def test_a_checkpoint_of_another_run_is_refused_in_a_sentence(ask, tmp_path, spoil):
    path = tmp_path / 'ein Lauf, \u0442\u0440\u0438'
    said, kept = ask('refused', path=str(path), spoil=spoil)
    assert said.startswith(
        f'ValueError: Checkpoint: {path} does not hold a run like this one ('
    )
    assert said.endswith('); delete it to start anew, or name another file.')
    assert '\n' not in said
    assert kept
