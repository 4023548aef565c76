"""The small package that the book's notebooks import.

`from d2l_shim import torch as d2l` (or tensorflow, jax, mxnet) gives the same
names in each framework; importing `d2l_shim` itself imports none of them.
"""

__version__ = '0.1.0'
