"""Read the text of a section into a `Section` of prose and tab groups."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from d2l_shim.files import read_text
from tabbook.tabs import TABS
from tabbook.text import fences, options, proof
from tabbook.text.cells import syntax
from tabbook.text.section import (
    Code,
    From,
    Group,
    Hidden,
    Markdown,
    Output,
    Section,
    SourceError,
    UnknownSection,
    is_live,
)
from tabbook.yaml_files import mistake

__all__ = [
    'ASSIGNMENTS',
    'Code',
    'From',
    'Group',
    'Hidden',
    'Library',
    'Markdown',
    'Output',
    'Section',
    'SourceError',
    'UnknownSection',
    'is_live',
    'load',
    'parse',
    'parse_from',
    'scan',
]


ASSIGNMENTS = 'assignments/'  # the folder of those, and how their names begin


def parse(text, path=None, name=None):
    """The `Section` that `text` holds; the first mistake is a SourceError."""
    section, problems = scan(text, path, name)
    if problems:
        raise problems[0]
    return section


def load(path, name=None):
    """The `Section` in the file at `path`; SourceError as in `parse`."""
    return parse(read_text(path), Path(path), name)


def scan(text, path=None, name=None):
    """As `parse`, but returns (section, all SourceErrors in order of line)."""
    problems = []

    def problem(line, message):
        problems.append(SourceError(path, line, message))

    front, start = _front(text, problem)
    reader = _Reader(_declared(front, problem), problem)
    for piece in fences.pieces(text, start, problem):
        reader.take(piece)
    tabs = tuple(tab for tab in TABS if tab in reader.declared)
    blocks = tuple(block for block in map(_registered, reader.blocks) if block)
    name = name or (Path(path).stem if path else 'text')
    proved = _proof(front, reader.declared, text.split('\n')[:start], problem)
    hidden = tuple(reader.hidden)
    section = Section(name, path and Path(path), front, tabs, blocks, hidden, *proved)
    return section, sorted(problems, key=lambda found: found.line)


def parse_from(source, line=1):
    """The `From` that a `%%from` cell states, or None where it is malformed.

    >>> parse_from('%%from densenet import DenseBlock, DenseNet')
    From(section='densenet', names=('DenseBlock', 'DenseNet'), line=1)
    """
    pattern = r'%%from\s+([\w/.-]+)\s+import\s+\(?([\w,\s]+?),?\s*\)?\s*'
    if (match := re.fullmatch(pattern, source)) is None:
        return None
    names = tuple(_names(match[2]))
    known = names and all(name.isidentifier() for name in names)
    return From(match[1], names, line) if known else None


def _front(text, problem):
    """(front matter as a dict, index of the first line after it)."""
    lines = [line.rstrip() for line in text.split('\n')]
    if lines[:1] != ['---']:
        return {}, 0
    if '---' not in lines[1:]:
        problem(1, 'the front matter is not closed by a line of ---')
        return {}, 0
    end = lines.index('---', 1)
    try:
        front = yaml.safe_load('\n'.join(lines[1:end])) or {}
    except yaml.YAMLError as error:
        line, said = mistake(error, '\n'.join(lines[1:end]))
        problem(line + 1, f'the front matter is not YAML: {said}')
        return {}, end + 1
    if isinstance(front, dict):
        return front, end + 1
    problem(2, 'the front matter must hold `key: value` lines')
    return {}, end + 1


def _declared(front, problem):
    tabs = front.get('tabs', [])
    if isinstance(tabs, list) and all(isinstance(tab, str) for tab in tabs):
        return tabs
    problem(1, '`tabs:` must be a list such as [pytorch, jax]')
    return []


def _proof(front, declared, lines, problem):
    """(models, data sets, runs) that the front matter names, whose text is `lines`."""

    def wrong(word, message):
        problem(proof.line_of(lines, word), message)

    models = (
        replace(model, line=proof.line_of(lines, model.name))
        for model in proof.models(front, wrong)
    )
    runs = proof.runs(front, declared, wrong)
    return tuple(models), tuple(proof.data(front, wrong)), tuple(runs)


@dataclass
class _Draft:
    """A group while more cells or outputs may still join it."""

    cells: list = field(default_factory=list)
    outputs: list = field(default_factory=list)

    def takes(self, cell):
        """Whether `cell` is one more tab of this group."""
        taken = [tab for other in self.cells for tab in other.tabs]
        joinable = cell.tabs and taken and not self.outputs
        return joinable and not set(cell.tabs) & set(taken)


class _Reader:
    """Collects the blocks of a section while the pieces of its text go by."""

    def __init__(self, declared, problem):
        self.declared, self.problem = declared, problem
        self.blocks, self.hidden = [], []

    def take(self, piece):
        """Add one piece: a code cell, an output or prose."""
        last = self.blocks[-1] if self.blocks else None
        if piece.directive == 'code-cell':
            cell = self._code(piece)
            if isinstance(last, _Draft) and last.takes(cell):
                last.cells.append(cell)
            else:
                self.blocks.append(_Draft([cell]))
        elif piece.directive == 'output':
            if isinstance(last, _Draft):
                last.outputs.append(self._output(piece, last.cells))
            else:
                self.problem(piece.line, 'this {output} follows no code cell')
        elif piece.directive == 'hidden-test':
            self.hidden.append(self._hidden(piece))
        elif piece.text:
            self.blocks.append(Markdown(piece.text, piece.line))

    def _code(self, piece):
        given, line, lines = self._options(piece, options.of_cell)
        tabs, brings = (), None
        if lines and (magic := re.match(r'%%tab\b(.*)', lines[0])):
            tabs = self._tabs(magic[1], line)
            if not tabs:
                self.problem(line, '%%tab needs a tab, such as `%%tab pytorch`')
            line, lines = _trimmed(line + 1, lines[1:])
        source = '\n'.join(lines)
        if source.startswith('%%from'):
            brings = parse_from(source, line)
            if brings is None:
                self.problem(line, 'write `%%from section import Name, Other`')
        return Code(source, line, tabs, brings, options.metadata(given))

    def _hidden(self, piece):
        given, line, lines = self._options(piece, options.of_hidden)
        points = given.get('points', 0)
        if not piece.argument:
            self.problem(piece.line, 'a hidden test needs a name: {hidden-test} name')
        if type(points) not in (int, float) or points <= 0:
            self.problem(piece.line, 'a hidden test needs `:points:`, a number above 0')
            points = 0
        return Hidden(piece.argument, points, '\n'.join(lines), line)

    def _output(self, piece, cells):
        tabs, count = self._tabs(piece.argument, piece.line), _leading(piece.body)
        given = [text.strip(': ') for text in piece.body[:count]]
        for _, message in options.unknown('an output', given, options.OUTPUT):
            self.problem(piece.line, message)
        text = '\n'.join(piece.body[count:])
        if given:
            text = text.removeprefix('\n')
        real, stdout = 'data: real' in given, 'stdout' in given
        return Output(tabs, text, piece.line, real, stdout or _prints(cells, tabs))

    def _options(self, piece, findings):
        """(options, line, lines) of a cell; what `findings` has is left out."""
        given, line, lines = _options(piece)
        if not isinstance(given, dict):
            self.problem(piece.line, 'the options of this cell are not `key: value`')
            given = {}
        wrong = dict(findings(given))
        for word, message in wrong.items():
            self.problem(piece.line + _row(piece.body, word), message)
        return {k: v for k, v in given.items() if k not in wrong}, line, lines

    def _tabs(self, text, line):
        names = _names(text)
        for name in sorted(set(names) - set(self.declared)):
            known = ', '.join(self.declared) or 'none'
            self.problem(line, f'unknown tab {name!r}; `tabs:` declares {known}')
        if len(names) > len(set(names)):
            self.problem(line, 'a tab is named twice')
        return tuple(dict.fromkeys(names))


def _names(text):
    return [name.strip() for name in text.split(',') if name.strip()]


def _row(lines, word):
    """The number, from 1, of the first of `lines` that has `word`; else 0."""
    whole = re.compile(rf'(?<![\w-]){re.escape(word)}(?![\w-])')
    return next((n for n, text in enumerate(lines, 1) if whole.search(text)), 0)


def _leading(lines):
    """How many lines at the start of `lines` are `:option:` lines."""
    stop = (i for i, text in enumerate(lines) if not re.match(r':[\w-]+:', text))
    return next(stop, len(lines))


def _trimmed(line, lines):
    """`lines` without blank ones at both ends, and the first one's number."""
    while lines and not lines[0].strip():
        line, lines = line + 1, lines[1:]
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return line, lines


def _options(piece):
    """(options, line, lines) of a code cell with `:key:` lines or a `---` block."""
    lines = list(piece.body)
    skip = _leading(lines)
    text = '\n'.join(line[1:] for line in lines[:skip])
    if lines[:1] == ['---'] and '---' in lines[1:]:
        skip = lines.index('---', 1) + 1
        text = '\n'.join(lines[1 : skip - 1])
    try:
        options = yaml.safe_load(text) or {}
    except yaml.YAMLError:
        options = None
    return options, *_trimmed(piece.line + 1 + skip, lines[skip:])


def _prints(cells, tabs):
    """Whether the last statement of the cell that `tabs` show calls `print`."""
    shown = [c for c in cells if not tabs or not c.tabs or set(tabs) & set(c.tabs)]
    try:
        body = syntax(shown[0].source).body if shown else []
    except SyntaxError:
        return False
    call = getattr(body[-1], 'value', None) if body else None
    return isinstance(call, ast.Call) and getattr(call.func, 'id', None) == 'print'


def _registered(block):
    """`block` with only registered tabs, drafts made into groups; None if empty."""
    if isinstance(block, Markdown):
        return block
    cells, outputs = tuple(_kept(block.cells)), tuple(_kept(block.outputs))
    return Group(cells, outputs, cells[0].line) if cells else None


def _kept(items):
    for item in items:
        tabs = tuple(tab for tab in item.tabs if tab in TABS)
        if tabs or not item.tabs:
            yield replace(item, tabs=tabs)


class Library(Mapping):
    """The sections in a folder by name (path without .md), read when asked for.

    A name that does not exist raises UnknownSection, which lists those that do.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self._sections = {}

    def path(self, name):
        """The file of section `name`; UnknownSection where there is none."""
        path = self.folder / f'{name}.md'
        if not path.is_file():
            known = ', '.join(self.names()) or 'none'
            raise UnknownSection(f'there is no section {name!r}; sections are: {known}')
        return path

    def names(self):
        """The names of all sections, sorted."""
        paths = (f.relative_to(self.folder) for f in self.folder.rglob('*.md'))
        return sorted(path.with_suffix('').as_posix() for path in paths)

    def sections(self):
        """The names of the sections that are no assignments: the book's pages."""
        return [name for name in self.names() if not name.startswith(ASSIGNMENTS)]

    def assignments(self):
        """The names of the assignments, each with its folder."""
        return [name for name in self.names() if name.startswith(ASSIGNMENTS)]

    def __getitem__(self, name):
        if name not in self._sections:
            self._sections[name] = load(self.path(name), name)
        return self._sections[name]

    def __iter__(self):
        return iter(self.names())

    def __len__(self):
        return len(self.names())
