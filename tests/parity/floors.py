"""Why a step in float32 parts from one in float64, and by how much in each framework.

`python tests/parity/floors.py` takes a step of the book's network in float32 in each
framework, from several seeds, with one suspect switched off at a time, and writes how
far each ends up from float64 to book/results/floors.csv. About 15 minutes.
"""

import csv
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
from compare import gradients, norm, relative
from networks import BOOK, drawn_batches

from d2l_shim import weights
from d2l_shim.frameworks import FRAMEWORKS

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / 'book' / 'results' / 'floors.csv'
SEEDS, BATCH, LR = 6, 16, 0.125

# What the suspects are called in each framework, and what replaces them.
RELU = {'pytorch': 'nn.ReLU()', 'tensorflow': 'layers.ReLU()', 'jax': 'nn.relu',
        'mxnet': "nn.Activation('relu')"}
POOL = {'pytorch': ('nn.MaxPool2d', 'nn.AvgPool2d'),
        'tensorflow': ('layers.MaxPool2D', 'layers.AveragePooling2D'),
        'jax': ('nn.max_pool', 'nn.avg_pool'),
        'mxnet': ('nn.MaxPool2D', 'nn.AvgPool2D')}
NO_ONEDNN = {'TF_ENABLE_ONEDNN_OPTS': '0', 'MXNET_MKLDNN_ENABLED': '0',
             'MXNET_STORAGE_FALLBACK_LOG_VERBOSE': '0'}


# --- in a framework's own process, asked through workers.py ---

class Decisions:
    """Which inputs of each ReLU were positive, in call order: kept, or imposed.

    A single example, which only gives lazy layers their shape, is left alone.
    """

    def __init__(self, imposed=()):
        self.imposed, self.kept, self.place = list(imposed), [], 0

    def next(self, shape, layout='NCHW'):
        """Return the imposed ones and zeros for the next call, or None."""
        if not self.imposed or shape[0] != BATCH:
            return None
        mask = self.imposed[self.place % len(self.imposed)].astype(np.float32)
        self.place += 1
        return mask if layout == 'NCHW' else np.moveaxis(mask, 1, -1)


def pytorch_relu(decisions):
    import torch

    class ReLU(torch.nn.Module):
        def forward(self, X):
            if len(X) == BATCH:
                decisions.kept.append((X > 0).numpy())
            mask = decisions.next(X.shape)
            return X.relu() if mask is None else X * torch.from_numpy(mask)
    return ReLU()


def tensorflow_relu(decisions):
    import keras
    import tensorflow as tf

    class ReLU(keras.layers.Layer):
        def call(self, X):
            mask = decisions.next(X.shape, 'NHWC')
            return tf.nn.relu(X) if mask is None else X * tf.constant(mask)
    return ReLU()


def jax_relu(decisions):
    import jax

    def relu(X):
        mask = decisions.next(X.shape, 'NHWC')
        return jax.nn.relu(X) if mask is None else X * mask
    return relu


def mxnet_relu(decisions):
    import mxnet

    class ReLU(mxnet.gluon.nn.HybridBlock):
        def forward(self, X):
            mask = decisions.next(X.shape)
            return mxnet.npx.relu(X) if mask is None else X * mxnet.np.array(mask)
    return ReLU()


def prepare(side, imposed=(), average=False):
    """Define the network anew: ReLUs that decide as told, average pooling."""
    side.decisions = Decisions(imposed)
    side.book.relu = lambda: globals()[f'{side.tab}_relu'](side.decisions)

    def edit(source):
        if imposed or side.tab == 'pytorch':
            source = source.replace(RELU[side.tab], 'relu()')
        return source.replace(*POOL[side.tab]) if average else source

    side.define(edit)
    if imposed and side.tab == 'mxnet':  # a mask is no symbol: run call by call
        side.book.DenseNet.hybridize = lambda *_: None


def decided(side):
    """Return what the ReLUs of the last training step decided (PyTorch)."""
    masks, side.decisions.kept = side.decisions.kept, []
    return masks[len(masks) // 2:]  # the first half is of the untrained evaluation


def stop_onednn(side):
    """Take other kernels than oneDNN's, where no environment variable does that."""
    if side.tab == 'pytorch':
        import torch
        torch.backends.mkldnn.set_flags(False)


# --- in the process that asks ---

def weight_file(tensors):
    """Return the bytes of a weight file that holds `tensors`."""
    with tempfile.TemporaryDirectory() as folder:
        weights.write(Path(folder, 'weights'), tensors, (1, 96, 96))
        return Path(folder, 'weights').read_bytes()


def measure(worker, start, batches, precision='float32', **network):
    """Take one step in one framework: {'loss', 'gradients', 'next loss', 'masks'}.

    The gradients are read off a step at a learning rate of 1. The next loss is that of
    the second batch, after a step at LR, by a network whose ReLUs decide themselves.
    """
    worker.ask('floors.prepare', **network)
    options = {'config': BOOK, 'precision': precision}
    told = worker.ask('steps', batches=batches[:1], weights=start, lr=1.0, **options)
    masks = worker.ask('floors.decided') if worker.tab == 'pytorch' else ()
    if 'imposed' in network:
        worker.ask('floors.prepare', average=network.get('average', False))
    grads, after = gradients(told, 1.0), dict(told['after'])
    for name, gradient in grads.items():
        before = told['before'][name]
        after[name] = (before - LR * gradient).astype(before.dtype)
    again = worker.ask('steps', batches=batches[1:], weights=weight_file(after),
                       **options)
    return {'loss': told['losses'][0], 'gradients': grads, 'masks': masks,
            'next loss': again['losses'][0]}


def compare(one, exact):
    """Return how far a float32 step `one` is from the float64 one, relative."""
    g, h = one['gradients'], exact['gradients']
    off = {name: (g[name] - h[name]) / norm(h) for name in h}
    elsewhere = {name: off[name] for name in off if not name.startswith('000.conv')}
    changed = [int((p != q).sum())
               for p, q in zip(one['masks'], exact['masks'], strict=False)]
    return {'first_loss': relative(one['loss'], exact['loss']), 'gradient': norm(off),
            'gradient_behind_first_convolution': norm(elsewhere),
            'second_loss': relative(one['next loss'], exact['next loss']),
            'decisions_changed': sum(changed) if changed else ''}


SWITCHES = {  # what is switched off: (change of the network, pictures, oneDNN)
    'nothing': ({}, 'real', True),
    'real pictures': ({}, 'noise', True),
    'max pooling': ({'average': True}, 'real', True),
    'oneDNN': ({}, 'real', False),
    "ReLU's decisions": ({'imposed': True}, 'real', True),
    "ReLU's decisions, max pooling": (
        {'imposed': True, 'average': True}, 'real', True),
    "ReLU's decisions, max pooling, oneDNN": (
        {'imposed': True, 'average': True}, 'real', False),
}


def rows_of_seed(seed, workers, without, pictures):
    """Yield a row for each switch and framework, all from one start."""
    exact, kinds = {}, {'real': pictures[2 * seed:2 * seed + 2],
                        'noise': drawn_batches((96, 96), BATCH, 2, seed)}
    X, y = kinds['real'][0]
    start = workers['pytorch'].ask('weight_file', config=BOOK, X=X, y=y, seed=seed)
    for switch, (network, kind, onednn) in SWITCHES.items():
        average = network.get('average', False)
        if (kind, average) not in exact:
            exact[kind, average] = measure(workers['pytorch'], start, kinds[kind],
                                           'float64', average=average)
        if 'imposed' in network:
            network = {**network, 'imposed': exact[kind, average]['masks']}
        for tab, worker in (workers if onednn else without).items():
            one = measure(worker, start, kinds[kind], **network)
            yield {'switched_off': switch, 'framework': tab, 'seed': seed,
                   **compare(one, exact[kind, average])}


def hardware():
    """Return the processor's name and the number of cores in use."""
    lines = Path('/proc/cpuinfo').read_text().splitlines()
    name = next(line.split(': ')[1] for line in lines if line.startswith('model name'))
    return f'{name}, {len(os.sched_getaffinity(0))} cores'


def versions():
    names = ('torch', 'tensorflow-cpu', 'keras', 'jax', 'flax', 'mxnet', 'numpy')
    return ' '.join(f'{name}=={version(name)}' for name in names)


def start_workers():
    """Return Workers as they come, and Workers without oneDNN (JAX never has it)."""
    sys.path.insert(0, str(ROOT / 'tests'))
    from workers import Workers
    workers, without = Workers(), Workers()
    for tab in FRAMEWORKS:
        workers[tab].ask('gpus')
    os.environ.update(NO_ONEDNN)
    for tab in FRAMEWORKS:
        if tab != 'jax':
            without[tab].ask('floors.stop_onednn')
    return workers, without


def main():
    about = {'hardware': hardware(), 'versions': versions()}
    workers, without = start_workers()
    pictures = workers['pytorch'].ask('first_batches', n=2 * SEEDS, batch_size=BATCH,
                                      resize=(96, 96))
    rows = []
    for seed in range(SEEDS):
        for row in rows_of_seed(seed, workers, without, pictures):
            rows.append({**row, **about})
            print(*list(row.values()), sep='\t', flush=True)
    workers.close()
    without.close()
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open('w', newline='') as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == '__main__':
    main()
