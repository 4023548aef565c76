"""Split a section: the code cells of one tab, each able to run without `%%tab`."""

import ast
from dataclasses import dataclass, field

from tabbook.cells import syntax
from tabbook.source import Output, SourceError


@dataclass(frozen=True)
class SplitCell:
    """One cell of one tab.

    `line` is the source line of the first line of `source` (of `%%from` where
    the cell is `brought`); `group_index` counts in `Section.groups`; `meta` is its
    Jupyter metadata.
    """

    source: str
    line: int
    group_index: int
    output: Output | None
    brought: bool
    meta: dict = field(default_factory=dict)


def split(section, tab, library, seen=()):
    """The `SplitCell`s of `tab`, in order; [] where the section has no such tab.

    Raises SourceError where a `%%from` names nothing that exists. `seen` holds
    the sections that are on their way here through `%%from`.
    """
    cells = []
    for index, group in enumerate(section.groups if tab in section.tabs else ()):
        if (code := group.cell(tab)) is None:
            continue
        source, brings = code.source, code.brings
        if brings:
            try:
                source = bring(brings, tab, library, (*seen, section.name))
            except LookupError as error:
                raise SourceError(section.path, brings.line, str(error)) from None
        output, brought = group.output(tab), brings is not None
        cells.append(SplitCell(source, code.line, index, output, brought, code.meta))
    return cells


def bring(brings, tab, library, seen=()):
    """The source of the definitions that `brings` names, as `tab` has them.

    Raises LookupError, saying what exists, where there is no such thing.
    """
    if brings.section in seen:
        raise LookupError(f'%%from {brings.section} comes back to this section')
    section = library[brings.section]
    if tab not in section.tabs:
        raise LookupError(f'section {section.name!r} has no tab {tab!r}')
    found = {}
    for cell in split(section, tab, library, seen):
        _collect(cell.source, found)
    if missing := [name for name in brings.names if name not in found]:
        raise LookupError(
            f'section {section.name!r} defines no {", ".join(missing)}; '
            f'it defines {", ".join(found) or "nothing"}'
        )
    return '\n\n\n'.join(found[name] for name in found if name in brings.names)


def _collect(source, found):
    """Add the top-level definitions of a cell to `found`, {name: source}.

    A function under `@add_to_class(A)` becomes part of the definition of A.
    """
    try:
        body = syntax(source).body
    except SyntaxError:
        return
    lines = source.split('\n')
    for node in body:
        first = min([node.lineno, *(d.lineno for d in _decorators(node))])
        text = '\n'.join(lines[first - 1 : node.end_lineno])
        if (owner := added_to(node)) in found:
            found[owner] += f'\n\n\n{text}'
        elif not owner and (name := _defined(node)):
            found.pop(name, None)  # what is defined anew comes later
            found[name] = text


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


def _defined(node):
    """The name that a top-level statement defines, or None."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.AnnAssign):
        return getattr(node.target, 'id', None)
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        return getattr(node.targets[0], 'id', None)
    return None
