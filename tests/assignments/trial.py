"""Grade one notebook of an assignment: its solution, or the solution with an edit.

`python tests/assignments/trial.py pooling pytorch` shows what the solution earns,
and how long that took.
"""

import sys
import tempfile
import time
from pathlib import Path

import nbformat
import nbformat.v4 as nbf
import yaml

ROOT = Path(__file__).resolve().parents[2]
WRONG = Path(__file__).parent / 'wrong'
sys.path[:0] = [str(ROOT / 'book'), str(ROOT)]

from tabbook.grading import grade, isolation  # noqa: E402
from tabbook.grading.submissions import Submission  # noqa: E402
from tabbook.source import Library  # noqa: E402
from tabbook.split import split  # noqa: E402


def section(name):
    """The assignment `name` of the book."""
    return Library(ROOT / 'notebooks')[f'assignments/{name}']


def solution(name, tab):
    """The sources of the solved notebook's cells."""
    library = Library(ROOT / 'notebooks')
    found = library[f'assignments/{name}']
    return [cell.source for cell in split(found, tab, library)]


def wrong(name, tab):
    """The wrong solutions of an assignment for `tab`: dicts of `wrong/<name>.yml`."""
    listed = yaml.safe_load((WRONG / f'{name}.yml').read_text('utf-8'))
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
        data = grade.data_sets(found)
        place = grade.Place(isolation.find(), grade.limits(found), 0, data)
        return grade.one(found, tab, Submission('someone', path), '', place)


def show(record, seconds):
    """Print what a record says."""
    print(f'{record.points:g} of {record.out_of:g} in {seconds:.1f} s: {record.remark}')
    for test in record.tests:
        print(f'  {test["points"]:g}/{test["out_of"]:g} {test["name"]}: '
              f'{test["message"] or "passed"}')
    for number, error in record.cells:
        print(f'  cell {number}: {error}')


def main(name, *tabs):
    for tab in tabs or section(name).tabs:
        edits = [None]
        if (WRONG / f'{name}.yml').exists():
            edits += wrong(name, tab)
        for edit in edits:
            sources = solution(name, tab)
            print(f'--- {tab}: {edit["what"] if edit else "the solution"}'
                  + (f' ({edit["points"]} expected)' if edit else ''))
            begun = time.monotonic()
            record = graded(name, tab, edited(sources, edit) if edit else sources)
            show(record, time.monotonic() - begun)


if __name__ == '__main__':
    main(*sys.argv[1:])
