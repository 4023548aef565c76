"""What the search of the pages finds: the book in passages, of one tab each."""

import json
from itertools import groupby
from pathlib import Path

from docutils import nodes
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
    anchor, section, tab = place
    if isinstance(node, nodes.section) and not isinstance(node.parent, nodes.document):
        place = anchor, section, tab = node['ids'][0], node[0].astext(), tab
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


def _words(node):
    """The text of a paragraph, its formulas left out."""
    for part in node.findall(nodes.Text):
        yield '…' if isinstance(part.parent, nodes.math) else str(part)
