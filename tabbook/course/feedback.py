"""Pack what students get back: a page each, named so that a course system knows whose.

Moodle reads whose a file is from the name of its folder, which it gives out itself with
the submissions: a name, the participant's number, and what the folder holds. Canvas
reads two numbers from the name of the file.
"""

import io
import re
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from d2l_shim.files import read_text, write_whole
from tabbook.course import people, written
from tabbook.grading.roster import CANVAS, MOODLE
from tabbook.grading.sheets import SheetError

DATE, UNIX = (1980, 1, 1, 0, 0, 0), 3  # of all that is in the zip


def pack(grades, path, sheet=None, by=None):
    """Write the zip to `path`; [Row whose student no course system would know].

    With a Sheet, Moodle's grading worksheet, participants are looked up there.
    """
    found, nobodys = _listed(grades, sheet, by)
    files = {}
    for row in grades.rows:
        folder, name = found.get(row.name) or _plain(grades, row)
        folder, name = _free(files, folder, name)
        files[f'{folder}{name}.html'] = _report(row)
        if row.name in grades.written:
            files[f'{folder}{name}-written.html'] = written.page(grades, row)
    packed = io.BytesIO()
    with ZipFile(packed, 'w') as zipped:
        for name, text in files.items():
            info = ZipInfo(name, DATE)
            info.create_system, info.external_attr = UNIX, 0o644 << 16
            zipped.writestr(info, text.encode('utf-8', 'replace'), ZIP_DEFLATED)
    write_whole(path, packed.getvalue())
    return nobodys


def _listed(grades, sheet, by):
    """({submission: (folder, name)} of whom a course system knows, [other Row])."""
    found, nobodys = {}, []
    if sheet:
        numbers, nobodys = people.match(grades.rows, sheet, by)
        place = sheet.column('Identifier')
        for number, row in numbers.items():
            participant = re.sub(r'\D', '', sheet.rows[number][place])
            found[row.name] = _moodle(row.name, participant), grades.name
        return found, nobodys
    for row in grades.rows:
        if form := MOODLE.match(row.name):
            found[row.name] = _moodle(form[1], form[2]), grades.name
        elif form := CANVAS.match(row.name):
            name = f'{_clean(form[1])}_{form[2]}_{form[3]}_{grades.name}'
            found[row.name] = '', name
        else:
            nobodys.append(row)
    return found, nobodys


def _moodle(name, participant):
    return f'{_clean(name)}_{participant}_assignsubmission_file_/'


def _plain(grades, row):
    return f'{_clean(row.name)}/', grades.name


def _free(files, folder, name):
    """A place in the zip that no file has, for two names may look the same."""
    number, place = 1, (folder, name)
    while f'{place[0]}{place[1]}.html' in files:
        number += 1
        place = folder, f'{name}-{number}'
    return place


def _clean(name):
    """A name in letters, digits and spaces; Moodle divides at underscores."""
    return re.sub(r'[\W_]+', ' ', name).strip()[:60] or 'student'


def _report(row):
    try:
        return read_text(row.page)
    except FileNotFoundError:
        raise SheetError(
            f'the report of {row.name!r} is missing ({row.page}); grade again'
        ) from None
