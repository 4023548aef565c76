/* The architecture explorer: counts a DenseNet layer by layer, and shows it.
 *
 * `describe(setting)` is all of the arithmetic; it is pure, and node can `require`
 * it. What is counted, for one image:
 *
 * parameters    weights and biases that are trained, batch normalization's two
 *               per channel included (its moving statistics are not trained);
 * multiplyAdds  one for each weight and each place where a convolution or the
 *               linear layer applies it; all other operations count as none;
 * memory        bytes, at 4 a number, of what a plain implementation keeps for
 *               the backward pass: the input of every convolution, batch
 *               normalization, pooling and linear layer. What a ReLU puts out is
 *               such an input; a concatenation is kept each time it is made;
 * field         the side, in pixels of the image, of what the newest maps depend on.
 */
'use strict';

// What the page is told in its own language; templates/choose.js has the words.
globalThis.say ??= (message, values = {}) => (
  message.replace(/\{(\w+)\}/g, (_slot, name) => values[name]));

const IMAGENET = {
  growthRate: 32, arch: [6, 12, 24, 16], compression: 0.5, bottleneck: true,
  stem: 'imagenet', channels: 64, classes: 1000, bias: false,
  inputSize: 224, inputChannels: 3,
};
const CIFAR = {
  ...IMAGENET, growthRate: 12, arch: [16, 16, 16], stem: 'cifar', channels: 24,
  classes: 10, inputSize: 32,
};
const PLAIN = {
  ...CIFAR, arch: [32, 32, 32], compression: 1, bottleneck: false, channels: 16,
};
const PRESETS = {
  book: {
    ...IMAGENET, arch: [4, 4, 4, 4], bottleneck: false, classes: 10, bias: true,
    inputSize: 96, inputChannels: 1,
  },
  'densenet-121': IMAGENET,
  'densenet-161': { ...IMAGENET, arch: [6, 12, 36, 24], growthRate: 48, channels: 96 },
  'densenet-169': { ...IMAGENET, arch: [6, 12, 32, 32] },
  'densenet-201': { ...IMAGENET, arch: [6, 12, 48, 32] },
  'densenet-264': { ...IMAGENET, arch: [6, 12, 64, 48] },
  'densenet-40-12': { ...PLAIN, arch: [12, 12, 12] },
  'densenet-100-12': PLAIN,
  'densenet-100-24': { ...PLAIN, growthRate: 24 },
  'densenet-bc-100-12': CIFAR,
  'densenet-bc-250-24': { ...CIFAR, growthRate: 24, arch: [41, 41, 41], channels: 48 },
  'densenet-bc-190-40': { ...CIFAR, growthRate: 40, arch: [31, 31, 31], channels: 80 },
};
// What a setting can be compared with, for the same images, classes and biases.
const OTHERS = {
  'resnet-18': { name: 'ResNet-18', width: 64 },
  'resnet-18-quarter': { name: say('ResNet-18, a quarter as wide'), width: 16 },
};
const BYTES = 4;

/** Maps on their way through a network; what was counted waits for `take`. */
class Maps {
  constructor(channels, size) {
    Object.assign(this, { channels, size, counted: [0, 0, 0], field: 1, step: 1 });
  }

  count(parameters, multiplyAdds) {
    const read = BYTES * this.channels * this.size ** 2;
    [parameters, multiplyAdds, read].forEach((n, i) => { this.counted[i] += n; });
  }

  norm() {
    this.count(2 * this.channels, 0);
  }

  convolution(channels, kernel, bias, stride = 1) {
    const size = Math.ceil(this.size / stride);  // for odd kernels, half padded
    const weights = kernel ** 2 * this.channels * channels;
    this.count(weights + (bias ? channels : 0), weights * size ** 2);
    Object.assign(this, { channels, size });
    this.widen(kernel, stride);
  }

  /** Let a window of `kernel` places, moved by `stride`, be read. */
  widen(kernel, stride) {
    this.field += (kernel - 1) * this.step;
    this.step *= stride;
  }

  pool(size, kernel, stride) {
    this.count(0, 0);
    this.size = size;
    this.widen(kernel, stride);
  }

  linear(classes) {
    this.count((this.channels + 1) * classes, this.channels * classes);
    this.channels = classes;
  }

  /** A row of all that was counted since the last one. */
  take(kind, name) {
    const [parameters, multiplyAdds, memory] = this.counted;
    const { channels, size, field } = this;
    this.counted = [0, 0, 0];
    return { kind, name, channels, size, field, parameters, multiplyAdds, memory };
  }
}

function stem(maps, { stem, channels, bias }) {
  if (stem === 'cifar') {
    maps.convolution(channels, 3, bias);
  } else {
    maps.convolution(channels, 7, bias, 2);
    maps.norm();
    maps.pool(Math.ceil(maps.size / 2), 3, 2);  // padded by one
  }
  return maps.take('stem', say('Stem'));
}

function denseLayer(maps, { growthRate, bottleneck, bias }, name) {
  const read = maps.channels;
  maps.norm();
  if (bottleneck) {
    maps.convolution(4 * growthRate, 1, bias);
    maps.norm();
  }
  maps.convolution(growthRate, 3, bias);
  maps.channels += read;
  return maps.take('layer', name);
}

function transition(maps, { compression, bias }, number) {
  const name = say('Transition {number}', { number });
  // in whole percent, so that 0.55 of 20 channels is 11 and not 11.000000000000002
  const left = Math.floor(maps.channels * Math.round(100 * compression) / 100);
  if (left < 1) {
    throw new RangeError(say('{name} would leave no channel: raise the compression.', { name }));
  }
  if (maps.size < 2) {
    throw new RangeError(say(
      '{name} is left with maps of 1 × 1, which it cannot halve: enlarge the image or take a dense block away.',
      { name },
    ));
  }
  maps.norm();
  maps.convolution(left, 1, bias);
  maps.pool(Math.floor(maps.size / 2), 2, 2);
  return maps.take('transition', name);
}

function head(maps, { classes }) {
  maps.pool(1, maps.size, 1);
  maps.linear(classes);
  const { field, ...row } = maps.take('head', say('Head'));  // it sees all there is
  return row;
}

/** Two convolutions, and a shortcut around them, which a stride makes a third. */
function residualBlock(maps, width, stride, bias, name) {
  const read = maps.channels;
  maps.convolution(width, 3, bias, stride);
  maps.norm();
  maps.convolution(width, 3, bias);
  maps.norm();
  if (stride > 1) {
    const weights = read * width;  // its input is kept already, for the other path
    maps.counted[0] += weights + (bias ? width : 0);
    maps.counted[1] += weights * maps.size ** 2;
    maps.norm();
  }
  return maps.take('residual', name);
}

function sum(rows, quantity) {
  return rows.reduce((total, row) => total + row[quantity], 0);
}

function totals(rows) {
  return {
    parameters: sum(rows, 'parameters'),
    multiplyAdds: sum(rows, 'multiplyAdds'),
    memory: sum(rows, 'memory'),
  };
}

/**
 * The rows of a DenseNet, from stem to head, and their totals. A row has its name,
 * the channels and the size (height and width) of what it leaves, and the three
 * counts above; a dense block's has its layers, too, as rows. `width` is the number
 * of channels that reach the classifier, `depth` the number of convolutions and
 * linear layers. A setting that leaves nothing to compute on is a RangeError.
 */
function describe(setting) {
  const maps = new Maps(setting.inputChannels, setting.inputSize);
  const rows = [stem(maps, setting)];
  setting.arch.forEach((count, i) => {
    if (i > 0) rows.push(transition(maps, setting, i));
    const layers = Array.from({ length: count }, (_layer, j) => (
      denseLayer(maps, setting, say('Block {block}, layer {layer}', { block: i + 1, layer: j + 1 }))));
    const { channels, size, field } = maps;
    const name = say('Dense block {number}', { number: i + 1 });
    rows.push({ kind: 'block', name, channels, size, field, ...totals(layers), layers });
  });
  const { channels: width, field } = maps;
  maps.norm();
  rows.push(head(maps, setting));
  const count = setting.arch.reduce((a, b) => a + b);
  const depth = (setting.bottleneck ? 2 : 1) * count + setting.arch.length + 1;
  return { rows, ...totals(rows), width, field, depth };
}

/** The same of ResNet-18, whose first stage has `width` channels, for the images,
 * classes and biases of `setting`; each of its blocks is a row. */
function describeResNet(width, setting) {
  const maps = new Maps(setting.inputChannels, setting.inputSize);
  const rows = [stem(maps, { ...setting, stem: 'imagenet', channels: width })];
  [0, 0, 1, 1, 2, 2, 3, 3].forEach((stage, i) => {
    const stride = stage > 0 && i % 2 === 0 ? 2 : 1;
    const name = say('Stage {stage}, block {block}', { stage: stage + 1, block: i % 2 + 1 });
    rows.push(residualBlock(maps, width * 2 ** stage, stride, setting.bias, name));
  });
  const { channels, field } = maps;
  rows.push(head(maps, setting));
  return { rows, ...totals(rows), width: channels, field, depth: 18 };
}

/** `net` with the memory of a batch of `images`. */
function batched(net, images) {
  const times = (row) => ({ ...row, memory: images * row.memory });
  const rows = net.rows.map((row) => (
    row.layers ? { ...times(row), layers: row.layers.map(times) } : times(row)));
  return { ...times(net), rows };
}

/* Settings in the page's address: `#preset=densenet-121&growthRate=24`. */

function typed(text, like) {
  if (typeof like === 'boolean') return text === '1';
  if (typeof like === 'string') return ['imagenet', 'cifar'].find((s) => s === text);
  const numbers = text.split('-').map(Number);
  if (!numbers.every((n) => n > 0 && n < Infinity)) return undefined;
  return Array.isArray(like) ? numbers : numbers[0];
}

/** The setting that an address's hash names; what it leaves out is the preset's. */
function parse(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const name = given.get('preset');
  const setting = { ...PRESETS[Object.hasOwn(PRESETS, name) ? name : 'book'] };
  Object.keys(setting).filter((key) => given.has(key)).forEach((key) => {
    setting[key] = typed(given.get(key), setting[key]) ?? setting[key];
  });
  return setting;
}

/** The name of the preset that `setting` is, or ''. */
function presetOf(setting) {
  const same = (name) => format(PRESETS[name]) === format(setting);
  return Object.keys(PRESETS).find(same) ?? '';
}

/** Every part of `setting`, as the hash of an address says it. */
function format(setting) {
  const text = (value) => (Array.isArray(value) ? value.join('-') : String(+value));
  return Object.keys(PRESETS.book).map((key) => (
    `${key}=${key === 'stem' ? setting.stem : text(setting[key])}`)).join('&');
}

/** What an address's hash says beside the network: images in a batch, another network. */
function beside(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const [batch, other] = [Number(given.get('batch')), given.get('beside')];
  return {
    batch: batch > 0 && batch < Infinity ? batch : 1,
    other: Object.hasOwn(OTHERS, other) ? other : '',
  };
}

function hashOf(setting, { batch = 1, other = '' } = {}) {
  const preset = presetOf(setting);
  return `#${preset ? `preset=${preset}` : format(setting)}`
    + (batch > 1 ? `&batch=${batch}` : '') + (other ? `&beside=${other}` : '');
}

/* Numbers as text, tables and bars as HTML; all of it is made of numbers and of
 * names from this file. */

const whole = (n) => n.toLocaleString('en-US');

/** 74317824 -> '74.3 M', three digits. */
function short(n) {
  const units = ['', ' k', ' M', ' G', ' T'];
  let value = n;
  while (value >= 999.5) {
    value /= 1000;
    units.shift();
  }
  return n < 1000 ? `${n}` : value.toPrecision(3) + units[0];
}

const bytes = (n) => (n < 1000 ? `${n} B` : `${short(n)}B`);
const pixels = (n) => `${whole(n)} px`;
const QUANTITIES = {
  channels: { text: whole, label: say('Channels') },
  parameters: { text: whole, label: say('Parameters') },
  multiplyAdds: { text: short, label: say('Multiply-adds') },
  memory: { text: bytes, label: say('Activation memory') },
  field: { text: pixels, label: say('Receptive field') },
};
const COLUMNS = ['parameters', 'multiplyAdds', 'memory'];

function flat(rows) {
  return rows.flatMap((row) => row.layers ?? [row]);
}

function shape({ kind, channels, size }) {
  // no-break spaces: where a line must end, it ends after the channels
  const maps = kind === 'head' ? '' : ` × ${size}\u00a0×\u00a0${size}`;
  return whole(channels) + maps;
}

const seen = (field) => (field ? ` <small>${say('sees {number}', { number: whole(field) })}</small>` : '');

function cell(row, quantity, greatest) {
  const n = row[quantity];
  const bar = `<i class="bar" style="width: ${(100 * n / greatest).toFixed(1)}%"></i>`;
  return `<td><data value="${n}">${QUANTITIES[quantity].text(n)}</data>${bar}</td>`;
}

/** The lines of the table's body, one a row, with a bar below each number. */
function body(rows) {
  const greatest = (quantity) => Math.max(...rows.map((row) => row[quantity]));
  const most = Object.fromEntries(COLUMNS.map((q) => [q, greatest(q)]));
  return rows.map((row) => {
    const cells = COLUMNS.map((q) => cell(row, q, most[q])).join('');
    const start = `<th scope="row">${row.name}</th><td>${shape(row)}${seen(row.field)}</td>`;
    return `<tr class="${row.kind}">${start}${cells}</tr>`;
  }).join('\n');
}

/** A line of the table's foot; of another network, `name` says which. */
function foot(net, name) {
  const cells = COLUMNS.map((q) => (
    `<td><data value="${net[q]}">${QUANTITIES[q].text(net[q])}</data></td>`));
  const field = name ? seen(net.field) : '';
  return `<tr><th scope="row">${name ?? say('Total')}</th><td>${field}</td>${cells.join('')}</tr>`;
}

/** The insides of an SVG with a bar for each layer, and a sentence that sums it up. */
function chart(layers, quantity) {
  const value = (row) => (
    quantity === 'channels' && row.kind === 'head' ? 0 : row[quantity] ?? 0);
  const { text, label } = QUANTITIES[quantity];
  const greatest = Math.max(...layers.map(value));
  const top = layers.find((row) => value(row) === greatest);
  const bars = layers.map((row, i) => {
    const height = (100 * value(row) / greatest).toFixed(2);
    const title = `<title>${row.name}: ${text(value(row))}</title>`;
    return `<rect class="${row.kind}" x="${i + 0.06}" y="${(100 - height).toFixed(2)}" `
      + `width="0.88" height="${height}">${title}</rect>`;
  });
  const most = { quantity: label, number: layers.length, name: top.name, most: text(greatest) };
  const said = say('{quantity} of each of {number} layers; most in {name}: {most}', most);
  return { bars: bars.join(''), said };
}

/* The page. */

/** The value of a control: a whole number within its limits, or in percent. */
function read({ type, checked, value, min, max, step, defaultValue }) {
  if (type === 'checkbox') return checked;
  if (type === 'select-one') return value;
  const number = Number.parseFloat(value) || Number(defaultValue);
  const inside = Math.min(Math.max(number, Number(min)), Number(max));
  return Number(step) < 1 ? Math.round(100 * inside) / 100 : Math.round(inside);
}

class Explorer {
  constructor(root) {
    this.root = root;
    this.form = root.querySelector('form');
    this.controls = this.form.elements;
    this.follow(window.location.hash);
    clearTimeout(this.timer);  // nobody has moved anything yet
    this.form.addEventListener('submit', (event) => event.preventDefault());
    this.form.addEventListener('input', (event) => this.moved(event.target));
    window.addEventListener('hashchange', () => {
      if (window.location.hash.includes('=')) this.follow(window.location.hash);
    });
    document.addEventListener('click', ({ target }) => {  // further down, not yet there
      if (target.dataset.setting) this.jump(target.dataset.setting);
    });
  }

  /** Show what the hash of an address says. */
  follow(hash) {
    const { batch, other } = beside(hash);
    this.controls.batch.value = batch;
    this.controls.batch.value = read(this.controls.batch);
    this.controls.beside.value = other;
    this.set(parse(hash));
  }

  /** What is shown beside the network itself. */
  beside() {
    return { batch: read(this.controls.batch), other: this.controls.beside.value };
  }

  keep() {
    window.history.replaceState(null, '', hashOf(this.setting(), this.beside()));
  }

  layers() {
    return [...this.form.querySelectorAll('[name="layers"]')];
  }

  setting() {
    const named = Object.keys(PRESETS.book).filter((key) => key !== 'arch');
    const given = named.map((key) => [key, read(this.controls[key])]);
    const arch = this.layers().slice(0, read(this.controls.blocks)).map(read);
    return { ...Object.fromEntries(given), arch };
  }

  /** Put every control to `setting`, as far as it can go, and show the network. */
  set({ arch, ...rest }) {
    Object.entries(rest).forEach(([key, value]) => {
      const control = this.controls[key];
      control[control.type === 'checkbox' ? 'checked' : 'value'] = value;
      if (control.type === 'number') control.value = read(control);
    });
    this.controls.blocks.value = arch.length;
    this.layers().forEach((control, i) => { control.value = arch[i] ?? arch.at(-1); });
    this.show();
    this.note({ arch, ...rest });
  }

  /** Say which parts of `wanted` the controls could not be put to. */
  note(wanted) {
    const shown = this.setting();
    const label = (key) => this.controls[key].closest('label').firstChild.data.trim();
    const named = (key) => (key === 'arch' ? say('Layers') : label(key));
    const other = Object.keys(wanted).filter(
      (key) => String(wanted[key]) !== String(shown[key]));
    const told = other.map((key) => say('{name} {wanted} is shown as {shown}', (
      { name: named(key), wanted: wanted[key], shown: shown[key] })));
    this.root.querySelector('.explorer-note').textContent = told.length
      ? say('Beyond what can be set here: {parts}.', { parts: told.join('; ') }) : '';
  }

  moved(control) {
    this.root.querySelector('.explorer-note').textContent = '';
    if (control.name === 'preset') {
      if (control.value) this.set(PRESETS[control.value]);
    } else {
      this.show();
    }
    this.keep();
  }

  jump(hash) {
    this.follow(hash);
    this.keep();
    this.root.scrollIntoView();
    this.controls.preset.focus({ preventScroll: true });
  }

  show() {
    const setting = this.setting();
    this.controls.preset.value = presetOf(setting);
    this.form.querySelectorAll('input[type="range"]').forEach((control) => {
      control.parentElement.querySelector('.explorer-now').textContent = read(control);
    });
    this.layers().forEach((control, i) => {
      control.parentElement.hidden = i >= setting.arch.length;
    });
    const alert = this.root.querySelector('[role="alert"]');
    const results = this.root.querySelector('.explorer-results');
    try {
      const { batch, other } = this.beside();
      this.draw(batched(describe(setting), batch));
      this.compare(OTHERS[other], setting, batch);
      alert.textContent = '';
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      alert.textContent = error.message;
      this.root.querySelector('.explorer-sum').textContent = error.message;
    }
    results.hidden = alert.textContent !== '';
  }

  draw(net) {
    const every = this.controls.every.checked;
    this.root.querySelector('tbody').innerHTML = body(every ? flat(net.rows) : net.rows);
    this.root.querySelector('tfoot').innerHTML = foot(net);
    const shown = { ...net, channels: net.width };
    Object.keys(QUANTITIES).forEach((quantity) => {
      const panel = this.root.querySelector(`[data-quantity="${quantity}"]`);
      const { text } = QUANTITIES[quantity];
      const { bars, said } = chart(flat(net.rows), quantity);
      const svg = panel.querySelector('svg');
      svg.setAttribute('viewBox', `0 0 ${flat(net.rows).length} 100`);
      svg.setAttribute('aria-label', said);
      svg.innerHTML = bars;
      panel.querySelector('strong').textContent = (
        ['memory', 'field'].includes(quantity) ? text : whole)(shown[quantity]);
    });
    this.root.querySelector('.explorer-depth').textContent = net.depth;
    this.net = net;
    this.say(net);
  }

  /** Set beside each number that of `other`, if there is one, and how it compares. */
  compare(other, setting, batch) {
    const net = other && batched(describeResNet(other.width, setting), batch);
    if (net) this.root.querySelector('tfoot').innerHTML += foot(net, other.name);
    Object.entries(QUANTITIES).forEach(([quantity, { text }]) => {
      const of = ({ width, ...counts }) => ({ ...counts, channels: width }[quantity]);
      const panel = this.root.querySelector(`[data-quantity="${quantity}"]`);
      panel.querySelector('.explorer-beside').textContent = net
        ? say('{name}: {number}, {times} times', {
          name: other.name, number: text(of(net)), times: (of(net) / of(this.net)).toPrecision(3),
        }) : '';
    });
    const images = batch > 1 ? say('a batch of {number}', { number: whole(batch) }) : say('an image');
    for (const it of this.root.querySelectorAll('.explorer-batch')) it.textContent = images;
  }

  /** Show the totals at once, and tell a screen reader when all has come to rest. */
  say({ parameters, multiplyAdds, memory }) {
    const told = say('{parameters} parameters, {work} multiply-adds, {memory}', {
      parameters: whole(parameters), work: short(multiplyAdds), memory: bytes(memory),
    });
    this.root.querySelector('.explorer-sum').textContent = told;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.root.querySelector('[role="status"]').textContent = told;
    }, 400);
  }
}

if (typeof module !== 'undefined') {
  module.exports = {
    describe, describeResNet, batched, PRESETS, OTHERS, parse, beside, hashOf, presetOf,
    short, body, foot,
  };
}
if (typeof document !== 'undefined') {
  new Explorer(document.getElementById('explorer'));
}
