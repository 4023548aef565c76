"""Run the notes of one framework, each as it is but for its import line.

`python note_runner.py jax` runs `tests/notes/jax_*.py` and prints, as a line of JSON
each, what they print and leave behind, then what `mistakes` are told. A process of its
own: the frameworks never share one.
"""

import contextlib
import importlib
import io
import json
import re
import sys
from pathlib import Path

import numpy as np

from d2l_shim.framework import FRAMEWORKS

NOTES = Path(__file__).parents[1] / 'notes'
# A net's outputs in evaluation mode, by its framework alone; a net without parameters.
OUTPUTS = {
    'pytorch': lambda net, X: net.eval()(X).detach().numpy(),
    'tensorflow': lambda net, X: net(X, training=False).numpy(),
    'jax': lambda net, X: np.asarray(
        (net.clone(training=False) if hasattr(net, 'training') else net).apply(
            net.latest, X
        )
    ),
    'mxnet': lambda net, X: net(X).asnumpy(),
}
EMPTY = {
    'pytorch': lambda d2l: d2l.nn.Flatten(),
    'tensorflow': lambda d2l: d2l.layers.Flatten(),
    'jax': lambda d2l: d2l.nn.Sequential([lambda X: X.reshape(len(X), -1)]),
    'mxnet': lambda d2l: d2l.nn.Flatten(),
}


def run(tab, path):
    """Return what the note at `path` printed and left behind."""
    source, changed = re.subn(
        r'(?m)^from d2l import', 'from d2l_shim import', path.read_text('utf-8')
    )
    assert changed == 1, path
    names, printed = {'__name__': 'note'}, io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, path, 'exec'), names)
    told = (
        judge(tab, **{k: names[k] for k in ('d2l', 'net', 'test_iter')})
        if 'net' in names
        else {}
    )
    return {'note': path.stem, 'printed': printed.getvalue(), **told}


def judge(tab, d2l, net, test_iter):
    """Judge the test images by `d2l`, and by the framework and NumPy alone."""
    batches = [
        (OUTPUTS[tab](net, X), np.array([int(label) for label in y]))
        for X, y in test_iter
    ]
    outputs, labels = (np.concatenate(part) for part in zip(*batches, strict=True))
    return {
        'evaluated': d2l.evaluate_accuracy_gpu(net, test_iter),
        'in_numpy': float((outputs.argmax(axis=1) == labels).mean()),
    }


def mistakes(tab):
    """Return {mistake: what the one who makes it is told}."""
    d2l = importlib.import_module(FRAMEWORKS[tab].shim)
    train_iter, test_iter = d2l.load_data_fashion_mnist(128)
    empty, evaluable = (EMPTY[tab](d2l) for _ in range(2))
    if tab == 'jax':
        object.__setattr__(evaluable, 'latest', {})  # of no numbers, it has all
    calls = {
        'no parameters': lambda: d2l.train_ch6(empty, train_iter, test_iter, 1, 0.1),
        'list': lambda: d2l.train_ch6([empty], train_iter, test_iter, 1, 0.1),
        'no device': lambda: d2l.train_ch6(
            empty, train_iter, test_iter, 1, 0.1, 'cuda:99'
        ),
        'no batch': lambda: d2l.evaluate_accuracy_gpu(evaluable, iter(())),
    }
    return {mistake: complaint(call) for mistake, call in calls.items()}


def complaint(call):
    try:
        call()
    except (TypeError, ValueError) as error:
        return str(error)


if __name__ == '__main__':
    for path in sorted(NOTES.glob(f'{sys.argv[1]}_*.py')):
        print(json.dumps(run(sys.argv[1], path)), flush=True)
    print(json.dumps({'note': 'mistakes', **mistakes(sys.argv[1])}))
