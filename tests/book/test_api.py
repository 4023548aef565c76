"""The page of what `d2l` offers: every name that is met, found in all frameworks."""

import re
import shutil
import subprocess
import sys
from symtable import symtable

import pytest

import d2l_shim
from d2l_shim.files import read_text
from d2l_shim.framework import FRAMEWORKS
from tabbook.html.build import is_built

ALONE = {'get_key': 'jax'}  # names that one framework has
THEIRS = {'plt'}  # matplotlib's
NONE = """
import importlib, sys
sys.modules.update(dict.fromkeys({packages}))  # none of them can be imported
for name in {modules}:
    importlib.import_module(name)
"""


@pytest.fixture(scope='module')
def page(root, new_book):
    """The page in a small book, built strictly."""
    book = new_book()
    shutil.copy(root / 'book/api.md', book.root / 'book')
    shutil.copytree(root / 'book/examples', book.root / 'book/examples')
    file = '- file: book/references'
    book.edit('_toc.yml', file, f'{file}\n      - file: book/api')
    book.store_all()
    book.build()
    return book.page('book/api')


@pytest.fixture(scope='module')
def listed(page):
    """The names that the page has entries for, without `d2l.`"""
    heads = [
        head.text for head in page.select('dl.py > dt') if not head.find_parent('dd')
    ]
    names = [re.search(r'd2l\.(\w+)', head) for head in heads]
    assert all(names), heads
    return [name[1] for name in names]


def test_each_name_has_one_entry(listed):
    assert len(listed) == len(set(listed)) >= 30


def test_every_name_that_a_reader_meets_is_listed(root, listed):
    files = [*root.glob('notebooks/**/*.md'), *root.glob('tests/**/notes/*.py')]
    assert len(files) > 15
    met = set().union(*(re.findall(r'\bd2l\.(\w+)', read_text(f)) for f in files))
    assert met - THEIRS <= set(listed)


@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_every_name_is_there_in_each_framework(root, listed, tab):
    file = root / f'{FRAMEWORKS[tab].shim.replace(".", "/")}.py'
    symbols = symtable(read_text(file), str(file), 'exec').get_symbols()
    bound = {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}
    assert {name for name in listed if ALONE.get(name, tab) == tab} <= bound


def test_the_page_needs_no_framework(root):
    text = read_text(root / 'book/api.md')
    modules = set(re.findall(r':: (d2l_shim[.a-z_]*)\.\w', text))
    assert 'd2l_shim.core' in modules
    packages = {package for f in FRAMEWORKS.values() for package in f.packages}
    code = NONE.format(packages=packages, modules=modules)
    done = subprocess.run([sys.executable, '-c', code], cwd=root, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_the_examples_of_callbacks_are_the_tested_ones(root, page):
    shown = [block.text for block in page.select('.highlight-python pre')]
    classes = re.split(
        r'\n\n\n(?=class)', read_text(root / 'book/examples/callbacks.py')
    )
    assert [text.strip() for text in shown] == [text.strip() for text in classes[1:]]
    assert all(len(text.split('\n')) <= 12 for text in shown)


def test_entries_show_their_docstrings_and_no_file(page):
    assert 'd2l_shim.' not in ''.join(head.text for head in page.select('dt.sig'))
    (fit,) = (head for head in page.select('dt.sig') if 'fit(' in head.text)
    assert 'return the History' in fit.find_next_sibling('dd').text


def test_a_changed_docstring_makes_the_pages_stale(book, tmp_path, monkeypatch):
    code = tmp_path / 'shim' / 'core.py'
    code.parent.mkdir()
    code.write_text('"""One."""\n', 'utf-8')
    monkeypatch.setattr(d2l_shim, '__file__', str(code.with_name('__init__.py')))
    book.build()
    assert is_built(book.project)
    code.write_text('"""Another."""\n', 'utf-8')
    assert not is_built(book.project)
