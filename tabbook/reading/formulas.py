"""How much room a formula will take, so that a page need not move when it is set.

These are guesses, in em of MathJax's fonts, and good to a fifth or so.
"""

import re
from html import unescape

INLINE = re.compile(r'<span class="(math [^"]*)">(\\\((.*?)\\\)</span>)', re.S)
DISPLAYED = re.compile(
    r'<div class="(math [^"]*)"([^>]*>\s*(?:<span class="eqno">.*?</span>)?'
    r'\\\[(.*?)\\\]</div>)',
    re.S,
)
TOKEN = re.compile(r'\\[a-zA-Z]+|\\.|.', re.S)
WIDTHS = [
    (re.compile(f'({like})$'), width)
    for like, width in (
        (r'[{}&\s]|\\\\|\\!|\\(math\w+|text\w*|[bB]igg?[lr]?|[td]?frac|begin|end)', 0),
        (r'\\(left|right)', 0),
        (r'\\[,:;]', 0.22),
        (r'\\quad', 1),
        (r'[=<>]|\\(to|leq?|geq?|approx|in|neq?|leftarrow)', 1.33),
        (r'[+-]|\\times', 1.22),
        (r'\\(cdots|ldots)', 1.17),
        (r'\\(cdot)', 0.7),
        (r'\\(sum|prod|int|log|max|min|exp)', 1.2),
        (r"[()\[\]/|!,.;:']|\\[{}|]|\\ell", 0.39),
        (r'[A-Z]|\\(ln|sin|cos)', 0.8),
        (r'.+', 0.52),
    )
]
TALL = re.compile(r'\\(d?frac|sum|prod|int)(?![a-z])')


def reserve(html):
    """`html` with --room at each formula: its width, or its height if displayed."""
    html = INLINE.sub(lambda m: _roomy('span', m[1], m[2], width(m[3])), html)
    return DISPLAYED.sub(lambda m: _roomy('div', m[1], m[2], height(m[3])), html)


def _roomy(tag, classes, rest, room):
    end = '>' if tag == 'span' else ''
    return f'<{tag} class="{classes}" style="--room: {room}"{end}{rest}'


def width(tex):
    """The width of an inline formula, given as HTML."""
    scales, total, small = [1.0], 0.0, False
    for token in TOKEN.findall(unescape(tex)):
        scale = scales[-1] * (0.7 if small else 1)
        small = token in '_^'
        if token == '{':
            scales.append(scale)
        elif token == '}':
            scales = scales[:-1] or [1.0]
        elif not small:
            total += scale * next(wide for like, wide in WIDTHS if like.match(token))
    return round(total, 2)


def height(tex):
    """The height of a displayed formula, given as HTML, with the space around it."""
    rows = [row for row in unescape(tex).split(r'\\') if row.strip()]
    return round(2 + sum(3 if TALL.search(row) else 1.2 for row in rows), 2)
