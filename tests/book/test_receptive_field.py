"""The receptive fields that the figure draws are those of the section's network."""

import importlib
import sys


def test_the_figure_draws_what_is_measured(root, workers, monkeypatch):
    measured = workers['pytorch'].ask(
        'tests.inside.explorer.receptive_fields', arch=(4,) * 4
    )
    monkeypatch.syspath_prepend(str(root / 'book' / 'figures'))
    monkeypatch.delitem(sys.modules, 'style', raising=False)
    figure = importlib.import_module('receptive_field')
    assert figure.receptive_fields((4,) * 4) == measured
    assert figure.ARCH == (4,) * 4


def test_the_sections_words_are_the_figures_numbers(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / 'book' / 'figures'))
    monkeypatch.delitem(sys.modules, 'style', raising=False)
    fields = importlib.import_module('receptive_field').receptive_fields()
    text = ' '.join((root / 'notebooks' / 'densenet.md').read_text('utf-8').split())
    ends = [(block[0], block[-1]) for block in fields]
    (a, b), (c, d), (e, f), (g, h) = ends
    assert f'{a} to {b} pixels, {c} to {d}, {e} to {f} and {g} to {h}' in text
    assert f"The stem's are {a} pixels high and wide" in text
    assert fields[1][-2] < 96 < fields[1][-1]  # 'From the last layer of the second ...'
