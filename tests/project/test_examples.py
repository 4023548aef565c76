"""The examples in docstrings: each prints what stands there."""

import doctest
import importlib
import sys

import pytest

from d2l_shim.files import read_text
from d2l_shim.framework import FRAMEWORKS
from tests.helpers import ROOT

# A framework's files want that framework, which one process cannot have beside others.
OF_FRAMEWORKS = tuple(f.shim.rpartition('.')[2] for f in FRAMEWORKS.values())
PATTERNS = ('d2l_shim/**/*.py', 'tabbook/text/*.py', 'tabbook/reading/*.py')
FILES = [p for pattern in PATTERNS for p in ROOT.glob(pattern)]
FILES += [ROOT / 'book/figures/receptive_field.py']
MODULES = sorted(
    path.relative_to(ROOT).with_suffix('').as_posix()
    for path in FILES
    if not path.stem.startswith(OF_FRAMEWORKS) and ' >>> ' in read_text(path)
)


@pytest.mark.parametrize('name', MODULES)
def test_examples_print_what_stands_there(name, monkeypatch):
    folder, _, module = name.rpartition('/')
    if folder == 'book/figures':
        monkeypatch.syspath_prepend(ROOT / folder)
        monkeypatch.delitem(sys.modules, 'style', raising=False)
        name = module
    module = importlib.import_module(name.replace('/', '.'))
    found = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.failed == 0
    assert found.attempted > 0


def test_what_a_reader_looks_up_has_examples():
    assert {
        'book/figures/receptive_field',
        'd2l_shim/callbacks',
        'd2l_shim/core',
        'd2l_shim/data/fashion_mnist',
        'd2l_shim/plot',
        'd2l_shim/starts',
        'tabbook/text/parse',
    } <= set(MODULES)
