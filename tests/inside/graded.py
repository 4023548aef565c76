"""The solution of an assignment, run and graded in a framework's own process."""

import contextlib
import io
import os
import tempfile

from tabbook.grading import bundles, otter
from tabbook.text.parse import Library
from tabbook.text.split import split


def solution(side, assignment):
    """Return {test: '' or its hint} of the solution of `assignment`."""
    library, names = Library(side.notebooks), {'__name__': '__main__'}
    with in_an_empty_folder(), contextlib.redirect_stdout(io.StringIO()):
        for cell in split(library[assignment], side.tab, library):
            exec(cell.source, names)
    return {t.name: hint(side.tab, names, t) for t in library[assignment].hidden}


def hint(tab, names, test):
    try:
        otter.examine(names, tab, test.name, test.source, bundles.helpers())
    except AssertionError as error:
        return str(error)
    return ''


@contextlib.contextmanager
def in_an_empty_folder():
    with tempfile.TemporaryDirectory() as folder:
        before = os.getcwd()
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)
