"""Questions about seeds, answered in a framework's own process."""

import contextlib
import io
import random

import numpy as np

from d2l_shim import core
from parity.inside import Made, profile
from tests.frameworks import written


def disturb(side):
    """Move the generators of Python, NumPy and the framework on."""
    random.random()
    np.random.random()
    written(side).disturb()


def histories(side, X, y, seeds, rate=0.0, called=False):
    """Fit a new `mixed` model for each of `seeds`; return losses and what was printed.

    With `called` each model is called once before.
    """
    told, printed = [], io.StringIO()
    core._said.clear()
    for seed in seeds:
        model = written(side).mixed(rate)
        if called:
            written(side).call(model, side.images(X))
        disturb(side)
        with profile('full'), contextlib.redirect_stdout(printed):
            history = side.d2l.Trainer(2, seed=seed).fit(model, Made(side, X, y, 4))
        told.append((history.first_loss, *history.train_loss, *history.val_loss))
    return told, printed.getvalue()


def table(side, X, first):
    """Return a table of vectors that its user set to 7, after a Trainer started.

    `first` is '' or 'call': the model was called before the user wrote.
    """
    own, images = written(side), side.images(X)
    model = own.mixed(0.0)
    if first == 'call':
        own.call(model, images)
    own.write_table(model, images)
    side.trainer(seed=1).start(model, side.batch(X, np.zeros(len(X))))
    return np.array(own.table(model))


def stated_seeds(side):
    """Return what Keras's layers with seeds of their user hold after a start: twice."""
    from keras import Sequential, initializers, layers

    told = []
    for seed in (1, 2):
        dense = layers.Dense(10, kernel_initializer=initializers.HeNormal(3))
        net = Sequential(
            [
                layers.Input((8, 8, 1)),
                layers.Flatten(),
                layers.Dropout(0.5, seed=7),
                dense,
            ]
        )
        side.trainer(seed=seed).start(
            written(side).classifier(net),
            side.batch(np.zeros((2, 1, 8, 8), np.float32), np.zeros(2)),
        )
        told.append([variable.numpy() for variable in net.variables])
    return told


def transformers(side):
    """Return the numbers of PyTorch's own transformer, started by seeds 1, 2 and 1."""
    import torch
    from torch import nn

    class Pairs(side.d2l.Classifier):
        lr = 0.1

        def __init__(self):
            super().__init__()
            self.net = nn.Transformer(8, 2, 2, 2, 8, batch_first=True)

        def forward(self, X):
            return self.net(X, X)[:, -1]

    told = []
    for seed in (1, 2, 1):
        model = Pairs()
        side.trainer(seed=seed).start(model, (torch.ones(1, 3, 8), torch.zeros(1)))
        told.append(
            {
                name: np.array(side.framework.numpy(tensor))
                for name, tensor in side.framework.all_tensors(model).items()
            }
        )
    return told
