"""The line of facts under a section's title; the contents follow the reader."""

import re

import pytest
from bs4 import BeautifulSoup

from tabbook import links
from tabbook.project import Project
from tests.helpers import ROOT

SECTION = 'notebooks/densenet.html'
PROJECT = Project(ROOT)
SECTIONS = [f'{page}.html' for page in PROJECT.pages if page.startswith('notebooks/')]
MARKED = """() => {
  const [one, ...more] = document.querySelectorAll('.page-toc a.active');
  return more.length ? 'several' : one?.hash ?? '';
}"""


@pytest.mark.parametrize('path', SECTIONS)
def test_each_section_says_how_long_and_how_old_it_is(html, path):
    page = BeautifulSoup((html / path).read_text('utf-8'), 'html.parser')
    facts = page.select_one('article div.facts')
    assert facts.find_previous_sibling().name == 'h1'
    minutes = int(re.search(r'(\d+) minutes? to read', facts.text)[1])
    assert 3 < minutes < 90
    assert re.fullmatch(r'\d{4}-\d\d-\d\d', facts.time['datetime'])
    canonical = page.select_one('link[rel=canonical]')['href']
    assert canonical == PROJECT.address(path.removesuffix('.html'))
    assert page.select_one('meta[property="og:url"]')['content'] == canonical


def test_neighbours_are_those_of_the_foot(html):
    for path in SECTIONS:
        page = BeautifulSoup((html / path).read_text('utf-8'), 'html.parser')
        found = [a['href'] for a in page.select('.facts nav a')]
        assert found == [a['href'] for a in page.select('.prev-next-area a')]


def test_a_run_is_told_of_with_its_profile_in_the_shown_tab_alone(reader):
    """What nobody measured is not told: of other tabs the text states the outputs."""
    visit = reader()
    page = visit.open('notebooks/residual.html')
    told = page.locator('ul.facts').filter(visible=True)
    assert re.search(r'Ran in \d+ (s|min) \(\w+ profile, [CG]PU\)', told.inner_text())
    assert re.search(r'torch \d+\.\d+.*, Python 3\.\d+', told.inner_text())
    visit.choose('JAX')
    assert told.count() == 0


def test_the_pdf_is_that_of_the_shown_framework(reader):
    visit = reader()
    page = visit.open(SECTION)
    visit.choose('JAX')
    link = page.get_by_role('link', name='PDF', exact=True)
    address = f'{PROJECT.site}/pdf/{links.pdf("jax", "densenet")}'
    assert link.get_attribute('href') == address


def test_how_to_cite_is_copied_by_keys(reader):
    visit = reader(permissions=['clipboard-read', 'clipboard-write'])
    page = visit.open(SECTION)
    page.get_by_text('Cite this section').focus()
    page.keyboard.press('Enter')
    page.keyboard.press('Tab')
    page.keyboard.press('Enter')
    page.get_by_role('status').get_by_text('Copied.').wait_for()
    entry = page.evaluate('navigator.clipboard.readText()')
    assert entry.startswith('@misc{the-densenet-book-densenet,')
    assert f'url = {{{PROJECT.address("notebooks/densenet")}}}' in entry
    assert entry.count('{') == entry.count('}')
    assert visit.faults == []


def test_without_scripts_how_to_cite_opens(reader):
    page = reader(java_script_enabled=False).open(SECTION)
    page.get_by_text('Cite this section').click()
    assert page.locator('.cite pre').is_visible()
    assert not page.get_by_text('Copy BibTeX').is_visible()


def test_the_contents_follow_down_and_up(reader):
    page = reader().open(SECTION)
    headings = page.locator('.page-toc a').evaluate_all('all => all.map(a => a.hash)')
    assert len(headings) > 4
    script = """([hash, beyond]) => {
        const place = document.getElementById(hash.slice(1));
        const top = place.getBoundingClientRect().top;
        scrollBy({ top: top - innerHeight * beyond, behavior: 'instant' });
    }"""
    for number in (1, 2, 3):
        page.evaluate(script, [headings[number], 0.1])
        page.wait_for_function(f'({MARKED})() === "{headings[number]}"')
    for number in (3, 2, 1):  # just above a heading one reads the part before it
        page.evaluate(script, [headings[number], 0.5])
        page.wait_for_function(f'({MARKED})() === "{headings[number - 1]}"')
