"""Read the book with Sphinx and write the prose of each notebook as Markdown."""

import re
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import yaml
from docutils import nodes
from jupyter_book.config import get_final_config
from myst_nb.core.read import read_myst_markdown_notebook
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.errors import SphinxError
from sphinx.util.console import strip_escape_sequences
from sphinx.util.docutils import docutils_namespace, patch_docutils

from d2l_shim.files import write_text
from tabbook.notebooks.tree import cite, cut, head
from tabbook.notebooks.visitors import BREAK, Translator
from tabbook.project import SECTIONS, Project
from tabbook.reading import extension, pages
from tabbook.text.parse import ASSIGNMENTS, parse

EXTENSIONS = ('sphinx_markdown_builder', 'tabbook.reading.extension', __name__)
READER = {'.md': [f'{__name__}.read', {}]}


class ProseError(Exception):
    """A book that Sphinx warns about or cannot read; the text is what it says."""


def setup(app):
    """Register the builder with Sphinx."""
    app.add_builder(ProseBuilder)


def read(text):
    """The notebook that a page's `text` makes; no cell has outputs."""
    env = extension.BUILD['app'].env
    plain = text.translate(pages.SPACES)
    page = read_myst_markdown_notebook(plain, env.myst_config, add_source_map=True)
    if not page.metadata.get('tabs'):
        return page
    library = Project(Path(env.srcdir)).library
    name = env.docname.removeprefix(f'{SECTIONS}/')
    section = parse(text, Path(env.doc2path(env.docname)), name)
    made = pages.notebook(section, library, dict.fromkeys(section.tabs))
    for cell in made.cells:  # what a page hides stands in the notebook
        cell.metadata = {k: v for k, v in cell.metadata.items() if k == 'tabbook'}
    return made


def prose(project, sections, tabs):
    """{(section, tab): Prose} for the section names and tabs that have each other.

    Sphinx reads the whole book, so that all its numbers and links are
    those of the pages. Raises ProseError where a page would give a warning.
    """
    root, warnings = project.root.resolve(), StringIO()
    project.look()
    with TemporaryDirectory() as folder, patch_docutils(None), docutils_namespace():
        try:
            toc = _contents(project, folder, sections)
            app = _app(project, folder, warnings, toc)
            app.builder.wanted = (sections, tabs)
            app.build()
        except (SphinxError, OSError) as error:
            warnings.write(f'{error}\n')
    if said := strip_escape_sequences(warnings.getvalue()).strip():
        lines = dict.fromkeys(said.replace(f'{root}/', '').splitlines())
        raise ProseError('\n'.join(lines))
    return app.builder.prose


def _contents(project, folder, sections):
    """The path of a table of contents that has assignments, too, if they are wanted."""
    extra = [name for name in sections if name.startswith(ASSIGNMENTS)]
    if not extra:
        return project.toc.resolve()
    chapters = [{'file': f'{SECTIONS}/{name}'} for name in extra]
    parts = project.contents.get('parts', [])
    more = {'caption': 'Assignments', 'chapters': chapters}
    contents = {**project.contents, 'parts': [*parts, more]}
    path = Path(folder, 'toc.yml')
    write_text(path, yaml.safe_dump(contents))
    return path


def _app(project, folder, warnings, toc):
    root = project.root.resolve()
    own = {
        'external_toc_path': str(toc),
        'nb_custom_formats': READER,
        'latex_individualpages': False,
        'nitpicky': True,
    }
    config, _ = get_final_config(
        user_yaml=project.settings, sourcedir=root, cli_config=own
    )
    known = config['extensions']
    config['extensions'] = [*known, *(e for e in EXTENSIONS if e not in known)]
    return Sphinx(
        srcdir=root,
        confdir=None,
        outdir=Path(folder, 'out'),
        doctreedir=Path(folder, 'doctrees'),
        buildername=ProseBuilder.name,
        confoverrides=config,
        status=None,
        warning=warnings,
        freshenv=True,
    )


@dataclass
class Prose:
    """What a notebook shows beside its code.

    `cells` holds text, and in the place of each code cell the number of its group, or
    'install'; `figures` the image files shown.
    """

    title: str
    cells: list
    figures: set


@dataclass
class Page:
    """What a `Translator` knows of the page that it writes."""

    tree: nodes.document
    address: str
    project: Project
    numbers: dict
    sections: dict
    figures: set = field(default_factory=set)

    def __post_init__(self):
        elements = self.tree.findall(nodes.Element)
        self.names = {name for node in elements for name in node['ids']}

    def section_number(self, section):
        """'2.1. ' of a section; '' where the contents do not number it."""
        names = [f'#{name}' for name in section['ids']]
        if self.tree in (section, section.parent):
            names.append('')
        found = next((self.sections[n] for n in names if self.sections.get(n)), ())
        return ''.join(f'{number}.' for number in found) + ' ' * bool(found)


class ProseBuilder(Builder):
    """Keeps in `prose` the Markdown of the `wanted` (section names, tabs)."""

    name = 'tabbook-prose'
    format = 'markdown'
    supported_image_types: ClassVar = [
        'image/svg+xml', 'image/png', 'image/jpeg', 'image/gif',
    ]  # fmt: skip
    supported_remote_images = supported_data_uri_images = True

    def init(self):
        self.project = Project(Path(self.srcdir))
        self.prose, self.wanted, self.tab = {}, ((), ()), None

    def get_outdated_docs(self):
        return []

    def get_target_uri(self, docname, typ=None):
        return self.project.address(docname, self.tab)

    def get_relative_uri(self, from_, to, typ=None):
        return '' if from_ == to else self.get_target_uri(to)

    def write(self, build_docnames, updated_docnames, method='update'):
        library, (sections, tabs) = self.project.library, self.wanted
        names = {f'{SECTIONS}/{section}': section for section in sections}
        for docname in names:
            if docname not in self.env.found_docs:
                raise SphinxError(f'{docname} is not in _toc.yml: add it there')
        found = [name for name in self.env.collect_relations() if name in names]
        pages = [(name, library[names[name]]) for name in found]
        trees = [
            (self._tree(docname, tab), docname, section, tab)
            for docname, section in pages
            for tab in section.tabs
            if tab in tabs
        ]
        if not self.app._warncount:  # a tree that Sphinx warned of may hold anything
            for tree in trees:
                self._write(*tree)

    def _tree(self, docname, tab):
        self.tab = tab
        tree = self.env.get_and_resolve_doctree(docname, self)
        self.post_process_images(tree)
        return tree

    def _write(self, tree, docname, section, tab):
        self.tab = tab
        cut(tree, tab)
        bibliography = self.env.domains.get('cite')
        cite(tree, bibliography.citations if bibliography else ())
        tabs = () if section.front.get('assignment') else section.tabs
        head(tree, tab, section.name, tabs, self.project)
        page = Page(
            tree,
            self.project.address(docname, tab),
            self.project,
            self.env.toc_fignumbers.get(docname, {}),
            self.env.toc_secnumbers.get(docname, {}),
        )
        translator = Translator(page, self)
        tree.walkabout(translator)
        title = page.section_number(tree) + self.env.titles[docname].astext()
        text = _cells(translator.astext())
        self.prose[section.name, tab] = Prose(title, text, page.figures)


def _cells(text):
    """The pieces of a Markdown text with marks for code cells; no piece is empty."""
    pieces = re.split(f'{BREAK}(\\w*){BREAK}', text)
    pieces = [piece.strip('\n') for piece in pieces]
    pieces[1::2] = [int(p) if p.isdecimal() else p for p in pieces[1::2]]
    return [piece for piece in pieces if piece != '']
