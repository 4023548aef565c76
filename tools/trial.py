"""Grade one notebook of an assignment: its solution, or the solution with an edit.

`python -m tools.trial pooling pytorch` shows what the solution earns,
and how long that took.
"""

import sys
import tempfile
import time
from pathlib import Path

import nbformat
import nbformat.v4 as nbf

from tabbook.grading import grader, isolation, submissions
from tabbook.grading.submissions import Submission
from tabbook.text.parse import Library
from tabbook.text.split import split
from tabbook.yaml_files import read_yaml

ROOT = Path(__file__).resolve().parents[1]
WRONG = ROOT / 'tests/assignments/wrong'
# How a hidden test says that a solution is not there yet.
OWN = ('has no value yet', 'is it written yet?', 'is still to be')


def library():
    """The sections of the book."""
    return Library(ROOT / 'notebooks')


def section(name):
    """The assignment `name` of the book."""
    return library()[f'assignments/{name}']


def solution(name, tab):
    """The sources of the solved notebook's cells."""
    return [cell.source for cell in split(section(name), tab, library())]


def listed(name):
    """Whether wrong solutions are listed; of a new assignment none may be."""
    return (WRONG / f'{name}.yml').exists()


def wrong(name, tab):
    """The wrong solutions of an assignment for `tab`: dicts of `wrong/<name>.yml`."""
    listed = read_yaml(WRONG / f'{name}.yml')
    return [one for one in listed if tab in one.get('tabs', [tab])]


def edited(sources, edit):
    """`sources` with `edit['replace']`, which must be there, become `edit['with']`."""
    old, new = edit['replace'].rstrip('\n'), edit['with'].rstrip('\n')
    assert any(old in source for source in sources), f'nothing to replace: {old}'
    return [source.replace(old, new) for source in sources]


def notebook(sources, **metadata):
    """A notebook of code cells, as text."""
    cells = [nbf.new_code_cell(source) for source in sources]
    return nbformat.writes(nbf.new_notebook(cells=cells, metadata=metadata))


def graded(name, tab, sources):
    """The Record of a notebook with these cells."""
    found = section(name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, 'someone.ipynb')
        path.write_text(notebook(sources), encoding='utf-8')
        data = grader.data_sets(found)
        place = grader.Place(isolation.find(), grader.limits(found), data)
        return grader.one(found, tab, Submission('someone', path), '', place)


def earns_all(name, tab):
    """Assert that the solution earns all points; prints how long that took."""
    begun = time.monotonic()
    record = graded(name, tab, solution(name, tab))
    took = time.monotonic() - begun
    missed = {test['name']: test['message'] for test in record.tests if test['message']}
    assert record.points == record.out_of, (record.remark, missed)
    assert not record.cells, record.cells
    print(f'\n{name}, {tab}: {took:.1f} s')


def earns_nothing(bundles, name, tab):
    """Assert that an untouched copy fails by the assignment's own messages."""
    path = bundles / tab / name / 'student' / f'{name}.ipynb'
    cells = submissions.cells(path.read_text('utf-8'), name, tab)
    record = graded(name, tab, cells)
    said = [test['message'] for test in record.tests]
    assert record.points == 0, record.tests
    assert all(any(part in message for part in OWN) for message in said), said
    crashed = [error for _, error in record.cells if 'AssertionError: ' not in error]
    assert not crashed, crashed


def show(record, seconds):
    """Print what a record says."""
    print(f'{record.points:g} of {record.out_of:g} in {seconds:.1f} s: {record.remark}')
    for test in record.tests:
        print(
            f'  {test["points"]:g}/{test["out_of"]:g} {test["name"]}: '
            f'{test["message"] or "passed"}'
        )
    for number, error in record.cells:
        print(f'  cell {number}: {error}')


def main(name, *tabs):
    for tab in tabs or section(name).tabs:
        edits = [None]
        if listed(name):
            edits += wrong(name, tab)
        for edit in edits:
            sources = solution(name, tab)
            print(
                f'--- {tab}: {edit["what"] if edit else "the solution"}'
                + (f' (should fail {edit["fails"]})' if edit else '')
            )
            begun = time.monotonic()
            record = graded(name, tab, edited(sources, edit) if edit else sources)
            show(record, time.monotonic() - begun)


if __name__ == '__main__':
    main(*sys.argv[1:])
