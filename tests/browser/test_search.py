"""Searching: hits name tab and section, and open it; the reader's choice stays."""

import pytest

SECTION = 'notebooks/densenet.html'
KEY = 'sphinx-design-tab-id-framework'
SHIFT = """() => new Promise(done => new PerformanceObserver(list => done(
    list.getEntries().reduce((sum, entry) => sum + entry.value, 0)
)).observe({type: 'layout-shift', buffered: true}) || setTimeout(done, 300, 0))"""


def test_a_hit_in_a_hidden_tab_opens_it_for_this_view_and_says_so(reader):
    visit = reader()
    visit.open(f'{SECTION}?framework=pytorch')
    visit.choose('JAX')
    visit.choose('PyTorch')
    page = visit.open('search.html?q=hybrid_forward')
    hit = page.locator('#search-results a[href*="densenet.html"]').first
    assert hit.inner_text().startswith('MXNet · ')
    hit.click()
    page.wait_for_url(f'**/{SECTION}*')
    code = page.locator('pre', has_text='hybrid_forward').filter(visible=True).first
    code.wait_for()
    assert set(visit.chosen()) == {'MXNet'}
    assert -200 < code.bounding_box()['y'] < 900
    assert page.evaluate(f"localStorage['{KEY}']") == 'pytorch'
    note = page.locator('.for-now')
    assert 'This view is in MXNet; your choice stays PyTorch' in note.inner_text()
    note.get_by_role('button', name='Show PyTorch').click()
    assert set(visit.chosen()) == {'PyTorch'}
    assert page.locator('.for-now').count() == 0
    assert visit.faults == []


def test_excerpts_are_text_and_move_nothing(reader):
    visit = reader()
    page = visit.open('search.html?q=growth+rate')
    page.locator('#search-results li').first.wait_for()
    texts = page.locator('#search-results p').all_inner_texts()
    assert len(texts) > 5
    assert page.locator('.search-summary').is_visible()
    assert not [text for text in texts if '</' in text or 'fig-' in text]
    assert not [text for text in texts if '\\(' in text or '\\mathbf' in text]
    assert page.evaluate(SHIFT) < 0.1  # "good" in the measure of browsers; 0.175 before


def test_the_glossary_is_counted_once_for_a_word_that_it_explains(reader):
    page = reader().open('search.html?q=bottleneck')
    found = page.locator('#search-results a[href*="glossary"]')
    found.first.wait_for()
    assert found.count() == 1


def test_it_works_from_disk(reader, html):
    visit = reader()
    page = visit.open(f'{(html / "search.html").as_uri()}?q=compression')
    page.locator('#search-results p', has_text='compression').first.wait_for()
    assert visit.faults == []


@pytest.mark.parametrize('word', ['hybrid_forward', 'init_with_output'])
def test_the_browsers_own_search_opens_a_hidden_tab(reader, word):
    """Chromium answers an address of a piece of text as it answers Ctrl+F."""
    visit = reader()
    page = visit.open('book/index.html')
    visit.open(f'{SECTION}#:~:text={word}')
    name = {'hybrid_forward': 'MXNet', 'init_with_output': 'JAX'}[word]
    page.wait_for_function(
        """name => document.querySelector('.for-now')?.textContent.includes(name)""",
        arg=name,
    )
    assert set(visit.chosen()) == {name}
    assert visit.faults == []
