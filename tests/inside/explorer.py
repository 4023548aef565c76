"""What the explorer's numbers are held against, each in its framework's own process.

Asked through `workers.py`. A setting is one of `explorer.js`; shapes are told without
the batch axis, channels first.
"""

import math


def summary(side, config, size, channels):
    """Return (class, shape, parameters) of each part of the section's DenseNet."""
    shape = (1, size, size, channels) if side.nhwc else (1, channels, size, size)
    rows = side.book.DenseNet(**config).summary_rows(shape)
    return [(name, channels_first(side, Y), number) for name, Y, number in rows]


def channels_first(side, shape):
    shape = tuple(int(n) for n in shape[1:])
    return shape[-1:] + shape[:-1] if side.nhwc else shape


def keras_model(side, variant):
    """Return trained parameters and the layers' shapes of Keras's own `variant`."""
    import keras

    model = getattr(keras.applications, variant)(weights=None)
    shapes = {
        layer.name: channels_first(side, layer.output.shape)
        for layer in model.layers[1:]
    }
    return sum(math.prod(w.shape) for w in model.trainable_weights), shapes


def gluon_model(side, **options):
    """Return the number of trained parameters of the DenseNet in Gluon's zoo."""
    from mxnet import nd, util
    from mxnet.gluon.model_zoo.vision import DenseNet

    with util.np_array(False), util.np_shape(False):  # the zoo is older than both
        model = DenseNet(**options)
        model.initialize()
        model(nd.zeros((1, 3, 224, 224)))
        return sum(
            math.prod(p.shape)
            for p in model.collect_params().values()
            if p.grad_req != 'null'
        )


def section_layers(side, config, size, channels, device):
    """Measure each layer of the section's own network in PyTorch.

    On the device `meta` tensors have shapes but no content, which is fast.
    """
    import torch

    with torch.device(device):
        layers = []
        for part in side.book.DenseNet(**config).net:
            dense = isinstance(part, side.book.DenseBlock)
            layers += [appending(layer) for layer in part.net] if dense else [part]
        return measure(
            [lambda _, layer=layer: layer for layer in layers], size, channels
        )


def reference_layers(side, setting):
    """Measure each layer of a network written here, in PyTorch, for any setting."""
    import torch

    size, channels = setting.pop('inputSize'), setting.pop('inputChannels')
    with torch.device('meta'):
        return measure(reference(**setting), size, channels)


def appending(layer):
    """Return a module that appends what `layer` makes of its input to the input."""
    import torch

    class Appending(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = layer

        def forward(self, X):
            return torch.cat((X, self.layer(X)), dim=1)

    return Appending()


def reference(growthRate, arch, compression, bottleneck, stem, channels, classes, bias):
    """Yield, for each layer, a function from the channels it reads to a module."""
    from torch import nn

    def normed(*layers):
        return nn.Sequential(nn.LazyBatchNorm2d(), nn.ReLU(), *layers)

    def conv(number, *args, **kwargs):
        return nn.LazyConv2d(int(number), *args, bias=bias, **kwargs)

    if stem == 'cifar':
        yield lambda c: conv(channels, 3, padding='same')
    else:
        yield lambda c: nn.Sequential(
            conv(channels, 7, stride=2, padding=3),
            normed(nn.MaxPool2d(3, 2, padding=1)),
        )
    for i, number in enumerate(arch):
        if i > 0:
            yield lambda c: normed(
                conv(c * round(100 * compression) // 100, 1), nn.AvgPool2d(2)
            )
        for _ in range(number):
            wide = [normed(conv(4 * growthRate, 1))] if bottleneck else []
            yield lambda c, wide=wide: appending(
                nn.Sequential(*wide, normed(conv(growthRate, 3, padding='same')))
            )
    flat = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    yield lambda c: normed(*flat, nn.LazyLinear(classes))


def residual_layers(side, width, setting):
    """Measure stem, blocks and head of ResNet-18 in PyTorch, as `setting` has images.

    The ReLU at a block's end stands at the start of what reads it, as it is counted.
    """
    import torch
    from torch import nn

    def conv_norm(number, kernel, stride=1):
        conv = nn.LazyConv2d(
            number, kernel, stride, padding=kernel // 2, bias=setting['bias']
        )
        return nn.Sequential(conv, nn.LazyBatchNorm2d())

    class Block(nn.Module):
        def __init__(self, number, stride):
            super().__init__()
            self.first, self.second = conv_norm(number, 3, stride), conv_norm(number, 3)
            self.shortcut = conv_norm(number, 1, stride) if stride > 1 else None

        def forward(self, X):
            X = torch.relu(X)  # which changes nothing after the stem
            Y = self.second(torch.relu(self.first(X)))
            return Y + (self.shortcut(X) if self.shortcut else X)

    def makers():
        pool = nn.MaxPool2d(3, 2, padding=1)
        yield lambda c: nn.Sequential(conv_norm(width, 7, 2), nn.ReLU(), pool)
        for stage in range(4):
            for stride in (2 if stage else 1, 1):
                yield lambda c, at=(width * 2**stage, stride): Block(*at)
        flat = [nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        yield lambda c: nn.Sequential(*flat, nn.LazyLinear(setting['classes']))

    with torch.device('meta'):
        return measure(makers(), setting['inputSize'], setting['inputChannels'])


def measure(makers, size, channels, n=2):
    """Return (shape, parameters, multiply-adds, bytes kept, weighted) of each layer.

    Run as in training, with `n` images. The bytes are those of the float32 tensors
    that PyTorch keeps for the backward pass, each counted where it is kept first,
    without parameters and what belongs to no single image. `weighted` is the number
    of convolutions and linear layers.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    X, kept, rows = torch.rand(n, channels, size, size), {}, []

    def keep(tensor):
        if tensor.dim() > 1 and len(tensor) == n and tensor.dtype == torch.float32:
            kept.setdefault(storage(tensor), tensor)
        return tensor

    for make in makers:
        layer = make(X.shape[1]).eval()
        layer(X)  # shapes its lazy parts
        layer.train()
        before = {*kept, *(storage(p) for p in layer.parameters())}
        with (
            FlopCounterMode(display=False) as flops,
            torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
        ):
            X = layer(X)
        rows.append(
            (
                tuple(X.shape[1:]),
                sum(p.numel() for p in layer.parameters()),
                flops.get_total_flops() / 2 / n,
                sum(kept[at].nbytes for at in set(kept) - before) / n,
                sum(
                    hasattr(part, 'weight') and part.weight.dim() > 1
                    for part in layer.modules()
                ),
            )
        )
    return rows


def storage(tensor):
    """What tells tensors apart that do not share their memory."""
    from torch.multiprocessing.reductions import StorageWeakRef

    return StorageWeakRef(tensor.untyped_storage()).cdata


def fits(side, setting):
    """Whether PyTorch finds the image of `setting` large enough for its network."""
    try:
        reference_layers(side, setting)
    except RuntimeError as error:
        if 'Output size is too small' not in str(error):
            raise
        return False
    return True


def receptive_fields(side, arch, width=576):
    """Measure how many columns a number in the middle of a row depends on.

    For each dense block of the section's network: what enters it, then each layer.
    Columns of NaN from one side of an image reach the number once they touch its
    field; tried with every number of columns, from both sides.
    """
    import torch

    model = side.book.DenseNet(num_channels=2, growth_rate=1, arch=arch).eval()
    model(torch.zeros(1, 1, 32, width))
    left, right = (untouched(side, model, width, side_) for side_ in (False, True))
    return [
        [width - a - b for a, b in zip(*pair, strict=True)]
        for pair in zip(left, right, strict=True)
    ]


def untouched(side, model, width, from_right):
    """How many columns of NaN at one side leave each middle number a number."""
    import torch

    told, hooks = [], []
    for block in model.net:
        if isinstance(block, side.book.DenseBlock):
            hooks.append(
                block.register_forward_pre_hook(
                    lambda block, inputs: told.append([numbers(inputs[0])])
                )
            )
            hooks += [
                layer.register_forward_hook(
                    lambda layer, _, Y: told[-1].append(numbers(Y))
                )
                for layer in block.net
            ]
    spoilt = torch.ones(width + 1, width).tril(-1).bool()  # row j: the first j columns
    spoilt = spoilt.flip(1) if from_right else spoilt
    X = torch.zeros(width + 1, 1, 32, width)
    with torch.no_grad():
        model(X.masked_fill(spoilt[:, None, None], torch.nan))
    for hook in hooks:
        hook.remove()
    return told


def numbers(Y):
    """In how many of the images but one the middle column of `Y` has no NaN."""
    return int((~Y[..., Y.shape[-1] // 2].isnan().flatten(1).any(1)).sum()) - 1
