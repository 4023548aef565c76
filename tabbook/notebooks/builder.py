"""Read the book with Sphinx and write the prose of each notebook as Markdown."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import yaml
from docutils import nodes
from sphinx.builders import Builder
from sphinx.errors import SphinxError
from sphinx.transforms.post_transforms import SphinxPostTransform

from d2l_shim.files import write_text
from tabbook.languages.pages import build as translated
from tabbook.notebooks.tree import cite, cut, head, mark
from tabbook.notebooks.visitors import BREAK, Translator
from tabbook.project import SECTIONS, Project
from tabbook.reading.application import build, build_apart
from tabbook.text.parse import ASSIGNMENTS


class ProseError(Exception):
    """A book that Sphinx warns about or cannot read; the text is what it says."""


def setup(app):
    """Register the builder with Sphinx, and what it works with."""
    app.setup_extension('sphinx_markdown_builder')
    app.add_builder(ProseBuilder)
    app.add_post_transform(CellMarks)
    app.add_config_value('tabbook_wanted', ((), ()), '')
    return {'version': '1', 'parallel_read_safe': True, 'parallel_write_safe': True}


def prose(project, sections, tabs, language=None):
    """{(section, tab): Prose} for the section names and tabs that have each other.

    It is in English, or in a `Language`. Sphinx has the whole book, so that all its
    numbers and links are those of the pages. Raises ProseError where a page would give
    a warning.
    """
    name, wanted = ProseBuilder.name, {'tabbook_wanted': (sections, tabs)}
    extra = [name for name in sections if name.startswith(ASSIGNMENTS)]
    if language:
        app, said = translated(project, language, name, **wanted)
    elif extra:  # which are no pages
        with TemporaryDirectory() as folder:
            wanted['external_toc_path'] = _contents(project, folder, extra)
            app, said = build_apart(project, name, folder, folder, **wanted)
    else:  # nothing is written, and what is read can go to the pages
        app, said = build(project, name, project.doctrees, **wanted)
    if said:
        raise ProseError(said)
    return app.builder.prose


def _contents(project, folder, extra):
    """The path of a table of contents that has the assignments `extra`, too."""
    chapters = [{'file': f'{SECTIONS}/{name}'} for name in extra]
    parts = project.contents.get('parts', [])
    more = {'caption': 'Assignments', 'chapters': chapters}
    path = Path(folder, 'toc.yml')
    write_text(path, yaml.safe_dump({**project.contents, 'parts': [*parts, more]}))
    return str(path)


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


class CellMarks(SphinxPostTransform):
    """Leave of each cell a mark: its code comes from elsewhere, its outputs go."""

    default_priority = 1  # before outputs are looked at
    builders = ('tabbook-prose',)

    def run(self, **kwargs):
        for cell in list(self.document.findall(nodes.container)):
            if cell.get('nb_element') == 'cell_code':
                group = cell['cell_metadata']['tabbook']['group']
                cell.replace_self(mark(group))


class ProseBuilder(Builder):
    """Keeps in `prose` the Markdown of `tabbook_wanted`, (section names, tabs)."""

    name = 'tabbook-prose'
    format = 'markdown'
    supported_image_types: ClassVar = [
        'image/svg+xml', 'image/png', 'image/jpeg', 'image/gif',
    ]  # fmt: skip
    supported_remote_images = supported_data_uri_images = True

    def init(self):
        self.project = Project(Path(self.srcdir))
        self.prose, self.tab = {}, None

    def get_outdated_docs(self):
        sections, _ = self.config.tabbook_wanted
        return [f'{SECTIONS}/{section}' for section in sections]

    def get_target_uri(self, docname, typ=None):
        language = self.config.tabbook_language
        return self.project.address(docname, self.tab, language)

    def get_relative_uri(self, from_, to, typ=None):
        return '' if from_ == to else self.get_target_uri(to)

    def write(self, build_docnames, updated_docnames, method='update'):
        library, (sections, tabs) = self.project.library, self.config.tabbook_wanted
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
        head(tree, tab, section.name, tabs, self.project, self.config.tabbook_language)
        page = Page(
            tree,
            self.get_target_uri(docname),
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
