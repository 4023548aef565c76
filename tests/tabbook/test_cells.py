"""Cells in a real IPython and in `check`: what runs passes, what fails is found."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from IPython.core.interactiveshell import InteractiveShell

RUNS = {
    'output of a command': ['files = !echo a', 'files'],
    'value of a magic': ['x = %pwd', 'x'],
    'command that goes on': ['!echo a \\\n   b\nx = 1', 'x'],
    'magic that goes on': ['%env A_B=a \\\n   b\nx = 1', 'x'],
    'bash': ['%%bash\nfor f in a b; do echo $f; done'],
    'output of bash': ['%%bash --out said\necho one', 'said'],
    'a file': ['%%writefile x.txt\nthis is no Python'],
    'time of a statement': ['%time x = 1', 'x'],
    'time of a cell': ['%%time\nx = !echo a', 'x'],
    'many times': ['x = 1', '%timeit -n 1 -r1 x + 1', '%%timeit -n 1 -r 1\ny = x\ny'],
    'profile': ['%prun -q x = 1', 'x'],
    'captured': ['%%capture out\nx = 1', 'out, x'],
    'captured without errors': ['%%capture --no-stderr\nx = 1', 'x'],
    'help': ['len?', 'x = 1\nx?\ny = 2', 'y'],
    'prompts': ['>>> x = 1\n>>> for i in [x]:\n...     y = i', 'y'],
    'indented': ['    x = 1\n    y = x', 'y'],
    'magic in a block': ['for i in "ab":\n    !echo {i}\n    %pwd\nelse:\n    x = i'],
    'sign of a rest in a string': ['x = """\n%d\n!no\n""" % 1', 'x'],
    'walrus in a comprehension': ['print([y := i for i in [1]], y)', 'y'],
    'everything of a module': ['from math import *', 'sin(pi)'],
    'everything of a file': ['%%writefile a.py\nx = 1', '%run a.py', 'x'],
    'history': ['1', '_, __, ___, _1, _i1, _i, _ii, In, Out, _ih, _oh, _dh'],
    'names of IPython': ['get_ipython(), display, exit, quit, __name__, __doc__'],
    'a name that is tried': ['try:\n    late\nexcept NameError:\n    late = 1', 'late'],
    'a function before its helper': ['def f():\n    return g()', 'g = len', 'f'],
    'await': ['async def f():\n    return 1', 'await f()'],
    'annotation in words': ['def f(x: "batch width"):\n    return x', 'f(1)'],
    'a form feed and a line separator': ['x = 1\n\x0cy = "\u2028"', 'x, y'],
}
FAILS = {
    'unknown name': ['x'],
    'unknown name timed': ['%time x'],
    'unknown name in a timed cell': ['%%time\n\nx'],
    'unknown name many times': ['%timeit -n1 -r1 x'],
    'bound while it is timed': ['%timeit -n1 -r1 x = 1', 'x'],
    'bound in another language': ['%%bash\nx=1', 'x'],
    'after a command that goes on': ['!echo a \\\n   b\nx = 1\n\ny'],
    'after a magic that goes on': ['%env A_B=a \\\n   b\n!echo \\\n  b\ny'],
    'deleted': ['x = 1\ndel x', 'x'],
    'name of the file': ['__file__'],
    'syntax': ['x ='],
    'syntax beside a magic': ['%pwd\nx ='],
    'half a command': ['x = 1 + !echo 1'],
    'return': ['return 1'],
}


@pytest.fixture
def error(tmp_path, monkeypatch):
    """Run cells in a fresh shell: the first error, or None."""
    monkeypatch.chdir(tmp_path)
    shell = InteractiveShell()
    shell.system = shell.system_raw  # needs no `which`, which a `book` lacks

    def run(cells):
        done = (shell.run_cell(cell, store_history=True) for cell in cells)
        found = (r.error_before_exec or r.error_in_exec for r in done)
        return next(filter(None, found), None)

    def error(cells):
        with ThreadPoolExecutor(1) as thread:  # whose event loop no other test left
            return thread.submit(run, cells).result()

    yield error
    shell.history_manager.end_session()


@pytest.mark.parametrize('cells', RUNS.values(), ids=RUNS)
def test_what_runs_passes(error, book, cell, cells):
    assert error(cells) is None
    book.write(''.join(map(cell, cells)))
    assert book.findings() == []


@pytest.mark.parametrize('cells', FAILS.values(), ids=FAILS)
def test_what_fails_is_found(error, book, cell, cells):
    assert error(cells) is not None
    book.write(''.join(map(cell, cells)))
    last = 4 + sum(c.count('\n') + 3 for c in cells) - 1
    assert [line for line, _ in book.findings()] == [last - 1]
