"""Killed or on a full disk, at moments that are drawn: what is shown is whole."""

import pytest

from d2l_shim.framework import FRAMEWORKS
from tabbook.notebooks.build import write_notebooks
from tests.helpers import moments


@pytest.fixture
def edited(book, monkeypatch):
    """A book that was built, notebooks and all, and has another text since then."""
    monkeypatch.setenv('D2L_DEVICE', 'cpu')
    book.store_all()
    book.build()
    project, tabs = book.project, list(FRAMEWORKS)
    write_notebooks(project, project.library.values(), tabs, project.notebooks)
    book.edit('notebooks/define.md', 'the other tabs', 'three tabs')
    book.edit('notebooks/use.md', '# Uses', '# Makes use of')
    book.store_all()
    return book


def of(files, folder):
    """Those of `files` that are in `folder`, by their path."""
    return {path: x for path, x in files.items() if path.startswith(f'{folder}/')}


def lasting(files):
    """`files` without what Sphinx keeps for itself, which holds times."""
    inner = ('_build/.doctrees/', '_build/jupyter_execute/')
    return {path: x for path, x in files.items() if not path.startswith(inner)}


def test_what_is_shown_is_old_or_new_and_the_next_build_is_as_if_nothing_was(edited):
    """No file is half-written, no page is of another text than the others."""
    files = moments.contents(edited.root)
    first, trials = moments.faults('tests.helpers.commands:build', edited.root, 4)
    assert first['status'] == 0
    assert {trial['kind'] for trial in trials} == {*moments.KINDS}
    for trial in trials:
        for folder in ('_build/html', '_build/notebooks'):
            old, new = of(files, folder), of(first['files'], folder)
            assert old != new
            shown = of(trial['files'], folder)
            assert shown in (old, new, {}), trial['moment']
            assert shown or trial['status'] == 'killed'  # between two renames
        assert trial['again']['status'] == 0
        assert lasting(trial['again']['files']) == lasting(first['files'])
        if trial['status'] == 0:  # nothing more was to be written
            assert lasting(trial['files']) == lasting(first['files'])
        elif trial['kind'] == 'full':
            assert trial['status'] == 1
            assert trial['said'].count('\n') == 1
            assert 'stays as it was (No space left on device: ' in trial['said']
