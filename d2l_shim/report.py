"""Where a run is, in numbers: sums over examples, epochs and times."""

import math
import time
from typing import Any, NamedTuple

from d2l_shim.surroundings import setting


class Sums(NamedTuple):
    """What a step tells of its batch, summed over the examples.

    `loss` and `correct` (accuracy times count) stay on the device until `means`.
    """

    loss: Any
    correct: Any
    count: int


NOTHING = Sums(0.0, 0.0, 0)  # of no example


class NotFinite(ArithmeticError):
    """The `loss` of a run is infinite or no number; the message says where."""

    def __init__(self, loss, sentence):
        super().__init__(f'the loss {sentence.format(loss)}.')
        self.loss = loss


def add(a, b):
    return Sums(a.loss + b.loss, a.correct + b.correct, a.count + b.count)


def means(sums):
    """Fetch sums from the device: (mean loss, accuracy, count); NaN of no example."""
    loss, correct, count = sums
    size = count or math.nan
    return float(loss) / size, float(correct) / size, count


def check_finite(loss, sentence):
    """Raise NotFinite that says `sentence` after the loss, unless it is finite."""
    if not math.isfinite(loss):
        raise NotFinite(loss, sentence)


class Report:
    """Sums a run up while it goes, fills its History and tells the callbacks.

    `tell(hook, ...)` calls that method of each callback. Sums stay on the device
    between two progresses, a second apart. `steps` an epoch may be None: they are known
    after the first.
    """

    INTERVAL, PATIENCE = 1.0, 120  # seconds

    def __init__(self, epochs, steps, history, tell):
        self.epochs, self.steps, self.history = epochs, steps, history
        self.tell = tell
        self.epoch = self.step = 0

    def begin(self):
        self.total = self.recent = NOTHING
        self.step, self.row = 0, {}
        self.epoch += 1
        self.tell('on_epoch_begin')
        self.begun = self.shown = time.perf_counter()

    def stepped(self, sums):
        self.step += 1
        if self.epoch == 1:
            self.look(sums)
        self.total, self.recent = add(self.total, sums), add(self.recent, sums)
        self.tell('on_batch_end', sums)
        if time.perf_counter() - self.shown > self.INTERVAL or self.step == self.steps:
            self.show()

    def look(self, sums):
        """Check the very first loss; after five more steps, say how long it takes."""
        if self.step == 1:
            self.history.first_loss = means(sums)[0]
            check_finite(
                self.history.first_loss,
                'is {} at the first step, before any '
                'weight moved: look at the inputs and the model',
            )
            self.compiled = time.perf_counter()
        if self.step == 6:
            means(sums)  # waits for the device
            self.estimate((time.perf_counter() - self.compiled) / 5)

    def show(self):
        loss = means(self.recent)[0]
        self.check(loss)
        self.tell('on_progress', loss)
        self.recent, self.shown = NOTHING, time.perf_counter()

    def check(self, loss, what=''):
        check_finite(
            loss,
            f'{what}is {{}} in epoch {self.epoch}: a smaller learning rate may help',
        )

    def estimate(self, seconds):
        left = seconds * (self.steps or 0) * self.epochs
        if left > self.PATIENCE and self.history.profile == 'full':
            print(
                f'about {left / 60:.0f} minutes for {self.epochs} epochs on '
                f'{self.history.device}; for a minute or two, '
                f'{setting("D2L_PROFILE", "quick")}'
            )

    def trained(self):
        loss, accuracy, count = means(self.total)
        seconds = time.perf_counter() - self.begun
        self.row = {
            'train_loss': loss,
            'train_accuracy': accuracy,
            'seconds': seconds,
            'examples_per_second': count / seconds,
        }
        self.check(loss)
        self.steps = self.step

    def validated(self, sums):
        """Close an epoch; sums of no example stand for no validation."""
        val_loss, accuracy, count = means(sums)
        self.row |= {'val_loss': val_loss, 'val_accuracy': accuracy}
        if count:
            self.check(val_loss, 'of the validation ')
        self.tell('on_epoch_end', self.row)

    def broken_off(self, error):
        """Say why a run ended; the History keeps its last epoch, as far as it got."""
        self.row.setdefault('train_loss', error.loss)
        self.history.on_epoch_end(None, self.row)
        print(f'stopped: {error}')
