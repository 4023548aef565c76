"""What links show before they are followed: by pointer, keys and finger, and to all."""

import json

import pytest

SECTION = 'notebooks/densenet.html'
TERM = 'article p a[href*="#term-growth-rate"]'
LINKS = {  # a link of each kind, and what its preview says
    TERM: 'growth rate',
    'article p a[href*="references.html#id"]': '201',
    'article p a[href="#equation-eq-residual"]': '',
    'article p a[href="#fig-residual-dense"]': 'A residual block',
}


@pytest.fixture
def preview(reader):
    """(A reader of the section, the preview that it may show)."""
    visit = reader()
    return visit, visit.open(SECTION).locator('.preview')


@pytest.mark.parametrize('link', LINKS)
def test_a_pointer_that_rests_shows_the_target(preview, link):
    visit, box = preview
    visit.page.locator(link).first.hover()
    box.wait_for()
    assert LINKS[link].lower() in box.inner_text().lower()
    if 'equation' in link:
        assert box.locator('mjx-container, .katex').count() == 1
    if 'fig' in link:
        loaded = box.locator('img, svg').first.bounding_box()
        assert loaded['width'] > 200
    assert visit.faults == []


def test_it_can_be_pointed_at_and_goes_with_the_pointer(preview):
    visit, box = preview
    visit.page.locator(TERM).first.hover()
    box.wait_for()
    box.hover()
    visit.page.wait_for_timeout(600)
    assert box.is_visible()
    visit.page.mouse.move(1, 1)
    box.wait_for(state='hidden')


def test_keys_show_it_and_escape_takes_it_away_but_not_the_focus(preview):
    visit, box = preview
    page = visit.page
    link = page.locator(TERM).first
    page.keyboard.press('Tab')
    link.focus()
    box.wait_for()
    assert link.get_attribute('aria-describedby') == box.get_attribute('id')
    page.keyboard.press('Escape')
    assert not box.is_visible()
    assert link.evaluate('it => it === document.activeElement')
    assert box.locator('a, button, [tabindex]').count() == 0
    page.keyboard.press('Tab')
    assert not link.evaluate('it => it === document.activeElement')


def test_a_long_press_shows_it_and_a_tap_follows(reader):
    visit = reader(width=390, has_touch=True)
    page = visit.open(SECTION)
    link, box = page.locator(TERM).first, page.locator('.preview')
    link.scroll_into_view_if_needed()
    touch = {'pointerType': 'touch', 'bubbles': True, 'isPrimary': True}
    link.dispatch_event('pointerdown', touch)
    box.wait_for()
    link.dispatch_event('pointerup', touch)
    link.dispatch_event('click')
    assert SECTION in page.url
    room = box.bounding_box()
    assert room['x'] >= 0
    assert room['x'] + room['width'] <= 390
    page.locator('article h1').dispatch_event('pointerdown', touch)
    box.wait_for(state='hidden')
    link.tap()
    page.wait_for_url('**/glossary.html*')


@pytest.mark.parametrize('width', [360, 768, 1440])
def test_it_fits_beside_its_link(reader, width):
    visit = reader(width=width, scheme='dark')
    page = visit.open(SECTION)
    for link in LINKS:
        page.keyboard.press('Tab')  # the keyboard is in use
        page.locator(link).first.focus()
        box = page.locator('.preview')
        box.wait_for()
        room = box.bounding_box()
        assert 0 <= room['x'] <= room['x'] + room['width'] <= width
        assert 0 <= room['y'] <= room['y'] + room['height'] <= 900
        page.keyboard.press('Escape')


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_axe_finds_nothing_in_it(reader, axe, scheme):
    page = reader(scheme=scheme).open(SECTION)
    page.evaluate(axe)
    for link in LINKS:
        page.locator(link).first.hover()
        page.locator('.preview').wait_for()
        found = page.evaluate('axe.run(".preview", {resultTypes: ["violations"]})')
        assert [rule['id'] for rule in found['violations']] == []
        page.keyboard.press('Escape')


def test_one_file_holds_each_that_a_link_leads_to(html):
    text = (html / '_static' / 'preview-texts.js').read_text('utf-8')
    found = json.loads(text.removeprefix('PREVIEWS=').removesuffix(';'))
    kinds = ('#term-', 'references.html#id', '#equation-', '#fig-')
    assert all(any(kind in address for address in found) for kind in kinds)
    assert not any('<a ' in shown or 'headerlink' in shown for shown in found.values())


def test_without_scripts_they_are_plain_links(reader):
    page = reader(java_script_enabled=False).open(SECTION)
    page.locator(TERM).first.click()
    page.wait_for_url('**/glossary.html#term-growth-rate')
