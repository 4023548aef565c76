"""The tables of the Rosetta page: defaults of the frameworks, and float32's floors.

A Sphinx extension of two directives. `{rosetta} group` is the table of a group of
rosetta.yml, `{floors} column` that of a column of results/floors.csv.
"""

import csv
from pathlib import Path
from statistics import median

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from d2l_shim.frameworks import FRAMEWORKS

LABELS = [framework.label for framework in FRAMEWORKS.values()]


def setup(app):
    """Register the directives with Sphinx."""
    app.add_directive('rosetta', Defaults)
    app.add_directive('floors', Floors)
    return {'version': '1', 'parallel_read_safe': True, 'parallel_write_safe': True}


def load(book):
    """The rows of rosetta.yml in the folder `book`, {group: [row]}."""
    text = Path(book, 'rosetta.yml').read_text('utf-8')
    return {group['group']: group['rows'] for group in yaml.safe_load(text)}


def defaults(rows):
    """The lines of a Markdown table of `rows`."""
    yield from _line('Default', *LABELS, 'This book', 'Why')
    yield from _line(*['---'] * (len(LABELS) + 3))
    for row in rows:
        own = (row['own'][tab] for tab in FRAMEWORKS)
        what = f'{row["what"]}<br>`{row["key"]}`'
        yield from _line(what, *own, row['book'], row['why'])


def floors(path, column):
    """The lines of a Markdown table of `column`: median (least to most) over seeds."""
    with Path(path).open(newline='', encoding='utf-8') as file:
        found = list(csv.DictReader(file))
    yield from _line('Switched off', *LABELS)
    yield from _line(*['---'] * (len(LABELS) + 1))
    for switch in dict.fromkeys(row['switched_off'] for row in found):
        numbers = ([float(row[column]) for row in found
                    if (row['switched_off'], row['framework']) == (switch, tab)]
                   for tab in FRAMEWORKS)
        yield from _line(switch, *map(_spread, numbers))


def _spread(numbers):
    if not numbers:
        return 'has none'
    middle, least, most = (f'{n:.0e}' for n in (median(numbers), min(numbers),
                                                max(numbers)))
    return f'**{middle}** ({least} to {most})'


def _line(*cells):
    yield '| ' + ' | '.join(cell.replace('|', '\\|') for cell in cells) + ' |'


class Table(SphinxDirective):
    """A directive whose argument says what its table shows."""

    required_arguments = 1

    def run(self):
        file = Path(self.env.srcdir, 'book', self.file)
        self.env.note_dependency(str(file))
        box = nodes.container(classes=['rosetta'])
        lines = StringList(list(self.lines(file)), str(file))
        self.state.nested_parse(lines, self.content_offset, box)
        return [box]


class Defaults(Table):
    """`{rosetta} group`"""

    file = 'rosetta.yml'

    def lines(self, file):
        return defaults(load(file.parent)[self.arguments[0]])


class Floors(Table):
    """`{floors} column`"""

    file = 'results/floors.csv'

    def lines(self, file):
        return floors(file, self.arguments[0])
