/* Shows the English text of a translated page beside it, or below each paragraph. The
 * choice was read in templates/choose.js; without scripts, the style sheet looks at the
 * switch itself.
 */
'use strict';

addEventListener('DOMContentLoaded', () => {
  const KEY = 'english';
  const page = document.documentElement;
  const choices = document.getElementById('english');

  /** Let the address say what is shown, so that it can be passed on. */
  function writeAddress(view) {
    const address = new URL(location);
    if (view === 'off') address.searchParams.delete(KEY);
    else address.searchParams.set(KEY, view);
    if (address.href === location.href && history.state?.english === view) return;
    history.replaceState({ ...history.state, english: view }, '', address);
  }

  function show(view) {
    page.dataset.english = view;
    choices.querySelector(`[value="${view}"]`).checked = true;
    writeAddress(view);
  }

  /** Do as `act` says; what is at the top of the screen stays there. */
  function hold(act) {
    const all = document.querySelectorAll('.bd-article :is(h1, h2, p:not(.original))');
    const top = (element) => element.getBoundingClientRect().top;
    const first = [...all].find((element) => top(element) > 50) ?? page;
    const before = top(first);
    page.style.overflowAnchor = 'none';  // the browser would correct it once more
    act();
    scrollBy({ top: top(first) - before, behavior: 'instant' });
    requestAnimationFrame(() => { page.style.overflowAnchor = ''; });
  }

  choices.addEventListener('change', ({ target }) => {
    localStorage.setItem(KEY, target.value);
    hold(() => show(target.value));
    dispatchEvent(new Event('resize'));  // the theme looks anew which boxes scroll
  });
  addEventListener('pageshow', ({ persisted }) => {  // it may be another page's choice
    if (persisted) show(localStorage.getItem(KEY) ?? 'off');
  });
  show(page.dataset.english);
});
