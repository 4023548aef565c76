"""Text that somebody else wrote: clipped, on one line, and nothing in it unseen."""

import re
import unicodedata

FORMULA = '=+-@'  # with which a spreadsheet's formula begins
DIVIDED = re.compile(r'([;,|\t]\s*|^\s*)')  # after which a cell may begin


def line(text, longest=300):
    """`text` on one line, of `longest` characters at most.

    What would not be seen, or would change how the rest is read, is written as Python
    does: the characters of control, of direction and those without a glyph.
    """
    text = str(text)
    clipped = text if len(text) <= longest else f'{text[: longest - 3]}...'
    return ''.join(map(_visible, re.sub(r'[\t\n\r]+', ' ', clipped)))


def lines(text):
    """`text` with its lines and tabs; all else as `line` writes it."""
    return ''.join(c if c in '\n\t' else _visible(c) for c in text)


def cell(text):
    """`text` for a table, with a mark before what a spreadsheet takes for a formula.

    It may divide cells at other signs than commas, and reads wide signs as narrow ones.
    """
    parts = DIVIDED.split(text)
    return ''.join(f"'{p}" if _starts_formula(p) else p for p in parts)


def is_marked(text):
    """Whether `cell` returned `text`, and would mark it a second time."""
    parts = DIVIDED.split(text)
    bare = ''.join(p[1:] if p[:1] == "'" and _starts_formula(p) else p for p in parts)
    return bare != text and cell(bare) == text


def _starts_formula(text):
    plain = unicodedata.normalize('NFKC', text[:1].strip('"\''))
    plain = plain or unicodedata.normalize('NFKC', text.lstrip('"\' ')[:1])
    return plain[:1] in tuple(FORMULA)


def _visible(character):
    if character.isprintable():
        return character
    return character.encode('unicode_escape').decode('ascii')
