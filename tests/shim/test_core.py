"""The neutral core, with a framework of four lines that only counts."""

import functools
import io
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from d2l_shim import callbacks, core, profiles, report


class Counting(core.Trainer):
    """A 'framework' whose loss is 8 divided by the step's number."""

    framework = SimpleNamespace(
        cpu=lambda: 'abacus', try_gpu=lambda: 'abacus', num_gpus=lambda: 0
    )

    def start(self, model, batch):
        return 0

    def place(self, batch):
        return batch

    def train_step(self, state, batch):
        count = len(batch[-1])
        return state + 1, report.Sums(8 / (state + 1) * count, 0.0, count)

    def eval_step(self, state, batch):
        count = len(batch[-1])
        return report.Sums(0.5 * count, float(batch[-1].sum()), count)

    def finish(self, model, state):
        model.append(state)


class Labels(core.DataModule):
    """Three batches of labels: 4, 4 and 2 ones; the last two are wrong in `val`."""

    def get_dataloader(self, train):
        batches = [np.ones(4), np.ones(4), np.zeros(2)]
        return Given([(y, y) for y in batches])


class Given(list):
    num_examples = 10


@pytest.fixture(autouse=True)
def full(monkeypatch):
    monkeypatch.setenv('D2L_PROFILE', 'full')


def test_the_loop_weighs_every_example_the_same():
    history = Counting(2).fit(model := [], Labels())
    assert history.first_loss == 8
    assert history.train_loss[0] == pytest.approx((8 * 4 + 4 * 4 + 8 / 3 * 2) / 10)
    assert history.val_accuracy == pytest.approx([0.8, 0.8])
    assert history.val_loss == [0.5, 0.5]
    assert history.device == 'abacus'
    assert model == [6]


def test_a_history_becomes_a_table_and_a_plot():
    history = Counting(3).fit([], Labels())
    table = history.to_dataframe()
    assert list(table.index) == [1, 2, 3]
    assert list(table.columns) == [
        'train_loss',
        'train_accuracy',
        'val_loss',
        'val_accuracy',
        'seconds',
        'examples_per_second',
    ]
    history.plot()
    empty = core.History()
    assert empty.to_dataframe().empty
    empty.plot()


def test_a_profile_limits_epochs_and_says_so(monkeypatch, capsys):
    monkeypatch.setenv('D2L_PROFILE', 'smoke')
    assert len(Counting(5).fit([], Labels()).train_loss) == 1
    assert 'profile smoke: 1 epoch of 10 examples' in capsys.readouterr().out


def test_an_unknown_profile_is_named(monkeypatch):
    monkeypatch.setenv('D2L_PROFILE', 'fast')
    with pytest.raises(ValueError, match=r"D2L_PROFILE='fast'.*smoke, quick, full"):
        profiles.profile()


@pytest.mark.parametrize(
    ('options', 'word'),
    [
        ({'max_epochs': -1}, 'max_epochs'),
        ({'max_epochs': 1.5}, 'max_epochs'),
        ({'max_epochs': 1, 'precision': 'int8'}, 'int8'),
        ({'max_epochs': 1, 'gradient_clip_val': -1}, 'gradient_clip_val'),
        ({'max_epochs': 1, 'num_gpus': 2}, 'num_gpus'),
    ],
)
def test_bad_trainer_options_are_named(options, word):
    with pytest.raises(ValueError, match=word):
        Counting(**options)


def test_a_log_gets_a_line_an_epoch(capsys):
    Counting(2).fit([], Labels())
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith('epoch 2/2: train loss ')


class NoAccuracy(Counting):
    """A trainer of models that have no accuracy."""

    def train_step(self, state, batch):
        state, (loss, _, count) = super().train_step(state, batch)
        return state, core.summed((loss / count, np.nan), count)

    def eval_step(self, state, batch):
        loss, _, count = super().eval_step(state, batch)
        return core.summed((loss / count, np.nan), count)


def test_a_model_without_an_accuracy_shows_its_losses_alone(capsys, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        callbacks.ProgressBoard,
        'draw',
        lambda board, x, y, label: drawn.append((label, y)),
    )
    monkeypatch.setattr(
        callbacks,
        'plot',
        lambda X, Y, xlabel, legend: drawn.append((len(X), len(Y), *legend)),
    )
    history = NoAccuracy(2).fit([], Labels())
    assert history.val_loss == [0.5, 0.5]
    assert np.isnan(history.train_accuracy + history.val_accuracy).all()
    line = capsys.readouterr().out.splitlines()[1]
    assert re.fullmatch(
        r'epoch 2/2: train loss \d\.\d{3}, val loss 0\.500, '
        r'\d+\.\d examples/s',
        line,
    )
    assert {label for label, _ in drawn} == {'train loss', 'val loss'}
    history.plot()
    assert drawn[-1] == (2, 2, 'train loss', 'val loss')


def test_a_terminal_gets_one_line_that_is_rewritten(monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, 'stderr', terminal)
    Counting(2).fit([], Labels())
    assert terminal.getvalue().count('\n') == 2
    assert '\repoch 1/2: 100%' in terminal.getvalue()
    assert terminal.getvalue().split('\r')[-1].startswith('epoch 2/2: train loss ')


class Told(callbacks.Callback):
    """Notes each call of each hook, and where the run is."""

    def __init__(self, stop=None, error=None):
        self.calls, self.at, self.error = [], stop, error

    def note(self, hook, trainer, *told):
        at = trainer.report
        self.calls.append((hook, at.epoch, at.step, len(at.history.seconds)))
        if self.at == self.calls[-1][:3]:
            trainer.stop = True
            if self.error:
                raise self.error


for hook in vars(callbacks.Callback):
    if hook.startswith('on_'):
        setattr(Told, hook, functools.partialmethod(Told.note, hook))
EPOCH = [
    ('on_epoch_begin', 1, 0, 0),
    ('on_batch_end', 1, 1, 0),
    ('on_batch_end', 1, 2, 0),
    ('on_batch_end', 1, 3, 0),
    ('on_progress', 1, 3, 0),
    ('on_epoch_end', 1, 3, 1),
]


def test_a_callback_is_told_what_happens():
    Counting(1).fit([], Labels(), [told := Told()])
    assert told.calls == [
        ('on_fit_begin', 0, 0, 0),
        *EPOCH,
        ('on_fit_end', 1, 3, 1),
    ]


@pytest.mark.parametrize(
    ('at', 'epochs', 'steps'),
    [
        (('on_fit_begin', 0, 0), 0, 0),
        (('on_batch_end', 2, 2), 2, 5),
        (('on_epoch_end', 1, 3), 1, 3),
    ],
)
def test_a_callback_stops_the_training(at, epochs, steps):
    trainer, model = Counting(9), []
    history = trainer.fit(model, Labels(), [told := Told(stop=at)])
    assert {len(column) for column in history.columns().values()} == {epochs}
    assert model == [steps]
    assert told.calls[-1][0] == 'on_fit_end'
    if at[0] == 'on_batch_end':  # the row is of the steps that were taken
        assert history.train_loss[1] == pytest.approx((8 / 4 + 8 / 5) / 2)
        assert history.val_loss[1] == 0.5
    assert len(trainer.fit([], Labels()).train_loss) == 9  # the next fit is not stopped


def test_a_callback_hears_of_the_end_of_a_run_that_breaks():
    told = Told(stop=('on_batch_end', 1, 2), error=OSError('full'))
    with pytest.raises(OSError, match='full'):
        Counting(9).fit([], Labels(), [told])
    assert told.calls[-1] == ('on_fit_end', 1, 2, 0)
    told = Told(stop=('on_batch_end', 1, 2), error=KeyboardInterrupt)
    assert Counting(9).fit([], Labels(), [told]).train_loss == []
    assert told.calls[-1] == ('on_fit_end', 1, 2, 0)


def test_a_trainer_may_show_nothing(capsys, monkeypatch):
    monkeypatch.setattr(Counting, 'shows', ())
    assert len(Counting(2).fit([], Labels()).train_loss) == 2
    assert capsys.readouterr() == ('', '')


def test_a_learning_rate_before_fit_is_refused():
    with pytest.raises(RuntimeError, match='learning_rate needs a trained model'):
        Counting(1).learning_rate = 0.1


def test_a_long_run_says_how_long_and_names_the_quick_profile(capsys):
    history = core.History(device='abacus')
    report = core.Report(epochs=10, steps=1000, history=history, tell=None)
    report.estimate(0.6)
    assert capsys.readouterr().out == (
        'about 100 minutes for 10 epochs on abacus; '
        'for a minute or two, start it with `D2L_PROFILE=quick python ...`\n'
    )
    report.estimate(0.001)
    assert capsys.readouterr().out == ''


def test_hyperparameters_are_saved_but_for_those_ignored():
    class Example(core.HyperParameters):
        def __init__(self, a, b=2, *, c=3, _d=4, **more):
            unrelated = a
            self.save_hyperparameters(ignore=['b'])
            assert unrelated == a

    example = Example(1, e=5)
    assert example.hparams == {'a': 1, 'c': 3, 'e': 5}
    assert (example.a, example.c, example.e) == (1, 3, 5)
    assert not hasattr(example, 'b')


class Saving(core.HyperParameters):
    def __init__(self, ignore, lr=0.1, r=3, **more):
        self.save_hyperparameters(ignore)


@pytest.mark.parametrize(
    'ignore', ['lr', ['lr'], ('lr',), {'lr'}, {'lr': 1}, iter(['lr']), np.array(['lr'])]
)
def test_one_name_or_any_collection_is_ignored(ignore):
    example = Saving(ignore)
    assert {**example.hparams, 'ignore': 0} == {'ignore': 0, 'r': 3}
    assert not hasattr(example, 'lr')


@pytest.mark.parametrize('nothing', [(), '', None, [], 'absent'])
def test_nothing_need_be_ignored(nothing):
    """With `**more`, an argument may be named that was not given this time."""
    assert {'lr', 'r'} < Saving(nothing).hparams.keys()


def test_a_name_to_ignore_that_is_no_argument_is_named():
    class Example(core.HyperParameters):
        def __init__(self, lr, wd):
            self.save_hyperparameters(ignore=['self', 'lrs', 'wd'])

    with pytest.raises(ValueError, match=r"'lrs' is no argument.*lr, wd\.$"):
        Example(1, 2)


def test_a_function_is_added_to_a_class():
    class Example:
        pass

    @core.add_to_class(Example)
    def double(self, x):
        return 2 * x

    assert Example().double(4) == double(None, 4) == 8


def test_a_timer_sums_and_averages(monkeypatch):
    ticks = iter([0.0, 1.0, 2.0, 5.0])
    monkeypatch.setattr(core.time, 'perf_counter', lambda: next(ticks))
    timer = core.Timer()
    assert timer.stop() == 1
    timer.start()
    assert timer.stop() == 3
    assert (timer.sum(), timer.avg(), timer.cumsum()) == (4, 2, [1, 4])


def test_a_base_says_what_is_missing():
    with pytest.raises(NotImplementedError, match='DataModule lacks get_dataloader'):
        core.DataModule().train_dataloader()
