"""The install cell of generated notebooks, run as IPython would, without pip."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from zipfile import ZipFile

import pytest
import yaml
from IPython.core.error import UsageError
from IPython.core.inputtransformer2 import TransformerManager

import d2l_shim
from d2l_shim.framework import FRAMEWORKS
from d2l_shim.profiles import PROFILES
from tabbook.notebooks import install
from tabbook.project import Project

TABS = tuple(FRAMEWORKS)


@pytest.fixture
def cells(root):
    """{tab: source} of the book's install cells."""
    return {tab: install.cell(tab, Project(root)) for tab in TABS}


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a cell where only the packages `there` exist; the pip commands it gives.

    What pip is asked for is there afterwards, unless it `fails`.
    """

    def run(source, there, fails=False):
        calls, scope, there = [], {}, set(there)

        class IPython:
            def run_line_magic(self, name, line):
                line = line.format(**scope)
                calls.append(f'{name} {line}')
                asked = re.findall(r'"([\w-]+)', line)
                there.update(() if fails else (x.replace('-', '_') for x in asked))

        monkeypatch.setattr('importlib.util.find_spec', lambda name: name in there)
        scope['get_ipython'] = IPython
        exec(TransformerManager().transform_cell(source), scope)
        assert capsys.readouterr().out == ''
        return calls

    return run


@pytest.mark.parametrize('tab', TABS)
def test_nothing_happens_where_all_is_there(cells, run, tab):
    assert run(cells[tab], install.needs(tab)) == []


@pytest.mark.parametrize(
    ('tab', 'absent'), [(tab, name) for tab in TABS for name in install.needs(tab)]
)
def test_what_is_missing_is_installed_and_nothing_else(cells, run, tab, absent):
    (command,) = run(cells[tab], set(install.needs(tab)) - {absent})
    command = command.removeprefix('pip install -q ').removeprefix('--no-deps ')
    what = 'd2l-shim @ https://' if absent == 'd2l_shim' else absent
    assert command.startswith(f'"{what}')
    asked = [word for word in shlex.split(command) if '==' not in word]
    assert len(asked) == 1


@pytest.mark.parametrize('tab', TABS)
def test_what_is_still_missing_stops_the_notebook_with_the_remedy(cells, run, tab):
    with pytest.raises(UsageError) as raised:
        run(cells[tab], (), fails=True)
    names = ', '.join(sorted(install.needs(tab)))
    told = str(raised.value).removeprefix('pip could not install ')
    missing, remedy = told.split(', as it says above: ')
    assert ', '.join(sorted(missing.split(', '))) == names
    assert remedy == 'connect to the network, then run this cell again.'


@pytest.mark.parametrize('tab', TABS)
def test_the_cell_names_the_setting_for_short_training(cells, tab):
    (setting,) = re.findall(r'%env D2L_PROFILE=(\w+)', cells[tab])
    assert setting in PROFILES


def test_mxnet_goes_in_without_the_old_numpy_that_it_asks_for(cells, run, root):
    assert run(cells['mxnet'], ()) == [
        f'pip install -q "d2l-shim @ {install.address(Project(root))}" "graphviz" '
        '"looseversion" "requests"',
        'pip install -q --no-deps "mxnet>=1.9.1"',
    ]


# The cell's magic only says what it would do.
STUB = """
class IPython:
    def run_line_magic(self, name, line):
        print(line.format(**globals()))
get_ipython = IPython
"""
# Frameworks that may be there, each under its own name and older than we ask for.
BUILDS = [
    ('pytorch', 'torch==2.3.0+cu118'),
    ('pytorch', 'torch-nightly==2.9.0.dev20260101'),
    ('tensorflow', 'tensorflow==2.15.0'),
    ('tensorflow', 'tensorflow-cpu==2.21.0'),
    ('tensorflow', 'tensorflow-gpu==2.12.0'),
    ('tensorflow', 'tf-nightly==2.9.0.dev1'),
    ('tensorflow', 'tensorflow-macos==2.16.2'),
    ('jax', 'jax==0.8.0'),
    ('mxnet', 'mxnet==1.8.0'),
    ('mxnet', 'mxnet-cu112==1.9.1'),
    ('mxnet', 'mxnet-mkl==1.6.0'),
]
# What pip finds to install; the newest Flax wants a newer JAX than some have.
INDEX = [
    ('torch', '2.13.0'),
    ('tensorflow', '2.22.0', 'keras'),
    ('keras', '3.15.1'),
    ('jax', '0.8.0', 'jaxlib<=0.8.0'),
    ('jax', '0.10.2', 'jaxlib<=0.10.2'),
    ('jaxlib', '0.8.0'),
    ('jaxlib', '0.10.2'),
    ('flax', '0.12.1', 'jax>=0.7'),
    ('flax', '0.12.8', 'jax>=0.9'),
    ('optax', '0.2.8', 'jax>=0.5'),
    ('mxnet', '1.9.1', 'numpy<2'),
    ('numpy', '1.26.4'),
    ('numpy', '2.4.6'),
    ('graphviz', '0.8.4'),
    ('looseversion', '1.3.0'),
    ('requests', '2.34.2'),
    ('d2l-shim', '0.1.0', 'numpy'),
]


def make_wheel(folder, name, version, *requires, package=None):
    """Write a wheel that holds one empty package; its path."""
    name, package = name.replace('-', '_'), package or name.replace('-', '_')
    about = f'{name}-{version}.dist-info'
    files = {
        f'{package}/__init__.py': '',
        f'{about}/top_level.txt': package,
        f'{about}/WHEEL': 'Wheel-Version: 1.0\n'
        'Root-Is-Purelib: true\nTag: py3-none-any',
        f'{about}/METADATA': '\n'.join(
            [
                'Metadata-Version: 2.1',
                f'Name: {name}',
                f'Version: {version}',
                *(f'Requires-Dist: {line}' for line in requires),
            ]
        ),
    }
    files[f'{about}/RECORD'] = '\n'.join(
        f'{path},,' for path in [*files, f'{about}/RECORD']
    )
    path = folder / f'{name}-{version}-py3-none-any.whl'
    with ZipFile(path, 'w') as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return path


@pytest.fixture(scope='module')
def index(tmp_path_factory):
    """A folder of small wheels, all that pip finds."""
    folder = tmp_path_factory.mktemp('index')
    for wheel in INDEX:
        make_wheel(folder, *wheel)
    return folder


@pytest.mark.parametrize(('tab', 'build'), [*BUILDS, *((tab, '') for tab in TABS)])
def test_a_framework_that_is_there_stays_whichever_build(
    root, cells, index, tmp_path, tab, build
):
    """The cell in a fresh Python, and pip on what the cell asks for."""
    subprocess.run(
        [sys.executable, '-m', 'venv', '--without-pip', tmp_path / 'env'], check=True
    )
    (site,) = (tmp_path / 'env').glob('lib/python*/site-packages')
    there = [build, 'numpy==2.4.6'] if build else ['numpy==2.4.6']
    if build == 'jax==0.8.0':
        there.append('jaxlib==0.8.0')
    for name, version in (line.split('==') for line in there):
        framework = FRAMEWORKS[tab].package if name == build.split('==')[0] else None
        ZipFile(make_wheel(tmp_path, name, version, package=framework)).extractall(site)
    shim = (index / 'd2l_shim-0.1.0-py3-none-any.whl').as_uri()
    source = cells[tab].replace(install.address(Project(root)), shim)
    source, _, _ = source.partition('absent =')  # for nothing is installed
    code = f'{STUB}\n{TransformerManager().transform_cell(source)}'
    python = tmp_path / 'env/bin/python'
    asked = subprocess.run(
        [python, '-I', '-c', code], check=True, text=True, capture_output=True
    ).stdout.splitlines()
    gets = {name for line in asked for name in resolved(python, index, line)}
    wanted = {'d2l-shim', *install.needs(tab)[2:]}
    if not build:
        wanted |= {FRAMEWORKS[tab].package} | ({'jaxlib'} if tab == 'jax' else set())
    assert gets == wanted


def resolved(python, index, line):
    """The names of what `pip install` of this line would bring to `python`."""
    verb, *options = shlex.split(line)
    done = subprocess.run(
        [
            sys.executable,
            '-m',
            'pip',
            '--python',
            python,
            '--isolated',
            verb,
            '--dry-run',
            '--no-index',
            '--find-links',
            index,
            '--report',
            '-',
            *options,
        ],
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)['install']
    return {item['metadata']['name'].replace('_', '-') for item in report}


def test_the_cell_and_the_extras_ask_for_the_same(root):
    text = (root / 'pyproject.toml').read_text('utf-8')
    extras = tomllib.loads(text)['project']['optional-dependencies']
    for tab, framework in FRAMEWORKS.items():
        brought = {'graphviz', 'requests'} if tab == 'mxnet' else set()
        assert {*extras[tab], *brought} == {*framework.needs}


def test_only_lower_bounds_are_named(root, cells):
    project = tomllib.loads((root / 'pyproject.toml').read_text('utf-8'))['project']
    asked = [line for tab in TABS for line in project['optional-dependencies'][tab]]
    bound = re.compile(r'[\w-]+(>=[\d.]+)?')
    assert [
        x for x in [*asked, *project['dependencies']] if not bound.fullmatch(x)
    ] == []
    assert not any(re.search(r'~=|<|!=|upgrade|-U', x) for x in cells.values())


@pytest.mark.parametrize('tab', TABS)
def test_the_shim_comes_from_the_release_of_the_books_repository(root, cells, tab):
    url = yaml.safe_load((root / '_config.yml').read_text('utf-8'))['repository']['url']
    (address,) = re.findall(r"'(https:.+)'", cells[tab])
    assert address == f'{url}/archive/v{d2l_shim.__version__}.zip'
    assert max(map(len, cells[tab].splitlines())) <= 79


def test_a_book_without_a_repository_has_no_install_cell(tmp_path):
    (tmp_path / '_config.yml').write_text('title: a test\n', 'utf-8')
    assert install.cell('jax', Project(tmp_path)) is None
    (tmp_path / '_config.yml').write_text('', 'utf-8')
    assert install.address(Project(tmp_path)) is None


@pytest.mark.parametrize('tab', TABS)
def test_the_cell_is_the_same_every_time(root, cells, tab):
    assert install.cell(tab, Project(root)) == cells[tab]
