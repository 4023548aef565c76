"""Refuse with file and line what Sphinx breaks on, or tells of without a line.

What only a notebook cannot show `markdown_visitors` refuses.
"""

from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx_exercise.nodes import solution_node
from sphinx_external_toc.events import TableofContents

LOGGER = logging.getLogger(__name__)
ELSEWHERE = 'the pages of this book have their own'
CITE = 'MyST loses the notes of such citations: write {cite:p} or {cite:t}'
DIRECTIVES = {
    'footbibliography': CITE,
    'footer': ELSEWHERE,
    'header': ELSEWHERE,
    'restructuredtext-test-directive': 'only the tests of docutils need it',
    'sectnum': '_toc.yml says with `numbered` what has numbers',
    'target-notes': 'write a note at the link as [^note]',
}
ROLES = ('ct', 'cts', 'p', 'ps', 't', 'ts')


def setup(app):
    """Register with Sphinx what stands in the place of the originals."""
    for name in DIRECTIVES:
        app.add_directive(name, RefusedDirective, override=True)
    app.add_directive('tableofcontents', Contents, override=True)
    for name in ROLES if app.registry.has_domain('footcite') else ():
        app.add_role_to_domain('footcite', name, RefusedRole(), override=True)
    app.add_role('footcite', RefusedRole(), override=True)
    app.add_post_transform(Empty)


class RefusedDirective(SphinxDirective):
    """A directive that is an error wherever it stands."""

    optional_arguments = 1
    final_argument_whitespace = has_content = True

    def run(self):
        raise self.error(f'{{{self.name}}} has no place here: {DIRECTIVES[self.name]}')


class Contents(TableofContents):
    """The contents of a page that has pages under it; the original tells no line."""

    def run(self):
        name, pages = self.env.docname, self.env.external_site_map
        page = pages.get(name) or pages.get(f'{name}.md')
        if not (page and page.subtrees):
            raise self.error('there is no page under this one in _toc.yml')
        return super().run()


class RefusedRole(SphinxRole):
    """A role that is an error wherever it stands."""

    def run(self):
        message = f'{{{self.name}}} has no place here: {CITE}'
        LOGGER.error(message, location=self.get_location())
        return [], []


class Empty(SphinxPostTransform):
    """Drop what lacks its very content, and say so."""

    default_priority = 20  # sphinx-exercise, which tells no line, comes at 21

    def run(self, **kwargs):
        known = getattr(self.env, 'sphinx_exercise_registry', {})
        for node in list(self.document.findall(addnodes.productionlist)):
            if not node.children:
                self._drop(node, 'a production is written `name: what it is made of`')
        for node in list(self.document.findall(solution_node)):
            if node['target_label'] not in known:
                self._drop(node, f'there is no exercise {node["target_label"]!r}')

    def _drop(self, node, message):
        LOGGER.error(message, location=node)
        node.parent.remove(node)
