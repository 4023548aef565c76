"""Why a step in float32 parts from one in float64, and by how much in each framework.

`python -m parity.floors` takes a step of the book's network in float32 in each
framework, from several seeds, with one suspect switched off at a time, and writes how
far each ends up from float64 to book/results/floors.csv; and the errors of single
layers to book/results/layers.csv. About 15 minutes; `--layers` does only the latter.
"""

import csv
import io
import os
import sys
import tempfile
from pathlib import Path

from d2l_shim import weights
from d2l_shim.files import write_text
from d2l_shim.framework import FRAMEWORKS
from parity.compare import gradients, norm, relative
from parity.measure import RESULTS, origin
from parity.networks import BOOK, drawn_batches
from parity.workers import Workers

SEEDS, BATCH, LR = 6, 16, 0.125

NEVER_ONEDNN = ('jax',)
NO_ONEDNN = {
    'TF_ENABLE_ONEDNN_OPTS': '0',
    'MXNET_MKLDNN_ENABLED': '0',
    'MXNET_STORAGE_FALLBACK_LOG_VERBOSE': '0',
}


def weight_file(tensors):
    """Return the bytes of a weight file that holds `tensors`."""
    with tempfile.TemporaryDirectory() as folder:
        weights.write(Path(folder, 'weights'), tensors, [(1, 96, 96)])
        return Path(folder, 'weights').read_bytes()


def measure(worker, start, batches, precision='float32', **network):
    """Take one step in one framework: {'loss', 'gradients', 'next loss', 'masks'}.

    The gradients are read off a step at a learning rate of 1. The next loss is that of
    the second batch, after a step at LR, by a network whose ReLUs decide themselves.
    """
    worker.ask('parity.floors_inside.prepare', **network)
    options = {'config': BOOK, 'precision': precision}
    told = worker.ask('steps', batches=batches[:1], weights=start, lr=1.0, **options)
    masks = worker.ask('parity.floors_inside.decided')
    if 'imposed' in network:
        worker.ask(
            'parity.floors_inside.prepare', average=network.get('average', False)
        )
    grads, after = gradients(told, 1.0), dict(told['after'])
    for name, gradient in grads.items():
        before = told['before'][name]
        after[name] = (before - LR * gradient).astype(before.dtype)
    again = worker.ask(
        'steps', batches=batches[1:], weights=weight_file(after), **options
    )
    return {
        'loss': told['losses'][0],
        'gradients': grads,
        'masks': masks,
        'next loss': again['losses'][0],
    }


def distances(one, exact):
    """Return how far a float32 step `one` is from the float64 one, relative."""
    g, h = one['gradients'], exact['gradients']
    off = {name: (g[name] - h[name]) / norm(h) for name in h}
    elsewhere = {name: off[name] for name in off if not name.startswith('000.conv')}
    changed = [
        int((p != q).sum()) for p, q in zip(one['masks'], exact['masks'], strict=False)
    ]
    return {
        'first_loss': relative(one['loss'], exact['loss']),
        'gradient': norm(off),
        'gradient_behind_first_convolution': norm(elsewhere),
        'second_loss': relative(one['next loss'], exact['next loss']),
        'decisions_changed': sum(changed) if changed else '',
    }


SWITCHES = {  # what is switched off: (change of the network, pictures, oneDNN)
    'nothing': ({}, 'real', True),
    'real pictures': ({}, 'noise', True),
    'max pooling': ({'average': True}, 'real', True),
    'oneDNN': ({}, 'real', False),
    "ReLU's decisions": ({'imposed': True}, 'real', True),
    "ReLU's decisions, max pooling": ({'imposed': True, 'average': True}, 'real', True),
    "ReLU's decisions, max pooling, oneDNN": (
        {'imposed': True, 'average': True},
        'real',
        False,
    ),
}


def rows_of_seed(seed, workers, without, pictures):
    """Yield a row for each switch and framework, all from one start."""
    exact, kinds = (
        {},
        {
            'real': pictures[2 * seed : 2 * seed + 2],
            'noise': drawn_batches((96, 96), BATCH, 2, seed),
        },
    )
    X, y = kinds['real'][0]
    start = workers['pytorch'].ask('weight_file', config=BOOK, X=X, y=y, seed=seed)
    for switch, (network, kind, onednn) in SWITCHES.items():
        average = network.get('average', False)
        if (kind, average) not in exact:
            exact[kind, average] = measure(
                workers['pytorch'], start, kinds[kind], 'float64', average=average
            )
        if 'imposed' in network:
            network = {**network, 'imposed': exact[kind, average]['masks']}
        for tab, worker in (workers if onednn else without).items():
            one = measure(worker, start, kinds[kind], **network)
            yield {
                'switched_off': switch,
                'framework': tab,
                'seed': seed,
                **distances(one, exact[kind, average]),
            }


LAYERS = {  # setting: (frameworks, oneDNN)
    'as in the book': (tuple(FRAMEWORKS), True),
    'channels first': (('pytorch',), True),
    'use_fast_variance=False': (('jax',), True),
    'no oneDNN': (('tensorflow', 'mxnet'), False),
}


def rows_of_layers(workers, without):
    """Yield a row for each single layer, setting and framework."""
    for setting, (tabs, onednn) in LAYERS.items():
        for tab in tabs:
            found = (workers if onednn else without)[tab].ask(
                'parity.floors_inside.layers', setting=setting
            )
            for layer, error in found.items():
                yield {
                    'layer': layer,
                    'setting': setting,
                    'framework': tab,
                    'seed': 0,
                    'error': error,
                }


def start_workers():
    """Return Workers as they come, and Workers without oneDNN."""
    workers, without = Workers(), Workers()
    for tab in FRAMEWORKS:
        workers[tab].ask('gpus')
    os.environ.update(NO_ONEDNN)
    for tab in FRAMEWORKS:
        if tab not in NEVER_ONEDNN:
            without[tab].ask('parity.floors_inside.stop_onednn')
    return workers, without


def write(name, rows):
    """Show each of `rows` as it comes, and write them all to book/results."""
    kept = []
    for row in rows:
        kept.append({**row, **origin(row['framework']), 'seed': row['seed']})
        print(*row.values(), sep='\t', flush=True)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(kept[0]), lineterminator='\n')
    writer.writeheader()
    writer.writerows(kept)
    write_text(RESULTS / name, text.getvalue())


def main(only_layers=False):
    workers, without = start_workers()
    write('layers.csv', rows_of_layers(workers, without))
    if not only_layers:
        pictures = workers['pytorch'].ask(
            'first_batches', n=2 * SEEDS, batch_size=BATCH, resize=(96, 96)
        )
        write(
            'floors.csv',
            (
                row
                for seed in range(SEEDS)
                for row in rows_of_seed(seed, workers, without, pictures)
            ),
        )
    workers.close()
    without.close()


if __name__ == '__main__':
    main('--layers' in sys.argv)
