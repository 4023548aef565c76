"""What floors.py asks of a framework's own process."""

import importlib

import numpy as np

BATCH = 16

# What the suspects are called in each framework, and what replaces them.
RELU = {
    'pytorch': 'nn.ReLU()',
    'tensorflow': 'layers.ReLU()',
    'jax': 'nn.relu',
    'mxnet': "nn.Activation('relu')",
}
POOL = {
    'pytorch': ('nn.MaxPool2d', 'nn.AvgPool2d'),
    'tensorflow': ('layers.MaxPool2D', 'layers.AveragePooling2D'),
    'jax': ('nn.max_pool', 'nn.avg_pool'),
    'mxnet': ('nn.MaxPool2D', 'nn.AvgPool2D'),
}


class Decisions:
    """Which inputs of each ReLU were positive, in call order: kept, or imposed.

    A single example, which only gives lazy layers their shape, is left alone.
    """

    def __init__(self, imposed=()):
        self.imposed, self.kept, self.place = list(imposed), [], 0

    def next(self, shape, layout='NCHW'):
        """Return the imposed ones and zeros for the next call, or None."""
        if not self.imposed or shape[0] != BATCH:
            return None
        mask = self.imposed[self.place % len(self.imposed)].astype(np.float32)
        self.place += 1
        return mask if layout == 'NCHW' else np.moveaxis(mask, 1, -1)


def pytorch_relu(decisions):
    import torch

    class ReLU(torch.nn.Module):
        def forward(self, X):
            if len(X) == BATCH:
                decisions.kept.append((X > 0).numpy())
            mask = decisions.next(X.shape)
            return X.relu() if mask is None else X * torch.from_numpy(mask)

    return ReLU()


def tensorflow_relu(decisions):
    import keras
    import tensorflow as tf

    class ReLU(keras.layers.Layer):
        def call(self, X):
            mask = decisions.next(X.shape, 'NHWC')
            return tf.nn.relu(X) if mask is None else X * tf.constant(mask)

    return ReLU()


def jax_relu(decisions):
    import jax

    def relu(X):
        mask = decisions.next(X.shape, 'NHWC')
        return jax.nn.relu(X) if mask is None else X * mask

    return relu


def mxnet_relu(decisions):
    import mxnet

    class ReLU(mxnet.gluon.nn.HybridBlock):
        def forward(self, X):
            mask = decisions.next(X.shape)
            return mxnet.npx.relu(X) if mask is None else X * mxnet.np.array(mask)

    return ReLU()


def prepare(side, imposed=(), average=False):
    """Define the network anew: ReLUs that decide as told, average pooling."""
    side.decisions = Decisions(imposed)
    side.book.relu = lambda: globals()[f'{side.tab}_relu'](side.decisions)

    def edit(source):
        if imposed or side.tab == 'pytorch':
            source = source.replace(RELU[side.tab], 'relu()')
        return source.replace(*POOL[side.tab]) if average else source

    side.define(edit)
    if imposed and side.tab == 'mxnet':  # a mask is no symbol: run call by call
        side.book.DenseNet.hybridize = lambda *_: None


def decided(side):
    """Return what the ReLUs of the last training step decided (PyTorch)."""
    masks, side.decisions.kept = side.decisions.kept, []
    return masks[len(masks) // 2 :]  # the first half is of the untrained evaluation


def stop_onednn(side):
    """Take other kernels than oneDNN's, where no environment variable does that."""
    if side.tab == 'pytorch':
        import torch

        torch.backends.mkldnn.set_flags(False)


# --- one layer alone ---


def layers(side, setting='as in the book'):
    """Return the float32 error of single layers, {layer: relative error}.

    The sums run over a batch of the stem's output: 16 x 48 x 48 numbers a channel.
    """
    rng = np.random.default_rng(0)
    X = rng.random((BATCH, 64, 48, 48), np.float32)
    found = _norm_errors(side, X, setting)
    if setting in ('as in the book', 'no oneDNN'):
        found['kernel gradient of the first convolution'] = _kernel_error(side, rng)
        found['cross-entropy'] = _loss_error(side, rng)
    return found


def _norm_errors(side, X, setting):
    own = importlib.import_module(f'parity.own_{side.tab}')
    options = {'momentum': float(side.tab == 'pytorch')}  # only the new batch counts
    if setting == 'use_fast_variance=False':
        options['use_fast_variance'] = False
    if setting != 'channels first':  # the book's Trainer has PyTorch put them last
        X = np.moveaxis(np.ascontiguousarray(np.moveaxis(X, 1, -1)), -1, 1)
    _, mean, var = own.norm(X, True, **options)
    n, exact = X[:, 0].size, X.astype(np.float64)
    var = var * (1 - 1 / n) if side.tab == 'pytorch' else var
    return {
        'mean of a channel': _error(mean, exact.mean((0, 2, 3))),
        'variance of a channel': _error(var, exact.var((0, 2, 3))),
    }


def _kernel_error(side, rng):
    own = importlib.import_module(f'parity.own_{side.tab}')
    X = rng.random((BATCH, 1, 96, 96), np.float32)
    D = rng.standard_normal((BATCH, 64, 48, 48), np.float32)
    D -= D.mean((0, 2, 3), keepdims=True)  # as a norm behind the convolution does
    padded = np.pad(X[:, 0].astype(np.float64), ((0, 0), (3, 3), (3, 3)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (7, 7), axis=(1, 2))
    exact = np.einsum(
        'nhwij,nchw->cij', windows[:, ::2, ::2], D.astype(np.float64), optimize=True
    )
    return _error(own.kernel_gradient(X, D)[:, 0], exact)


def _loss_error(side, rng):
    """Return the worst error among examples one at a time."""
    logits, y = rng.standard_normal((BATCH, 1, 10), np.float32), rng.integers(0, 10, 16)
    model, convert = side.book.DenseNet(), side.d2l.FashionMNIST.convert
    exact = np.log(np.exp(logits[:, 0].astype(np.float64)).sum(1))
    exact -= logits[range(BATCH), 0, y]
    found = [
        float(model.loss(*convert(None, z, y[i : i + 1].astype(np.int32))))
        for i, z in enumerate(logits)
    ]
    return np.abs(found / exact - 1).max()


def _error(found, exact):
    return np.linalg.norm(found - exact) / np.linalg.norm(exact)
