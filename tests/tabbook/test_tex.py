"""The room kept free for formulas, against what MathJax makes of them."""

import pytest

from tabbook.reading.formulas import height, reserve, width

# Formulas and their widths in em, measured in Chromium with MathJax 3.
MEASURED = {
    'x = 0': 2.40,
    'k': 0.52,
    'c_0': 0.87,
    '3 \\times 3': 2.22,
    '96 \\times 96': 3.22,
    '(k^2 c + 1)\\,d': 4.57,
    'c_0 + (\\ell - 1)\\,k': 5.69,
    '[\\mathbf{x}, g(\\mathbf{x})]': 3.47,
    '1 + 2 + \\cdots + L =\nL(L+1)/2': 12.70,
    '-\\ln\\tfrac{1}{10} \\approx 2.3026': 7.20,
}


@pytest.mark.parametrize('tex', MEASURED)
def test_a_width_is_that_of_the_formula_to_a_fifth(tex):
    assert width(tex) == pytest.approx(MEASURED[tex], rel=0.2)


def test_space_and_names_of_fonts_take_no_room():
    assert width('\\mathbf{ x }') == width('x')


@pytest.mark.parametrize('tex', ['', '}', '{{', '_', '^^', '\\', '\\frac', '}{}_'])
def test_no_formula_is_too_wrong_to_have_a_width(tex):
    assert width(tex) >= 0
    assert height(tex) >= 2


def test_sums_and_rows_are_higher():
    row = height('a = b')
    assert height('\\sum_{i} a_i') > row + 1
    assert height('a = b \\\\ c = d') == pytest.approx(row + 1.2)


def test_each_formula_of_a_page_gets_its_room():
    page = (
        '<p>If <span class="math x">\\(a &lt; b\\)</span> and <code>\\(c\\)</code></p>'
        '<div class="math x" id="e">\n<span class="eqno">(1)</span>\\[a\\]</div>'
    )
    made = reserve(page)
    assert f'<span class="math x" style="--room: {width("a < b")}">\\(a &lt;' in made
    assert f'<div class="math x" style="--room: {height("a")}" id="e">' in made
    assert '<code>\\(c\\)</code>' in made
