"""Look up the numbers of figures: a page's tree is read once for all that are on it.

Where a reference is English on a page in another language, so is the word before its
number.
"""

from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

from sphinx.domains.std import StandardDomain

ENGLISH = 'english'  # is noted on such a reference
FORMATS = {
    'code-block': 'Listing %s',
    'exercise': 'Exercise %s',
    'figure': 'Fig. %s',
    'section': 'Section %s',
    'table': 'Table %s',
}
TREES = 4  # that are kept; a page mostly speaks of its own figures


def setup(app):
    """Register with Sphinx, whose own domain reads the tree again for each number."""
    app.add_domain(Numbers, override=True)


class Numbers(StandardDomain):
    """Sphinx's own, but for trees that are only looked at."""

    def resolve_xref(self, env, page, builder, typ, target, node, shown):
        """Resolve a reference as Sphinx does."""
        looked = Looked(env)
        if node.get(ENGLISH):
            numfig = env.config.numfig
            looked.config = SimpleNamespace(numfig=numfig, numfig_format=FORMATS)
        return super().resolve_xref(looked, page, builder, typ, target, node, shown)


class Looked:
    """The environment `env`, whose trees are to be looked at and not changed."""

    def __init__(self, env):
        self._env = env

    def __getattr__(self, name):
        return getattr(self._env, name)

    def get_doctree(self, docname):
        """The tree of a page as it was last written."""
        path = Path(self._env.doctreedir, f'{docname}.doctree')
        return _tree(self._env, docname, path.stat().st_mtime_ns)


@lru_cache(maxsize=TREES)
def _tree(env, docname, written):
    return env.get_doctree(docname)
