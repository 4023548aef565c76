"""Mark what has to be on one sheet of paper, or in one line, for the style sheet."""

import re

from bs4 import BeautifulSoup, NavigableString

SHORT = ':not(pre, td) > code'
WORD = 36  # letters of code in a sentence, up to which it stands on one line
LONG = 16  # lines of code, more of which may stand on two sheets
STANZA = 10  # lines of it that stay together, up to the next empty line
FEW = 5  # lines at its end that stay with what is above
BOX = 900  # letters, more of which may stand on two sheets
TEXT = 500  # letters of a paragraph, likewise: Chromium leaves lines alone
BLANK = re.compile(r'(?P<above>.*\n)[ \t]*\n(?P<below>.*)', re.DOTALL)


def keep_together(body):
    """Mark short words of code, and what is so long that it may be divided."""
    for tag in body.select('pre'):
        if tag.get_text().strip().count('\n') >= LONG:
            _mark(tag, 'long')
            _part(tag)
    for tag in body.select('.admonition:not(.exercise)'):
        if len(tag.get_text()) > BOX:
            _mark(tag, 'long-box')
    for tag in body.select('p, li, table'):
        if len(tag.get_text()) <= (BOX if tag.name == 'table' else TEXT):
            _mark(tag, 'whole')
    for tag in body.select(SHORT):
        if len(tag.get_text()) <= WORD:
            _mark(tag, 'together')


def new(name, **attributes):
    """A tag that is in no page yet."""
    return BeautifulSoup('', 'html.parser').new_tag(name, attrs=attributes)


def _mark(tag, name):
    tag['class'] = [*_classes(tag), name]


def _classes(tag):
    return () if isinstance(tag, NavigableString) else tag.get('class', ())


def _part(code):
    """Part highlighted code at empty lines, into pieces of STANZA lines and more.

    What follows a docstring stays with it. A style has room for the line that is lost.
    """
    piece, pieces = [], []
    for child in [*code.children]:
        blank = BLANK.fullmatch(child) if isinstance(child, NavigableString) else None
        if blank and _lines(piece) >= STANZA and 'sd' not in _classes(piece[-1]):
            pieces.append([*piece, NavigableString(blank['above'].rstrip() + '\n')])
            piece, child = [], NavigableString(blank['below'])
        piece.append(child)
    if pieces and _lines(piece) < FEW:
        piece = [*pieces.pop(), NavigableString('\n'), *piece]
    code.clear()
    for parts in [*pieces, piece]:
        stanza = new('span', **{'class': 'stanza'})
        if _lines(parts) > 2 * LONG:  # as an output is, which has no parts
            _mark(stanza, 'long')
        stanza.extend(parts)
        code.append(stanza)


def _lines(piece):
    return sum(part.get_text().count('\n') for part in piece)
