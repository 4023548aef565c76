"""The section on the networks of the paper: what it counts, draws and says agree."""

import importlib
import sys
from itertools import pairwise

import numpy as np
import pytest

from tabbook.grading.hidden import counts
from tabbook.text.parse import Library
from tests.helpers import ROOT

TEXT = ' '.join((ROOT / 'notebooks' / 'family.md').read_text('utf-8').split())
ARCH = (6, 12, 24, 16)


@pytest.fixture(scope='module')
def section():
    """What the section's own cells for counting define."""
    names = {}
    for group in Library(ROOT / 'notebooks')['family'].groups:
        source = group.cell('pytorch').source
        if source.startswith(('def kernels', 'def counts')):
            exec(source, names)
    return names


def test_the_section_counts_as_the_grader_does(section):
    rng = np.random.default_rng(0)
    for _ in range(40):
        c, k, *arch = (int(n) for n in rng.integers(4, 20, int(rng.integers(3, 6))))
        bottleneck = (None, 2, 4)[rng.integers(3)]
        theta, small = float(rng.choice((0.25, 0.5, 1))), bool(rng.integers(2))
        network = (c, k, arch, 3, 7)
        _, parameters, work, _ = section['counts'](
            128, num_channels=c, growth_rate=k, arch=arch, bottleneck=bottleneck,
            compression=theta, small_images=small, num_classes=7,
        )  # fmt: skip
        assert parameters == counts.densenet_parameters(
            *network, bottleneck, theta, False, small
        )
        assert work == counts.densenet_multiply_adds(
            *network, 128, 128, bottleneck, theta, small
        )


def part(section, quantity, **settings):
    """What DenseNet-121 has of a quantity, as a part of it with other settings."""
    return (
        section['counts'](224)[quantity] / section['counts'](224, **settings)[quantity]
    )


def test_the_words_on_savings_are_what_is_counted(section):
    saved = {
        what: [1 - part(section, quantity, **setting) for quantity in (1, 2)]
        for what, setting in {
            'bottleneck': {'bottleneck': None},
            'compression': {'compression': 1},
        }.items()
    }
    parameters, work = saved['bottleneck']
    said = f'save {parameters:.0%} of the parameters and {work:.0%} of the work'
    assert said.replace('%', ' %') in TEXT
    parameters, work = saved['compression']
    said = f'saves {parameters:.0%} of the parameters and {work:.0%} of the work'
    assert said.replace('%', ' %') in TEXT


def test_the_memory_that_it_quotes_is_the_explorers():
    page = (ROOT / 'book' / 'explorer.md').read_text('utf-8')
    assert '94,234,624 bytes instead of 128,755,712' in page.replace('\n  ', ' ')
    assert '128.8 MB an image' in TEXT
    assert '94.2 MB without' in TEXT


def test_the_figure_draws_the_weights_of_the_networks_layers(section, monkeypatch):
    importlib.import_module('pandas')  # which looks for a package named as a figure is
    monkeypatch.syspath_prepend(str(ROOT / 'book' / 'figures'))
    monkeypatch.delitem(sys.modules, 'style', raising=False)
    drawn = list(importlib.import_module('bottleneck').layers())
    plain = section['kernels'](224, bottleneck=None)
    without = [9 * c * d / 1000 for c, d, q, _ in plain if q == 3]
    through = [
        (c * d + 9 * d * k) / 1000
        for (c, d, *_), (_, k, q, _) in pairwise(section['kernels'](224))
        if q == 3
    ]
    assert [row[1] for row in drawn] == without
    assert [row[2] for row in drawn] == through
    grow = [i for i, (_, a, b) in enumerate(drawn, 1) if b > a]
    assert grow == list(range(1, 11))
    assert len(drawn) == sum(ARCH) == 58
