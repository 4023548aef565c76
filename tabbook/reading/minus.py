"""A number's minus: at a hyphen, a line would end."""

import re

from docutils import nodes
from sphinx.transforms import SphinxTransform

# Before an exponent or a decimal fraction; "DenseNet-169, -201" has hyphens.
HYPHEN = re.compile(r'(?<=\de)-(?=\d)|(?<![\w.-])-(?=\d+[.,]\d)')
CODE = (nodes.literal, nodes.literal_block, nodes.raw)
FORMULAS = (nodes.math, nodes.math_block)


def setup(app):
    """Register the transform with Sphinx."""
    app.add_transform(Minus)


class Minus(SphinxTransform):
    """Write `2e-7` and `-0.5` in prose with the sign U+2212."""

    default_priority = 880  # after the substitutions of quoted numbers

    def apply(self, **kwargs):
        for text in list(self.document.findall(nodes.Text)):
            if isinstance(text.parent, CODE + FORMULAS):
                continue
            if (found := signed(text)) != text:
                text.parent.replace(text, nodes.Text(found))


def signed(text):
    """`text` with that sign wherever a hyphen stands for it."""
    return HYPHEN.sub('\N{MINUS SIGN}', text)
