"""The published book: where its pages are, from what `_config.yml` says."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tabbook.links import Repository
from tabbook.yaml_files import read_yaml

PROSE_LICENCE = 'https://creativecommons.org/licenses/by-sa/4.0/'


@dataclass(frozen=True)
class Book:
    """Its title, its `Repository` or None, and its site, without a slash at its end.

    The site is '' where the book is not published.
    """

    title: str
    repository: Repository | None
    site: str

    def page(self, docname, tab=None):
        """The address of a page, opened in the framework `tab`; '' without a site."""
        query = f'?framework={tab}' if tab else ''
        return self.site and f'{self.site}/{docname}.html{query}'


def load(root):
    """The `Book` at `root`.

    Its site is html.baseurl, or else where GitHub publishes the repository's pages.
    """
    config = read_yaml(Path(root, '_config.yml'))
    found = config.get('repository') or {}
    url = (found.get('url') or '').rstrip('/')
    repository = Repository(url, found.get('branch') or 'main') if url else None
    site = (config.get('html') or {}).get('baseurl') or _pages(url)
    return Book(config.get('title') or 'the book', repository, site.rstrip('/'))


def _pages(url):
    """Where GitHub publishes the pages of the repository at `url`."""
    owner, _, name = urlsplit(url).path.strip('/').partition('/')
    return f'https://{owner}.github.io/{name}' if name else ''
