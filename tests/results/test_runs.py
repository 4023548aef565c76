"""Reference runs of a small section: killed and gone on with, kept, and refused."""

import csv
import os
import re
import signal
import subprocess
import sys

import pytest
from safetensors.numpy import load_file

from d2l_shim.framework import FRAMEWORKS
from tabbook.cli import main
from tabbook.project import Project
from tabbook.results import runs, tables, work
from tests.helpers import ROOT, require_framework

SECTION = """---
tabs: [pytorch]
runs:
  reference:
    code: d2l.Trainer(max_epochs=5).fit(Net(), Few(16, seed=3), callbacks)
    weights: pytorch
  other:
    code: d2l.Trainer(max_epochs=1, seed=1).fit(Net(), Few(16), callbacks)
---

```{code-cell} ipython3
%%tab pytorch
import time
import numpy as np
import torch
from torch import nn
from d2l_shim import torch as d2l
```

```{code-cell} ipython3
%%tab pytorch
class Few(d2l.FashionMNIST):
    def __init__(self, batch_size, seed=0):
        super().__init__(batch_size, seed=seed, synthetic=True)

    def arrays(self, train):
        rng = np.random.default_rng(0)
        return rng.integers(0, 256, (64, 28, 28), np.uint8), rng.integers(0, 10, 64)

    def convert(self, X, y):
        time.sleep(0.03)  # an epoch is long enough to be killed in
        return super().convert(X, y)


class Net(d2l.Classifier):
    def __init__(self, lr=0.1):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(
            nn.Flatten(), nn.Dropout(0.5), nn.LazyLinear(10), nn.BatchNorm1d(10))
```

```{code-cell} ipython3
raise SystemError('no cell but those that import or define a class is run')
```
"""
SEVERAL = SECTION.replace(
    'runs:\n',
    """runs:
  several:
    code: d2l.Trainer(max_epochs=2, seed=seed).fit(Net(), Few(16), callbacks)
    seeds: 3
""",
)
pytestmark = pytest.mark.needs('pytorch')
LEARNED = ('train_loss', 'train_accuracy', 'val_loss', 'val_accuracy', 'first_loss')


def book(folder, section=SECTION):
    """Write a book of one section into `folder`, and return its Project."""
    (folder / 'notebooks').mkdir(parents=True)
    (folder / '_config.yml').write_text('title: a test\n', 'utf-8')
    (folder / 'notebooks' / 'tiny.md').write_text(section, 'utf-8')
    return Project(folder)


def command(project, *options):
    """Return the process of a `results` command, of which a line at a time is read."""
    asked = [sys.executable, '-m', 'tabbook', 'results', '--root', str(project.root)]
    env = os.environ | {'PYTHONUNBUFFERED': '1'}
    return subprocess.Popen(
        [*asked, *options], stdout=subprocess.PIPE, text=True, env=env, cwd=ROOT
    )


def killed_after(project, words, run='reference'):
    """Kill a command once it says `words`; return what it said, to the last line."""
    with command(project, '--run', run) as process:
        said = []
        for line in process.stdout:
            said.append(line)
            if words in line:
                process.send_signal(signal.SIGKILL)
                break
        said += process.stdout  # until the run itself, which writes there, has ended
    assert process.returncode == -signal.SIGKILL
    return ''.join(said)


def done(project, *options):
    """Let a command come to its end; return what it said."""
    with command(project, *options) as process:
        said = process.stdout.read()
    assert process.returncode == 0, said
    return said


def epochs(project, run='reference'):
    rows = tables.read(tables.path(project, 'tiny', 'pytorch'))
    return [row for row in rows if row['run'] == run]


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    """A book whose runs were done in one go."""
    project = book(tmp_path_factory.mktemp('whole') / 'book')
    done(project)
    return project


def test_a_run_killed_three_times_is_the_same_run(whole, tmp_path):
    project = book(tmp_path / 'book')
    assert '0 of 5 epochs are done' in killed_after(project, '0 of 5 epochs')
    for epoch in (1, 3):
        said = killed_after(project, f'epoch {epoch}/5')
        assert f'epoch {epoch + 2}/5' not in said  # the run ended, too
    assert epochs(project) == []
    (kept,) = project.unfinished.glob('*.npz')
    kept.with_name(f'.{kept.name}.1-2').touch()  # as a kill within a write leaves it
    said = done(project, '--run', 'reference')
    assert '0 of 5 epochs are done' not in said
    assert 'epoch 1/5' not in said
    kept, other = ([[row[x] for x in LEARNED] for row in epochs(p)]
                   for p in (project, whole))  # fmt: skip
    assert kept == other
    assert len(kept) == 5
    files = (tables.weights_path(p, 'tiny') for p in (project, whole))
    mine, others = map(load_file, files)
    assert mine.keys() == others.keys()
    assert all((mine[name] == others[name]).all() for name in mine)
    assert not any(project.unfinished.iterdir())


def seeds(project):
    """The run of several seeds, in short: [(seed, epoch)]."""
    return [(int(x['seed']), int(x['epoch'])) for x in epochs(project, 'several')]


def test_a_run_of_several_seeds_is_one_run_a_seed(whole, tmp_path):
    project = book(tmp_path / 'book', SEVERAL)
    said = killed_after(project, 'seed 1: 0 of 2 epochs', 'several')
    assert 'seed 0: tiny [pytorch], run several: 2 epochs, loss' in said
    assert seeds(project) == [(0, 1), (0, 2)]
    said = done(project, '--run', 'several')
    assert 'seed 0' not in said
    assert seeds(project) == [(seed, epoch) for seed in range(3) for epoch in (1, 2)]
    (alone,) = epochs(whole, 'other')  # which has seed 1, and one epoch
    one = epochs(project, 'several')[2]
    assert [one[x] for x in LEARNED] == [alone[x] for x in LEARNED]
    assert len({row['first_loss'] for row in epochs(project, 'several')}) == 3
    assert not any(project.unfinished.iterdir())
    kept = epochs(project, 'several')
    path = project.root / 'notebooks' / 'tiny.md'
    path.write_text(SEVERAL.replace('seeds: 3', 'seeds: 4'), 'utf-8')
    said = done(Project(project.root), '--run', 'several')
    assert 'to do' in said
    assert 'seed 2' not in said
    assert epochs(project, 'several')[:-2] == kept
    assert seeds(project)[-2:] == [(3, 1), (3, 2)]
    changed = SEVERAL.replace('max_epochs=2', 'max_epochs=1')
    path.write_text(changed, 'utf-8')
    done(Project(project.root), '--run', 'several')
    assert seeds(project) == [(0, 1), (1, 1), (2, 1)]


def test_the_table_says_what_was_done_and_on_what(whole):
    rows = epochs(whole)
    assert [int(row['epoch']) for row in rows] == [1, 2, 3, 4, 5]
    first = rows[0]
    assert int(first['parameters']) == 784 * 10 + 10 + 20
    assert (first['seed'], first['precision'], first['device']) == (
        '0',
        'float32',
        'cpu',
    )
    assert 'torch 2.' in first['versions']
    assert f'{os.cpu_count()} cores' in first['hardware']
    assert 100 < float(first['peak_memory_mb']) < 10_000
    assert float(first['seconds']) > 0
    assert [row['seed'] for row in epochs(whole, 'other')] == ['1']


def test_the_confusion_matrix_is_that_of_the_published_weights(whole):
    with tables.confusion_path(whole, 'tiny').open(encoding='utf-8') as file:
        (_, *names), *rows = csv.reader(file)
    assert [row[0] for row in rows] == names
    counts = [[int(n) for n in row[1:]] for row in rows]
    assert sum(map(sum, counts)) == 64
    right = sum(counts[i][i] for i in range(10))
    assert right / 64 == pytest.approx(float(epochs(whole)[-1]['val_accuracy']))


def test_what_is_there_is_not_done_again_but_what_changed_is(whole, tmp_path):
    project = book(tmp_path / 'book')
    for file in whole.results.iterdir():
        project.results.mkdir(parents=True, exist_ok=True)
        (project.results / file.name).write_bytes(file.read_bytes())
    path = project.root / 'notebooks' / 'tiny.md'

    def states(text):
        path.write_text(text, 'utf-8')
        fresh = Project(project.root)
        plan = runs.plan(fresh.library['tiny'], ['pytorch'], fresh)
        return {run.name: there for run, _, _, there in plan}

    assert states(SECTION) == {'reference': True, 'other': True}
    documented = re.sub('(class Net.*)', r'# The net.\n\1\n    """It."""', SECTION)
    assert documented != SECTION
    assert states(documented) == {'reference': True, 'other': True}
    more = SECTION.replace('class Net', 'class Other:\n    pass\n\n\nclass Net')
    assert states(more) == {'reference': True, 'other': True}
    again = SECTION.replace('max_epochs=1, seed=1', 'max_epochs=2, seed=1')
    assert states(again) == {'reference': True, 'other': False}
    assert states(SECTION.replace('Dropout(0.5)', 'Dropout(0.4)')) == {
        'reference': False,
        'other': False,
    }


def test_a_run_that_does_not_end_is_no_result(tmp_path, capfd):
    project = book(tmp_path / 'book')
    path = project.root / 'notebooks' / 'tiny.md'
    path.write_text(SECTION.replace('lr=0.1', 'lr=3e38'), 'utf-8')
    asked = ['results', '--root', str(project.root), '--run', 'reference']
    assert main(asked) == 1
    said = capfd.readouterr()
    assert 'the run broke off before its last epoch; nothing was written' in said.err
    assert 'tiny [pytorch], run reference: ended early' in said.out
    assert not project.results.exists()


def test_stand_in_data_give_no_reference(tmp_path, capfd, monkeypatch):
    project = book(tmp_path / 'book')
    path = project.root / 'notebooks' / 'tiny.md'
    data = 'data: [fashion-mnist, densenet-weights]\n'
    path.write_text(SECTION.replace('tabs: [', f'{data}tabs: [', 1), 'utf-8')
    asked = []
    monkeypatch.setattr(runs, 'state', lambda name: asked.append(name) or 'synthetic')
    assert main(['results', '--root', str(project.root)]) == 1
    assert 'a reference run needs the real data' in capfd.readouterr().out
    assert set(asked) == {'fashion-mnist'}  # and not the weights, which it makes
    assert not project.results.exists()


def test_changed_code_does_not_go_on_with_another_run(tmp_path):
    section = book(tmp_path / 'book').library['tiny']
    run = section.runs[0]
    one, other = (
        runs.at_work(section, run, 'pytorch', key, Project(tmp_path))
        for key in ('0a', '0b')
    )
    assert one != other


@pytest.mark.parametrize('device', ['cpu', 'gpu'])
def test_a_run_is_on_the_device_that_was_asked_for(tmp_path, monkeypatch, device):
    project, seen = book(tmp_path / 'book'), []
    monkeypatch.setenv('D2L_DEVICE', '')
    monkeypatch.setattr('tabbook.notebooks.nbval.check_device', lambda *asked: None)
    monkeypatch.setattr(runs, 'do', lambda *run: seen.append(os.environ['D2L_DEVICE']))
    asked = ['results', '--root', str(project.root), '--device', device]
    assert main(asked) == 0
    assert seen == [device] * 2


@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_the_versions_of_each_framework_are_known(tab):
    """Before an hour of training, and not after: TensorFlow is in tensorflow-cpu."""
    require_framework(tab)
    told = work.versions(tab).split(', ')
    assert len(told) == len(FRAMEWORKS[tab].packages) + 2
    assert all(re.fullmatch(r'\S+ \d+\.\d\S*', one) for one in told)
