"""Whose a submission is: its name, against what a course system calls its students."""

import re

from tabbook.grading.foreign import line
from tabbook.grading.roster import CANVAS, MOODLE
from tabbook.grading.sheets import SheetError

# Columns that tell who is who, in the tables of course systems.
TELLING = {
    'id', 'sis user id', 'sis login id', 'identifier', 'id number', 'username',
    'email', 'email address', 'login', 'student id', 'matriculation number',
}  # fmt: skip


def telling(sheet, by=None):
    """([columns that tell who is who], [those of the system's own numbers]).

    A number that a system gives is no student's id, though the two may look the same.
    """
    if by:
        return [sheet.column(by)], [sheet.column(by)]
    names = [name.lower() for name in sheet.header]
    found = [n for n, name in enumerate(names) if name in TELLING]
    if not found:
        there = ', '.join(line(cell, 60) for cell in sheet.header)
        raise SheetError(
            f'{sheet.path}: no column is known to tell who is who; name one with --by '
            f'({there})'
        )
    given = 'id' if names[:2] == ['student', 'id'] else 'identifier'
    own = [n for n in found if names[n] == given]
    return [n for n in found if n not in own] or own, own


def match(rows, sheet, by=None):
    """({number of a row of the Sheet: Row}, [Row that is nobody's]).

    Raises SheetError where two submissions are one student's.
    """
    known, numbers = (_known(sheet, columns) for columns in telling(sheet, by))
    found, nobodys = {}, []
    for row in rows:
        form = MOODLE.match(row.name) or CANVAS.match(row.name)
        hits = [
            known.get(row.id.casefold().strip(), ()),
            numbers.get(form[2], ()) if form else (),
            known.get(row.name.casefold(), ()),
            known.get(row.name.casefold().partition('/')[0], ()),
        ]
        hit = next((hit for hit in hits if len(hit) == 1), None)
        if hit is None:
            nobodys.append(row)
            continue
        (number,) = hit
        if number in found:
            raise SheetError(
                f"{sheet.line(number)}: two submissions are this student's, "
                f'{found[number].name!r} and {row.name!r}; take one out of the folder '
                'that was graded, or keep one attempt, and grade again'
            )
        found[number] = row
    return found, nobodys


def _known(sheet, columns):
    """{what may stand in a submission's name: the rows that have it in `columns`}."""
    known = {}
    for number, cells in enumerate(sheet.rows):
        for column in columns:
            for mark in _written(cells[column]):
                known.setdefault(mark, set()).add(number)
    return known


def _written(cell):
    """The ways in which a cell may stand in a submission's name."""
    cell = cell.casefold().strip()
    yield from {cell, cell.partition('@')[0]} - {''}
    if number := re.fullmatch(r'\D+ ?(\d+)', cell):  # Moodle: Participant 4711
        yield number[1]
