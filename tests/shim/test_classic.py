"""Notes of the 2020-2023 editions run after a change of their import line alone."""

import ast
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from d2l_shim import callbacks, classic, core, report, starts
from d2l_shim.data import fashion_mnist
from d2l_shim.data.loader import Loader
from d2l_shim.framework import FRAMEWORKS, installed
from tests.helpers import require_framework

HERE = Path(__file__).parent
NOTES = [
    (tab, path.stem)
    for tab in FRAMEWORKS
    for path in sorted(HERE.parent.glob(f'notes/{tab}_*.py'))
]
LAST = re.compile(
    r'loss (\d\.\d{3}), train acc ([01]\.\d{3}), test acc ([01]\.\d{3})\n'
    r'\d+\.\d examples/sec on (\S+)\n'
)
FITTED = re.compile(
    r'epoch 1/1: train loss (\d\.\d{3}), val loss \d+\.\d{3}, '
    r'val accuracy [01]\.\d{3}, \d+\.\d examples/s\n'
)
QUIET = {
    'OMP_NUM_THREADS': '1',
    'TF_CPP_MIN_LOG_LEVEL': '3',
    'MPLBACKEND': 'Agg',
    'D2L_PROFILE': 'smoke',
}


@pytest.fixture(scope='module')
def told():
    """{(tab, note): what `note_runner` found}; all frameworks run at once."""
    running = {
        tab: subprocess.Popen(
            [sys.executable, '-m', 'tests.helpers.note_runner', tab],
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **QUIET},
            cwd=HERE.parents[1],
        )
        for tab in FRAMEWORKS
        if installed(tab)
    }
    found = {}
    for tab, process in running.items():
        out, errors = process.communicate()
        notes = [json.loads(line) for line in out.splitlines()]
        found |= {(tab, note['note']): note for note in notes}
        found[tab, 'errors'] = errors
    return found


def result(told, tab, note):
    require_framework(tab)
    if (tab, note) not in told:
        pytest.fail(
            f'{tab}_*.py stopped before {note} was done:\n' + told[tab, 'errors']
        )
    return told[tab, note]


# but for those whose last learning rate is zero: test_train_ch6_starts_anew
LEARNING = [pair for pair in NOTES if 'learning_rates' not in pair[1]]


@pytest.mark.parametrize(('tab', 'note'), LEARNING)
def test_a_note_runs_and_learns(told, tab, note):
    printed = result(told, tab, note)['printed']
    last, fitted = LAST.search(printed), FITTED.search(printed)
    assert float((last or fitted)[1]) < math.log(10)  # what guessing costs
    if last:
        assert float(last[2]) > 0.15  # what guessing gets is 0.1


@pytest.mark.parametrize(('tab', 'note'), NOTES)
def test_evaluate_accuracy_gpu_is_what_numpy_counts(told, tab, note):
    found = result(told, tab, note)
    if 'evaluated' not in found:
        assert 'trainer.fit' in (HERE.parent / f'notes/{note}.py').read_text('utf-8')
        return
    assert found['evaluated'] == found['in_numpy']
    accuracy = LAST.findall(found['printed'])[-1][2]
    assert float(accuracy) == pytest.approx(found['in_numpy'], abs=6e-4)


def test_each_style_is_there_for_each_framework():
    for tab in FRAMEWORKS:
        sources = [
            (HERE.parent / f'notes/{note}.py').read_text('utf-8')
            for name, note in NOTES
            if name == tab
        ]
        assert len(sources) >= 3
        for call in ('d2l.train_ch6(', 'd2l.Classifier)', 'd2l.FashionMNIST('):
            assert any(call in source for source in sources), (tab, call)


@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_train_ch6_starts_anew(told, tab):
    printed = result(told, tab, f'{tab}_learning_rates')['printed']
    (trained, *_), (still, *_) = LAST.findall(printed)  # lr 0.1, then lr 0
    assert float(trained) < float(still)


def test_train_ch6_gives_the_same_numbers_in_every_framework(told):
    losses = {
        tab: [
            float(loss)
            for loss, *_ in LAST.findall(
                result(told, tab, f'{tab}_learning_rates')['printed']
            )
        ]
        for tab in FRAMEWORKS
        if installed(tab)
    }
    first = next(iter(losses.values()))
    for both in losses.values():
        assert both == pytest.approx(first, abs=1.1e-3), losses


@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_a_mistake_is_told_in_a_sentence(told, tab):
    said = result(told, tab, 'mistakes')
    assert said['no parameters'] == (
        'train_ch6: the net has no parameters to train; give it a layer with weights, '
        'such as a linear one.'
    )
    assert re.fullmatch(
        r'train_ch6: net must be a \w+ (Module|Layer|Block) or a '
        r'function that returns one, not \[.*\]\.',
        said['list'],
        re.S,
    )
    assert re.fullmatch(
        r'train_ch6: there is no device cuda:99 here \(GPUs found: '
        r'\d+\); d2l.try_gpu\(\) returns one that exists\.',
        said['no device'],
    )
    assert said['no batch'] == (
        'evaluate_accuracy_gpu: data_iter gives no batch; make '
        'a new one if it is used up.'
    )


def calls(Trainer=None, Classifier=None, FashionMNIST=None):
    framework = SimpleNamespace(net=object, layout='NCHW')
    return classic.Calls(framework, Trainer, Classifier, FashionMNIST)


@pytest.mark.parametrize(
    ('resize', 'size'), [(None, (28, 28)), (32, (32, 32)), ((40, 36), (40, 36))]
)
def test_load_data_gives_two_iterators(monkeypatch, resize, size):
    monkeypatch.setenv('D2L_PROFILE', 'smoke')

    class Drawn(fashion_mnist.FashionMNIST):
        def __init__(self, batch_size, resize):
            super().__init__(batch_size, resize, synthetic=True)

    train_iter, test_iter = calls(FashionMNIST=Drawn).load_data_fashion_mnist(
        batch_size=100, resize=resize
    )
    assert (len(train_iter), len(test_iter)) == (5, 3)  # notes divide by a fifth
    X, y = next(iter(train_iter))
    assert X.shape == (100, 1, *size)
    names = fashion_mnist.FashionMNIST.names
    assert classic.get_fashion_mnist_labels(y)[:1] == [names[y[0]]]
    assert not np.array_equal(next(iter(train_iter))[1], y)  # shuffled anew
    assert np.array_equal(*(next(iter(test_iter))[1] for _ in range(2)))


class Counting(core.Trainer):
    """A 'framework' that notes the labels it is trained on."""

    framework = SimpleNamespace(
        cpu=lambda: 'abacus', try_gpu=lambda: 'abacus', num_gpus=lambda: 0
    )

    def start(self, model, batch):
        return model

    def place(self, batch):
        return batch

    def train_step(self, state, batch):
        state.append(batch[-1])
        return state, report.Sums(0.5 * len(batch[-1]), 3.0, len(batch[-1]))

    def eval_step(self, state, batch):
        return report.Sums(1.0, 1.0, len(batch[-1]))

    def finish(self, model, state):
        pass


def test_training_on_iterators_begins_with_their_first_epoch(monkeypatch):
    monkeypatch.setenv('D2L_PROFILE', 'full')
    loader = Loader(lambda i: (i, i), lambda *batch: batch, np.arange(6), 4, 0)
    history = Counting(1).fit(seen := [], classic.Iterators(loader, loader))
    assert history.train_accuracy == [6 / 6]
    loader.epoch = 1
    assert [y.tolist() for y in seen] == [y.tolist() for _, y in loader]


def test_the_last_lines_of_a_run(capsys, monkeypatch):
    monkeypatch.setattr(callbacks, 'plot', lambda *lines, **options: None)
    history = core.History(
        device='cuda:0',
        train_loss=[1, 0.144],
        train_accuracy=[0.5, 0.9471],
        val_loss=[1, 1],
        val_accuracy=[0.6, 0.882],
        seconds=[10, 30],
        examples_per_second=[1000, 3000],
    )
    classic.report(history)
    assert capsys.readouterr().out == (
        'loss 0.144, train acc 0.947, test acc 0.882\n2500.0 examples/sec on cuda:0\n'
    )
    classic.report(core.History())  # stopped by hand in the first epoch
    assert capsys.readouterr().out == ''


def test_accuracy_counts_what_is_right():
    y = np.array([0, 2, 1])
    assert classic.accuracy(np.array([[3, 1, 2], [0, 1, 2], [5, 4, 3]]), y) == 2.0
    assert classic.accuracy(np.array([0.0, 1.0, 1.0]), y) == 2.0


def test_accumulator():
    metric = classic.Accumulator(2)
    metric.add(1, np.float32(2))
    metric.add(3, 4)
    assert (metric[0], metric[1]) == (4.0, 6.0)
    with pytest.raises(ValueError, match=r'add\(\) takes 2 numbers.*, not 3'):
        metric.add(1, 2, 3)
    metric.reset()
    assert metric.data == [0.0, 0.0]


def test_animator_draws_each_curve_in_its_style():
    animator = classic.Animator(
        'epoch',
        ylabel='y',
        legend=['loss', 'train', 'test'],
        xlim=[1, 3],
        yscale='log',
        nrows=1,
        ncols=2,
    )
    animator.add(1, (0.5, 0.25, None))
    animator.add(2, [0.4, 0.5, None])
    animator.add(2, (None, None, 0.75))
    first, second = animator.fig.axes
    curves = [
        (*map(list, line.get_data()), line.get_linestyle(), line.get_label())
        for line in first.lines
    ]
    assert curves == [
        ([1, 2], [0.5, 0.4], '-', 'loss'),
        ([1, 2], [0.25, 0.5], '--', 'train'),
        ([2], [0.75], '-.', 'test'),
    ]
    assert (first.get_xlim(), first.get_yscale()) == ((1, 3), 'log')
    assert not second.lines


def test_animator_takes_single_numbers_and_more_curves_than_styles():
    animator = classic.Animator(fmts=('r:',))
    animator.add(0, 1.5)
    animator.add([1, 2], np.array([2.5, 3.5]))
    assert [line.get_xydata().tolist() for line in animator.fig.axes[0].lines] == [
        [[0, 1.5], [1, 2.5]],
        [[2, 3.5]],
    ]


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize(
    ('legend', 'shown'),
    [
        ('loss', ['loss']),
        (['loss'], ['loss']),
        (['loss', 'acc'], ['loss', 'acc']),
        (np.array(['loss', 'acc']), ['loss', 'acc']),
        ('', None),
        (None, None),
        (['loss', 'acc', 'of a curve that is not there yet'], ['loss', 'acc']),
    ],
)
def test_an_animators_legend_is_one_name_or_one_a_curve(legend, shown):
    animator = classic.Animator(legend=legend, fmts='r--')
    assert animator.fig.axes[0].get_legend() is None
    animator.add(0, (1, 2))
    axes = animator.fig.axes[0]
    found = axes.get_legend() and [text.get_text() for text in axes.get_legend().texts]
    assert found == shown
    assert [line.get_linestyle() for line in axes.lines] == ['--', '--']


def test_the_start_of_train_ch6_is_xavier_uniform():
    weight = classic.xavier('000.conv.weight', (64, 32, 3, 3), 0)
    bound = math.sqrt(6 / (9 * (64 + 32)))
    assert 0.99 * bound < abs(weight).max() <= bound
    assert weight.std() == pytest.approx(bound / math.sqrt(3), rel=0.02)
    assert weight.dtype == np.float32
    other = classic.xavier('001.conv.weight', weight.shape, 1)
    assert not np.array_equal(weight, other)
    for name, value in (
        ('0.conv.bias', 0),
        ('0.norm.weight', 1),
        ('0.norm.running_mean', 0),
        ('0.norm.running_var', 1),
    ):
        assert (classic.xavier(name, (3,), 0) == value).all()
        assert name.split('.')[2] in starts.KINDS[name.split('.')[1]]


@pytest.mark.parametrize(
    ('device', 'found'),
    [
        (None, 'gpu 0'),
        ('cuda', 'gpu 0'),
        ('cuda:1', 'gpu 1'),
        ('/GPU:1', 'gpu 1'),
        ('gpu(1)', 'gpu 1'),
        ('mps', 'gpu 0'),
        ('mps:0', 'gpu 0'),
        ('cpu', 'the cpu'),
        ('TFRT_CPU_0', 'the cpu'),
        (SimpleNamespace(_device_name='/device:GPU:1'), 'gpu 1'),
        (1.5, 1.5),
    ],
)
def test_a_device_is_found_by_any_of_its_names(device, found):
    side = SimpleNamespace(
        gpu=lambda i: f'gpu {i}',
        cpu=lambda: 'the cpu',
        num_gpus=lambda: 2,
        try_gpu=lambda: 'gpu 0',
    )
    assert classic.find_device(side, 'call', device) == found
    for absent in ('cuda:2', '/GPU:2', 'tpu'):
        with pytest.raises(ValueError, match=f'call: there is no device {absent} here'):
            classic.find_device(side, 'call', absent)


def sentences(root):
    """Yield a pattern for each string of the shim, with anything in its holes."""
    for path in (root / 'd2l_shim').rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text('utf-8'))):
            if isinstance(node, ast.JoinedStr | ast.Constant):
                parts = getattr(node, 'values', [node])
                yield ''.join(
                    re.escape(str(part.value))
                    if isinstance(part, ast.Constant)
                    else '.+'
                    for part in parts
                )


def test_the_page_for_older_notes_quotes_what_is_said(root):
    page = (root / 'book/older-notes.md').read_text('utf-8')
    quoted = re.findall(r'^\| [^|]+ \| (?:\*(.+?\.)\*) \| ', page, re.M)
    assert len(quoted) == len(re.findall(r'^\| [^-|]', page, re.M)) - 1  # the header
    known = [re.compile(pattern) for pattern in sentences(root) if ' ' in pattern]
    for sentence in quoted:
        assert any(pattern.fullmatch(sentence) for pattern in known), sentence
