"""A framework that nobody here knew joins by its own file, its tabs and one line.

Keras on JAX, in tests/fifth, is held against the four others in float64; its weights
are theirs, its notebooks run, and an assignment is graded in it.
"""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from d2l_shim import framework
from parity.compare import FLOAT64, REFERENCE, differences
from parity.networks import drawn_batches
from parity.workers import Worker
from tabbook.text.parse import Library
from tests import fifth
from tests.helpers import ROOT, require_framework

SMALL = {'num_channels': 4, 'growth_rate': 4, 'arch': (1, 2)}
SECTIONS = ('densenet', 'assignments/pooling')
FOUR = tuple(framework.FRAMEWORKS)
BATCHES = drawn_batches((32, 32), n=8, steps=3)


@pytest.fixture(scope='module')
def joined(tmp_path_factory):
    """A copy of the notebooks with a tab `keras`, which the registry then has."""
    folder = tmp_path_factory.mktemp('fifth')
    fifth.tabs(ROOT / 'notebooks', folder / 'notebooks', *SECTIONS)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(fifth.HERE))
        patch.setenv('PYTHONPATH', f'{fifth.HERE}:{ROOT}')
        for tab, line in framework.joined().items():
            patch.setitem(framework.FRAMEWORKS, tab, line)
        require_framework('keras')
        yield folder


@pytest.fixture(scope='module')
def worker(joined):
    running = Worker('keras', joined / 'notebooks')
    yield running
    running.close()


@pytest.fixture(scope='module')
def weights(workers):
    X, y = BATCHES[0]
    return workers['pytorch'].ask('weight_file', config=SMALL, X=X, y=y)


@pytest.fixture(scope='module')
def told(workers, worker, weights):
    """{tab: a run of three steps in float64} of all five, from one weight file."""
    asked = {'config': SMALL, 'batches': BATCHES, 'precision': 'float64'}
    runs = workers.ask_all('run', FOUR, weights=weights, **asked)
    return {**runs, 'keras': worker.ask('run', weights=weights, **asked)}


def test_it_meets_the_contract(worker):
    assert worker.ask('tests.inside.contract.gaps') == []


def test_it_is_the_same_network_in_float64(told):
    found = differences(told['keras'], told[REFERENCE])
    assert {name: found[name] for name in FLOAT64 if found[name] > FLOAT64[name]} == {}
    losses = [told['keras']['losses'], *(one['losses'] for one in told.values())]
    for one, other in pairwise(losses):
        np.testing.assert_allclose(one, other, rtol=FLOAT64['losses'])


def test_its_weight_file_is_the_others(workers, worker, weights):
    X, y = BATCHES[0]
    there = worker.ask('tests.inside.weights.train', config=SMALL, X=X, y=y)
    again = {'config': SMALL, 'X': X, 'y': y, 'weights': there['file'], 'steps': 0}
    for other in ('pytorch', REFERENCE):
        back = workers[other].ask('tests.inside.weights.train', **again)
        np.testing.assert_allclose(
            back['logits'], there['logits'], rtol=1e-3, atol=1e-5
        )
        assert back['file'] == there['file']
    back = worker.ask('tests.inside.weights.train', **{**again, 'weights': weights})
    assert back['file'] == weights


def test_an_assignment_is_graded(joined, worker):
    hidden = Library(joined / 'notebooks')['assignments/pooling'].hidden
    told = worker.ask('tests.inside.graded.solution', assignment='assignments/pooling')
    assert told == {test.name: '' for test in hidden}


def test_the_tool_runs_its_notebooks(joined):
    """A kernel of it has Keras on JAX, whatever the user told Keras."""
    (joined / 'notebooks' / 'tiny.md').write_text(TINY, 'utf-8')
    (joined / '_toc.yml').write_text(TOC, 'utf-8')
    (joined / '_config.yml').write_text('title: Fifth\n', 'utf-8')
    done = subprocess.run(
        [sys.executable, '-m', 'tabbook', 'run', '--tab', 'keras', '--section', 'tiny'],
        cwd=joined,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


TOC = 'format: jb-book\nroot: notebooks/tiny\n'
TINY = """\
---
tabs: [pytorch, keras]
---

# Tiny

```{code-cell} ipython3
%%tab keras
import keras
import keras_jax as d2l
keras.backend.backend(), d2l.framework.layout
```

```{code-cell} ipython3
%%tab pytorch
('jax', 'NHWC')
```

```{output} keras, pytorch
('jax', 'NHWC')
```
"""
