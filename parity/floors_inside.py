"""What floors.py asks of a framework's own process."""

import numpy as np

from parity.inside import own

BATCH = 16


class Decisions:
    """Which inputs of each ReLU were positive, in call order: kept, or imposed.

    A single example, which only gives lazy layers their shape, is left alone.
    """

    def __init__(self, imposed=()):
        self.imposed, self.kept, self.place = list(imposed), [], 0

    def keep(self, positive):
        """Keep the ones and zeros of a call on a whole batch."""
        if len(positive) == BATCH:
            self.kept.append(positive)

    def next(self, shape, layout='NCHW'):
        """Return the imposed ones and zeros for the next call, or None."""
        if not self.imposed or shape[0] != BATCH:
            return None
        mask = self.imposed[self.place % len(self.imposed)].astype(np.float32)
        self.place += 1
        return mask if layout == 'NCHW' else np.moveaxis(mask, 1, -1)


def prepare(side, imposed=(), average=False):
    """Define the network anew: ReLUs that decide as told, average pooling."""
    side.decisions, suspects = Decisions(imposed), own(side)
    side.book.relu = lambda: suspects.relu(side.decisions)

    def edit(source):
        if imposed or suspects.KEEPS:
            source = source.replace(suspects.RELU, 'relu()')
        return source.replace(*suspects.POOL) if average else source

    side.define(edit)
    if imposed:
        suspects.impose(side.book.DenseNet)


def decided(side):
    """Return what the ReLUs of the last training step decided, where they are kept."""
    masks, side.decisions.kept = side.decisions.kept, []
    return masks[len(masks) // 2 :]  # the first half is of the untrained evaluation


def stop_onednn(side):
    """Take other kernels than oneDNN's."""
    own(side).stop_onednn()


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
    options = dict(own(side).NEW_ALONE)
    if setting == 'use_fast_variance=False':
        options['use_fast_variance'] = False
    if setting != 'channels first':  # the book's Trainer has PyTorch put them last
        X = np.moveaxis(np.ascontiguousarray(np.moveaxis(X, 1, -1)), -1, 1)
    _, mean, var = own(side).norm(X, True, **options)
    n, exact = X[:, 0].size, X.astype(np.float64)
    var = var * (1 - 1 / n) if own(side).UNBIASED else var
    return {
        'mean of a channel': _error(mean, exact.mean((0, 2, 3))),
        'variance of a channel': _error(var, exact.var((0, 2, 3))),
    }


def _kernel_error(side, rng):
    X = rng.random((BATCH, 1, 96, 96), np.float32)
    D = rng.standard_normal((BATCH, 64, 48, 48), np.float32)
    D -= D.mean((0, 2, 3), keepdims=True)  # as a norm behind the convolution does
    padded = np.pad(X[:, 0].astype(np.float64), ((0, 0), (3, 3), (3, 3)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (7, 7), axis=(1, 2))
    exact = np.einsum(
        'nhwij,nchw->cij', windows[:, ::2, ::2], D.astype(np.float64), optimize=True
    )
    return _error(own(side).kernel_gradient(X, D)[:, 0], exact)


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
