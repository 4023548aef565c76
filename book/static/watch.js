/* Watch a dense block work: draws the figure of class `watched` anew, in steps.
 *
 * At rest it is the whole picture. Step and Play let one layer after another take
 * what is there, read it and append its own maps, and mark the line of the shown
 * framework's code that does so. Two more views: the residual block in the same steps,
 * and the paths of the gradient to a source, by length. All places are along (t) and
 * across (u) the block, in tenths of an inch of book/figures/dense_connectivity.py;
 * on a phone the block runs downward.
 */
'use strict';

(() => {
  const figure = document.querySelector('figure.watched');
  if (!figure) return;
  const LAYERS = 4, LINE = 18.5, READS = 27.5, LENGTH = 69, ACROSS = 33, LAST = 13;
  const phone = matchMedia('(max-width: 600px)');
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const slab = (i) => 5.5 + 14 * i;
  const layer = (i) => slab(i) - 7;
  const low = (n) => '₀₁₂₃₄'[n];
  const upTo = (n) => Array.from({ length: n }, (_, i) => i);
  const X = (n) => `x${low(n)}`;
  const grown = (n) => ['c₀', 'c₀ + k'][n] ?? `c₀ + ${n}k`;

  /* Drawing: texts of SVG. */

  const at = (t, u) => (phone.matches ? [ACROSS - u, t] : [t, u]);
  const box = (t, u, dt, du, more) => {
    const [x, y] = at(t, u);
    const [w, h] = phone.matches ? [du, dt] : [dt, du];
    return `<rect x="${x - w / 2}" y="${y - h / 2}" width="${w}" height="${h}" ${more}/>`;
  };
  const text = (t, u, words, more = '') => {
    const [x, y] = at(t, u);
    return `<text x="${x}" y="${y + 0.55}" ${more}>${words}</text>`;
  };
  const group = (name, inside) => `<g data-part="${name}">${inside}</g>`;

  /** An arrow, bent away from the line by `bend`. */
  function arrow([t, u], [t1, u1], colour, bend = 0) {
    const [a, b, c] = [at(t, u), at((t + t1) / 2, (u + u1) / 2 - bend), at(t1, u1)];
    const turn = Math.atan2(c[1] - b[1], c[0] - b[0]) * 180 / Math.PI;
    return `<path class="line" stroke="${colour}" d="M${a}Q${b} ${c}"/><path fill="${colour}"`
      + ` d="M.3 0L-1.2-.6V.6z" transform="translate(${c}) rotate(${turn})"/>`;
  }

  /** `n` maps of a colour side by side, the first one at `t`. */
  const maps = (t, u, n, colour, wide = 1.1, high = 3.6) => upTo(n).map((i) => (
    box(t + wide * (i + 0.5), u, wide, high, `fill="${colour}"`))).join('');

  const paint = (i) => `var(--source-${i})`;

  /** The colour of a sum of the sources up to `n`. */
  const mixed = (n) => upTo(n + 1).map(paint).reduce(
    (sum, next, i) => `color-mix(in srgb, ${sum}, ${next} ${100 / (i + 1)}%)`);

  const count = (i) => (i && view !== 'residual' ? 2 : 3);
  const colour = (i) => (view === 'residual' ? mixed(i) : paint(i));
  const read = (i) => (view === 'residual' ? [i - 1] : upTo(i));  // by layer `i`
  const ink = 'currentColor';

  /** What stands below layer `i`, or, for the fifth, what the block puts out. */
  function stack(i) {
    const sources = read(i), out = i > LAYERS;
    const n = sources.reduce((sum, j) => sum + count(j), 0);
    const middle = out ? slab(LAYERS) + (phone.matches ? 4 : 0.5) : layer(i);
    let t = middle - n * 0.29;
    const strips = sources.map((j) => {
      t += count(j) * 0.58;
      return group(`copy${i}${j}`, maps(t - count(j) * 0.58, READS, count(j), colour(j), 0.58, 2.2));
    });
    const name = view === 'residual' ? 'c' : grown(i - 1);
    const up = out ? text(middle, READS - (phone.matches ? 4 : 2.4), say('output'))
      : arrow([middle, READS - 1.6], [middle, LINE + 2.1], ink);
    return group(`read${i}`, strips.join('') + up + text(middle, READS + (phone.matches ? 1.6 : 2.6), name, 'class="count"'));
  }

  function edges(i) {
    if (view === 'residual') {
      const from = slab(i - 1);
      return arrow([from + 1.8, LINE], [layer(i) - 2.8, LINE], colour(i - 1))
        + arrow([from, LINE - 2.1], [slab(i) - 3.1, LINE - 1.4], colour(i - 1), 8);
    }
    return read(i).map((j) => (j === i - 1
      ? arrow([slab(j) + 1.6, LINE], [layer(i) - 2.8, LINE], colour(j))
      : arrow([slab(j), LINE - 2.1], [layer(i) - 2 + 0.95 * j, LINE - 1.9], colour(j), 8 * (i - j) - 5)
    )).join('');
  }

  function block() {
    return upTo(LAYERS + 1).map((i) => {
      const source = group(`x${i}`, maps(slab(i) - count(i) * 0.55, LINE, count(i), colour(i))
        + text(slab(i), LINE + 3.2, X(i), 'class="bold"'));
      if (!i) return source;
      const name = (view === 'residual' ? 'g' : 'H') + low(i);
      const [x, y] = at(slab(i) - 3.1, LINE);
      const plus = `<circle cx="${x}" cy="${y}" r="1"/>${text(slab(i) - 3.1, LINE, '+')}`;
      return group(`edges${i}`, edges(i)) + group(`layer${i}`, box(layer(i), LINE, 5, 3.2, 'rx=".6"')
        + text(layer(i), LINE, name)) + stack(i) + source + group(`made${i}`, view === 'residual'
        ? plus : arrow([layer(i) + 2.7, LINE], [slab(i) - 1.5, LINE], ink));
    }).join('') + stack(LAYERS + 1);
  }

  /** The paths to the chosen source, the shortest first: the layers on each. */
  const paths = () => upTo(2 ** (LAYERS - target)).map((bits) => (
    upTo(LAYERS - target).filter((i) => bits >> i & 1).map((i) => target + 1 + i)
  )).sort((a, b) => a.length - b.length);

  function rows() {
    const head = upTo(LAYERS).map((i) => box(layer(i + 1), 3, 5, 3.2, 'rx=".6"')
      + text(layer(i + 1), 3, `H${low(i + 1)}`)).join('')
      + text(slab(target), 3, X(target), 'class="bold"') + text(slab(LAYERS) + 0.5, 3, say('output'));
    return head + paths().map((path, row) => {
      const u = 7 + 1.55 * row;
      const dots = path.map((i) => {
        const [x, y] = at(layer(i), u);
        return `<circle cx="${x}" cy="${y}" r=".65" style="fill: ${paint(i)}"/>`;
      });
      return `<g data-length="${path.length}">${arrow([slab(LAYERS), u], [slab(target), u], ink)}`
        + `${dots.join('')}</g>`;
    }).join('');
  }

  /* What is seen at a step, and what is said of it. */

  let view = 'dense', target = 0, step = LAST, asked = false, timer;
  const last = () => (view === 'paths' ? LAYERS - target + 2 : LAST);
  const turn = () => [Math.ceil(step / 3), (step + 2) % 3];  // which layer, what it does

  function stateOf(part) {
    if (!asked) return '';
    const [now, phase] = turn();
    const [, kind, n] = part.match(/(\D+)(\d)/);
    const of = Number(n), done = step === LAST;
    const since = { x: 3 * of, made: 3 * of, edges: 3 * of - 2, read: 3 * of - 1 }[kind] ?? 0;
    if (step < (of > LAYERS && kind === 'read' ? LAST : since)) return 'ahead';
    if (done) return '';
    const mine = of === now && step > 0;
    if (kind === 'x') {
      return step && (phase < 2 ? read(now).includes(of) : mine) ? 'lit' : '';
    }
    if (kind === 'layer') return mine && phase ? 'lit' : '';
    return kind === 'edges' && !mine ? 'past' : '';
  }

  function sentence() {
    if (!asked) return say('Step and Play show it at work, layer by layer.');
    const [now, phase] = turn();
    if (view === 'paths') return ofPaths();
    const sum = view === 'residual';
    if (!step) return say('The block is given {source}: {number} maps.', { source: X(0), number: sum ? 'c' : 'c₀' });
    if (step === LAST) {
      return sum ? say('The last sum is put out: c maps, in which nothing can be told apart.')
        : say('All of it is put out, {number} maps, each still as it was made.', { number: grown(LAYERS) });
    }
    const names = read(now).map(X).join(', ');
    const of = { layer: now, names, number: grown(now - 1), source: X(now) };
    return [
      say('Layer {layer} takes its turn. What is there lights up: {names}.', of),
      sum ? say('Layer {layer} reads these c maps: nothing else is left to read.', of)
        : say('Side by side, these are {number} maps, and layer {layer} reads them.', of),
      sum ? say('Its c maps are added: {source} is as wide as before, and mixed.', of)
        : say('Its k maps come out and are appended: {source}. Nothing else has changed.', of),
    ][phase];
  }

  function ofPaths() {
    const later = LAYERS - target, lengths = paths().map((path) => path.length);
    const of = (n) => lengths.filter((length) => length === n).length;
    const told = { source: X(target), layers: later, number: step - 1, paths: of(step - 1) };
    if (!step) {
      return later > 1 ? say('The gradient is on its way from the output to {source}, past {layers} layers.', told)
        : say('The gradient is on its way from the output to {source}, past {layers} layer.', told);
    }
    if (step === 1) return say('Through no layer: {paths} path.', told);
    if (step <= later + 1) {
      if (later === 1) return say('Through {number} of {layers} layer: {paths} path.', told);
      return told.paths > 1 ? say('Through {number} of {layers} layers: {paths} paths.', told)
        : say('Through {number} of {layers} layers: {paths} path.', told);
    }
    const sum = `${upTo(later + 1).map(of).join(' + ')} = ${2 ** later}`;
    return say(
      '{sum} paths, and the gradient is the sum of what they bring. As many lead through residual blocks, a single one through a plain chain.',
      { sum },
    );
  }

  /* The page. */

  const named = say('The figure in steps');
  const controls = `<div class="watch"><svg role="img"></svg>
    <p class="watch-said" aria-live="polite"></p>
    <div class="watch-code" hidden><pre></pre><a>${say('To this code')}</a></div>
    <div class="watch-controls" role="group" aria-label="${named}">
      <button type="button" data-by="-1">${say('Back')}</button>
      <button type="button" data-by="1">${say('Step')}</button>
      <button type="button" class="watch-play">${say('Play')}</button>
      <span class="watch-at"></span>
      <label>${say('Show')} <select name="view"><option value="dense">${say('the dense block')}</option>
        <option value="residual">${say('a residual block')}</option>
        <option value="paths">${say('paths of the gradient')}</option></select></label>
      <label hidden>${say('to')} <select name="target">${upTo(LAYERS).map((i) => (
        `<option value="${i}">${X(i)}</option>`)).join('')}</select></label>
    </div></div>`;
  const image = figure.querySelector('img');
  image.loading = 'eager';  // for paper
  figure.querySelector('figcaption').insertAdjacentHTML('beforebegin', controls);
  figure.classList.add('live');
  const find = (selector) => figure.querySelector(selector);
  const svg = find('svg'), code = find('.watch-code'), play = find('.watch-play');

  /** What moves at this step: [part, from which part]. */
  function moves() {
    const [now, phase] = turn();
    if (view === 'paths' || !step || calm.matches) return [];
    if (step === LAST) return read(LAYERS + 1).map((j) => [`copy5${j}`, `x${j}`]);
    if (phase === 1) return read(now).map((j) => [`copy${now}${j}`, `x${j}`]);
    return phase === 2 ? [[`x${now}`, `layer${now}`]] : [];
  }

  const part = (name) => svg.querySelector(`[data-part="${name}"]`);

  function slide([name, from]) {
    const [a, b] = [part(from), part(name)].map((it) => (
      [...it.querySelectorAll('rect')].map((rect) => rect.getBBox())));
    const middle = (all, x, w) => (all[0][x] + all.at(-1)[x] + all.at(-1)[w]) / 2;
    const by = ['x', 'y'].map((x, i) => {
      const w = ['width', 'height'][i];
      return `${middle(a, x, w) - middle(b, x, w)}px`;
    });
    part(name).animate([{ transform: `translate(${by})` }, { transform: 'none' }],
      { duration: 700, easing: 'ease-in-out' });
  }

  function draw() {
    const drawn = { residual: say('A residual block of four layers'),
      paths: say('Paths of the gradient from the output to {source}', { source: X(target) }) };
    svg.setAttribute('aria-label', drawn[view] ?? image.alt);
    svg.setAttribute('viewBox', phone.matches ? `-2 0 ${ACROSS + 2} ${LENGTH}` : `0 0 ${LENGTH} ${ACROSS}`);
    svg.innerHTML = view === 'paths' ? rows() : block();
    show();
  }

  function show() {
    for (const it of svg.querySelectorAll('[data-part]:not([data-part^="copy"])')) {
      it.setAttribute('class', stateOf(it.dataset.part));
    }
    for (const it of svg.querySelectorAll('[data-length]')) {
      const n = Number(it.dataset.length) + 1;
      it.setAttribute('class', !asked || step === last() ? ''
        : step < n ? 'ahead' : step > n ? 'past' : 'lit');
    }
    find('.watch-said').textContent = sentence();
    find('.watch-at').textContent = asked ? say('{step} of {last}', { step, last: last() }) : '';
    find('[data-by="-1"]').disabled = !asked || !step;
    mark();
  }

  /** Go to a step; what comes in on the way moves. */
  function go(to) {
    const on = to === step + 1 || !asked;
    [asked, step] = [true, to];
    show();
    if (on) moves().forEach(slide);
  }

  const next = () => go(asked && step < last() ? step + 1 : 0);

  function run(on) {
    clearInterval(timer);
    timer = on && setInterval(() => (step < last() ? next() : run(false)), 2200);
    play.textContent = on ? say('Pause') : say('Play');
    if (on) next();
  }

  /* The code: the lines of a block's forward pass, marked once they have been asked for. */

  const LINES = [/def .*X\)/, /for blk in/, /X = .*blk\(X\)/, /return X/];
  const marks = [];  // for each tab: its box, and its lines

  function wrap(pre, from, to) {
    const range = document.createRange(), walk = document.createTreeWalker(pre, 4);
    let seen = 0;
    for (let node; (node = walk.nextNode()); seen += node.length) {
      const inside = (n) => n >= seen && n <= seen + node.length;
      if (inside(from) && from < seen + node.length) range.setStart(node, from - seen);
      if (inside(to)) { range.setEnd(node, to - seen); break; }
    }
    const mark = document.createElement('mark');
    mark.className = 'watch-line';
    mark.append(range.extractContents());
    range.insertNode(mark);
    return mark;
  }

  function look() {
    for (const pre of document.querySelectorAll('.sd-tab-content pre')) {
      const all = pre.textContent;
      if (!/^class DenseBlock/m.test(all)) continue;
      const lines = LINES.map((line) => {
        const from = all.search(line);
        return from < 0 ? null : wrap(pre, from, all.indexOf('\n', from));
      });
      if (lines.every(Boolean)) marks.push({ tab: pre.closest('.sd-tab-content'), lines });
    }
  }

  function mark() {
    if (asked && !marks.length) look();
    const [, phase] = turn();
    const line = !asked || view !== 'dense' ? -1 : !step ? 0 : step === LAST ? 3 : phase ? 2 : 1;
    for (const { lines } of marks) lines.forEach((it, i) => it.classList.toggle('lit', i === line));
    const shown = marks.find(({ tab }) => (
      tab.previousElementSibling.previousElementSibling.checked)) ?? marks[0];
    code.hidden = line < 0 || !shown;
    if (code.hidden) return;
    const indents = [0, 1, 2, 1].map((n) => '    '.repeat(n));
    code.firstChild.replaceChildren(...shown.lines.flatMap(({ textContent }, i) => {
      const it = document.createElement(i === line ? 'mark' : 'span');
      it.textContent = textContent;
      return [indents[i], it, '\n'];
    }));
    code.lastChild.href = `#${shown.tab.id}`;
  }

  find('.watch-controls').addEventListener('click', ({ target: { dataset, className } }) => {
    if (className === 'watch-play') return run(!timer);
    if (!dataset.by) return undefined;
    run(false);
    return dataset.by > 0 ? next() : go(step - 1);
  });
  find('.watch-controls').addEventListener('change', ({ target: { name, value } }) => {
    run(false);
    if (name === 'view') view = value; else target = Number(value);
    find('[name="target"]').parentElement.hidden = view !== 'paths';
    [asked, step] = [false, last()];
    draw();
  });
  document.addEventListener('change', () => mark());  // of the framework
  phone.addEventListener('change', draw);
  draw();
})();
