"""Callbacks, and batches made in a thread, tried in a framework's own process."""

import contextlib
import importlib.util
import io
import threading
from pathlib import Path

import numpy as np

from d2l_shim.callbacks import Callback
from d2l_shim.checkpoint import Checkpoint
from d2l_shim.data.loader import Loader
from parity.inside import ROOT, profile
from tests.frameworks import written
from tests.inside.users import Data, batches, define, pictures, told


def example(name, file='callbacks'):
    """Return a class or function of the book's examples."""
    spec = importlib.util.spec_from_file_location(
        'examples', ROOT / f'book/examples/{file}.py'
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


class Rates(Callback):
    """Notes the learning rate of each epoch."""

    def on_fit_begin(self, trainer, model):
        self.seen = []

    def on_epoch_begin(self, trainer):
        self.seen.append(trainer.learning_rate)


class Freeze(Callback):
    """Sets the learning rate to zero after the first step of the second epoch."""

    def on_batch_end(self, trainer, sums):
        if (trainer.report.epoch, trainer.report.step) == (2, 1):
            trainer.learning_rate = 0


def run(side, callbacks, epochs, lr=0.5, model=None, **options):
    """Return (history, trainer, what was printed) of a small run."""
    trainer, printed = side.d2l.Trainer(epochs, **options), io.StringIO()
    data = Data(batches(side), batches(side, seed=1))
    with profile('full'), contextlib.redirect_stdout(printed):
        history = trainer.fit(model or define(side, lr=lr), data, callbacks)
    return history, trainer, printed.getvalue()


def compiled(trainer):
    """Return how often the training step was compiled; 1 where nothing is."""
    step = getattr(trainer, '_train', None)
    for name in ('_cache_size', 'experimental_get_tracing_count'):
        if hasattr(step, name):
            return getattr(step, name)()
    return 1


def schedule(side, precision):
    """Return the rates under Halve(2), and losses with it, without and frozen."""
    rates = Rates()
    halved, trainer, _ = run(side, [rates, example('Halve')(2)], 4, precision=precision)
    frozen, other, _ = run(side, [Freeze()], 4, precision=precision)
    return {
        'rates': rates.seen,
        'halved': halved.train_loss,
        'frozen': frozen.val_loss,
        'usual': run(side, [], 4, precision=precision)[0].train_loss,
        'compiled': [compiled(trainer), compiled(other)],
    }


def early_stopping(side):
    """Return the History of nine epochs that nothing improves, and what is printed."""
    history, trainer, printed = run(side, [example('EarlyStopping')(2)], 9, lr=0.0)
    return history.columns(), printed, len(trainer.predict(batches(side)[0][0]))


def loops(side):
    """Return the losses of `fit` and of the example's loop."""
    trainer, data = side.d2l.Trainer(3), Data(batches(side), None)
    losses = example('train', 'loop')(trainer, define(side, lr=0.5), data)
    return run(side, [], 3)[0].train_loss, losses


def no_rate(side):
    """Return what is said where an optimizer of one's own has no learning rate."""

    def configure(self):
        return written(side).sgd(self, 0.1)  # never stepped

    model = define(side, configure_optimizers=configure)
    return told(run, side, [Rates()], 1, model=model)


def recording(side, ahead):
    """Return a class of Trainers that note where and as what they place a batch."""

    class Own(side.d2l.Trainer):
        placed = ()

        def place(self, batch):
            batch = super().place(batch)
            main = threading.current_thread() is threading.main_thread()
            self.placed += ((main, str(batch[0].dtype)),)
            return batch

    if ahead is not None:
        Own.ahead = lambda self, loader: ahead
    return Own


KINDS = {
    'lists': lambda side: Data(batches(side), batches(side, seed=1)),
    'one-shot': lambda side: Data(iter(batches(side)), iter(batches(side, seed=1))),
    'float64': lambda side: Data(*[[(X, y) for X, y in wide(side)]] * 2),
    'book': lambda side: side.d2l.FashionMNIST(100, synthetic=True),
}


def wide(side):
    rng = np.random.default_rng(0)
    shape = (4, 8, 8, 1) if side.nhwc else (4, 1, 8, 8)
    return [(rng.random(shape), rng.integers(0, 10, 4)) for _ in range(3)]


def placing(side, kind, ahead, precision='float32'):
    """Return the numbers of a run, where its batches were placed, and new threads."""
    before = threading.active_count()
    trainer = recording(side, ahead)(1, precision=precision)
    with profile('smoke'), contextlib.redirect_stdout(io.StringIO()):
        history = trainer.fit(define(side, lr=0.1), KINDS[kind](side))
    numbers = [history.first_loss, *history.train_loss, *history.val_loss]
    return {
        'numbers': [number.hex() for number in numbers],
        'placed': trainer.placed[-3:],  # after those of `start`
        'left': threading.active_count() - before,
    }


def surroundings(side, ahead):
    """Return what a loader finds where it runs: what float64 becomes, MXNet's modes."""
    seen, npx = [], getattr(side.d2l, 'npx', None)

    def loader():
        for X, y in batches(side):
            wide, _ = side.batch(np.zeros((1, 1, 8, 8)), np.zeros(1))
            seen.append(
                (str(wide.dtype), npx and (npx.is_np_array(), npx.is_np_shape()))
            )
            yield X, y

    trainer = recording(side, ahead)(1, precision='float64')
    with contextlib.redirect_stdout(io.StringIO()):
        trainer.fit(define(side), Data(loader(), None))
    return seen


def broken(side, error, at):
    """Return what comes of an `error` in a thread's loader, or in a step."""
    given, before = batches(side), threading.active_count()

    def loader():
        yield given[0]
        if at == 'loader':
            raise error('no more')
        yield from given[1:]

    class Fails(Callback):
        def on_batch_end(self, trainer, sums):
            if at == 'step':
                raise error('no more')

    trainer, printed = recording(side, True)(1), io.StringIO()
    with profile('full'), contextlib.redirect_stdout(printed):
        said = told(trainer.fit, define(side), Data(loader(), None), [Fails()])
    return {
        'said': said if isinstance(said, str) else printed.getvalue(),
        'left': threading.active_count() - before,
    }


class Broken(Exception):
    """What ends a run early."""


class Break(Callback):
    """Breaks a run off in the second step of an epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_batch_end(self, trainer, sums):
        if (trainer.report.epoch, trainer.report.step) == (self.epoch, 2):
            raise Broken


def resumed(side, path, breaks, rate=0.5):
    """Return the numbers of five epochs: in one go, and broken off in each of `breaks`.

    The net has dropout, and the loader shuffles its examples.
    """
    X, y = pictures(n=16)

    def loader():
        return Loader(lambda i: (X[i], y[i]), side.batch, np.arange(16), 4, seed=0)

    def run(path, *callbacks):
        model, trainer = written(side).mixed(rate), side.d2l.Trainer(5, seed=3)
        data = Data(loader(), loader())
        with profile('full'), contextlib.redirect_stdout(io.StringIO()):
            history = trainer.fit(model, data, [*callbacks, Checkpoint(path)])
        return [history.first_loss, history.train_loss, history.val_loss]

    whole = run(f'{path}-whole')
    for epoch in breaks:
        with contextlib.suppress(Broken):
            run(path, Break(epoch))
    return whole, run(path)


def refused(side, path, spoil):
    """Return what is told of a file of another net, or one that is cut short."""
    X, y = pictures(n=16)
    data = Data([side.batch(X, y)], None)

    def run(net):
        model = define(side, lr=0.1, net=lambda side: net)
        with profile('full'), contextlib.redirect_stdout(io.StringIO()):
            return side.d2l.Trainer(2).fit(model, data, [Checkpoint(path)])

    run(written(side).dense(10))
    before = Path(path).read_bytes()
    if spoil:
        Path(path).write_bytes(before[: len(before) // 2])
    kept = Path(path).read_bytes()
    net = written(side).dense(10 if spoil else 12)
    return told(run, net), Path(path).read_bytes() == kept
