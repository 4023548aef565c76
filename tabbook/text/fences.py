"""Cut MyST text into prose, code cells and outputs; find fences gone wrong."""

import re
from dataclasses import dataclass

OPENER = re.compile(
    r'(?P<indent>(?:\s|>|[-*+]\s|\d+[.)]\s)*)'
    r'(?P<mark>`{3,}(?=[^`]*$)|~{3,}|:{3,})(?P<info>.*)$'
)
COMMENT = re.compile(r'<!--(?!.*-->)(?!-?>)')  # one that ends in a later line
CODE = re.compile(r'(`+)(?!`).*?(?<!`)\1(?!`)')
OURS = ('code-cell', 'output', 'hidden-test')
LITERAL = (
    *OURS,
    'code-block',
    'code',
    'eval-rst',
    'literalinclude',
    'math',
    'parsed-literal',
    'raw',
    'sourcecode',
)


@dataclass(frozen=True)
class Piece:
    """Prose (`directive == ''`) or one of our directives.

    `line` is that of the opening fence, or of the first line of prose.
    """

    text: str
    line: int
    directive: str = ''
    argument: str = ''
    body: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Fence:
    """A fence: lines[start] opens it, lines[end - 1] closes it."""

    start: int
    end: int
    opener: re.Match
    body: tuple[str, ...]

    @property
    def directive(self):
        match = re.match(r'\{([\w:-]+)\}', self.opener['info'].strip())
        return match[1] if match else ''

    @property
    def argument(self):
        return self.opener['info'].strip().partition('}')[2].strip()

    @property
    def ours(self):
        top = not self.opener['indent'] and self.opener['mark'][0] != ':'
        return top and self.directive in OURS


def pieces(text, start, problem):
    """Yield the `Piece`s of `text` from line index `start` on, in order.

    `problem(line, message)` is told of unclosed fences and nested code cells.
    """
    lines = text.split('\n')
    prose = start
    for fence in _fences(lines, start, problem):
        if not fence.ours:
            _nested(fence, problem)
            continue
        yield _prose(lines, prose, fence.start)
        body = '\n'.join(fence.body)
        yield Piece(body, fence.start + 1, fence.directive, fence.argument, fence.body)
        prose = fence.end
    yield _prose(lines, prose, len(lines))


def _prose(lines, start, end):
    while start < end and not lines[start].strip():
        start += 1
    return Piece('\n'.join(lines[start:end]).rstrip(), start + 1)


def _fences(lines, start, problem, offset=0):
    """Yield the outermost fences of `lines`; line i is line i + 1 + offset."""
    i = start
    while i < len(lines):
        if COMMENT.search(text := CODE.sub('', lines[i])):
            stop = _stop(lines, i, not text.lstrip().startswith('<!--'))
            if stop is None:
                problem(i + 1 + offset, 'this comment is not closed by -->')
            i = stop or i
        elif opener := OPENER.match(lines[i]):
            fence = _fence(lines, i, opener, problem, offset)
            yield fence
            i = fence.end
            continue
        i += 1


def _stop(lines, i, inline):
    """The index of the line that closes the comment in line i; None without it."""
    for j in range(i + 1, len(lines)):
        if inline and not lines[j].strip():
            return None
        if '-->' in lines[j]:
            return j
    return None


def _fence(lines, i, opener, problem, offset):
    mark, indent = opener['mark'], len(opener['indent'])
    same = f'{mark[0]}{{{len(mark)},}}'
    closer = re.compile(rf'[\s>]{{0,{indent + 3}}}{same}\s*$')
    another = re.compile(rf'\s{{0,3}}{same}\s*\{{[\w:-]+\}}')
    for end in range(i + 1, len(lines)):
        if closer.match(lines[end]):
            return _Fence(i, end + 1, opener, tuple(lines[i + 1 : end]))
        if another.match(lines[end]):
            break
    else:
        end = len(lines)
    problem(i + 1 + offset, f'this fence is not closed by a line of {mark}')
    return _Fence(i, end, opener, tuple(lines[i + 1 : end]))


def _nested(fence, problem, offset=0):
    """Report code cells and outputs in `fence`, a directive or an indented one."""
    line = fence.start + 1 + offset
    if fence.directive in OURS:
        kind = fence.directive
        problem(line, f'a {kind} must stand alone, unindented, in a fence of ```')
    if fence.directive and fence.directive not in LITERAL:
        for inner in _fences(fence.body, 0, problem, line):
            _nested(inner, problem, line)
