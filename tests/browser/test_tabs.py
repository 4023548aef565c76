"""One framework for the whole book: chosen, remembered, compared, and in its place."""

import pytest

from tabbook.text.parse import load
from tests.helpers import ROOT

SECTION = 'notebooks/densenet.html'
TABS = ('PyTorch', 'TensorFlow', 'JAX', 'MXNet')
CODE = '.sd-tab-set:has(.cell)'
FOLDED = ':not(.dropdown *)'  # in no solution that is closed
WIDE_CODE = """() => [...document.querySelectorAll('.sd-tab-content .cell_input pre')]
  .filter(pre => !pre.closest('.dropdown') && pre.offsetParent)
  .filter(pre => pre.scrollWidth > pre.clientWidth + 1)
  .map(pre => pre.textContent.slice(0, 60))"""
SETTLED = """() => new Promise(
    done => requestAnimationFrame(() => requestAnimationFrame(done)))"""


def cell(number, tab):
    """The source of one of the section's cells."""
    return load(ROOT / 'notebooks' / 'densenet.md').groups[number].cell(tab).source


def test_every_tab_set_with_code_has_the_tabs_in_order(reader):
    sets = reader().open(SECTION).locator(CODE)
    assert sets.count() > 5
    for number in range(sets.count()):
        texts = sets.nth(number).locator('> label').all_text_contents()
        assert tuple(text.strip() for text in texts) == TABS


def test_the_first_visit_shows_the_first_tab_and_leaves_the_address(reader):
    visit = reader()
    visit.open(SECTION)
    assert set(visit.chosen()) == {'PyTorch'}
    assert '?' not in visit.page.url


def test_a_click_switches_every_tab_set_and_the_address(reader):
    visit = reader()
    page = visit.open(SECTION)
    visit.choose('JAX', place=2)
    assert set(visit.chosen()) == {'JAX'}
    assert page.url.endswith('?framework=jax')
    visit.choose('MXNet')
    assert page.url.endswith('?framework=mxnet')


def test_the_choice_is_kept_on_other_pages_and_later(reader):
    visit = reader()
    page = visit.open(SECTION)
    visit.choose('MXNet')
    visit.open('book/index.html')
    assert page.locator('.launch input:checked + label').inner_text() == 'MXNet'
    page.get_by_role('link', name='Densely Connected Networks').first.click()
    page.wait_for_url(f'**/{SECTION}?framework=mxnet')
    assert set(visit.chosen()) == {'MXNet'}
    page.reload()
    assert set(visit.chosen()) == {'MXNet'}


@pytest.mark.parametrize('name', TABS)
def test_the_address_chooses_the_tab_even_against_an_earlier_choice(reader, name):
    visit = reader()
    visit.open(SECTION)
    visit.choose('TensorFlow')
    visit.open(f'{SECTION}?framework={name.lower()}')
    assert set(visit.chosen()) == {name}


def test_the_address_of_a_page_without_tabs_chooses_as_well(reader):
    visit = reader()
    visit.open('book/glossary.html?framework=jax')
    visit.open(SECTION)
    assert set(visit.chosen()) == {'JAX'}


def test_an_unknown_framework_in_the_address_changes_nothing(reader):
    visit = reader()
    visit.open(SECTION)
    visit.choose('JAX')
    visit.open(f'{SECTION}?framework=chainer')
    assert set(visit.chosen()) == {'JAX'}
    assert 'chainer' not in visit.page.url
    assert visit.faults == []


def test_a_page_from_the_history_follows_a_later_choice(reader):
    visit = reader()
    page = visit.open(SECTION)
    page.get_by_role('link', name='dense block', exact=True).first.click()
    page.wait_for_url('**/glossary.html#*')
    page.evaluate("localStorage['sphinx-design-tab-id-framework'] = 'tensorflow'")
    page.go_back()
    assert set(visit.chosen()) == {'TensorFlow'}


@pytest.mark.parametrize('place', [4, -1])
def test_the_text_stays_where_it_is(reader, place):
    """To two pixels: the headless shell scrolls by whole ones (1.1 was seen)."""
    visit = reader()
    page = visit.open(SECTION)
    for name in ('JAX', 'TensorFlow', 'PyTorch', 'MXNet', 'PyTorch'):
        label = visit.label(name, place)
        label.evaluate('label => scrollBy(0, label.getBoundingClientRect().top - 300)')
        page.evaluate(SETTLED)
        before = label.bounding_box()['y']
        label.click()
        page.evaluate(SETTLED)
        assert label.bounding_box()['y'] == pytest.approx(before, abs=2)


def test_the_keyboard_reaches_and_switches_every_tab_set(reader):
    visit = reader()
    page = visit.open(SECTION)
    names = 'inputs => new Set(inputs.map(input => input.name)).size'
    wanted = page.locator(f'.sd-tab-set{FOLDED} > input').evaluate_all(names)
    page.locator('article h1').click()
    reached = set()
    while len(reached) < wanted:
        page.keyboard.press('Tab')
        focus = page.evaluate(
            '(e => [e.matches(".sd-tab-set > input"), e.name, '
            'e.closest(".prev-next-footer") !== null])(document.activeElement)'
        )
        assert not focus[2], f'only {len(reached)} of {wanted} tab sets were reached'
        if focus[0]:
            reached.add(focus[1])
    page.keyboard.press('ArrowRight')
    assert set(visit.chosen()) == {'TensorFlow'}
    look = 'label => getComputedStyle(label).outlineStyle'
    assert page.locator('input:focus + label').evaluate(look) == 'solid'


def test_wide_code_can_be_scrolled_by_keys_in_every_tab(reader):
    visit = reader(width=360)
    page = visit.open(SECTION)
    visit.choose('JAX')
    wide = page.locator(CODE).nth(1).locator('pre').filter(visible=True)
    page.wait_for_function('box => box.tabIndex === 0', arg=wide.element_handle())
    wide.focus()
    page.keyboard.press('ArrowRight')
    page.wait_for_function('box => box.scrollLeft > 0', arg=wide.element_handle())


def test_copying_takes_the_code_that_is_shown(reader):
    visit = reader(permissions=['clipboard-read', 'clipboard-write'])
    page = visit.open(f'{SECTION}?framework=jax')
    shown = page.locator('.cell_input').filter(visible=True)
    shown.nth(1).hover()
    shown.nth(1).locator('button.copybtn').click()
    page.wait_for_selector('.copybtn.success')
    copied = page.evaluate('navigator.clipboard.readText()')
    assert copied.strip() == cell(1, 'jax').strip()


def shown_side_by_side(page):
    """[(left, top)] of what is shown in the second set with code."""
    shown = page.locator(CODE).nth(1).locator('> .sd-tab-content').filter(visible=True)
    boxes = [shown.nth(number).bounding_box() for number in range(shown.count())]
    return [(box['x'], box['y']) for box in boxes], shown.all_inner_texts()


def test_two_frameworks_lie_side_by_side(reader):
    visit = reader()
    page = visit.open(f'{SECTION}?framework=tensorflow')
    page.locator('#compare').focus()
    page.keyboard.type('Py')
    (mine, other), texts = shown_side_by_side(page)
    if mine[0] > other[0]:
        mine, other, texts = other, mine, texts[::-1]
    assert mine[1] == other[1]
    assert 'layers.Layer' in texts[0]
    assert 'nn.Module' in texts[1]
    page.reload()
    assert len(shown_side_by_side(page)[0]) == 2
    assert page.evaluate('document.documentElement.scrollWidth') <= 1440


def test_choosing_the_compared_framework_swaps_the_two(reader):
    visit = reader()
    page = visit.open(SECTION)
    page.locator('#compare').select_option('JAX')
    visit.choose('JAX')
    assert page.locator('#compare').input_value() == 'pytorch'
    page.locator('#compare').select_option('nothing')
    assert len(shown_side_by_side(page)[0]) == 1


@pytest.mark.parametrize('control', ['#framework', '#compare'])
def test_the_switch_does_not_move_the_text(reader, control):
    page = reader().open(SECTION)
    heading = page.get_by_role('heading', name='Transition Layers')
    heading.evaluate('h => scrollBy(0, h.getBoundingClientRect().top - 100)')
    before = heading.bounding_box()['y']
    page.locator(control).select_option('JAX')
    page.evaluate(SETTLED)
    assert heading.bounding_box()['y'] == pytest.approx(before, abs=1)


@pytest.mark.parametrize('width', [1024, 1200, 1440, 1920])
def test_comparing_leaves_the_ways_to_other_pages(reader, width):
    visit = reader(width=width)
    page = visit.open(SECTION)
    page.locator('#compare').select_option('JAX')
    if width >= 1200:  # below, long lines scroll: letters would be too small
        assert page.evaluate(WIDE_CODE) == []
    contents = page.get_by_role('button', name='Toggle secondary sidebar')
    contents.click()
    page.get_by_role('link', name='Transition Layers').filter(visible=True).click()
    page.keyboard.press('Escape')
    sidebar = page.locator('.bd-sidebar-primary')
    if not sidebar.is_visible():
        assert page.locator('.search-button').is_visible()
        page.locator('.primary-toggle').click()
    sidebar.get_by_role('link', name='Glossary').click()
    page.wait_for_url('**/glossary.html*')
    assert page.locator('.bd-sidebar-primary').is_visible()
    assert page.locator('.primary-toggle').is_visible()
    assert page.evaluate('document.documentElement.dataset.compare') is None


def test_a_narrow_screen_shows_one_below_the_other(reader):
    page = reader(width=900).open(SECTION)
    page.locator('#compare').select_option('JAX')
    (mine, other), _ = shown_side_by_side(page)
    assert mine[0] == other[0]
    assert mine[1] < other[1]


def test_without_scripts_every_tab_is_there(reader):
    page = reader(java_script_enabled=False).open(SECTION)
    for part in ('> label', '> .sd-tab-content'):
        parts = page.locator(f'.sd-tab-set {part}')
        assert parts.count() > 40
        assert parts.filter(visible=True).count() == parts.count()
    tops = 'all => all.slice(0, 8).map(one => one.getBoundingClientRect().top)'
    one = page.locator(CODE).first.locator('> label, > .sd-tab-content')
    assert one.count() == 8
    assert one.evaluate_all(tops) == sorted(one.evaluate_all(tops))


@pytest.mark.parametrize('name', TABS)
def test_each_tab_shows_what_it_drew_and_the_same_count(reader, name):
    visit = reader()
    page = visit.open(f'{SECTION}?framework={name.lower()}')
    shown = page.locator('.cell_output').filter(visible=True)
    assert any('758,226' in text for text in shown.all_inner_texts())
    drawn = shown.locator('img')
    assert drawn.count() >= 1
    for number in range(drawn.count()):
        drawn.nth(number).scroll_into_view_if_needed()
        complete = 'img => img.decode().then(() => img.naturalWidth)'
        assert drawn.nth(number).evaluate(complete) > 100
