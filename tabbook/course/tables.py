"""Read a table as a course system or a spreadsheet wrote it, and write one."""

import csv
import io
import re
from dataclasses import dataclass, replace
from pathlib import Path

from d2l_shim.files import write_text
from tabbook.grading import foreign
from tabbook.grading.sheets import SheetError, cells

MARK = '\ufeff'  # at the begin of a file, tells Excel that it is UTF-8
# What begins like a formula and is none: a number, or the sign for no grade.
NUMBER = re.compile(r'[+-]?[\d.,]*\s?%?')


@dataclass(frozen=True)
class Sheet:
    """A table: its first line, its rows of equal length, and how the file is made."""

    path: Path
    header: list
    rows: list
    mark: str = MARK
    divider: str = ','
    places: list | tuple = ()  # the lines of the file on which `rows` end

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
        """Write the table to `path`, in the form it came in, without formulas."""
        text = io.StringIO()
        table = csv.writer(text, delimiter=self.divider, lineterminator='\n')
        table.writerows(map(_safe, row) for row in [self.header, *self.rows])
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
    done = cell[:1] == "'" and foreign.cell(cell[1:]) == cell
    return cell if done or NUMBER.fullmatch(cell) else foreign.cell(cell)
