"""Write tables as Markdown, each cell on one line."""

from docutils import nodes

from tabbook.notebooks import markdown

SIDES = {'text-left': ':---', 'text-right': '---:', 'text-center': ':---:'}


class Tables:
    """Visitors of tables."""

    def visit_table(self, node):
        if markdown.in_cell(node):
            self.refuse(node, 'a table in a cell of a table')
        titles = [n for n in node.children if isinstance(n, nodes.title)]
        caption = [self.caption(node, 'table', title) for title in titles]
        head, body = (_rows(node, part) for part in (nodes.thead, nodes.tbody))
        lines = [[''], *body] if not head else [*head, *body]
        cells = [[self.cell(entry) for entry in line] for line in lines]
        sides = [_side(entry) for entry in (body or head)[0]]
        self.block('\n\n'.join([*caption, markdown.table(cells, sides)]))

    def cell(self, entry):
        """What stands in `entry`, '' where another cell reaches into its place."""
        return markdown.cell(self.text(entry)) if entry else ''


def _rows(table, part):
    """The lines of the `part` of a table: its entries, '' where another reaches in."""
    rows = [
        row
        for group in table.children
        for found in group.children
        if isinstance(found, part)
        for row in found.children
    ]
    return list(_lines(rows))


def _lines(rows):
    below = {}  # column: how many more rows a cell reaches down
    for row in rows:
        line, entries = [], list(row.children)
        while entries or below.get(len(line)):
            if below.get(len(line)):
                below[len(line)] -= 1
                line.append('')
                continue
            entry = entries.pop(0)
            columns = range(len(line), len(line) + 1 + entry.get('morecols', 0))
            below |= dict.fromkeys(columns, entry.get('morerows', 0))
            line += [entry, *[''] * (len(columns) - 1)]
        yield line


def _side(entry):
    """The rule over a column's first cell, which says how the column is set."""
    classes = entry['classes'] if entry else ()
    return next((SIDES[name] for name in classes if name in SIDES), '---')
