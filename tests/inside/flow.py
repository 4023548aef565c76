"""What tests of the section on reuse ask of a framework's own process."""

import numpy as np

from parity.inside import begin

FIRST = (64, 96, 112, 120)


def sizes(side, X, y, weights):
    """Return S(s, l) of every reader and source, from a network in float64."""
    model, trainer, _ = begin(side, {}, X, y, weights, precision='float64')
    tensors = side.named(model, trainer)
    kernels = [
        t for n, t in tensors.items() if n.endswith('weight') and 'norm' not in n
    ]
    assert {kernel.dtype for kernel in kernels} == {np.dtype(np.float64)}
    readers = iter(kernels[1:])  # after the stem
    return [
        abs(kernel[:, columns(first, source)]).mean()
        for first in FIRST
        for reader, kernel in zip(range(1, 6), readers, strict=False)
        for source in range(reader)
    ]


def columns(first, source):
    """Return where a source is among the channels of a block of `first` channels."""
    start = first + 32 * (source - 1)
    return slice(max(start, 0) if source else 0, first + 32 * source)
