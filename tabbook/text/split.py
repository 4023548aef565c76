"""Split a section: the code cells of one tab, each able to run without `%%tab`."""

import ast
from dataclasses import dataclass, field

from tabbook.text.cells import syntax
from tabbook.text.definitions import needed, statements
from tabbook.text.parse import Output, SourceError


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

    @property
    def runs(self):
        """Whether it is run at all."""
        return 'skip-execution' not in self.meta.get('tags', ())


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


def foundations(section, tab, library):
    """The sources of the cells of `tab` that models are made from.

    They import something, define a class, or hold nothing but functions.
    """
    cells = split(section, tab, library)
    return [cell.source for cell in cells if cell.runs and founds(cell.source)]


def founds(source):
    """Whether a cell is one of the foundations."""
    kinds = ast.Import | ast.ImportFrom | ast.ClassDef
    body = syntax(source).body
    return any(isinstance(x, kinds) for x in body) or all(
        isinstance(x, ast.FunctionDef) for x in body
    )


def bring(brings, tab, library, seen=()):
    """The source of all that makes what `brings` names, as `tab` has it, in order.

    Raises LookupError, saying what exists, where there is no such thing.
    """
    if brings.section in seen:
        raise LookupError(f'%%from {brings.section} comes back to this section')
    section = library[brings.section]
    if tab not in section.tabs:
        raise LookupError(f'section {section.name!r} has no tab {tab!r}')
    cells = split(section, tab, library, seen)
    run = [cell.source for cell in cells if cell.runs]
    found = [one for source in run for one in statements(source)]
    wanted = {name: needed(name, found) for name in brings.names}
    if missing := [name for name, numbers in wanted.items() if not numbers]:
        own = dict.fromkeys(n for s in found if not s.imports for n in sorted(s.binds))
        raise LookupError(
            f'section {section.name!r} defines no {", ".join(missing)}; '
            f'it defines {", ".join(own) or "nothing"}'
        )
    numbers = sorted(set().union(*wanted.values()))
    return '\n\n\n'.join(found[number].text for number in numbers)
