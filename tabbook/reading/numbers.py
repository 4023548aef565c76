"""Look up the numbers of figures: a page's tree is read once for all that are on it."""

from functools import lru_cache
from pathlib import Path

from sphinx.domains.std import StandardDomain

TREES = 4  # that are kept; a page mostly speaks of its own figures


def setup(app):
    """Register with Sphinx, whose own domain reads the tree again for each number."""
    app.add_domain(Numbers, override=True)


class Numbers(StandardDomain):
    """Sphinx's own, but for trees that are only looked at."""

    def resolve_xref(self, env, *reference):
        """Resolve a reference as Sphinx does."""
        return super().resolve_xref(Looked(env), *reference)


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
