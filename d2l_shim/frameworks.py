"""The registry of frameworks: which tabs the book has, in which order.

Imports none of them. A framework is dropped by deleting its line here, its
file beside this one, and its line in requirements.txt.
"""

from importlib.util import find_spec
from typing import NamedTuple


class Framework(NamedTuple):
    """One framework: `label` on the page, `package` to import, `shim` module."""

    label: str
    package: str
    shim: str


FRAMEWORKS = {
    'pytorch': Framework('PyTorch', 'torch', 'd2l_shim.torch'),
    'tensorflow': Framework('TensorFlow', 'tensorflow', 'd2l_shim.tensorflow'),
    'jax': Framework('JAX', 'jax', 'd2l_shim.jax'),
    'mxnet': Framework('MXNet', 'mxnet', 'd2l_shim.mxnet'),
}


def installed(tab):
    """Whether the package of framework `tab` can be found (it is not imported)."""
    return find_spec(FRAMEWORKS[tab].package) is not None
