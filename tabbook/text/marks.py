"""The marks of an assignment in its one source: solutions, public and hidden tests.

A solution stands between lines `# BEGIN SOLUTION` and `# END SOLUTION`, or ends in
`# SOLUTION`: Otter-Grader's marks, which leave `...` in the student's copy. A cell
that begins with `# Public test` is one: plain asserts that students may run.
"""

import re

from tabbook.text.parse import ASSIGNMENTS

PUBLIC = '# Public test'
BEGIN, END = '# BEGIN SOLUTION', '# END SOLUTION'
LINE = re.compile(r'\s# SOLUTION$')
MARK = re.compile(r'#\s*(BEGIN|END)\b.*SOLUTION', re.IGNORECASE)


def is_public_test(source):
    """Whether a cell's source is a public test."""
    return source.startswith(PUBLIC)


def is_solved(source):
    """Whether a cell's source holds a solution."""
    lines = source.split('\n')
    return any(line.strip() == BEGIN or LINE.search(line) for line in lines)


def solved(source):
    """A cell's source without the marks around its solutions."""
    lines = (line for line in source.split('\n') if line.strip() not in (BEGIN, END))
    return '\n'.join(re.sub(rf'\s*{LINE.pattern}', '', line) for line in lines)


def given(source):
    """A cell's source with `...` in the place of its solutions, as students get it."""
    kept, inside = [], False
    for line in source.split('\n'):
        mark = line.strip()
        if mark == BEGIN:
            kept.append(line.replace(BEGIN, '...'))
        elif not inside and LINE.search(line):
            left, equals, _ = line.partition(' = ')
            own = line[: len(line) - len(line.lstrip())]
            kept.append(f'{left} = ...' if equals else f'{own}...')
        elif not inside and mark != END:
            kept.append(line)
        inside = (inside or mark == BEGIN) and mark != END
    return '\n'.join(kept)


def findings(section):
    """Yield (line, message) for each fault of `section` as an assignment."""
    own = section.front.get('assignment')
    if (own is not None) != section.name.startswith(ASSIGNMENTS):
        yield 1, f'`assignment:` belongs to the sections in {ASSIGNMENTS} only'
    cells = [cell for group in section.groups for cell in group.cells]
    marked = [cell for cell in cells if is_solved(cell.source)]
    if own is None:
        if marked or section.hidden:
            yield (
                (marked or section.hidden)[0].line,
                'solutions and hidden tests need `assignment:` in the front matter',
            )
    else:
        yield from _assignment(section, own)
    for cell in cells:
        yield from _marks(cell)


def _assignment(section, own):
    known = ('exercise', 'seconds', 'memory')
    if not isinstance(own, dict) or not set(own) <= set(known):
        yield 1, f'`assignment:` takes the keys {", ".join(known)}'
    if not section.hidden:
        yield 1, 'an assignment needs hidden tests: {hidden-test} name'
    for output in (o for group in section.groups for o in group.outputs):
        yield output.line, 'an output would tell students the answer'
    for tab in section.tabs:
        shown = [c for c in (group.cell(tab) for group in section.groups) if c]
        if not any(is_solved(cell.source) for cell in shown):
            yield 1, f'the tab {tab} has no {BEGIN}'
    names = set()
    for test in section.hidden:
        if test.name in names:
            yield test.line, f'a second hidden test {test.name!r}'
        names.add(test.name)
        try:
            compile(test.source, '<hidden test>', 'exec')
        except SyntaxError as error:
            yield test.line + (error.lineno or 1) - 1, f'syntax: {error.msg}'


def _marks(cell):
    """Yield (line, message) for solution marks that are unclosed, nested or empty."""
    opened, filled = None, False
    for line, text in enumerate(cell.source.split('\n'), cell.line):
        mark = text.strip()
        if MARK.search(mark) and mark not in (BEGIN, END):
            yield line, f'a mark is a line of its own, {BEGIN} or {END}'
        elif mark == BEGIN:
            if opened:
                yield line, f'{BEGIN} inside the solution that begins in line {opened}'
            opened, filled = line, False
        elif mark == END:
            if opened is None:
                yield line, f'{END} without {BEGIN}'
            elif not filled:
                yield opened, 'this solution is empty'
            opened = None
        elif mark and not mark.startswith('#'):
            filled = True
    if opened:
        yield opened, f'this solution is not closed by {END}'
