"""How large gradients are in plain, residual and dense chains, and what readers need.

`python -m parity.flow` draws chains of 32 layers, BatchNorm-ReLU-linear in NumPy and
float64, trains them on random labels, and writes the gradients' norms to
book/results/flow-gradients.csv and, layer by layer, to flow-layers.csv. About four
minutes. `--fresh` trains them with a new batch in each step, and writes
book/results/flow-fresh.csv; that takes one minute. `--reuse` takes maps away from the
readers of the published DenseNet, one source at a time, and writes what that does to
book/results/flow-reuse.csv; that needs PyTorch and takes two minutes.
"""

import csv
import io
import sys

import numpy as np

from d2l_shim.files import write_text
from parity.measure import RESULTS, origin
from parity.workers import Workers

DEPTH, WIDTH, BATCH, CLASSES, SEEDS = 32, 64, 128, 10, 10
STEPS, SHOWN, LR, EPS = (0, 1, 5, 20, 50, 200, 400), (0, 50, 400), 0.1, 1e-5
FEW = (0, 1, 5, 20, 50)  # with fresh batches
KINDS = ('plain', 'residual', 'dense')
OTHERS = [(32, BATCH), (128, BATCH), (256, BATCH), (WIDTH, 64), (WIDTH, 256)]


class Chain:
    """Layers W ReLU(BN(x)), put in a row, added or concatenated, and a linear head.

    BN has no scale and shift. Weights are normal, of variance gain / fan-in. Without
    `norm`, BN is left out.
    """

    def __init__(self, kind, rng, width=WIDTH, gain=2.0, norm=True):
        self.kind, self.norm = kind, norm
        grow = width // 4 if kind == 'dense' else 0
        fans = [width + grow * i for i in range(DEPTH + 1)]
        outs = [grow or width] * DEPTH + [CLASSES]
        self.weights = [
            rng.normal(0, np.sqrt(gain / fan), (fan, out))
            for fan, out in zip(fans, outs, strict=True)
        ]

    def before(self, x):
        """Return ReLU(BN(x)) and what its gradient needs."""
        if not self.norm:
            return np.maximum(x, 0), (x, None)
        deviation = np.sqrt(x.var(0) + EPS)
        z = (x - x.mean(0)) / deviation
        return np.maximum(z, 0), (z, deviation)

    def back(self, g, kept):
        """Return the gradient at x, given the one at ReLU(BN(x))."""
        z, deviation = kept
        g = g * (z > 0)
        if deviation is None:
            return g
        return (g - g.mean(0) - z * (g * z).mean(0)) / deviation

    def join(self, x, y):
        if self.kind == 'plain':
            return y
        return x + y if self.kind == 'residual' else np.concatenate((x, y), 1)

    def part(self, g, x):
        """Return what a gradient at a joined output is at x and at the new part."""
        if self.kind == 'plain':
            return 0, g
        if self.kind == 'residual':
            return g, g
        return g[:, : x.shape[1]], g[:, x.shape[1] :]

    def gradients(self, x, labels):
        """Return the loss, the gradient of each weight, and the size of those of
        what the layers put out.
        """
        inputs, hidden = [], []
        for w in self.weights[:-1]:
            inputs.append(x)
            hidden.append(self.before(x))
            x = self.join(x, hidden[-1][0] @ w)
        h, kept = self.before(x)
        loss, g = cross_entropy(h @ self.weights[-1], labels)
        found, sizes = [h.T @ g], []
        g = self.back(g @ self.weights[-1].T, kept)
        for x, (h, kept), w in zip(
            inputs[::-1], hidden[::-1], self.weights[-2::-1], strict=True
        ):
            past, g = self.part(g, x)
            found.append(h.T @ g)
            sizes.append(np.linalg.norm(g))
            g = past + self.back(g @ w.T, kept)
        return loss, found[::-1], sizes[::-1]


def cross_entropy(logits, labels):
    """Return the mean loss and its gradient at the logits."""
    rows = np.arange(len(labels))
    e = np.exp(logits - logits.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    loss = -np.log(p[rows, labels]).mean()
    p[rows, labels] -= 1
    return loss, p / len(labels)


def drawn(kind, seed, width=WIDTH, batch=BATCH, **options):
    """Return a chain, inputs and labels, all from one seed."""
    rng = np.random.default_rng(seed)
    x, labels = drawn_batch(rng, width, batch)
    return Chain(kind, rng, width, **options), x, labels


def drawn_batch(rng, width=WIDTH, batch=BATCH):
    return rng.normal(size=(batch, width)), rng.integers(0, CLASSES, batch)


def norms(matrices):
    return np.array([np.linalg.norm(m) for m in matrices])


def trained(kind, seed, steps=STEPS, fresh=False, **options):
    """Yield (step, loss, norms of dW, norms of W, sizes) at each of `steps`.

    All steps are on one batch or, if `fresh`, on a new one each after the first.
    """
    chain, x, labels = drawn(kind, seed, **options)
    rng = np.random.default_rng([seed, 1])
    for step in range(max(steps) + 1):
        loss, grads, sizes = chain.gradients(x, labels)
        if step in steps:
            yield step, loss, norms(grads[:-1]), norms(chain.weights[:-1]), sizes
        for w, g in zip(chain.weights, grads, strict=True):
            w -= LR * g
        if fresh:
            x, labels = drawn_batch(rng)


def row(kind, seed, told, width=WIDTH, batch=BATCH):
    """Return a row of flow-gradients.csv: the first layer against the last."""
    step, loss, grads, weights, sizes = told
    relative = grads / weights
    return {
        'kind': kind,
        'width': width,
        'batch': batch,
        'step': step,
        'loss': loss,
        'ratio': grads[0] / grads[-1],
        'relative_ratio': relative[0] / relative[-1],
        'output_ratio': sizes[0] / sizes[-1],
        **origin('jax'),
        'versions': f'numpy=={np.__version__}',
        'seed': seed,
    }


def gradients():
    """Return the rows of flow-gradients.csv and those of flow-layers.csv."""
    rows, layers = [], {}
    for kind in KINDS:
        for seed in range(SEEDS):
            for told in trained(kind, seed):
                rows.append(row(kind, seed, told))
                layers.setdefault((kind, told[0]), []).append(told[2] / told[2][-1])
            for width, batch in OTHERS:
                (told,) = trained(kind, seed, (0,), width=width, batch=batch)
                rows.append(row(kind, seed, told, width, batch))
        print(kind, 'done', flush=True)
    for seed in range(SEEDS):
        (told,) = trained('plain', seed, (0,), gain=1.0, norm=False)
        rows.append(row('plain without BN', seed, told))
    return rows, [
        {
            'kind': kind,
            'step': step,
            'layer': layer,
            'least': min(values),
            'median': np.median(values),
            'most': max(values),
        }
        for (kind, step), found in layers.items()
        if step in SHOWN
        for layer, values in enumerate(np.transpose(found), 1)
    ]


def fresh():
    """Return the rows of flow-fresh.csv."""
    return [
        row(kind, seed, told)
        for kind in KINDS
        for seed in range(SEEDS)
        for told in trained(kind, seed, FEW, fresh=True)
    ]


def save(name, rows):
    """Write rows to book/results/<name>.csv."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator='\n')
    writer.writeheader()
    writer.writerows(rows)
    write_text(RESULTS / f'{name}.csv', text.getvalue())


def main(*options):
    if '--reuse' in options:
        workers = Workers()
        rows = workers['pytorch'].ask('parity.flow_inside.reuse')
        workers.close()
        save('flow-reuse', [{**row, **origin('pytorch')} for row in rows])
        return
    if '--fresh' in options:
        save('flow-fresh', fresh())
        return
    rows, layers = gradients()
    save('flow-gradients', rows)
    save('flow-layers', layers)


if __name__ == '__main__':
    main(*sys.argv[1:])
