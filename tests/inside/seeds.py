"""Questions about seeds, answered in a framework's own process."""

import contextlib
import io

import numpy as np

from d2l_shim import core
from parity.inside import Made, profile
from tests.inside.init import SPOILT, classifier


def mixed(side, rate=0.0):
    """Return a model with layers of every kind, some with their shapes given.

    Images (N, 1, 8, 8): a linear layer, a PReLU, a norm of layers, dropout at `rate`, a
    table of vectors that pixels look up, an LSTM over the rows, a linear layer.
    """
    return {
        'pytorch': mixed_pytorch,
        'tensorflow': mixed_tensorflow,
        'jax': mixed_jax,
        'mxnet': mixed_mxnet,
    }[side.tab](side, rate)


def mixed_pytorch(side, rate):
    from torch import nn

    class Mixed(side.d2l.Classifier):
        lr = 0.1

        def __init__(self):
            super().__init__()
            self.first, self.prelu = nn.Linear(64, 16), nn.PReLU()
            self.norm, self.dropout = nn.LayerNorm(16), nn.Dropout(rate)
            self.table, self.rows = nn.Embedding(4, 16), nn.LSTM(8, 16)
            self.last = nn.Linear(16, 10)

        def forward(self, X):
            Y = self.dropout(self.norm(self.prelu(self.first(X.flatten(1)))))
            rows = self.rows(X[:, 0].transpose(0, 1))[0][-1]
            return self.last(Y + rows + self.table((3 * X.flatten(1)).long()).mean(1))

    return Mixed()


def mixed_tensorflow(side, rate):
    import tensorflow as tf
    from keras import Sequential, layers

    class Mixed(side.d2l.Classifier):
        lr = 0.1

        def __init__(self):
            super().__init__()
            self.net = Sequential(
                [
                    layers.Input((64,)),
                    layers.Dense(16),
                    layers.PReLU(),
                    layers.LayerNormalization(),
                    layers.Dropout(rate),
                ]
            )
            self.table, self.rows = layers.Embedding(4, 16), layers.LSTM(16)
            self.last = layers.Dense(10)

        def call(self, X, training=None):
            flat = tf.reshape(X, (-1, 64))
            looked_up = self.table(tf.cast(3 * flat, tf.int32))
            return self.last(
                self.net(flat, training=training)
                + self.rows(X[..., 0])
                + tf.reduce_mean(looked_up, 1)
            )

    return Mixed()


def mixed_jax(side, rate):
    from flax import linen as nn

    class Mixed(side.d2l.Classifier):
        lr: float = 0.1
        training: bool = True

        @nn.compact
        def __call__(self, X):
            flat = X.reshape(len(X), -1)
            Y = nn.LayerNorm()(nn.PReLU()(nn.Dense(16)(flat)))
            Y = nn.Dropout(rate, deterministic=not self.training)(Y)
            rows = nn.RNN(nn.OptimizedLSTMCell(16))(X[..., 0])[:, -1]
            looked_up = nn.Embed(4, 16)((3 * flat).astype('int32')).mean(1)
            return nn.Dense(10)(Y + rows + looked_up)

    return Mixed()


def mixed_mxnet(side, rate):
    from mxnet.gluon import nn, rnn

    class Mixed(side.d2l.Classifier):
        lr = 0.1

        def __init__(self):
            super().__init__()
            self.net = nn.HybridSequential()
            self.net.add(
                nn.Dense(16, in_units=64), nn.PReLU(), nn.LayerNorm(), nn.Dropout(rate)
            )
            self.table, self.rows = nn.Embedding(4, 16), rnn.LSTM(16)
            self.last = nn.Dense(10)

        def forward(self, X):
            flat = X.reshape(-1, 64)
            rows = self.rows(X[:, 0].transpose(1, 0, 2))[-1]
            looked_up = self.table((3 * flat).astype('int32')).mean(1)
            return self.last(self.net(flat) + rows + looked_up)

    return Mixed()


def disturb(side):
    """Move the generators of Python, NumPy and the framework on."""
    import random

    random.random()
    np.random.random()
    if side.tab == 'pytorch':
        import torch

        torch.rand(1)
    if side.tab == 'mxnet':
        side.d2l.np.random.uniform()


def histories(side, X, y, seeds, rate=0.0, called=False):
    """Fit a new `mixed` model for each of `seeds`; return losses and what was printed.

    With `called` each model is called once before.
    """
    told, printed = [], io.StringIO()
    core._said.clear()
    for seed in seeds:
        model = mixed(side, rate)
        if called and side.tab != 'jax':
            model(side.images(X))
        disturb(side)
        with profile('full'), contextlib.redirect_stdout(printed):
            history = side.d2l.Trainer(2, seed=seed).fit(model, Made(side, X, y, 4))
        told.append((history.first_loss, *history.train_loss, *history.val_loss))
    return told, printed.getvalue()


def written(side, X, first):
    """Return a table of vectors that its user set to 7, after a Trainer started.

    `first` is '' or 'call': the model was called before the user wrote.
    """
    model, images = mixed(side), side.images(X)
    if first == 'call' or side.tab == 'tensorflow':
        model(images)
    if side.tab == 'pytorch':
        model.table.weight.data[:] = SPOILT
    elif side.tab == 'tensorflow':
        model.table.set_weights([np.full((4, 16), SPOILT)])
    else:
        from mxnet.initializer import Constant

        model.table.initialize(Constant(SPOILT), force_reinit=True)
    side.trainer(seed=1).start(model, side.batch(X, np.zeros(len(X))))
    return np.array(
        side.d2l.numbers(model.table.weight)
        if side.tab == 'pytorch'
        else model.table.get_weights()[0]
        if side.tab == 'tensorflow'
        else model.table.weight.data().asnumpy()
    )


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
            classifier(side, net),
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
                name: np.array(side.d2l.numbers(tensor))
                for name, tensor in side.d2l.all_tensors(model).items()
            }
        )
    return told
