"""Every model that a section names: its count, its weight file, and a section drawn."""

import numpy as np
import pytest
import safetensors.numpy as st

from d2l_shim.framework import FRAMEWORKS
from parity.compare import LIMITS, distances, run_all, start
from parity.networks import NOTEBOOKS, OF_SECTIONS, of_sections
from tabbook.text.parse import Library
from tests.helpers import ROOT

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
        assert set(one) == set(other), tab
        for tensor in other:
            np.testing.assert_array_equal(one[tensor], other[tensor])


TINY = (ROOT / 'tests/sections/tiny.md').read_text('utf-8')
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
