/* Shows what a link leads to, a term, a citation, an equation or a figure, at the link:
 * under a pointer that rests, with the focus of the keyboard, or at a long press. It stays
 * while the pointer is on it, and goes with Escape. `PREVIEWS` is written by the build.
 */
'use strict';

(() => {
  if (!HTMLElement.prototype.showPopover) return;  // then they are plain links
  const LINKS = '.bd-article a.internal[href*="#"]';
  const REST = 250;  // ms until it shows, and until it goes
  const PRESS = 450;
  const root = new URL(document.documentElement.dataset.content_root, location.href);
  let box;
  let shown;  // the link whose preview is open
  let timer;
  let pressed;  // the link that a long press has opened
  let kind = 'mouse';  // of the last pointer

  const linkOf = (target) => target.closest?.(LINKS);

  /** The HTML of what `link` leads to, or undefined. */
  async function found(link) {
    if (!window.PREVIEWS) await load();
    const address = new URL(link.href);
    return window.PREVIEWS?.[decodeURIComponent((address.origin + address.pathname)
      .slice((root.origin + root.pathname).length) + address.hash)];
  }

  let loading;
  function load() {
    loading ??= new Promise((done) => {
      const script = document.createElement('script');  // from disk, too
      script.src = new URL('_static/preview-texts.js', root);
      script.onload = script.onerror = done;
      document.head.append(script);
    });
    return loading;
  }

  /** Show what `link` leads to if that is still `wanted()` once it is known. */
  async function show(link, wanted) {
    const text = await found(link);
    if (!text || !wanted() || shown === link) return;
    hide();
    box ??= make();
    box.innerHTML = text;
    for (const image of box.querySelectorAll('[src]')) {
      image.src = new URL(image.getAttribute('src'), root);
    }
    shown = link;
    link.setAttribute('aria-describedby', box.id);
    link.dataset.title = link.title;  // or the browser would show it as well
    link.removeAttribute('title');
    box.style.fontSize = '';
    box.showPopover();
    place();
    await Promise.allSettled([...box.querySelectorAll('img')].map((image) => image.decode()));
    if (shown === link) place();
  }

  function make() {
    const made = document.createElement('div');
    made.className = 'preview';
    made.id = 'preview';
    made.popover = 'manual';
    made.role = 'tooltip';
    made.addEventListener('pointerenter', () => clearTimeout(timer));
    made.addEventListener('pointerleave', hideSoon);
    document.querySelector('.bd-article').append(made);
    return made;
  }

  /** Put the box under the link, or above it where there is more room. */
  function place() {
    const { clientWidth, clientHeight } = document.documentElement;
    const lines = [...shown.getClientRects()];
    const [first, last] = [lines[0], lines.at(-1)];
    if (!first) return;
    const wide = Math.max(0, ...[box, ...box.querySelectorAll('div.math, div.math > *')].map((part) => (
      part.scrollWidth - part.clientWidth > 1 && part.clientWidth
        ? part.scrollWidth / part.clientWidth : 0)));
    if (wide > 1) {  // nothing in it scrolls: keys could not
      const size = parseFloat(getComputedStyle(box).fontSize);
      box.style.fontSize = `${size / wide - 0.1}px`;
    }
    const { width, height } = box.getBoundingClientRect();
    const above = last.bottom + height > clientHeight && first.top > clientHeight - last.bottom;
    const top = above ? first.top - height : last.bottom;
    box.style.top = `${Math.max(4, Math.min(top, clientHeight - height - 4))}px`;
    const left = above ? first.left : last.left;
    box.style.left = `${Math.max(4, Math.min(left, clientWidth - width - 4))}px`;
  }

  function hide() {
    clearTimeout(timer);
    if (!shown) return;
    shown.removeAttribute('aria-describedby');
    if (shown.dataset.title) shown.title = shown.dataset.title;
    delete shown.dataset.title;
    shown = undefined;
    box.hidePopover();
  }

  function hideSoon() {
    clearTimeout(timer);
    timer = setTimeout(() => { if (!shown?.matches(':focus-visible')) hide(); }, REST);
  }

  document.addEventListener('pointerover', ({ target, pointerType }) => {
    const link = linkOf(target);
    if (!link || pointerType === 'touch') return;
    clearTimeout(timer);
    timer = setTimeout(() => show(link, () => link.matches(':hover')), REST);
  });
  document.addEventListener('pointerout', ({ target, pointerType }) => {
    if (linkOf(target) && pointerType !== 'touch') hideSoon();
  });
  document.addEventListener('focusin', ({ target }) => {
    const link = linkOf(target);
    const focused = () => link?.matches(':focus-visible');
    if (focused()) show(link, focused);
  });
  document.addEventListener('focusout', ({ target }) => {
    if (target === shown && !target.matches(':hover')) hide();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !shown) return;
    event.preventDefault();
    hide();
  });
  addEventListener('scroll', () => { if (shown) place(); }, { passive: true });
  addEventListener('resize', () => { if (shown) place(); });

  /* A finger: what it has pressed for long is shown, and is not followed. */
  document.addEventListener('pointerdown', ({ target, pointerType }) => {
    kind = pointerType;
    pressed = undefined;
    if (kind !== 'touch') return;
    if (!box?.contains(target)) hide();
    const link = linkOf(target);
    if (link) timer = setTimeout(() => press(link), PRESS);
  });
  for (const name of ['pointerup', 'pointercancel', 'touchmove']) {
    document.addEventListener(name, () => {
      if (kind === 'touch') clearTimeout(timer);
    }, { passive: true });
  }
  async function press(link) {
    pressed = link;
    await show(link, () => pressed === link);
    if (shown !== link) pressed = undefined;
  }
  document.addEventListener('contextmenu', (event) => {
    const link = linkOf(event.target);
    if (kind !== 'touch' || !link || !window.PREVIEWS) return;
    if (pressed !== link) press(link);
    if (pressed === link) event.preventDefault();
  });
  document.addEventListener('click', (event) => {
    if (pressed && linkOf(event.target) === pressed) event.preventDefault();
    pressed = undefined;
  }, true);
})();
