"""Which names a cell of Python defines, and which it uses without having them."""

import ast
import json
import subprocess
import sys

from tabbook.text.definitions import added_to


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

    def scope(self, node):
        """Take out of a scope of its own what it names with `:=`."""
        named = (n for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
        self.names |= {n.target.id for n in named}

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = definition
    visit_For = visit_With = loop
    visit_Name = assignment
    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = scope


def public(tree):
    """The public names that a tree defines at its top level, as a set.

    >>> sorted(public(ast.parse('import os\\nfor i in range(3): last = _a = i')))
    ['last']
    """
    visitor = _Definitions()
    visitor.visit(tree)
    return {name for name in visitor.names if not name.startswith('_')}


def compiled(statements):
    """The code of top-level statements; SyntaxError where they do not belong there."""
    module = ast.Module(statements, [])
    return compile(module, '<cell>', 'exec', ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def unknown(code):
    """{name: line} of the names that Python code uses before it has them.

    Ruff finds them; the bodies of functions may use what comes later. Words in
    quoted annotations are no names, and a notebook has no `__file__`.

    >>> unknown('def f():\\n    return late\\nprint(never)\\nlate = 1')
    {'never': 3}
    """
    version = 'py{}{}'.format(*sys.version_info)
    options = ['--isolated', '--no-cache', '--exit-zero', '--ignore-noqa', '--quiet']
    asked = ['--select=F821', f'--target-version={version}', '--output-format=json']
    command = [sys.executable, '-m', 'ruff', 'check', *options, *asked, '-']
    told = subprocess.run(command, input=code.encode(), stdout=subprocess.PIPE)
    missing = {
        (found['location']['row'], found['message'].split('`')[1])
        for found in json.loads(told.stdout)
        if found['code'] == 'F821'
    }
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)]
    uses = sorted({(node.lineno, node.id) for node in nodes}, reverse=True)
    return {n: at for at, n in uses if (at, n) in missing or n == '__file__'}
