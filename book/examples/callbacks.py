"""Two callbacks of one's own, for the Trainer of each framework."""

import math

from d2l_shim.callbacks import Callback


class Halve(Callback):
    """Halve the learning rate after every so many epochs."""

    def __init__(self, every):
        self.every = every

    def on_epoch_end(self, trainer, row):
        if trainer.report.epoch % self.every == 0:
            trainer.learning_rate /= 2


class EarlyStopping(Callback):
    """Stop once the validation loss has not improved for `patience` epochs."""

    def __init__(self, patience):
        self.best, self.patience, self.waited = math.inf, patience, 0

    def on_epoch_end(self, trainer, row):
        self.waited = 0 if row['val_loss'] < self.best else self.waited + 1
        self.best = min(self.best, row['val_loss'])
        if self.waited == self.patience:
            trainer.stop = True
