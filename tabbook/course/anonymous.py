"""Anonymous ids: the same for a name each time, and told apart by the teacher alone."""

import base64
import csv
import hashlib
import hmac
import io
import os
import secrets
from pathlib import Path

from d2l_shim.files import read_text, write_text
from tabbook.course import tables
from tabbook.grading import pages
from tabbook.grading.foreign import cell
from tabbook.grading.sheets import SheetError

FILE = 'TEACHER-KEY.csv'
FIRST = "TEACHER'S KEY: it tells the name behind each anonymous id. Not for students."
SECRET = 'secret'
SIZE = 10  # characters of an id, 50 bits


class Key:
    """The key in a file: a secret that ids are made with, and the names behind them."""

    def __init__(self, path, secret, known):
        self.path, self.secret, self.known = Path(path), secret, known

    def id(self, name):
        """The id of a name; without the secret nobody finds the name."""
        digest = hmac.new(self.secret, name.encode(), hashlib.sha256).digest()
        return base64.b32encode(digest).decode().lower()[:SIZE]

    def ids(self, names):
        """{name: id} of all `names`, which are kept in the file."""
        found = {name: self.id(name) for name in names}
        if len(set(found.values())) < len(found):
            raise SheetError(f'{self.path}: two names have one id; take another key')
        self.known |= {id: cell(n) for n, id in found.items() if id not in self.known}
        text = io.StringIO()
        table = csv.writer(text, lineterminator='\n')
        table.writerows([[FIRST], [SECRET, self.secret.hex()], ['id', 'submission']])
        table.writerows(sorted(self.known.items(), key=lambda pair: pair[::-1]))
        before = os.umask(0o077)  # for its maker alone, from the beginning
        try:
            write_text(self.path, f'{tables.MARK}{text.getvalue()}')
        finally:
            os.umask(before)
        return found


def key(path):
    """The Key in a file, or a new one where there is none."""
    path = Path(path)
    if not path.exists():
        return Key(path, secrets.token_bytes(32), {})
    rows = [*csv.reader(io.StringIO(read_text(path), newline=''))]
    try:
        (title, *_), (word, secret, *_), _, *known = rows
        if (title, word) != (FIRST, SECRET):
            raise ValueError
        return Key(path, bytes.fromhex(secret), {row[0]: row[1] for row in known})
    except (ValueError, IndexError):
        raise SheetError(
            f'{path} is no key of anonymous ids; name another file with --key'
        ) from None


def table(grades, ids, path):
    """Write points by id, in the order of ids, and nothing else that tells a name."""
    header = ['id', 'points', 'out_of', *(test.name for test in grades.tests)]
    rows = sorted(
        [ids[row.name], pages.shown(row.points), pages.shown(grades.out_of),
         *(pages.shown(row.earned[test.name]) for test in grades.tests)]
        for row in grades.rows
    )  # fmt: skip
    tables.Sheet(path, header, rows).save(path)
