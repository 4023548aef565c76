"""Formulas set when the book is built."""

import pytest
from bs4 import BeautifulSoup

from tabbook.reading.formulas import FormulaError, html


def test_a_formula_is_seen_once_and_told_once():
    made = BeautifulSoup(html(r'\frac{1}{2} \mathbf{x} < k', False), 'html.parser')
    seen, told = made.find('mjx-math'), made.find('mjx-assistive-mml')
    assert seen['aria-hidden'] == 'true'
    assert not seen.get_text(strip=True)
    assert [tag.text for tag in told('mn')] == ['1', '2']
    assert told.find('mi')['mathvariant'] == 'bold'


@pytest.mark.parametrize('tex', [r'\frac{1', r'\unknown', '}', 'x_a_b'])
def test_a_fault_in_a_formula_is_told(tex):
    with pytest.raises(FormulaError, match='cannot be set'):
        html(tex, False)
    assert 'mjx-math' in html('x', False)
