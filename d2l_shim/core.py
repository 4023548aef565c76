"""The framework-neutral core: hyperparameters, bases, history, the one loop."""

import inspect
import math
import os
import sys
import time
from dataclasses import dataclass, field, fields
from typing import NamedTuple

from d2l_shim.plot import ProgressBoard, in_notebook, names_of, plot

PRECISIONS = ('float32', 'float64', 'bfloat16')


class Profile(NamedTuple):
    """How much of a run is done: None means no limit."""

    name: str
    max_epochs: int | None = None
    train_size: int | None = None
    val_size: int | None = None


PROFILES = {p.name: p for p in (
    Profile('smoke', 1, 256, 256), Profile('quick', 6, 1280, 512), Profile('full'))}


def profile():
    """Return the Profile that the environment variable D2L_PROFILE names."""
    name = os.environ.get('D2L_PROFILE') or 'full'
    if name not in PROFILES:
        raise ValueError(
            f'D2L_PROFILE={name!r} is not a profile: use {", ".join(PROFILES)}.')
    return PROFILES[name]


def first_gpu(cpu, gpu, num_gpus):
    """Return a framework's `try_gpu`, made of its other three functions."""
    def try_gpu(i=0):
        """Return GPU number `i` if there is one, else the CPU."""
        return gpu(i) if num_gpus() > i else cpu()
    return try_gpu


def add_to_class(Class):
    """Return a decorator that adds a function to `Class` as a method."""
    def wrapper(obj):
        setattr(Class, obj.__name__, obj)
        return obj
    return wrapper


class HyperParameters:
    """Turns the arguments of `__init__` into attributes."""

    def save_hyperparameters(self, ignore=()):
        """Save the caller's arguments as attributes and `hparams`.

        `ignore`, a name or a collection of names, are left out.
        """
        names, _, keywords, values = inspect.getargvalues(inspect.currentframe().f_back)
        found = {name: values[name] for name in names}
        found.update(values[keywords] if keywords else {})
        ignored = names_of(ignore)
        if not keywords and (unknown := [x for x in ignored if x not in found]):
            raise ValueError(f'save_hyperparameters: {unknown[0]!r} is no argument to '
                             f'ignore; there are: {", ".join(names[1:])}.')
        self.hparams = {k: v for k, v in found.items()
                        if k not in {*ignored, 'self'} and not k.startswith('_')}
        for name, value in self.hparams.items():
            setattr(self, name, value)


class Timer:
    """A stopwatch; times are in seconds."""

    def __init__(self):
        self.times = []
        self.start()

    def start(self):
        self.begun = time.perf_counter()

    def stop(self):
        """Record the seconds since `start` and return them."""
        self.times.append(time.perf_counter() - self.begun)
        return self.times[-1]

    def sum(self):
        return sum(self.times)

    def avg(self):
        return sum(self.times) / len(self.times)

    def cumsum(self):
        """Return the running totals, one a recorded time."""
        return [sum(self.times[:i + 1]) for i in range(len(self.times))]


class DataModule(HyperParameters):
    """Base of data sets: `get_dataloader(train)` returns a loader of batches."""

    def get_dataloader(self, train):
        raise NotImplementedError(
            f'{type(self).__name__} lacks get_dataloader(train): define it.')

    def train_dataloader(self):
        """Return a loader over the training examples, shuffled anew each epoch."""
        return self.get_dataloader(train=True)

    def val_dataloader(self):
        """Return a loader over the validation examples, in file order."""
        return self.get_dataloader(train=False)


class Module(HyperParameters):
    """Base of models: what the Trainer asks of them, whatever the framework."""

    def training_step(self, batch):
        """Return the mean loss over `batch`, or (loss, accuracy)."""
        *X, y = batch
        return self.loss(self(*X), y)

    def validation_step(self, batch):
        """Like `training_step`, in evaluation mode."""
        return self.training_step(batch)

    def layer_summary(self, X_shape):
        """Print each layer's output shape for inputs of `X_shape`, and its parameters.

        The layers are the children of `self.net`; parameters are trainable ones.
        """
        rows = self.summary_rows(X_shape)
        total = sum(row[2] for row in rows)
        rows = [(name, str(tuple(shape)), f'{n:,}') for name, shape, n in rows]
        rows = [('layer', 'output shape', 'parameters'), *rows, ('', '', f'{total:,}')]
        a, b, c = (max(map(len, column)) for column in zip(*rows, strict=True))
        print('\n'.join(f'{x:<{a}}  {y:<{b}}  {z:>{c}}' for x, y, z in rows))


class Classifier(Module):
    """Base of classification models: cross-entropy and accuracy."""

    def training_step(self, batch):
        *X, y = batch
        y_hat = self(*X)
        return self.loss(y_hat, y), self.accuracy(y_hat, y)


def loss_and_accuracy(result):
    """Unpack what a step returned; a model without an accuracy counts none."""
    return result if isinstance(result, tuple) else (result, result * float('nan'))


def summed(result, count):
    """Turn what a step over `count` examples returned into (loss, correct, count)."""
    loss, accuracy = loss_and_accuracy(result)
    return loss * count, accuracy * count, count


@dataclass
class History:
    """What a run did, one entry an epoch in each list.

    `first_loss` is the loss of the first step, before any weight moved. A model
    without an accuracy has NaN for it.
    """

    first_loss: float = float('nan')
    device: str = 'cpu'
    profile: str = 'full'
    train_loss: list = field(default_factory=list)
    train_accuracy: list = field(default_factory=list)
    val_loss: list = field(default_factory=list)
    val_accuracy: list = field(default_factory=list)
    seconds: list = field(default_factory=list)  # of training, without validation
    examples_per_second: list = field(default_factory=list)

    def columns(self):
        return {f.name: getattr(self, f.name) for f in fields(self)
                if isinstance(getattr(self, f.name), list)}

    def to_dataframe(self):
        """Return a pandas DataFrame, one row an epoch, counted from 1."""
        import pandas
        table = pandas.DataFrame(self.columns())
        table.index = pandas.RangeIndex(1, len(table) + 1, name='epoch')
        return table

    def plot(self):
        """Draw the losses, and the accuracy if there is one, against the epoch."""
        epochs = list(range(1, len(self.train_loss) + 1))
        lines = {'train loss': self.train_loss, 'val loss': self.val_loss}
        if not any(map(math.isnan, self.val_accuracy)):
            lines['val accuracy'] = self.val_accuracy
        plot([epochs] * len(lines), [*lines.values()], xlabel='epoch', legend=[*lines])


class Trainer(HyperParameters):
    """Trains a model; the one training loop of the book.

    A framework adds four functions: `start(model, batch) -> state`,
    `train_step(state, batch) -> (state, sums)`, `eval_step(state, batch) -> sums`
    and `finish(model, state)`; sums are (loss, correct, count). It also adds
    `predict(X)`, the model's outputs as an ndarray.

    `precision` is 'float32' (never silently less, on a GPU either), 'float64' for
    proofs or, in PyTorch and JAX, 'bfloat16'. `seed` draws a new model's weights.
    """

    def __init__(self, max_epochs, num_gpus=0, gradient_clip_val=0, *, seed=0,
                 precision='float32'):
        self.save_hyperparameters()
        self._check()
        self.device = self.find_device(num_gpus)
        self.state = None

    precisions = PRECISIONS

    def _check(self):
        if not isinstance(self.max_epochs, int) or self.max_epochs < 0:
            raise ValueError('Trainer: max_epochs must be a whole number of epochs, '
                             f'not {self.max_epochs!r}.')
        if self.num_gpus not in (0, 1):
            raise ValueError('Trainer: num_gpus must be 0 or 1, since it trains on one '
                             f'device, not {self.num_gpus!r}.')
        if not self.gradient_clip_val >= 0:
            raise ValueError('Trainer: gradient_clip_val must be a norm, or 0 for no '
                             f'clipping, not {self.gradient_clip_val!r}.')
        if self.precision not in self.precisions:
            raise ValueError(f'Trainer: precision {self.precision!r} is not offered '
                             f'here; use one of {", ".join(self.precisions)}.')

    def find_device(self, num_gpus):
        """Return the first GPU, or the CPU if none is asked for or found."""
        if num_gpus and not self.num_gpus_found():
            say_once('num_gpus=1, but no GPU was found: running on the CPU.')
        return self.try_gpu() if num_gpus else self.cpu()

    def fit(self, model, data):
        """Train `model` on `data` for `max_epochs`, return the History.

        Ctrl-C ends the training early; the History holds the finished epochs.
        """
        limits = profile()
        epochs = min(self.max_epochs, limits.max_epochs or self.max_epochs)
        train, val = data.train_dataloader(), data.val_dataloader()
        history = History(device=str(self.device), profile=limits.name)
        if limits.name != 'full':
            size = (f'{train.num_examples:,} examples' if hasattr(train, 'num_examples')
                    else f'{len(train):,} batches')
            print(f'profile {limits.name}: {epochs} epoch{"s" * (epochs != 1)} '
                  f'of {size}')
        self.state = self.start(model, next(iter(val)))  # keeps the epochs of `train`
        report = Report(epochs, len(train), history)
        try:
            for epoch in range(epochs):
                self._train_epoch(train, epoch, report)
                report.validated(epoch, self._evaluate(val))
        except KeyboardInterrupt:
            print(f'stopped by hand after {len(history.seconds)} full epochs')
        finally:
            report.close()
            self.finish(model, self.state)
        return history

    def _train_epoch(self, loader, epoch, report):
        report.begin()
        for i, batch in enumerate(loader):
            self.state, sums = self.train_step(self.state, batch)
            report.step(epoch, i, sums)
        report.trained(epoch)

    def _evaluate(self, loader):
        """Return (mean loss, accuracy) over all examples of `loader`."""
        total = (0.0, 0.0, 0)
        for batch in loader:
            total = add(total, self.eval_step(self.state, batch))
        return means(total)[:2]


def add(a, b):
    return tuple(x + y for x, y in zip(a, b, strict=True))


def means(sums):
    """Fetch sums from the device: (mean loss, accuracy, count)."""
    loss, correct, count = sums
    return float(loss) / count, float(correct) / count, count


_said = set()


def say_once(sentence):
    """Print `sentence` the first time it is given in this process."""
    if sentence not in _said:
        _said.add(sentence)
        print(sentence)


class Report:
    """Shows a run while it goes and fills its History.

    A live plot in a notebook, one line that is rewritten in a terminal, a line an
    epoch in a log. Sums stay on the device between two showings, a second apart.
    """

    INTERVAL, PATIENCE = 1.0, 120  # seconds

    def __init__(self, epochs, steps, history):
        self.epochs, self.steps, self.history = epochs, steps, history
        self.board = ProgressBoard(xlabel='epoch', xlim=[0, max(epochs, 1)])
        self.tty = sys.stderr.isatty() and not in_notebook()
        self.log = not self.tty and not in_notebook()

    def begin(self):
        self.total = self.recent = (0.0, 0.0, 0)
        self.begun = self.shown = time.perf_counter()

    def step(self, epoch, i, sums):
        if epoch == i == 0:
            self.history.first_loss = means(sums)[0]
            self.compiled = time.perf_counter()
        if epoch == 0 and i == 5:
            means(sums)  # waits for the device
            self.estimate((time.perf_counter() - self.compiled) / 5)
        self.total, self.recent = add(self.total, sums), add(self.recent, sums)
        if time.perf_counter() - self.shown > self.INTERVAL or i + 1 == self.steps:
            self.show(epoch, i + 1)

    def show(self, epoch, done):
        loss = means(self.recent)[0]
        self.board.draw(epoch + done / self.steps, loss, 'train loss')
        if self.tty:
            bar = '=' * (20 * done // self.steps)
            sys.stderr.write(f'\repoch {epoch + 1}/{self.epochs} [{bar:<20}] '
                             f'loss {loss:.3f} ')
            sys.stderr.flush()
        self.recent, self.shown = (0.0, 0.0, 0), time.perf_counter()

    def estimate(self, seconds):
        left = seconds * self.steps * self.epochs
        if left > self.PATIENCE and self.history.profile == 'full':
            print(f'about {left / 60:.0f} minutes for {self.epochs} epochs on '
                  f'{self.history.device}; D2L_PROFILE=quick takes a minute or two')

    def trained(self, epoch):
        loss, accuracy, count = means(self.total)
        seconds = time.perf_counter() - self.begun
        self.epoch = {'train_loss': loss, 'train_accuracy': accuracy,
                      'seconds': seconds, 'examples_per_second': count / seconds}

    def validated(self, epoch, result):
        val_loss, accuracy = result
        told = {**self.epoch, 'val_loss': val_loss, 'val_accuracy': accuracy}
        for name, value in told.items():
            getattr(self.history, name).append(value)
        self.board.draw(epoch + 1, val_loss, 'val loss')
        shown = f'val loss {val_loss:.3f}, '
        if not math.isnan(accuracy):
            self.board.draw(epoch + 1, accuracy, 'val accuracy')
            shown += f'val accuracy {accuracy:.3f}, '
        if self.log or self.tty:
            out = sys.stderr if self.tty else sys.stdout
            print(f'{self.tty * chr(13)}epoch {epoch + 1}/{self.epochs}: train loss '
                  f'{told["train_loss"]:.3f}, {shown}'
                  f'{told["examples_per_second"]:.1f} examples/s', file=out, flush=True)

    def close(self):
        self.board.close()
