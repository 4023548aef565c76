"""Every model that a section names: its count, its weight file, and a section drawn."""

import numpy as np
import pytest
import safetensors.numpy as st

from d2l_shim.framework import FRAMEWORKS
from parity.compare import LIMITS, distances, run_all, start
from parity.networks import NOTEBOOKS, OF_SECTIONS, of_sections
from tabbook.text.parse import Library

MODELS = {
    f'{section.name}.{model.name}': model
    for section in Library(NOTEBOOKS).values()
    for model in section.models
}


def count(told):
    """How many numbers of a model are trained."""
    return sum(t.size for name, t in told['before'].items() if 'running' not in name)


def test_every_model_is_shown_to_be_one_network():
    assert set(MODELS) == set(OF_SECTIONS)
    assert 'densenet.DenseNet' in MODELS


@pytest.mark.parametrize('name', [name for name in MODELS if MODELS[name].parameters])
@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_a_model_has_the_parameters_that_its_section_says(runs, name, tab):
    assert count(runs(name, 'float64')[2][tab]) == MODELS[name].parameters


@pytest.mark.parametrize('name', MODELS)
def test_each_framework_writes_the_weight_file_that_it_read(workers, name):
    config, batches = OF_SECTIONS[name]
    X, weights = start(workers, config, batches)
    asked = {'config': config, 'X': X, 'y': np.zeros(len(X), int), 'weights': weights}
    for tab, file in workers.ask_all('weight_file', **asked).items():
        one, other = st.load(file), st.load(weights)
        assert list(one) == list(other), tab
        for tensor in other:
            np.testing.assert_array_equal(one[tensor], other[tensor])


TINY = """\
---
tabs: [pytorch, tensorflow, jax, mxnet]
models:
  Net: {width: 3, input: [2, 9, 8], parameters: 103}
---

```{code-cell} ipython3
%%tab pytorch
from torch import nn
from d2l_shim import torch as d2l


class Net(d2l.Classifier):
    def __init__(self, width, lr=0.1):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(
            nn.LazyConv2d(width, 3, padding=1),
            nn.LazyBatchNorm2d(eps=1e-5, momentum=0.1), nn.ReLU(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LazyLinear(10))
```

```{code-cell} ipython3
%%tab tensorflow
import keras
from keras import layers
from d2l_shim import tensorflow as d2l


class Net(d2l.Classifier):
    def __init__(self, width, lr=0.1):
        super().__init__()
        self.save_hyperparameters()
        self.net = keras.Sequential([
            layers.Conv2D(width, 3, padding='same'),
            layers.BatchNormalization(epsilon=1e-5, momentum=0.9), layers.ReLU(),
            layers.GlobalAveragePooling2D(), layers.Dense(10)])
```

```{code-cell} ipython3
%%tab jax
from flax import linen as nn
from d2l_shim import jax as d2l


class Net(d2l.Classifier):
    width: int
    lr: float = 0.1
    training: bool = True

    def setup(self):
        self.net = nn.Sequential([
            nn.Conv(self.width, (3, 3)),
            nn.BatchNorm(not self.training, epsilon=1e-5, momentum=0.9), nn.relu,
            lambda X: X.mean(axis=(1, 2)), nn.Dense(10)])
```

```{code-cell} ipython3
%%tab mxnet
from d2l_shim import mxnet as d2l
from mxnet.gluon import nn


class Net(d2l.Classifier):
    def __init__(self, width, lr=0.1):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.HybridSequential()
        self.net.add(
            nn.Conv2D(width, 3, padding=1),
            nn.BatchNorm(epsilon=1e-5, momentum=0.9), nn.Activation('relu'),
            nn.GlobalAvgPool2D(), nn.Flatten(), nn.Dense(10))
```
"""
FAULTS = {
    'pytorch': ('padding=1', "padding=1, padding_mode='circular'"),
    'tensorflow': ('epsilon=1e-5', 'epsilon=1e-3'),
    'jax': ('not self.training', 'True'),
    'mxnet': ('GlobalAvgPool2D', 'GlobalMaxPool2D'),
}


@pytest.fixture
def section(tmp_path, workers):
    """A function: a section with a tiny model, as the frameworks have it, measured."""

    def measured(text):
        (tmp_path / 'tiny.md').write_text(text, 'utf-8')
        workers.ask_all('look', notebooks=tmp_path)
        ((name, (config, batches)),) = of_sections(Library(tmp_path)).items()
        assert (name, config) == ('tiny.Net', {'model': 'tiny.Net', 'width': 3})
        _, weights = start(workers, config, batches[:3])
        told = {
            precision: run_all(workers, config, batches[:3], weights, precision)
            for precision in ('float64', 'float32')
        }
        return told['float64'], distances(told)

    yield measured
    workers.ask_all('look', notebooks=NOTEBOOKS)


def red(found):
    return {
        tab
        for (precision, measure, tab), value in found.items()
        if not value <= LIMITS[precision, measure]
    }


def test_a_second_section_is_collected_and_proved(section):
    told, found = section(TINY)
    assert {count(told[tab]) for tab in FRAMEWORKS} == {3 * (2 * 9 + 1) + 6 + 40}
    assert red(found) == set()


@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_a_fault_in_one_tab_of_it_is_seen(section, tab):
    old, new = FAULTS[tab]
    before, cell, after = TINY.partition(f'%%tab {tab}\n')
    code, fence, rest = after.partition('```')
    assert old in code
    _, found = section(before + cell + code.replace(old, new) + fence + rest)
    wrong = set(FRAMEWORKS) if tab == 'jax' else {tab}  # all are held against JAX
    assert red(found) == wrong
