"""The tabs that the book has: all, or those that D2L_TABS names, such as jax,mxnet.

A framework without a tab is to pages and notebooks as if it had never been written of;
outputs that its code once had are kept.
"""

import os

from d2l_shim.framework import FRAMEWORKS

ASKED = [name.strip() for name in os.environ.get('D2L_TABS', '').split(',')]
TABS = {
    tab: framework
    for tab, framework in FRAMEWORKS.items()
    if tab in ASKED or not any(ASKED)
}


def unknown(names):
    """The first of `names`, or of D2L_TABS, that is no framework; else ''."""
    return next((n for n in (*names, *ASKED) if n and n not in FRAMEWORKS), '')
