"""Read YAML, or say in which line it is none."""

from copy import deepcopy
from functools import cache

import yaml

from d2l_shim.files import TextError, read_text


def read_yaml(path):
    """What a YAML file holds, {} where it is empty; TextError where it is no YAML."""
    text = read_text(path)
    try:
        return deepcopy(_parsed(text)) or {}
    except yaml.YAMLError as error:
        line, said = mistake(error, text)
        raise TextError(path, line, f'this is no YAML: {said}') from None


@cache
def _parsed(text):
    """What `text` holds, not to be changed: a build asks for it many times."""
    return yaml.safe_load(text)


def mistake(error, text):
    """(line, what it says) of a YAMLError in `text`."""
    mark = getattr(error, 'problem_mark', None)
    place = mark.index if mark else getattr(error, 'position', 0)
    said = getattr(error, 'problem', None) or getattr(error, 'reason', 'a mistake')
    return text.count('\n', 0, place) + 1, said
