"""Turns published weights of a DenseNet into a weight file that every tab can load.

    python -m d2l_shim.convert CHECKPOINT --out FILE.safetensors

CHECKPOINT is a file of torchvision's DenseNet-121, -161, -169 or -201, of Keras
applications' or of Gluon's model zoo; which one it is, its content tells. FILE is for
the book's network with the same layers: bottlenecks, and no biases in convolutions.

Batch normalization adds eps to a variance before it takes the root. Keras's eps is
1.001e-5 and the book's 1e-5: the difference goes into the running variance, and so both
compute the same in evaluation.
"""

import argparse
import os
import sys
from typing import NamedTuple

import numpy as np

from d2l_shim import checkpoints, starts, weights
from d2l_shim.densenets import DENSENETS, EPS, SOURCES
from d2l_shim.weights import WeightsError

INPUT = (3, 224, 224)
VARIANCES = '.running_var', '.moving_variance'  # in the sources' own names


class Published(NamedTuple):
    """A network that was read; `tensors` are {canonical name: ndarray}."""

    source: str
    depth: int
    tensors: dict

    def write(self, path, call='convert'):
        """Write the weight file, whole or not at all."""
        weights.write(path, self.tensors, [INPUT], call)


def read(path, num_classes=None):
    """Return the Published network of a checkpoint.

    With `num_classes` it gets a new classifier, which starts as the book's models do.
    Raises WeightsError, which names the first thing that does not fit.
    """
    name, found = checkpoints.read(path)
    source = SOURCES[name]
    depth, names = recognised(path, source, found)
    *_, kernel, bias = plan = source.plan(names, depth)
    if num_classes:
        found.update({kernel: None, bias: None})
    check_names(path, source, depth, plan, found)
    number, tensors = num_classes or np.size(found[bias]), {}
    plan = source.plan(names, depth, number)
    for i, (own, (canonical, shape)) in enumerate(plan.items()):
        if found[own] is None:
            tensors[canonical] = starts.draw(canonical, shape, i, seed=0)
        else:
            check_numbers(path, own, found[own], source.shape(shape))
            tensors[canonical] = source.canonical(found[own])
        if canonical.endswith('running_var'):
            tensors[canonical] = tensors[canonical] + (source.eps - EPS)
    return Published(name, depth, tensors)


def recognised(path, source, found):
    """Return (depth, way to name) of the DenseNet that `found` is nearest to."""
    plans = [
        (depth, names, source.plan(names, depth))
        for names in source.names
        for depth in DENSENETS
    ]
    depth, names, plan = min(plans, key=lambda one: len(one[2].keys() ^ found.keys()))
    if len(plan.keys() & found.keys()) < len(plan) / 2:
        raise WeightsError(
            f'convert: {path} holds no DenseNet of {source.label}: of its {len(found)} '
            f'tensors the first is {next(iter(found), "nowhere")}.'
        )
    return depth, names


def check_names(path, source, depth, plan, found):
    """Raise WeightsError for the first tensor that is missing or unknown."""
    what = f'convert: {path} is a DenseNet-{depth} of {source.label}'
    *_, kernel, bias = plan
    missing = [own for own in plan if own not in found]
    if missing == [kernel, bias]:
        raise WeightsError(
            f'{what} without its classifier; --classes 10 gives it a new one of ten.'
        )
    for own in missing:
        raise WeightsError(f'{what}, but {own} is missing; nothing was written.')
    for own in found:
        if own not in plan:
            raise WeightsError(
                f'{what}, but has no place for {own}; nothing was written.'
            )


def check_numbers(path, own, array, shape):
    """Raise WeightsError unless an array has that `shape` and numbers that fit."""
    if array.shape != shape:
        fault = f'has the shape {array.shape} instead of {shape}'
    elif array.dtype.kind != 'f':
        fault = f'holds {array.dtype} instead of real numbers'
    elif not np.isfinite(array).all():
        fault = 'holds numbers that are not finite'
    elif own.endswith(VARIANCES) and (array < 0).any():
        fault = 'holds negative variances'
    else:
        return
    raise WeightsError(f'convert: in {path} {own} {fault}; nothing was written.')


def check_out(checkpoint, out):
    """Raise WeightsError where `out` is the checkpoint, be it by another name."""
    both = checkpoint, out
    if all(map(os.path.exists, both)) and os.path.samefile(*both):
        raise WeightsError(
            f'convert: --out {out} is the checkpoint itself; name another file.'
        )


def positive(text):
    """Return the positive number that `text` tells, or raise ValueError."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def main(arguments=None):
    """Convert as the command line asks; return the exit status."""
    parser = argparse.ArgumentParser(
        'python -m d2l_shim.convert',
        description='Write a weight file of the book from published weights.',
    )
    parser.add_argument('checkpoint', help='the published file')
    parser.add_argument('--out', required=True, help='the weight file to write')
    text = 'give it a new classifier of so many classes'
    parser.add_argument('--classes', type=positive, metavar='N', help=text)
    asked = parser.parse_args(arguments)
    try:
        check_out(asked.checkpoint, asked.out)
        network = read(asked.checkpoint, asked.classes)
        network.write(asked.out)
    except WeightsError as error:
        print(error, file=sys.stderr)
        return 1
    c, k, arch = DENSENETS[network.depth]
    print(
        f'{asked.out}: DenseNet-{network.depth} of {SOURCES[network.source].label}, '
        f'num_channels={c}, growth_rate={k}, arch={arch}.'
    )
    return 0


if __name__ == '__main__':
    sys.exit(main())
