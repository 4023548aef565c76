// Runs before the page is drawn: book.js and sphinx-design do the rest.
(() => {
  // Where a browser or a sandboxed frame refuses to keep anything, no script need know:
  // it is kept for as long as the page is open.
  for (const name of ['localStorage', 'sessionStorage']) {
    try {
      window[name].setItem('probe', '');
      window[name].removeItem('probe');
    } catch {
      const kept = new Map();
      Object.defineProperty(window, name, { value: {
        getItem: (key) => kept.get(key) ?? null,
        setItem: (key, value) => { kept.set(key, String(value)); },
        removeItem: (key) => { kept.delete(key); },
      } });
    }
  }
  try {
    history.replaceState(history.state, '');
  } catch {
    history.replaceState = () => {};
  }

  // What scripts say: in English, or as the page's own language has it.
  const words = {{ words | default({}) | tojson }};
  window.say = (message, values = {}) => (
    (words[message] ?? message).replace(/\{(\w+)\}/g, (_slot, name) => values[name]));

  const KEY = 'sphinx-design-tab-id-framework';
  const page = document.documentElement.dataset;
  const frameworks = {{ frameworks | map("first") | list | tojson }};
  const address = new URL(location);
  const asked = address.searchParams.get('framework');
  const own = history.state?.framework === asked;  // written by book.js, maybe long ago
  if (frameworks.includes(asked) && !own) {
    localStorage.setItem(KEY, asked);
  } else if (asked !== null) {
    address.searchParams.delete('framework');
    history.replaceState(history.state, '', address);
  }
  const chosen = localStorage.getItem(KEY);
  page.choosing = frameworks.includes(chosen) ? chosen : frameworks[0];
  {%- if tabbed %}
  const compare = localStorage.getItem('compare');
  if (frameworks.includes(compare) && compare !== page.choosing) page.compare = compare;
  {%- endif %}

  {%- if originals %}

  // How English is shown; as with frameworks, what a script has written may be old.
  const views = ['off', 'beside', 'below'];
  const view = address.searchParams.get('english');
  if (views.includes(view) && history.state?.english !== view) {
    localStorage.setItem('english', view);
  }
  const kept = localStorage.getItem('english');
  page.english = views.includes(kept) ? kept : 'off';
  {%- endif %}

  const dark = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  page.mode = localStorage.getItem('mode') || 'auto';
  page.theme = page.mode === 'auto' ? dark : page.mode;
})();
