"""What tests of the section on memory ask in a framework's own process."""

import numpy as np

from parity import inside


def a_step(side, checkpoint, shape, arch=(2, 3)):
    """Return the tensors after a step of the section's network, {name: ndarray}."""
    rng = np.random.default_rng(0)
    X, y = rng.random(shape, np.float32), rng.integers(0, 10, shape[0])
    config = {'num_channels': 8, 'growth_rate': 4, 'arch': arch}
    start = {'model': 'memory.DenseNet', **config}
    weights = inside.weight_file(side, start, X, y)
    config = {**start, 'checkpoint': checkpoint}
    return inside.steps(side, config, [(X, y)], weights, precision='float64')['after']


def behind_a_function(side):
    """Return how far MXNet's gradients are off, by precision and what is between."""
    book = side.section('memory')
    return {
        (precision, between): off(book, precision, between)
        for precision in ('float32', 'float64')
        for between in ('directly', 'times one')
    }


def off(book, precision, between):
    """Return the largest error, as a part of the length of all gradients."""
    right, found = (gradients(book, precision, how) for how in ('plain', between))
    length = sum((g**2).sum() for g in right) ** 0.5
    return max(
        float(abs(g - h).max() / length) for g, h in zip(right, found, strict=True)
    )


def a_block_again(side):
    """Return how far a dense block's gradients are off in float32, at the most."""
    book, worst = side.section('memory'), 0.0
    right = gradients(book, 'float32', 'plain', book.DenseBlock(3, 8))
    length = sum((g**2).sum() for g in right) ** 0.5
    for _ in range(5):  # the fault differs from run to run
        block = book.DenseBlock(3, 8, checkpoint=True)
        found = gradients(book, 'float32', 'plain', block)
        for g, h in zip(right, found, strict=True):
            worst = max(worst, float(abs(g - h).max() / length))
    return worst


def gradients(book, precision, between, first=None):
    """Return the gradients of a transition that reads what a block puts out.

    `first` is the block, a convolution's unless another is given.
    """
    from mxnet import autograd, np

    blocks = [first or book.ConvBlock(16), book.TransitionBlock(8)]
    X = drawn((8, 16, 16, 16), 0)
    for block in blocks:
        block.initialize()
    blocks[1](blocks[0](X))
    params = [
        p
        for block in blocks
        for p in block.collect_params().values()
        if p.grad_req != 'null'
    ]
    for seed, p in enumerate(params):
        p.set_data(drawn(p.shape, seed))
    for block in blocks:
        block.cast(precision)
    X = X.astype(precision)
    X.attach_grad()
    with autograd.record():
        Z = blocks[0](X) if between == 'plain' else book.recomputed(blocks[0], [X])
        if between == 'times one':
            Z = Z * 1
        total = (blocks[1](Z) * np.array(drawn((8, 8, 8, 8), 9), precision)).sum()
    total.backward()
    return [X.grad.asnumpy(), *(p.grad().asnumpy() for p in params)]


def drawn(shape, seed):
    """Return a drawn MXNet array, float32."""
    from mxnet import np as mnp

    return mnp.array(np.random.default_rng(seed).normal(size=shape).astype('f'))
