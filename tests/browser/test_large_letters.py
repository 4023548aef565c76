"""Pages fit where readers let their browser show letters twice as large."""

import pytest

from tabbook.project import Project
from tests.helpers import ROOT

FLAGS = ['--blink-settings=defaultFontSize=32']
BOOK = Project(ROOT)
LONG = ('notebooks/verdict.html', 'book/references.html')  # in words and addresses
TRANSLATED = [f'{it.key}/{path}' for it in BOOK.published for path in LONG]
PAGES = [*(f'{name}.html' for name in BOOK.pages), *TRANSLATED]
WIDTHS = [360, 768, 1280]
HEIGHT = 900
RUSSIAN = 'ru/notebooks/verdict.html'
SIZE = 'getComputedStyle(document.documentElement).fontSize'
# Where the title begins, and where what is in the header ends.
EDGES = """() => [
  document.querySelector('.bd-article h1').getBoundingClientRect().top,
  ...[...document.querySelectorAll('.bd-header-article :is(button, a, select)')]
    .filter(it => it.checkVisibility()).map(it => it.getBoundingClientRect().bottom)]"""


@pytest.mark.parametrize('path', PAGES)
def test_no_page_is_wider_than_its_window(reader, path):
    page, found = reader(width=WIDTHS[0]).open(path), []
    assert page.evaluate(SIZE) == '32px'
    for width in WIDTHS:
        page.set_viewport_size({'width': width, 'height': HEIGHT})
        found.append(page.evaluate('document.documentElement.scrollWidth'))
    assert found == WIDTHS


@pytest.mark.parametrize('width', WIDTHS)
def test_the_header_is_above_the_page_and_scrolls_away(reader, width):
    page = reader(width=width).open(RUSSIAN)
    top, *bottoms = page.evaluate(EDGES)
    assert len(bottoms) > 4
    assert max(bottoms) <= top
    page.evaluate("scrollBy({ top: 3000, behavior: 'instant' })")
    _, *bottoms = page.evaluate(EDGES)
    assert max(bottoms) < 0


@pytest.mark.parametrize('opened', ['switch', 'languages'])
def test_what_a_button_opens_is_in_the_window(reader, opened):
    page = reader(width=WIDTHS[0]).open(RUSSIAN)
    page.locator(f'[popovertarget={opened}]').click()
    box = page.locator(f'#{opened}')
    assert box.evaluate('box => box.scrollWidth <= box.clientWidth')
    place = box.bounding_box()
    assert min(place['x'], place['y']) >= 0
    assert place['x'] + place['width'] <= WIDTHS[0]
    assert place['y'] + place['height'] <= HEIGHT
