"""What happens beside the training: the base of callbacks, and the Trainer's own three.

`trainer.report` tells a callback where a run is: `epoch`, the number of the epoch under
way, of `epochs`; `step`, how many steps of it are done, of `steps` (None until known);
`history`, what was done before.
"""

import math
import sys
from dataclasses import dataclass, field, fields
from typing import Any

from tqdm import tqdm

from d2l_shim.plot import ProgressBoard, plot
from d2l_shim.surroundings import in_notebook


class Callback:
    """Base of callbacks, for `fit(model, data, callbacks=[...])`: define what you need.

    A callback may set `trainer.learning_rate`, for the steps that follow, and
    `trainer.stop = True`: the epoch then ends with the step just taken, is validated
    and recorded, and is the last. An error of a callback is an error of `fit`.
    """

    def on_fit_begin(self, trainer, model):
        """Called once the model has its numbers and `trainer.state` its optimizer."""

    def on_epoch_begin(self, trainer):
        """Called before the first step of each epoch."""

    def on_batch_end(self, trainer, sums):
        """Called after each training step, with its Sums, which stay on the device."""

    def on_progress(self, trainer, loss):
        """Called once a second, and at an epoch's end: `loss` is the mean meanwhile."""

    def on_epoch_end(self, trainer, row):
        """Called after the validation: `row` is the epoch's {column: number}.

        The columns are those of the History, which holds the row by now.
        """

    def on_fit_end(self, trainer):
        """Called once a run is over, whatever ended it, and the model can be used."""


@dataclass
class History(Callback):
    """What a run did, one entry an epoch in each list.

    The lists are `train_loss`, `train_accuracy`, `val_loss`, `val_accuracy`, `seconds`
    (of training, without validation) and `examples_per_second`; losses and accuracies
    are means over the examples. `first_loss` is the loss of the first step, before any
    weight moved. NaN stands for what there is not: an accuracy, or validation data.

    >>> history = History(train_loss=[2.3, 0.9], train_accuracy=[0.1, 0.7],
    ...     val_loss=[1.4, 0.8], val_accuracy=[0.5, 0.7], seconds=[5.2, 4.1],
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

    def on_epoch_end(self, trainer, row):
        """Add the epoch, NaN for what it did not come to."""
        for name, column in self.columns().items():
            column.append(row.get(name, math.nan))

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


LABELS = {'val_loss': 'val loss', 'val_accuracy': 'val accuracy'}


def validated(row):
    """Return what a row has of the validation, {label: number}."""
    return {
        label: row[name] for name, label in LABELS.items() if not math.isnan(row[name])
    }


class LivePlot(Callback):
    """The curves of a run, which grow in a notebook while it goes on."""

    def on_fit_begin(self, trainer, model):
        epochs = trainer.report.epochs
        self.board = ProgressBoard(xlabel='epoch', xlim=[0, max(epochs, 1)])

    def on_progress(self, trainer, loss):
        at = trainer.report
        if at.steps:
            self.board.draw(at.epoch - 1 + at.step / at.steps, loss, 'train loss')

    def on_epoch_end(self, trainer, row):
        epoch, shown = trainer.report.epoch, validated(row)
        if 'train loss' not in self.board.curves:  # how long an epoch is, is new
            shown = {'train loss': row['train_loss'], **shown}
        for label, number in shown.items():
            self.board.draw(epoch, number, label)

    def on_fit_end(self, trainer):
        self.board.close()


class Progress(Callback):
    """A bar in a terminal, and a line an epoch there and in a log; none in a notebook.

    A notebook has the live plot, and a page that is made of it no bars.
    """

    def on_fit_begin(self, trainer, model):
        self.tty = sys.stderr.isatty() and not in_notebook()
        self.log = not self.tty and not in_notebook()
        self.bar: Any = None  # of the epoch under way

    def on_epoch_begin(self, trainer):
        self.title = f'epoch {trainer.report.epoch}/{trainer.report.epochs}'
        if self.tty:  # for a bar tqdm starts a thread, even for one not shown
            self.bar = tqdm(
                desc=self.title,
                total=trainer.report.steps,
                unit='batch',
                leave=False,
                mininterval=0,  # it is told once a second
            )

    def on_progress(self, trainer, loss):
        if self.bar is not None:
            self.bar.set_postfix_str(f'loss {loss:.3f}', refresh=False)
            self.bar.update(trainer.report.step - self.bar.n)

    def on_epoch_end(self, trainer, row):
        self.on_fit_end(trainer)
        numbers = {'train loss': row['train_loss'], **validated(row)}
        shown = ', '.join(f'{label} {number:.3f}' for label, number in numbers.items())
        if self.tty or self.log:
            print(
                f'{self.title}: {shown}, {row["examples_per_second"]:.1f} examples/s',
                file=sys.stderr if self.tty else sys.stdout,
                flush=True,
            )

    def on_fit_end(self, trainer):
        if self.bar is not None:
            self.bar.close()
