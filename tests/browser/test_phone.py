"""On a phone nothing is lost: figures fit, and boxes that scroll show that they do."""

import pytest

from tabbook.project import Project
from tests.helpers import ROOT

PAGES = [f'{name}.html' for name in Project(ROOT).pages]
WIDTHS = (360, 390)
# Figures, and what code drew, that are wider than where they stand.
TOO_WIDE = """() => [...document.querySelectorAll('article img:not(.wide)')].filter(
  img => img.getBoundingClientRect().right > innerWidth
    || img.getBoundingClientRect().width > img.closest('div').clientWidth + 1
).map(img => img.src)"""
# Boxes that scroll sideways, with how wide they fade at either edge, at their start and
# at their end.
FADES = """() => {
  const boxes = [...document.querySelectorAll('article *')].filter(box =>
    /auto|scroll/.test(getComputedStyle(box).overflowX)
    && box.scrollWidth > box.clientWidth + 1 && box.checkVisibility());
  const edges = box => ['--left', '--right'].map(
    edge => getComputedStyle(box).maskImage !== 'none'
      && parseFloat(getComputedStyle(box).getPropertyValue(edge)) > 0);
  const settled = () => new Promise(done => requestAnimationFrame(
    () => requestAnimationFrame(done)));
  return (async () => {
    const found = [];
    for (const end of [0, 1]) {
      const told = [];
      for (const box of boxes) {  // in view, as the browser spares what is not
        box.scrollIntoView({ block: 'center', behavior: 'instant' });
        box.scrollTo({ left: end * 9999, behavior: 'instant' });
        await settled();
        told.push([box.outerHTML.slice(0, 60), ...edges(box)]);
      }
      found.push(told);
    }
    return found;
  })();
}"""

UNCUT = '.math, .math > * { overflow: visible !important }'


@pytest.mark.parametrize('path', PAGES)
def test_figures_fit_and_boxes_show_that_there_is_more(reader, path):
    page = reader(width=WIDTHS[0]).open(path)
    for width in WIDTHS:
        page.set_viewport_size({'width': width, 'height': 900})
        assert page.evaluate(TOO_WIDE) == []
        start, end = page.evaluate(FADES)
        assert [box for box in start if box[1:] != [False, True]] == []
        assert [box for box in end if box[1:] != [True, False]] == []


def test_a_phone_is_shown_the_narrow_drawing_and_a_desk_the_wide_one(reader):
    visit = reader(width=390)
    page = visit.open('notebooks/densenet.html')
    figure = page.locator('figure img').first
    figure.scroll_into_view_if_needed()
    page.wait_for_function('img => img.complete', arg=figure.element_handle())
    assert figure.evaluate('img => img.currentSrc').endswith('-narrow.svg')
    page.set_viewport_size({'width': 1440, 'height': 900})
    page.wait_for_function(
        "img => !img.currentSrc.includes('narrow')", arg=figure.element_handle()
    )
    assert visit.faults == []


@pytest.mark.parametrize('path', PAGES)
def test_no_formula_is_cut(reader, path):
    """Its ink is the same as in a box that cuts nothing."""
    page = reader(width=WIDTHS[0]).open(path)
    for width in (*WIDTHS, 1440):
        page.set_viewport_size({'width': width, 'height': 900})
        for box in page.locator('div.math').all():
            if not box.is_visible():
                continue
            box.scroll_into_view_if_needed()
            place = box.bounding_box()
            clip = {'x': 0, 'width': width, 'y': place['y'] - 4}
            clip['height'] = place['height'] + 8
            # Thrice at most: something else on the page may still be coming to rest.
            which = width, box.get_attribute('id')
            assert any(uncut(page, clip) for _ in range(3)), which


def uncut(page, clip):
    """Whether a part of the page looks the same where nothing is cut."""
    seen = page.screenshot(clip=clip)
    style = page.add_style_tag(content=UNCUT)
    shown = page.screenshot(clip=clip)
    style.evaluate('style => style.remove()')
    page.wait_for_timeout(0 if shown == seen else 400)
    return shown == seen
