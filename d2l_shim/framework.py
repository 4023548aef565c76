"""The registry of frameworks: which tabs the book has, in which order.

Imports none of them. A framework is dropped by deleting its line here, its
files beside this one (`torch.py`, `torch_*.py`), and its line in requirements.txt.
"""

from importlib.util import find_spec
from typing import NamedTuple


def name_of(requirement):
    """Return the name of a package in what pip is asked for, such as 'flax>=0.10'."""
    return requirement.partition('>=')[0]


class Framework(NamedTuple):
    """One framework: `label` on the page, `package` to import, `shim` module.

    pip is asked for `pip`, where no build of the framework is there, and for what its
    notebooks need `beside` it; `alone` leaves out what the framework itself asks for.
    """

    label: str
    package: str
    shim: str
    pip: str
    beside: tuple[str, ...] = ()
    alone: bool = False

    @property
    def packages(self):
        """The names of its package and of those beside it."""
        return (self.package, *map(name_of, self.beside))


FRAMEWORKS = {
    'pytorch': Framework('PyTorch', 'torch', 'd2l_shim.torch', 'torch>=2.6'),
    'tensorflow': Framework(
        'TensorFlow',
        'tensorflow',
        'd2l_shim.tensorflow',
        'tensorflow>=2.18',
        ('keras>=3.6',),
    ),
    'jax': Framework(
        'JAX', 'jax', 'd2l_shim.jax', 'jax>=0.5', ('flax>=0.10', 'optax>=0.2.4')
    ),
    'mxnet': Framework(
        'MXNet',
        'mxnet',
        'd2l_shim.mxnet',
        'mxnet>=1.9.1',
        ('graphviz', 'looseversion', 'requests'),
        alone=True,
    ),  # it asks for NumPy 1, which would replace a newer
}


def installed(tab):
    """Whether the package of framework `tab` can be found (it is not imported)."""
    return find_spec(FRAMEWORKS[tab].package) is not None
