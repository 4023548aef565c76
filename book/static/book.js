/* What the tabs of frameworks do beyond sphinx-design, which switches and remembers
 * them: the address follows, the text stays where it is, two can be compared.
 * The choice itself was read in templates/choose.js, before the page was drawn.
 */
'use strict';

(() => {
  const page = document.documentElement;
  const html = page.dataset;
  let framework = html.choosing;

  /** The framework that a tab's radio button is for, or undefined. */
  function frameworkOf(input) {
    const label = input.matches('.sd-tab-set > input') && input.nextElementSibling;
    return label && label.dataset.syncGroup === 'framework'
      ? label.dataset.syncId : undefined;
  }

  /** A function that scrolls `element` back to where it is on the screen now. */
  function hold(element) {
    const before = element.getBoundingClientRect().top;
    page.style.overflowAnchor = 'none';  // the browser would correct it once more
    return () => {
      const after = element.getBoundingClientRect().top;
      scrollBy({ top: after - before, behavior: 'instant' });
      requestAnimationFrame(() => { page.style.overflowAnchor = ''; });
    };
  }

  function writeAddress() {
    const address = new URL(location);
    address.searchParams.set('framework', framework);
    history.replaceState({ ...history.state, framework }, '', address);
  }

  /** Lay the tabs of `other` beside the chosen ones; none if it is ''. */
  function compare(other) {
    if (other) html.compare = other; else delete html.compare;
    localStorage.setItem('compare', other);
    const select = document.getElementById('compare');
    select.value = other;
    for (const option of select.options) option.disabled = option.value === framework;
  }

  /** Let the theme look anew which boxes scroll, and so must take the focus. */
  const lookAgain = () => dispatchEvent(new Event('resize'));

  function firstInView() {
    const all = document.querySelectorAll('.bd-article :is(h1, h2, p, .sd-tab-set)');
    return [...all].find((element) => element.getBoundingClientRect().top > 50) || page;
  }

  let restore;
  document.addEventListener('change', ({ target }) => {
    if (frameworkOf(target)) restore = hold(target.parentElement);
  }, true);  // before sphinx-design changes the other tab sets

  document.addEventListener('change', ({ target }) => {
    const chosen = frameworkOf(target);
    if (!chosen) return;
    const previous = framework;
    framework = chosen;
    if (html.compare) compare(html.compare === chosen ? previous : html.compare);
    restore();
    lookAgain();
    writeAddress();
  });

  document.addEventListener('DOMContentLoaded', () => {
    delete html.choosing;  // sphinx-design has opened the tabs by now
    if (!document.querySelector('[data-sync-group="framework"]')) return;
    if (localStorage.getItem('sphinx-design-tab-id-framework')) writeAddress();
    const select = document.getElementById('compare');
    if (!select) return;
    compare(html.compare || '');
    select.addEventListener('change', () => {
      const back = hold(firstInView());
      compare(select.value);
      back();
      lookAgain();
    });
  });

  /* The room for the formulas is given up once they are set, or cannot be. */
  const mathjax = document.querySelector('script[src*="/mathjax/"]');
  const set = () => window.MathJax?.startup?.promise;
  const giveUp = () => Promise.resolve(set()).then(() => { delete html.formulas; });
  if (!mathjax || set()) {
    giveUp();
  } else {
    mathjax.addEventListener('load', giveUp);
    mathjax.addEventListener('error', giveUp);
  }

  /* A page that comes back from the history may have been left with another choice. */
  addEventListener('pageshow', ({ persisted }) => {
    const chosen = localStorage.getItem('sphinx-design-tab-id-framework');
    const label = document.querySelector(`.sd-tab-set > [data-sync-id="${chosen}"]`);
    if (persisted && label) label.previousElementSibling.click();
  });

  /* Paper is white, and nobody can unfold it. */
  let theme;
  let folded;
  addEventListener('beforeprint', () => {
    theme = html.theme;
    html.theme = 'light';
    folded = [...document.querySelectorAll('details:not([open])')];
    folded.forEach((details) => { details.open = true; });
  });
  addEventListener('afterprint', () => {
    html.theme = theme;
    folded.forEach((details) => { details.open = false; });
  });
})();
