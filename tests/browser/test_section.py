"""A section's page: its notes and numbers, its buttons, the search that finds it."""

import json
import re

import pytest
from bs4 import BeautifulSoup

from tabbook.links import NOTEBOOKS
from tabbook.text.parse import load
from tests.helpers import ROOT

SECTION = 'notebooks/densenet.html'
TABS = ('pytorch', 'tensorflow', 'jax', 'mxnet')
REPOSITORY = 'github.com/densenet-book/densenet-book'


def test_the_note_names_the_profile(reader):
    """Of a page of short runs; one that tells of whole runs says it below each."""
    visit = reader()
    assert visit.open(SECTION).locator('.page-note').count() == 0
    note = visit.open('notebooks/batchnorm.html').locator('.page-note')
    assert note.is_visible()
    assert note.bounding_box()['y'] < 900
    assert 'profile' in note.inner_text()


def test_tabs_counts_and_pictures_are_there(html):
    page = BeautifulSoup((html / SECTION).read_text('utf-8'), 'html.parser').article
    assert len(page.select('.sd-tab-set:has(.cell)')) > 5
    assert page.text.count('758,226') >= 4
    images = page.select('figure img')
    assert len(images) >= 2
    for image in images:
        assert len(image['alt']) > 40
        assert image['alt'].endswith('.')


def test_mathematics_is_set_and_references_are_numbered(reader):
    page = reader().open(SECTION)
    assert page.locator('mjx-container').count() > 10
    text = page.locator('article').inner_text()
    assert re.search(r'Fig\. \d+\.1', text)
    assert re.search(r'\(\d+\.1\)', text)


def test_a_citation_leads_to_its_entry(reader):
    page = reader().open(SECTION)
    page.get_by_role('link', name='Huang et al., 2017').first.click()
    page.wait_for_url('**/book/references.html#*')
    assert page.locator(':target').count() == 1


def launch_links(html, path):
    """{tab: {text: address}} of the buttons of a page, as its HTML has them."""
    page = BeautifulSoup((html / path).read_text('utf-8'), 'html.parser')
    labels = page.select_one('.launch').select('label')
    contents = page.select_one('.launch').select('.sd-tab-content')
    return {
        label['data-sync-id']: {a.text: a['href'] for a in content.select('a')}
        for label, content in zip(labels, contents, strict=True)
    }


def target(html, path, address):
    """The file to which a button of the page at `path` leads."""
    branches = {NOTEBOOKS: html / 'notebooks', 'main': html.parents[1]}
    remote = re.fullmatch(
        rf'https://(?:colab\.research\.google\.com/github/densenet-book/densenet-book'
        rf'|{re.escape(REPOSITORY)})/blob/(\w+)/(.+)',
        address,
    )
    if remote:
        return branches[remote[1]] / remote[2]
    assert '://' not in address
    return (html / path).parent / address.partition('?')[0]


@pytest.mark.parametrize('path', [SECTION, 'book/index.html'])
def test_every_button_leads_to_a_file_of_its_framework(html, path):
    links = launch_links(html, path)
    assert tuple(links) == TABS
    for tab, buttons in links.items():
        assert len(buttons) >= 3
        for text, address in buttons.items():
            if text.endswith('PDF'):  # on the site alone: see test_facts.py
                continue
            file = target(html, path, address)
            assert file.is_file(), f'{text} leads to {file}'
            if file.suffix == '.ipynb':
                assert file.parent.name == tab
                text = file.read_text('utf-8')
                assert f'd2l_shim import {tab.replace("py", "")}' in text


def test_the_buttons_follow_the_framework(reader, html):
    visit = reader()
    page = visit.open(SECTION)
    visit.choose('JAX', place=3)
    shown = page.locator('.launch a').filter(visible=True)
    addresses = [link.get_attribute('href') for link in shown.all()]
    assert addresses == list(launch_links(html, SECTION)['jax'].values())
    with page.expect_download() as download:
        page.get_by_role('link', name='Download notebook').click()
    assert download.value.suggested_filename == 'densenet.ipynb'
    notebook = json.loads(download.value.path().read_text('utf-8'))
    assert any('flax' in ''.join(cell['source']) for cell in notebook['cells'])


def test_the_first_page_starts_reading_in_the_framework_picked(reader):
    visit = reader(width=1440)
    page = visit.open('book/index.html')
    page.locator('.launch > label', has_text='TensorFlow').click()
    start = page.get_by_role('link', name='Start reading')
    assert start.bounding_box()['y'] < 900
    start.click()
    page.wait_for_url(f'**/{SECTION}?framework=tensorflow')
    assert set(visit.chosen()) == {'TensorFlow'}


ONLY = {  # a word that stands in the cells of this tab alone
    'pytorch': 'LazyBatchNorm2d',
    'tensorflow': 'AveragePooling2D',
    'jax': 'init_with_output',
    'mxnet': 'hybrid_forward',
}


@pytest.mark.parametrize('tab', TABS)
def test_search_finds_text_inside_every_tab(reader, tab):
    section = load(ROOT / 'notebooks' / 'densenet.md')
    cells = [cell for group in section.groups for cell in group.cells]
    assert {t for c in cells if ONLY[tab] in c.source for t in c.tabs} == {tab}
    visit = reader()
    page = visit.open('book/index.html')
    page.keyboard.press('Control+k')
    page.keyboard.type(ONLY[tab])
    page.keyboard.press('Enter')
    page.wait_for_url('**/search.html?q=*')
    found = page.locator('#search-results a', has_text='Densely Connected Networks')
    found.first.wait_for()
    assert SECTION in found.first.get_attribute('href')
    assert visit.faults == []
