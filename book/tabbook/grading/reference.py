"""The network's layers once more, in plain NumPy: what hidden tests compare with.

Maps are (N, C, H, W), kernels (out, in, kh, kw); float64 throughout.
"""

import numpy as np

from tabbook.grading.sides import draw

__all__ = [
    'average_pool', 'batch_norm', 'conv', 'conv_block', 'dense_block', 'draw', 'linear',
    'max_pool', 'relu', 'slope', 'transition',
]  # fmt: skip


def relu(X):
    """max(X, 0)."""
    return np.maximum(X, 0)


def batch_norm(X, training, eps=1e-5):
    """Normalise each channel; in evaluation with mean 0 and variance 1, as new."""
    axes = (0, *range(2, X.ndim))
    if not training:
        return X / np.sqrt(1 + eps)
    mean = X.mean(axes, keepdims=True)
    return (X - mean) / np.sqrt(X.var(axes, keepdims=True) + eps)


def conv(X, W, stride=1, padding=0):
    """Cross-correlate X (N, C, H, W) with W (out, C, kh, kw)."""
    X = np.pad(X, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = np.lib.stride_tricks.sliding_window_view(X, W.shape[2:], (2, 3))
    windows = windows[:, :, ::stride, ::stride]
    return np.einsum('ncijkl,ockl->noij', windows, W, optimize=True)


def linear(X, W):
    """X (N, in) times W (out, in), transposed."""
    return X @ W.T


def _windows(X):
    N, C, H, W = X.shape
    return X[:, :, : H // 2 * 2, : W // 2 * 2].reshape(N, C, H // 2, 2, W // 2, 2)


def average_pool(X):
    """The mean of each 2 x 2 window, stride 2."""
    return _windows(X).mean((3, 5))


def max_pool(X):
    """The largest number of each 2 x 2 window, stride 2."""
    return _windows(X).max((3, 5))


def conv_block(X, num_channels, seed, training=False):
    """BatchNorm, ReLU and a 3 x 3 convolution, weights `draw(shape, seed)`."""
    W = draw((num_channels, X.shape[1], 3, 3), seed)
    return conv(relu(batch_norm(X, training)), W, padding=1)


def dense_block(X, num_convs, growth_rate, seed, training=False):
    """`num_convs` conv blocks, each appending `growth_rate` channels."""
    for _ in range(num_convs):
        Y = conv_block(X, growth_rate, seed, training)
        X = np.concatenate((X, Y), axis=1)
    return X


def transition(X, num_channels, seed, training=False, pool=average_pool):
    """BatchNorm, ReLU, a 1 x 1 convolution and pooling."""
    W = draw((num_channels, X.shape[1], 1, 1), seed)
    return pool(conv(relu(batch_norm(X, training)), W))


def slope(function, X, V, step=1e-5):
    """The derivative of a scalar `function` at X in the direction V."""
    return (function(X + step * V) - function(X - step * V)) / (2 * step)
