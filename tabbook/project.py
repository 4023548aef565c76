"""A book: its settings and contents, its sections, its folders and its address."""

from dataclasses import dataclass
from functools import cached_property
from os.path import relpath
from pathlib import Path
from posixpath import join
from urllib.parse import urlsplit

from d2l_shim.files import read_text
from tabbook.language import languages
from tabbook.links import Repository
from tabbook.text.parse import Library
from tabbook.yaml_files import read_yaml

SECTIONS = 'notebooks'  # where sections are: in the project, and among the pages
BUILT = '_build'
TEXTS = ('.bib', '.csv', '.md', '.po', '.yml')


def _below(*parts):
    """The path at `parts` below the root of a project, as a property."""
    return property(lambda project: project.root.joinpath(*parts))


@dataclass(frozen=True)
class Project:
    """The book in the folder `root`; nothing is read before it is asked for."""

    root: Path

    settings = _below('_config.yml')
    toc = _below('_toc.yml')
    book = _below('book')  # pages without code, and what all pages are made with
    sections = _below(SECTIONS)

    catalogs = _below('book', 'locale')  # translations of the pages
    results = _below('book', 'results')  # what reference runs and measurements gave
    unfinished = _below(BUILT, 'runs')  # reference runs on their way

    outputs = _below(BUILT, 'outputs')  # of the sections' code
    doctrees = _below(BUILT, '.doctrees')  # what Sphinx has read
    compiled = _below(BUILT, 'locale')  # translations as Sphinx takes them
    drawn = _below(BUILT, 'figures')  # with the words of translations
    html = _below(BUILT, 'html')
    pdf = _below(BUILT, 'pdf')
    notebooks = _below(BUILT, 'notebooks')  # plain ones, a framework each
    assignments = _below(BUILT, 'assignments')

    @classmethod
    def find(cls, start='.'):
        """The project around the folder `start`, as seen from the working folder.

        Raises FileNotFoundError where there is none.
        """
        start = Path(start).resolve()
        for folder in (start, *start.parents):
            project = cls(_seen(folder))
            if project.settings.is_file() and project.sections.is_dir():
                return project
        raise FileNotFoundError(f'no _config.yml with notebooks/ in {start} or above')

    @cached_property
    def config(self):
        """What `_config.yml` says."""
        return read_yaml(self.settings)

    @cached_property
    def contents(self):
        """What `_toc.yml` says."""
        return read_yaml(self.toc)

    @cached_property
    def library(self):
        """The sections, each read once."""
        return Library(self.sections)

    @property
    def home(self):
        """The name of the first page."""
        return self.contents['root']

    @property
    def pages(self):
        """The names of all pages in order."""
        return [self.home, *_files([self.contents])]

    @property
    def title(self):
        return self.config.get('title') or 'the book'

    @property
    def repository(self):
        """The `Repository` that `_config.yml` names, or None."""
        found = self.config.get('repository') or {}
        url = (found.get('url') or '').rstrip('/')
        return Repository(url, found.get('branch') or 'main') if url else None

    @property
    def site(self):
        """Where the pages are published, without a slash at its end; '' if nowhere.

        This is html.baseurl, or else where GitHub publishes the repository's pages.
        """
        url = (self.config.get('html') or {}).get('baseurl')
        return (url or _pages_of(self.repository)).rstrip('/')

    def address(self, docname, tab=None, language=''):
        """The address of a page, opened in the framework `tab`; '' without a site.

        `language` is the key of the page's own, unless that is English.
        """
        query = f'?framework={tab}' if tab else ''
        return self.site and f'{self.site}/{join(language, docname)}.html{query}'

    @cached_property
    def languages(self):
        """The languages beside English, {key: Language}."""
        return languages(self.config)

    @property
    def published(self):
        """The languages that have pages."""
        return [found for found in self.languages.values() if found.published]

    def catalog(self, language, page):
        """The file that holds the translation of a page into a language."""
        return self.catalogs / language / 'LC_MESSAGES' / f'{page}.po'

    @property
    def locales(self):
        """The folders of translations into the one language that Sphinx is told of."""
        own = (self.config.get('sphinx') or {}).get('config') or {}
        return [self.root / name for name in own.get('locale_dirs', ['locales'])]

    def look(self):
        """Raise TextError for the first file of the book that is no text."""
        for path in (self.settings, self.toc):
            read_yaml(path)
        for folder in (self.book, self.sections, *self.locales):
            for path in sorted(folder.rglob('*.*')):
                if path.suffix in TEXTS and path.is_file():
                    read_text(path)


def _seen(folder):
    """`folder` from the working folder, where one of the two holds the other."""
    here = Path.cwd()
    near = here.is_relative_to(folder) or folder.is_relative_to(here)
    return Path(relpath(folder)) if near else folder


def _files(entries):
    for entry in entries:
        if 'file' in entry:
            yield entry['file']
        for inside in ('parts', 'chapters', 'sections'):
            yield from _files(entry.get(inside, ()))


def _pages_of(repository):
    """Where GitHub publishes the pages of a `repository`; '' of none."""
    path = urlsplit(repository.url).path if repository else ''
    owner, _, name = path.strip('/').partition('/')
    return f'https://{owner}.github.io/{name}' if name else ''
