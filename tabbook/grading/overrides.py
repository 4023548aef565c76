"""Points that were set by hand, each with a note; later runs keep them."""

from tabbook.grading import sheets
from tabbook.grading.sheets import SheetError

COLUMNS = {'submission': ('file',), 'id': (), 'points': (), 'note': ('reason',)}
KEPT = 'overrides'  # the file beside the records


class Overrides:
    """{(column, its text): (points, note)}; a column is `submission` or `id`."""

    def __init__(self, kept=()):
        self.all = {
            (column, text): (points, note) for column, text, points, note in kept
        }

    def kept(self):
        """What the constructor takes."""
        return [[*key, *value] for key, value in sorted(self.all.items())]

    def read(self, path, names, ids):
        """Add those of a table; one without points takes an earlier one back.

        Each is for one of the `names` of submissions, or of the `ids` of the roster.
        """
        for line, row in sheets.rows(path, COLUMNS, ['points', 'note']):
            column = 'id' if row['id'] else 'submission'
            if row['id'] and row['submission']:
                raise SheetError(
                    f'{path}, line {line}: here are a submission and an id; leave one '
                    'of them empty'
                )
            kept = (column, row[column]) in self.all and not row['points']
            if row[column] not in (ids if row['id'] else names) and not kept:
                missing = 'no roster (--roster) with' if row['id'] else 'no submission'
                raise SheetError(
                    f'{path}, line {line}: there is {missing} {row[column]!r}; write '
                    'it as in the table of grades'
                )
            if not row['points']:
                self.all.pop((column, row[column]), None)
                continue
            if not row['note']:
                raise SheetError(f'{path}, line {line}: a note says why; write one')
            points = sheets.number(row['points'], f"{path}, line {line}, 'points'")
            self.all[column, row[column]] = points, row['note']

    def of(self, name, id=''):
        """(points, note) of a submission or a student; (None, '') if there are none."""
        found = self.all.get(('submission', name)) or self.all.get(('id', id))
        return found or (None, '')

    def check(self, roster, names):
        """SheetError where an override that was kept could not be found again."""
        ids = {student.id for student in roster.students}
        for column, text in self.all:
            if text not in (ids if column == 'id' else names):
                where = 'roster (--roster)' if column == 'id' else 'submission'
                raise SheetError(
                    f'the points of {text!r} were set by hand, and no {where} has this '
                    f'{column} now; give the one that has, or take them back with a '
                    'row of --override without points'
                )
