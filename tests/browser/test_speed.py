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
    assert any('mathjax' in path for path in sizes)
    assert len(own) > 4
    assert sum(sizes.values()) < 1_500_000
    assert sum(own.values()) < 500_000


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
