"""Check sections without running them; each finding names its file and line."""

import re
from ast import ClassDef
from bisect import bisect
from collections import defaultdict
from contextlib import suppress
from itertools import product
from operator import itemgetter

from d2l_shim.files import read_text
from tabbook.text import marks, proof
from tabbook.text.cells import python, syntax
from tabbook.text.free_names import compiled, public, selected_inside, unknown
from tabbook.text.parse import Markdown, SourceError, scan
from tabbook.text.split import bring

MAX_LINES, MAX_WIDTH = 40, 79
ALLOWED = {  # what IPython gives a notebook, beside _1 and _i1
    'In', 'Out', '_', '__', '___', '_dh', '_i', '_ih', '_ii', '_iii', '_oh',
    'display', 'exit', 'get_ipython', 'quit',
}  # fmt: skip
# What a framework may need beside its neighbours: state and its random keys.
PLUMBING = {'batch_stats', 'key', 'keys', 'params', 'state', 'variables'}


def check(name, library):
    """All findings in section `name`: SourceErrors sorted by line."""
    path = library.path(name)
    try:
        text = read_text(path)
    except SourceError as error:
        return [error]
    section, problems = scan(text, path, name)
    found = [SourceError(path, *finding) for finding in _findings(section, library)]
    return sorted([*problems, *found], key=lambda problem: problem.line)


def _findings(section, library):
    """Yield (line, message) for each fault of a section that could be read."""
    if 'tabs' not in section.front:
        yield 1, 'the front matter lacks `tabs: [pytorch, ...]`'
    for group in section.groups:
        named = [tab for cell in group.cells for tab in cell.tabs or section.tabs]
        if lacking := [tab for tab in section.tabs if tab not in named]:
            yield group.line, f'this group lacks a cell for {", ".join(lacking)}'
        yield from _outputs(group, named)
        for cell in group.cells:
            yield from _cell(cell)
        yield from _same_names(group.cells)
    yield from marks.findings(section)
    yield from proof.findings(section, _classes(section))
    yield from _prose_tabs(section)
    yield from _free_names(section, library)


def _classes(section):
    """{tab: the names of the classes that its cells define, and all they bring}."""
    found = {tab: set() for tab in section.tabs}
    for tab, group in product(section.tabs, section.groups):
        with suppress(SyntaxError, AttributeError):  # of no cell, or reported elsewhere
            cell = group.cell(tab)
            found[tab] |= set(cell.brings.names) if cell.brings else set()
            nodes = _tree(cell).body
            found[tab] |= {node.name for node in nodes if isinstance(node, ClassDef)}
    return found


def _prose_tabs(section):
    """Yield the unknown tabs in prose that is meant for one framework."""
    prose = (block for block in section.blocks if isinstance(block, Markdown))
    for block in prose:
        if ':sync-group: framework' not in block.source:
            continue
        for line, text in enumerate(block.source.split('\n'), block.line):
            sync = re.match(r'\s*:sync:\s*(\S+)', text)
            if sync and sync[1] not in section.front.get('tabs', ()):
                yield line, f'unknown tab {sync[1]!r}'


def _outputs(group, named):
    stated = []
    for output in group.outputs:
        tabs = output.tabs or named
        if extra := [tab for tab in tabs if tab not in named]:
            yield output.line, f'this group has no cell for {", ".join(extra)}'
        if twice := [tab for tab in tabs if tab in stated]:
            yield output.line, f'a second output for {", ".join(twice)}'
        stated += tabs


def _cell(cell):
    lines = cell.source.split('\n')
    if len(lines) > MAX_LINES:
        yield cell.line, f'a cell of {len(lines)} lines; {MAX_LINES} at most'
    for line, text in enumerate(lines, cell.line):
        if len(text) > MAX_WIDTH:
            yield line, f'{len(text)} characters; {MAX_WIDTH} at most'
    try:
        tree = _tree(cell)
    except SyntaxError as error:
        yield cell.line + (error.lineno or 1) - 1, f'syntax: {error.msg}'
    else:
        for line in selected_inside(tree):
            yield cell.line + line - 1, 'tab.selected inside a definition'


def _tree(cell):
    """The tree of a cell, empty for `%%from`; SyntaxError where it cannot run."""
    tree = syntax('' if cell.source.startswith('%%from') else cell.source)
    compiled(tree.body)
    return tree


def _same_names(cells):
    names = {}
    for cell in cells:
        try:
            names[cell] = public(_tree(cell)) - PLUMBING
        except SyntaxError:
            continue
    for cell, own in names.items():
        if lacking := sorted(set().union(*names.values()) - own):
            yield (
                cell.line,
                (
                    f'the cell for {", ".join(cell.tabs)} does not define '
                    f'{", ".join(lacking)}, which another tab of its group does'
                ),
            )


def _free_names(section, library):
    """Yield what `_free` finds once, with the tabs if it is not all of them."""
    found = defaultdict(list)
    for tab in section.tabs:
        for finding in _free(section, tab, library):
            found[finding].append(tab)
    for (line, message), tabs in found.items():
        everywhere = tabs == list(section.tabs)
        yield line, message if everywhere else f'{message} ({", ".join(tabs)})'


def _free(section, tab, library):
    """Yield (line, message) for each name that one tab uses before it has it."""
    code, starts = '', []
    for cell in filter(None, (group.cell(tab) for group in section.groups)):
        source = '' if 'skip-execution' in cell.meta.get('tags', ()) else cell.source
        if cell.brings:
            try:
                source = bring(cell.brings, tab, library, (section.name,))
            except (LookupError, SourceError) as error:
                yield cell.line, str(error)
                source = '\n'.join(f'{name} = None' for name in cell.brings.names)
        starts.append((code.count('\n') + 1, cell))
        code += _runs(source)
    for name, line in unknown(code).items():
        if name not in ALLOWED and not re.fullmatch(r'_i?\d+', name):
            start, cell = starts[bisect(starts, line, key=itemgetter(0)) - 1]
            place = cell.line + (0 if cell.brings else line - start)
            yield place, _advice(name, cell.brings)


def _runs(source):
    """The Python of a cell, each line where it is; '' where it has mistakes."""
    try:
        syntax(source)
    except SyntaxError:
        return ''
    return python(source).rstrip('\n') + '\n'


def _advice(name, brings):
    if brings:
        return f'what %%from brings needs {name!r}: import it or bring it, too'
    if name == 'tab':
        return '`tab` exists in the live notebook only: write %%tab cells'
    return f'name {name!r} is neither imported, brought nor defined before'
