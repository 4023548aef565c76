"""What pages show of files beside them: defaults of the frameworks, and results.

A Sphinx extension of three directives. `{rosetta} group` is the table of a group of
rosetta.yml, `{spread} file.csv fields column` one of a file in results/, `{outcomes}
section runs` that of a section's reference runs. And what `numbers()` of
results/quoted.py returns is there for prose, as `{{ name }}`.
"""

import csv
import re
import runpy
from io import StringIO
from pathlib import Path
from statistics import median

from babel.numbers import get_decimal_symbol
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from d2l_shim.files import read_text
from d2l_shim.framework import FRAMEWORKS
from tabbook.project import Project
from tabbook.tabs import TABS
from tabbook.yaml_files import read_yaml

NUMBER = re.compile(r'[-+]?\d[\d,]*(\.\d+)?')  # exponents are written as in code


def setup(app):
    """Register the directives with Sphinx."""
    app.add_directive('rosetta', Defaults)
    app.add_directive('spread', Spread)
    app.add_directive('outcomes', Outcomes)
    app.connect('config-inited', quote)
    return {'version': '1', 'parallel_read_safe': True, 'parallel_write_safe': True}


def quote(app, config):
    """Give prose the numbers that results/quoted.py reads, where a book has one."""
    quoted = Path(app.srcdir, 'book', 'results', 'quoted.py')
    if quoted.exists():
        numbers = runpy.run_path(str(quoted))['numbers']()
        told = localized(numbers, config.language)
        config.myst_substitutions = {**config.myst_substitutions, **told}


def localized(found, language):
    """`found`, with the numbers that its texts are written as in a language.

    >>> localized({'time': ['1.12', '10,000', 'torch 2.13']}, 'ru')
    {'time': ['1,12', '10\xa0000', 'torch 2.13']}
    """
    if isinstance(found, dict):
        return {key: localized(value, language) for key, value in found.items()}
    if isinstance(found, (list, tuple)):
        return [localized(value, language) for value in found]
    if not (isinstance(found, str) and NUMBER.fullmatch(found)):
        return found
    point = get_decimal_symbol(language)
    return found if point == '.' else found.replace(',', '\xa0').replace('.', point)


def load(book):
    """The rows of rosetta.yml in the folder `book`, {group: [row]}."""
    groups = read_yaml(Path(book, 'rosetta.yml'))
    return {group['group']: group['rows'] for group in groups}


def defaults(rows):
    """The lines of a Markdown table of `rows`."""
    yield from _line('Default', *labels(), 'What this book does, and why')
    yield from _line(*['---'] * (len(TABS) + 2))
    for row in rows:
        own = (row['own'][tab] for tab in TABS)
        names = ' '.join(row.get('names', ()))
        place = f'<br id="row-{row["key"]}" data-names="{names}">'
        what = f'{row["what"]}{place}`{row["key"]}`'
        yield from _line(what, *own, f'{row["book"]}: {row["why"].strip()}')


def spread(path, fields, column):
    """The lines of a Markdown table of a results file: its `column` by framework.

    A row of the table for each combination of `fields`; a cell is the median over
    seeds, with the least and the greatest.
    """
    found = list(csv.DictReader(StringIO(read_text(path))))
    cells = {}
    for row in found:
        label = tuple(row[field] for field in fields)
        cells.setdefault(label, {}).setdefault(row['framework'], []).append(row[column])
    yield from _line(', '.join(fields).replace('_', ' ').capitalize(), *labels())
    yield from _line(*['---'] * (len(TABS) + 1))
    first = list(dict.fromkeys(label[0] for label in cells))
    for label in sorted(cells, key=lambda label: first.index(label[0])):
        numbers = (cells[label].get(tab, ()) for tab in TABS)
        yield from _line(', '.join(label), *map(_middle, numbers))


OUTCOMES = {  # what the table of reference runs shows of each, and under which title
    'precision': 'Precision',
    'parameters': 'Parameters',
    'first_loss': 'First loss',
    'loss': 'Train loss',
    'train': 'Train accuracy',
    'test': 'Test accuracy',
    'seconds': 'Seconds, fastest epoch',
    'rate': 'Examples/s',
    'device': 'Device',
}


def outcomes(runs):
    """The lines of a Markdown table of `runs`, {run: {tab: {name: text}}}.

    Each run is a column, so that a phone shows three side by side.
    """
    columns = [(tab, told) for run in runs.values() for tab, told in run.items()]
    yield from _line('Framework', *(FRAMEWORKS[tab].label for tab, _ in columns))
    yield from _line(*['---'] * (len(columns) + 1))
    for name, said in OUTCOMES.items():
        yield from _line(said, *(told[name] for _, told in columns))


def labels():
    """The names of the frameworks that the book has."""
    return [framework.label for framework in TABS.values()]


def _middle(numbers):
    if not numbers:
        return ''
    numbers = sorted(map(float, numbers))
    middle, least, most = (
        f'{n:.0e}'.replace('e-0', 'e-')
        for n in (median(numbers), numbers[0], numbers[-1])
    )
    return middle if len(numbers) == 1 else f'**{middle}** ({least} to {most})'


def _line(*cells):
    yield '| ' + ' | '.join(cell.replace('|', '\\|') for cell in cells) + ' |'


class Table(SphinxDirective):
    """A directive whose arguments say what its table shows."""

    classes = ('rosetta',)

    def run(self):
        project = Project(Path(self.env.srcdir))
        file = project.book / self.file()
        name = file.relative_to(project.root)
        self.env.note_dependency(str(file))
        box = nodes.container(classes=[*self.classes])
        try:
            lines = StringList(list(self.lines(file)), str(file))
        except FileNotFoundError:
            raise self.error(f'there is no file {name}') from None
        except KeyError as error:
            raise self.error(f'{name} has no {error}') from None
        self.state.nested_parse(lines, self.content_offset, box)
        return [box]


class Defaults(Table):
    """`{rosetta} group`"""

    required_arguments = 1

    def file(self):
        return 'rosetta.yml'

    def lines(self, file):
        return defaults(load(file.parent)[self.arguments[0]])


class Outcomes(Table):
    """`{outcomes} section run,run`"""

    classes = ('rosetta', 'outcomes')
    required_arguments = 2

    def file(self):
        return Path('results', 'quoted.py')

    def lines(self, file):
        section, runs = self.arguments
        found = self.config.myst_substitutions[section]
        return outcomes({run: found[run] for run in runs.split(',')})


class Spread(Table):
    """`{spread} file.csv field,field column`"""

    required_arguments = 3

    def file(self):
        return Path('results', self.arguments[0])

    def lines(self, file):
        _, fields, column = self.arguments
        return spread(file, fields.split(','), column)
