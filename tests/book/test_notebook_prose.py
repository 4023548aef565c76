"""The prose of generated notebooks: every construct of MyST, read in plain Jupyter."""

import base64
import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert.filters import markdown2html

from tabbook.notebooks.build import write_notebooks
from tabbook.project import Project

TABS = ('pytorch', 'tensorflow', 'jax', 'mxnet')
CONSTRUCTS = Path(__file__).parent / 'constructs'
SITE = 'https://densenet-book.github.io/densenet-book/'
COLAB = 'https://colab.research.google.com/github/densenet-book/densenet-book/blob/'
RAW = re.compile(
    r'\{[a-z][\w:+-]*\}`'  # a role
    r'|^[ >]*(?::{3,}|`{3,}\{|~{3,}\{)'  # a directive
    r'|^[ >]*\([\w-]+\)=\s*$'  # a label
    r'|^[ >]*:[\w-]+:'  # an option
    r'|\[\^[\w-]+\]'  # a footnote
    r'|^[ >]*\$\$ *\([\w-]+\)'  # the label of an equation
    r'|^[ >]*%|\{(?:output|launch)\}|\x02',
    re.M,
)


def built_notebooks(root):
    """{(tab, section): notebook} of the book at `root`, all built."""
    project = Project(root)
    sections = [project.library[name] for name in project.library.sections()]
    paths = write_notebooks(project, sections, TABS, project.notebooks)
    return {
        (path.parent.name, path.stem): nbformat.read(path, as_version=4)
        for path in paths
    }


@pytest.fixture(scope='module')
def every(built, tmp_path_factory):
    """The notebooks of the sample book with a section of every construct."""
    book = tmp_path_factory.mktemp('constructs')
    skip = shutil.ignore_patterns('_build')
    shutil.copytree(built.root, book, ignore=skip, dirs_exist_ok=True)
    shutil.copy(CONSTRUCTS / 'every.md', book / 'notebooks')
    shutil.copy(CONSTRUCTS / 'glossary.md', book / 'book')
    toc = (book / '_toc.yml').read_text('utf-8')
    use = '      - file: notebooks/use\n'
    toc = toc.replace(use, f'{use}      - file: notebooks/every\n')
    (book / '_toc.yml').write_text(f'{toc}      - file: book/glossary\n', 'utf-8')
    return built_notebooks(book)


@pytest.fixture(scope='module')
def ours(root, tmp_path_factory):
    """The notebooks of this very book."""
    book = tmp_path_factory.mktemp('ours')
    for name in ('book', 'notebooks'):
        shutil.copytree(root / name, book / name)
    for name in ('_config.yml', '_toc.yml'):
        shutil.copy(root / name, book)
    return built_notebooks(book)


def cells(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == 'markdown']


def prose(notebook):
    return '\n\n'.join(cells(notebook))


def page(notebook):
    """The prose as nbconvert renders it, cell by cell."""
    return BeautifulSoup('\n'.join(map(markdown2html, cells(notebook))), 'html.parser')


@pytest.fixture
def text(every):
    """The Markdown of the section of every construct, for JAX."""
    return prose(every['jax', 'every'])


def test_no_myst_is_left(every, ours):
    for name, notebook in (every | ours).items():
        for cell in cells(notebook):
            assert (name, RAW.findall(cell)) == (name, [])


@pytest.mark.parametrize(
    'raw',
    [
        'see {numref}`fig-a`',
        '{cite:p}`a`',
        'a {eq}`b`',
        ':::{note}',
        '```{figure} a.svg',
        '(label)=',
        '> :name: fig-a',
        'text[^1]',
        '$$ (eq-a)',
        '% comment',
        '{output} jax',
    ],
)
def test_the_pattern_finds_myst(raw):
    assert RAW.search(f'Text.\n\n{raw}\n')


def test_the_header_leads_to_the_page_the_other_notebooks_and_the_licences(ours):
    for (tab, section), notebook in ours.items():
        header = notebook.cells[0].source
        links = set(re.findall(r'\]\((.*?)\)', header))
        assert header.startswith('# ')
        assert f'{SITE}notebooks/{section}.html?framework={tab}' in links
        others = {other for other, name in ours if name == section and other != tab}
        assert {f'{COLAB}notebooks/{x}/{section}.ipynb' for x in others} < links
        assert {f'{SITE}notebooks/{section}.html?framework={x}' for x in others} < links
        assert any('creativecommons.org/licenses/by-sa/4.0' in link for link in links)
        assert any(link.endswith('/LICENSE-CODE') for link in links)


def test_headings_have_the_numbers_of_the_page(every):
    found = re.findall(r'^#+ .*', prose(every['jax', 'every']), re.M)
    assert found == [
        '# 3. Every construct',
        '## 3.1. Equations',
        '## 3.2. Figures and tables',
        '## 3.3. Text',
        '## 3.4. Exercises',
        '## References',
    ]


def test_each_heading_opens_a_cell(every):
    for cell in cells(every['jax', 'every']):
        assert len(re.findall(r'^#+ ', cell, re.M)) <= 1
        if '\n#' in cell:
            assert cell.startswith('<a id=')


def test_citations_name_author_and_year_and_lead_to_the_references(text):
    assert '[[Huang *et al.*, 2017](#ref-huang2017densely)]' in text
    assert 'He *et al.* [[2016](#ref-he2016identity)] showed' in text
    entry = re.search(r'^- <a id="ref-he2016identity".*', text, re.M)[0]
    assert 'Identity mappings in deep residual networks' in entry
    assert '](https://doi.org/10.1007/978-3-319-46493-0_38)' in entry


def test_the_references_are_those_cited_in_this_framework(every):
    for tab in TABS:
        text = prose(every[tab, 'every'])
        listed = re.findall(r'^- <a id="ref-(\w+)"', text, re.M)
        assert sorted(listed) == sorted(set(re.findall(r'\(#ref-(\w+)\)', text)))
        assert ('he2015delving' in listed) == (tab == 'jax')
    assert '## References' not in prose(every['jax', 'define'])


def test_equations_have_their_numbers(text):
    assert '\\mathbf{x}_{\\ell-1}]\\bigr) \\tag{3.1}\n$$' in text
    assert 'See [(3.1)](#equation-eq-every), [(2.1)](' in text
    assert '$$\n\\begin{aligned}\na &= b \\\\\nc &= d\n\\end{aligned}\n$$' in text
    assert '\ng &= h\n\\end{aligned} \\tag{3.2}\n$$' in text


def test_formulas_keep_to_their_line(text):
    assert 'inline $a|b < c$ with $x \\times y$.' in text
    assert '> $$z = 1$$' in text


def test_references_to_other_pages_open_them_in_this_framework(every):
    for tab in TABS:
        text = prose(every[tab, 'every'])
        where = f'{SITE}notebooks/use.html?framework={tab}#fig-dot'
        assert f'[Figure 2.1 of another section]({where})' in text
        assert f'[Definitions]({SITE}notebooks/define.html?framework={tab})' in text
        term = f'{SITE}book/glossary.html?framework={tab}#term-growth-rate'
        assert f'[growth rate]({term})' in text


def test_figures_are_in_the_notebook_with_caption_and_alternative(every):
    image, other = page(every['jax', 'every']).find_all('img')
    assert image['alt'] == 'A "black" dot, worth $1.'
    assert (image['width'], other['width']) == ('120', '9')
    kind, _, data = image['src'].partition(',')
    assert kind == 'data:image/png;base64'
    assert base64.b64decode(data).startswith(b'\x89PNG\r\n')
    text = prose(every['jax', 'every'])
    assert '**Fig. 3.1.** A dot, as He *et al.* [[2016](#ref-he2016deep)] drew' in text
    assert 'see [Table 3.1](#tab-every).' in text


def test_tables_keep_their_sides_bars_and_digits(text):
    rest = text.partition('**Table 3.1.** A table of $x$.')[2]
    assert rest.strip().splitlines()[:10] == [
        '| Name | Left or right | Value |',
        '| :--- | :---: | ---: |',
        r'| `a` | $\vert{}x\vert{}$ or \| | 1.10 |',
        '| **b** | [(3.1)](#equation-eq-every) | 1.0 |',
        '',
        '|  |  |',
        '| --- | --- |',
        '| No | header |',
        '| first<br>second | • item<br>• another |',
        '',
    ]


def test_admonitions_are_quotations_with_a_title(every):
    boxes = [
        box.get_text('|', strip=True)
        for box in page(every['jax', 'every']).find_all('blockquote')
    ]
    assert boxes[0].startswith('Note|A note with a|link|and|code|.|a list|And')
    assert boxes[1:3] == ['Warning|Mind this.', 'A title with $x$|Its text|1|.']
    assert boxes[3] == 'A quotation of two lines.'


def test_what_is_folded_on_the_page_is_folded_here(every):
    folded = page(every['jax', 'every']).find_all('details')
    assert [box.summary.text for box in folded] == [
        'To be opened',
        'Click here',
        'Solution to Exercise 3.1 (With a title $x$)',
    ]
    assert 'Hidden text.' in folded[0].text
    assert folded[2].a.text == 'Exercise 3.1'


def test_exercises_have_their_number_and_title(text):
    assert '**Exercise 3.1 (With a title $x$)**\n\nWhy [(3.1)]' in text
    assert '**Exercise**\n\nReally?' in text


def test_footnotes_lead_there_and_back(every):
    for tab in TABS:
        text = prose(every[tab, 'every'])
        assert '<sup>1</sup> A footnote with `code` and [[De\xa0Cock, 2011]' in text
        assert text.count('](#note)</sup>') == 2
        assert ('For JAX.' in text) == (tab == 'jax')


def test_lists_and_definitions(text):
    assert '- **Term**\n\n  Its definition, with $x$.\n\n  Its second para' in text
    nested = (
        '1. one\n   - nested more of it\n   - nested, too\n\n'
        "     ```python\n     print('in a list')\n     ```\n"
        '2. two\n\n   with a paragraph\n\n3. another list\n'
    )
    assert nested in text


def test_listings_keep_their_text(text):
    assert "````python\nfence = '```'\n````" in text
    assert '```\nindented code\n```' in text
    assert '**Listing 3.1.** A listing\n\n```bash\nls | wc\n```' in text


def test_signs_of_markdown_in_the_text_stay_signs(every):
    shown = page(every['jax', 'every']).get_text()
    assert 'counts 3 * 4, a_b, $5 and $6, a|b, a`b, <tag>, [a](b), 50% and' in shown
    assert 'H2O and x2' in shown
    assert '+ 1 and # 2 start lines' in shown
    assert '7. starts one' in shown


def test_prose_of_one_framework_is_there_alone(every):
    for tab in TABS:
        text = prose(every[tab, 'every'])
        assert ('Prose for JAX' in text) == (tab == 'jax')
        assert ('Prose for PyTorch.' in text) == (tab == 'pytorch')
        assert '**Linux**\n\nUse it.\n\n**Other**\n\nDo not.' in text


def test_brought_code_says_where_it_is_from(every):
    found = every['mxnet', 'every'].cells
    place = next(n for n, c in enumerate(found) if c.source.startswith('class Block'))
    link = f'{SITE}notebooks/define.html?framework=mxnet'
    said = f'`Block` from section 1:\n\nWritten in [section 1]({link}).'
    assert found[place - 1].source.endswith(said)


def test_a_cell_of_another_framework_is_left_out(every):
    for tab in TABS:
        sources = [c.source for c in every[tab, 'every'].cells]
        assert ('Block.__name__' in sources) == (tab == 'pytorch')


def test_every_link_inside_a_notebook_has_its_place(every, ours):
    for name, notebook in (every | ours).items():
        shown = page(notebook)
        places = [a['id'] for a in shown.find_all('a', id=True)]
        links = shown.find_all('a', href=re.compile('^#'), class_=False)
        wanted = {link['href'][1:] for link in links}
        assert (name, wanted - set(places)) == (name, set())
        assert len(places) == len(set(places))


def test_every_link_to_the_book_has_its_page(root, ours):
    for notebook in ours.values():
        for link in page(notebook).find_all('a', href=re.compile(f'^{SITE}')):
            path = urlsplit(link['href']).path.removeprefix('/densenet-book/')
            assert (root / path).with_suffix('.md').is_file(), link


def test_every_figure_of_this_book_says_what_it_shows(ours):
    said = {
        (*name, image['src'][:60]): image.get('alt', '')
        for name, notebook in ours.items()
        for image in page(notebook).find_all('img')
    }
    assert {section for _, section, _ in said} > {'densenet', 'flow', 'batchnorm'}
    assert [name for name, alt in said.items() if len(alt) < 20] == []


def test_a_cell_that_draws_says_so_in_the_notebook_and_on_the_page(ours):
    drawn = 0
    for (_, section), notebook in ours.items():
        for cell in notebook.cells:
            if 'd2l.plt.' in cell.source or 'd2l.show_images(' in cell.source:
                drawn += 1
                assert len(cell.metadata['mystnb']['image']['alt']) > 40, section
    assert drawn >= 8


def test_this_book_reads_as_its_page_does(ours):
    for (tab, section), notebook in ours.items():
        if section == 'densenet':
            shown = page(notebook)
            assert len(shown.find_all('img')) >= 3
            pooling = r'Exercise \d+\.9 \(Pooling · ★★ · 60 minutes\)'
            assert re.search(pooling, shown.text)
            assert re.search(r'\*\*Fig. \d+\.1\.\*\* A residual', prose(notebook))
            assert ('`hybridize`' in prose(notebook)) == (tab == 'mxnet')


def test_what_is_folded_begins_and_ends_in_one_cell(every, ours):
    for name, notebook in (every | ours).items():
        for cell in notebook.cells:
            folds = [cell.source.count(tag) for tag in ('<details', '</details>')]
            assert folds[0] == folds[1] or cell.cell_type == 'code', (name, cell.source)


def test_each_exercise_has_a_hint_a_solution_or_an_assignment(root):
    for path in (root / 'notebooks').glob('*.md'):
        text = path.read_text('utf-8')
        titles = re.findall(r'^`{3,}\{exercise\} (.*)\n:label: (\S+)$', text, re.M)
        assert len(titles) == len(re.findall(r'^`{3,}\{exercise', text, re.M))
        for title, label in titles:
            assert re.search(r' · ★{1,4} · (\d+ minutes?|open)$', title), title
            own = text.split(f':label: {label}\n')[1].split('{exercise}')[0]
            solved = f'{{solution}} {label}\n' in text
            solved |= f'{{solution-start}} {label}\n' in text
            assert solved or '```{hint}' in own, title
