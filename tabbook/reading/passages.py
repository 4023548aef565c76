"""What the search of the pages finds: the book in passages, of one tab each."""

import json
from itertools import groupby
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx_design.shared import is_component

from d2l_shim.files import write_text
from d2l_shim.framework import FRAMEWORKS

SKIPPED = (nodes.title, nodes.raw, nodes.comment, nodes.image, nodes.math_block)


def setup(app):
    """Register with Sphinx."""
    app.connect('build-finished', _write)


def _write(app, exception):
    if exception is None and app.builder.name == 'html':
        found = [p for name in sorted(app.env.found_docs) for p in _page(app.env, name)]
        text = f'const PASSAGES = {json.dumps(found, ensure_ascii=False)};\n'
        write_text(Path(app.outdir, '_static', 'passages.js'), text)


def read_in(doctree, tab):
    """The text of a page as those read it who chose `tab`."""
    parts = _parts(doctree, ('', '', ''))
    shown = ('', FRAMEWORKS[tab].label)
    return ' '.join(text for (_, _, label), text in parts if label in shown)


def _page(env, docname):
    """The passages of a page: [page, its title, anchor, section, tab, text]."""
    page = env.titles[docname].astext()
    parts = _parts(env.get_doctree(docname), ('', page, ''))
    for (anchor, section, tab), texts in groupby(parts, lambda part: part[0]):
        text = ' '.join(' '.join(t for _, t in texts).split())
        if text:
            yield [f'{docname}.html', page, anchor, section, tab, text]


def _parts(node, place):
    """Yield ((anchor, section, tab), text) for each paragraph and piece of code."""
    _, section, tab = place
    if _is_section(node):
        place = node['ids'][0], node[0].astext(), tab
    elif is_component(node, 'tab-item') and node[0].get('sync_group') == 'framework':
        label, content = node.children
        place = content['ids'][-1], section, FRAMEWORKS[label['sync_id']].label
        node = content
    if isinstance(node, SKIPPED):
        return
    if isinstance(node, nodes.TextElement):
        yield place, ''.join(_words(node))
    else:
        for child in node.children:
            yield from _parts(child, place)


def _is_section(node):
    """Whether `node` is a section of a page, and not the whole page or an exercise."""
    if not isinstance(node, nodes.section) or isinstance(node.parent, nodes.document):
        return False
    return bool(node.children) and isinstance(node[0], nodes.title)


def _words(node):
    """The text of a paragraph, without formulas and what only names a target."""
    for part in node.findall(nodes.Text):
        if isinstance(part.parent, nodes.math):
            yield '…'
        elif not (isinstance(part.parent, nodes.raw) or _names(part.parent.parent)):
            yield str(part)


def _names(link):
    """Whether `link` is still to get its text, from the figure or page it leads to."""
    if not isinstance(link, addnodes.pending_xref) or link.get('refexplicit'):
        return False
    return link['reftype'] != 'term'
