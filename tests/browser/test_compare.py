"""Two frameworks compared: statements at one height, marks, and Rosetta's reasons."""

import pytest

SECTION = 'notebooks/densenet.html'
CODE = '.sd-tab-set:has(.cell)'
TEXTS = '() => [...document.querySelectorAll("pre")].map(pre => pre.innerHTML)'
TOPS = """(panels, texts) => panels.filter(
    panel => panel.querySelector('.differs')).map((panel, i) => {
  const pre = panel.querySelector('.cell_input pre');
  const walker = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let before = '';
  const start = pre.textContent.indexOf(texts[i]);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (start < before.length + node.length) {
      range.setStart(node, start - before.length);
      range.setEnd(node, start - before.length + 1);
      return range.getBoundingClientRect().top;
    }
    before += node.data;
  }
})"""


def compared(reader, name, **options):
    """The section, opened with PyTorch and another framework beside it."""
    page = reader(**options).open(SECTION)
    page.locator('#compare').select_option(name)
    page.wait_for_selector('.gap', state='attached')
    return page


def panels(page, number=1):
    """The panels of one of the sets of tabs with code."""
    return page.locator(CODE).nth(number).locator('> .sd-tab-content')


def marked(page, number=1):
    """[what is marked] in each panel that is shown."""
    shown = panels(page, number).filter(visible=True)
    return [shown.nth(i).locator('.differs').all_inner_texts() for i in (0, 1)]


@pytest.mark.parametrize(
    ('name', 'texts'),
    [
        ('MXNet', ['self.net = nn', 'self.net.add']),
        ('MXNet', ['def forward', 'def hybrid_forward']),
        ('JAX', ['self.net = nn', 'self.net = nn']),
        ('JAX', ['return self.net', 'return self.net']),
    ],
)
@pytest.mark.parametrize('width', [1024, 1920])
def test_statements_that_match_stand_at_one_height(reader, name, texts, width):
    page = compared(reader, name, width=width)
    one, other = panels(page).evaluate_all(TOPS, texts)
    assert one == pytest.approx(other, abs=0.5)


def test_what_differs_is_marked(reader):
    page = compared(reader, 'TensorFlow')
    mine, theirs = marked(page)
    assert {'Module', 'eps', '0.1', 'forward'} <= {*mine}
    assert {'Layer', 'epsilon', '0.9', 'call'} <= {*theirs}
    assert not {'ConvBlock', 'super', 'X', '1e-5'} & {*mine, *theirs}


@pytest.mark.parametrize('options', [{}, {'forced_colors': 'active'}])
def test_marks_are_seen_without_colour(reader, options):
    page = compared(reader, 'TensorFlow', **options)
    line = 'all => all.map(mark => getComputedStyle(mark).textDecorationLine)'
    assert {*page.locator('.differs').evaluate_all(line)} == {'underline'}


def test_a_mark_says_why_and_leads_to_the_row(reader):
    page = compared(reader, 'TensorFlow')
    mark = panels(page).locator('a', has_text='0.1').filter(visible=True)
    mark.focus()
    page.keyboard.press('Shift+Tab')
    page.keyboard.press('Tab')
    said = page.get_by_role('tooltip')
    said.wait_for()
    assert 'one word, two opposite meanings' in said.inner_text()
    assert 'TensorFlow: 0.10' in said.inner_text()
    page.keyboard.press('Escape')
    assert not said.is_visible()
    mark.press('Enter')
    page.wait_for_url('**/rosetta.html*#row-momentum_of_new')
    assert page.locator('tr:has(#row-momentum_of_new)').is_visible()


def test_code_is_what_it_was_once_nothing_is_compared(reader):
    page = reader().open(SECTION)
    before = page.evaluate(TEXTS)
    for name in ('MXNet', 'JAX'):
        page.locator('#compare').select_option(name)
        page.wait_for_selector('.gap', state='attached')
    assert page.evaluate(TEXTS) != before
    page.locator('#compare').select_option('nothing')
    assert page.evaluate(TEXTS) == before


@pytest.mark.parametrize('width', [360, 1440])
def test_compared_code_is_copied_without_marks(reader, width):
    allowed = ['clipboard-read', 'clipboard-write']
    page = reader(width=width, permissions=allowed).open(SECTION)
    plain = panels(page).first.locator('pre').text_content()
    page.evaluate("localStorage.setItem('compare', 'mxnet')")
    page.reload()
    page.wait_for_selector('.gap', state='attached')
    cell = panels(page).first.locator('.cell_input')
    cell.hover()
    cell.locator('button.copybtn').click()
    page.wait_for_selector('.copybtn.success')
    assert page.evaluate('navigator.clipboard.readText()').strip() == plain.strip()


def test_axe_finds_nothing_in_the_open_switch_of_a_phone(reader, axe):
    page = reader(width=360, scheme='dark').open(SECTION)
    page.locator('.switch-button').click()
    page.locator('#compare').select_option('JAX')
    page.wait_for_selector('.gap', state='attached')
    page.evaluate(axe)
    found = page.evaluate("axe.run('.cell_input, .bd-header-article')")
    assert found['violations'] == []
