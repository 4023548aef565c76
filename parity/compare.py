"""How far apart two runs of one network are: the measures and their limits."""

import numpy as np

from d2l_shim.framework import FRAMEWORKS

REFERENCE, SECOND = 'jax', 'tensorflow'  # in float64 both keep the plain variance
UNBIASED = ('pytorch',)  # a running variance of it is divided by n - 1
DECAY = {'mxnet': float(np.float32(0.9))}  # it keeps 32 bits of the decay
FLOAT64 = {
    'evaluated logits': 1e-10,
    'trained logits': 1e-10,
    'losses': 1e-10,
    'running statistics': 1e-10,
    'gradients': 1e-10,
}
# As far as float32 takes a gradient in floors.csv, rounded up: ReLUs change sides.
FLOAT32 = {'first loss': 1e-5, 'gradients': 2e-2}
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
    if tab != REFERENCE or what not in {('float64', name) for name in FLOAT64}
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


def idle_gradients(told):
    """Return {tab: the largest gradient of an idle bias, by that of the whole}.

    Idle is a convolution's bias that batch normalization takes away, now or in a later
    layer: if so in one framework, then in all. `told` is {tab: what was told}.
    """
    found = {tab: gradients(one) for tab, one in told.items()}
    parts = {
        tab: {n: norm({0: g}) / norm(found[tab]) for n, g in found[tab].items()}
        for tab in told
    }
    names = [name for name in parts[REFERENCE] if name.endswith('conv.bias')]
    limit = LIMITS['float64', 'idle biases']
    idle = [n for n in names if min(part[n] for part in parts.values()) <= limit]
    return {
        tab: float(max((p[n] for n in idle), default=0)) for tab, p in parts.items()
    }


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
        'running statistics': max((relative(s[n], t[n]) for n in t), default=0.0),
        'gradients': max(norm({0: g[name] - h[name]}) for name in h) / norm(h),
    }


def first(workers, batches):
    """Return the first images and labels of `batches`, as `inside.run` takes them."""
    if isinstance(batches, dict):
        batches = workers['pytorch'].ask('first_batches', **{**batches, 'n': 1})
    return batches[0]


def start(workers, config, batches):
    """Return the first images and a weight file of a new model."""
    X, y = first(workers, batches)
    return X, workers['pytorch'].ask('weight_file', config=config, X=X, y=y)


def run_all(workers, config, batches, weights, precision, tabs=FRAMEWORKS):
    """Run one network in all `tabs`: {tab: what `inside.run` told}.

    With the `counts` of its norms, where the framework divides a variance by n - 1.
    """
    what = {'config': config, 'batches': batches, 'weights': weights}
    told = workers.ask_all('run', tabs, **what, precision=precision)
    X, _ = first(workers, batches)
    for tab in set(UNBIASED) & set(tabs):
        ask, name = workers[tab].ask, f'parity.own_{tab}.norm_counts'
        told[tab]['counts'] = ask(name, config=config, X=X)
    return told


def hold(told, others, tab):
    """Return {measure: difference} between the run of `tab` and one of `others`.

    That is the REFERENCE's run, or the SECOND's for itself.
    """
    other = others[SECOND if tab == REFERENCE else REFERENCE]
    return differences(told, other, told.get('counts'), DECAY.get(tab, 0.9))


def distances(told):
    """Return {(precision, measure, framework): difference} of one network.

    `told` is {precision: {framework: what `inside.run` told}}. All are held against
    JAX in float64, but for the second loss in float32, which is held against the
    framework's own in float64.
    """
    proof, found = told['float64'], {}
    idle = idle_gradients(proof)
    for tab in FRAMEWORKS:
        own = hold(proof[tab], proof, tab)
        own['idle biases'] = idle[tab]
        found |= {('float64', measure, tab): value for measure, value in own.items()}
        one = told['float32'][tab]
        near = differences(one, proof[REFERENCE])
        near['second loss'] = relative(one['losses'][1], proof[tab]['losses'][1])
        found |= {('float32', measure, tab): value for measure, value in near.items()}
    return {key: found[key] for key in MEASURED}
