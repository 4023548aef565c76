"""Formulas are copied as their TeX."""

SECTION = 'notebooks/densenet.html'
SELECT = """element => getSelection().selectAllChildren(element)"""
ALLOWED = ['clipboard-read', 'clipboard-write']


def copied(page):
    """What the clipboard has once the selection was copied."""
    page.keyboard.press('Control+c')
    return page.evaluate('navigator.clipboard.readText()')


def test_text_is_copied_with_the_tex_of_its_formulas(reader):
    page = reader(permissions=ALLOWED).open(SECTION)
    text = page.locator('article p', has_text='of this section are not linear readers')
    before = text.inner_html()
    text.evaluate(SELECT)
    found = copied(page)
    assert r'computes $\mathbf{A}\mathbf{x} + \mathbf{B}\,g(\mathbf{x})$. If' in (
        ' '.join(found.split())
    )
    assert text.inner_html() == before
    assert page.evaluate('getSelection().isCollapsed') is False


def test_a_formula_that_a_mouse_has_crossed_is_copied(reader):
    page = reader(permissions=ALLOWED).open(SECTION)
    formula = page.locator('#equation-eq-growth mjx-container')
    formula.scroll_into_view_if_needed()
    box = formula.locator('mjx-math').bounding_box()
    middle = box['y'] + box['height'] / 2
    page.mouse.move(box['x'] + 2, middle)
    page.mouse.down()
    page.mouse.move(box['x'] + box['width'] - 2, middle, steps=4)
    page.mouse.up()
    assert copied(page) == '$$c_m = c_0 + m k.$$'


def test_text_without_formulas_is_copied_as_ever(reader):
    page = reader(permissions=ALLOWED).open(SECTION)
    page.locator('article h1').evaluate(SELECT)
    assert copied(page).startswith('3. Densely Connected Networks')
