"""The book's files as text: YAML, and a look at all before others read them."""

from pathlib import Path

import yaml

from d2l_shim.files import TextError, read_text

SETTINGS = ('_config.yml', '_toc.yml')
TEXTS = ('.bib', '.csv', '.md', '.po', '.yml')


def read_yaml(path):
    """What a YAML file holds, {} where it is empty; TextError where it is no YAML."""
    text = read_text(path)
    try:
        return yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        line, said = mistake(error, text)
        raise TextError(path, line, f'this is no YAML: {said}') from None


def mistake(error, text):
    """(line, what it says) of a YAMLError in `text`."""
    mark = getattr(error, 'problem_mark', None)
    place = mark.index if mark else getattr(error, 'position', 0)
    said = getattr(error, 'problem', None) or getattr(error, 'reason', 'a mistake')
    return text.count('\n', 0, place) + 1, said


def look(root):
    """Raise TextError for the first file of the book at `root` that is no text."""
    for name in SETTINGS:
        read_yaml(Path(root, name))
    for folder in ('book', 'notebooks', 'locale'):
        for path in sorted(Path(root, folder).rglob('*.*')):
            if path.suffix in TEXTS and path.is_file():
                read_text(path)
