"""Read a table as a course system or a spreadsheet wrote it, and write one."""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path

from d2l_shim.files import write_text
from tabbook.grading import foreign
from tabbook.grading.sheets import SheetError, cells

MARK = '\ufeff'  # at the begin of a file, tells Excel that it is UTF-8
# Without one of these a formula calls nothing and reads no other file or program. So a
# cell is none that has a number, the sign for no grade, or a sentence after a sign.
CALLS = re.compile(r'[=@(|!]')


@dataclass(frozen=True)
class Sheet:
    """A table: its first line, its rows of equal length, and how the file is made."""

    path: Path
    header: list
    rows: list
    mark: str = MARK
    divider: str = ','
    places: list | tuple = ()  # the lines of the file on which `rows` end
    own: tuple = ()  # the columns that the teacher wrote

    def column(self, name):
        """The number of the column `name`; SheetError says which ones there are."""
        if name not in self.header:
            there = ', '.join(foreign.line(cell, 60) for cell in self.header)
            raise SheetError(f'{self.path} has no column {name!r}; it has {there}')
        return self.header.index(name)

    def line(self, number):
        """Where the row `number`, from 0 on, stands: for a sentence."""
        return f'{self.path}, line {self.places[number]}'

    def save(self, path):
        """Write the table to `path`, in the form it came in, without formulas.

        The teacher's `own` columns are written as they are.
        """
        text, own = io.StringIO(), [name in self.own for name in self.header]
        table = csv.writer(text, delimiter=self.divider, lineterminator='\n')
        for row in [self.header, *self.rows]:
            cells = zip(row, own, strict=True)
            table.writerow(cell if is_own else _safe(cell) for cell, is_own in cells)
        write_text(path, f'{self.mark}{text.getvalue()}')

    def having(self, header, rows):
        """A table of the same form with other content."""
        return replace(self, header=header, rows=rows)


def read(path):
    """The Sheet in a file: cells divided by commas, semicolons or tabs."""
    path = Path(path)
    divider, found = cells(path)
    found = [(place, row) for place, row in found if any(row)]
    if not found:
        raise SheetError(
            f'{path} is empty; it needs a first line with names of columns'
        )
    (_, *places), (header, *rows) = zip(*found, strict=True)
    width = max(map(len, [header, *rows]))
    header = [name.strip() for name in header]
    header, *rows = [row + [''] * (width - len(row)) for row in [header, *rows]]
    mark = MARK if path.read_bytes().startswith(MARK.encode()) else ''
    return Sheet(path, header, rows, mark, divider, places)


def _safe(cell):
    calls = CALLS.search(unicodedata.normalize('NFKC', cell))
    return foreign.cell(cell) if calls and not foreign.is_marked(cell) else cell
