"""Read tables that a teacher made: CSV of a spreadsheet, with any divider."""

import csv
import math
import re
from datetime import UTC, datetime
from io import StringIO

from d2l_shim.files import TextError, read_text


class SheetError(Exception):
    """What cannot be done with a table; the text names it, the line and the remedy."""


def cells(path):
    """(divider, [(line, row)]) of a table, of its first line even where that is empty.

    Cells are divided by commas, semicolons or tabs, as the first line says.
    """
    try:
        text = read_text(path)
    except TextError as error:
        raise SheetError(f'{error}') from None
    first = re.sub('"[^"]*"', '', text.partition('\n')[0])
    # the first such sign, for a later name may have others in it
    divider = next((sign for sign in first if sign in ',;\t'), ',')
    reader = csv.reader(StringIO(text, newline=''), delimiter=divider, strict=True)
    try:
        return divider, [(reader.line_num, row) for row in reader] or [(1, [])]
    except csv.Error as error:
        raise SheetError(f'{path}, line {reader.line_num}: {error}') from None


def rows(path, known, needed=()):
    """[(line, {column: text})] of a table's rows that are not empty.

    `known` is {column: its other names}; other columns are left out, and a column that
    is not there is ''. Raises SheetError where `needed` ones are missing.
    """
    _, (head, *body) = cells(path)
    columns = [_column(cell, known) for cell in head[1]]
    for name in needed:
        if name not in columns:
            raise SheetError(
                f'{path} has no column {name!r} in its first line; it takes '
                f'{", ".join(known)}'
            )
    twice = {name for name in columns if name and columns.count(name) > 1}
    if twice:
        raise SheetError(f'{path} has two columns {min(twice)!r}; remove one')
    return [(line, _row(columns, known, row)) for line, row in body if any(row)]


def number(text, where, most=math.inf):
    """A number from 0 to `most`, written with a point or a comma."""
    try:
        found = float(text.replace(',', '.'))
    except ValueError:
        found = -1
    if not 0 <= found <= min(most, 1e9):  # NaN, too
        upto = '' if most == math.inf else f' to {most:g}'
        raise SheetError(f'{where}: {text!r} is no number from 0{upto}')
    return found


def instant(path, line, text):
    """Seconds since 1970 of a time such as 2026-11-29 23:59; -inf for ''."""
    try:
        time = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise SheetError(
            f'{path}, line {line}: {text!r} is no time; write it as 2026-11-29 23:59'
        ) from None
    if time is None:
        return -math.inf
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _column(cell, known):
    """The column that a cell of the first line names; None for one that is not used."""
    plain = re.sub(r'[\s_-]+', ' ', cell.strip().lower())
    return next((n for n, others in known.items() if plain in (n, *others)), None)


def _row(columns, known, row):
    cells = {name: cell.strip() for name, cell in zip(columns, row, strict=False)}
    return {name: cells.get(name, '') for name in known}
