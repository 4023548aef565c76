"""Write as Markdown what names a thing and then says what it is.

That is definitions, fields and options, functions and classes, grammars, notes.
"""

from docutils import nodes
from sphinx import addnodes

from tabbook.notebooks import markdown

IN_LINE = (nodes.paragraph, nodes.Inline, nodes.Text)


class Described:
    """Visitors of definitions and descriptions, of footnotes and citations."""

    def described(self, named, *said):
        """Add an item that names a thing and holds the blocks `said` of it."""
        self.block(markdown.item('\n\n'.join([named, *said])))

    def visit_definition_list_item(self, node):
        """A term in bold letters, as an item that holds its definitions."""
        kinds = (nodes.term, nodes.classifier, nodes.definition)
        terms, classes, said = (_children(node, kind) for kind in kinds)
        anchors = ''.join(self.anchor(term) for term in terms)
        named = ', '.join(f'**{self.text(term)}**' for term in terms)
        kind = ''.join(f' (*{self.text(n)}*)' for n in classes)
        self.described(anchors + named + kind, *map(self.text, said))

    def visit_field(self, node):
        name, body = node.children
        named, text = f'**{self.text(name)}:**', self.text(body)
        if body.children and isinstance(body[0], IN_LINE):
            self.described(f'{named} {text}')
        self.described(named, *filter(None, [text]))

    def visit_option_list_item(self, node):
        group, text = node.children
        self.described(markdown.code(group.astext()), self.text(text))

    def visit_desc(self, node):
        """A function, a class, an option ...: how it is written, and what it is."""
        signs = _children(node, addnodes.desc_signature)
        named = (self.places(sign) + markdown.code(_signature(sign)) for sign in signs)
        said = map(self.text, _children(node, addnodes.desc_content))
        self.described('<br>\n'.join(named), *filter(None, said))

    def visit_productionlist(self, node):
        width = max(len(rule['tokenname']) for rule in node)
        rules = [
            f'{name:{width}} {"::=" if name else "   "} {rule.astext()}'
            for rule in node
            for name in [rule['tokenname']]
        ]
        self.add(self.places(node), 2, 2)
        self.code_block(node, '\n'.join(rules))

    def visit_footnote(self, node):
        self.note(node, f'<sup>{node[0].astext()}</sup>')

    def visit_citation(self, node):
        self.note(node, f'**[{node[0].astext()}]**')

    def note(self, node, label):
        """Add a note under its label, with links to where it is referred to."""
        back = ' '.join(f'[↩](#{name})' for name in node['backrefs'])
        self.block(f'{label} {self.text(node.children[1:])} {back}')


def _children(node, kind):
    return [child for child in node.children if isinstance(child, kind)]


def _signature(node):
    lines = _children(node, addnodes.desc_signature_line) or [node]
    text = ' '.join(line.astext().strip() for line in lines)
    return text.replace(', [', '[, ')  # what may be left out is written so
