"""English beside its translation: an original is there until a reader asks for it.

Sphinx puts a translation in the place of what it translates. That is kept before, as an
attribute of its node, and written after the translation, where style sheets hide it.
"""

import re

from docutils import nodes
from docutils.utils import smartquotes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import extract_messages, is_smartquotable
from sphinx_exercise.nodes import exercise_subtitle

from tabbook.language import ENGLISH
from tabbook.reading import numbers
from tabbook.reading.minus import signed

KEPT = (
    nodes.caption,
    nodes.paragraph,
    nodes.rubric,
    nodes.term,
    nodes.title,
    exercise_subtitle,
)
NAMES = ('ids', 'names', 'dupnames', 'backrefs')  # which a page has once
ONCE = (nodes.image, nodes.raw, nodes.target)  # as are these, and what tags they hold
NOTED = 'original'
QUOTED = re.compile(r'\d+(?:\xa0\d{3})*,\d+|\d+(?:\xa0\d{3})+')


def setup(app):
    """Register with Sphinx; English pages stay as they are."""
    app.add_node(original, html=(_visit_original, _depart_original))
    app.add_node(pair, html=(_visit_pair, _depart_pair))
    app.add_transform(Keep)
    app.add_post_transform(Show)


class original(nodes.comment):
    """What was translated: no text of the page to whoever asks for that, as search."""

    def astext(self):
        return ''


class pair(nodes.General, nodes.Element):
    """A paragraph and its original."""


def _visit_original(self, node):
    classes = ' '.join([NOTED, *node['classes']])
    self.body.append(f'<{node["tag"]} class="{classes}" lang="{ENGLISH}">')


def _depart_original(self, node):
    self.body.append(f'</{node["tag"]}>')


def _visit_pair(self, node):
    self.body.append('<div class="pair">')


def _depart_pair(self, node):
    self.body.append('</div>\n')


class Keep(SphinxTransform):
    """Note at what `Locale` will translate what it was."""

    default_priority = 15  # Locale has 20

    def apply(self, **kwargs):
        source = self.document['source'] or ''
        if not self.config.tabbook_language or source.endswith('<translated>'):
            return
        for node, message in extract_messages(self.document):
            if isinstance(node, KEPT):
                copy = _bare(node.deepcopy(), self.config.smartquotes_action)
                node[NOTED] = _with_points(copy, message)


def _bare(copy, quotes):
    """`copy` without what a page has once, its signs as on English pages."""
    for part in copy.findall(nodes.Element):
        for name in NAMES:
            part[name] = []
    for reference in copy.findall(addnodes.pending_xref):
        reference[numbers.ENGLISH] = True
    for part in list(copy.findall(lambda node: isinstance(node, ONCE))):
        line = [nodes.raw('', '<br>', format='html')] if _breaks(part) else []
        part.parent.replace(part, line)
    texts = list(copy.findall(nodes.Text))
    prose = [is_smartquotable(text) for text in texts]
    tokens = [
        ('plain' if plain else 'literal', str(text))
        for text, plain in zip(texts, prose, strict=True)
    ]
    new = list(smartquotes.educate_tokens(tokens, quotes, ENGLISH))
    for text, plain, told in zip(texts, prose, new, strict=True):
        text.parent.replace(text, nodes.Text(signed(told) if plain else told))
    return copy


def _with_points(copy, message):
    """`copy`, a text of `message`, with the numbers put into it as English has them.

    The page puts them there as its own language writes them.
    """
    for text in list(copy.findall(nodes.Text)):
        for number in QUOTED.findall(text):
            if number not in message:
                english = number.replace(',', '.').replace('\xa0', ',')
                text = _put_text(text, text.replace(number, english))
    return copy


def _put_text(old, new):
    new = nodes.Text(new)
    old.parent.replace(old, new)
    return new


def _breaks(node):
    """Whether `node` is HTML that ends a line."""
    return isinstance(node, nodes.raw) and node.astext().startswith('<br')


class Show(SphinxPostTransform):
    """Put each original after its translation."""

    default_priority = 4  # before references are resolved, in originals, too
    formats = ('html',)

    def run(self, **kwargs):
        found = [n for n in self.document.findall(nodes.TextElement) if NOTED in n]
        for node in found:
            copy = node.attributes.pop(NOTED)
            if node.get('translated') and copy.astext() != node.astext():
                _put(node, copy)


def _put(node, copy):
    """Put `copy`, an original, where a page may have it; see `below`."""
    block, parent = _original(copy, 'p'), node.parent
    if isinstance(node, nodes.paragraph):
        both = pair()
        parent.replace(node, both)
        both += [node, block]
    elif isinstance(node, nodes.title) and isinstance(parent, nodes.section):
        parent.insert(parent.index(node) + 1, block)
    elif isinstance(node, nodes.caption) and isinstance(parent, nodes.figure):
        if not isinstance(parent[-1], nodes.legend):
            parent += nodes.legend()
        parent[-1].insert(0, block)
    else:  # a heading of a box, a term: both stay in one line
        node += [nodes.Text(' '), _original(copy, 'span')]


def _original(copy, tag):
    return original('', '', *copy.children, classes=copy['classes'], tag=tag)


def below(title):
    """At which place of its section what belongs under a `title` stands."""
    place = title.parent.index(title) + 1
    return place + isinstance(title.next_node(siblings=True, descend=False), original)
