"""The dense block at work: in steps, beside its code, still until asked."""

import gzip

import pytest
from bs4 import BeautifulSoup

PAGE = 'notebooks/densenet.html'
FIGURE = '#fig-dense-connectivity'
LINES = {
    'PyTorch': 'X = torch.cat((X, blk(X)), dim=1)',
    'TensorFlow': 'X = tf.concat((X, blk(X)), axis=-1)',
    'JAX': 'X = jnp.concatenate((X, blk(X)), axis=-1)',
    'MXNet': 'X = F.np.concatenate((X, blk(X)), axis=1)',
}


@pytest.fixture
def page(reader):
    visit = reader()
    yield visit.open(PAGE)
    assert visit.faults == []


def button(page, name):
    return page.locator(f'{FIGURE} button', has_text=name)


def step(page, times=1):
    """Take some steps; return what is said of each."""
    said = page.locator(f'{FIGURE} [aria-live]')
    told = []
    for _ in range(times):
        button(page, 'Step').click()
        told.append(said.inner_text())
    return told


def parts(page, state):
    """The names of the parts that are in a state."""
    found = page.locator(f'{FIGURE} [data-part].{state}')
    return set(found.evaluate_all('all => all.map(it => it.dataset.part)'))


def watch_movement(page):
    """Count from now on what is moved."""
    page.evaluate("""() => {
        const animate = Element.prototype.animate;
        window.moved = 0;
        Element.prototype.animate = function (...how) {
            window.moved += 1;
            return animate.apply(this, how);
        };
    }""")


def moved(page):
    """How many parts have moved since the last time that this was asked."""
    return page.evaluate('() => { const n = moved; moved = 0; return n; }')


def test_it_is_still_and_whole_until_asked(page):
    assert page.locator(f'{FIGURE} svg').is_visible()
    assert not page.locator(f'{FIGURE} img').is_visible()
    assert parts(page, 'ahead') == parts(page, 'lit') == set()
    assert not page.locator('.watch-line').count()
    alt = page.locator(f'{FIGURE} img').get_attribute('alt')
    assert page.locator(f'{FIGURE} svg').get_attribute('aria-label') == alt


def test_each_layer_lights_up_reads_and_appends(page):
    told = step(page, 14)
    assert len(set(told)) == 14
    assert '13 of 13' in page.locator('.watch-at').inner_text()
    assert 'c₀ + 4k maps' in told[-1]
    assert parts(page, 'ahead') == set()
    step(page, 8)
    watch_movement(page)
    assert parts(page, 'lit') == {'x0', 'x1', 'x2'}  # which layer 3 is to read
    assert {'read3', 'x3', 'layer4'} & parts(page, 'ahead') == {'read3', 'x3'}
    assert 'c₀ + 2k maps' in step(page)[0]
    assert moved(page) == 3  # the sources slide into the concatenation
    assert 'layer3' in parts(page, 'lit')
    step(page)
    assert parts(page, 'lit') == {'x3', 'layer3'}
    button(page, 'Back').click()
    assert 'x3' in parts(page, 'ahead')


@pytest.mark.parametrize('framework', LINES)
def test_the_line_of_the_shown_tab_is_marked(reader, framework):
    page = reader().open(f'{PAGE}?framework={framework.lower()}')
    texts = 'all => all.map(it => it.textContent)'
    code = page.locator('.sd-tab-content:visible pre', has_text='class DenseBlock')
    before = code.first.inner_text()
    step(page, 2)
    lit = page.locator('.watch-line.lit:visible')
    assert lit.evaluate_all(texts) == ['for blk in self.net:']
    step(page)
    assert lit.evaluate_all(texts) == [LINES[framework]]
    assert page.locator('.watch-code mark').inner_text() == LINES[framework]
    assert code.first.inner_text() == before


def test_another_tab_shows_its_own_line(page):
    step(page, 3)
    page.locator('label[data-sync-id="jax"]').first.click()
    assert page.locator('.watch-code mark').inner_text() == LINES['JAX']
    lit = page.locator('.watch-line.lit:visible')
    assert lit.all_inner_texts() == [LINES['JAX']]


def test_the_residual_block_takes_the_same_steps(page):
    page.locator('.watch [name="view"]').select_option('residual')
    told = step(page, 14)
    assert 'c maps' in told[-1]
    assert page.locator(f'{FIGURE} [data-part^="read"] text:text-is("c")').count() == 5
    assert not page.locator('.watch-code').is_visible()


def test_paths_of_the_gradient_are_counted_by_their_length(page):
    page.locator('.watch [name="view"]').select_option('paths')
    told = step(page, 7)[1:6]
    assert [text.split(': ')[1].split()[0] for text in told] == list('14641')
    page.locator('.watch [name="target"]').select_option('2')
    told = step(page, 5)
    assert [text.split(': ')[1].split()[0] for text in told[1:4]] == list('121')
    assert told[-1].startswith('1 + 2 + 1 = 4 paths')
    assert page.locator(f'{FIGURE} [data-length]').count() == 4


def test_play_goes_on_by_itself_and_can_be_stopped(page):
    page.clock.install()
    button(page, 'Play').click()
    page.clock.run_for(2300 * 2)
    assert page.locator('.watch-at').inner_text() == '2 of 13'
    button(page, 'Pause').click()
    page.clock.run_for(10_000)
    assert page.locator('.watch-at').inner_text() == '2 of 13'


def test_the_keyboard_is_enough(page):
    button(page, 'Step').focus()
    page.keyboard.press('Enter')
    page.keyboard.press('Space')
    assert page.locator('.watch-at').inner_text() == '1 of 13'
    page.keyboard.press('Tab')
    assert page.locator(':focus').inner_text() == 'Play'


def test_who_wants_no_movement_has_steps_without(reader):
    page = reader(reduced_motion='reduce').open(PAGE)
    watch_movement(page)
    step(page, 4)
    assert moved(page) == 0
    assert parts(page, 'lit') == {'x1', 'layer1'}


def test_a_phone_shows_it_from_top_to_bottom(reader):
    page = reader(width=360, has_touch=True).open(PAGE)
    button(page, 'Step').tap()
    box = page.locator(f'{FIGURE} svg').bounding_box()
    assert box['height'] > 1.8 * box['width']
    assert box['x'] >= 0
    assert box['x'] + box['width'] <= 360
    for it in page.locator(f'{FIGURE} svg [data-part]').all():
        inside = it.bounding_box()
        assert inside['x'] >= 0
        assert inside['x'] + inside['width'] <= 360


def test_paper_and_readers_without_scripts_have_the_picture(browser, address, page):
    step(page, 3)
    page.emulate_media(media='print')
    assert page.locator(f'{FIGURE} img').is_visible()
    assert not page.locator('.watch').is_visible()
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f'{address}/{PAGE}')
    assert plain.locator(f'{FIGURE} img').is_visible()
    assert not plain.locator('.watch').count()
    context.close()


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_axe_finds_nothing_on_the_way(reader, axe, scheme):
    page = reader(scheme=scheme).open(PAGE)
    page.evaluate(axe)
    step(page, 3)
    page.wait_for_timeout(800)
    script = f"axe.run('{FIGURE}').then(found => found.violations)"
    assert page.evaluate(script) == []


def test_a_line_is_marked_in_forced_colours_too(reader):
    page = reader(forced_colors='active').open(PAGE)
    step(page, 3)
    style = 'it => getComputedStyle(it).outlineStyle'
    assert page.locator('.watch-line.lit:visible').evaluate(style) == 'solid'


def test_script_and_style_are_small(html):
    parts = [
        (html / '_static' / f'watch.{kind}').read_bytes() for kind in ('js', 'css')
    ]
    assert sum(len(gzip.compress(part)) for part in parts) < 7_500


@pytest.mark.parametrize('path', ['book/index.html', PAGE])
def test_the_first_page_and_shared_links_show_it(html, path):
    page = BeautifulSoup((html / path).read_text('utf-8'), 'html.parser')
    assert page.select('article img[src*="dense_connectivity"]')
    image = page.select_one('meta[property="og:image"]')['content']
    assert image.startswith('https://')
    shown = html / '_static' / image.rpartition('/')[2]
    assert shown.read_bytes().startswith(b'\x89PNG')
