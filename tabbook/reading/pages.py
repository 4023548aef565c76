"""Turn a section and its outputs into the one notebook that its page shows."""

import re
from dataclasses import dataclass, replace

import nbformat
import nbformat.v4 as nbf
from myst_nb.core.render import get_mime_priority

from d2l_shim.framework import installed
from tabbook.reading import said
from tabbook.reading.said import later as _
from tabbook.run import store
from tabbook.text.cells import BREAKS
from tabbook.text.parse import Markdown
from tabbook.text.split import split

SPACES = str.maketrans(dict.fromkeys(BREAKS, ' '))  # or MyST-NB counts more lines
OFFSET = 2  # MyST-NB counts lines from 0 and adds 1 twice when it reports them
NOT_RUN = _('Not run here.')
STATED = _('Not run here; the authors state this output.')
SHORT = _(
    'A short run on a part of the data; what whole runs gave is stated in the text.'
)
CUT = re.compile(r'^profile \w+: ', re.M)  # so a Trainer says that it does less
WIDGET = 'application/vnd.jupyter.widget-view+json'  # which needs a kernel
LIVE = _('Interactive output: run the notebook to see it.')


@dataclass(frozen=True)
class View:
    """What one tab of a group shows: code, outputs and a remark under them."""

    source: str
    line: int
    outputs: tuple
    remark: str
    meta: dict

    def like(self, other):
        """Whether a reader sees the same in both."""
        return replace(self, line=0) == replace(other, line=0)


def results(section, project):
    """The `Stored` run of each tab of `section` by tab, None where there is none."""
    return {
        tab: store.load(store.key(section, tab, project.library), project.outputs)
        if installed(tab)
        else None
        for tab in section.tabs
    }


def whole(section):
    """Whether the text of `section` says what whole runs gave."""
    prose = (b.source for b in section.blocks if isinstance(b, Markdown))
    return any('{outcomes}' in source for source in prose)


def missing(stored):
    """The tabs in `stored` whose framework is installed but that were not run."""
    return [tab for tab, run in stored.items() if run is None and installed(tab)]


def notebook(section, library, stored):
    """The notebook of `section`'s page: prose, and for each group a cell per view.

    `stored` is what `results` returns. A cell's metadata holds, under 'tabbook', its
    group's number, its tab ('' if all tabs look alike), the remark and what a
    `%%from` cell brings. The notebook's `source_map` gives each cell's first line.
    """
    views = {tab: _views(section, tab, library, stored[tab]) for tab in section.tabs}
    page, groups = _Page(), iter(range(len(section.groups)))
    for block in section.blocks:
        if isinstance(block, Markdown):
            page.prose(block)
        elif not block.live:
            number = next(groups)
            shown = {tab: v[number] for tab, v in views.items() if number in v}
            page.group(number, block, shown, section.tabs)
    return page.finish(section.front)


class _Page:
    """The cells of a page and the lines they come from, as they are added."""

    def __init__(self):
        self.cells, self.lines = [], []

    def _add(self, cell, line):
        cell['id'] = f'cell-{len(self.cells)}'
        self.cells.append(cell)
        self.lines.append(line - OFFSET)

    def prose(self, block):
        text = block.source.translate(SPACES)
        self._add(nbf.new_markdown_cell(text), block.line)

    def group(self, number, block, shown, tabs):
        """Add a cell for each tab in `shown`, or one if all of `tabs` look alike."""
        first = next(iter(shown.values()), None)
        if len(shown) == len(tabs) and all(v.like(first) for v in shown.values()):
            shown = {'': first} if shown else {}
        brings = block.cells[0].brings
        for tab, view in shown.items():
            hidden = _hidden(view.meta)
            meta = {'group': number, 'tab': tab, 'remark': view.remark}
            meta['hidden'] = hidden
            if brings:
                meta |= {'section': brings.section, 'names': list(brings.names)}
            cell = nbf.new_code_cell(view.source, outputs=list(view.outputs))
            own = view.meta.get('mystnb', {})
            own = {**own, 'image': {'alt': '', **own.get('image', {})}}
            known = {} if hidden else {**view.meta, 'mystnb': own}
            cell['metadata'] = {**known, 'tabbook': meta}
            self._add(cell, view.line)

    def finish(self, front):
        kernel = {'name': 'python3', 'display_name': 'Python 3', 'language': 'python'}
        metadata = {**front, 'kernelspec': kernel, 'source_map': self.lines}
        metadata['language_info'] = {'name': 'python', 'pygments_lexer': 'ipython3'}
        return nbf.new_notebook(cells=self.cells, metadata=metadata)


def _hidden(meta):
    """Whether a page leaves out the whole cell with this metadata."""
    tags, own = meta.get('tags', ()), meta.get('mystnb', {})
    code = 'remove-input' in tags or own.get('remove_code_source')
    output = 'remove-output' in tags or own.get('remove_code_outputs')
    return bool('remove-cell' in tags or (code and output))


def _views(section, tab, library, stored):
    """What `tab` shows of each group: {group number: View}."""
    cells = split(section, tab, library)
    outputs = stored.outputs if stored else [None] * len(cells)
    return {
        cell.group_index: _view(cell, found, whole(section))
        for cell, found in zip(cells, outputs, strict=True)
    }


def _view(cell, outputs, whole):
    if outputs is not None:
        shown, remark = tuple(map(_shown, outputs)), _short(outputs) if whole else ''
    elif cell.output is None:
        shown, remark = (), NOT_RUN
    else:
        text = cell.output.text + '\n'
        shown, remark = (nbf.new_output('stream', name='stdout', text=text),), STATED
    return View(cell.source, cell.line, shown, remark, cell.meta)


def _short(outputs):
    """The remark under a cell that trained for less than a whole run, or ''."""
    return SHORT if any(CUT.search(o.get('text', '')) for o in outputs) else ''


def _shown(output):
    """`output` as a page has it: in a form that it can show.

    Without its execution count, which differs between like cells.
    """
    output = nbformat.from_dict(output)
    if 'execution_count' in output:
        output['execution_count'] = None
    if 'data' in output:
        kinds = set(get_mime_priority('html', ())) - {WIDGET}
        known = {kind: data for kind, data in output.data.items() if kind in kinds}
        output.data = nbformat.from_dict(known or {'text/plain': said._(LIVE)})
    return output
