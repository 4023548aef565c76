"""The page that lists what `d2l` offers, from docstrings; no framework is imported.

It shows a name as notebooks write it, `d2l.Trainer`, whichever file holds it.
"""

from docutils import nodes
from sphinx import addnodes

SHIM = 'd2l_shim'


def setup(app):
    """Register with Sphinx."""
    app.setup_extension('sphinx.ext.autodoc')
    app.connect('doctree-read', _as_written)
    return {'version': '1', 'parallel_read_safe': True, 'parallel_write_safe': True}


def _as_written(app, doctree):
    """Write `d2l.` in place of the shim's files, and nothing before a method."""
    found = list(doctree.findall(addnodes.desc_signature))
    for signature in (s for s in found if (s.get('module') or '').startswith(SHIM)):
        inner = isinstance(signature.parent.parent, addnodes.desc_content)
        first = [] if inner else [nodes.Text('d2l.')]
        for holder in signature.findall(addnodes.desc_addname):
            holder[:], first = first, []
