"""What the top-level statements of cells define: what it takes to bring a name."""

import ast
import symtable
from dataclasses import dataclass
from functools import cache

from tabbook.text.cells import syntax

SURE = ast.Assign | ast.AnnAssign | ast.FunctionDef | ast.AsyncFunctionDef
SURE |= ast.ClassDef | ast.Import | ast.ImportFrom
WAIT = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
CHANGES = {  # methods that change a list, a dict or a set
    'add', 'append', 'clear', 'discard', 'extend', 'insert', 'pop', 'popitem', 'remove',
    'reverse', 'setdefault', 'sort', 'update',
}  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """The text of top-level statements that share lines, and the names in them.

    It binds some names, may change others, and knows which of them it `makes` anew.
    """

    text: str
    binds: frozenset
    changes: frozenset
    makes: frozenset
    imports: bool


@cache
def statements(source):
    """The `Statement`s of a cell; none where it is no Python.

    What a `%%` line binds is left out: only a whole cell can have one.
    """
    try:
        body = syntax(source).body
    except SyntaxError:
        return ()
    lines, found, last = source.split('\n'), [], 0
    for node in body:
        if _first(node) > last:
            found.append([])
        found[-1].append(node)
        last = node.end_lineno or last
    made = (_statement(nodes, lines) for nodes in found)
    return tuple(one for one in made if not one.text.startswith('%%'))


def _first(node):
    return min([node.lineno, *(d.lineno for d in _decorators(node))])


def _statement(nodes, lines):
    first, last = _first(nodes[0]), nodes[-1].end_lineno
    binds = frozenset().union(*map(_binds, nodes))
    read = {n.id for node in nodes for n in _at_once(node) if _is_read(n)}
    sure = (_binds(node) for node in nodes if isinstance(node, SURE))
    return Statement(
        '\n'.join(lines[first - 1 : last]),
        binds,
        binds.union(*map(_changed, nodes)),
        frozenset().union(*sure) - read,
        all(isinstance(node, ast.Import | ast.ImportFrom) for node in nodes),
    )


def _binds(node):
    """The names that a top-level statement binds, in whatever way; not its methods."""
    if added_to(node):
        return frozenset()
    table = symtable.symtable(ast.unparse(node), '<cell>', 'exec')
    return frozenset(
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_assigned() or symbol.is_imported()
    )


def _at_once(node):
    """`node` and all below it that runs with it: the bodies of functions wait."""
    yield node
    for name, value in ast.iter_fields(node):
        if name != 'body' or not isinstance(node, WAIT):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _at_once(child)


def _is_read(node):
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)


def _changed(node):
    """The names whose objects a statement changes: `A.b = 1`, `a[0] += 1`, ..."""
    for one in _at_once(node):
        match one:
            case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                yield _root(one)
            case ast.Call(func=ast.Name(id='setattr'), args=[ast.Name(id=name), *_]):
                yield name
            case ast.Call(func=ast.Attribute(attr=method)) if method in CHANGES:
                yield _root(one)
    for decorator in _decorators(node):
        if not isinstance(decorator, ast.Name):  # as @f.register does
            yield _root(decorator)
    yield added_to(node)


def _root(node):
    """The name at which `name.attribute[item]()` begins, or None."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return getattr(node, 'id', None)


def _decorators(node):
    return getattr(node, 'decorator_list', ())


def added_to(node):
    """The class that a function under `@add_to_class(A)` belongs to, or None."""
    for call in _decorators(node):
        if isinstance(call, ast.Call) and len(call.args) == 1:
            function, owner = call.func, call.args[0]
            called = getattr(function, 'attr', getattr(function, 'id', None))
            if called == 'add_to_class' and isinstance(owner, ast.Name):
                return owner.id
    return None


def needed(name, found):
    """The numbers of the statements in `found` that make `name` what it is at the end.

    [] where nothing binds it.
    """
    binding = [n for n, one in enumerate(found) if name in one.binds]
    if not binding:
        return []
    start = next((n for n in reversed(binding) if name in found[n].makes), binding[0])
    if found[start].imports:  # what others own, a decorator does not change
        return binding[binding.index(start) :]
    return [n for n in range(start, len(found)) if name in found[n].changes]
