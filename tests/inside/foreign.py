"""Models that nobody here wrote, asked for in their framework's own process."""

import contextlib
import importlib
import io
import math

import numpy as np

from d2l_shim import starts


def torchvision():
    """Return torchvision's models, which import beside a PyTorch for the CPU, too."""
    import torch

    try:
        return importlib.import_module('torchvision.models')
    except RuntimeError:  # its compiled half is for CUDA, and two names are missing
        library = torch.library.Library('torchvision', 'FRAGMENT')
        for name in ('nms', 'qnms'):
            library.define(f'{name}(Tensor a, Tensor b, float c) -> Tensor')
        torchvision.library = library  # it takes the names along when it is let go
        return importlib.import_module('torchvision.models')


@contextlib.contextmanager
def as_the_zoo_was_written():
    """Gluon's zoo is older than MXNet's NumPy arrays: turn them off for a while."""
    from mxnet import util

    with util.np_array(False), util.np_shape(False):
        yield


@contextlib.contextmanager
def float64():
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy('float64')
    yield
    keras.config.set_dtype_policy(before)


def densenet(side, depth, size):
    """Return (model, example) of the framework's own DenseNet, in float64."""
    if side.tab == 'pytorch':
        import torch

        model = getattr(torchvision(), f'densenet{depth}')().double().eval()
        return model, torch.zeros((1, 3, size, size), dtype=torch.float64)
    if side.tab == 'tensorflow':
        import keras
        import tensorflow as tf

        with float64():
            model = getattr(keras.applications, f'DenseNet{depth}')(
                weights=None, input_shape=(size, size, 3), classifier_activation=None
            )
        return model, tf.zeros((1, size, size, 3), tf.float64)
    from mxnet import nd
    from mxnet.gluon import model_zoo, nn

    model = getattr(model_zoo.vision, f'densenet{depth}')()
    for i, part in model.features._children.items():
        if type(part) is nn.AvgPool2D:  # by 7, for images of 224
            model.features._children[i] = nn.GlobalAvgPool2D()
    model.initialize()
    model.cast('float64')
    return model, nd.zeros((1, 3, size, size), dtype='float64')


def counts(side, depths):
    """Return {depth: trainable parameters} of the framework's own DenseNets."""
    with as_the_zoo_was_written() if side.tab == 'mxnet' else contextlib.nullcontext():
        return {depth: count(side, *densenet(side, depth, 32)) for depth in depths}


def count(side, model, X):
    if side.tab == 'pytorch':
        return sum(p.numel() for p in model.parameters())
    if side.tab == 'tensorflow':
        return sum(math.prod(w.shape) for w in model.trainable_weights)
    model(X)  # gives the parameters their shapes
    return sum(
        math.prod(p.shape)
        for p in model.collect_params().values()
        if p.grad_req != 'null'
    )


def numbers(name, shape, i):
    """Draw tensor `i`: weights by He, and nothing at its usual start."""
    tensor = name.rsplit('.', 1)[1]
    if tensor == 'weight' and len(shape) > 1:
        return starts.draw(name, shape, i, seed=0)
    rng = np.random.default_rng([1, i])
    if tensor in ('weight', 'running_var'):
        return rng.uniform(0.5, 1.5, shape).astype(np.float32)
    return rng.normal(0, 0.1, shape).astype(np.float32)


def logits(side, X, depth=121):
    """Return {name: shape} of the framework's own DenseNet, and logits for `X`.

    All tensors are drawn by `numbers`, and what differs by default is set: epsilon.
    """
    with as_the_zoo_was_written() if side.tab == 'mxnet' else contextlib.nullcontext():
        model, example = densenet(side, depth, X.shape[-1])
        named = side.d2l.tensors(model, example)
        for i, (name, handle) in enumerate(named.items()):
            put(side, handle, numbers(name, handle.shape, i))
        shapes = {name: tuple(handle.shape) for name, handle in named.items()}
        return shapes, forward(side, model, X.astype(np.float64))


def put(side, handle, array):
    if side.tab == 'mxnet':  # its handle takes MXNet's NumPy arrays
        from mxnet import nd

        handle.tensor.set_data(nd.array(array, dtype='float64'))
    else:
        handle.set(array)


def forward(side, model, X):
    if side.tab == 'pytorch':
        import torch

        with torch.no_grad():
            return model(torch.from_numpy(X)).numpy()
    if side.tab == 'tensorflow':
        for layer in model.layers:
            if hasattr(layer, 'epsilon'):
                layer.epsilon = 1e-5  # 1.001e-5 by default
        return model(np.moveaxis(X, 1, -1), training=False).numpy()
    from mxnet import nd

    return model(nd.array(X, dtype='float64')).asnumpy()


def without_bottlenecks(side, X, num_channels, growth_rate, arch):
    """Return tensors and logits of torchvision's DenseNet, plain as the section's.

    The first half of each of its dense layers, the bottleneck, is taken out.
    """
    import torch
    from torch import nn

    model = torchvision().DenseNet(growth_rate, arch, num_channels, num_classes=10)
    model.features.conv0 = nn.Conv2d(X.shape[1], num_channels, 7, 2, 3, bias=False)
    for layer in model.modules():
        if type(layer).__name__ == '_DenseLayer':
            layer.norm2 = nn.BatchNorm2d(layer.norm1.num_features)
            layer.conv2 = nn.Conv2d(
                layer.norm1.num_features, growth_rate, 3, padding=1, bias=False
            )
            layer.norm1 = layer.relu1 = layer.conv1 = nn.Identity()
    model.double().eval()
    named = side.d2l.tensors(model, torch.from_numpy(X[:1].astype(np.float64)))
    for i, (name, handle) in enumerate(named.items()):
        handle.set(numbers(name, handle.shape, i))
    return (
        {name: np.array(handle.get()) for name, handle in named.items()},
        forward(side, model, X.astype(np.float64)),
    )


def resnet18(side):
    """Return ResNet-18's parameters as the section counts them, and as printed there.

    That is torchvision's with one input channel, ten classes, and the biases of
    convolutions that the section's formula has and torchvision leaves out.
    """
    from torch import nn

    from parity.inside import ROOT
    from tabbook.text.parse import Library
    from tabbook.text.split import split

    model = torchvision().resnet18(num_classes=10)
    model.conv1 = nn.Conv2d(1, 64, 7, stride=2, padding=3, bias=False)
    biases = sum(
        layer.out_channels for layer in model.modules() if isinstance(layer, nn.Conv2d)
    )
    library = Library(ROOT / 'notebooks')
    (cell,) = (
        cell
        for cell in split(library['densenet'], 'pytorch', library)
        if 'resnet18 =' in cell.source
    )
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(cell.source, {})
    return sum(p.numel() for p in model.parameters()) + biases, printed.getvalue()


def work(side, model, size):
    """Return (parameters, multiply-adds) of a model of torchvision for one image.

    A convolution works at each place of its output, a linear layer once.
    """
    import torch

    model, seen = getattr(torchvision(), model)().eval(), []

    def note(layer, _, output):
        places = math.prod(output.shape[2:])
        seen.append(layer.weight.numel() * places)

    for layer in model.modules():
        if isinstance(layer, (torch.nn.Conv2d, torch.nn.Linear)):
            layer.register_forward_hook(note)
    with torch.no_grad():
        model(torch.zeros(1, 3, size, size))
    return sum(p.numel() for p in model.parameters()), sum(seen)
