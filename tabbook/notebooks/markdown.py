"""Pieces of Markdown that Jupyter, Colab and GitHub all show alike."""

import base64
import html
import mimetypes
import re

from docutils import nodes

from tabbook.reading.pixels import drawn

UNITS = {  # in pixels
    '': 1,
    'px': 1,
    'em': 16,
    'ex': 8,
    'pt': 4 / 3,
    'pc': 16,
    'in': 96,
    'cm': 96 / 2.54,
    'mm': 9.6 / 2.54,
}
DISPLAYS = {  # what Jupyter would number by itself, and what may have a \tag instead
    'align': 'aligned',
    'alignat': 'alignedat',
    'eqnarray': 'aligned',
    'flalign': 'aligned',
    'gather': 'gathered',
    'multline': 'gathered',
}
NESTED = (
    nodes.Admonition,
    nodes.block_quote,
    nodes.definition,
    nodes.entry,
    nodes.footnote,
    nodes.list_item,
    nodes.sidebar,
    nodes.topic,
)
SPECIAL = re.compile(r'[\\`*]|(?<!\w)_|_(?!\w)|~~')
AT_START = re.compile(r'^(\s*\d*)((?:#+|[-+.)])(?=\s|$)|>|={2,}|-{2,})')
ENTITIES = [
    (r'&(?=#?\w+;)', '&amp;'),
    (r'<(?=[\w/!?]|$)', '&lt;'),
    (r'\](?=[(\[:])', '&#93;'),
    # Alone in its element, a dollar opens no formula in any notebook.
    (r'\$', '<span>&#36;</span>'),
]


def escape(text, starts=False):
    """`text` such that Markdown shows it as it is, also where it `starts` a block."""
    text = SPECIAL.sub(r'\\\g<0>', text.replace('\n', ' '))
    for pattern, entity in ENTITIES:
        text = re.sub(pattern, entity, text)
    return AT_START.sub(r'\1\\\2', text, count=1) if starts else text


def code(text):
    """`text` as code in a line."""
    text = text.replace('\n', ' ')
    fence, edge = '`' * (_ticks(text) + 1), ' ' if '`' in text[:1] + text[-1:] else ''
    return f'{fence}{edge}{text}{edge}{fence}'


def listing(text, language=''):
    """`text` as a block of code."""
    fence = '`' * max(3, _ticks(text) + 1)
    return f'{fence}{language}\n{text.rstrip()}\n{fence}'


def preformatted(text):
    """`text` as a block of code on one line; Markdown and HTML see no signs in it."""
    plain = r'[^\w .,;()=\'"-]|_'
    signs = re.sub(plain, lambda sign: f'&#{ord(sign[0])};', text.rstrip())
    return f'<pre>{signs}</pre>'


def _ticks(text):
    """The length of the longest run of backticks."""
    return max(map(len, re.findall('`+', text)), default=0)


def tex(node):
    """The formula of a math node, on one line; a bar ends no cell of a table."""
    text = ' '.join(node.astext().split())
    if not in_cell(node):
        return text
    return text.replace(r'\|', r'\Vert{}').replace('|', r'\vert{}')


def display(node, tag):
    """A displayed formula; the `tag` is its number, or ''."""
    text = node.astext().strip()
    if found := re.fullmatch(r'\\begin\{(\w+)\*?\}(.*)\\end\{\1\*?\}', text, re.S):
        if found[1] == 'equation':
            text = found[2].strip()
        elif new := DISPLAYS.get(found[1]):
            text = f'\\begin{{{new}}}{found[2]}\\end{{{new}}}'
    rows = [row.strip() for row in re.split(r'\n\s*\n', text)]
    if len(rows) > 1 or (r'\\' in text and not text.startswith(r'\begin')):
        text = '\\begin{aligned}\n' + ' \\\\\n'.join(rows) + '\n\\end{aligned}'
    if tag:
        text += f' \\tag{{{tag}}}'
    if any(isinstance(above, NESTED) for above in _above(node)):
        return f'$${" ".join(text.split())}$$'  # Jupyter takes '>' for a part of it
    return f'$$\n{text}\n$$'


def in_cell(node):
    """Whether `node` stands in a cell of a table, which is one line."""
    return any(isinstance(above, nodes.entry) for above in _above(node))


def _above(node):
    while node := node.parent:
        yield node


def image(path, alt, width=None):
    """An HTML image that holds the file at `path`."""
    kind = mimetypes.guess_type(path.name)[0]
    return picture(path.read_bytes(), kind, alt, width)


def picture(content, kind, alt, width=None):
    """An HTML image that holds `content`, drawn if it is of the `kind` SVG.

    Raises ValueError where that is no SVG.
    """
    if kind == 'image/svg+xml':
        content, natural = drawn(content)
        kind, width = 'image/png', width or natural
    data = base64.b64encode(content).decode()
    return image_at(f'data:{kind};base64,{data}', alt, width)


def image_at(address, alt, width=None):
    """An HTML image of what is at an address; only HTML can give a width."""
    size = f' width="{_pixels(str(width))}"' if width else ''
    return f'<img src="{address}" alt="{attribute(alt)}"{size}>'


def _pixels(width):
    """A `width` such as '2em' as HTML wants it: in pixels, or as it is where in %."""
    number, unit = re.fullmatch(r'([\d.]+)\s*(\D*)', width).groups()
    return f'{float(number) * UNITS[unit]:g}' if unit in UNITS else width


def attribute(text):
    """`text` as the value of an HTML attribute; a dollar opens no formula in it."""
    return html.escape(' '.join(text.split())).replace('$', '&#36;')


def quoted(text):
    """`text` as a quotation, which all notebooks draw as a box."""
    return '\n'.join(f'> {line}'.rstrip() for line in text.split('\n'))


def item(text):
    """`text`, which may be many blocks, as the item of a list."""
    return '- ' + re.sub(r'^(?=.)', '  ', text, flags=re.M).removeprefix('  ')


def details(title, text):
    """`text` folded under `title`, a node."""
    return f'<details>\n<summary>{_inner(title)}</summary>\n\n{text}\n\n</details>'


def _inner(node):
    """What a line holds as HTML, where Markdown is not read."""
    if isinstance(node, nodes.Text):
        return html.escape(node.astext(), quote=False).replace('\n', ' ')
    if isinstance(node, nodes.math):
        return f'${html.escape(tex(node), quote=False)}$'
    text = ''.join(map(_inner, node.children))
    return f'<code>{text}</code>' if isinstance(node, nodes.literal) else text


def cell(text):
    """Markdown `text` of many blocks as a cell of a table, on one line."""
    text = re.sub(r'^(?:> ?)+', '', text.strip(), flags=re.M)
    return '<br>'.join(map(_line, re.split(r'\n\s*\n|\n(?= *(?:-|\d+\.) )', text)))


def _line(text):
    indent = '&nbsp;' * (len(text) - len(text.lstrip()))
    text = re.sub('^- ', '• ', text.lstrip())
    return indent + text.replace('\n', ' ').replace('|', r'\|')


def table(rows, sides):
    """A table: its rows, the first of them the head, and the rule under that."""
    width = max(map(len, rows))
    lines = [_row(row, width) for row in rows]
    return '\n'.join([lines[0], _row(sides, width, '---'), *lines[1:]])


def _row(cells, width, empty=''):
    return f'| {" | ".join([*cells, *[empty] * (width - len(cells))])} |'
