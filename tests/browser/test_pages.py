"""Every page: fits every screen, is whole without a network, shuts nobody out."""

import re
from io import BytesIO
from itertools import pairwise
from urllib.parse import unquote, urldefrag

import pytest
from bs4 import BeautifulSoup
from matplotlib.image import imread

from tabbook.project import Project
from tests.helpers import ROOT

PAGES = [f'{name}.html' for name in (*Project(ROOT).pages, 'search', 'genindex')]
MADE = ('search.html', 'genindex.html')
WIDTHS = (1600, 1440, 768, 390, 360)
CONTRAST = 'color-contrast'
ALL_IMAGES = """() => Promise.all([...document.images].map(image => {
  image.loading = 'eager';
  return image.decode();
}))"""
# Those of time alone: the shadows of boxes follow scrolling, and never finish.
STILL = """() => Promise.allSettled(document.getAnimations()
  .filter(one => one.timeline === document.timeline).map(one => one.finished))"""
# Boxes that scroll take the focus; the theme sees to it a moment after a change.
FOCUSABLE = """() => [...document.querySelectorAll(
  'pre, .cell_output > .output, .pst-scrollable-table-container'
)].every(box => box.scrollWidth <= box.clientWidth || box.tabIndex === 0)"""
# What sticks out of the page: right of it, and in no box that scrolls.
OUTSIDE = """() => [...document.querySelectorAll('main *')].filter(element => {
  if (element.getBoundingClientRect().right <= innerWidth + 1) return false;
  for (let box = element; box; box = box.parentElement)
    if (/auto|scroll|hidden/.test(getComputedStyle(box).overflowX)) return false;
  return true;
}).map(element => element.outerHTML.slice(0, 80))"""
# Names in tables that break inside a word.
BROKEN = """() => [...document.querySelectorAll('td code')].filter(
  code => /^\\S{1,14}$/.test(code.textContent) && code.getClientRects().length > 1
).map(code => code.textContent)"""


@pytest.mark.parametrize('path', PAGES)
def test_a_page_fits_is_whole_and_open_to_all(reader, axe, path):
    visit = reader()
    page = visit.open(path)
    page.evaluate(axe)
    page.evaluate(ALL_IMAGES)
    for width in WIDTHS:
        page.set_viewport_size({'width': width, 'height': 900})
        page.evaluate(STILL)
        assert page.evaluate('document.documentElement.scrollWidth') <= width
        assert page.evaluate(OUTSIDE) == []
        assert page.evaluate(BROKEN) == []
        if width == 1440:
            assert violations(page) == []
        if width == 360:  # its colours are those of 1440 pixels
            assert violations(page, rules={CONTRAST: {'enabled': False}}) == []
    assert visit.faults == []


@pytest.mark.parametrize('path', PAGES)
def test_a_page_can_be_read_in_the_dark(reader, axe, path):
    """Nothing but its colours differs."""
    visit = reader(scheme='dark')
    page = visit.open(path)
    page.evaluate(axe)
    assert page.evaluate('document.documentElement.dataset.theme') == 'dark'
    assert violations(page, runOnly=[CONTRAST, 'link-in-text-block']) == []
    assert visit.faults == []


def violations(page, **options):
    page.wait_for_function(FOCUSABLE)
    found = page.evaluate(
        'options => axe.run(document, options)',
        {'resultTypes': ['violations'], **options},
    )
    return [
        (rule['id'], node['html'][:200], node['failureSummary'])
        for rule in found['violations']
        for node in rule['nodes']
    ]


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_what_readers_bring_about_is_open_to_all(reader, axe, scheme):
    """The results of a search, one of them opened, and two frameworks compared."""
    page = reader(scheme=scheme).open('search.html?q=growth+rate')
    found = page.locator('#search-results a', has_text='Densely Connected').first
    found.wait_for()
    page.evaluate(axe)
    assert violations(page) == []
    found.click()
    page.wait_for_url('**/densenet.html*')
    page.locator('.highlighted').first.wait_for()
    page.locator('#compare').select_option('JAX')
    page.wait_for_selector('.gap', state='attached')
    page.wait_for_function(FOCUSABLE)
    page.evaluate(axe)
    assert violations(page) == []


@pytest.fixture(scope='module')
def soups(html):
    """The parsed pages by path."""
    return {
        path: BeautifulSoup((html / path).read_text('utf-8'), 'html.parser')
        for path in PAGES
    }


@pytest.fixture(scope='module')
def anchors(soups):
    """{path: the ids in that page}."""
    return {
        path: {tag['id'] for tag in page.select('[id]')} for path, page in soups.items()
    }


@pytest.mark.parametrize('path', PAGES)
def test_a_shared_link_says_what_it_leads_to(soups, path):
    page = soups[path]
    assert page.title.text.count('The DenseNet Book') == 1
    if path not in MADE:
        title = page.select_one('meta[property="og:title"]')['content']
        assert title.split()[-2:] == page.h1.text.removesuffix('#').split()[-2:]
        description = page.select_one('meta[name=description]')['content']
        assert 40 < len(description) <= 200


@pytest.mark.parametrize('path', PAGES)
def test_no_formula_is_parted_from_the_sign_after_it(soups, path):
    found = soups[path].select('article span.math')
    after = [
        str(f.next_sibling or '')[:1]
        for f in found
        if 'together' not in f.parent.get('class', ())
    ]
    assert not {*after} & {*',.;:)'}


@pytest.mark.parametrize('path', PAGES)
def test_no_dollar_of_a_formula_is_left(soups, path):
    """Such as where a line of the source begins with a + that Markdown takes."""
    texts = soups[path].find('main').find_all(string=re.compile(r'\$'))
    known = ('code', 'pre', 'script', 'style', 'mjx-assistive-mml')
    assert [text for text in texts if not text.find_parent(known)] == []


def test_figures_of_pages_without_a_number_have_a_letter(soups):
    assert 'Fig. R.1' in soups['book/rosetta.html'].article.get_text(' ')


@pytest.mark.parametrize('path', PAGES)
def test_links_within_the_book_lead_somewhere(html, soups, anchors, path):
    broken = []
    for tag in soups[path].select('a[href]'):
        file, fragment = urldefrag(tag['href'].partition('?')[0])
        if '://' in tag['href'] or file.startswith('mailto:'):
            continue
        target = (html / path).parent / unquote(file) if file else html / path
        name = target.resolve().relative_to(html.resolve()).as_posix()
        there = unquote(fragment) in anchors.get(name, ())
        if not target.is_file() or (fragment and not there):
            broken.append(tag['href'])
    assert broken == []


@pytest.mark.parametrize('path', PAGES)
def test_headings_are_in_order(soups, path):
    found = soups[path].select('main :is(h1, h2, h3, h4, h5, h6):not(.onlyprint *)')
    levels = [int(heading.name[1]) for heading in found]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(next <= level + 1 for level, next in pairwise(levels))


def test_every_figure_says_what_it_shows(soups):
    images = [
        img
        for page in soups.values()
        for img in page.select('article img:not(.journey img)')
    ]
    assert len(images) > 5
    for image in images:
        assert len(image['alt']) > 40, image['src']
        assert image['alt'].endswith('.')


def test_every_image_has_its_room(soups):
    for page in soups.values():
        for image in page.select('article img:not(.journey img)'):
            assert int(image['width']) > 50
            assert int(image['height']) > 50


def test_the_glossary_is_linked_from_the_text(soups):
    links = soups['notebooks/densenet.html'].select('a[href*="glossary.html#term-"]')
    assert len(links) > 5


def test_a_page_on_disk_needs_no_server(reader, html):
    visit = reader()
    page = visit.open(f'{(html / "notebooks/densenet.html").as_uri()}?framework=jax')
    assert set(visit.chosen()) == {'JAX'}
    assert page.locator('mjx-container').count() > 10
    fonts = "[...document.fonts].filter(font => font.status === 'loaded').length"
    assert page.evaluate(fonts) > 2
    visit.choose('MXNet')
    assert page.url.endswith('?framework=mxnet')
    assert visit.faults == []


def test_what_a_script_of_the_theme_opens_has_its_look(reader):
    """Its classes are in no page, and their rules stay."""
    page = reader(width=1440).open('book/index.html')
    page.locator('button.theme-switch-button').filter(visible=True).hover()
    box = page.locator('.tooltip .tooltip-inner')
    box.wait_for()
    colour = box.evaluate('it => getComputedStyle(it).backgroundColor')
    assert colour != 'rgba(0, 0, 0, 0)'


@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('kind', ['figure', '.cell_output'])
def test_a_drawing_has_the_ground_of_the_page(reader, scheme, kind):
    """That of the book, drawn before, and that of a cell, drawn when it ran."""
    page = reader(scheme=scheme).open('notebooks/residual.html')
    drawing = page.locator(f'{kind} img[src$=".svg"]').filter(visible=True).first
    drawing.scroll_into_view_if_needed()
    page.evaluate(ALL_IMAGES)
    pixels = imread(BytesIO(drawing.screenshot()))[..., :3]
    ground = page.evaluate('getComputedStyle(document.body).backgroundColor')
    shown = [round(255 * part) for part in pixels[2, 2].tolist()]
    assert shown == [int(part) for part in re.findall(r'\d+', ground)][:3]
    lights = pixels.mean(axis=2)
    assert lights.max() > 0.75 if scheme == 'dark' else lights.min() < 0.25
