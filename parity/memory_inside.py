"""What `parity.memory` asks in a framework's own process.

The functions that measure are those of the section `memory`, as its page shows them.
"""

import time

import numpy as np

NAMES = (
    'def kept_by_block',
    'def kept_recomputing',
    'def saved_bytes',
    '# The profiler',
    'def stepper',
)


def cells(side):
    """Return the module of the section, with the functions of its cells in it."""
    from tabbook.text.parse import Library

    module = side.section('memory')
    if not hasattr(module, 'kept_by_block'):
        for group in Library(side.notebooks)['memory'].groups:
            cell = group.cell(side.tab)
            if cell and cell.source.startswith(NAMES):
                exec(cell.source, vars(module))
    return module


def images(side, shape):
    """Return drawn images of `shape`, (N, C, H, W), for the framework."""
    X = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    return side.images(X)


def made(side, what, again):
    """Return a new net: `what` is the arguments of a DenseBlock, or None."""
    book = cells(side)
    if what is None:
        return book.DenseNet(checkpoint=again)
    return book.DenseBlock(*what, again)


def kept(side, what, shape, again):
    """Return (bytes that the rule says, bytes that are kept) for images of `shape`."""
    book, (n, c, pixels, _) = cells(side), shape
    X = images(side, shape)
    found = int(book.saved_bytes(made(side, what, again), X))
    if what is None:
        return None, found
    rule = book.kept_recomputing if again else book.kept_by_block
    return n * rule(c, what[1], what[0], pixels**2), found


def seconds(side, what, shape, rounds):
    """Return [seconds of each step without, with computing again], done in turn."""
    X = images(side, shape)
    if hasattr(cells(side), 'profiler'):
        cells(side).profiler.set_state('stop')  # MXNet's, which takes time
    steps = [cells(side).stepper(made(side, what, again), X) for again in (False, True)]
    taken = [[], []]
    for _ in range(rounds + 2):
        for step, times in zip(steps, taken, strict=True):
            begun = time.perf_counter()
            step()
            times.append(time.perf_counter() - begun)
    return [times[2:] for times in taken]  # the first two warm up


def compiled(side, what, shape, again):
    """Return the bytes that a compiled step of JAX works in, beside its arguments."""
    import jax

    X = images(side, shape)
    net = made(side, what, again)

    def total(X, variables):
        Y, moved = net.apply(variables, X, mutable=['batch_stats'])
        return Y.sum(), moved

    run = jax.jit(jax.grad(total, (0, 1), has_aux=True))
    variables = jax.eval_shape(net.init, jax.random.PRNGKey(0), X)
    program = run.lower(X, variables).compile()
    return program.memory_analysis().temp_size_in_bytes
