"""Write a page's tree as Markdown for notebooks.

What sphinx-markdown-builder writes for captions, admonitions, links, mathematics,
tables, footnotes, exercises and definitions notebooks do not show well, or it
writes nothing; these have visitors here.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.locale import admonitionlabels
from sphinx.util import logging
from sphinx_design.shared import is_component
from sphinx_markdown_builder.contexts import ITALIC_CONTEXT, SubContext
from sphinx_markdown_builder.translator import MarkdownTranslator

from tabbook.notebooks import markdown
from tabbook.notebooks.described import Described
from tabbook.notebooks.tables import Tables
from tabbook.notebooks.tree import CELL

LOGGER = logging.getLogger(__name__)
BREAK = '\x02'  # stands around the name of a code cell, or alone between text cells
LANGUAGES = {
    'ipython3': 'python', 'ipython': 'python', 'none': '', 'default': '',
    'udiff': 'diff',
}  # fmt: skip
STARTING = (nodes.paragraph, nodes.line)
BOXES = ('aside', 'card')  # of sphinx-design
UNTITLED = (addnodes.desc, addnodes.productionlist, addnodes.versionmodified)


class _Base(MarkdownTranslator):
    """What all visitors share: the text of a node, and numbers."""

    def __init__(self, page, builder):
        super().__init__(page.tree, builder)
        self.page = page

    def text(self, children):
        """The Markdown of `children`, in a box of its own."""
        self._push_context(SubContext())
        self._push_status(list_marker=None)
        for child in children:
            child.walkabout(self)
        self._pop_status()
        return self._ctx_queue.pop().make().strip()

    def block(self, text):
        """Add `text` as a block, and leave the node alone."""
        self.add(text, prefix_eol=2, suffix_eol=2)
        raise nodes.SkipNode

    def inline(self, text):
        """Add `text` to the line, and leave the node alone."""
        self.add(text)
        raise nodes.SkipNode

    def either(self, node, text):
        """Add `text` to the line where `node` is in one, else as a block."""
        in_line = isinstance(node.parent, nodes.TextElement)
        (self.inline if in_line else self.block)(text)

    def code_block(self, node, text, language=''):
        """Add `text`, which `node` holds, as a block of code."""
        if markdown.in_cell(node):
            self.block(markdown.preformatted(text))
        self.block(markdown.listing(text, language))

    def refuse(self, node, what):
        """Tell of `what` no notebook can show, with its file and line; leave it out."""
        sentence = 'a notebook cannot show %s: write it in another way'
        LOGGER.warning(sentence, what, location=node)
        raise nodes.SkipNode

    def number(self, node, kind):
        """'2.1' of a figure, a table, an equation ... of this page, or ''."""
        numbers = self.page.numbers.get(kind, {})
        found = next((numbers[name] for name in node['ids'] if name in numbers), ())
        return '.'.join(map(str, found))

    def caption(self, node, kind, children):
        """'**Fig. 2.1.** What it shows' of the numbered `node`."""
        number = self.number(node, kind)
        named = self.config.numfig_format.get(kind, '%s') % number
        return (f'**{named}.** ' if number else '') + self.text(children)


class _Anchors(_Base):
    """A place for each link inside the notebook."""

    def __init__(self, page, builder):
        super().__init__(page, builder)
        links = page.tree.findall(nodes.Element)
        wanted = {name for link in links for name in _targets(link)}
        self.wanted = wanted & page.names

    def anchor(self, node):
        """The places in `node` to which some link leads; '' when asked again."""
        found = [name for name in node['ids'] if name in self.wanted]
        self.wanted -= set(found)
        return ''.join(f'<a id="{name}" name="{name}"></a>' for name in found)

    def places(self, node):
        """The places in `node` and in all that it holds."""
        return ''.join(map(self.anchor, node.findall(nodes.Element)))

    def dispatch_visit(self, node):
        if isinstance(node, nodes.Element) and not isinstance(node, nodes.section):
            ends = 0 if isinstance(node, nodes.Inline) else 2
            self.add(self.anchor(node), ends, ends)
        if isinstance(node, nodes.Admonition) and not isinstance(node, UNTITLED):
            self.admonition(node)
        super().dispatch_visit(node)

    def unknown_visit(self, node):
        """Read on inside an unknown line of text; others are told of and left out."""
        if not isinstance(node, nodes.TextElement):
            self.refuse(node, f'<{node.tagname}>')

    def unknown_departure(self, node):
        """Nothing stands after an unknown line of text."""


def _targets(node):
    """The names on this page that `node` leads to."""
    yield from node.get('backrefs', ())
    if 'refid' in node and not isinstance(node, nodes.target):
        yield node['refid']
    if node.get('refuri', '').startswith('#'):
        yield node['refuri'][1:]


class _Inline:
    """Visitors of what stands in a line."""

    def visit_Text(self, node):
        parent = node.parent
        starts = isinstance(parent, STARTING) and parent[0] is node
        self.add(markdown.escape(node.astext(), starts))

    def visit_literal(self, node):
        self.inline(markdown.code(node.astext()))

    visit_desc_inline = visit_literal

    def visit_math(self, node):
        self.inline(f'${markdown.tex(node)}$')

    def visit_emphasis(self, node):
        """Without the space that would come before all letters but those of ASCII."""
        if node.astext()[:1].isalpha():
            self.inline(f'*{self.text(node)}*')
        self._push_context(ITALIC_CONTEXT.create(node, 'emphasis'))

    def visit_superscript(self, node):
        self.inline(f'<sup>{self.text(node)}</sup>')

    def visit_abbreviation(self, node):
        meaning, text = node.get('explanation', ''), self.text(node)
        title = markdown.attribute(meaning)
        self.inline(f'<abbr title="{title}">{text}</abbr>' if meaning else text)

    def visit_manpage(self, node):
        self.inline(f'*{self.text(node)}*')

    def visit_sd_line_break(self, node):
        self.inline('<br>')

    def visit_sd_icon(self, node):
        """A drawing of its own, named as its class is."""
        name = re.search(r'-icon-(\w+)|-octicon-([\w-]+)', node['svg'])
        alt = (name[1] or name[2]).replace('_', ' ')
        self.inline(markdown.picture(node['svg'].encode(), 'image/svg+xml', alt))

    def visit_raw(self, node):
        text = node.astext().replace('<br />', '<br>')
        if node['format'] == CELL:
            self.block(f'{BREAK}{text}{BREAK}')
        if node['format'] in ('html', 'markdown') and '<script' not in text:
            self.either(node, text)
        raise nodes.SkipNode

    def visit_comment(self, node):
        raise nodes.SkipNode

    visit_meta = visit_comment

    def visit_target(self, node):
        """Its anchor is written already."""


class _Links:
    """Visitors of links, in the notebook and out of it."""

    def visit_reference(self, node):
        self.link(node, node.get('refuri') or f'#{node.get("refid")}')

    def visit_download_reference(self, node):
        site, name = self.page.project.site, node.get('filename')
        self.link(node, node.get('refuri') or (site and f'{site}/_downloads/{name}'))

    def visit_footnote_reference(self, node):
        self.inline(f'<sup>[{node.astext()}](#{node["refid"]})</sup>')

    def link(self, node, address):
        """Add a link, or its text alone where nothing is published to lead to.

        What is not in this notebook is on its page.
        """
        if address.startswith('#') and address[1:] not in self.page.names:
            address = self.page.address and self.page.address + address
        for sign, safe in ((' ', '%20'), ('(', '%28'), (')', '%29')):
            address = address.replace(sign, safe)
        edge = ' ' if node.astext()[:1].isspace() else ''
        text = self.text(node)
        self.either(node, edge + (f'[{text}]({address})' if address else text))


class _Blocks:
    """Visitors of headings, formulas, listings and quotations."""

    def visit_title(self, node):
        if not isinstance(node.parent, nodes.section):
            self.visit_rubric(node)
        self.add(BREAK * 2, 2, 2)
        self.add(self.anchor(node.parent), 2, 2)
        level = '#' * min(self.status.section_level, 6)
        number = self.page.section_number(node.parent)
        self.block(f'{level} {number}{self.text(node)}')

    def visit_rubric(self, node):
        text = self.text(node)
        self.block(f'**{text}**' if text else '')

    visit_subtitle = visit_centered = visit_rubric

    def visit_math_block(self, node):
        self.block(markdown.display(node, self.number(node, 'displaymath')))

    def visit_literal_block(self, node):
        language = node.get('language', '')
        self.add(self.places(node), 2, 2)
        self.code_block(node, node.astext(), LANGUAGES.get(language, language))

    def visit_doctest_block(self, node):
        self.code_block(node, node.astext(), 'pycon')

    def visit_line_block(self, node):
        self.block('<br>\n'.join(self.lines(node)))

    def lines(self, node, indent=''):
        """The lines of a block of lines, each as far to the right as it stands."""
        for line in node.children:
            if isinstance(line, nodes.line_block):
                yield from self.lines(line, indent + '&emsp;')
            else:
                yield indent + self.text(line)

    def visit_block_quote(self, node):
        self.block(markdown.quoted(self.text(node)))

    visit_topic = visit_sidebar = visit_versionmodified = visit_block_quote

    def visit_attribution(self, node):
        self.block(f'— {self.text(node)}')


class _Boxes:
    """Visitors of notes and their like, of exercises and of what is folded."""

    def admonition(self, node):
        """Add a note, an exercise or a solution."""
        title = node[0] if isinstance(node[0], nodes.title) else None
        body = self.text(node.children[1 if title else 0 :])
        if number := self.number(node, 'exercise'):
            title.insert(0, nodes.Text(title['title'] % number))
        if 'dropdown' in node['classes'] and title and BREAK not in body:
            self.block(markdown.details(title, body))  # which is one cell's, no more
        words = self.text(title) if title else admonitionlabels[node.tagname]
        text = f'**{words}**\n\n{body}'
        plain = 'exercise' in node.tagname or 'solution' in node.tagname
        self.block(text if plain else markdown.quoted(text))

    def visit_container(self, node):
        if is_component(node, 'dropdown') and node.get('has_title'):
            title, *body = node.children
            self.block(markdown.details(title, self.text(body)))
        if any(is_component(node, name) for name in BOXES):
            self.block(markdown.quoted(self.text(node)))
        if is_component(node, 'card-title'):
            self.visit_rubric(node)


class _Lists:
    """Visitors of lists."""

    def visit_bullet_list(self, node):
        self._start_list('-')

    def visit_enumerated_list(self, node):
        self._start_list(node.get('start', 1) - 1)

    depart_bullet_list = depart_enumerated_list = MarkdownTranslator._end_list

    def visit_hlist(self, node):
        """Read on: it holds lists."""

    visit_hlistcol = visit_acks = visit_option_list = visit_hlist


class _Figures:
    """Visitors of images and captions."""

    def visit_image(self, node):
        uri, alt, width = node['uri'], node.get('alt', ''), node.get('width')
        if '://' in uri or uri.startswith('data:'):
            self.either(node, markdown.image_at(uri, alt, width))
        path = Path(self.builder.srcdir, uri)
        self.page.figures.add(path)
        try:
            text = markdown.image(path, alt, width)
        except ValueError as error:
            self.refuse(node, f'{uri} ({error})')
        self.either(node, text)

    def visit_caption(self, node):
        kinds = {'figure': 'figure', 'container': 'code-block'}
        self.block(self.caption(node.parent, kinds[node.parent.tagname], node))

    def visit_legend(self, node):
        """Read on: it holds paragraphs."""


class Translator(
    _Inline, _Links, _Blocks, _Boxes, _Lists, Described, _Figures, Tables, _Anchors
):
    """All visitors, for one `markdown_builder.Page`."""
