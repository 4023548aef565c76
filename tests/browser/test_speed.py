"""What a first visit costs, and that nothing moves once it can be read."""

import pytest

from tabbook.project import Project
from tests.helpers import ROOT

SECTION = 'notebooks/densenet.html'
PAGES = [f'{name}.html' for name in Project(ROOT).pages]
KEY = "localStorage['sphinx-design-tab-id-framework']"
WATCH = """window.shift = 0;
new PerformanceObserver(list => list.getEntries().forEach(entry => {
  if (!entry.hadRecentInput) window.shift += entry.value;
})).observe({ type: 'layout-shift', buffered: true });"""
PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length"
END = '() => innerHeight + scrollY >= document.body.scrollHeight - 2'


def read_to_the_end(page):
    """Scroll through the page, a screen at a time."""
    while not page.evaluate(END):
        page.evaluate("scrollBy({ top: 800, behavior: 'instant' })")
        page.evaluate('() => new Promise(requestAnimationFrame)')
    page.wait_for_load_state('networkidle')


def test_a_first_visit_transfers_little(reader, address):
    sizes = {}
    visit = reader()

    def count(request):
        path = request.url.removeprefix(f'{address}/')
        sizes[path] = request.sizes()['responseBodySize']

    visit.page.on('requestfinished', count)
    visit.open(SECTION)
    read_to_the_end(visit.page)
    own = {p: n for p, n in sizes.items() if p == SECTION or p.startswith('_images/')}
    assert len(own) > 4
    assert not any('mathjax' in path.lower() and path.endswith('.js') for path in sizes)
    assert sum(own.values()) < 500_000


@pytest.mark.parametrize(
    ('path', 'most'), [(SECTION, 350_000), ('book/index.html', 150_000)]
)
def test_the_first_screens_of_a_page_transfer_little(reader, path, most):
    """All but the figures further down, which are loaded when they come into view."""
    sizes = {}
    visit = reader(width=390)
    visit.page.on(
        'requestfinished',
        lambda request: sizes.update(
            {request.url: request.sizes()['responseBodySize']}
        ),
    )
    visit.open(path).wait_for_load_state('networkidle')
    assert sum(sizes.values()) < most, sizes


def test_formulas_are_set_without_scripts(reader):
    page = reader(java_script_enabled=False)
    page.page.goto(f'{page.address}/{SECTION}')
    formulas = page.page.locator('article .math:not(.sd-tab-content .math)')
    assert formulas.count() > 50
    text = formulas.locator('mjx-assistive-mml').all_inner_texts()
    assert len(text) == formulas.count()
    assert not any('\\' in part for part in text)
    box = formulas.first.locator('mjx-math').bounding_box()
    assert min(box['width'], box['height']) > 5


def test_text_is_there_before_any_script(reader):
    visit = reader()
    held = []

    def hold(route):
        held.append(route)  # and never answer

    visit.context.route('**/*.js*', hold)
    visit.page.goto(f'{visit.address}/{SECTION}?framework=jax', wait_until='commit')
    visit.page.wait_for_function(PAINTED)
    visit.page.wait_for_selector('footer.bd-footer', state='attached')
    text = visit.page.locator('article').inner_text()
    assert len(held) > 3
    assert 'A layer of a residual network' in text
    assert 'from flax import linen' in text
    assert 'from torch import nn' not in text


@pytest.mark.parametrize('width', [360, 768, 1440])
@pytest.mark.parametrize(
    ('path', 'framework'), [*((path, 'mxnet') for path in PAGES), (SECTION, '')]
)
def test_nothing_moves(reader, path, width, framework):
    """Neither where the framework is not the first tab nor at a first visit."""
    visit = reader(width=width)
    visit.context.add_init_script(f'{KEY} = {framework!r};{WATCH}')
    page = visit.open(path)
    read_to_the_end(page)
    assert page.evaluate('shift') < 0.1
    if path == SECTION:
        assert set(visit.chosen()) == {'MXNet' if framework else 'PyTorch'}
