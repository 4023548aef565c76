"""Which names a cell of Python defines, and which it uses without having them."""

import ast
import dis
import inspect
import types

from tabbook.source import syntax
from tabbook.split import added_to

LOADS = ('LOAD_NAME', 'LOAD_GLOBAL', 'LOAD_FROM_DICT_OR_GLOBALS')
AT_ONCE = ('<listcomp>', '<setcomp>', '<dictcomp>', '<genexpr>')


def selected_inside(tree):
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


def public(tree):
    """The public names that a tree defines at its top level, as a set."""
    visitor = _Definitions()
    visitor.visit(tree)
    return {name for name in visitor.names if not name.startswith('_')}


def uses(source, known):
    """Yield (line, name) of each global name that a cell uses but does not know.

    Statements at the top level see what stands above them; the bodies of
    functions see their whole cell. What the cell binds is added to `known`.
    """
    try:
        codes = [compiled([statement]) for statement in syntax(source).body]
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


def compiled(statements):
    """The code of top-level statements; SyntaxError where they do not belong there."""
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
