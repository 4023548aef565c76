/* Compares the code of two frameworks: statements that match stand at one height, and what
 * differs is marked; where a row of the Rosetta page has the reason, the mark leads there.
 * book.js loads this for those who compare, and says `compared` whenever that changes.
 */
'use strict';

(() => {
  const LINES = /("""|''')[^]*?\1|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#.*|\\\n|[([{]|[)\]}]|\n/g;
  const WORDS = /[\p{L}_]\w*|\d[\w.]*(?:(?<=\de)-\d+)?|\S/gu;
  const NAME = /^[\p{L}_\d]/u;
  const ALIKE = 0.3;  // the share of names in common above which statements match
  const page = document.documentElement.dataset;
  const root = new URL(page.content_root, location.href);

  /** The statements of `text`: where each begins and ends, on which line, its words. */
  function statements(text) {
    const found = [];
    let [start, line, next, depth] = [0, 0, 0, 0];
    for (const { 0: part, index } of [...text.matchAll(LINES), { 0: '\n', index: text.length }]) {
      next += part.split('\n').length - 1;
      if ('([{'.includes(part)) depth += 1;
      else if (')]}'.includes(part)) depth -= 1;
      else if (part === '\n' && depth <= 0) {
        const words = [...text.slice(start, index).matchAll(WORDS)].map((word) => (
          { text: word[0], start: start + word.index, end: start + word.index + word[0].length }));
        if (words.length) found.push({ start, line, words });
        [start, line, depth] = [index + 1, next, 0];
      }
    }
    return found;
  }

  /** The pairs [i, j], both rising, of which the scores add up to most. */
  function matches(rows, columns, score) {
    const most = Array.from({ length: rows + 1 }, () => new Float64Array(columns + 1));
    const scores = most.map((_, i) => most[i].map((_, j) => (i < rows && j < columns ? score(i, j) : 0)));
    for (let i = rows - 1; i >= 0; i -= 1) {
      for (let j = columns - 1; j >= 0; j -= 1) {
        most[i][j] = Math.max(most[i + 1][j], most[i][j + 1], scores[i][j] + most[i + 1][j + 1]);
      }
    }
    const pairs = [];
    for (let [i, j] = [0, 0]; i < rows && j < columns;) {
      if (scores[i][j] && most[i][j] === scores[i][j] + most[i + 1][j + 1]) pairs.push([i++, j++]);
      else if (most[i][j] === most[i + 1][j]) i += 1;
      else j += 1;
    }
    return pairs;
  }

  const names = ({ words }) => words.map((word) => word.text).filter((text) => NAME.test(text));

  /** How much more than `ALIKE` two statements have in common, or 0. */
  function likeness(one, other) {
    const [mine, left] = [names(one), names(other)];
    const all = mine.length + left.length;
    const common = mine.filter((name) => {
      const place = left.indexOf(name);
      if (place >= 0) left.splice(place, 1);
      return place >= 0;
    });
    return Math.max(0, 2 * common.length / all - ALIKE);
  }

  /** The address of the row that says why `words[place]` differs, or undefined. */
  function reason(words, place) {
    if (/["'#]/.test(words[0].text)) return undefined;  // prose
    const keyword = words[place - 1]?.text === '=' ? words[place - 2]?.text : '';
    for (const name of [words[place].text, keyword]) {
      if (Object.hasOwn(window.REASONS ?? {}, name)) return window.REASONS[name];
    }
    return undefined;
  }

  /** What to mark of the words but those whose places are in `same`. */
  function differing({ words }, same, text) {
    const marks = [];
    words.forEach(({ start, end }, place) => {
      if (same.has(place)) return;
      const [address, last] = [reason(words, place), marks.at(-1)];
      const close = last?.place === place - 1 && !text.slice(last.end, start).includes('\n');
      if (close && !last.address && !address) Object.assign(last, { end, place });
      else marks.push({ start, end, place, address });
    });
    return marks;
  }

  /** Compare two texts; for each, what to change in it. */
  function compared(texts) {
    const both = texts.map(statements);
    const [one, other] = both;
    const edits = [[], []];
    const shift = [0, 0];
    const pairs = matches(one.length, other.length, (i, j) => likeness(one[i], other[j]));
    for (const pair of pairs) {
      const lines = pair.map((place, side) => both[side][place].line + shift[side]);
      const late = lines[0] > lines[1] ? 1 : 0;
      const gap = Math.abs(lines[0] - lines[1]);
      const { start } = both[late][pair[late]];
      if (gap) edits[late].push({ start, end: start, gap });
      shift[late] += gap;
    }
    both.forEach((found, side) => found.forEach((statement, place) => {
      const partner = pairs.find((pair) => pair[side] === place)?.[1 - side];
      const { words } = both[1 - side][partner] ?? { words: [] };
      const same = matches(statement.words.length, words.length, (i, j) => {
        const { text } = statement.words[i];
        return text !== words[j].text ? 0 : NAME.test(text) ? 1 : 0.2;
      });
      edits[side].push(...differing(statement, new Set(same.map(([i]) => i)), texts[side]));
    }));
    return edits;
  }

  function made({ gap, address }) {
    const mark = document.createElement(gap ? 'span' : address ? 'a' : 'mark');
    mark.className = gap ? 'gap' : 'differs';
    if (gap) mark.style.setProperty('--lines', gap);
    if (address) {
      mark.classList.add('internal');  // so that it has a preview
      mark.href = new URL(address, root);
    }
    return mark;
  }

  /** Make the changes in the code of `pre`, from its end, so that places stay. */
  function change(pre, edits) {
    const walker = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT);
    const nodes = [];
    for (let from = 0; walker.nextNode(); from += walker.currentNode.length) {
      nodes.push([walker.currentNode, from]);
    }
    edits.sort((one, other) => one.start - other.start || one.end - other.end).reverse();
    for (const [node, from] of nodes) {
      for (const edit of edits) {
        const start = Math.max(0, edit.start - from);
        const end = Math.min(node.length, edit.end - from);
        if (edit.gap ? start !== edit.start - from || start >= node.length : start >= end) continue;
        const part = node.splitText(start);
        if (end - start < part.length) part.splitText(end - start);
        const mark = made(edit);
        part.before(mark);
        if (!edit.gap) mark.append(part);
      }
    }
  }

  /** Leave the code as it was. */
  function restore() {
    for (const mark of document.querySelectorAll('pre :is(.differs, .gap)')) {
      const parent = mark.parentElement;
      mark.replaceWith(...mark.childNodes);
      parent.normalize();
    }
  }

  function compare() {
    restore();
    const other = `:scope > [data-sync-id="${page.compare}"]:not(:checked + label)`;
    for (const tabs of page.compare ? document.querySelectorAll('.sd-tab-set') : []) {
      const panels = [':scope > input:checked + label', other].map((label) => (
        tabs.querySelector(`${label} + .sd-tab-content`)));
      if (!panels.every(Boolean)) continue;
      const [mine, theirs] = panels.map((panel) => [...panel.querySelectorAll('.cell_input pre')]);
      for (let i = 0; i < Math.min(mine.length, theirs.length); i += 1) {
        const both = [mine[i], theirs[i]];
        compared(both.map((pre) => pre.textContent)).forEach((edits, side) => change(both[side], edits));
      }
    }
  }

  const script = document.createElement('script');  // from disk, too
  script.src = new URL('_static/reasons.js', root);
  script.onload = script.onerror = compare;
  document.head.append(script);
  document.addEventListener('compared', compare);
})();
