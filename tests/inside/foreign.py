"""Models that nobody here wrote, asked for in their framework's own process."""

import contextlib
import io
import math

import numpy as np

from d2l_shim import starts
from tests.frameworks import written

TABS = {'torchvision': 'pytorch', 'keras': 'tensorflow', 'gluon': 'mxnet'}
MORE = 1 + 2.0**-30  # which float32 cannot tell from 1


def counts(side, depths):
    """Return {depth: trainable parameters} of the framework's own DenseNets."""
    own, count = written(side), side.framework.count
    with own.zoo():
        return {depth: count(*own.densenet(depth, 32)) for depth in depths}


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
    own = written(side)
    with own.zoo():
        model, named = drawn(side, depth, X.shape[-1])
        own.set_eps(model, 1e-5)
        shapes = {name: tuple(handle.shape) for name, handle in named.items()}
        return shapes, own.zoo_logits(model, X.astype(np.float64))


def drawn(side, depth, size, fraction=1.0):
    """Return the framework's own DenseNet, and its tensors, {name: Handle}.

    They are drawn by `numbers`, each times `fraction`.
    """
    own = written(side)
    model, example = own.densenet(depth, size)
    named = side.framework.tensors(model, example)
    for i, (name, handle) in enumerate(named.items()):
        own.put(handle, numbers(name, handle.shape, i) * np.float64(fraction))
    return model, named


def checkpoint(side, path, form, depth=121, X=None, size=32):
    """Write the framework's own DenseNet to `path`, in its own `form`.

    No tensor of it is a number of 32 bits. Returns its logits for `X`, if there is one.
    """
    own = written(side)
    with own.zoo():
        model, _ = drawn(side, depth, size if X is None else X.shape[-1], MORE)
        own.save_zoo(model, path, form)
        return None if X is None else own.zoo_logits(model, X.astype(np.float64))


def without_bottlenecks(side, X, num_channels, growth_rate, arch):
    """Return tensors and logits of torchvision's DenseNet, plain as the section's.

    The first half of each of its dense layers, the bottleneck, is taken out.
    """
    import torch
    from torch import nn

    from tests.frameworks.pytorch import torchvision

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
    named = side.framework.tensors(model, torch.from_numpy(X[:1].astype(np.float64)))
    for i, (name, handle) in enumerate(named.items()):
        handle.set(numbers(name, handle.shape, i))
    return (
        {name: np.array(handle.get()) for name, handle in named.items()},
        written(side).zoo_logits(model, X.astype(np.float64)),
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
    from tests.frameworks.pytorch import torchvision

    model = torchvision().resnet18(num_classes=10)
    model.conv1 = nn.Conv2d(1, 64, 7, stride=2, padding=3, bias=False)
    biases = sum(
        layer.out_channels for layer in model.modules() if isinstance(layer, nn.Conv2d)
    )
    library = Library(ROOT / 'notebooks')
    (cell,) = (
        cell
        for cell in split(library['densenet'], 'pytorch', library)
        if 'def resnet18(' in cell.source
    )
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(cell.source, {})
    return sum(p.numel() for p in model.parameters()) + biases, printed.getvalue()


def work(side, model, size):
    """Return (parameters, multiply-adds) of a model of torchvision for one image.

    A convolution works at each place of its output, a linear layer once.
    """
    import torch

    from tests.frameworks.pytorch import torchvision

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


def published(side, config, X, weights, precision):
    """Return what the book's model of `config` computes with a weight file."""
    model, trainer = side.model(**config), side.trainer(precision=precision)
    with trainer.scope():
        return written(side).with_weights(side, model, trainer, X, weights)


KERNEL, BIAS = 'features.conv0.weight', 'classifier.bias'
PICKLED = {  # {kind: what becomes of a state dict and is saved}
    'under state_dict': lambda tensors, torch: {'epoch': 3, 'state_dict': tensors},
    'bfloat16': lambda tensors, torch: {
        name: tensor.bfloat16() if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
    },
    'parameters': lambda tensors, torch: (
        tensors | {KERNEL: torch.nn.Parameter(tensors[KERNEL])}
    ),
    'on several devices': lambda tensors, torch: (
        {f'module.{name}': tensor for name, tensor in tensors.items()}
    ),
    'compiled': lambda tensors, torch: (
        {f'_orig_mod.{name}': tensor for name, tensor in tensors.items()}
    ),
    'integers': lambda tensors, torch: tensors | {BIAS: tensors[BIAS].long()},
    'complex': lambda tensors, torch: tensors | {BIAS: tensors[BIAS] + 1j},
    'a list': lambda tensors, torch: list(tensors.values()),
    'a tensor': lambda tensors, torch: tensors[KERNEL],
    'a parameter': lambda tensors, torch: torch.nn.Parameter(tensors[KERNEL]),
    'nested': lambda tensors, torch: {'epoch': 3, 'model': tensors},
    'nested list': lambda tensors, torch: {'state_dict': [1], 'net': {}},
    'a number more': lambda tensors, torch: tensors | {'epoch': 3},
    'places': lambda tensors, torch: dict(enumerate(tensors.values())),
    'a network': lambda tensors, torch: torch.nn.Linear(2, 3),
}


def converted(side, path, kind, out):
    """Save a state dict that is in `path` as `kind` to `out`, and read that.

    Returns the message where it is refused, else None.
    """
    import torch

    from d2l_shim import convert, weights

    tensors = dict(torch.load(path, weights_only=True)['state_dict'])
    torch.save(PICKLED[kind](tensors, torch), out)
    try:
        convert.read(out)
    except weights.WeightsError as error:
        return str(error)


def addresses(side):
    """Return {depth: address} of the DenseNets that torchvision publishes."""
    from tests.frameworks.pytorch import torchvision

    return {
        depth: torchvision().get_weight(f'DenseNet{depth}_Weights.DEFAULT').url
        for depth in (121, 161, 169, 201)
    }
