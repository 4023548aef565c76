/* What the tabs of frameworks do beyond sphinx-design, which switches and remembers
 * them: a switch in the header chooses, too; the address follows, the text stays where it
 * is, two can be compared.
 * The choice itself was read in templates/choose.js, before the page was drawn.
 */
'use strict';

(() => {
  const page = document.documentElement;
  const html = page.dataset;
  const KEY = 'sphinx-design-tab-id-framework';
  let framework = html.choosing;  // the reader's own choice
  let shown = framework;  // another one while the address leads into its tab
  let beside = html.compare || '';  // what the reader compares with

  /** The framework of the tab whose button, label or content `part` is, or undefined. */
  function frameworkOf(part) {
    if (!part.parentElement?.matches('.sd-tab-set')) return undefined;
    const label = part.matches('input') ? part.nextElementSibling
      : part.matches('label') ? part : part.previousElementSibling;
    return label.dataset.syncGroup === 'framework' ? label.dataset.syncId : undefined;
  }

  /** The framework of the tab that `target` lies in, or undefined. */
  function frameworkAround(target) {
    return target && (frameworkOf(target) ?? frameworkAround(target.parentElement));
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

  /** Lay the compared tabs beside the shown ones, which are never the same. */
  function layBeside() {
    const other = beside === shown ? framework : beside;
    if (other) html.compare = other; else delete html.compare;
    if (other && !loaded) load();
    document.dispatchEvent(new Event('compared'));
    tellSwitch(other);
  }

  let loaded = false;
  function load() {
    loaded = true;
    const script = document.createElement('script');  // from disk, too
    script.src = new URL('_static/compare.js', new URL(html.content_root, location.href));
    document.head.append(script);
  }

  /** Let the switch in the header say what is shown, and beside which `other`. */
  function tellSwitch(other) {
    const select = document.getElementById('framework');
    if (!select) return;  // of one framework alone
    const name = (id) => select.querySelector(`[value="${id}"]`).textContent;
    select.value = shown;
    const button = document.querySelector('.switch-button');
    button.textContent = other ? `${name(shown)} | ${name(other)}` : name(shown);
    button.ariaLabel = `${say('Framework')}: ${button.textContent}`;
    const compared = document.getElementById('compare');
    if (!compared) return;
    compared.value = other;
    for (const option of compared.options) option.disabled = option.value === shown;
  }

  function compare(other) {
    beside = other;
    localStorage.setItem('compare', other);
    layBeside();
  }

  /** Take `chosen` for the reader's own choice; what it was compared with swaps places. */
  function choose(chosen) {
    localStorage.setItem(KEY, chosen);
    if (localStorage.getItem('compare') === chosen) {
      localStorage.setItem('compare', shown);
      beside &&= shown;
    }
    framework = chosen;
    show(chosen);
    writeAddress();
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
    choose(chosen);
    restore();
  });

  /** Show the tabs of `chosen` in every set; the reader's choice stays what it is. */
  function show(chosen) {
    shown = chosen;
    const labels = `.sd-tab-set > [data-sync-group="framework"][data-sync-id="${chosen}"]`;
    for (const label of document.querySelectorAll(labels)) {
      label.previousElementSibling.checked = true;
    }
    layBeside();
    lookAgain();
    tell();
  }

  /** Say that the page is in another framework than the reader's, and offer theirs. */
  function tell() {
    document.querySelector('.for-now')?.remove();
    if (shown === framework) return;
    const name = (id) => document.querySelector(`[data-sync-id="${id}"]`).textContent.trim();
    const note = document.createElement('p');
    note.className = 'for-now';
    note.role = 'status';
    const told = { shown: name(shown), chosen: name(framework) };
    note.textContent = `${say('This view is in {shown}; your choice stays {chosen}.', told)} `;
    const back = document.createElement('button');
    back.textContent = say('Show {chosen}', told);
    back.addEventListener('click', () => {
      const stay = hold(firstInView());
      show(framework);
      stay();
    });
    note.append(back);
    document.body.append(note);
  }

  /* What the browser finds in a hidden tab it shows, and all others with it. */
  const untilFound = (panel) => panel.setAttribute('hidden', 'until-found');
  document.addEventListener('beforematch', ({ target }) => {
    const asked = frameworkAround(target);
    if (!asked) return;
    show(asked);
    setTimeout(() => untilFound(target));  // the browser has taken it away
  });

  /** Show the tabs that the address leads into, else those of the reader's choice. */
  function follow() {
    const target = document.getElementById(location.hash.slice(1));
    const asked = frameworkAround(target);
    const back = target && !asked ? hold(target) : () => target?.scrollIntoView();
    if (asked || shown !== framework) {
      show(asked ?? framework);
      back();
    }
  }

  document.addEventListener('DOMContentLoaded', () => {
    delete html.choosing;  // sphinx-design has opened the tabs by now
    useSwitch();
    if (!document.querySelector('[data-sync-group="framework"]')) return;
    document.querySelectorAll('[data-sync-group="framework"] + .sd-tab-content').forEach(untilFound);
    if (localStorage.getItem(KEY)) writeAddress();
    follow();
    addEventListener('hashchange', follow);
  });

  function useSwitch() {
    layBeside();
    for (const [id, act] of Object.entries({ framework: choose, compare })) {
      document.getElementById(id)?.addEventListener('change', ({ target }) => {
        const back = hold(firstInView());
        act(target.value);
        back();
        lookAgain();
      });
    }
  }

  /* A drawer of contents closes at its button, and once it has led somewhere. */
  document.addEventListener('DOMContentLoaded', () => {
    for (const drawer of document.querySelectorAll('#pst-primary-sidebar, #pst-secondary-sidebar')) {
      const button = document.createElement('button');
      button.className = 'drawer-close';
      button.textContent = '×';
      button.ariaLabel = say('Close');
      drawer.prepend(button);
    }
  });
  document.addEventListener('click', ({ target }) => {
    const drawer = target.closest('dialog[open]:not(#pst-search-dialog)');
    if (!target.closest('.drawer-close, a')) return;
    drawer?.addEventListener('close', () => {
      document.getElementById(location.hash.slice(1))?.scrollIntoView();
    }, { once: true });
    setTimeout(() => drawer?.close());  // after the link was followed
  });

  /* Of the formulas, those that scroll take the focus, so that keys can scroll them. */
  document.addEventListener('DOMContentLoaded', () => {
    const watch = new ResizeObserver((seen) => {
      for (const { target } of seen) {
        if (target.scrollWidth > target.clientWidth + 1) target.tabIndex = 0;
        else target.removeAttribute('tabindex');
      }
    });
    document.querySelectorAll('div.math > mjx-container').forEach((box) => watch.observe(box));
  });

  /* A page that comes back from the history may have been left with another choice. */
  addEventListener('pageshow', ({ persisted }) => {
    const chosen = localStorage.getItem(KEY);
    const known = document.querySelector(`#framework > [value="${chosen}"]`);
    if (!persisted || !known || chosen === framework) return;
    framework = chosen;
    if (document.querySelector(`.sd-tab-set > [data-sync-id="${chosen}"]`)) writeAddress();
    follow();
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
