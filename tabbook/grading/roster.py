"""Who is in the course, and whose a submission is."""

import re
import unicodedata
from dataclasses import dataclass

from tabbook.grading import sheets
from tabbook.grading.sheets import SheetError

COLUMNS = {
    'id': ('id number', 'student id', 'sis user id'),
    'name': ('student', 'full name'),
    'email': ('email address', 'e mail'),
    'login': ('username', 'user name', 'sis login id'),
    'file': ('submission',),
    'submitted': (),
    'late': ('late days', 'days late'),
}
# What a course system puts before the name that the student gave the file or folder:
# who it is, and a number of the system's own, which is no student's id.
MOODLE = re.compile(r'([^/]+)_(\d+)_assignsubmission_', re.IGNORECASE)
CANVAS = re.compile(r'([^_/]+)(?:_late)?_(\d+)_(\d+)_', re.IGNORECASE)


@dataclass(frozen=True)
class Student:
    """A row of the roster; `marks` are the ways to write who it is, as words."""

    id: str
    name: str
    file: str
    submitted: str
    late: float
    marks: frozenset


class Roster:
    """The students of a course, in the order of their table."""

    def __init__(self, students=()):
        self.students = list(students)

    def owner(self, path, name=''):
        """The Student whose a file at `path` is, or the reason why that is not known.

        The roster may say it: by the path, or by the submission's `name`.
        """
        told = [s for s in self.students if s.file and s.file in (path, name)]
        found = told or self._found(path)
        if len(found) == 1:
            return found[0]
        if not found:
            return 'nobody on the roster has this name'
        ids = ', '.join(sorted(student.id for student in found)[:4])
        return f'it may be of several on the roster ({ids}); give one its `file` there'

    def _found(self, path):
        """The students whom a path names."""
        parts = path.split('/')
        for part in parts:
            if form := MOODLE.match(part) or CANVAS.match(part):
                return self._named([form[1]])
        return self._named(parts)

    def _named(self, texts):
        found = {}
        for number, text in enumerate(texts):
            words = _words(text)
            for begin in range(len(words)):
                for end in range(begin + 1, len(words) + 1):
                    for student in self._by_mark.get(tuple(words[begin:end]), ()):
                        found.setdefault(student, []).append((number, begin, end))
        spans = [span for places in found.values() for span in places]
        return [
            s
            for s, places in found.items()
            if not all(_inner(p, spans) for p in places)
        ]

    @property
    def _by_mark(self):
        if not hasattr(self, '_marks'):
            self._marks = {}
            for student in self.students:
                for mark in student.marks:
                    self._marks.setdefault(mark, []).append(student)
        return self._marks


def read(path):
    """The Roster of a table with the column `id`, and what it has of `COLUMNS`."""
    students, seen = [], {}
    for line, row in sheets.rows(path, COLUMNS, ['id']):
        if not row['id']:
            raise SheetError(f'{path}, line {line}: here is no id')
        if row['id'] in seen:
            raise SheetError(
                f'{path}, line {line}: the id {row["id"]!r} is that of line '
                f'{seen[row["id"]]}, too'
            )
        seen[row['id']] = line
        late = sheets.number(row['late'] or '0', f"{path}, line {line}, 'late'")
        sheets.instant(path, line, row['submitted'])
        told = row['id'], row['name'], row['file'], row['submitted']
        students.append(Student(*told, late, _marks(row)))
    return Roster(students)


def _marks(row):
    """The ways to write who somebody is, each as a tuple of words."""
    marks = {tuple(_words(row[column])) for column in ('id', 'email', 'login')}
    first = _words(row['name'])
    if ',' in row['name']:
        last, _, given = row['name'].partition(',')
        first = [*_words(given), *_words(last)]
    for words in (first, [*first[-1:], *first[:-1]]):
        marks |= {tuple(words), (''.join(words),)}
    return frozenset(mark for mark in marks if ''.join(mark))


def _words(text):
    """The words of a name, without case, accents and signs."""
    plain = unicodedata.normalize('NFKD', text.casefold())
    plain = ''.join(c for c in plain if not unicodedata.combining(c))
    return re.findall(r'[^\W_]+', plain)


def _inner(place, spans):
    """Whether a place in a path lies within a longer one, as Li in Li Wei."""
    number, begin, end = place
    return any(
        n == number and b <= begin and end <= e and (b, e) != (begin, end)
        for n, b, e in spans
    )
