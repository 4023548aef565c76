"""Read what `tabbook grade` wrote: its table, and the records beside it."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

from d2l_shim.files import read_text
from tabbook.course import tables
from tabbook.grading import sheets
from tabbook.grading.foreign import line
from tabbook.grading.record import FIRST
from tabbook.grading.sheets import SheetError


@dataclass(frozen=True)
class Test:
    """What points are given for, and how many."""

    name: str
    out_of: float


@dataclass(frozen=True)
class Row:
    """One submission: `points` is its total, `earned` and `said` are {test: ...}.

    `id` is that of a roster, if there was one; `page` is the report.
    """

    name: str
    id: str
    points: float
    remark: str
    earned: dict
    said: dict
    page: Path


@dataclass(frozen=True)
class ByHand:
    """Points that were set by hand for one who handed nothing in; `name` is ''."""

    id: str
    points: float
    name: str = ''


@dataclass(frozen=True)
class Grades:
    """The table of an assignment; `missing` people handed nothing in.

    Some of these have points all the same, `by_hand`.
    """

    title: str
    path: Path
    tests: list
    rows: list
    missing: int = 0
    by_hand: tuple = ()
    written: dict = field(default_factory=dict)  # {submission: what a hand said}

    @property
    def name(self):
        """The assignment's name without the framework."""
        return self.title.partition(' ')[0]

    @property
    def out_of(self):
        return sum(test.out_of for test in self.tests)

    def joined(self, tests, earned, written):
        """These grades with more `tests`; `earned` is {submission: {test: points}}."""
        rows = [
            replace(
                row,
                points=row.points + sum(earned[row.name].values()),
                earned=row.earned | earned[row.name],
            )
            for row in self.rows
        ]
        return replace(self, tests=[*self.tests, *tests], rows=rows, written=written)


def load(path):
    """The Grades in the table at `path`."""
    path = Path(path)
    folder = path.with_name(f'{path.stem}-reports')
    mark = folder / 'assignment.txt'
    if not (path.is_file() and mark.is_file()):
        raise SheetError(
            f'{path} is no table of grades with its folder {folder.name} beside it; '
            'make one with `tabbook grade`'
        )
    sheet = tables.read(path)
    for name in (*FIRST, 'report'):
        sheet.column(name)
    names = sheet.header[len(FIRST) : sheet.column('report')]
    cells = [dict(zip(sheet.header, row, strict=True)) for row in sheet.rows]
    handed_in = [(n, cell) for n, cell in enumerate(cells) if cell['report']]
    found = [_row(cell, names, folder, sheet.line(n)) for n, cell in handed_in]
    if not found:
        raise SheetError(f'{path} has no submission; grade some first')
    rows, worth = [row for row, _ in found], found[0][1]
    tests = [Test(name, worth.get(name, 0)) for name in names]
    by_hand = tuple(
        ByHand(cell['id'], sheets.number(cell['points'], sheet.line(n)))
        for n, cell in enumerate(cells)
        if not cell['report'] and cell.get('note')
    )
    return Grades(read_text(mark), path, tests, rows, len(cells) - len(rows), by_hand)


def _row(cell, names, folder, where):
    """(Row, {test: what it is worth}) of the cells of one line."""
    page = folder / Path(cell['report']).name
    try:
        record = json.loads(read_text(page.with_suffix('.json')))
        tests = {test['name']: test for test in record['tests']}
        name = record['submission']
    except (OSError, ValueError, KeyError, TypeError):
        raise SheetError(
            f'{where}: its record in {folder} is missing or broken; grade again'
        ) from None
    said = {name: line(test['message']) for name, test in tests.items()}
    worth = {name: test['out_of'] for name, test in tests.items()}
    earned = {name: sheets.number(cell[name], where) for name in names}
    points = sheets.number(cell['points'], where)
    remark = line(record['remark'])
    return Row(name, cell.get('id', ''), points, remark, earned, said, page), worth
