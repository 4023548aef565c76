"""README, licences, versions and pins: what they promise holds."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, requires

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from setuptools.config.pyprojecttoml import read_configuration

from d2l_shim import __version__
from d2l_shim.framework import FRAMEWORKS, installed

# In pieces, so that this file does not name them either.
HOSTS = [
    '.'.join(parts)
    for parts in (
        ('pypi', 'org'),
        ('pythonhosted', 'org'),
        ('npmjs', 'org'),
        ('debian', 'org'),
        ('download', 'pytorch', 'org'),
        ('anaconda', 'org'),
        ('anaconda', 'com'),
    )
]
# distutils is gone from Python 3.12, where MXNet gets a stand-in for it.
OURS = {'d2l_shim', 'parity', 'tabbook', 'tests', 'tools', 'distutils'}


@pytest.fixture(scope='module')
def files(root):
    """Every file that is or could be committed, as Paths."""
    listed = subprocess.run(
        ['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split('\0')
    paths = [root / name for name in listed if name]
    return [path for path in paths if path.is_file()]


@pytest.fixture(scope='module')
def pyproject(root):
    """The parsed pyproject.toml."""
    return tomllib.loads((root / 'pyproject.toml').read_text('utf-8'))


@pytest.fixture(scope='module')
def pins(root):
    """Lower-case package name -> version, from all of requirements/."""
    files = sorted((root / 'requirements').iterdir())
    lines = [line for f in files for line in f.read_text('utf-8').splitlines()]
    lines = [line for line in lines if line and not line.startswith('#')]
    line = re.compile(r'([\w.-]+)==([\w.]+)(; [^#]+)?( +#.*)?$')
    found = [line.match(text) for text in lines]
    assert all(found), [x for x, ok in zip(lines, found, strict=True) if not ok]
    return {normal(m[1]): m[2] for m in found}


def test_readme_opens_with_the_two_commands(root):
    text = (root / 'README.md').read_text('utf-8')
    blocks = re.findall(r'(?:^    .+\n)+', text, flags=re.MULTILINE)
    commands = [line.split('#')[0].strip() for line in blocks[0].splitlines()]
    assert commands == ['make book', 'make test']
    assert text.index(blocks[0]) < 600


@pytest.mark.parametrize('name', ['README.md', 'CONTRIBUTING.md'])
def test_files_and_targets_that_the_text_names_exist(root, name):
    text = (root / name).read_text('utf-8')
    linked = re.findall(r'\]\(([^)#:]+)\)', text)
    assert [path for path in linked if not (root / path).exists()] == []
    makefile = (root / 'Makefile').read_text('utf-8')
    for target in set(re.findall(r'\bmake ([a-z]+)\b(?=[`\n ])', text)):
        assert f'\n{target}:' in makefile, f'{name} names make {target}'


@pytest.mark.parametrize('host', HOSTS)
def test_no_file_names_a_package_registry(files, host):
    assert [path for path in files if host.encode() in path.read_bytes()] == []


def test_nothing_generated_is_kept(files, root):
    names = [path.relative_to(root).as_posix() for path in files]
    bad = re.compile(r'(^|/)(_build|node_modules|\.venv)/|\.(ipynb|pyc|gz|whl)$')
    assert [name for name in names if bad.search(name)] == []


def test_one_version_is_that_of_both_packages_and_of_what_tells_of_them(root):
    for file in (root / 'pyproject.toml', root / 'tabbook/pyproject.toml'):
        project = tomllib.loads(file.read_text('utf-8'))['project']
        assert 'version' not in project
        assert read_configuration(file)['project']['version'] == __version__
    citation = yaml.safe_load((root / 'CITATION.cff').read_text('utf-8'))
    changes = (root / 'CHANGELOG.md').read_text('utf-8')
    assert citation['version'] == __version__
    assert re.search(r'^## (\S+)', changes, flags=re.MULTILINE)[1] == __version__


def test_citation_names_the_book_of_the_config(root):
    citation = yaml.safe_load((root / 'CITATION.cff').read_text('utf-8'))
    config = yaml.safe_load((root / '_config.yml').read_text('utf-8'))
    assert citation['cff-version'] == '1.2.0'
    assert citation['title'] == config['title']
    assert citation['authors'] == [{'name': config['author']}]
    assert citation['repository-code'] == config['repository']['url']


def test_licences_are_whole(root):
    prose = (root / 'LICENSE').read_text('utf-8')
    assert prose.startswith('Attribution-ShareAlike 4.0 International')
    sections = re.findall(r'^Section (\d) -- ', prose, flags=re.MULTILINE)
    assert sections == list('12345678')
    assert 'Creative Commons may be contacted' in prose
    code = (root / 'LICENSE-CODE').read_text('utf-8')
    assert 'THE SOFTWARE IS PROVIDED "AS IS"' in code


def test_every_import_is_pinned(files, pins):
    python = [
        path for path in files if path.suffix == '.py' and path.parent.name != 'notes'
    ]  # as published: they import d2l
    known = set(sys.stdlib_module_names) | OURS | {path.stem for path in python}
    used = {(name, path.name) for path in python for name in imports(path) - known}
    provided_by = packages_distributions()
    missing = [
        (module, name)
        for module, name in sorted(used)
        if not pins.keys() & {normal(x) for x in provided_by.get(module, [module])}
    ]
    assert not missing, f'(module, file) not in requirements/: {missing}'


def test_the_tool_names_what_it_imports(root, pins):
    """But for the frameworks, of which one may be missing."""
    text = (root / 'tabbook/pyproject.toml').read_text('utf-8')
    named = {normal(name) for name in tomllib.loads(text)['project']['dependencies']}
    files = [*(root / 'tabbook').rglob('*.py')]
    local = {'tabbook', *(path.stem for path in files), *sys.stdlib_module_names}
    used = (
        set().union(*map(imports, files))
        - local
        - {'torch', 'tensorflow', 'keras', 'jax', 'flax'}
    )
    provided_by = packages_distributions()
    assert [
        module
        for module in sorted(used)
        if not named & {normal(x) for x in provided_by.get(module, [module])}
    ] == []
    assert named - {'d2l-shim'} <= pins.keys()


def normal(name):
    """A package's name as requirements/ spells it."""
    return name.lower().replace('_', '-')


def imports(path):
    """The top-level names of the modules that the file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text('utf-8'))))
    plain = [a.name for n in nodes if isinstance(n, ast.Import) for a in n.names]
    origin = [n.module for n in nodes if isinstance(n, ast.ImportFrom) and not n.level]
    return {name.split('.')[0] for name in plain + origin}


def test_extras_and_pins_agree_with_the_registry(pyproject, pins):
    extras = pyproject['project']['optional-dependencies']
    assert {name for name in extras if '-' not in name} == set(FRAMEWORKS)
    for tab, framework in FRAMEWORKS.items():
        assert extras[tab] == list(framework.needs)
        for needed in map(Requirement, framework.needs):
            assert pins[needed.name] in needed.specifier
        for line in extras.get(f'{tab}-gpu', []):
            name, version = re.match(r'([\w-]+)(?:\[.*\])?==(.+)', line).groups()
            assert pins[name] == version


def test_mxnets_numpy_is_all_that_pip_misses():
    command = [sys.executable, '-m', 'pip', 'check', '--disable-pip-version-check']
    said = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    missed = [line for line in said if line != 'No broken requirements found.']
    assert all(
        line.startswith('mxnet 1.9.1 has requirement numpy<2') for line in missed
    )
    assert len(missed) == installed('mxnet')


def test_what_jupyter_book_1_holds_back_is_held_by_whom_the_list_says(root, pins):
    text = (root / 'requirements/base.txt').read_text('utf-8')
    (block,) = [part for part in text.split('\n\n') if 'Jupyter Book 1' in part]
    book, *held = [line for line in block.splitlines() if not line.startswith('#')]
    assert book.startswith('jupyter-book==1.')
    assert 'Sphinx' in held[0]
    listed = {normal(line.partition('==')[0]) for line in (book, *held)}
    for line in held:
        pin, comment = line.split('  # ')
        holder, wanted, limit = re.match(
            r'(.+?): (newer ones want )?(.+)', comment
        ).groups()
        assert normal(holder) in listed
        if wanted:
            assert pins[normal(holder)] not in SpecifierSet(limit), line
        else:
            asked = map(Requirement, requires(holder))
            name = normal(pin.partition('==')[0])
            limits = [set(one.specifier) for one in asked if normal(one.name) == name]
            assert any(set(SpecifierSet(limit)) <= found for found in limits), line


def test_each_framework_has_a_file_and_pip_keeps_from_the_needs_of_some(root):
    """The Makefile and the grader's image install the same, --no-deps for the same."""
    wanted = {tab: framework.alone for tab, framework in FRAMEWORKS.items()}
    files = {path.stem for path in (root / 'requirements').iterdir()}
    assert files == {'base', *wanted}
    makefile = (root / 'Makefile').read_text('utf-8')
    alone = re.search(r'^ALONE := (.*)$', makefile, re.M)[1].split()
    assert alone == [f'requirements/{tab}.txt' for tab in wanted if wanted[tab]]
    image = (root / 'tabbook/grading/Dockerfile').read_text('utf-8')
    installed = {
        name: '--no-deps' in command
        for command in image.split('&&')
        for name in re.findall(r'-r (\w+)\.txt', command)
    }
    assert installed == {'base': False, **wanted}


def test_no_line_of_prose_is_taken_for_a_comment(files, root):
    """Such as one that begins with the % of a number: no page would have it."""
    pages = [path for path in files if path.suffix == '.md']
    texts = {p: p.read_text('utf-8') for p in pages if root / 'tests' not in p.parents}
    assert root / 'notebooks' / 'verdict.md' in texts
    lost = re.compile(r'^%(?=[ .,;:)]).*$', re.M)
    found = [
        (path, line) for path, text in texts.items() for line in lost.findall(text)
    ]
    assert found == []
