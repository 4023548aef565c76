"""Put points into the table that a course system exported, in the form it takes back.

Canvas takes its gradebook: the columns up to `Section` and one for each assignment,
with what it is worth in the row `Points Possible`. Moodle takes the grading worksheet
of an assignment, or the gradebook as a table.
"""

import re
from dataclasses import replace

from tabbook.course import people
from tabbook.grading import pages, sheets
from tabbook.grading.sheets import SheetError

POSSIBLE = 'Points Possible'
# Columns of Moodle's worksheet.
GRADE, MOST, COMMENTS = 'Grade', 'Maximum Grade', 'Feedback comments'


def fill(grades, sheet, column=None, by=None, out_of=None):
    """(Sheet with the points of all whom it lists, [Row that it does not list]).

    `column` is where they go, `by` what tells who is who. With `out_of` they are
    scaled to so many.
    """
    found, nobodys = people.match([*grades.rows, *grades.by_hand], sheet, by)
    if is_canvas(sheet):
        made, place = _canvas(sheet, grades, column, out_of or grades.out_of)
    else:
        made, place = _other(sheet, grades, column)
    _check_most(made, out_of or grades.out_of)
    scale = out_of / grades.out_of if out_of else 1
    for number, row in found.items():
        made.rows[number][place] = pages.shown(row.points * scale)
    return _with_possible(made, place, out_of or grades.out_of), nobodys


def is_canvas(sheet):
    """Whether a Sheet is a gradebook that Canvas exported."""
    return sheet.header[:2] == ['Student', 'ID'] and 'Section' in sheet.header


def _canvas(sheet, grades, column, out_of):
    """Those columns alone that say who it is: what else it exported may be old."""
    own = re.compile(rf'{re.escape(grades.name)}( \(\d+\))?', re.IGNORECASE)
    known = next((name for name in sheet.header if own.fullmatch(name)), grades.name)
    keep = sheet.header.index('Section') + 1
    header = [*sheet.header[:keep], column or known]
    rows = [[*row[:keep], ''] for row in sheet.rows]
    return sheet.having(header, rows), keep


def _with_possible(sheet, place, out_of):
    """The Sheet, of Canvas, with a row that says what the assignment is worth."""
    if not is_canvas(sheet):
        return sheet
    rows = sheet.rows
    if not any(POSSIBLE in row[0] for row in rows):
        rows.insert(0, [f'    {POSSIBLE}', *[''] * (len(sheet.header) - 1)])
    for row in rows:
        if POSSIBLE in row[0]:
            row[place] = pages.shown(out_of)
    return sheet.having(sheet.header, rows)


def _other(sheet, grades, column):
    """Moodle's worksheet, or a table with a column more."""
    worksheet = 'Identifier' in sheet.header and GRADE in sheet.header
    column = column or (GRADE if worksheet else grades.name)
    # Of any other column nobody can tell whose words it holds: what students write of
    # themselves, such as a name or a department, is exported like a teacher's notes.
    sheet = replace(sheet, own=(COMMENTS,) if worksheet else ())
    rows = [list(row) for row in sheet.rows]
    if column in sheet.header:
        return sheet.having(sheet.header, rows), sheet.header.index(column)
    wider = [[*row, ''] for row in rows]
    return sheet.having([*sheet.header, column], wider), len(sheet.header)


def _check_most(sheet, out_of):
    """Refuse a worksheet of an assignment that is worth something else there."""
    if MOST not in sheet.header:
        return
    place = sheet.header.index(MOST)
    for number, row in enumerate(sheet.rows):
        if (
            row[place].strip()
            and sheets.number(row[place], sheet.line(number)) != out_of
        ):
            raise SheetError(
                f'{sheet.line(number)}: the assignment is worth {row[place]} points '
                f'there and {out_of:g} here; change it in Moodle, or scale with '
                f'--out-of {row[place]}'
            )
