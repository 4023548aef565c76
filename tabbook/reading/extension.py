"""The Sphinx extension: reads pages for MyST-NB and lays cells out as tabs."""

import hashlib
import json
from itertools import groupby
from pathlib import Path

from docutils import nodes
from myst_nb.core.read import read_myst_markdown_notebook
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx_design.shared import create_component, is_component

from d2l_shim.files import read_text
from tabbook.project import SECTIONS, Project
from tabbook.reading import (
    dark,
    facts,
    fonts,
    formulas,
    launch,
    lines,
    minus,
    numbers,
    originals,
    pages,
    passages,
    previews,
    refused,
    said,
    translated,
    watch,
    words,
)
from tabbook.reading.said import _, laid
from tabbook.tabs import TABS
from tabbook.text.parse import parse, scan

LOGGER = logging.getLogger(__name__)
FOLDED = {  # what sphinx-design notes on a closed dropdown
    'type': 'dropdown',
    'has_title': True,
    **dict.fromkeys(('opened', 'icon', 'chevron')),
    'title_classes': [],
    'body_classes': [],
    'container_classes': ['sd-mb-3', 'brought'],
}
NOTEBOOKS = {'.md': ['nbformat.v4.reads', {}]}  # which `read` makes of the text


def setup(app):
    """Register the extension with Sphinx."""
    app.connect('config-inited', _configure, priority=400)
    app.connect('source-read', read)
    app.connect('env-get-outdated', outdated)
    app.connect('env-purge-doc', _forget)
    app.connect('env-merge-info', _merge)
    app.add_transform(TabSets)
    app.add_transform(PageNotes)
    app.add_post_transform(SectionNumbers)
    dark.setup(app)
    facts.setup(app)
    fonts.setup(app)
    formulas.setup(app)
    launch.setup(app)
    lines.setup(app)
    minus.setup(app)
    numbers.setup(app)
    originals.setup(app)
    passages.setup(app)
    previews.setup(app)
    refused.setup(app)
    said.setup(app)
    translated.setup(app)
    watch.setup(app)
    words.setup(app)
    return {'version': '1', 'parallel_read_safe': True, 'parallel_write_safe': True}


def _configure(app, config):
    """Take every page as a notebook; tell prose `{{ site }}` and `{{ repository }}`."""
    config.nb_custom_formats = {**config.nb_custom_formats, **NOTEBOOKS}
    project = Project(Path(app.srcdir))
    source = project.repository and project.repository.url
    found = {'site': project.site, 'repository': source}
    told = {
        name: f'[{url.partition("://")[2]}]({url})'
        for name, url in found.items()
        if url
    }
    config.myst_substitutions = {**config.myst_substitutions, **told}


def read(app, docname, content):
    """Put in the place of a page's text the notebook that it makes, as JSON.

    A page whose front matter has `tabs:` is a section, with the outputs found for
    its code; others pass through.
    """
    (text,), env = content, app.env
    plain = text.translate(pages.SPACES)
    page = read_myst_markdown_notebook(plain, env.myst_config, add_source_map=True)
    if page.metadata.get('tabs'):
        section, page, stored = _section_page(env, docname, text)
        whole = {'profile': 'full'} if pages.whole(section) else {}
        metas = [run.meta | whole for run in stored.values() if run]
        env.temp_data['tabbook_runs'] = metas
        _digests(env)[docname] = _digest(page, stored)
    else:
        for fault in scan(text)[1]:
            place = (docname, fault.line)
            LOGGER.warning(fault.message, location=place, type='tabbook')
        page = _with_true_lines(page, plain)
    content[0] = _json(page)


def _json(page):
    return json.dumps(page, default=str)  # YAML has dates


def _with_true_lines(page, text):
    """`page` with the line on which each cell starts: MyST-NB forgets blank lines."""
    lines, starts = text.splitlines(), page.metadata['source_map']
    for number, start in enumerate(starts):
        blank = (i for i, line in enumerate(lines[start:]) if line.strip())
        starts[number] = start + next(blank, 0) + 1 - pages.OFFSET
    return page


def _section_page(env, docname, text):
    """(a section, the notebook that its page shows, its stored runs)."""
    project = Project(Path(env.srcdir))
    name = docname.removeprefix(f'{SECTIONS}/')
    section = parse(text, Path(env.doc2path(docname)), name)
    stored = pages.results(section, project)
    return section, pages.notebook(section, project.library, stored), stored


def outdated(app, env, added, changed, removed):
    """The pages whose code or outputs are not those they were built with."""
    known = set(_digests(env)) - added - changed - removed
    return [name for name in known if _now(env, name) != _digests(env)[name]]


def _now(env, docname):
    text = read_text(env.doc2path(docname))
    return _digest(*_section_page(env, docname, text)[1:])


def _digest(page, stored):
    metas = [run and run.meta for run in stored.values()]
    return hashlib.sha256((_json(page) + repr(metas)).encode()).hexdigest()


def _digests(env):
    if not hasattr(env, 'tabbook_digests'):
        env.tabbook_digests = {}
    return env.tabbook_digests


def _forget(app, env, docname):
    _digests(env).pop(docname, None)


def _merge(app, env, docnames, other):
    """Take what another process has noted while it read `docnames`."""
    known = _digests(other)
    _digests(env).update({name: known[name] for name in docnames if name in known})


class TabSets(SphinxTransform):
    """Lay out the cells of each group: a tab set, folded if it was brought."""

    default_priority = 400

    def apply(self, **kwargs):
        cells = [n for n in self.document.findall(nodes.container) if _meta(n)]
        for _number, group in groupby(cells, lambda cell: _meta(cell)['group']):
            self._lay_out(list(group))
        for item in list(self.document.findall(_retired)):
            tabs = item.parent
            tabs.remove(item)
            if not tabs.children:
                tabs.parent.remove(tabs)
        for number, tabs in enumerate(self.document.findall(_framework_tabs)):
            for label, content in (item.children for item in tabs):
                content['ids'].append(
                    f'{label["sync_id"]}-{number}'
                )  # search leads there

    def _lay_out(self, cells):
        parent, place = cells[0].parent, cells[0].parent.index(cells[0])
        for cell in cells:
            parent.remove(cell)
        shown = [cell for cell in cells if not _meta(cell)['hidden']]
        hidden = [cell for cell in cells if _meta(cell)['hidden']]
        if hidden:  # on the page alone: the notebook has them
            parent.insert(place, addnodes.only('', _block(hidden), expr='markdown'))
        if shown:
            parent.insert(place, _block(shown))


def _block(cells):
    """The cells of one group as one node."""
    for cell in cells:
        if remark := _meta(cell)['remark']:
            cell += nodes.paragraph('', _(remark), classes=['tab-remark'])
    tabs = {_meta(cell)['tab']: [cell] for cell in cells}
    block = cells[0] if '' in tabs else launch.tab_set(tabs)
    if 'section' in _meta(cells[0]):
        block = _folded(block, _meta(cells[0]))
    block.source, block.line = cells[0].source, cells[0].line
    return block


def _meta(node):
    """What `pages.notebook` noted on the cell that `node` shows, if it is one."""
    if node.get('nb_element') != 'cell_code':
        return None
    return node['cell_metadata'].get('tabbook')


def _retired(node):
    """Whether `node` is a prose tab of a framework that has no tab here."""
    if not is_component(node, 'tab-item'):
        return False
    label = node.children[0]
    return label.get('sync_group') == 'framework' and label['sync_id'] not in TABS


def _framework_tabs(node):
    """Whether `node` is a set of tabs of frameworks."""
    if not is_component(node, 'tab-set') or not node.children:
        return False
    return node[0].children[0].get('sync_group') == 'framework'


def _folded(block, meta):
    """`block` folded under a line that says what it brings from which section.

    The link to it is in the fold: what folds is a button, and holds no other.
    """
    docname = f'{SECTIONS}/{meta["section"]}'
    link = addnodes.pending_xref('', refdomain='std', reftype='doc', refexplicit=True)
    link['reftarget'] = f'/{docname}'
    told = nodes.inline('', meta['section'], section=docname)
    link += told.deepcopy()
    origin = nodes.paragraph('', '', *laid(_('Written in {section}.'), section=[link]))
    names = [nodes.literal(name, name) for name in meta['names']]
    listed = [part for name in names for part in (nodes.Text(', '), name)][1:]
    brought = laid(_('{names} from {section}'), names=listed, section=[told])
    title = nodes.rubric('', '', *brought)
    return create_component('dropdown', children=[title, origin, block], **FOLDED)


class SectionNumbers(SphinxPostTransform):
    """Write 'section 2' where `_folded` left a section's name."""

    default_priority = 5

    def run(self, **kwargs):
        for node in self.document.findall(nodes.inline):
            numbers = self.env.toc_secnumbers.get(node.get('section'), {}).get('')
            if numbers:
                number = '.'.join(map(str, numbers))
                text = _('section {number}').format(number=number)
                node.children = [nodes.Text(text)]


class PageNotes(SphinxTransform):
    """Say at a page's top what it owes its reader: how it was run, its language."""

    default_priority = 401

    def apply(self, **kwargs):
        runs = self.env.temp_data.get('tabbook_runs', ())
        title = next(self.document.findall(nodes.title), None)
        texts = [*translated.notes(self.env), *notes(runs)]
        if title and texts:
            paragraphs = [nodes.paragraph('', text) for text in texts]
            note = nodes.note('', *paragraphs, classes=['page-note'])
            place = title.parent.index(title) + 1
            title.parent.insert(place, addnodes.only('', note, expr='html'))


def notes(runs):
    """The sentences that a page built from `runs` (their metadata) owes its reader.

    A page that tells of whole runs says under each short one that it is one.
    """
    found = []
    profiles = dict.fromkeys(r['profile'] for r in runs if r['profile'] != 'full')
    if profiles:
        names = ' and '.join(profiles)
        found.append(
            _(
                'The outputs on this page come from the {names} profile: short '
                'training on a part of the data. Longer training gives better results.'
            ).format(names=names)
        )
    if any('synthetic' in run['data'].split() for run in runs):
        found.append(
            _(
                'The outputs on this page come from drawn stand-in data, because the '
                'real data could not be had when the book was built.'
            )
        )
    return found
