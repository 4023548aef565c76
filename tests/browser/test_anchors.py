"""Links into a tab: every tab set follows, the reader's own choice stays theirs."""

import pytest
from bs4 import BeautifulSoup

SECTION = 'notebooks/densenet.html'
TABS = {
    'pytorch': 'PyTorch',
    'tensorflow': 'TensorFlow',
    'jax': 'JAX',
    'mxnet': 'MXNet',
}
KEY = 'sphinx-design-tab-id-framework'


@pytest.fixture(scope='module')
def marked(html):
    """The section with an anchor, as `in-jax`, in each tab of one set."""
    soup = BeautifulSoup((html / SECTION).read_text('utf-8'), 'html.parser')
    code = [cells for cells in soup.select('.sd-tab-set') if cells.select('.cell')][4]
    for label in code.find_all('label', recursive=False):
        label['id'] = f'label-of-{label["data-sync-id"]}'
        mark = soup.new_tag('span', id=f'in-{label["data-sync-id"]}')
        label.find_next_sibling(class_='sd-tab-content').find('pre').insert(0, mark)
    return str(soup)


@pytest.fixture
def visit(reader, marked):
    """A reader of the section with anchors."""
    visit = reader()
    visit.page.route(
        f'**/{SECTION}*',
        lambda route: route.fulfill(body=marked, content_type='text/html'),
    )
    return visit


def follow(page, anchor):
    """Follow a link within the page, as the reader's click would."""
    page.evaluate(
        """anchor => new Promise((done) => {
        addEventListener('hashchange', () => setTimeout(done), { once: true });
        const link = document.createElement('a');
        link.href = anchor;
        document.body.append(link);
        link.click();
    })""",
        anchor,
    )


def assert_shown(visit, framework):
    """All sets show the framework, and the anchor in its tab is on the screen."""
    assert set(visit.chosen()) == {TABS[framework]}
    box = visit.page.locator(f'#in-{framework}').evaluate(
        'mark => mark.parentElement.getBoundingClientRect().top'
    )
    assert 0 <= box < 900
    assert visit.faults == []


def stored(page):
    return page.evaluate(f"localStorage.getItem('{KEY}')")


@pytest.mark.parametrize(
    ('anchor', 'framework'),
    [*(('in', framework) for framework in TABS), ('label-of', 'jax')],
)
def test_an_address_with_an_anchor_in_a_tab_opens_it_everywhere(
    visit, framework, anchor
):
    visit.open(SECTION)
    visit.choose('TensorFlow')
    visit.open('book/index.html')
    page = visit.open(f'{SECTION}#{anchor}-{framework}')
    assert_shown(visit, framework)
    assert stored(page) == 'tensorflow'
    visit.open(SECTION)
    assert set(visit.chosen()) == {'TensorFlow'}


@pytest.mark.parametrize('framework', TABS)
def test_a_link_within_the_page_and_the_way_back(visit, framework):
    page = visit.open(SECTION)
    visit.choose('MXNet')
    page.evaluate('scrollTo(0, 2000)')
    follow(page, f'#in-{framework}')
    assert_shown(visit, framework)
    page.go_back()
    assert set(visit.chosen()) == {'MXNet'}
    page.go_forward()
    assert_shown(visit, framework)
    assert stored(page) == 'mxnet'


@pytest.mark.parametrize('framework', TABS)
def test_an_anchor_typed_into_the_address(visit, framework):
    page = visit.open(f'{SECTION}?framework=jax')
    page.evaluate(f"location.hash = 'in-{framework}'")
    page.wait_for_function(
        """name => [...document.querySelectorAll(
        '.sd-tab-set:has(.cell) > input:checked + label')].every(
        label => label.dataset.syncId === name)""",
        arg=framework,
    )
    assert_shown(visit, framework)
    page.evaluate("location.hash = 'transition-layers'")
    page.wait_for_function("""() => [...document.querySelectorAll(
        '.sd-tab-set:has(.cell) > input:checked + label')].every(
        label => label.dataset.syncId === 'jax')""")
    top = page.locator('#transition-layers').bounding_box()['y']
    assert 0 <= top < 900


def test_a_hit_of_the_search_leads_to_the_chosen_framework_or_into_its_tab(visit):
    visit.open(SECTION)
    visit.choose('JAX')
    page = visit.open('search.html?q=transition')
    hit = page.locator('#search-results a[href*="densenet.html"]').first
    hit.wait_for()
    hit.click()
    page.wait_for_url(f'**/{SECTION}*')
    assert set(visit.chosen()) == {'JAX'}
    page.go_back()
    hit.wait_for()
    hit.evaluate("link => { link.hash = 'in-mxnet' }")
    hit.click()
    page.wait_for_url('**#in-mxnet')
    assert_shown(visit, 'mxnet')
    assert stored(page) == 'jax'


def test_a_choice_on_a_page_with_an_anchor_is_the_readers_own(visit):
    page = visit.open(f'{SECTION}#in-jax')
    visit.choose('MXNet')
    assert set(visit.chosen()) == {'MXNet'}
    assert stored(page) == 'mxnet'
    assert page.url.endswith('?framework=mxnet#in-jax')


def test_a_tab_is_never_compared_with_itself(visit):
    page = visit.open(SECTION)
    page.locator('#compare').select_option('JAX')
    follow(page, '#in-jax')
    assert page.locator('#compare').input_value() == 'pytorch'
    page.go_back()
    assert page.locator('#compare').input_value() == 'jax'
    assert page.evaluate("localStorage.getItem('compare')") == 'jax'
    assert set(visit.chosen()) == {'PyTorch'}
