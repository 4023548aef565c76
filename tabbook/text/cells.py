"""What IPython makes of a cell: the Python that runs, each line where it stood."""

import ast
import re
from functools import cache

from IPython.core.inputtransformer2 import TransformerManager

# What splits lines for `str.splitlines`, and so for IPython's transformer, alone.
BREAKS = '\v\f\x1c\x1d\x1e\x85\u2028\u2029'
HARMLESS = str.maketrans({**dict.fromkeys(BREAKS, '\ue000'), '\f': ''})
FILLED = '# and so on'
OPTIONS = r'(?:-[nrplsTD] ?[^\s-]\S*\s+|--?[\w-]+(?:\s+|$))*'
CALL = re.compile(r'^([ \t]*)get_ipython\(\)\.run_line_magic\((.*)\)$', re.M)


@cache
def python(source):
    """The Python that IPython runs for a cell's source.

    Python that a magic runs, such as `%time x = 1`, stands there bare; what is in
    another language is gone.

    >>> python('%time x = 1')
    'x = 1\\n'
    """
    code = _Transformer().transform_cell(source.translate(HARMLESS))
    return CALL.sub(_line_magic, code)


def syntax(source):
    """The `ast.Module` of a cell; SyntaxError as of `ast.parse`."""
    return ast.parse(python(source))


def line_of(source, line):
    """The line of a cell's source that is `line` for IPython."""
    lines = python(source).split('\n')
    own = [number for number, text in enumerate(lines, 1) if text != FILLED]
    return own[min(line, len(own)) - 1]


class _Transformer(TransformerManager):
    """IPython's own, but no line moves, and cell magics are those below."""

    def __init__(self):
        super().__init__()
        self.line_transforms = [_cell_magic]

    def do_one_token_transform(self, lines):
        """As IPython's; in place of a command of several lines stand as many."""
        changed, new = super().do_one_token_transform(lines)
        pairs = zip(lines, new, strict=False)
        first = next((i for i, (a, b) in enumerate(pairs) if a != b), 0)
        new[first + 1 : first + 1] = [f'{FILLED}\n'] * (len(lines) - len(new))
        return changed, new


def _cell_magic(lines):
    """The lines of a cell whose `%%` line is replaced by what it binds."""
    magic = re.match(r'%%(\w+)\s(.*)', lines[0]) if lines else None
    if magic is None:
        return lines
    name, said = magic.groups()
    if name == 'timeit':
        return ['def _timeit():\n', *(f' {line}' for line in lines[1:])]
    if name in ('capture', 'debug', 'prun', 'time'):
        words = [word for word in said.split() if not word.startswith('-')]
        binds, body = words if name == 'capture' else [], lines[1:]
    else:
        binds, body = re.findall(r'--(?:out|err|proc)[ =](\w+)', said), []
    return [' = '.join([*binds, 'None']) + '\n', *body]


def _line_magic(call):
    """The statement that a line with a magic comes down to."""
    indent, arguments = call.groups()
    name, said = ast.literal_eval(f'({arguments})')
    code = re.sub(f'^{OPTIONS}', '', said)
    if name in ('pylab', 'run'):  # who knows what that binds
        return f'{indent}from {name} import *'
    if name == 'timeit' and code:
        return f'{indent}def _timeit(): {code}'
    return indent + code if name in ('prun', 'time') and code else call[0]


def names(source):
    """The names in a cell's code; in what is not plain Python, all words."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:
        return set(re.findall(r'\w+', source))
    fields = (getattr(n, name, None) for n in nodes for name in ('id', 'attr', 'name'))
    return {word for word in fields if isinstance(word, str)}
