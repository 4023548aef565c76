"""On paper: one framework, pages with numbers, links that work."""

import os
import re
import subprocess
import sys
from functools import cache
from io import BytesIO

import pytest
from pypdf import PdfReader

from tests.helpers import ROOT

SECTION = 'notebooks/densenet.html'


@cache
def texts(pdf):
    """What each page says; of a whole book it takes long to find."""
    return tuple(page.extract_text() for page in pdf.pages)


def words(pdf):
    return '\n'.join(texts(pdf))


def links(pdf):
    """(names of places, addresses) to which the links of a PDF lead."""
    places, addresses = [], []
    for page in pdf.pages:
        for link in page.get('/Annots') or ():
            link = link.get_object()
            action = link.get('/A', {})
            if '/URI' in action:
                addresses.append(action['/URI'])
            elif '/Dest' in link or '/D' in action:
                places.append(str(link.get('/Dest', action.get('/D'))))
    return places, addresses


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_a_printed_page_shows_the_chosen_framework_alone(reader, scheme):
    page = reader(scheme=scheme).open(f'{SECTION}?framework=jax')
    text = words(PdfReader(BytesIO(page.pdf(print_background=True))))
    assert 'nn.compact' in text or 'jnp.concatenate' in text
    assert 'LazyConv2d' not in text
    assert 'hybrid_forward' not in text
    assert 'Open in Colab' not in text
    assert page.evaluate('document.documentElement.dataset.theme') == scheme


@pytest.mark.parametrize('name', ['notebooks/densenet', 'notebooks/residual'])
def test_a_printed_page_has_its_title_and_names_the_framework(reader, name):
    page = reader().open(f'{name}.html?framework=jax')
    title = page.locator('article h1').inner_text().removesuffix('#').split()
    first = PdfReader(BytesIO(page.pdf())).pages[0].extract_text().split()
    assert ' '.join(title) in ' '.join(first)
    assert 'Code and outputs: JAX' in ' '.join(first)


def test_nothing_is_cut_from_a_table_on_paper(reader):
    page = reader(width=657).open('book/rosetta.html')  # A4 less its margins
    page.emulate_media(media='print')
    right = page.locator('article').bounding_box()
    tables = page.locator('article table')
    assert tables.count() > 5
    for table in tables.all():
        box = table.bounding_box()
        assert box['x'] + box['width'] <= right['x'] + right['width'] + 1


def test_what_belongs_together_is_on_one_sheet(reader):
    """The box of a piece of code and its text, a term and what is said of it."""
    page = reader().open(SECTION)
    page.emulate_media(media='print')
    script = '(it, name) => getComputedStyle(it).getPropertyValue(name)'
    box = page.locator('.cell_input').filter(visible=True).first
    assert box.evaluate(script, 'break-inside') == 'avoid'
    page.goto(page.url.partition('/notebooks')[0] + '/book/glossary.html')
    assert page.locator('article dt').first.evaluate(script, 'break-after') == 'avoid'


def test_legends_keep_their_colours_on_paper(reader):
    page = reader().open('book/explorer.html')
    page.emulate_media(media='print')
    script = "it => getComputedStyle(it, '::before').printColorAdjust"
    assert page.locator('.explorer-legend span').first.evaluate(script) == 'exact'


@pytest.fixture(scope='module')
def printed(project, chromium):
    """The PDFs of the project for JAX, by name."""
    command = [sys.executable, '-m', 'tabbook', 'pdf', '--tab', 'jax']
    command += ['--language', 'en']
    subprocess.run([*command, '--root', project], check=True, env=os.environ)
    folder = project / '_build' / 'pdf' / 'jax'
    return {path.stem: PdfReader(path) for path in folder.glob('*.pdf')}


def test_there_is_one_of_each_section_and_one_of_the_book(printed):
    sections = {path.stem for path in (ROOT / 'notebooks').glob('*.md')}
    assert set(printed) == sections | {'book'}
    assert len(printed['book'].pages) > len(printed['densenet'].pages) > 5
    assert printed['densenet'].metadata.title.endswith('(JAX)')


@pytest.mark.parametrize('name', ['densenet', 'book'])
def test_it_shows_one_framework_and_numbers_its_pages(printed, name):
    text = words(printed[name])
    assert 'jnp.concatenate' in text
    assert 'torch.cat' not in text
    for number, said in enumerate(texts(printed[name]), 1):
        assert f'JAX · {number}' in said.replace('\xa0', ' ')


@pytest.mark.parametrize('name', ['densenet', 'book'])
def test_its_links_work(printed, name):
    places, addresses = links(printed[name])
    known = printed[name].named_destinations
    assert len(places) > 20
    assert [
        place
        for place in places
        if place.lstrip('/') not in known and place not in known
    ] == []
    assert [url for url in addresses if not url.startswith('https://')] == []
    assert any('doi.org' in url for url in addresses)


def test_its_contents_name_the_pages_of_the_sections(printed):
    pages = texts(printed['book'])
    listed = dict(re.findall(r'^(.+?) ?(\d+)$', '\n'.join(pages[1:2]), re.MULTILINE))
    titles = [title for title in listed if 'Book ·' not in title]
    assert len(titles) > 10
    for title in titles:
        name = title.partition('. ')[2] or title
        assert name in pages[int(listed[title]) - 1].replace('\n', ' ')[:200], title


def test_brought_code_is_once_in_the_book_and_once_in_its_section(printed):
    text = words(printed['verdict'])
    assert text.count('class ConvNorm(') == 1
    assert words(printed['book']).count('class ConvNorm(') == 1


def test_wide_tables_lie_on_their_side(printed):
    boxes = [page.mediabox for page in printed['book'].pages]
    wide = [number for number, box in enumerate(boxes, 1) if box.width > box.height]
    assert 0 < len(wide) < len(boxes) / 10
    assert [*wide] == [*range(wide[0], wide[-1] + 1)]


def test_its_outline_lists_the_sections(printed):
    titles = [str(entry['/Title']) for entry in flat(printed['book'].outline)]
    assert any('Densely Connected Networks' in title for title in titles)
    assert any('Transition Layers' in title for title in titles)


def flat(outline):
    for entry in outline:
        if isinstance(entry, list):
            yield from flat(entry)
        else:
            yield entry
