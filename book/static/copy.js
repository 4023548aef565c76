/* A formula that is copied, alone or within text, is copied as its TeX. */
'use strict';

document.addEventListener('copy', (event) => {
  const FORMULA = ':is(span.math, div.math > mjx-container)';
  const selection = getSelection();
  if (!selection.rangeCount || event.target.closest?.('input, textarea, select')) return;
  const whole = selection.getRangeAt(0).cloneRange();
  const around = (node) => (node.closest ? node : node.parentElement).closest(FORMULA);
  const [first, last] = [around(whole.startContainer), around(whole.endContainer)];
  if (first) whole.setStartBefore(first);
  if (last) whole.setEndAfter(last);
  const all = whole.commonAncestorContainer.querySelectorAll?.(FORMULA) ?? [];
  const formulas = [...all].filter((formula) => whole.intersectsNode(formula));
  if (!formulas.length) return;
  const { anchorNode, anchorOffset, focusNode, focusOffset } = selection;
  const said = formulas.map((formula) => {
    const { tex } = (formula.matches('span') ? formula.querySelector('[data-tex]') : formula).dataset;
    const text = document.createElement('span');
    text.textContent = formula.matches('span') ? `$${tex}$` : `$$${tex.trim()}$$`;
    formula.before(text);  // first, or a range of the formula alone would lose it
    formula.remove();
    return text;
  });
  selection.removeAllRanges();
  selection.addRange(whole);
  const rich = document.createElement('div');
  rich.append(whole.cloneContents());
  event.clipboardData.setData('text/plain', selection.toString());
  event.clipboardData.setData('text/html', rich.innerHTML);
  said.forEach((text, place) => text.replaceWith(formulas[place]));
  selection.setBaseAndExtent(anchorNode, anchorOffset, focusNode, focusOffset);
  event.preventDefault();
});
