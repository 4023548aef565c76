"""The network's layers once more, in plain NumPy: what hidden tests compare with.

Maps are (N, C, H, W), kernels (out, in, kh, kw); float64 throughout.
"""

import csv

import numpy as np

from d2l_shim.data import fetch
from d2l_shim.starts import by_shape as draw
from tabbook.grading.hidden.counts import (
    bottleneck_of,
    conv_parameters,
    densenet_multiply_adds,
    densenet_parameters,
    densenet_width,
    frugal,
    resnet18_multiply_adds,
    resnet18_parameters,
    resnet18_sizes,
)

__all__ = [
    'average_pool',
    'batch_norm',
    'conv',
    'conv_block',
    'conv_parameters',
    'dense_block',
    'dense_block_gradients',
    'dense_block_moved',
    'densenet',
    'densenet_multiply_adds',
    'densenet_parameters',
    'densenet_width',
    'draw',
    'frugal',
    'head',
    'house_prices',
    'linear',
    'max_pool',
    'relu',
    'resnet18_multiply_adds',
    'resnet18_parameters',
    'resnet18_sizes',
    'slope',
    'small_stem',
    'stem',
    'transition',
]


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


def conv_block(X, num_channels, seed, training=False, bottleneck=None):
    """BatchNorm, ReLU and a 3 x 3 convolution, weights `draw(shape, seed)`.

    With a `bottleneck`, the same with a 1 x 1 convolution comes before, to
    `bottleneck * num_channels` channels; convolutions have no bias, or one of zeros.
    """
    if bottleneck:
        W = draw((bottleneck * num_channels, X.shape[1], 1, 1), seed)
        X = conv(relu(batch_norm(X, training)), W)
    W = draw((num_channels, X.shape[1], 3, 3), seed)
    return conv(relu(batch_norm(X, training)), W, padding=1)


def dense_block(X, num_convs, growth_rate, seed, training=False, bottleneck=None):
    """`num_convs` conv blocks, each appending `growth_rate` channels.

    `bottleneck` may be a function of the channels that a layer reads.
    """
    for _ in range(num_convs):
        times = bottleneck_of(bottleneck, X.shape[1])
        Y = conv_block(X, growth_rate, seed, training, times)
        X = np.concatenate((X, Y), axis=1)
    return X


def dense_block_moved(X, num_convs, growth_rate, seed, steps=1):
    """A dense block in evaluation on X after `steps` passes over X in training."""
    Y, axes, decay = X, (0, 2, 3), 0.9**steps
    for _ in range(num_convs):
        mean = (1 - decay) * X.mean(axes, keepdims=True)
        var = decay + (1 - decay) * X.var(axes, keepdims=True)
        W = draw((growth_rate, X.shape[1], 3, 3), seed)
        new = conv(relu((Y - mean) / np.sqrt(var + 1e-5)), W, padding=1)
        Y = np.concatenate((Y, new), axis=1)
        X = np.concatenate((X, conv_block(X, growth_rate, seed, True)), axis=1)
    return Y


def dense_block_gradients(X, G, num_convs, growth_rate, seed, training=False):
    """The gradients of sum(G * dense_block(X)): (at X, of kernels, of vectors).

    Vectors are each layer's scale, shift and bias; the last layer comes first.
    """
    inputs, kernels, vectors = [], [], []
    for _ in range(num_convs):
        inputs.append(X)
        new = conv_block(X, growth_rate, seed, training)
        X = np.concatenate((X, new), axis=1)
    for X in reversed(inputs):
        G, dY = np.split(G, [X.shape[1]], axis=1)
        W = draw((growth_rate, X.shape[1], 3, 3), seed)
        dX, kernel, *rest = _conv_block_gradients(X, W, dY, training)
        G = G + dX
        kernels.append(kernel)
        vectors += rest
    return G, kernels, vectors


def _conv_block_gradients(X, W, dY, training):
    """(at X, of the kernel, of scale, shift and bias) where scale is 1 and shift 0."""
    axes = (0, 2, 3)
    normed = batch_norm(X, training)
    pads = (0, 0), (0, 0), (1, 1), (1, 1)
    padded = np.pad(relu(normed), pads)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))
    dW = np.einsum('ncijkl,noij->ockl', windows, dY, optimize=True)
    d = conv(dY, W[:, :, ::-1, ::-1].swapaxes(0, 1), padding=1) * (normed > 0)
    scale, shift = (d * normed).sum(axes), d.sum(axes)
    if training:
        means = [(d * factor).mean(axes, keepdims=True) for factor in (1, normed)]
        d = d - means[0] - normed * means[1]
        d = d / np.sqrt(X.var(axes, keepdims=True) + 1e-5)
    else:
        d = d / np.sqrt(1 + 1e-5)
    return d, dW, scale, shift, dY.sum(axes)


def transition(X, num_channels, seed, training=False, pool=average_pool):
    """BatchNorm, ReLU, a 1 x 1 convolution and pooling."""
    W = draw((num_channels, X.shape[1], 1, 1), seed)
    return pool(conv(relu(batch_norm(X, training)), W))


def stem(X, num_channels, seed, training=False):
    """A 7 x 7 convolution of stride 2, BatchNorm, ReLU, 3 x 3 maximum of stride 2."""
    W = draw((num_channels, X.shape[1], 7, 7), seed)
    Y = relu(batch_norm(conv(X, W, 2, 3), training))
    Y = np.pad(Y, ((0, 0), (0, 0), (1, 1), (1, 1)))  # a zero never beats a ReLU's
    windows = np.lib.stride_tricks.sliding_window_view(Y, (3, 3), (2, 3))
    return windows[:, :, ::2, ::2].max((4, 5))


def small_stem(X, num_channels, seed):
    """A 3 x 3 convolution."""
    return conv(X, draw((num_channels, X.shape[1], 3, 3), seed), padding=1)


def head(X, num_classes, seed, training=False):
    """BatchNorm, ReLU, the mean of each map, and a linear layer."""
    means = relu(batch_norm(X, training)).mean((2, 3))
    return linear(means, draw((num_classes, X.shape[1]), seed))


def densenet(
    X,
    num_channels,
    growth_rate,
    arch,
    num_classes,
    seed,
    training=False,
    bottleneck=None,
    compression=0.5,
    small_images=False,
):
    """Logits (N, num_classes) of the network, from stem to head."""
    if small_images:
        X = small_stem(X, num_channels, seed)
    else:
        X = stem(X, num_channels, seed, training)
    for i, num_convs in enumerate(arch):
        if i:
            X = transition(X, int(X.shape[1] * compression), seed, training)
        X = dense_block(X, num_convs, growth_rate, seed, training, bottleneck)
    return head(X, num_classes, seed, training)


def house_prices():
    """The prices in the training file of the house prices, in its order."""
    path = fetch.available('house-prices')['kaggle_house_pred_train.csv']
    with open(path, encoding='utf-8', newline='') as file:
        return np.array([float(row['SalePrice']) for row in csv.DictReader(file)])


def slope(function, X, V, step=1e-5):
    """The derivative of a scalar `function` at X in the direction V."""
    return (function(X + step * V) - function(X - step * V)) / (2 * step)
