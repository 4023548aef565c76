"""From what a class handed in to its table: on one machine, in parts, or from parts."""

import hashlib
import json
from contextlib import ExitStack
from csv import writer
from io import StringIO
from pathlib import Path

from d2l_shim.files import write_text
from tabbook.grading import (
    files,
    grader,
    outcome,
    overrides,
    record,
    roster,
    submissions,
)
from tabbook.grading.foreign import cell
from tabbook.grading.outcome import Wishes
from tabbook.grading.overrides import Overrides
from tabbook.grading.record import RecordError, Records
from tabbook.grading.submissions import HandedIn, Submission

LISTING = 'listing'  # the file beside the records that names all that was handed in


class Course:
    """An assignment in one framework, and the table that a class gets for it.

    `asked` has the options of the command.
    """

    def __init__(self, section, tab, asked):
        self.section, self.tab, self.asked = section, tab, asked
        self.title = grader.title(section, tab)

    def grade(self, place, begin):
        """Grade what has no record yet, write the table, return lines on it.

        `begin()` comes before the first submission that has to run.
        """
        asked, shard = self.asked, self.asked.shard
        found = submissions.collect(asked.submissions)
        with Records(asked.out, self.title) as records:
            wishes = self._wishes(found, records)
            keys = {
                s.name: grader.key(self.section, self.tab, s, place)
                for s in found.submissions
            }
            mine = [s for s in found.submissions if shard.has(s)]
            done = grader.graded(
                self.section, self.tab, mine, keys, records, place, asked.jobs,
                asked.seed, begin,
            )  # fmt: skip
            if shard.count > 1:
                return self._part(records, done, found, keys)
            return self._whole(records, done, found, keys, wishes)

    def merge(self):
        """Write the table from those of parts, return lines on it."""
        with ExitStack() as stack:
            parts = [
                stack.enter_context(self._opened(p)) for p in self.asked.submissions
            ]
            listing = _common([(part, part.noted(LISTING)) for part in parts])
            if listing['tests'] != self._tests():
                raise RecordError(
                    f'the tests of {self.title} have changed since {parts[0].table} '
                    'was graded; grade the parts again'
                )
            found = HandedIn(
                [Submission(n, Path(), (), file) for n, file in listing['submissions']],
                [tuple(one) for one in listing['left']],
            )
            done = self._gathered(found, listing['keys'], parts)
            records = stack.enter_context(Records(self.asked.out, self.title))
            wishes = self._wishes(found, records)
            for one in done:
                records.save(one)
            return self._whole(records, done, found, listing['keys'], wishes)

    def _opened(self, table):
        if not table.exists():
            raise RecordError(
                f'there is no table {table}: its part is not graded, or was stopped; '
                'grade it (again)'
            )
        return Records(table, self.title)

    def _gathered(self, found, keys, parts):
        """The Records of all that was `found`, each from the first part that has it."""
        each = [grader.known(self.section, found.submissions, keys, p) for p in parts]
        done = {
            s.name: next((known[s.name] for known in each if known[s.name]), None)
            for s in found.submissions
        }
        missing = [name for name, one in done.items() if one is None]
        if missing:
            raise RecordError(
                f'these parts have no grades of {_few(missing)}; grade the other '
                'parts, and name them, too'
            )
        return list(done.values())

    def _wishes(self, found, records):
        """What the options say of students; read first, as grading takes hours."""
        asked = self.asked
        names = {submission.name for submission in found.submissions}
        wishes = Wishes(attempt=asked.attempt, penalty=asked.penalty or 0)
        if asked.roster:
            wishes.roster = roster.read(asked.roster)
        if asked.submitted:
            wishes.times = outcome.times(asked.submitted, names)
        wishes.overrides = Overrides(records.noted(overrides.KEPT) or ())
        if asked.override:
            ids = {student.id for student in wishes.roster.students}
            wishes.overrides.read(asked.override, names, ids)
        if asked.shard.count == 1:
            wishes.overrides.check(wishes.roster, names)
            if asked.override:
                records.note(overrides.KEPT, wishes.overrides.kept())
        return wishes

    def _tests(self):
        tests = [[test.name, test.source] for test in self.section.hidden]
        return hashlib.sha256(json.dumps(tests).encode()).hexdigest()

    def _note(self, records, found, keys):
        """Keep what a merge needs to know."""
        each = [[s.name, s.file] for s in found.submissions]
        listing = {'tests': self._tests(), 'submissions': each, 'keys': keys}
        records.note(LISTING, listing | {'left': found.left})

    def _part(self, records, done, found, keys):
        self._note(records, found, keys)
        records.finish(done)
        count, shard = len(found.submissions), self.asked.shard
        return [f'part {shard}: {len(done)} of {count} submissions graded']

    def _whole(self, records, done, found, keys, wishes):
        told = outcome.outcome(done, found, wishes, self.section.hidden)
        self._note(records, found, keys)
        _write_files(records.folder / 'files.csv', told.files)
        records.write(told.rows)
        handed = [row for row in told.rows if row.record.submission]
        return [record.summary(handed), *_lines(told, found, records)]


def _common(listings):
    """The one listing that all parts have."""
    (first, listing), *others = listings
    for part, own in listings:
        if own is None:
            raise RecordError(f'{part.table} is of an older grading; grade it again')
    for part, own in others:
        if own['keys'] != listing['keys']:
            raise RecordError(
                f'{first.table} and {part.table} differ in the submissions, tests, '
                'limits, data or code that they were graded with; grade both again'
            )
    return listing


def _write_files(path, files):
    """Write what became of each file."""
    text = StringIO()
    rows = writer(text, lineterminator='\n')
    rows.writerow(['file', 'what', 'why'])
    rows.writerows([cell(file), what, cell(why)] for file, what, why in files)
    write_text(path, f'\ufeff{text.getvalue()}')


def _lines(told, found, records):
    """Lines on what a teacher should look at."""
    left = [f'{file}: {why}' for file, why in found.left if why != files.ASIDE]
    listed = f'all files are in {records.folder.name}/files.csv'
    if left:
        yield f'{_count(left, "file")} not graded ({listed}): {_few(left, "; ")}'
    if told.missing:
        ids = [f'{s.id} {s.name}'.strip() for s in told.missing]
        yield f'{_count(ids, "student")} without anything to grade: {_few(ids)}'
    if told.unknown:
        each = [f'{name}: {why}' for name, why in told.unknown]
        yield f'{_count(each, "submission")} without a student: {_few(each, "; ")}'
    if told.several:
        ids = [student.id for student in told.several]
        yield f'{_count(ids, "student")} with several rows (see --attempt): {_few(ids)}'


def _count(found, what):
    return f'{len(found)} {what}{"s" * (len(found) != 1)}'


def _few(texts, between=', '):
    shown = between.join(texts[:5])
    return shown if len(texts) <= 5 else f'{shown} and {len(texts) - 5} more'
