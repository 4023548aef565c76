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
from types import SimpleNamespace

import numpy as np

from d2l_shim.framework import FRAMEWORKS
from tests.frameworks import written

NOTES = Path(__file__).parents[1] / 'notes'


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
        judge(**{k: names[k] for k in ('d2l', 'net', 'test_iter')})
        if 'net' in names
        else {}
    )
    return {'note': path.stem, 'printed': printed.getvalue(), **told}


def judge(d2l, net, test_iter):
    """Judge the test images by `d2l`, and by the framework and NumPy alone."""
    own = written(SimpleNamespace(tab=d2l.framework.tab, d2l=d2l))
    batches = [
        (own.alone(net, X), np.array([int(label) for label in y])) for X, y in test_iter
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
    own = written(SimpleNamespace(tab=tab, d2l=d2l))
    empty, evaluable = own.empty(), own.evaluable()
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
