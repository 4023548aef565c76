"""The switch in the header: which framework, and which other beside it."""

import pytest

SECTION = 'notebooks/densenet.html'
PLAIN = 'book/glossary.html'  # a page without tabs
CHOSEN = "localStorage.getItem('sphinx-design-tab-id-framework')"


def test_the_switch_chooses_every_tab_set_and_the_address(reader):
    visit = reader()
    page = visit.open(SECTION)
    page.locator('#framework').select_option('JAX')
    assert set(visit.chosen()) == {'JAX'}
    assert page.url.endswith('?framework=jax')
    page.reload()
    assert page.locator('#framework').input_value() == 'jax'


def test_the_switch_follows_a_tab(reader):
    visit = reader()
    page = visit.open(SECTION)
    visit.choose('MXNet')
    assert page.locator('#framework').input_value() == 'mxnet'


def test_a_page_without_tabs_chooses_for_later_ones(reader):
    visit = reader()
    page = visit.open(f'{PLAIN}?framework=jax')
    assert page.locator('#framework').input_value() == 'jax'
    assert page.locator('#compare').count() == 0
    page.locator('#framework').select_option('TensorFlow')
    page.reload()
    assert page.locator('#framework').input_value() == 'tensorflow'
    visit.open(SECTION)
    assert set(visit.chosen()) == {'TensorFlow'}


def test_a_page_from_the_history_shows_a_later_choice(reader):
    page = reader().open(PLAIN)
    page.locator('#framework').select_option('JAX')
    page.get_by_role('link', name='Notation').first.click()
    page.wait_for_url('**/notation.html*')
    page.locator('#framework').select_option('MXNet')
    page.go_back()
    page.wait_for_url('**/glossary.html*')
    assert page.locator('#framework').input_value() == 'mxnet'


@pytest.mark.parametrize('path', [SECTION, PLAIN])
def test_on_a_phone_the_keyboard_opens_and_closes_the_switch(reader, path):
    page = reader(width=360).open(path)
    switch = page.get_by_role('group', name='Framework of the code')
    assert not switch.is_visible()
    page.get_by_role('button', name='Framework: PyTorch').press('Enter')
    page.keyboard.press('Tab')
    assert page.evaluate('document.activeElement.id') == 'framework'
    page.keyboard.type('JAX')
    page.keyboard.press('Escape')
    assert not switch.is_visible()
    assert page.get_by_role('button', name='Framework: JAX').inner_text() == 'JAX'
    assert page.evaluate(CHOSEN) == 'jax'
    assert page.evaluate('document.documentElement.scrollWidth') == 360


@pytest.mark.parametrize('width', [360, 1440])
def test_without_scripts_there_is_no_switch(reader, width):
    page = reader(width=width, java_script_enabled=False).open(SECTION)
    assert not page.locator('#switch, .switch-button').filter(visible=True).count()
