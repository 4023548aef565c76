"""Written answers: a rubric as a table, filled in by hand, merged into the totals."""

import re
from dataclasses import dataclass

from tabbook.course import tables
from tabbook.course.grades import Test
from tabbook.grading import pages, sheets
from tabbook.grading.foreign import cell, line, lines
from tabbook.grading.sheets import SheetError

WHO, SAID = 'submission', 'comment'
CRITERION = re.compile(r'(\S.*) \((\d+(?:[.,]\d+)?)\)')  # as the header has it
LONGEST = 5000  # characters of a comment
PAGE = pages.template("""\
<h1>{{ title }}: written answers</h1>
<p class="total"><strong>{{ points | number }}</strong> of {{ out_of | number }} points
with these answers</p>
<table>
<thead><tr><th>Criterion</th><th class="number">Points</th></tr></thead>
<tbody>
{% for test in criteria %}
<tr><td>{{ test.name | line }}</td>
<td class="number">{{ earned[test.name] | number }} of {{ test.out_of | number }}</td>
</tr>
{% endfor %}
</tbody>
</table>
{% if comment %}
<h2>Comment</h2>
<p style="white-space: pre-line">{{ comment | lines }}</p>
{% endif %}
""")


@dataclass(frozen=True)
class Written:
    """What a hand gave one submission: {criterion: points} and a comment."""

    earned: dict
    comment: str


def criterion(text):
    """The Test that 'Explanation=3' names; SheetError for what is none."""
    name, _, worth = text.rpartition('=')
    where = f'--criterion {text}'
    if not name.strip() or name.strip() in (WHO, SAID):
        raise SheetError(f'{where}: write a name and its points, as Explanation=3')
    return Test(name.strip(), sheets.number(worth, where, 1000))


def blank(grades, criteria, path, names):
    """Write the table to fill in to `path`; what is filled in there already stays.

    `names` is {submission: what stands for it}.
    """
    _differ([c.name for c in criteria], path)
    header = [WHO, *(f'{c.name} ({c.out_of:g})' for c in criteria), SAID]
    before = {}
    if path.exists():
        old = tables.read(path)
        if missing := [name for name in old.header if name not in header]:
            raise SheetError(
                f'{path} has the column {missing[0]!r}, which is not asked for; '
                'name its criterion, too, or another file'
            )
        who = old.column(WHO)
        before = {
            r[who].strip(): dict(zip(old.header, r, strict=True)) for r in old.rows
        }
    rows = []
    for row in sorted(grades.rows, key=lambda row: names[row.name]):
        shown = cell(names[row.name])  # an id, in whose order no name can be read
        kept = before.pop(shown.strip(), {})
        rows.append([shown, *(kept.get(name, '') for name in header[1:])])
    for shown, kept in before.items():  # who is not in the table any more
        rows.append([shown, *(kept.get(name, '') for name in header[1:])])
    tables.Sheet(path, header, rows, own=tuple(header[1:])).save(path)


def merged(grades, path, names):
    """The Grades with the points of the table at `path`, which must be complete."""
    sheet = tables.read(path)
    who, criteria = sheet.column(WHO), _criteria(sheet)
    known = {_written_as(names[row.name]): row.name for row in grades.rows}
    names_of = [test.name for test in [*grades.tests, *criteria.values()]]
    _differ(names_of, path)
    found, last = {}, sheet.header.index(SAID) if SAID in sheet.header else None
    for number, row in enumerate(sheet.rows):
        if (name := known.get(row[who].strip())) is None:
            if any(row[column].strip() for column in criteria):
                raise SheetError(
                    f'{sheet.line(number)}: {line(row[who], 60)!r} is no submission of '
                    f'{grades.path}; mend the name, or remove the row'
                )
            continue
        if name in found:
            raise SheetError(f'{sheet.line(number)}: a second row of {name!r}')
        found[name] = _written(sheet, number, criteria, last)
    if missing := [row.name for row in grades.rows if row.name not in found]:
        raise SheetError(
            f'{path} has no row of {missing[0]!r} ({len(missing)} missing); give the '
            'command that made it once more, which adds them'
        )
    earned = {name: written.earned for name, written in found.items()}
    return grades.joined([*criteria.values()], earned, found)


def page(grades, row):
    """The page on one student's written answers."""
    written = grades.written[row.name]
    criteria = [test for test in grades.tests if test.name in written.earned]
    return PAGE.render(
        title=grades.title,
        points=row.points,
        out_of=grades.out_of,
        criteria=criteria,
        earned=written.earned,
        comment=written.comment,
    )


def _written_as(name):
    """How a name stands in a table."""
    return cell(name).strip()


def _criteria(sheet):
    """{column: Test} of a rubric's criteria."""
    found = {}
    for column, name in enumerate(sheet.header):
        if form := CRITERION.fullmatch(name):
            worth = sheets.number(form[2], f'{sheet.path}, {name!r}')
            found[column] = Test(form[1], worth)
    _differ([test.name for test in found.values()], sheet.path)
    if not found:
        raise SheetError(
            f'{sheet.path} has no criterion; the first line names each with its '
            "points, as 'Explanation (3)'"
        )
    return found


def _differ(names, path):
    """SheetError for two criteria of one name, whose points would be mixed up."""
    if twice := {name for name in names if names.count(name) > 1}:
        raise SheetError(
            f'{path}: two criteria or tests are called {min(twice)!r}; give one '
            'another name'
        )


def _written(sheet, number, criteria, last):
    row, earned = sheet.rows[number], {}
    for column, test in criteria.items():
        where = f'{sheet.line(number)}, {test.name!r}'
        if not row[column].strip():
            raise SheetError(f'{where}: here are no points yet')
        earned[test.name] = sheets.number(row[column], where, test.out_of)
    comment = '' if last is None else lines(row[last])[:LONGEST]
    return Written(earned, comment)
