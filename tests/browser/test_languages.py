"""A small book in four languages: its switch, search, English beside, notebooks."""

import json
import os
import subprocess
import sys
from io import BytesIO
from typing import NamedTuple

import pytest
from pypdf import PdfReader

from tests.browser.conftest import served
from tests.helpers import ROOT
from tests.helpers.small_book import as_if_run, publish, small_book, translate


class Spoken(NamedTuple):
    """A language: its folder, what browsers call it, what marks its translations.

    A reader looks for the mark with another ending, and finds its stem.
    """

    key: str
    locale: str
    mark: str
    asked: str
    stem: str

    @property
    def uses(self):
        return f'{self.key}/notebooks/use.html'


KOREAN = Spoken('ko', 'ko-KR', '조밀하게', '조밀한', '조밀')
LANGUAGES = (
    KOREAN,
    Spoken('zh', 'zh-CN', '稠密地', '稠密', '稠密'),
    Spoken('ru', 'ru-RU', 'плотными', 'плотных', 'плотн'),
)
USES = KOREAN.uses
TEXT = 'article section > .pair'  # a paragraph of the text


@pytest.fixture(scope='module')
def project(tmp_path_factory):
    """A book that has all of its pages in each language."""
    with as_if_run():
        book = small_book(tmp_path_factory.mktemp('languages'))
        book.store_all()
        publish(book, *(language.key for language in LANGUAGES))
        for language in LANGUAGES:
            translate(book, language.key, mark=language.mark)
        book.build()
    return book.project


@pytest.fixture(scope='module')
def html(project):
    """The folder of its pages."""
    return project.html


@pytest.fixture(scope='module')
def address(html):
    """The address at which it is served."""
    with served(html) as found:
        yield found


@pytest.fixture(params=LANGUAGES, ids=lambda language: language.key)
def language(request):
    return request.param


def show(page, view):
    """Choose how English is shown, as a reader does."""
    page.locator('.language-button').click()
    page.locator(f'#english [value={view}]').click()
    page.keyboard.press('Escape')


def places(page):
    """Where the first paragraph of the text and its original are."""
    pair = page.locator(TEXT).first
    return [pair.locator(p).bounding_box() for p in ('p:not(.original)', '.original')]


def test_the_switch_leads_to_the_same_place_and_keeps_the_framework(reader, language):
    visit = reader(locale=language.locale)
    page = visit.open(f'{language.uses}?framework=jax#shapes')
    page.locator('.language-button').click()
    page.locator('#languages').get_by_role('link', name='English').click()
    page.wait_for_url(lambda url: f'/{language.key}/' not in url)
    assert '/notebooks/use.html' in page.url
    assert page.url.endswith('#shapes')
    assert set(visit.chosen()) == {'JAX'}
    assert page.locator('.language-offer').count() == 0  # it was the reader's choice
    assert visit.faults == []


def test_the_browsers_language_is_offered_once(reader):
    page = reader(locale='ko-KR').open('notebooks/use.html')
    offer = page.locator('.language-offer')
    assert offer.get_by_role('link', name='한국어').is_visible()
    offer.get_by_role('button').click()
    page.reload()
    assert offer.count() == 0


def test_search_finds_a_word_with_an_ending(reader, language):
    visit = reader(locale=language.locale)
    page = visit.open(f'{language.key}/search.html?q={language.asked}')
    page.locator('#search-results li').first.wait_for()
    assert (
        page.locator('.search-summary')
        .inner_text()
        .startswith(f'{language.mark} Found in')
    )
    assert language.stem in page.locator('#search-results p').first.inner_text()
    page.locator('#search-results a').first.click()
    page.wait_for_url(f'**/{language.key}/**')
    assert visit.faults == []


def test_english_stands_beside_below_or_nowhere(reader, language):
    visit = reader(locale=language.locale)
    page = visit.open(language.uses)
    assert places(page)[1] is None
    show(page, 'beside')
    left, right = places(page)
    assert right['x'] > left['x'] + left['width']
    assert right['y'] == left['y']
    assert 'english=beside' in page.url
    page.reload()
    assert places(page) == [left, right]
    show(page, 'below')
    first, second = places(page)
    assert second['x'] == first['x']
    assert second['y'] >= first['y'] + first['height']
    visit.open(f'{language.key}/book/index.html')  # where it is remembered
    assert page.locator('.original').first.is_visible()
    assert 'english=below' in page.url
    show(page, 'off')
    assert page.locator('.original').first.is_hidden()
    assert 'english' not in page.url
    assert visit.faults == []


def test_an_address_shows_english_and_narrow_screens_below(reader):
    page = reader(locale='ko-KR', width=390).open(f'{USES}?english=beside')
    first, second = places(page)
    assert second['x'] == first['x']
    assert second['y'] >= first['y'] + first['height']
    assert page.evaluate('document.documentElement.scrollWidth') <= 390


def test_paper_has_english_where_it_is_shown(reader, language):
    page = reader(locale=language.locale).open(language.uses)
    for view, count in (('off', 1), ('beside', 2)):
        show(page, view)
        paper = PdfReader(BytesIO(page.pdf()))
        text = ' '.join(sheet.extract_text() for sheet in paper.pages)
        assert text.count('A dot.') == count


def test_a_pdf_is_in_the_language_and_shows_one_framework(project, chromium, language):
    asked = ['--tab', 'jax', '--section', 'use', '--language', language.key]
    command = [sys.executable, '-m', 'tabbook', 'pdf', *asked, '--root', project.root]
    subprocess.run(command, check=True, env={**os.environ, 'PYTHONPATH': str(ROOT)})
    for name in ('use', 'book'):
        paper = PdfReader(project.pdf / language.key / 'jax' / f'{name}.pdf')
        text = ' '.join(sheet.extract_text() for sheet in paper.pages)
        assert 'JAX · 1' in text.replace('\xa0', ' ')
        title = paper.metadata.title  # what is in it, whatever fonts there are
        assert title.startswith(language.mark)


def test_without_scripts_the_switch_still_shows_english(reader):
    page = reader(locale='ko-KR', java_script_enabled=False).open(USES)
    assert places(page)[1] is None
    show(page, 'beside')
    left, right = places(page)
    assert right['x'] > left['x'] + left['width']


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_axe_finds_no_fault_where_english_is_shown(reader, axe, scheme):
    page = reader(locale='ko-KR', scheme=scheme).open(f'{USES}?english=beside')
    page.evaluate(axe)
    page.locator('.language-button').click()
    found = page.evaluate('axe.run(document)')
    assert [fault['id'] for fault in found['violations']] == []


def test_a_notebook_and_what_scripts_say_are_translated(reader, language):
    page = reader(locale=language.locale).open(language.uses)
    link = page.locator('.launch-links a[download]').filter(visible=True).first
    with page.expect_download() as download:
        link.click()
    notebook = json.loads(download.value.path().read_text('utf-8'))
    prose = [c for c in notebook['cells'] if c['cell_type'] == 'markdown']
    assert language.mark in ''.join(prose[0]['source'])
    label = page.locator('.switch-button').get_attribute('aria-label')
    assert label == f'{language.mark} Framework: PyTorch'
