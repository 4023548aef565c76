"""The words that no page holds: of the tool, its templates and its scripts."""

from pathlib import Path

from babel.messages.extract import extract

import tabbook

PAGE = 'tool'  # their catalog
KINDS = {  # where they are, and as what Babel reads them
    '*.py': 'python',
    '*.js': 'javascript',
    '*.html': 'jinja2.ext:babel_extract',
}


def messages(project):
    """All `_('...')` of the tool's reading, and of the book's templates and scripts."""
    own = Path(tabbook.__file__).parent / 'reading'
    folders = own, project.book / 'templates', project.book / 'static'
    found = {}
    for folder in folders:
        for pattern, kind in KINDS.items():
            for path in sorted(folder.glob(pattern)):
                with path.open('rb') as file:
                    for _, message, _, _ in extract(kind, file, keywords={'_': None}):
                        found[message] = path.name
    return list(found)
