"""Storage that is blocked, and frames that may run scripts and no more."""

import pytest

SECTION = 'notebooks/densenet.html'
CODE = '.sd-tab-set:has(.cell)'
BLOCKED = """
for (const name of ['localStorage', 'sessionStorage']) {
  Object.defineProperty(window, name, { configurable: true, get() {
    throw new DOMException('Access is denied for this document.', 'SecurityError');
  }});
}
"""
FULL = """
Storage.prototype.setItem = () => {
  throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
};
"""
ABSENT = """
for (const name of ['localStorage', 'sessionStorage']) {
  Object.defineProperty(window, name, { configurable: true, value: null });
}
"""
NO_HISTORY = """
History.prototype.replaceState = () => {
  throw new DOMException('The operation is insecure.', 'SecurityError');
};
"""
PAGES = (SECTION, 'book/index.html', 'book/explorer.html', 'search.html?q=dense')


def chosen(frame):
    """The names of the tabs that are open in a page or frame."""
    return set(
        frame.locator(CODE).evaluate_all("""sets => sets.map(set =>
        set.querySelector(':scope > input:checked + label').textContent.trim())""")
    )


def choose(frame, name, place=0):
    frame.locator(CODE).nth(place).locator('> label', has_text=name).click()


@pytest.fixture(
    params=[BLOCKED, FULL, ABSENT, NO_HISTORY, BLOCKED + NO_HISTORY],
    ids=['blocked', 'full', 'absent', 'no history', 'nothing'],
)
def refused(request, reader):
    """A reader whose browser refuses something."""
    visit = reader()
    visit.context.add_init_script(request.param)
    return visit


def test_the_address_chooses_and_a_choice_works_within_the_page(refused):
    page = refused.open(f'{SECTION}?framework=jax')
    assert chosen(page) == {'JAX'}
    choose(page, 'MXNet', place=3)
    assert chosen(page) == {'MXNet'}
    page.locator('#compare').select_option('PyTorch')
    choose(page, 'PyTorch')
    assert chosen(page) == {'PyTorch'}
    assert page.locator('#compare').input_value() == 'mxnet'
    assert refused.faults == []


@pytest.mark.parametrize('path', PAGES)
def test_nothing_is_on_the_console(reader, path):
    visit = reader()
    visit.context.add_init_script(BLOCKED + NO_HISTORY)
    page = visit.open(path)
    colours = page.locator('button.theme-switch-button').filter(visible=True)
    mode = page.evaluate('document.documentElement.dataset.mode')
    colours.first.click()
    assert page.evaluate('document.documentElement.dataset.mode') != mode
    page.keyboard.press('Control+k')
    assert visit.faults == []


@pytest.fixture
def framed(reader):
    """A function that opens a page in a course's frame; its reader and the frame."""

    def open(path):
        visit = reader()
        source = f'{visit.address}/{path}'
        visit.page.route(
            '**/course.html',
            lambda route: route.fulfill(
                content_type='text/html',
                body=f"""<!doctype html><title>A course</title>
            <iframe sandbox="allow-scripts" width=1300 height=800 src="{source}">""",
            ),
        )
        visit.page.goto(f'{visit.address}/course.html', wait_until='load')
        (frame,) = visit.page.main_frame.child_frames
        frame.wait_for_load_state('load')
        frame.evaluate('() => document.fonts.ready.then(() => true)')
        return visit, frame

    return open


def test_a_sandboxed_frame_shows_what_its_address_asks_for(framed):
    visit, frame = framed(f'{SECTION}?framework=jax')
    assert frame.evaluate('origin') == 'null'
    assert chosen(frame) == {'JAX'}
    choose(frame, 'TensorFlow', place=2)
    assert chosen(frame) == {'TensorFlow'}
    frame.locator('#compare').select_option('PyTorch')
    choose(frame, 'PyTorch')
    assert frame.locator('#compare').input_value() == 'tensorflow'
    assert visit.faults == []


@pytest.mark.parametrize('path', PAGES)
def test_nothing_is_on_the_console_of_a_sandboxed_frame(framed, path):
    visit, _ = framed(path)
    assert visit.faults == []
