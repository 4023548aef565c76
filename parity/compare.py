"""How far apart two runs of one network are: the measures and their limits."""

import numpy as np

from d2l_shim.framework import FRAMEWORKS

FLOAT64 = {
    'evaluated logits': 1e-10,
    'trained logits': 1e-10,
    'losses': 1e-10,
    'running statistics': 1e-10,
    'gradients': 1e-10,
}
FLOAT32 = {'first loss': 1e-5, 'gradients': 1e-3}
LIMITS = {
    **{('float64', measure): limit for measure, limit in FLOAT64.items()},
    # of a bias whose effect batch normalization takes away
    ('float64', 'idle biases'): 1e-13,
    **{('float32', measure): limit for measure, limit in FLOAT32.items()},
    # held against the framework's own in float64
    ('float32', 'second loss'): 2e-3,
}
# All that is measured of a network: (precision, measure, framework).
MEASURED = [
    (*what, tab)
    for what in LIMITS
    for tab in FRAMEWORKS
    if tab != 'jax' or what not in {('float64', name) for name in FLOAT64}
]


def relative(a, b):
    """Return the largest difference, relative to the largest value."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-300))


def gradients(told, lr=0.125):
    """Return the gradient of the first step, {name: ndarray}: what SGD took away."""
    return {
        name: (np.float64(told['before'][name]) - told['after'][name]) / lr
        for name in told['before']
        if 'running' not in name
    }


def norm(tensors):
    """Return the Euclidean norm of all tensors together."""
    return np.sqrt(sum((np.float64(t) ** 2).sum() for t in tensors.values()))


def idle_gradient(told):
    """Return the largest gradient of a convolution's bias, by that of the whole.

    Batch normalization follows each convolution of the book, now or in later blocks,
    and takes away what is added to a channel.
    """
    found = gradients(told)
    biases = [norm({0: g}) for name, g in found.items() if name.endswith('conv.bias')]
    return float(max(biases) / norm(found))


def norm_counts(config, X):
    """Return how many numbers a channel of each norm averages, in call order."""
    n, (h, w) = len(X), X.shape[2:]
    h, w = -(-h // 2), -(-w // 2)  # the stem's convolution
    counts = [n * h * w]
    h, w = -(-h // 2), -(-w // 2)  # and its pooling
    for i, num_convs in enumerate(config['arch']):
        last = i == len(config['arch']) - 1
        counts += [n * h * w] * (num_convs + 1)  # the transition's, or the head's
        h, w = (h, w) if last else (h // 2, w // 2)
    return counts


def statistics(told, counts=None, decay=0.9):
    """Return the batch's mean and variance as each norm saw them in the first step.

    They follow from running = decay * old + (1 - decay) * new. `counts` is given for
    a framework that divides the variance by n - 1; it brings it back to n.
    """
    seen, norms = {}, sorted({name[:3] for name in told['before'] if 'running' in name})
    for name, old in told['before'].items():
        if 'running' in name:
            new = told['after'][name] - decay * np.float64(old)
            seen[name] = new / (1 - decay)
        if 'running_var' in name and counts:
            seen[name] *= 1 - 1 / counts[norms.index(name[:3])]
    return seen


def differences(one, other, counts=None, decay=0.9):
    """Return {measure: difference} between two runs.

    `counts` and `decay` say how `one` keeps its running statistics.
    """
    g, h = gradients(one), gradients(other)
    s, t = statistics(one, counts, decay), statistics(other)
    return {
        'evaluated logits': relative(one['evaluated'], other['evaluated']),
        'trained logits': relative(one['trained'], other['trained']),
        'first loss': relative(one['losses'][0], other['losses'][0]),
        'losses': max(map(relative, one['losses'], other['losses'])),
        'running statistics': max(relative(s[name], t[name]) for name in t),
        'gradients': max(norm({0: g[name] - h[name]}) for name in h) / norm(h),
    }


def start(workers, config, batches):
    """Return the first images and a weight file of a new model; `batches` as below."""
    if isinstance(batches, dict):
        batches = workers['pytorch'].ask('first_batches', **{**batches, 'n': 1})
    X, y = batches[0]
    return X, workers['pytorch'].ask('weight_file', config=config, X=X, y=y)


def run_all(workers, config, batches, weights, precision, tabs=FRAMEWORKS):
    """Run one network in all `tabs`: {tab: what `inside.run` told}."""
    return workers.ask_all(
        'run',
        tabs,
        config=config,
        batches=batches,
        weights=weights,
        precision=precision,
    )


def hold(told, others, tab, config, X):
    """Return {measure: difference} between the run of `tab` and one of `others`.

    That is JAX's run, or TensorFlow's for JAX itself. In float64 these two keep the
    plain variance; PyTorch divides by n - 1, and MXNet keeps 32 bits of the decay.
    """
    counts = norm_counts(config, X) if tab == 'pytorch' else None
    decay = float(np.float32(0.9)) if tab == 'mxnet' else 0.9
    return differences(
        told, others['tensorflow' if tab == 'jax' else 'jax'], counts, decay
    )


def distances(config, X, told):
    """Return {(precision, measure, framework): difference} of one network.

    `told` is {precision: {framework: what `inside.run` told}}. All are held against
    JAX in float64, but for the second loss in float32, which is held against the
    framework's own in float64.
    """
    proof, found = told['float64'], {}
    for tab in FRAMEWORKS:
        own = hold(proof[tab], proof, tab, config, X)
        own['idle biases'] = idle_gradient(proof[tab])
        found |= {('float64', measure, tab): value for measure, value in own.items()}
        one = told['float32'][tab]
        near = differences(one, proof['jax'])
        near['second loss'] = relative(one['losses'][1], proof[tab]['losses'][1])
        found |= {('float32', measure, tab): value for measure, value in near.items()}
    return {key: found[key] for key in MEASURED}
