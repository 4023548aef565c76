"""Check sections without running them; each finding names its file and line."""

import ast
import builtins
import dis
import inspect
import types
from collections import defaultdict

from tabbook.source import SourceError, scan, syntax
from tabbook.split import added_to, bring

MAX_LINES, MAX_WIDTH = 40, 79
LOADS = ('LOAD_NAME', 'LOAD_GLOBAL', 'LOAD_FROM_DICT_OR_GLOBALS')
AT_ONCE = ('<listcomp>', '<setcomp>', '<dictcomp>', '<genexpr>')
ALLOWED = {*dir(builtins), '__annotations__', 'display', 'get_ipython'}
# What a framework may need beside its neighbours: state and its random keys.
PLUMBING = {'batch_stats', 'key', 'keys', 'params', 'state', 'variables'}


def check(name, library):
    """All findings in section `name`: SourceErrors sorted by line."""
    path = library.path(name)
    section, problems = scan(path.read_text(encoding='utf-8'), path, name)
    checker = _Checker(section, library, problems)
    if 'tabs' not in section.front:
        checker.found(1, 'the front matter lacks `tabs: [pytorch, ...]`')
    for group in section.groups:
        checker.group(group)
    checker.free_names()
    return sorted(problems, key=lambda problem: problem.line)


class _Checker:
    """Adds what it finds in the groups of one section to `problems`."""

    def __init__(self, section, library, problems):
        self.section, self.library, self.problems = section, library, problems

    def found(self, line, message):
        self.problems.append(SourceError(self.section.path, line, message))

    def group(self, group):
        shown = _shown(self.section.tabs, group.cells)
        if lacking := [tab for tab in self.section.tabs if tab not in shown]:
            self.found(group.line, f'this group lacks a cell for {", ".join(lacking)}')
        self._outputs(group, shown)
        trees = {cell: tree for cell in group.cells if (tree := self._cell(cell))}
        self._same_names(trees)

    def _outputs(self, group, shown):
        stated = []
        for output in group.outputs:
            tabs = output.tabs or shown
            if extra := [tab for tab in tabs if tab not in shown]:
                self.found(
                    output.line, f'this group has no cell for {", ".join(extra)}'
                )
            if twice := [tab for tab in tabs if tab in stated]:
                self.found(output.line, f'a second output for {", ".join(twice)}')
            stated += tabs

    def _cell(self, cell):
        """Check one cell alone; returns its tree, or None if it has none."""
        lines = cell.source.split('\n')
        if len(lines) > MAX_LINES:
            self.found(cell.line, f'a cell of {len(lines)} lines; {MAX_LINES} at most')
        for line, text in enumerate(lines, cell.line):
            if len(text) > MAX_WIDTH:
                self.found(line, f'{len(text)} characters; {MAX_WIDTH} at most')
        if cell.source.startswith('%%from'):
            return None
        try:
            tree = syntax(cell.source)
            _compiled(tree.body)
        except SyntaxError as error:
            self.found(cell.line + (error.lineno or 1) - 1, f'syntax: {error.msg}')
            return None
        for line in sorted(_selected_inside(tree)):
            self.found(cell.line + line - 1, 'tab.selected inside a definition')
        return tree

    def _same_names(self, trees):
        names = {cell: _public(tree) - PLUMBING for cell, tree in trees.items()}
        everyones = set().union(*names.values())
        for cell, own in names.items():
            if lacking := sorted(everyones - own):
                tabs = ', '.join(cell.tabs)
                self.found(
                    cell.line,
                    f'the cell for {tabs} does not define {", ".join(lacking)}, '
                    f'which another tab of its group does',
                )

    def free_names(self):
        """Find names that a tab uses before it has them."""
        found = defaultdict(list)
        for tab in self.section.tabs:
            for line, message in self._free(tab):
                found[line, message].append(tab)
        for (line, message), tabs in found.items():
            everywhere = tabs == list(self.section.tabs)
            self.found(line, message + ('' if everywhere else f' ({", ".join(tabs)})'))

    def _free(self, tab):
        """Yield (line, message) for each fault of the names in one tab."""
        known = set(ALLOWED)
        for group in self.section.groups:
            if (cell := group.cell(tab)) is None:
                continue
            source = cell.source
            if cell.brings:
                try:
                    source = bring(cell.brings, tab, self.library, (self.section.name,))
                except (LookupError, SourceError) as error:
                    yield cell.line, str(error)
                    known.update(cell.brings.names)
                    continue
            for line, name in _uses(source, known):
                known.add(name)
                at = cell.line if cell.brings else cell.line + line - 1
                yield at, _advice(name, cell.brings)


def _advice(name, brings):
    if brings:
        return f'what %%from brings needs {name!r}: import it or bring it, too'
    if name == 'tab':
        return '`tab` exists in the live notebook only: write %%tab cells'
    return f'name {name!r} is neither imported, brought nor defined before'


def _shown(tabs, cells):
    """The tabs for which there is a cell, in the section's order."""
    named = [tab for cell in cells for tab in cell.tabs or tabs]
    return [tab for tab in tabs if tab in named]


def _selected_inside(tree):
    """The lines of `tab.selected` in the functions and classes of a tree."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
    inside = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    return {
        node.lineno
        for definition in inside
        for node in ast.walk(definition)
        if isinstance(node, ast.Attribute)
        and (getattr(node.value, 'id', None), node.attr) == ('tab', 'selected')
    }


class _Definitions(ast.NodeVisitor):
    """Collects the names that a cell defines at its top level.

    Imports, loop variables and methods added to a class are not among them.
    """

    def __init__(self):
        self.names = set()

    def definition(self, node):
        if not added_to(node):
            self.names.add(node.name)

    def loop(self, node):
        for statement in (*node.body, *getattr(node, 'orelse', ())):
            self.visit(statement)

    def assignment(self, node):
        if isinstance(node.ctx, ast.Store):
            self.names.add(node.id)

    def skip(self, node):
        """Leave a scope of its own alone."""

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = definition
    visit_For = visit_With = loop
    visit_Name = assignment
    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = skip
    visit_Lambda = skip


def _public(tree):
    visitor = _Definitions()
    visitor.visit(tree)
    return {name for name in visitor.names if not name.startswith('_')}


def _uses(source, known):
    """Yield (line, name) of each global name that a cell uses but does not know.

    Statements at the top level see what stands above them; the bodies of
    functions see their whole cell. What the cell binds is added to `known`.
    """
    try:
        codes = [_compiled([statement]) for statement in syntax(source).body]
    except SyntaxError:
        return
    late = []
    for kind, line, name in (use for code in codes for use in _names(code)):
        if kind == 'binds':
            known.add(name)
        elif kind == 'later':
            late.append((line, name))
        elif name not in known:
            yield line, name
    yield from ((line, name) for line, name in late if name not in known)


def _compiled(statements):
    module = ast.Module(statements, [])
    return compile(module, '<cell>', 'exec', ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def _names(code, top=True, later=False):
    """Yield ('binds', 'now' or 'later', line, name) of the global names in a code.

    The compiler decides here which names are global. Class bodies and
    comprehensions run at once, the bodies of functions later.
    """
    own = set()
    for step in dis.get_instructions(code):
        use = step.positions.lineno, step.argval
        if step.opname == 'STORE_GLOBAL' or (top and step.opname == 'STORE_NAME'):
            yield 'binds', *use
        elif step.opname == 'STORE_NAME':
            own.add(step.argval)
        elif step.opname in LOADS and step.argval not in own:
            yield 'later' if later else 'now', *use
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            function = inner.co_flags & inspect.CO_OPTIMIZED
            waits = function and inner.co_name not in AT_ONCE
            yield from _names(inner, False, later or bool(waits))
