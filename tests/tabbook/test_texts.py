"""Files of users in any encoding and with any line ends: read, or named with a line."""

import ast
import json
import os
import subprocess
import sys
from functools import partial

import pytest

from d2l_shim.data import house_prices
from d2l_shim.files import TextError, read_text
from tabbook.grading import submissions
from tabbook.html.build import build_pages
from tabbook.notebooks import install
from tabbook.notebooks.builder import prose
from tabbook.project import Project
from tabbook.text.parse import scan

LATIN = 'a\nb: é\n'.encode('latin-1')  # which is no UTF-8 in line 2
ENDS = {
    'BOM': lambda text: text.encode('utf-8-sig'),
    'CRLF': lambda text: text.replace('\n', '\r\n').encode(),
    'CR': lambda text: text.replace('\n', '\r').encode(),
    'mixed': lambda text: text.replace('\n', '\r', 2).replace('\n', '\r\n', 7).encode(),
}
BODY = """A form feed \x0c, a separator \u2028 and a next line \x85.

```{code-cell} ipython3
---
alt: A dot.
---
%%tab pytorch
x = "\u2028\x0c"
y
```

```{code-cell} ipython3
:tags: [hide-inptu]
%%tab jax
x = 1
```

```{output} torch
1
```
"""


@pytest.mark.parametrize('encode', ENDS.values(), ids=ENDS)
def test_line_ends_move_no_line(book, encode):
    path = book.write(BODY)
    expected, blocks = book.findings(), scan(path.read_text('utf-8'))[0].blocks
    assert {12, 16, 21} <= {line for line, _ in expected}
    path.write_bytes(encode(path.read_bytes().decode()))
    assert book.findings() == expected
    assert scan(read_text(path))[0].blocks == blocks


def test_a_section_that_is_no_text_is_named_beside_the_others(book, capsys):
    (book.root / '_toc.yml').write_text('root: notebooks/b\n', 'utf-8')
    (book.folder / 'a.md').write_bytes(LATIN)
    book.write('```{code-cell}\nx\n```\n', 'b')
    assert book.command('check') == 1
    places = [line.split(': ')[0] for line in capsys.readouterr().out.splitlines()]
    assert places == ['notebooks/a.md:2', 'notebooks/b.md:5']
    for command in ('run', 'notebooks', 'html', 'nbval'):
        assert book.command(command) == 1
        assert 'notebooks/a.md:2: no text in UTF-8' in capsys.readouterr().err, command


FILES = (
    '_config.yml',
    '_toc.yml',
    'book/a.md',
    'book/references.bib',
    'book/a.csv',
    'book/rosetta.yml',
    'locales/ko/a.po',
    'notebooks/a.md',
)


@pytest.mark.parametrize('file', FILES)
def test_every_file_of_the_book_is_looked_at(book, file):
    (book.root / '_toc.yml').write_text('root: a\n', 'utf-8')
    Project(book.root).look()
    path = book.root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(LATIN)
    for look in (Project.look, build_pages, partial(prose, sections=(), tabs=())):
        with pytest.raises(TextError, match=rf'/{file}:2: no text in UTF-8'):
            look(Project(book.root))


@pytest.mark.parametrize('text', ['a: [\n', 'a: b: c\n', '\n\fa: b'])
def test_what_is_no_yaml_is_named(book, text):
    (book.root / '_config.yml').write_text('title: x\nb:\n' + text, 'utf-8')
    for reader in (Project.look, install.address, lambda project: project.title):
        with pytest.raises(TextError, match=r'/_config\.yml:[34]: this is no YAML: \w'):
            reader(Project(book.root))


def test_a_separator_moves_no_line_of_the_front_matter():
    _, (problem,) = scan('---\na: "\u2028"\nb: c: d\n---\n')
    assert problem.line == 3


@pytest.mark.parametrize('encode', ENDS.values(), ids=ENDS)
def test_a_notebook_that_was_handed_in(tmp_path, encode):
    path = tmp_path / 'a.ipynb'
    cell = {'cell_type': 'code', 'source': 'x = "é\u2028"'}
    text = json.dumps({'cells': [cell]}, ensure_ascii=False, indent=1)
    path.write_bytes(encode(text))
    assert submissions.read(path, 'one', 'jax') == [cell['source']]
    path.write_bytes(text.replace('\u2028', '').encode('latin-1'))
    with pytest.raises(submissions.Unreadable, match=r'not text in UTF-8 \(line 5\)'):
        submissions.read(path, 'one', 'jax')


@pytest.mark.parametrize('encode', ENDS.values(), ids=ENDS)
def test_a_file_of_houses(tmp_path, encode):
    path = tmp_path / 'houses.csv'
    text = 'Id,MSSubClass,Alley\n1,020,é\n2,60,NA\n'
    path.write_bytes(text.encode())
    expected = house_prices.read(path)
    path.write_bytes(encode(text))
    assert house_prices.read(path).equals(expected)
    path.write_bytes(text.encode('latin-1'))
    with pytest.raises(TextError, match=r'/houses\.csv:2: no text in UTF-8'):
        house_prices.read(path)


def test_a_terminal_may_know_but_ascii(book):
    book.write('```{code-cell}\n%%tab jäx\nx = "é"\n```\n')
    env = {**os.environ, 'LC_ALL': 'C', 'PYTHONUTF8': '0', 'PYTHONCOERCECLOCALE': '0'}
    env['PYTHONPATH'] = os.pathsep.join(map(os.path.abspath, sys.path))
    done = subprocess.run(
        [sys.executable, '-m', 'tabbook', 'check'], env=env, capture_output=True
    )
    assert (done.returncode, done.stderr) == (1, b'')
    assert b"tiny.md:5: unknown tab 'j\\xe4x'" in done.stdout


def test_text_is_read_and_written_in_one_place(root):
    """Ruff asks `open` for encodings; line ends and messages need `d2l_shim.files`."""
    found = []
    for path in [
        *root.glob('book/**/*.py'),
        *root.glob('tabbook/**/*.py'),
        *root.glob('d2l_shim/**/*.py'),
    ]:
        for node in ast.walk(ast.parse(path.read_bytes())):
            match node:
                case ast.Call(func=ast.Attribute(attr='read_text' | 'write_text')):
                    found.append((path.name, node.lineno))
                case ast.keyword(arg='text', value=ast.Constant(value=True)):
                    found.append((path.name, node.value.lineno))
    assert found == []


def test_tests_name_the_encoding_of_what_they_read(root):
    found = [
        (path.name, node.lineno)
        for path in root.glob('tests/**/*.py')
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if (node.func.attr, len(node.args) + len(node.keywords))
        in (('read_text', 0), ('write_text', 1))
    ]
    assert found == []
