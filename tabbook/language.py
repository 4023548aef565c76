"""A language that the book is translated into, as `_config.yml` lists it."""

from dataclasses import dataclass

ENGLISH = 'en'
KNOWN = {'name', 'sphinx', 'html', 'published'}


class LanguageError(ValueError):
    """An entry that says nothing sensible; the text names it and the remedy."""


@dataclass(frozen=True)
class Language:
    """`key` names its folders, `sphinx` and `html` are what those call it.

    `name` is its own name for itself; only what is `published` has pages.
    """

    key: str
    name: str
    sphinx: str
    html: str
    published: bool = False


def languages(config):
    """The `Language`s that a read `_config.yml` lists, {key: Language}."""
    found = config.get('languages') or {}
    if not isinstance(found, dict):
        raise LanguageError('languages in _config.yml: write `ko: {name: 한국어}`')
    return {key: _language(str(key), entry or {}) for key, entry in found.items()}


def _language(key, entry):
    if not isinstance(entry, dict) or not entry.get('name'):
        raise LanguageError(f'languages.{key} in _config.yml lacks a `name`')
    if other := ', '.join(sorted(set(entry) - KNOWN)):
        known = ', '.join(sorted(KNOWN))
        message = f'languages.{key} in _config.yml: no {other}, but {known}'
        raise LanguageError(message)
    names = {'sphinx': key, 'html': key, **entry}
    return Language(key, **names)
