"""Bring catalogs up to date with the pages, and say what there is to do."""

from tabbook.languages import catalogs
from tabbook.languages.builder import messages
from tabbook.languages.tool import PAGE


class UnknownName(LookupError):
    """A page or a language that the book does not have; the text says which it has."""


def translate(project, pages=(), languages=()):
    """Yield a line for each catalog of `languages` (keys; all), brought up to date.

    These are the catalogs of `pages`, which are begun where they are not there, or
    all that are.
    """
    chosen = [_language(project, key) for key in languages or project.languages]
    wanted = [page_name(project, text) for text in pages]
    found = messages(project)
    for language in chosen:
        for page in wanted or catalogs.begun(project, language.key):
            if page in found:
                told = catalogs.update(project, language, page, found[page])
                yield f'{language.key} {told}'
            else:
                path = project.catalog(language.key, page)
                yield f'{path}: the book has no page {page}: rename or delete it'


def _language(project, key):
    if key not in project.languages:
        known = ', '.join(project.languages) or 'none'
        raise UnknownName(f'there is no language {key!r}; languages are: {known}')
    return project.languages[key]


def page_name(project, text):
    """The page that `text`, its name, its last part or its path, means."""
    known = [*project.pages, PAGE]
    name = text.removesuffix('.md')
    ends = [page for page in known if page.rpartition('/')[2] == name]
    if name in known:
        return name
    if len(ends) == 1:
        return ends[0]
    raise UnknownName(f'there is no page {text!r}; pages are: {", ".join(known)}')
