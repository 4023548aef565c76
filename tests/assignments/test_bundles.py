"""What `make assignments` writes: a student's copy that tells nothing, and a grader."""

import ast
import hashlib
import json
import re
import zipfile
from itertools import cycle
from pathlib import Path

import pytest

from d2l_shim.framework import FRAMEWORKS
from tabbook.text import marks
from tabbook.text.cells import syntax
from tools import trial

NAMES = [name.rpartition('/')[2] for name in trial.library().assignments()]
cases = [(name, tab) for name in NAMES for tab in FRAMEWORKS]


def copy(bundles, name, tab):
    return bundles / tab / name / 'student' / f'{name}.ipynb'


def cells(path, kind='code'):
    notebook = json.loads(path.read_text('utf-8'))
    found = [c for c in notebook['cells'] if c['cell_type'] == kind]
    return [''.join(cell['source']) for cell in found]


def secrets(name, tab):
    """The lines of solutions and of hidden tests that stand nowhere else."""
    section = trial.section(name)
    hidden = [line for test in section.hidden for line in test.source.split('\n')]
    solved, open_ = [], []
    for source in trial.solution(name, tab):
        inside = False
        for line in source.split('\n'):
            mark = line.strip()
            inside = inside or mark == marks.BEGIN
            alone = marks.LINE.sub('', line) if marks.LINE.search(line) else ''
            (solved if inside or alone else open_).append(alone or line)
            inside = inside and mark != marks.END
    found = {line.strip() for line in [*solved, *hidden]}
    known = '\n'.join(open_)
    return {line for line in found if len(line) > 12 and line not in known}


@pytest.mark.parametrize(('name', 'tab'), cases)
def test_nothing_leaks(bundles, name, tab):
    folder = bundles / tab / name / 'student'
    assert [path.name for path in folder.rglob('*')] == [f'{name}.ipynb']
    text = copy(bundles, name, tab).read_text('utf-8')
    # what JSON escapes is searched for as it is written there
    told = [line for line in secrets(name, tab) if json.dumps(line)[1:-1] in text]
    assert not told, told
    assert 'SOLUTION' not in text
    for test in trial.section(name).hidden:
        for digest in (hashlib.sha256, hashlib.sha1, hashlib.md5):
            assert digest(test.source.encode()).hexdigest() not in text
    assert 'otter' not in text.lower()
    assert 'SalePrice,' not in text
    assert len(text) < 100_000, 'no data set'


@pytest.mark.parametrize(('name', 'tab'), cases)
def test_the_students_copy(bundles, name, tab):
    path = copy(bundles, name, tab)
    notebook = json.loads(path.read_text('utf-8'))
    mark = {'assignment': name, 'framework': tab}
    assert notebook['metadata']['densenet_book'] == mark
    sources = cells(path)
    for source in sources:
        syntax(source)
    public = [source for source in sources if marks.is_public_test(source)]
    assert public
    for source in public:
        kinds = {type(node) for node in ast.walk(ast.parse(source))}
        assert ast.Assert in kinds
    assert any('...' in source.split() for source in sources)
    prose = '\n'.join(cells(path, 'markdown'))
    assert not re.search(r'\{[a-z:-]+\}`|:::|```\{', prose), 'raw MyST'
    others = {f.label for t, f in FRAMEWORKS.items() if t != tab}
    shims = {FRAMEWORKS[t].shim for t in FRAMEWORKS if t != tab}
    assert not [shim for shim in shims if shim in '\n'.join(sources)], others


@pytest.mark.parametrize(
    ('name', 'tab'), [*zip(NAMES, cycle(FRAMEWORKS), strict=False)]
)
def test_what_was_given_is_what_students_get(bundles, name, tab):
    """As the report on likeness takes it out of what they hand in."""
    start = [marks.given(source) for source in trial.solution(name, tab)]
    given = {line.strip() for source in start for line in source.split('\n')}
    got = {
        line.strip()
        for cell in cells(copy(bundles, name, tab))[1:]
        for line in cell.split('\n')
    }
    assert got == given


@pytest.mark.parametrize(('name', 'tab'), cases)
def test_the_autograder(bundles, name, tab):
    folder = bundles / tab / name / 'autograder'
    (key,) = folder.glob('*.ipynb')
    assert key.name == f'{name}-TEACHER-KEY.ipynb'
    assert cells(key)[1:], 'the solution'
    assert cells(key, 'markdown')[0].startswith("**Teacher's key of the assignment")
    with zipfile.ZipFile(folder / 'autograder.zip') as bundle:
        names = bundle.namelist()
        tests = [bundle.read(n).decode() for n in names if n.startswith('tests/')]
        assert {'run_autograder', 'setup.sh', 'otter_config.json'} <= set(names)
        config = json.loads(bundle.read('otter_config.json'))
    assert config['plugins'] == ['tabbook.grading.otter_here.Here']
    hidden = trial.section(name).hidden
    assert len(tests) == len(hidden)
    for test in hidden:
        assert any(repr(test.name) in text for text in tests), test.name
    needed = (folder / 'requirements.txt').read_text('utf-8')
    assert f'd2l-shim[{tab}]' in needed
    (subfolder,) = re.findall(r'^tabbook @ .*#subdirectory=(\w+)$', needed, re.M)
    assert (Path(trial.ROOT, subfolder) / 'pyproject.toml').is_file()
