"""Do what `python -m tabbook course` was asked for; each returns the exit status."""

from tabbook.course import (
    anonymous,
    feedback,
    gradebook,
    grades,
    likeness,
    overview,
    release,
    tables,
    written,
)
from tabbook.grading import submissions
from tabbook.grading.foreign import line
from tabbook.grading.grader import short
from tabbook.grading.sheets import SheetError


def run(asked, graded):
    """Do `asked.what`; `graded()` gives the one assignment and framework named."""
    if asked.what in ('similar', 'release'):
        return WHAT[asked.what](asked, *graded())
    found = grades.load(asked.table)
    if getattr(asked, 'written', None):
        found = written.merged(found, asked.written, _names(asked, found))
    return WHAT[asked.what](asked, found)


def _names(asked, found):
    """{submission: its id by --key, or itself}."""
    names = [row.name for row in found.rows]
    if asked.key:
        return anonymous.key(asked.key).ids(names)
    return dict(zip(names, names, strict=True))


def _gradebook(asked, found):
    if not asked.into:
        raise SheetError(
            'name the table that Canvas or Moodle exported with --into: it says who '
            'is who there'
        )
    sheet = tables.read(asked.into)
    if asked.out_of is not None and not asked.out_of > 0:
        raise SheetError(f'--out-of {asked.out_of:g}: name a number above 0')
    made, nobodys = gradebook.fill(found, sheet, asked.column, asked.by, asked.out_of)
    made.save(asked.out)
    count = len(found.rows) + len(found.by_hand) - len(nobodys)
    print(f'{asked.out}: the points of {count} submissions')
    return _told(nobodys, f'not in {asked.into}')


def _feedback(asked, found):
    sheet = tables.read(asked.into) if asked.into else None
    nobodys = feedback.pack(found, asked.out, sheet, asked.by)
    print(f'{asked.out}: the reports of {len(found.rows)} submissions')
    return _told(nobodys, 'whose student Moodle would not know') if sheet else 0


def _told(rows, why):
    """Print whom a result does not have; the exit status."""
    for row in rows:
        print(f'{line(row.name or row.id)}: {why}')
    return 1 if rows else 0


def _statistics(asked, found):
    overview.write(found, asked.out)
    print(f'{asked.out}: {len(found.rows)} submissions')
    return 0


def _rubric(asked, found):
    criteria = [written.criterion(text) for text in asked.criterion]
    written.blank(found, criteria, asked.out, _names(asked, found))
    print(f'{asked.out}: {len(found.rows)} rows to fill in')
    return 0


def _anonymous(asked, found):
    asked.key = asked.key or asked.table.with_name(anonymous.FILE)
    anonymous.table(found, _names(asked, found), asked.out)
    print(f'{asked.out}: {len(found.rows)} ids; the names behind them: {asked.key}')
    return 0


def _similar(asked, section, tab):
    found = submissions.find(asked.submissions)
    codes, apart = likeness.collect(found, section, tab)
    names = {submission.name: submission.name for submission in found}
    if asked.key:
        names = anonymous.key(asked.key).ids(names)
    cells = likeness.start(section, tab, asked.project)
    title, least = f'{short(section)} ({tab})', asked.least / 100
    count = likeness.write(codes, apart, cells, title, names, least, asked.out)
    print(f'{asked.out}: {len(codes)} submissions, {count} pairs that are alike')
    return 0


def _release(asked, section, tab):
    path = asked.out or release.where(asked.project, section, tab)
    path.parent.mkdir(parents=True, exist_ok=True)
    release.write(asked.project, section, tab, path)
    print(path)
    return 0


WHAT = {
    'gradebook': _gradebook,
    'feedback': _feedback,
    'statistics': _statistics,
    'rubric': _rubric,
    'anonymous': _anonymous,
    'similar': _similar,
    'release': _release,
}
