"""The names that `import mxnet` asks for, on a NumPy and a Python without them."""

import math
import sys
from types import SimpleNamespace

import pytest

from d2l_shim import mxnet_compat


@pytest.fixture
def numpy(monkeypatch):
    """A NumPy that has lost every old name but one."""
    numpy = SimpleNamespace(bool='of today')
    monkeypatch.setattr(mxnet_compat, 'numpy', numpy)
    return numpy


def test_names_that_numpy_dropped_come_back_and_others_stay(numpy):
    mxnet_compat.restore_names()
    assert numpy.bool == 'of today'
    assert (numpy.PINF, numpy.NINF, numpy.int) == (math.inf, -math.inf, int)
    assert numpy.sometrue([0, 1])
    assert not numpy.alltrue([0, 1])
    assert numpy.npv is None


@pytest.mark.needs('mxnet')  # looseversion is installed beside it
def test_distutils_comes_back(numpy, monkeypatch):
    monkeypatch.setitem(sys.modules, 'distutils', None)  # as from Python 3.12 on
    monkeypatch.setitem(sys.modules, 'distutils.version', None)
    mxnet_compat.restore_names()
    from distutils.version import LooseVersion, StrictVersion

    assert LooseVersion('1.9.1') < LooseVersion('1.17')
    assert StrictVersion('2.5.5') >= StrictVersion('1.6.0')


def test_distutils_that_is_there_stays(numpy, monkeypatch):
    there = SimpleNamespace(LooseVersion='of Python')
    monkeypatch.setitem(sys.modules, 'distutils', SimpleNamespace(version=there))
    monkeypatch.setitem(sys.modules, 'distutils.version', there)
    mxnet_compat.restore_names()
    assert sys.modules['distutils.version'] is there
