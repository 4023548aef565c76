/* A formula that is copied, alone or within text, is copied as its TeX. */
'use strict';

document.addEventListener('copy', (event) => {
  const selection = getSelection();
  if (!selection.rangeCount || event.target.closest?.('input, textarea, select')) return;
  const FORMULA = '[data-tex]';
  const chosen = selection.getRangeAt(0);
  const whole = chosen.cloneRange();
  const around = (node) => (node.closest ? node : node.parentElement).closest(FORMULA);
  const [first, last] = [around(chosen.startContainer), around(chosen.endContainer)];
  if (first) whole.setStartBefore(first);
  if (last) whole.setEndAfter(last);
  const box = whole.commonAncestorContainer;
  const formulas = [...(box.querySelectorAll?.(FORMULA) ?? [])].filter((it) => whole.intersectsNode(it));
  if (!formulas.length) return;
  const { anchorNode, anchorOffset, focusNode, focusOffset } = selection;
  const said = formulas.map((formula) => {
    const sign = formula.hasAttribute('display') ? '$$' : '$';
    const text = document.createElement('span');
    text.textContent = sign + formula.dataset.tex.trim() + sign;
    formula.replaceWith(text);
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
