"""What a reader of the book meets: tabs that follow, results, pages that fit."""

import pytest

SECTION = 'notebooks/densenet.html'
PAGES = ('book/index.html', SECTION, 'book/references.html')
TABS = ('PyTorch', 'TensorFlow', 'JAX', 'MXNet')


@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('width', [360, 768, 1440])
@pytest.mark.parametrize('path', PAGES)
def test_a_page_fits_and_loads_whole_from_here(reader, root, path, width, scheme):
    visit = reader(width=width, scheme=scheme)
    page = visit.open(path)
    shots = root / '_build' / 'screenshots'
    name = path.replace('/', '-').removesuffix('.html')
    page.screenshot(path=shots / f'{name}-{width}-{scheme}.png', full_page=True)
    assert page.evaluate('document.documentElement.scrollWidth') <= width
    assert page.evaluate('document.documentElement.dataset.theme') == scheme
    assert visit.faults == []


def test_every_tab_set_with_code_has_the_tabs_in_order(reader):
    page = reader().open(SECTION)
    sets = page.locator('.sd-tab-set:has(.cell)')
    assert sets.count() > 5
    for number in range(sets.count()):
        texts = sets.nth(number).locator('> label').all_inner_texts()
        assert tuple(texts) == TABS


def test_the_first_visit_shows_the_first_tab(reader):
    visit = reader()
    visit.open(SECTION)
    assert set(visit.chosen()) == {'PyTorch'}


def test_a_click_switches_every_tab_set(reader):
    visit = reader()
    visit.open(SECTION)
    visit.choose('JAX', place=2)
    assert set(visit.chosen()) == {'JAX'}


def test_the_choice_is_kept_on_other_pages_and_later(reader):
    visit = reader()
    visit.open(SECTION)
    visit.choose('MXNet')
    visit.open('book/index.html')
    visit.page.get_by_role('link', name='Densely Connected Networks').first.click()
    visit.page.wait_for_url(f'**/{SECTION}')
    assert set(visit.chosen()) == {'MXNet'}
    visit.page.reload()
    assert set(visit.chosen()) == {'MXNet'}


@pytest.mark.parametrize('name', TABS)
def test_the_address_chooses_the_tab_even_against_an_earlier_choice(reader, name):
    visit = reader()
    visit.open(SECTION)
    visit.choose('TensorFlow')
    visit.open(f'{SECTION}?framework={name.lower()}')
    assert set(visit.chosen()) == {name}


def test_an_unknown_framework_in_the_address_leaves_a_tab_open(reader):
    visit = reader()
    visit.open(f'{SECTION}?framework=chainer')
    assert set(visit.chosen()) == {'PyTorch'}
    assert visit.faults == []


def test_arrow_keys_switch_tabs(reader):
    visit = reader()
    page = visit.open(SECTION)
    page.locator('.sd-tab-set:has(.cell) > input').first.focus()
    page.keyboard.press('ArrowRight')
    assert set(visit.chosen()) == {'TensorFlow'}


@pytest.mark.parametrize('name', TABS)
def test_each_tab_shows_what_it_drew_and_the_same_count(reader, name):
    visit = reader()
    page = visit.open(f'{SECTION}?framework={name.lower()}')
    shown = page.locator('.cell_output').filter(visible=True)
    assert any('758,226' in text for text in shown.all_inner_texts())
    drawn = shown.locator('img')
    assert drawn.count() >= 1
    widths = 'all => all.map(img => img.complete && img.naturalWidth)'
    assert min(drawn.evaluate_all(widths)) > 100


def test_the_note_names_the_profile(reader):
    note = reader().open(SECTION).locator('.page-note')
    assert note.is_visible()
    assert note.bounding_box()['y'] < 900
    assert 'profile' in note.inner_text()


def test_mathematics_is_set_and_references_are_numbered(reader):
    page = reader().open(SECTION)
    assert page.locator('mjx-container').count() > 10
    assert page.locator('mjx-merror').count() == 0
    text = page.locator('article').inner_text()
    assert 'Fig. 1.1' in text
    assert '(1.1)' in text


def test_a_citation_leads_to_its_entry(reader):
    page = reader().open(SECTION)
    page.get_by_role('link', name='Huang et al., 2017').first.click()
    page.wait_for_url('**/book/references.html#*')
    assert page.locator(':target').count() == 1
