"""MXNet (Gluon) by its own defaults; see own_pytorch.py."""

import mxnet as mx
import numpy as onp
from mxnet import autograd, gluon, np, npx
from mxnet.gluon import nn

from parity.counted import counted

REFUSALS = (TypeError, ValueError, mx.MXNetError)
SAME = 'same'
array = np.array
RELU, POOL = "nn.Activation('relu')", ('nn.MaxPool2D', 'nn.AvgPool2D')
NEW_ALONE = {'momentum': 0.0}
UNBIASED = KEEPS = False


def called(layer, *X):
    layer.initialize()
    return layer(*map(array, X)).asnumpy()


def raw_conv(X, channels):
    return called(nn.Conv2D(channels, 1), X)


def conv(X, channels, kernel_size, stride=1, **options):
    layer = nn.Conv2D(channels, kernel_size, strides=stride, **options)
    Y = called(layer, X)
    return Y, layer.weight.data().asnumpy(), layer.bias.data().asnumpy()


def kernel_gradient(X, D):
    layer = nn.Conv2D(64, 7, strides=2, padding=3)
    layer.initialize()
    with autograd.record():
        Y = layer(array(X))
    Y.backward(array(D))
    return layer.weight.grad().asnumpy()


def dense(X, units):
    layer = nn.Dense(units)
    return called(layer, X), layer.weight.data().asnumpy()


def empty_chain(X):
    return called(nn.HybridSequential(), X)


def max_pool(X, size, stride=None, **options):
    return called(nn.MaxPool2D(size, stride, **options), X)


def average_pool(X, size, stride):
    return called(nn.AvgPool2D(size, stride, padding=1), X)


def norm_count(channels):
    layer = nn.BatchNorm(in_channels=channels)
    layer.initialize()
    return sum(p.data().size for p in layer.collect_params().values())


def norm(X, training=None, **options):
    layer = nn.BatchNorm(**options)
    layer.cast(X.dtype.name)
    layer.initialize()
    if training is None:
        Y = layer(array(X)).asnumpy()
    else:
        with autograd.record(training):
            Y = layer(array(X))
        Y.backward()  # only now the running statistics move
        Y = Y.asnumpy()
    return Y, *(t.data().asnumpy() for t in (layer.running_mean, layer.running_var))


def statistics_move(X):
    layer = nn.BatchNorm()
    layer.initialize()
    with autograd.record():
        layer(array(X))
    moved = layer.running_mean.data().asnumpy().any()
    return 'the forward pass' if moved else 'the backward pass'


def numbers_exist():
    layer = nn.Conv2D(1, 3)
    yield 'when made', layer.weight._data is not None
    layer.initialize()
    yield 'by initialize', layer.weight._data is not None
    layer(np.zeros((1, 1, 8, 8)))
    yield 'at the first call', layer.weight._data is not None


def draw(seed=None):
    if seed is not None:
        mx.random.seed(seed)
    return np.random.normal().item(), np.random.normal().item()


def loss(logits, labels):
    return gluon.loss.SoftmaxCrossEntropyLoss()(array(logits), array(labels)).asnumpy()


def backward_twice():
    w, seen = np.zeros(1), []
    w.attach_grad()
    for _ in range(2):
        with autograd.record():
            y = w * 1
        y.backward()
        seen.append(w.grad.item())
    return seen


def gradients_behind():
    w = np.ones(1)
    w.attach_grad()
    with autograd.record():
        h = 2 * w
        h.attach_grad()
        y = 3 * h
    y.backward()
    return w.grad.item(), h.grad.item()


def second_run(X):
    words = ('checkpoint', 'recompute', 'remat', 'mirror')
    found = [
        name
        for place in (mx, autograd, gluon, gluon.HybridBlock, npx)
        for name in dir(place)
        if any(word in name.lower() for word in words)
    ]
    return ' and '.join(found) or 'no such function'


def norm_again(X):
    return second_run(X)


def sgd_step(dtype, *lr):
    w = gluon.Parameter('w', shape=1, dtype=dtype, init='zeros')
    w.initialize()
    with autograd.record():
        y = w.data() * 1
    y.backward()
    options = {'learning_rate': lr[0]} if lr else {}
    gluon.Trainer([w], 'sgd', options).step(1)
    return w.data().item()


def first_batch(n, batch_size):
    data = gluon.data.ArrayDataset(onp.arange(n))
    return next(iter(gluon.data.DataLoader(data, batch_size, shuffle=True))).asnumpy()


def resize(row, size):
    image = mx.nd.array(onp.float32(row)[None, None, None])
    return mx.nd.contrib.BilinearResize2D(image, height=1, width=size).asnumpy().ravel()


def type_of_array(X):
    return array(X).dtype.name


def type_of_sum():
    return (np.zeros(1, dtype='int32') + np.zeros(1)).dtype.name


def tensor_float_32():
    switches = [name for name in mx.runtime.Features() if 'TF32' in name]
    return ' and '.join(switches) or 'no switch'


def exact(trainer, batch):
    return tensor_float_32() in ('none', 'no switch')


def runs_of_python(steps):
    Layer, runs = counted(nn.Dense, 'hybrid_forward')
    layer = Layer(1)
    called(layer, np.ones((1, 1)))
    runs.clear()  # what the layer ran to learn its shape
    for _ in range(steps):
        with autograd.record():
            Y = layer(np.ones((1, 1)))
        Y.backward()
    return len(runs)


def device_of_array():
    return np.zeros(1).ctx.device_type


def use_gpu(i):
    return np.zeros(1, ctx=mx.gpu(i))


def relu(decisions):
    class ReLU(nn.HybridBlock):
        def forward(self, X):
            mask = decisions.next(X.shape)
            return mx.npx.relu(X) if mask is None else X * mx.np.array(mask)

    return ReLU()


def stop_onednn():
    """Nothing: an environment variable does it."""


def impose(model):
    """Let a class of models run call by call: a mask is no symbol."""
    model.hybridize = lambda *_: None
