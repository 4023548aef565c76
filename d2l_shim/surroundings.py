"""Where a reader runs code: in a notebook or not, and how one sets a variable there."""

import sys


def in_notebook():
    """Whether this process is the kernel of a Jupyter notebook."""
    IPython = sys.modules.get('IPython')
    return IPython is not None and hasattr(IPython.get_ipython(), 'kernel')


def setting(name, value):
    """Return the words that tell how to set an environment variable here.

    >>> setting('D2L_PROFILE', 'quick')
    'start it with `D2L_PROFILE=quick python ...`'
    """
    if in_notebook():
        return f'run `%env {name}={value}` in a cell'
    return f'start it with `{name}={value} python ...`'
