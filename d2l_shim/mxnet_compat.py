"""What MXNet 1.9.1 needs before it imports under a current NumPy and Python.

MXNet was retired in 2023. It still names aliases that NumPy has dropped since
(`numpy.bool` in 1.24, the rest in 2.0 and later), functions that moved to
numpy_financial in 1.20, and `distutils`, which Python dropped in 3.12. Each is given
back here, with its old meaning where it had one; nothing that exists is replaced.
"""

import importlib
import sys
import types
import warnings

import numpy

ALIASES = {
    'bool': bool,
    'int': int,
    'NAN': numpy.nan,
    'NaN': numpy.nan,
    'Inf': numpy.inf,
    'NINF': -numpy.inf,
    'PINF': numpy.inf,
    'NZERO': -0.0,
    'PZERO': 0.0,
    'alltrue': numpy.all,
    'sometrue': numpy.any,
    'in1d': numpy.isin,
    'product': numpy.prod,
    'round_': numpy.round,
    'trapz': getattr(numpy, 'trapezoid', None),  # called trapz before NumPy 2
    'compat': types.SimpleNamespace(basestring=str),
}
ABSENT = ('msort', 'mirr', 'npv', 'pmt', 'ppmt', 'pv', 'rate')  # named, never called


def load():
    """Import MXNet with the names that it needs; return it.

    What Python warns of in its old code, nobody will mend: it is not said.
    """
    restore_names()
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return importlib.import_module('mxnet')


def restore_names():
    """Set the names on numpy, and distutils.version, that `import mxnet` asks for."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # numpy warns when a retired name is looked up
        for name, value in {**ALIASES, **dict.fromkeys(ABSENT)}.items():
            if not hasattr(numpy, name):
                setattr(numpy, name, value)
    try:
        importlib.import_module('distutils.version')  # there up to Python 3.11
    except ImportError:
        _stand_in_for_distutils()


def _stand_in_for_distutils():
    from looseversion import LooseVersion

    package, version = map(types.ModuleType, ('distutils', 'distutils.version'))
    version.LooseVersion = version.StrictVersion = LooseVersion
    package.version = version
    sys.modules.update({'distutils': package, 'distutils.version': version})
