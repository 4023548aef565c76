"""The registry of frameworks: which tabs the book has, in which order.

Imports none of them. A framework is dropped by deleting its line here, its
files beside this one (`torch.py`, `torch_*.py`), and its line in requirements.txt.
"""

from importlib.util import find_spec
from typing import NamedTuple


class Framework(NamedTuple):
    """One framework: `label` on the page, `package` to import, `shim` module.

    `beside` names the packages that its notebooks need beside it, as Python and pip
    call them. `alone` is what pip has to install without its own dependencies.
    """

    label: str
    package: str
    shim: str
    beside: tuple[str, ...] = ()
    alone: str = ''


FRAMEWORKS = {
    'pytorch': Framework('PyTorch', 'torch', 'd2l_shim.torch'),
    'tensorflow': Framework(
        'TensorFlow', 'tensorflow', 'd2l_shim.tensorflow', ('keras',)),
    'jax': Framework('JAX', 'jax', 'd2l_shim.jax', ('flax', 'optax')),
    'mxnet': Framework(
        'MXNet', 'mxnet', 'd2l_shim.mxnet', ('graphviz', 'looseversion', 'requests'),
        alone='mxnet>=1.9.1'),  # it asks for NumPy 1, which would replace a current one
}


def installed(tab):
    """Whether the package of framework `tab` can be found (it is not imported)."""
    return find_spec(FRAMEWORKS[tab].package) is not None
