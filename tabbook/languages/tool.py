"""The words that no page holds: of the tool, its templates, scripts and figures."""

from pathlib import Path

import tabbook
from tabbook.reading.said import KINDS, spoken

PAGE = 'tool'  # their catalog
SPHINX = 'sphinx'  # whose own words are looked for in this one
OWN = ('reading', 'notebooks')
FOLDERS = ('templates', 'static', 'languages', 'figures')
OTHERS = (  # of Sphinx and the theme, which they lack in some language
    'Color mode',
    'Dark',
    'Light',
    'Link to this heading',
    'Link to this image',
    'Link to this table',
    'Link to this term',
    'Search this book...',
    'System Settings',
)


def messages(project):
    """All messages of the tool, and of the book's templates, scripts and figures."""
    own = [Path(tabbook.__file__).parent / name for name in OWN]
    folders = *own, *(project.book / name for name in FOLDERS)
    paths = [p for f in folders for kind in KINDS for p in sorted(f.glob(f'*{kind}'))]
    found = [message for path in paths for message in spoken(path)]
    return list(dict.fromkeys([*found, *OTHERS]))
