"""One place knows the folders of a book; no step changes the working folder."""

import ast
from pathlib import Path

import pytest

from tabbook.project import Project

REPOSITORY = 'repository: {url: https://github.com/someone/book/}\n'


@pytest.mark.parametrize('place', ['_build', '_config.yml', '_toc.yml'])
def test_no_path_is_spelled_twice(root, place):
    found = [
        path.name
        for path in (root / 'tabbook').rglob('*.py')
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if place in node.value.split('/')
    ]
    assert found == ['project.py']


@pytest.mark.parametrize('start', ['.', 'notebooks', 'notebooks/deeper'])
def test_a_project_is_found_from_below_and_seen_from_there(book, monkeypatch, start):
    (book.root / 'notebooks' / 'deeper').mkdir()
    monkeypatch.chdir(book.root / start)
    up = '../' * len(Path(start).parts)
    assert str(Project.find().sections) == f'{up}notebooks'


def test_a_project_elsewhere_has_its_whole_path(book, monkeypatch, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp('elsewhere')
    monkeypatch.chdir(elsewhere)
    assert Project.find(book.root).root == book.root
    with pytest.raises(FileNotFoundError, match='no _config'):
        Project.find()
    assert Path.cwd() == elsewhere


@pytest.mark.parametrize('folder', ['.', 'notebooks', '..'])
def test_a_command_says_where_a_mistake_is_and_stays(book, monkeypatch, capsys, folder):
    """The path is that from the working folder, as a compiler would give it."""
    path = book.write('```{code-cell}\n%%tab torch\n```\n').resolve()
    here = (book.root / folder).resolve()
    monkeypatch.chdir(here)
    assert book.command('check', '--root', book.root) == 1
    said = capsys.readouterr().out.partition(':')[0]
    assert (here / said).resolve() == path
    assert not Path(said).is_absolute()
    assert Path.cwd() == here


@pytest.mark.parametrize(
    ('config', 'site'),
    [
        ('', ''),
        ('html: {baseurl: https://a.org/book/}', 'https://a.org/book'),
        (REPOSITORY, 'https://someone.github.io/book'),
        (REPOSITORY + 'html: {baseurl: https://a.org}', 'https://a.org'),
    ],
)
def test_the_address_of_a_page(book, config, site):
    (book.root / '_config.yml').write_text(config, 'utf-8')
    found = book.project.address('book/index', 'jax')
    assert found == (site and f'{site}/book/index.html?framework=jax')


def test_a_project_cannot_be_changed(book):
    with pytest.raises(AttributeError):
        book.project.root = Path('elsewhere')
