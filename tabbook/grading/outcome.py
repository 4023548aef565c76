"""From records to rows: whose they are, which attempt counts, what is late or set."""

import re
from dataclasses import dataclass, field

from tabbook.grading import sheets
from tabbook.grading.overrides import Overrides
from tabbook.grading.record import Record, Row
from tabbook.grading.roster import Roster, Student
from tabbook.grading.sheets import SheetError

TIMES = {
    'submission': ('file',),
    'submitted': ('time',),
    'late': ('late days', 'days late'),
}
NOTHING = 'Nothing was handed in.'


@dataclass
class Wishes:
    """What a teacher said beside the notebooks; `times` are {submission: row}."""

    roster: Roster = field(default_factory=Roster)
    times: dict = field(default_factory=dict)
    overrides: Overrides = field(default_factory=Overrides)
    attempt: str | None = None  # 'best' or 'last', or all of them
    penalty: float = 0  # percent of the points, a late day


@dataclass
class Outcome:
    """The `rows` of a table, and what became of each file: [(file, what, why)]."""

    rows: list
    files: list
    unknown: list  # [(submission, why nobody owns it)]
    several: list  # students with several attempts that all are rows
    missing: list  # students


def times(path, names):
    """{submission: {submitted, late}} of a table; SheetError for an unknown one."""
    found = {}
    for line, row in sheets.rows(path, TIMES, ['submission']):
        if row['submission'] not in names:
            raise SheetError(
                f'{path}, line {line}: there is no submission {row["submission"]!r}; '
                'write it as in the table of grades'
            )
        where, late = f"{path}, line {line}, 'late'", row['late'] or None
        late = late and sheets.number(late, where)
        sheets.instant(path, line, row['submitted'])
        found[row['submission']] = {'submitted': row['submitted'], 'late': late}
    return found


def outcome(records, found, wishes, tests):
    """The Outcome for a class: the `records` of what was `found`, and the `tests`."""
    named = {record.submission: record for record in records}
    owners = {s.name: wishes.roster.owner(s.file, s.name) for s in found.submissions}
    rows, of = {}, {}
    for submission in sorted(found.submissions, key=lambda s: _natural(s.file)):
        owner = owners[submission.name]
        row = _row(named[submission.name], owner, wishes)
        rows[submission.name] = row
        if isinstance(owner, Student):
            of.setdefault(owner, []).append(row)
    counted = {id(row) for row in rows.values()}
    for attempts in of.values():
        counted -= {id(row) for row in _others(attempts, wishes.attempt)}
    missing = [s for s in wishes.roster.students if s not in of]
    unknown = [(n, o) for n, o in owners.items() if isinstance(o, str)]
    return Outcome(
        [r for r in rows.values() if id(r) in counted]
        + [_missing(s, found.left, wishes, tests) for s in missing],
        [*_files(found, rows, counted)],
        unknown if wishes.roster.students else [],
        [s for s, a in of.items() if len(a) > 1 and not wishes.attempt],
        missing,
    )


def _row(record, owner, wishes):
    row = Row(record, penalty=wishes.penalty)
    if isinstance(owner, Student):
        row.id, row.name = owner.id, owner.name
        row.submitted, row.late = owner.submitted, owner.late
    for name, value in wishes.times.get(record.submission, {}).items():
        if value not in (None, ''):  # 0 days, too, take the roster's place
            setattr(row, name, value)
    row.by_hand, row.note = wishes.overrides.of(record.submission, row.id)
    return row


def _others(attempts, wanted):
    """Number the attempts of a student; those that do not count."""
    # they are in the order of their names, which stays where no time is known
    attempts.sort(key=lambda row: sheets.instant('', 0, row.submitted))
    for number, row in enumerate(attempts, 1):
        row.attempt = str(number)
    if not wanted:
        return []
    last = len(attempts) - 1
    at = last if wanted == 'last' else max(
        range(len(attempts)), key=lambda number: (attempts[number].points, number)
    )  # fmt: skip
    return [row for number, row in enumerate(attempts) if number != at]


def _missing(student, left, wishes, tests):
    """The row of a student of whom nothing was graded."""
    own = [
        f'{file} ({why.rstrip(".")})'
        for file, why in left
        if wishes.roster.owner(file) is student
    ]
    remark = (
        f'Nothing to grade was handed in: {", ".join(own[:3])}.' if own else NOTHING
    )
    each = [
        {'name': t.name, 'points': 0, 'out_of': t.points, 'message': remark}
        for t in tests
    ]
    record = Record('', '', sum(t.points for t in tests), 0, remark=remark, tests=each)
    return _row(record, student, wishes)


def _files(found, rows, counted):
    """(file, what became of it, why) of every file that was handed in."""
    for submission in found.submissions:
        row = rows[submission.name]
        if id(row) in counted:
            yield submission.file, 'graded', f'as {submission.name}'
        else:
            why = f'{row.points:g} points, and another attempt of {row.id} counts'
            yield submission.file, 'another attempt', why
    for file, why in found.left:
        yield file, 'left', why


def _natural(text):
    """By which names are sorted as people do: 2 before 10, a before a-1."""
    plain = re.sub(r'\.\w+$', '', text)
    return [
        (int(p), '') if p.isdecimal() else (-1, p) for p in re.split(r'(\d+)', plain)
    ]
