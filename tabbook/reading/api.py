"""The page that lists what `d2l` offers, from docstrings; no framework is imported.

It shows a name as notebooks write it, `d2l.Trainer`, whichever file holds it.
"""

from docutils import nodes
from sphinx import addnodes


def setup(app):
    """Register with Sphinx."""
    app.setup_extension('sphinx.ext.autodoc')
    app.connect('doctree-read', _as_written)
    return {'version': '1', 'parallel_read_safe': True, 'parallel_write_safe': True}


def _as_written(app, doctree):
    """Write `d2l.` in place of a module or a contract, and nothing before a method."""
    for signature in doctree.findall(addnodes.desc_signature):
        inner = isinstance(signature.parent.parent, addnodes.desc_content)
        first = [] if inner else [nodes.Text('d2l.')]
        for holder in signature.findall(addnodes.desc_addname):
            holder[:], first = first, []
