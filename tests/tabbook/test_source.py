"""Reading a section: pieces, groups, lines, and what the text can get wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabbook.text.parse import (
    Code,
    From,
    Group,
    Library,
    Markdown,
    SourceError,
    UnknownSection,
    parse,
    scan,
)

FRONT = '---\ntitle: x\ntabs: [pytorch, jax]\n---\n'
TEXT = f"""{FRONT}
```{{code-cell}} ipython3
%load_ext tabbook
```

# Title

Prose with `code`,
and $x$.

```{{code-cell}} ipython3
:tags: [hide-input]

%%tab pytorch
a = 1
print(a)
```

```{{code-cell}} ipython3
%%tab jax

b = 1
print(b)
```

```{{output}} pytorch, jax
:data: real

1
```

```{{code-cell}}
a + 1
```
"""


def test_blocks_lines_and_tabs():
    section = parse(TEXT, name='s')
    live, prose, group, everyones = section.blocks
    assert section.tabs == ('pytorch', 'jax')
    assert section.front['title'] == 'x'
    assert live.live
    assert section.groups == (group, everyones)
    assert prose == Markdown('# Title\n\nProse with `code`,\nand $x$.', 10)
    meta = {'tags': ['hide-input']}
    pytorch = Code('a = 1\nprint(a)', 19, ('pytorch',), None, meta)
    assert group.cell('pytorch') == pytorch
    assert group.cell('jax') == Code('b = 1\nprint(b)', 26, ('jax',), None)
    assert everyones == Group((Code('a + 1', 37, (), None),), (), 37)
    assert group.cell('mxnet') is None
    assert everyones.cell('mxnet').source == 'a + 1'


def test_every_line_is_the_one_in_the_file():
    lines = TEXT.split('\n')
    for group in parse(TEXT).groups:
        for code in group.cells:
            assert lines[code.line - 1] == code.source.split('\n')[0]
        for output in group.outputs:
            assert lines[output.line - 1].startswith('```{output}')


def test_outputs_know_their_tabs_and_kind():
    (output,) = parse(TEXT).groups[0].outputs
    assert (output.tabs, output.text) == (('pytorch', 'jax'), '1')
    assert output.real_data
    assert output.stdout
    assert parse(TEXT).groups[0].output('jax') == output


@pytest.mark.parametrize(
    ('code', 'option', 'stdout'),
    [
        ('x', '', False),
        ('print(x)', '', True),
        ('print(x)\nx', '', False),
        ('x.print()', '', False),
        ('x.summary()', ':stdout:\n', True),
        ('%time print(x)\nprint(x)', '', True),
    ],
)
def test_an_output_is_stdout_or_the_value(code, option, stdout):
    text = f'{FRONT}```{{code-cell}}\n{code}\n```\n```{{output}}\n{option}1\n```\n'
    (output,) = parse(text).groups[0].outputs
    assert (output.stdout, output.text) == (stdout, '1')


def test_a_tab_that_repeats_opens_a_group(cell):
    cells = [cell(f'%%tab {tab}\nx = 1') for tab in ('pytorch', 'jax', 'pytorch')]
    section = parse(FRONT + '\n'.join(cells))
    assert [[c.tabs for c in g.cells] for g in section.groups] == [
        [('pytorch',), ('jax',)],
        [('pytorch',)],
    ]


def test_prose_between_tab_cells_parts_groups(cell):
    text = cell('%%tab pytorch\nx = 1') + '\nA word.\n\n' + cell('%%tab jax\nx = 1')
    assert len(parse(FRONT + text).groups) == 2


def test_from_cell(cell):
    many = cell('%%from other import (A,\n    b)')
    one, two = parse(FRONT + cell('%%from other import A') + many).groups
    assert one.cells[0].brings == From('other', ('A',), 6)
    assert two.cells[0].brings == From('other', ('A', 'b'), 9)


@pytest.mark.parametrize(
    'options', [':tags: [x]\n:alt: Two dots.\n', '---\nalt: >-\n  Two\n  dots.\n---\n']
)
def test_a_cell_says_what_its_figure_shows(cell, options):
    bare, told = parse(FRONT + cell('x') + cell(f'{options}%%tab jax\ny')).groups
    image = {'mystnb': {'image': {'alt': 'Two dots.'}}}
    assert bare.cells[0].meta == {}
    told = told.cells[0]
    assert told == Code('y', told.line, ('jax',), None, {**image, **told.meta})
    assert told.meta['mystnb'] == image['mystnb']


def test_a_tab_that_is_not_registered_is_dropped(cell):
    front = '---\ntabs: [pytorch, gone]\n---\n'
    text = cell('%%tab pytorch, gone\nx = 1') + cell('%%tab gone\ny = 1')
    section = parse(front + text)
    assert section.tabs == ('pytorch',)
    assert [c.tabs for g in section.groups for c in g.cells] == [('pytorch',)]


def test_a_page_of_prose_has_no_tabs():
    section = parse('# Preface\n\n````{note}\n```python\nx\n```\n````\n')
    assert section.tabs == ()
    assert len(section.blocks) == 1


def test_a_title_may_hold_code_where_its_fence_is_none_of_backticks():
    for fence in (':::', '~~~'):
        text = f'{fence}{{admonition}} What `x` is\nProse.\n{fence}\n'
        assert [block.source for block in parse(text).blocks] == [text.rstrip()]


def test_cells_in_literal_blocks_and_comments_are_prose(cell):
    text = f'````md\n{cell("x")}<!--\n````\n\n<!--\n{cell("y")}-->\n'
    text += '`<!--` and <!-- this\nis --> no <!---->comment <!-- a --> (``<!-- ` ``)\n'
    (prose,) = parse(FRONT + text).blocks
    assert prose.source == text.strip()


WRONG = {
    'unclosed cell at the end': ('\n```{code-cell}\nx = 1\n', 6, 'not closed'),
    'cell closed too late': (
        '```{code-cell}\nx\n\n```{code-cell}\ny\n```\n', 5, 'not closed'),
    'unclosed directive': ('x\n\n:::{note}\nhm\n', 7, 'not closed'),
    'unknown tab': ('```{code-cell}\n%%tab pytorhc\nx\n```\n', 6, "'pytorhc'"),
    'undeclared tab': ('```{code-cell}\n%%tab mxnet\nx\n```\n', 6, 'pytorch, jax'),
    'no tab': ('```{code-cell}\n%%tab\nx\n```\n', 6, '%%tab needs a tab'),
    'tab named twice': ('```{code-cell}\n%%tab jax, jax\nx\n```\n', 6, 'twice'),
    'unknown tab of an output': (
        '```{code-cell}\nx\n```\n```{output} torch\n```\n', 8, "'torch'"),
    'output after prose': (
        '```{code-cell}\nx\n```\nHm.\n```{output}\n```\n', 9, 'follows no code'),
    'output first': ('```{output}\n1\n```\n', 5, 'follows no code cell'),
    'option of an output': (
        '```{code-cell}\nx\n```\n```{output}\n:data: fake\n1\n```\n', 8, 'data: fake'),
    'nested cell': ('````{note}\n```{code-cell}\nx\n```\n````\n', 6, 'stand alone'),
    'doubly nested cell': (
        ':::::{tab-set}\n::::{tab-item} A\n```{code-cell}\nx\n```\n::::\n:::::\n',
        7, 'must stand alone'),
    'cell in a list': ('- one\n  ```{code-cell}\n  x\n  ```\n', 6, 'must stand alone'),
    'cell of colons': (':::{code-cell}\nx\n:::\n', 5, 'must stand alone'),
    'options that are no YAML': (
        '```{code-cell}\n:alt: a: b\nx\n```\n', 5, 'not `key: value`'),
    'unclosed comment': (
        'x\n\n<!-- one\n\n```{code-cell}\nx\n```\n', 7, 'closed by -->'),
    'second comment': ('<!-- a\n-->\n\n<!-- b -- >\n\ny\n', 8, 'closed by -->'),
    'unclosed comment in a line': ('a `b` <!-- c\nd\n\ne -->\n', 5, 'closed by -->'),
    'unclosed comment in a list': ('- a\n- <!-- c\n- d\n', 6, 'closed by -->'),
    'unclosed comment in a note': (':::{note}\na\n<!-- b\n:::\n', 7, 'closed by -->'),
    'malformed from': ('```{code-cell}\n%%from other\n```\n', 6, '%%from section'),
}  # fmt: skip


@pytest.mark.parametrize(('body', 'line', 'message'), WRONG.values(), ids=WRONG)
def test_mistakes_name_their_line(body, line, message):
    with pytest.raises(SourceError, match=rf'^notebooks/s\.md:{line}: ') as caught:
        parse(FRONT + body, path='notebooks/s.md')
    assert message in caught.value.message


@pytest.mark.parametrize(
    ('front', 'line', 'message'),
    [
        ('---\ntabs: [jax]\n', 1, 'not closed'),
        ('---\na: b\ntabs: [jax\n---\n', 3, 'not YAML'),
        ('---\ntabs: jax\n---\n', 1, 'must be a list'),
        ('---\n- jax\n---\n', 2, 'key: value'),
    ],
)
def test_wrong_front_matter(front, line, message):
    _, problems = scan(front)
    assert [problem.line for problem in problems] == [line]
    assert message in problems[0].message


def test_all_mistakes_are_found_not_the_first_alone(cell):
    text = cell('%%tab a\nx') + cell('%%tab b\nx') + '```{code-cell}\n'
    assert [p.line for p in scan(FRONT + text)[1]] == [6, 10, 13]


@given(st.text(alphabet='`:{}~-%+a \n\t>#', max_size=60))
def test_no_text_breaks_the_reader(text):
    section, problems = scan(FRONT + text)
    assert isinstance(section.blocks, tuple)
    assert all(1 <= p.line <= (FRONT + text).count('\n') + 1 for p in problems)


def test_library_finds_sections_and_lists_them(book):
    book.write('A.\n', 'one')
    (book.folder / 'sub').mkdir()
    book.write('B.\n', 'sub/two')
    library = book.library
    assert list(library) == ['one', 'sub/two']
    assert library['sub/two'].name == 'sub/two'
    assert library['one'] is library['one']
    assert 'three' not in library
    with pytest.raises(UnknownSection, match=r"no section 'three'.*one, sub/two"):
        library['three']
    assert list(Library('nowhere')) == []
