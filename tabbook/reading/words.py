"""Words that Sphinx would not hand to translators: in HTML, tables, titles, outputs."""

import re
from html import unescape
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import exercise_subtitle, exercise_title, solution_title

HIDDEN = re.compile(r'<(script|style)\b.*?</\1>', re.S | re.I)
TAG = re.compile(r'<[^>]*>')
SPOKEN = re.compile(r'\b(?:alt|aria-label|placeholder|title)="([^"]*)"')
WORD = re.compile(r'[^\W\d_]{2}')


def setup(app):
    """Register with Sphinx."""
    app.add_node(words)
    app.add_transform(Sources)
    app.add_transform(Hand)
    app.add_transform(Captions)
    app.add_transform(Solved)
    app.add_post_transform(Drop)


class words(addnodes.translatable, nodes.Invisible, nodes.Element):
    """The words of another node, `holder`, which gets their translations."""

    def __init__(self, *parts, holder=None, **attributes):
        super().__init__(*parts, **attributes)
        self.holder = holder

    def preserve_original_messages(self):
        self['messages'] = _found(self.holder)

    def extract_original_messages(self):
        return self['messages']

    def apply_translated_message(self, original_message, translated_message):
        if isinstance(self.holder, nodes.raw):
            text = replaced(self.holder.astext(), original_message, translated_message)
            self.holder[:] = [nodes.Text(text)]
        else:
            _describe(self.holder, translated_message)


class Sources(SphinxTransform):
    """Tell which file words come from that Sphinx takes for its own without one."""

    default_priority = 5

    def apply(self, **kwargs):
        for node in self.document.findall(nodes.TextElement):
            if isinstance(node, (exercise_title, solution_title)):
                node['translatable'] = False  # of the extension's own words
            elif isinstance(node, exercise_subtitle):
                node.rawsource = ''.join(map(_markup, node.children))
                self._name(node)
            elif isinstance(node.parent, nodes.entry) and node.rawsource:
                self._name(node)

    def _name(self, node):
        if not node.source:
            node.source, node.line = self.document['source'], node.line or 0


def _markup(node):
    """The Markdown of a part of an exercise's title."""
    text = node.astext()
    if isinstance(node, nodes.math):
        return f'${text}$'
    return f'`{text}`' if isinstance(node, nodes.literal) else text


class Hand(SphinxTransform):
    """Put `words` at the page's end, for each node that has some of its own."""

    default_priority = 6

    def apply(self, **kwargs):
        holders = [node for node in self.document.findall() if _found(node)]
        for holder in holders:
            self.document += words(holder=holder)


def _found(node):
    """The words in `node`: of its HTML, or its outputs' description."""
    if isinstance(node, nodes.raw) and not isinstance(node.parent, nodes.TextElement):
        return spoken(node.astext()) if node.get('format') == 'html' else []
    if isinstance(node, nodes.container) and node.get('nb_element') == 'cell_code':
        alt = _image(node).get('alt', '')
        return [alt] if WORD.search(alt) else []
    return []


def _image(cell):
    return cell['cell_metadata'].get('mystnb', {}).get('image', {})


def _describe(cell, alt):
    _image(cell)['alt'] = alt
    for image in cell.findall(nodes.image):
        image['alt'] = alt


def spoken(html):
    """The words that `html` shows or says, each once, without space around them."""
    html = HIDDEN.sub('', html)
    found = [*TAG.split(html), *SPOKEN.findall(html)]
    texts = (' '.join(text.split()) for text in found)
    return list(dict.fromkeys(t for t in texts if WORD.search(unescape(t))))


def replaced(html, old, new):
    """`html` with its words `old`, wherever they stand alone, as `new`."""
    wanted = r'\s+'.join(map(re.escape, old.split()))
    shown = re.compile(rf'(?<=>)(\s*){wanted}(\s*)(?=<)')
    said = re.compile(rf'(\b(?:alt|aria-label|placeholder|title)="){wanted}(")')
    html = f'>{html}<'  # of a text without tags, too
    html = shown.sub(lambda m: f'{m[1]}{new}{m[2]}', html)
    return said.sub(lambda m: f'{m[1]}{new}{m[2]}', html)[1:-1]


class Solved(SphinxTransform):
    """Let solutions name their exercise as it is translated, not as it was read."""

    default_priority = 25  # Locale has 20

    def apply(self, **kwargs):
        known = getattr(self.env, 'sphinx_exercise_registry', {})
        for title in self.document.findall(exercise_subtitle):
            exercise = title.parent.parent
            if exercise.get('label') in known:
                (copy,) = known[exercise['label']]['node'].findall(exercise_subtitle)
                copy[:] = [child.deepcopy() for child in title.children]


class Captions(SphinxTransform):
    """Translate the captions of the contents, which come to a page after its words."""

    default_priority = 110

    def apply(self, **kwargs):
        for contents in self.document.findall(addnodes.toctree):
            if caption := contents.get('caption'):
                contents['caption'] = translated(self, caption)


def translated(transform, message):
    """What the catalog of the page that `transform` works on says for `message`."""
    from sphinx.locale import init
    from sphinx.util.i18n import docname_to_domain

    env, config = transform.env, transform.config
    folders = [str(Path(env.srcdir, folder)) for folder in config.locale_dirs]
    domain = docname_to_domain(env.docname, config.gettext_compact)
    catalog, there = init(folders, config.language, domain)
    return catalog.gettext(message) if there and message else message


class Drop(SphinxPostTransform):
    """Take `words` away before anything is written."""

    default_priority = 1

    def run(self, **kwargs):
        for node in list(self.document.findall(words)):
            node.parent.remove(node)
