"""Each mistake that `check` finds, with the line it must name."""

import pytest

PAIR = """```{code-cell}
%%tab pytorch
class Net:
    pass
```
```{code-cell}
%%tab jax
class Net:
    pass
```
"""
LONG = '\n'.join(f'x{i} = {i}' for i in range(41))

# The first cell's fence is line 4, its first line of source 5 (6 under %%tab).
WRONG = {
    'unknown tab': (
        PAIR + '```{code-cell}\n%%tab torch\nx = 1\n```\n', 15, "unknown tab 'torch'"),
    'a group lacks a tab': (
        '```{code-cell}\n%%tab jax\nx = 1\n```\n', 6, 'lacks a cell for pytorch'),
    'nested cell': (
        '````{note}\n```{code-cell}\nx = 1\n```\n````\n', 5, 'must stand alone'),
    'free name': ('```{code-cell}\nx = 1\n\ny = x + torch\n```\n', 7, "'torch'"),
    'free name in one tab': (
        PAIR + '```{code-cell}\n%%tab jax\nx = 1\nz = w\n```\n'
        '```{code-cell}\n%%tab pytorch\nx = z = 1\n```\n', 17, "'w' is neither"),
    'free name in a function': (
        '```{code-cell}\ndef f(a):\n    b = a\n    return b + c\n```\n', 7, "'c'"),
    'free name in a class': (
        '```{code-cell}\nclass A:\n    b = 1\n    c = [b, d]\n```\n', 7, "'d'"),
    'free name in a comprehension': (
        '```{code-cell}\nx = [i\n     for i in y]\n```\n', 6, "'y'"),
    'used before': ('```{code-cell}\nx = y\ny = 1\n```\n', 5, "'y'"),
    'live name': ("```{code-cell}\nif tab.selected('jax'):\n    1\n```\n", 5, 'live'),
    'other names': (
        PAIR.replace('class Net', 'class Other', 1), 6, 'does not define Net'),
    'another variable': (
        '```{code-cell}\n%%tab pytorch\nx = 1\ny = 2\n```\n'
        '```{code-cell}\n%%tab jax\nx = 1\n```\n', 11, 'jax does not define y'),
    'output without a cell': ('Prose.\n\n```{output}\n1\n```\n', 6, 'follows no'),
    'output for a tab without a cell': (
        '```{code-cell}\n%%tab jax\nx = 1\n```\n```{output} pytorch\n1\n```\n',
        8, 'no cell for pytorch'),
    'two outputs for a tab': (
        '```{code-cell}\n1\n```\n```{output} jax\n1\n```\n```{output}\n1\n```\n',
        10, 'a second output for jax'),
    'from no section': ('```{code-cell}\n%%from nowhere import A\n```\n', 5,
                        "no section 'nowhere'; sections are: other, tiny"),
    'from no name': ('```{code-cell}\n%%from other import A\n```\n', 5,
                     "'other' defines no A; it defines B, C"),
    'brought with a free name': (
        '```{code-cell}\n%%from other import C\n```\n', 5, "needs 'B'"),
    '41 lines': (f'```{{code-cell}}\n{LONG}\n```\n', 5, 'a cell of 41 lines'),
    '80 characters': (f'```{{code-cell}}\n1\n{"1" * 80}\n```\n', 6, '80 characters'),
    'unclosed fence': ('Prose.\n\n```{code-cell}\nx = 1\n', 6, 'not closed'),
    'selected in a function': (
        "```{code-cell}\ntab = 1\ndef f():\n    tab.selected('jax')\n```\n",
        7, 'inside a definition'),
    'selected in a class': (
        "```{code-cell}\ntab = 1\nclass A:\n    a = tab.selected('jax')\n```\n",
        7, 'tab.selected inside'),
    'unknown tab of prose': (
        '::::{tab-set}\n:sync-group: framework\n\n:::{tab-item} X\n:sync: torch\n\n'
        'Hm.\n:::\n::::\n', 8, "unknown tab 'torch'"),
    'syntax': ('```{code-cell}\nx = 1\nclass\n```\n', 6, 'syntax'),
    'return at the top': ('```{code-cell}\nx = 1\nreturn x\n```\n', 6, 'syntax'),
}  # fmt: skip


@pytest.mark.parametrize(('body', 'line', 'message'), WRONG.values(), ids=WRONG)
def test_each_mistake_names_its_line(book, body, line, message):
    other = '```{code-cell}\nclass B:\n    pass\n\nclass C(B):\n    pass\n```\n'
    book.write(other, 'other')
    book.write(body)
    assert book.findings('other') == []
    findings = book.findings()
    assert [(at, text) for at, text in findings if message in text and at == line]


ALONE = ('free name', 'another variable', '41 lines', 'unclosed fence', 'from no name')


@pytest.mark.parametrize('name', ALONE)
def test_one_mistake_is_one_finding(book, name):
    body, line, _ = WRONG[name]
    book.write('```{code-cell}\nB = 1\nC = B\n```\n', 'other')
    book.write(body)
    assert [at for at, _ in book.findings()] == [line]


def test_no_tabs_in_the_front_matter(book):
    path = book.write('Prose.\n')
    path.write_text('---\ntitle: x\n---\n', 'utf-8')
    assert book.findings() == [(1, 'the front matter lacks `tabs: [pytorch, ...]`')]


def test_what_is_right_passes(book):
    book.write(
        '```{code-cell}\n%load_ext tabbook\ntab.interact_select([])\n```\n'
        + PAIR
        + '```{code-cell}\n%matplotlib inline\nimport os, sys as s\n'
        'from collections import deque\n'
        'def f(a, *b, c=1, **d):\n    def g():\n        return a, b, c, d, f, late\n'
        '    return g\n'
        'late = {k: v for k, v in vars(os).items()}\n'
        'class A(Net):\n    x: int = 1\n    y = [x]\n'
        '    def m(self):\n        return __class__, A, super()\n'
        'try:\n    deque\nexcept ValueError as e:\n    print(e, s, f)\n'
        'with open("x") as h, (lambda q: q)(h) as z:\n    display(h, z)\n'
        'match late:\n    case {"a": w}:\n        print(w)\n'
        'if (n := len("a")) > 1:\n    print(n, get_ipython())\n```\n'
    )
    assert book.findings() == []


def test_all_findings_of_all_sections_are_printed(book, capsys):
    book.write(PAIR.replace('jax', 'mxnet') + '```{code-cell}\nx\ny\n```\n', 'a')
    book.write('```{code-cell}\nz\n```\n', 'b')
    assert book.command('check') == 1
    lines = capsys.readouterr().out.splitlines()
    places = [line.split(': ')[0] for line in lines]
    expected = ('a.md:6', 'a.md:10', 'a.md:15', 'a.md:16', 'b.md:5')
    assert places == [f'notebooks/{at}' for at in expected]


def test_check_of_one_section_passes_beside_a_wrong_one(book, capsys):
    book.write('```{code-cell}\nx\n```\n', 'wrong')
    book.write('```{code-cell}\nx = 1\n```\n', 'right')
    assert book.command('check', '--section', 'right') == 0
    assert capsys.readouterr().out == ''


def test_imports_state_and_added_methods_may_differ(book):
    one = '%%tab pytorch\nimport os\nx = 1\nfor a in [x]:\n    _b = a'
    two = (
        '%%tab jax\nimport sys\nx = 1\nparams = 2\n'
        'def add_to_class(c):\n    return c\n@add_to_class(int)\ndef g(self):\n    pass'
    )
    also = '\ndef add_to_class(c):\n    return c'
    book.write(f'```{{code-cell}}\n{one}{also}\n```\n```{{code-cell}}\n{two}\n```\n')
    assert book.findings() == []
