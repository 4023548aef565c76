"""The keyboard, forced colours, a screen reader: what each is told of the controls."""

import pytest

SECTION = 'notebooks/densenet.html'
# What is put before or after elements and is an icon of a font, read aloud as it is.
ICONS = """() => [...document.querySelectorAll('*')].flatMap(element =>
  ['::before', '::after'].map(place => getComputedStyle(element, place).content)
).filter(content => /^"[\\ue000-\\uf8ff]"$/.test(content))"""
OUTLINE = """it => {
  const box = it.closest('.sd-card') ?? it;
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(box);
  return outlineStyle !== 'none' && parseFloat(outlineWidth) > 1;
}"""


def test_forced_colours_show_the_chosen_tab(reader):
    page = reader(forced_colors='active').open(SECTION)
    script = 'all => all.map(label => getComputedStyle(label).borderBottomColor)'
    tabs = page.locator('.sd-tab-set').nth(2)
    (chosen,) = tabs.locator('> input:checked + label').evaluate_all(script)
    others = tabs.locator('> input:not(:checked) + label').evaluate_all(script)
    ground = page.evaluate('getComputedStyle(document.body).backgroundColor')
    assert {*others} == {ground}
    assert chosen != ground


def test_forced_colours_leave_the_explorer_its_bars_and_legend(reader):
    page = reader(forced_colors='active').open('book/explorer.html')
    bars = page.locator('#explorer tbody .bar').evaluate_all(
        'all => all.map(bar => getComputedStyle(bar).backgroundColor)'
    )
    legend = page.locator('.explorer-legend span').evaluate_all(
        "all => all.map(it => getComputedStyle(it, '::before').backgroundColor)"
    )
    assert len({*bars}) == 3
    assert {*legend} == {*bars}


def test_the_focus_is_seen_on_cards_and_buttons(reader):
    page = reader(width=800).open('book/index.html')
    seen = []
    for _ in range(25):
        page.keyboard.press('Tab')
        focus = page.locator(':focus')
        if focus.evaluate('it => it.matches(".sd-card a, .bd-header-article button")'):
            seen.append(focus.evaluate(OUTLINE))
    assert len(seen) >= 8
    assert all(seen)


@pytest.mark.parametrize('width', [360, 1440])
def test_of_the_formulas_only_those_that_scroll_take_the_focus(reader, width):
    page = reader(width=width).open(SECTION)
    scroll = """boxes => boxes.filter(box =>
        (box.tabIndex === 0) !== (box.scrollWidth > box.clientWidth + 1)).length"""
    formulas = page.locator('article mjx-container')
    assert formulas.count() > 50
    assert formulas.evaluate_all(scroll) == 0


@pytest.mark.parametrize('how', ['link', 'button', 'Escape'])
def test_a_drawer_of_contents_closes(reader, how):
    visit = reader(width=390)
    page = visit.open(SECTION)
    page.locator('.secondary-toggle').click()
    drawer = page.locator('#pst-secondary-sidebar-modal')
    if how == 'link':
        drawer.get_by_role('link', name='Transition Layers').click()
    elif how == 'button':
        drawer.get_by_role('button', name='Close').click()
    else:
        page.keyboard.press(how)
    drawer.wait_for(state='hidden')
    if how == 'link':
        page.wait_for_function("""() => {
            const { top } = document.getElementById('transition-layers')
                .getBoundingClientRect();
            return top >= 0 && top < 300;
        }""")
    assert visit.faults == []


def test_each_group_of_tabs_has_a_name(reader):
    page = reader().open(SECTION)
    named = page.get_by_role('radiogroup', name='Framework').count()
    shown = page.locator('.sd-tab-set').filter(visible=True).count()
    assert named >= shown > 5


@pytest.mark.parametrize('path', [SECTION, 'book/index.html'])
def test_no_code_point_of_an_icon_is_spoken(reader, path):
    page = reader(width=390).open(path)
    assert page.evaluate(ICONS) == []
    assert page.get_by_role('button', name='Toggle primary sidebar', exact=True).count()
