"""The page that lists what `d2l` offers, from docstrings; no framework is imported.

It shows a name as notebooks write it, `d2l.Trainer`, whichever file holds it.
"""

from docutils import nodes
from sphinx import addnodes


def setup(app):
    """Register with Sphinx."""
    app.setup_extension('sphinx.ext.autodoc')
    app.connect('object-description-transform', _as_written)
    return {'version': '1', 'parallel_read_safe': True, 'parallel_write_safe': True}


def _as_written(app, domain, kind, content):
    """Write `d2l.` in place of the module, or of the class that holds older calls."""
    for signature in content.parent.findall(addnodes.desc_signature):
        for number, holder in enumerate(signature.findall(addnodes.desc_addname)):
            holder[:] = [nodes.Text('d2l.')] if number == 0 else []
