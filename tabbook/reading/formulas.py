"""Formulas, set when the book is built: pages need no script to show them.

MathJax sets them, in an engine without a browser, and MathML beside them is what is
spoken; its TeX stands there, too, for whoever copies it. Of its rules and fonts a book
gets those that its formulas use.
"""

import json
import re
from base64 import b64encode
from functools import cache
from html import escape
from importlib.metadata import distribution
from pathlib import Path

from docutils import nodes
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from d2l_shim.files import read_text, write_text
from tabbook.reading import fonts

LOGGER = logging.getLogger(__name__)
MATHJAX = 'sphinx-mathjax-offline'
FONTS = Path('output', 'chtml', 'fonts', 'woff-v2')
PARTS = (  # of MathJax, in the order in which they need each other
    'startup',
    'core',
    'adaptors/liteDOM',
    'input/tex-full',
    'output/chtml',
    'output/chtml/fonts/tex',
)
BEFORE = """
globalThis.self = globalThis.global = globalThis;
globalThis.console = { log() {}, warn() {}, error() {} };
globalThis.setTimeout = () => 0;
globalThis.MathJax = { loader: { load: [] }, startup: { typeset: false, ready() {} } };
"""
AFTER = """
const { _: parts } = MathJax;
const adaptor = parts.adaptors.liteAdaptor.liteAdaptor();
parts.handlers.html_ts.RegisterHTMLHandler(adaptor);
const tex = new parts.input.tex_ts.TeX({
  packages: ['base', 'ams', 'newcommand', 'boldsymbol'],
  formatError(_, error) { throw error; },
});
const chtml = new parts.output.chtml_ts.CHTML({
  font: new parts.output.chtml.fonts.tex_ts.TeXFont({ fontURL: '.' }),
  adaptiveCSS: true,
  matchFontHeight: false,
  scale: SCALE,
});
const page = parts.mathjax.mathjax.document('', { InputJax: tex, OutputJax: chtml });
const { SerializedMmlVisitor } = parts.core.MmlTree.SerializedMmlVisitor;
const visitor = new SerializedMmlVisitor();
const { STATE } = parts.core.MathItem;
function set(text, display) {
  const size = { display, em: 16, ex: 8, containerWidth: 80 * 16 };
  try {
    const seen = adaptor.outerHTML(page.convert(text, size));
    const tree = page.convert(text, { ...size, end: STATE.CONVERT });
    return JSON.stringify({ seen, told: visitor.visitTree(tree) });
  } catch (error) {
    return JSON.stringify({ fault: String(error.message ?? error) });
  }
}
function rules() { return adaptor.textContent(chtml.styleSheet(page)); }
"""
SCALE = 1.15  # of the letters around
LOOK = """
mjx-assistive-mml {
  clip-path: inset(50%);
  height: 1px;
  left: 0;
  overflow: hidden;
  position: absolute;
  top: 0;
  user-select: none;
  white-space: nowrap;
  width: 1px;
}
"""
SHOWN = re.compile(r'content: "((?:\\.|[^"\\])*)"')
ESCAPED = re.compile(r'\\([0-9A-Fa-f]+) ?|\\?(.)', re.S)
FONT = re.compile(r'url\("[^"]*/([^/"]+)\.woff"\) format\("woff"\)')
FACE = re.compile(r'@font-face[^{]*\{[^}]*\}', re.S)
RULES, LETTERS = 'formulas/formulas.css', 'formulas/letters.css'
# In nearly every formula: a page that has one brings them along, as its text would wait
# less for them than formulas for files that come after all scripts.
AT_ONCE = ('MathJax_Main-Regular', 'MathJax_Math-Italic')


class FormulaError(Exception):
    """TeX that cannot be set; the message says why."""


def setup(app):
    """Register the renderer, which `html_math_renderer: built` chooses."""
    app.add_html_math_renderer('built', (_visit_inline, None), (_visit_block, None))
    app.add_css_file(RULES)
    app.connect('env-updated', _write)
    app.connect('html-page-context', _bring)


@cache
def _engine():
    """An engine with MathJax in it, which takes half a second."""
    import quickjs  # of the book's builders alone

    context, package = quickjs.Context(), _package()
    context.eval(BEFORE)
    for part in PARTS:
        context.eval(read_text(package / f'{part}.js'))
    context.eval(AFTER.replace('SCALE', str(SCALE)))
    return context


def _package():
    return Path(distribution(MATHJAX).locate_file(f'{MATHJAX}/static/mathjax'))


@cache
def html(tex, display):
    """The HTML of a formula; FormulaError where its TeX has a fault."""
    call = f'set({json.dumps(tex)}, {json.dumps(display)})'
    made = json.loads(_engine().eval(call))
    if 'fault' in made:
        raise FormulaError(f'the formula {tex!r} cannot be set: {made["fault"]}')
    spoken = f'<mjx-assistive-mml>{made["told"]}</mjx-assistive-mml>'
    seen = made['seen'].replace('<mjx-math ', '<mjx-math aria-hidden="true" ', 1)
    return seen.removesuffix('</mjx-container>') + spoken + '</mjx-container>'


def _tex(node):
    """What `node` says, in the environment that lets its lines break."""
    tex = node.astext()
    if isinstance(node, nodes.math_block) and not node.get('nowrap') and r'\\' in tex:
        return rf'\begin{{split}}{tex}\end{{split}}'
    return tex


def _set(node):
    try:
        made = html(_tex(node), isinstance(node, nodes.math_block))
        return made.replace(' ', f' data-tex="{escape(node.astext())}" ', 1)
    except FormulaError as error:
        LOGGER.warning('%s', error, location=node, type='tabbook')
        return ''


def _visit_inline(self, node):
    self.body.append(
        self.starttag(node, 'span', '', CLASS='math notranslate nohighlight')
    )
    self.body.append(_set(node) + '</span>')
    raise nodes.SkipNode


def _visit_block(self, node):
    self.body.append(self.starttag(node, 'div', CLASS='math notranslate nohighlight'))
    if node['number']:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, _('Link to this equation'))
        self.body.append('</span>')
    self.body.append(_set(node) + '</div>\n')
    raise nodes.SkipNode


def _write(app, env):
    """Write the rules and fonts of all formulas of the book, before its pages."""
    if app.builder.name != 'html':
        return
    for kept in (html, _engine):  # or the rules would tell of builds before, too
        kept.cache_clear()
    for docname in sorted(env.found_docs):
        for node in env.get_doctree(docname).findall(_is_formula):
            _set(node)
    rules, static = _engine().eval('rules()'), Path(app.outdir, '_static')
    target = (static / RULES).parent
    target.mkdir(parents=True, exist_ok=True)
    shown = {char for text in SHOWN.findall(rules) for char in _chars(text)}
    for face in FACE.findall(rules):
        name = FONT.search(face)[1]
        source = _package() / FONTS / f'{name}.woff'
        if not fonts.shrink(source, target / f'{name}.{fonts.FLAVOR}', shown):
            rules = rules.replace(face, '')
    named = rf'url("\1.{fonts.FLAVOR}") format("{fonts.FLAVOR}")'
    write_text(static / RULES, FONT.sub(named, rules) + LOOK)
    faces = [face for face in FACE.findall(rules) if FONT.search(face)[1] in AT_ONCE]
    brought = [FONT.sub(lambda m: _brought(target, m[1]), face) for face in faces]
    write_text(static / LETTERS, '\n'.join(brought))


def _brought(folder, name):
    """The source of a face that holds its font."""
    font = b64encode((folder / f'{name}.{fonts.FLAVOR}').read_bytes()).decode()
    kind = fonts.FLAVOR
    return f'url("data:font/{kind};base64,{font}") format("{kind}")'


def _bring(app, pagename, templatename, context, doctree):
    """Let a page with formulas have their most used letters at once."""
    if 'mjx-container' in context.get('body', ''):
        app.add_css_file(LETTERS)


def _is_formula(node):
    return isinstance(node, (nodes.math, nodes.math_block))


def _chars(text):
    return [int(code, 16) if code else ord(c) for code, c in ESCAPED.findall(text)]
