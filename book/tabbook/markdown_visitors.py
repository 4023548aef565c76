"""Write a page's tree as Markdown for notebooks.

What sphinx-markdown-builder writes for captions, admonitions, links, mathematics,
tables, footnotes, exercises and definitions notebooks do not show well, or it
writes nothing; these have visitors here.
"""

from pathlib import Path

from docutils import nodes
from sphinx.locale import admonitionlabels
from sphinx_design.shared import is_component
from sphinx_markdown_builder.contexts import SubContext
from sphinx_markdown_builder.translator import MarkdownTranslator

from tabbook import markdown_text as markdown
from tabbook.markdown_tree import CELL

BREAK = '\x02'  # stands around the name of a code cell, or alone between text cells
LANGUAGES = {'ipython3': 'python', 'ipython': 'python', 'none': '', 'default': ''}
SIDES = {'text-left': ':---', 'text-right': '---:', 'text-center': ':---:'}


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

    def dispatch_visit(self, node):
        if isinstance(node, nodes.Element) and not isinstance(node, nodes.section):
            ends = 0 if isinstance(node, nodes.Inline) else 2
            self.add(self.anchor(node), ends, ends)
        if isinstance(node, nodes.Admonition):
            self.admonition(node)
        super().dispatch_visit(node)

    def unknown_visit(self, node):
        """Read on inside an unknown line of text; others are told of and left out."""
        if not isinstance(node, nodes.TextElement):
            super().unknown_visit(node)


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
        starts = isinstance(parent, nodes.paragraph) and parent[0] is node
        self.add(markdown.escape(node.astext(), starts))

    def visit_literal(self, node):
        self.inline(markdown.code(node.astext()))

    def visit_math(self, node):
        self.inline(f'${markdown.tex(node)}$')

    def visit_superscript(self, node):
        self.inline(f'<sup>{self.text(node)}</sup>')

    def visit_raw(self, node):
        text = node.astext().replace('<br />', '<br>')
        if node['format'] == CELL:
            self.block(f'{BREAK}{text}{BREAK}')
        if node['format'] in ('html', 'markdown') and '<script' not in text:
            self.either(node, text)
        raise nodes.SkipNode

    def visit_comment(self, node):
        raise nodes.SkipNode

    def visit_target(self, node):
        """Its anchor is written already."""


class _Links:
    """Visitors of links, in the notebook and out of it."""

    def visit_reference(self, node):
        self.link(node, node.get('refuri') or f'#{node.get("refid")}')

    def visit_download_reference(self, node):
        site, name = self.page.book.site, node.get('filename')
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
        self.inline(edge + (f'[{text}]({address})' if address else text))


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
        self.block(f'**{self.text(node)}**')

    def visit_math_block(self, node):
        self.block(markdown.display(node, self.number(node, 'displaymath')))

    def visit_literal_block(self, node):
        language = node.get('language', '')
        text = markdown.listing(node.astext(), LANGUAGES.get(language, language))
        self.block(text)

    def visit_block_quote(self, node):
        self.block(markdown.quoted(self.text(node)))

    visit_topic = visit_sidebar = visit_block_quote

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
        if 'dropdown' in node['classes'] and title:
            self.block(markdown.details(title, body))
        words = self.text(title) if title else admonitionlabels[node.tagname]
        text = f'**{words}**\n\n{body}'
        plain = 'exercise' in node.tagname or 'solution' in node.tagname
        self.block(text if plain else markdown.quoted(text))

    def visit_container(self, node):
        if is_component(node, 'dropdown') and node.get('has_title'):
            title, *body = node.children
            self.block(markdown.details(title, self.text(body)))


class _Lists:
    """Visitors of lists, definitions and footnotes."""

    def visit_bullet_list(self, node):
        self._start_list('-')

    def visit_enumerated_list(self, node):
        self._start_list(node.get('start', 1) - 1)

    depart_bullet_list = depart_enumerated_list = MarkdownTranslator._end_list

    def visit_definition_list_item(self, node):
        """A term in bold letters, as an item that holds its definitions."""
        terms = [n for n in node.children if isinstance(n, nodes.term)]
        anchors = ''.join(self.anchor(term) for term in terms)
        named = ', '.join(f'**{self.text(term)}**' for term in terms)
        said = [self.text(n) for n in node.children if isinstance(n, nodes.definition)]
        self.block(markdown.item('\n\n'.join([anchors + named, *said])))

    def visit_footnote(self, node):
        label, *body = node.children
        back = ' '.join(f'[↩](#{name})' for name in node['backrefs'])
        self.block(f'<sup>{label.astext()}</sup> {self.text(body)} {back}')


class _Figures:
    """Visitors of images, captions and tables."""

    def visit_image(self, node):
        uri, alt, width = node['uri'], node.get('alt', ''), node.get('width')
        if '://' in uri or uri.startswith('data:'):
            self.either(node, markdown.image_at(uri, alt, width))
        path = Path(self.builder.srcdir, uri)
        self.page.figures.add(path)
        self.either(node, markdown.image(path, alt, width))

    def visit_caption(self, node):
        kinds = {'figure': 'figure', 'container': 'code-block'}
        self.block(self.caption(node.parent, kinds[node.parent.tagname], node))

    def visit_legend(self, node):
        """Read on: it holds paragraphs."""

    def visit_table(self, node):
        titles = [n for n in node.children if isinstance(n, nodes.title)]
        caption = [self.caption(node, 'table', title) for title in titles]
        rows = [[self.cell(entry) for entry in row] for row in node.findall(nodes.row)]
        if not any(node.findall(nodes.thead)):
            rows.insert(0, [''])
        first = next(node.findall(nodes.tbody))[0]
        sides = [_side(entry) for entry in first]
        self.block('\n\n'.join([*caption, markdown.table(rows, sides)]))

    def cell(self, entry):
        """One cell of a table, on one line."""
        parts = [sign + self.text(found) for sign, found in _pieces(entry)]
        return '<br>'.join(parts).replace('\n', ' ').replace('|', r'\|')


def _pieces(entry):
    """The pieces of a table's cell: its blocks, and its lists' items with a sign."""
    for block in entry.children:
        if isinstance(block, nodes.bullet_list | nodes.enumerated_list):
            yield from (('• ', item.children) for item in block)
        else:
            yield '', [block]


def _side(entry):
    """The rule over a column's first cell, which says how the column is set."""
    return next((SIDES[name] for name in entry['classes'] if name in SIDES), '---')


class Translator(_Inline, _Links, _Blocks, _Boxes, _Lists, _Figures, _Anchors):
    """All visitors, for one `markdown_builder.Page`."""
