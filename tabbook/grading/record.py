"""What is known of a graded submission, and how it is kept: JSON, HTML and CSV."""

import csv
import fcntl
import hashlib
import io
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

from d2l_shim.files import read_text, write_text
from tabbook.grading import foreign, pages

FIRST = ('submission', 'points', 'out_of', 'remark')  # columns of the CSV
LAST = ('report', 'seed', 'id', 'name', 'attempt', 'submitted', 'late', 'note')
PAGE = pages.template("""\
<h1>{{ title }}</h1>
<p>{{ submission }}</p>
<p class="total"><strong>{{ '%g' % total }}</strong> of {{ '%g' % out_of }} points</p>
<p>{{ remark }}</p>
{% for note in notes %}
<p>{{ note | lines }}</p>
{% endfor %}
<table>
<thead><tr><th>Test<th>Points<th>What happened</thead>
<tbody>
{% for test in tests %}
<tr class="{{ 'full' if test.points else 'none' }}"><td>{{ test.name -}}
<td class="number">{{ '%g' % test.points }} of {{ '%g' % test.out_of -}}
<td>{{ (test.message or 'Passed.') | lines }}
{% endfor %}
</tbody>
</table>
{% if cells %}
<h2>Cells that failed</h2>
<ul>{% for number, error in cells %}<li>Cell {{ number }}: {{ error }}{% endfor %}</ul>
{% endif %}
{% if (printed | lines).strip() and points < out_of %}
<h2>The last that was printed</h2>
<pre>{{ (printed | lines).strip() }}</pre>
{% endif %}
<p><small>The inputs of this grading were drawn with the seed {{ seed }}.</small></p>
""")


class RecordError(Exception):
    """A file that is in the way; the text names it and the remedy."""


@dataclass
class Record:
    """The outcome of one submission; `tests` are {name, points, out_of, message}."""

    submission: str
    key: str
    out_of: float
    seed: int
    points: float = 0
    remark: str = ''
    tests: list = field(default_factory=list)
    cells: list = field(default_factory=list)
    printed: str = ''
    starved: bool = False  # it was late while others had the processors

    def weigh(self, points):
        """Give tests the `points` of {name: points}; whether any had others.

        Whether a test was passed does not depend on what it is worth.
        """
        before = [(test['points'], test['out_of']) for test in self.tests]
        for test in self.tests:
            test['out_of'] = points[test['name']]
            test['points'] = 0 if test['message'] else test['out_of']
        self.points = sum(test['points'] for test in self.tests)
        self.out_of = sum(test['out_of'] for test in self.tests)
        return before != [(test['points'], test['out_of']) for test in self.tests]


@dataclass
class Row:
    """A row of the table: a record, whose it is, and what else decides its points.

    `by_hand` are points that were set by hand, for the reason in `note`; else each of
    the `late` days costs `penalty` percent. `submission` is '' where nothing was
    handed in.
    """

    record: Record
    id: str = ''
    name: str = ''
    attempt: str = ''
    submitted: str = ''
    late: float = 0
    penalty: float = 0
    by_hand: float | None = None
    note: str = ''

    @property
    def points(self):
        """What counts in the end."""
        if self.by_hand is not None:
            return self.by_hand
        return round(self.record.points * max(0, 1 - self.late * self.penalty / 100), 2)

    def notes(self):
        """Sentences on why it is not what the tests gave."""
        earned = f'the tests gave {self.record.points:g}'
        if self.by_hand is not None:
            yield f'Set by hand ({earned}): {foreign.line(self.note)}'
        elif self.late and self.penalty:
            yield f'{self.late:g} late days, each {self.penalty:g} % less ({earned}).'


class Records:
    """The records beside a table of grades, in the folder `<table>-reports`.

    A record is written whole before its submission counts as graded. As a context, no
    other grader writes the same table meanwhile.
    """

    def __init__(self, table, title):
        self.table, self.title = Path(table), title
        self.folder = self.table.with_name(f'{self.table.stem}-reports')
        self._check()
        self.folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self):
        self.lock = (self.folder / 'lock').open('w', encoding='utf-8')
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.lock.close()
            raise RecordError(
                f'another grader writes {self.table} now; wait until it has ended, or '
                'name another with --out'
            ) from None
        return self

    def __exit__(self, *error):
        self.lock.close()

    def _check(self):
        """Refuse a table that another program, or another assignment, wrote."""
        mark = self.folder / 'assignment.txt'
        if self.table.exists() and not mark.exists():
            raise RecordError(
                f'{self.table} is there and is no table of this command; name '
                'another with --out'
            )
        if mark.exists() and read_text(mark) != self.title:
            raise RecordError(
                f'{self.table} has grades of {read_text(mark)!r}, not of '
                f'{self.title!r}; name another with --out'
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        write_text(mark, self.title)

    def load(self, name, key):
        """The record of a submission that was graded with the same `key`, or None."""
        try:
            record = Record(**json.loads(read_text(self._path(name, '.json'))))
        except (OSError, ValueError, TypeError):
            return None
        return record if (record.submission, record.key) == (name, key) else None

    def save(self, record):
        """Keep a record: its page first, then what says that it is done."""
        write_text(self._path(record.submission, '.html'), page(record, self.title))
        data = json.dumps(asdict(record), indent=1)
        write_text(self._path(record.submission, '.json'), data)

    def note(self, name, what):
        """Keep `what`, as JSON, in the file `name` beside the records."""
        write_text(self.folder / f'{name}.kept', json.dumps(what, indent=1))

    def noted(self, name):
        """What was kept last in the file `name`; None if nothing was."""
        try:
            return json.loads(read_text(self.folder / f'{name}.kept'))
        except FileNotFoundError:
            return None
        except ValueError:
            raise RecordError(
                f'{self.folder / name}.kept cannot be read; remove it, and say again '
                'what it held'
            ) from None

    def _path(self, name, suffix):
        plain = re.sub(r'[^\w-]+', '-', name, flags=re.ASCII).strip('-')[:60]
        unique = hashlib.sha256(name.encode()).hexdigest()[:16]
        return self.folder / f'{plain}-{unique}{suffix}'

    def finish(self, records):
        """Write the table of all `records`, sorted by name."""
        self.write([Row(record) for record in records])

    def write(self, rows):
        """Write the table of all `rows`, sorted; those without a submission last."""
        rows = sorted(rows, key=lambda r: (not r.record.submission, *_order(r)))
        tests = [test['name'] for test in rows[0].record.tests] if rows else []
        text = io.StringIO()
        table = csv.writer(text, lineterminator='\n')
        table.writerow([*FIRST, *tests, *LAST])
        for row in rows:
            self._show(row)
            table.writerow(self._cells(row))
        # the mark at its begin tells Excel that it is UTF-8
        write_text(self.table, f'\ufeff{text.getvalue()}')

    def _cells(self, row):
        record, name = row.record, row.record.submission
        report = f'{self.folder.name}/{self._path(name, ".html").name}' if name else ''
        return [
            foreign.cell(name),
            f'{row.points:g}',
            f'{record.out_of:g}',
            ' '.join([foreign.cell(record.remark), *row.notes()]),
            *(f'{test["points"]:g}' for test in record.tests),
            report,
            record.seed if name else '',
            row.id,
            foreign.cell(row.name),
            row.attempt,
            row.submitted,
            f'{row.late:g}' if row.late else '',
            row.note,
        ]

    def _show(self, row):
        """Write the page of a row where it says something else."""
        name = row.record.submission
        path, text = self._path(name, '.html'), page(row.record, self.title, row)
        if name and not (path.exists() and read_text(path) == text):
            write_text(path, text)


def _order(row):
    return row.record.submission, row.id


def summary(rows):
    """What a class has reached, on one line."""
    if not rows:
        return 'nobody graded'
    mean = sum(row.points for row in rows) / len(rows)
    out_of = rows[0].record.out_of
    return f'{len(rows)} graded, {mean:.1f} of {out_of:g} points on average'


def page(record, title, row=None):
    """The HTML report of a record, with what else its `row` says."""
    row = row or Row(record)
    shown = {'total': row.points, 'notes': [*row.notes()]}
    return PAGE.render(asdict(record), title=title, **shown)
