"""Whose a submission is: its name, against what a course system calls its students."""

import re

from tabbook.course.sheets import CourseError
from tabbook.grading.foreign import line

# How course systems name what they hand out for grading; the number is a student's.
MOODLE = re.compile(r'([^/]*)_(\d+)_assignsubmission_')
CANVAS = re.compile(r'([^_/]+)_(?:LATE_)?(\d+)_(\d+)_')
# Columns that tell who is who, in the tables of course systems.
TELLING = {
    'id', 'sis user id', 'sis login id', 'identifier', 'id number', 'username',
    'email', 'email address', 'login', 'student id', 'matriculation number',
}  # fmt: skip


def marks(row):
    """What may tell whose a submission is, the surest first."""
    form = MOODLE.match(row.name) or CANVAS.match(row.name)
    number = [form[2]] if form else []
    return [row.id, *number, row.name, row.name.partition('/')[0]]


def telling(sheet, by=None):
    """The numbers of the columns of a Sheet that tell who is who."""
    if by:
        return [sheet.column(by)]
    found = [n for n, name in enumerate(sheet.header) if name.lower() in TELLING]
    if not found:
        there = ', '.join(line(cell, 60) for cell in sheet.header)
        raise CourseError(
            f'{sheet.path}: no column is known to tell who is who; name one with --by '
            f'({there})'
        )
    return found


def match(rows, sheet, by=None):
    """({number of a row of the Sheet: Row}, [Row that is nobody's]).

    Raises CourseError where two submissions are one student's.
    """
    columns, known = telling(sheet, by), {}
    for number, cells in enumerate(sheet.rows):
        for column in columns:
            for mark in _written(cells[column]):
                known.setdefault(mark, set()).add(number)
    found, nobodys = {}, []
    for row in rows:
        hits = (known.get(mark.casefold(), ()) for mark in marks(row) if mark)
        hit = next((hit for hit in hits if len(hit) == 1), None)
        if hit is None:
            nobodys.append(row)
            continue
        (number,) = hit
        if number in found:
            raise CourseError(
                f"{sheet.line(number)}: two submissions are this student's, "
                f'{found[number].name!r} and {row.name!r}; take one out of the folder '
                'that was graded, or keep one attempt, and grade again'
            )
        found[number] = row
    return found, nobodys


def _written(cell):
    """The ways in which a cell may stand in a submission's name."""
    cell = cell.casefold().strip()
    yield from {cell, cell.partition('@')[0]} - {''}
    if number := re.fullmatch(r'\D+ ?(\d+)', cell):  # Moodle: Participant 4711
        yield number[1]
