"""What a run tells: its History, and how it is shown while it goes."""

import math
import sys
import time
from dataclasses import dataclass, field, fields

from d2l_shim.plot import ProgressBoard, in_notebook, plot

NOTHING = (0.0, 0.0, 0)  # sums (loss, correct, count) of no example


class NotFinite(ArithmeticError):
    """The `loss` of a run is infinite or no number; the message says where."""

    def __init__(self, loss, sentence):
        super().__init__(f'the loss {sentence.format(loss)}.')
        self.loss = loss


def add(a, b):
    return tuple(x + y for x, y in zip(a, b, strict=True))


def means(sums):
    """Fetch sums from the device: (mean loss, accuracy, count); NaN of no example."""
    loss, correct, count = sums
    size = count or math.nan
    return float(loss) / size, float(correct) / size, count


def check_finite(loss, sentence):
    """Raise NotFinite that says `sentence` after the loss, unless it is finite."""
    if not math.isfinite(loss):
        raise NotFinite(loss, sentence)


@dataclass
class History:
    """What a run did, one entry an epoch in each list.

    `first_loss` is the loss of the first step, before any weight moved. NaN stands
    for what there is not: an accuracy, or validation data.

    >>> nan = float('nan')
    >>> history = History(train_loss=[2.3, 0.9], train_accuracy=[0.1, 0.7],
    ...     val_loss=[1.4, 0.8], val_accuracy=[nan, nan], seconds=[5.2, 4.1],
    ...     examples_per_second=[246.2, 312.2])
    >>> history.to_dataframe()[['train_loss', 'val_loss', 'seconds']]
           train_loss  val_loss  seconds
    epoch
    1             2.3       1.4      5.2
    2             0.9       0.8      4.1
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
        return {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if isinstance(getattr(self, f.name), list)
        }

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


class Report:
    """Shows a run while it goes and fills its History.

    A live plot in a notebook, one line that is rewritten in a terminal, a line an
    epoch in a log. Sums stay on the device between two showings, a second apart.
    `steps` an epoch may be None: they are known after the first.
    """

    INTERVAL, PATIENCE = 1.0, 120  # seconds

    def __init__(self, epochs, steps, history):
        self.epochs, self.steps, self.history = epochs, steps, history
        self.board = ProgressBoard(xlabel='epoch', xlim=[0, max(epochs, 1)])
        self.tty = sys.stderr.isatty() and not in_notebook()
        self.log = not self.tty and not in_notebook()

    def begin(self):
        self.total = self.recent = NOTHING
        self.done, self.epoch = 0, {}
        self.begun = self.shown = time.perf_counter()

    def step(self, sums):
        epoch, i = len(self.history.seconds), self.done
        self.done += 1
        if epoch == i == 0:
            self.history.first_loss = means(sums)[0]
            check_finite(
                self.history.first_loss,
                'is {} at the first step, before any '
                'weight moved: look at the inputs and the model',
            )
            self.compiled = time.perf_counter()
        if epoch == 0 and i == 5:
            means(sums)  # waits for the device
            self.estimate((time.perf_counter() - self.compiled) / 5)
        self.total, self.recent = add(self.total, sums), add(self.recent, sums)
        if time.perf_counter() - self.shown > self.INTERVAL or self.done == self.steps:
            self.show(epoch)

    def show(self, epoch):
        loss = means(self.recent)[0]
        self.check(loss)
        if self.steps:
            self.board.draw(epoch + self.done / self.steps, loss, 'train loss')
        if self.tty:
            bar = (
                f'{"=" * (20 * self.done // self.steps):<20}'
                if self.steps
                else f'step {self.done}'
            )
            sys.stderr.write(
                f'\repoch {epoch + 1}/{self.epochs} [{bar}] loss {loss:.3f} '
            )
            sys.stderr.flush()
        self.recent, self.shown = NOTHING, time.perf_counter()

    def check(self, loss, what=''):
        check_finite(
            loss,
            f'{what}is {{}} in epoch {len(self.history.seconds) + 1}: a '
            'smaller learning rate may help',
        )

    def estimate(self, seconds):
        left = seconds * (self.steps or 0) * self.epochs
        if left > self.PATIENCE and self.history.profile == 'full':
            print(
                f'about {left / 60:.0f} minutes for {self.epochs} epochs on '
                f'{self.history.device}; D2L_PROFILE=quick takes a minute or two'
            )

    def trained(self):
        loss, accuracy, count = means(self.total)
        seconds = time.perf_counter() - self.begun
        self.epoch = {
            'train_loss': loss,
            'train_accuracy': accuracy,
            'seconds': seconds,
            'examples_per_second': count / seconds,
        }
        self.check(loss)
        if self.steps is None:
            self.board.draw(len(self.history.seconds) + 1, loss, 'train loss')
        self.steps = self.done

    def validated(self, sums):
        """Close an epoch; sums of no example stand for no validation."""
        val_loss, accuracy, count = means(sums)
        self.epoch |= {'val_loss': val_loss, 'val_accuracy': accuracy}
        if count:
            self.check(val_loss, 'of the validation ')
        told, epoch = self.epoch, len(self.history.seconds) + 1
        self.record()
        shown = ''
        for name, label in (('val_loss', 'val loss'), ('val_accuracy', 'val accuracy')):
            if not math.isnan(told[name]):
                self.board.draw(epoch, told[name], label)
                shown += f'{label} {told[name]:.3f}, '
        if self.log or self.tty:
            out = sys.stderr if self.tty else sys.stdout
            print(
                f'{self.tty * chr(13)}epoch {epoch}/{self.epochs}: train loss '
                f'{told["train_loss"]:.3f}, {shown}'
                f'{told["examples_per_second"]:.1f} examples/s',
                file=out,
                flush=True,
            )

    def record(self):
        """Add the epoch to the History, NaN for what it did not come to."""
        for name, column in self.history.columns().items():
            column.append(self.epoch.get(name, math.nan))
        self.epoch = {}

    def broken_off(self, error):
        """Say why a run ended; the History keeps its last epoch, as far as it got."""
        self.epoch.setdefault('train_loss', error.loss)
        self.record()
        print(f'stopped: {error}')

    def close(self):
        self.board.close()
