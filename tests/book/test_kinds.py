"""All kinds of nodes, directives and roles: in a notebook as text, or refused."""

import re
import shutil
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.parsers.rst import directives, roles
from nbconvert.filters import markdown2html

from tabbook.html.build import BuildError
from tabbook.notebooks.build import write_notebooks
from tabbook.notebooks.builder import ProseError
from tabbook.notebooks.visitors import Translator

KINDS = Path(__file__).parent / 'kinds'
EVERY = KINDS.parent / 'constructs' / 'every.md'
PAGES = ('roles', 'docutils', 'sphinx', 'domains', 'design', 'rst', 'exercises')
USED = re.compile(
    r'\{(?P<myst>[\w:+-]+)\}'  # ```{directive} or {role}`text`
    r'|\.\. (?P<rst>[\w:+-]+)::'
)
PAGE = """---
tabs: [jax]
---

# A page

{}

```{{code-cell}} ipython3
1 + 1
```
"""
LINE = 1 + PAGE[: PAGE.index('{}')].count('\n')
REFUSED = [
    *(
        f'```{{{name}}} some\ntext\n```'
        for name in (
            'date',
            'eval',
            'eval:figure',
            'footbibliography',
            'footer',
            'glue',
            'glue:',
            'glue:any',
            'glue:figure',
            'glue:md',
            'header',
            'meta',
            'nosuch',
            'raw-cell',
            'replace',
            'restructuredtext-test-directive',
            'rosetta',
            'sectnum',
            'tableofcontents',
            'target-notes',
            'toctree',
            'unicode',
        )
    ),
    *(
        f'{{{name}}}`some`'
        for name in (
            'anonymous-reference',
            'citation-reference',
            'envvar:no',
            'eval',
            'footcite',
            'footcite:ct',
            'footcite:cts',
            'footcite:p',
            'footcite:ps',
            'footcite:t',
            'footcite:ts',
            'footnote-reference',
            'glue',
            'glue:any',
            'glue:text',
            'keyword',
            'math:numref',
            'named-reference',
            'nb-download',
            'raw',
            'restructuredtext-unimplemented-role',
            'substitution-reference',
            'target',
            'uri-reference',
            'octicon',
            'bdg-ref',
            'term',
            'eq',
            'option',
            'token',
        )
    ),
    '{glue:md}`some:myst`',
    '```{glue:math} some\n:label: some\n```',
    '```{rosetta} some\n```',
    '```{spread} none.csv a b\n```',
    '```{outcomes} none one\n```',
    '```{solution} nowhere\n```',
    '![none](../book/none.png)',
    ':::{productionlist} some\n:::',
]
NO_NOTEBOOK = [
    *(
        f'{{{name}}}`file`'
        for name in ('fa', 'fa-brands', 'fa-regular', 'fa-solid', 'fab', 'far', 'fas')
    ),
    '```{launch} notebooks/use\n```',
    '![broken](../book/broken.svg)',
]
TABLE_IN_TABLE = '```{list-table}\n* - | a |\n    |---|\n    | b |\n```'


def named(module, *names):
    """The `names` of classes in `module`, in full."""
    return [f'{module}.{name}' for name in names]


# Why no node of these kinds is in the tree that becomes a notebook.
NEVER = {
    'others are made from it, it is not made': [
        *named('docutils.nodes', 'Element', 'FixedTextElement', 'TextElement'),
        *named(
            'sphinx.addnodes',
            '_desc_classes_injector',
            'desc_sig_element',
            'translatable',
        ),
        'docutils.nodes.document',  # Sphinx has its own
    ],
    'Sphinx or docutils removes or replaces it while it reads': [
        *named(
            'docutils.nodes',
            'citation_reference',
            'substitution_reference',
            'system_message',
        ),
        *named(
            'sphinx.addnodes',
            'highlightlang',
            'only',
            'pending_xref',
            'pending_xref_condition',
        ),
        *named('sphinx.domains', 'c.AliasNode', 'cpp.AliasNode'),
    ],
    'only translated pages have it, which test_languages.py builds': [
        *named('tabbook.reading.originals', 'original', 'pair'),
    ],
    'an extension replaces it before a builder comes': [
        'myst_nb.ext.execution_tables.ExecutionStatsNode',
        'sphinx_external_toc.events.TableOfContentsNode',
        'sphinxcontrib.bibtex.nodes.bibliography',
        'tabbook.reading.words.words',
        *named(
            'sphinx_exercise.nodes',
            'exercise_end_node',
            'exercise_subtitle',
            'exercise_title',
            'solution_end_node',
            'solution_start_node',
            'solution_subtitle',
            'solution_title',
        ),
    ],
    'it is made for HTML alone': [
        'sphinx_book_theme.nodes.SideNoteNode',
        'sphinx_design.aside.aside_main',
        *named('sphinx_design.dropdown', 'dropdown_main', 'dropdown_title'),
        *named('sphinx_design.tabs', 'sd_tab_input', 'sd_tab_label'),
    ],
    'it is made for LaTeX alone': [
        *named(
            'sphinx.builders.latex.nodes',
            'captioned_literal_block',
            'footnotemark',
            'footnotetext',
            'math_reference',
            'thebibliography',
        ),
        'sphinx.writers.latex.collected_footnote',
        'sphinxcontrib.bibtex.nodes.raw_latex',
        'sphinx_exercise.nodes.exercise_latex_number_reference',
        'sphinx_jupyterbook_latex.nodes.RootHeader',
        *named('sphinx_jupyterbook_latex.nodes', 'CellInput', 'CellOutput'),
        'sphinx.addnodes.start_of_file',
    ],
    'it opens an .rst page, and all pages are .md': named(
        'docutils.nodes',
        'address',
        'author',
        'authors',
        'contact',
        'copyright',
        'date',
        'docinfo',
        'organization',
        'revision',
        'status',
        'version',
    ),
    'an extension that we do not enable makes it': [
        *named('sphinx.ext.autosummary', 'autosummary_table', 'autosummary_toc'),
        'sphinx.addnodes.desc_type',
    ],
    'cells have no tags here that hide them': [
        'myst_nb.sphinx_.HideCodeCellNode',
    ],
    'it is refused: see REFUSED and NO_NOTEBOOK': [
        *named(
            'docutils.nodes',
            'decoration',
            'footer',
            'generated',
            'header',
            'pending',
            'problematic',
            'substitution_definition',
        ),
        'myst_nb.ext.glue.utils.PendingGlueReference',
        *named('sphinx.addnodes', 'compact_paragraph', 'toctree'),
        'sphinx_design.icons.fontawesome',
        'sphinx_jupyterbook_latex.nodes.HiddenCellNode',  # of a toctree
        'tabbook.reading.launch.launch',
    ],
}


def with_sections(book, names):
    """`book` with the sections `names`, which are there already, outputs stored."""
    use = '      - file: notebooks/use\n'
    more = ''.join(f'      - file: notebooks/{name}\n' for name in names)
    book.edit('_toc.yml', use, use + more)
    book.store_all()
    return book


@pytest.fixture(scope='module')
def seen():
    """What the trees of notebooks held, and what was registered with Sphinx then."""
    kinds, names = set(), set()
    init = Translator.__init__

    def watched(self, page, builder):
        kinds.update(type(node) for node in page.tree.findall())
        names.update(directives._directives, directives._directive_registry)
        names.update(roles._roles, roles._role_registry)
        for domain in builder.env.domains.values():
            for name in (*domain.directives, *domain.roles):
                names.add(f'{domain.name}:{name}')
        init(self, page, builder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Translator, '__init__', watched)
        yield kinds, names


@pytest.fixture(scope='module')
def kinds(new_book, seen):
    """A book with sections of all kinds, its pages and its notebooks built."""
    book = new_book()
    for path in KINDS.iterdir():
        shutil.copy(path, book.root / ('notebooks' if path.stem in PAGES else 'book'))
    with_sections(book, PAGES).build()
    return book


def notebook(book, name):
    """The notebook of section `name` for JAX, as nbconvert renders its text."""
    path = book.project.html / 'notebooks' / 'jax' / f'{name}.ipynb'
    found = nbformat.read(path, as_version=4).cells
    text = [cell.source for cell in found if cell.cell_type == 'markdown']
    return BeautifulSoup('\n'.join(map(markdown2html, text)), 'html.parser')


def words(text):
    """The words of a page's `text`, without what stands beside it."""
    for extra in text.select('.launch, .facts, .headerlink, .cell'):
        extra.decompose()
    return set(re.findall(r'\w+', text.get_text(' ')))


@pytest.mark.parametrize('name', PAGES)
def test_a_notebook_says_what_its_page_says(kinds, name):
    page = kinds.page(f'notebooks/{name}')
    assert words(page) - words(notebook(kinds, name)) == set()


@pytest.mark.parametrize('name', PAGES)
def test_a_notebook_has_the_headings_and_the_links_of_its_page(kinds, name):
    page, shown = kinds.page(f'notebooks/{name}'), notebook(kinds, name)
    heading = re.compile('^h[1-6]$')
    wanted, found = (
        [(tag.name, tag.text.strip('#¶\n')) for tag in where(heading)]
        for where in (page, shown)
    )
    assert wanted == [one for one in found if one != ('h2', 'References')]
    places = [place['id'] for place in shown('a', id=True)]
    assert len(places) == len(set(places))
    links = shown('a', href=re.compile('^#'), class_=False)
    assert {link['href'][1:] for link in links} <= set(places)


def test_code_in_a_cell_and_doctests_keep_their_lines(kinds):
    cell = notebook(kinds, 'docutils').select_one('td pre')
    assert cell.text == 'for x in y:\n    print(x | 2)\n\ndone'
    blocks = [block.text.strip() for block in notebook(kinds, 'rst')('pre')]
    assert {'>>> a\n1\n\n>>> b', '>>> one\n1\n>>> two\n2', 'd\n\n  e'} <= set(blocks)


def test_a_box_without_a_title_has_none(kinds):
    boxes = notebook(kinds, 'design')('blockquote')
    assert 'Untitled margin text.' in [box.text.strip() for box in boxes]
    for name in PAGES:
        assert not [bold for bold in notebook(kinds, name)('strong') if not bold.text]
        assert '****' not in notebook(kinds, name).text


def test_cells_that_reach_into_others_leave_their_place_empty(kinds):
    rows = notebook(kinds, 'rst')('table')[-1]('tr')
    texts = [[cell.text for cell in row(['td', 'th'])] for row in rows]
    assert texts == [['a', 'b'], ['tall', 'x'], ['', 'd\n\n  e'], ['wide', '']]


def test_a_width_is_in_pixels_whatever_its_unit(kinds):
    shown = notebook(kinds, 'docutils')
    assert shown.find('img', alt='in its own unit')['width'] == '32'
    assert shown.find('img', alt='figure')['width'] == '50%'


def test_an_abbreviation_says_what_it_stands_for(kinds):
    assert notebook(kinds, 'roles').abbr['title'] == 'a convolutional network'


def family(name):
    """The name of a directive or a role, for badges that of all colours."""
    name = name.removeprefix('std:')
    return re.sub('^(bdg|bdg-link|bdg-ref)-(?!link|ref).*', r'\1', name)


def test_each_registered_directive_and_role_is_used_or_refused(kinds, seen):
    files = [*(KINDS / f'{name}.md' for name in PAGES), EVERY]
    text = '\n'.join(file.read_text('utf-8') for file in files)
    text += '\n'.join([*REFUSED, *NO_NOTEBOOK])
    used = {match['myst'] or match['rst'] for match in USED.finditer(text)}
    assert set(map(family, seen[1])) - used == {'_all-octicon'}


def subclasses(kind):
    for one in kind.__subclasses__():
        yield one
        yield from subclasses(one)


def test_each_kind_of_node_is_built_here_or_never_comes(kinds, seen):
    """An upgrade that adds a kind of node fails here: build it, or say why not."""
    known = {f'{k.__module__}.{k.__qualname__}': k for k in subclasses(nodes.Node)}
    built = {name for name, kind in known.items() if kind in seen[0]}
    assert set(known) - built == {name for names in NEVER.values() for name in names}


def refused(book, sources):
    """`book` with a page for each of `sources`, which stand on LINE."""
    names = [f'refused-{number}' for number in range(len(sources))]
    for name, source in zip(names, sources, strict=True):
        page = book.root / 'notebooks' / f'{name}.md'
        page.write_text(PAGE.format(source), 'utf-8')
    (book.root / 'book' / 'broken.svg').write_text('<svg>', 'utf-8')
    return with_sections(book, names)


@pytest.fixture(scope='module')
def told(new_book):
    """What the build of the pages, and that of the notebooks, says of REFUSED."""
    book = refused(new_book(), REFUSED)
    with redirect_stderr(StringIO()) as said, pytest.raises(BuildError):
        book.build()
    sections, out = book.library.values(), book.root / 'out'
    with pytest.raises(ProseError) as error:
        write_notebooks(book.project, sections, ['jax'], out)
    return said.getvalue(), str(error.value)


@pytest.mark.parametrize('source', REFUSED)
def test_what_no_page_can_show_is_refused_with_file_and_line(told, source):
    place = f'notebooks/refused-{REFUSED.index(source)}.md:{LINE}: '
    for said in told:
        assert re.search(rf'{place}(WARNING|ERROR|CRITICAL): \S', said)


@pytest.fixture(scope='module')
def told_of_notebooks(new_book):
    """What `make book` says of NO_NOTEBOOK, which the pages can show."""
    with redirect_stderr(StringIO()) as said, pytest.raises(BuildError) as error:
        refused(new_book(), [*NO_NOTEBOOK, TABLE_IN_TABLE]).build()
    assert said.getvalue() == ''
    return str(error.value)


@pytest.mark.parametrize('source', NO_NOTEBOOK)
def test_what_no_notebook_can_show_is_refused_with_file_and_line(
    told_of_notebooks, source
):
    place = f'notebooks/refused-{NO_NOTEBOOK.index(source)}.md:{LINE}: WARNING: '
    assert f'{place}a notebook cannot show ' in told_of_notebooks


def test_a_table_in_a_table_is_refused_with_file_and_line(told_of_notebooks):
    place = f'notebooks/refused-{len(NO_NOTEBOOK)}.md:{LINE + 1}: WARNING: '
    assert f'{place}a notebook cannot show a table in a cell' in told_of_notebooks
