"""The published DenseNets: their layers in the order of first calls, and their names.

Each source names a layer by where it stands; that is a function here, not a list. All
have bottlenecks of 4 k channels, transitions that halve, and no biases in convolutions.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from d2l_shim import starts

DENSENETS = {  # {depth: (num_channels, growth_rate, arch)}
    121: (64, 32, (6, 12, 24, 16)),
    161: (96, 48, (6, 12, 36, 24)),
    169: (64, 32, (6, 12, 32, 32)),
    201: (64, 32, (6, 12, 48, 32)),
}
EPS = 1e-5  # of the book's batch normalization


class Layer(NamedTuple):
    """A layer: its kind, the part of the network, and where it stands there, from 1.

    `weight` is the shape of its weight; `half` tells the two halves of a bottleneck.
    """

    kind: str
    part: str
    weight: tuple
    block: int = 0
    layer: int = 0
    half: int = 0

    def shape(self, tensor):
        """Return a tensor's shape in canonical layout, None where there is none."""
        if (self.kind, tensor) == ('conv', 'bias'):
            return None
        return self.weight if tensor == 'weight' else self.weight[:1]


def layers(num_channels, growth_rate, arch, num_classes):
    """Yield the Layers of a DenseNet with bottlenecks, in the order of first calls.

    Source: Huang et al. 2017, table 1.
    """
    c, k = num_channels, growth_rate
    yield Layer('conv', 'stem', (c, 3, 7, 7))
    yield Layer('norm', 'stem', (c,))
    for block, num_convs in enumerate(arch, 1):
        if block > 1:
            yield Layer('norm', 'transition', (c,), block - 1)
            yield Layer('conv', 'transition', (c // 2, c, 1, 1), block - 1)
            c //= 2
        for layer in range(1, num_convs + 1):
            for half, weight in (1, (4 * k, c, 1, 1)), (2, (k, 4 * k, 3, 3)):
                yield Layer('norm', 'dense', weight[1:2], block, layer, half)
                yield Layer('conv', 'dense', weight, block, layer, half)
            c += k
    yield Layer('norm', 'last', (c,))
    yield Layer('linear', 'head', (num_classes, c))


def torchvision(kind, part, _, block, layer, half):
    return {
        'stem': f'features.{kind}0',
        'dense': f'features.denseblock{block}.denselayer{layer}.{kind}{half}',
        'transition': f'features.transition{block}.{kind}',
        'last': 'features.norm5',
        'head': 'classifier',
    }[part]


def keras(kind, part, _, block, layer, half):
    name = 'bn' if kind == 'norm' else kind
    return {
        'stem': f'conv1_{name}',
        'dense': f'conv{block + 1}_block{layer}_{half - (kind == "norm")}_{name}',
        'transition': f'pool{block + 1}_{name}',
        'last': 'bn',
        'head': 'predictions',
    }[part]


def gluon(kind, part, _, block, layer, half):
    """Gluon's names since 2018: the places in nested lists."""
    after = 2 * (kind == 'conv')  # batch normalization, ReLU, convolution
    return {
        'stem': f'features.{int(kind == "norm")}',
        'dense': f'features.{2 * block + 2}.{layer - 1}.1.{3 * half - 3 + after}',
        'transition': f'features.{2 * block + 3}.{after}',
        'last': 'features.11',
        'head': 'output',
    }[part]


def gluon_before(kind, part, _, block, layer, half):
    """Gluon's names before: kinds, counted in each block and outside of blocks."""
    name = 'batchnorm' if kind == 'norm' else kind
    return {
        'stem': f'{name}0',
        'dense': f'stage{block}_{name}{2 * layer + half - 3}',
        'transition': f'{name}{block}',
        'last': 'batchnorm4',
        'head': 'dense0',
    }[part]


class Source(NamedTuple):
    """A library that publishes DenseNets: what it calls a layer, and the tensors of it.

    `names` are functions of the fields of a Layer; `tensors` holds its own words for a
    tensor; `canonical` turns one of its layout into ours, and `shape` a shape back.
    """

    label: str
    names: tuple[Callable[..., str], ...]
    tensors: Mapping[tuple[str, str], str] = {}
    canonical: Callable[[Any], Any] = lambda array: array
    shape: Callable[[tuple], tuple] = lambda shape: shape
    eps: float = EPS

    def plan(self, name, depth, num_classes=1000):
        """Return {own name: (canonical name, canonical shape)}, in canonical order."""

        def get(layer, kind, tensor):
            own = f'{name(*layer)}.{self.tensors.get((kind, tensor), tensor)}'
            shape = layer.shape(tensor)
            return shape and (own, shape)

        found = layers(*DENSENETS[depth], num_classes)
        named = starts.name_tensors(((layer.kind, layer) for layer in found), get)
        return {own: (canonical, shape) for canonical, (own, shape) in named.items()}


GAMMA = {('norm', 'weight'): 'gamma', ('norm', 'bias'): 'beta'}
SOURCES = {
    'torchvision': Source('torchvision', (torchvision,)),
    'keras': Source(
        'Keras',
        (keras,),
        {
            **GAMMA,
            ('norm', 'running_mean'): 'moving_mean',
            ('norm', 'running_var'): 'moving_variance',
            ('conv', 'weight'): 'kernel',
            ('linear', 'weight'): 'kernel',
        },
        starts.to_canonical,
        lambda shape: starts.from_canonical(np.broadcast_to(0, shape)).shape,
        eps=1.001e-5,
    ),
    'gluon': Source('Gluon', (gluon, gluon_before), GAMMA),
}
