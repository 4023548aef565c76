"""A number's minus: a hyphen would part it from its digits at the end of a line."""

import re

from docutils import nodes
from sphinx.transforms import SphinxTransform

EXPONENT = re.compile(r'(?<=\de)-(?=\d)')
CODE = (nodes.literal, nodes.literal_block, nodes.raw)
FORMULAS = (nodes.math, nodes.math_block)


def setup(app):
    """Register the transform with Sphinx."""
    app.add_transform(Minus)


class Minus(SphinxTransform):
    """Write the exponent of `2e-7` in prose with the sign U+2212."""

    default_priority = 880  # after the substitutions of quoted numbers

    def apply(self, **kwargs):
        for text in list(self.document.findall(nodes.Text)):
            if EXPONENT.search(text) and not isinstance(text.parent, CODE + FORMULAS):
                sign = '\N{MINUS SIGN}'
                text.parent.replace(text, nodes.Text(EXPONENT.sub(sign, text)))
