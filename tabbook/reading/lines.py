"""Where lines may end and how figures count, which Sphinx leaves to chance."""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

SIGNS = re.compile(r'[,.;:!?)\]\u2019\u201d]+|-\w+')


def setup(app):
    """Register both with Sphinx."""
    app.add_post_transform(Together)
    app.connect('env-get-updated', letter_figures, priority=900)  # after their count


class Together(SphinxPostTransform):
    """Keep a formula and the sign after it in one line."""

    default_priority = 900
    formats = ('html',)

    def run(self, **kwargs):
        for formula in list(self.document.findall(nodes.math)):
            after = formula.next_node(descend=False, siblings=True)
            sign = isinstance(after, nodes.Text) and SIGNS.match(after)
            if sign:
                together = nodes.inline('', '', classes=['together'])
                formula.parent.replace(after, nodes.Text(after[sign.end() :]))
                formula.replace_self(together)
                together += [formula, nodes.Text(sign[0])]


def letter_figures(app, env):
    """Number the figures of a page that has no number by its letter, as Fig. R.1."""
    for docname, kinds in env.toc_fignumbers.items():
        if not env.toc_secnumbers.get(docname):
            letter = env.titles[docname].astext()[0]
            for numbers in kinds.values():
                numbers.update({name: (letter, n[-1]) for name, n in numbers.items()})
    return []
