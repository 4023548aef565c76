/* Finds passages of the book, each of one tab at most; works from disk, too.
 * `PASSAGES` is written by the build: [page, its title, anchor, section, tab, text].
 */
'use strict';

/* Words of these are not set apart, or have endings: they are found by pairs of
 * characters, and a single one by itself. */
const CJK = /[\p{Script=Han}\p{Script=Hangul}]/u;
function pairs(word) {
  const runs = word.match(/[\p{Script=Han}\p{Script=Hangul}]+|[^\p{Script=Han}\p{Script=Hangul}]+/gu);
  return runs.flatMap((run) => {
    const parts = CJK.test(run) && run.length > 1
      ? Array.from({ length: run.length - 1 }, (_, i) => run.slice(i, i + 2)) : [run];
    return parts.map((part) => new RegExp(part, 'iu'));
  });
}

addEventListener('DOMContentLoaded', () => {
  const asked = new URLSearchParams(location.search).get('q') ?? '';
  const words = asked.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
  const kept = words.filter((word) => !stopwords.includes(word));
  const stemmer = new Stemmer();
  const begins = kept.flatMap((word) => {
    if (CJK.test(word)) return pairs(word);
    const stem = stemmer.stemWord(word);
    const start = word.startsWith(stem) ? stem : word;
    return new RegExp(`(?<![\\p{L}\\p{N}])${start}[\\p{L}\\p{N}_]*`, 'iu');
  });

  /** How well a passage answers: by words in it, then in its titles, then together. */
  function score([, page, , section, , text]) {
    const titles = `${page} ${section}`;
    const all = begins.filter((word) => word.test(`${titles} ${text}`)).length;
    const named = begins.filter((word) => word.test(section)).length;
    return 10 * all + named + (text.toLowerCase().includes(asked.toLowerCase()) ? 2 : 0);
  }

  /** An excerpt of `text` around the first word found, with what was found marked. */
  function excerpt(text) {
    const found = begins.map((word) => text.search(word)).filter((place) => place >= 0);
    const first = Math.min(...found, text.length);
    const space = text.indexOf(' ', first - 60);
    const near = space >= 0 && space < first ? space : first - 60;  // Chinese has none
    const from = first <= 60 ? 0 : near;
    const cut = text.slice(from, from + 220);
    const line = document.createElement('p');
    const any = new RegExp(`(${begins.map((word) => word.source).join('|')})`, 'giu');
    cut.split(any).forEach((part, i) => {
      const mark = document.createElement('span');
      if (i % 2) mark.className = 'highlighted';
      mark.append(part ?? '');
      line.append(mark);
    });
    if (from) line.prepend('… ');
    if (from + 220 < text.length) line.append(' …');
    return line;
  }

  document.querySelectorAll('input[name="q"]').forEach((field) => { field.value = asked; });
  const out = document.getElementById('search-results');
  if (!asked || !out) return;
  const scored = begins.length ? PASSAGES.map((p) => [score(p), p]) : [];
  const most = Math.floor(Math.max(0, ...scored.map(([n]) => n)) / 10);
  const hits = scored.filter(([n]) => most && n >= 10 * most).sort(([a], [b]) => b - a);
  localStorage.setItem('sphinx_highlight_terms', kept.join(' '));

  const told = document.createElement('p');
  told.className = 'search-summary';
  told.role = 'status';
  const number = hits.length;
  told.textContent = number === 1 ? say('Found in {number} place.', { number })
    : say('Found in {number} places.', { number });
  const list = document.createElement('ul');
  list.className = 'search';
  hits.slice(0, 100).forEach(([, [page, name, anchor, section, tab, text]]) => {
    const item = list.appendChild(document.createElement('li'));
    const link = item.appendChild(document.createElement('a'));
    link.href = page + (anchor && `#${anchor}`);
    link.textContent = [tab, section, section === name ? '' : name].filter(Boolean).join(' · ');
    item.append(excerpt(text));
  });
  out.append(told, list);
});
