"""The marks of an assignment: each mistake with its line; other pages carry none."""

import pytest

FRONT = '---\ntabs: [jax]\nassignment: {seconds: 9}\n---\n'  # the body is line 5
HIDDEN = '```{hidden-test} Sum\n:points: 2\n\nequal(ask("f"), 1)\n```\n'
CELL = '```{code-cell} ipython3\n%s\n```\n'
GOOD = CELL % 'def f():\n    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION'

WRONG = {
    'unclosed': (CELL % '# BEGIN SOLUTION\nx = 1' + HIDDEN, 6, 'is not closed by'),
    'nested': (
        CELL % '# BEGIN SOLUTION\nx = 1\n# BEGIN SOLUTION\ny = 1\n'
        '# END SOLUTION' + HIDDEN,
        8,
        'that begins in line 6',
    ),
    'empty': (
        CELL % '# BEGIN SOLUTION\n\n# one\n# END SOLUTION' + HIDDEN,
        6,
        'is empty',
    ),
    'never begun': (GOOD + CELL % 'x = 1\n# END SOLUTION' + HIDDEN, 13, 'without'),
    'misspelt': (GOOD + CELL % '#begin Solution\nx = 1' + HIDDEN, 12, 'of its own'),
    'not alone': (GOOD + CELL % 'x = 1  # BEGIN SOLUTION' + HIDDEN, 12, 'of its own'),
    'no solution': (CELL % 'x = 1' + HIDDEN, 1, 'the tab jax has no'),
    'no hidden test': (GOOD, 1, 'needs hidden tests'),
    'no name': (GOOD + HIDDEN.replace(' Sum', ''), 11, 'needs a name'),
    'no points': (GOOD + HIDDEN.replace(':points: 2', ''), 11, 'needs `:points:`'),
    'negative points': (GOOD + HIDDEN.replace('2', '-2'), 11, 'needs `:points:`'),
    'points in words': (GOOD + HIDDEN.replace('2', 'two'), 11, 'needs `:points:`'),
    'twice': (GOOD + HIDDEN + HIDDEN, 19, "a second hidden test 'Sum'"),
    'syntax': (GOOD + HIDDEN.replace('), 1)', '), 1'), 14, 'syntax: '),
    'an output': (
        GOOD + CELL % 'f()' + '```{output}\n1\n```\n' + HIDDEN,
        14,
        'would tell',
    ),
    'an unclosed hidden test': (GOOD + HIDDEN[:-4], 11, 'not closed'),
    'an indented hidden test': (
        GOOD + '- ' + HIDDEN.replace('\n', '\n  ') + HIDDEN,
        11,
        'must stand alone',
    ),
}


@pytest.fixture
def assignment(book):
    """Write an assignment: what `check` finds in it."""
    (book.folder / 'assignments').mkdir()

    def assignment(body, front=FRONT, name='assignments/one'):
        (book.folder / f'{name}.md').write_text(front + body, 'utf-8')
        return book.findings(name)

    return assignment


def test_a_good_assignment(assignment):
    assert assignment(GOOD + HIDDEN) == []
    assert assignment(CELL % 'x = 1  # SOLUTION' + HIDDEN) == []


@pytest.mark.parametrize('name', WRONG)
def test_each_mistake_names_its_line(assignment, name):
    body, line, message = WRONG[name]
    found = assignment(body)
    assert any(at == line and message in said for at, said in found), found


def test_only_assignments_have_marks(assignment):
    front = '---\ntabs: [jax]\n---\n'
    assert 'belongs to' in assignment(GOOD + HIDDEN, front)[0][1]
    assert 'need `assignment:`' in assignment(GOOD, front, 'page')[0][1]
    assert 'belongs to' in assignment(GOOD + HIDDEN, name='page')[0][1]
    unknown = FRONT.replace('seconds', 'minutes')
    assert 'takes the keys' in assignment(GOOD + HIDDEN, unknown)[0][1]


def test_assignments_are_no_pages(assignment, book):
    assignment(GOOD + HIDDEN)
    book.write(CELL % '1')
    assert book.library.sections() == ['tiny']
    assert book.library.assignments() == ['assignments/one']
    assert book.command('check') == 0
    assert book.command('check', 'one') == 0
    (section,) = (book.library[name] for name in book.library.assignments())
    assert [(test.name, test.points) for test in section.hidden] == [('Sum', 2)]
    assert len(section.groups) == 1
