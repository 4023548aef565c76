"""Make of a page's resolved tree the tree of one framework's notebook."""

from docutils import nodes
from sphinx_design.shared import is_component
from sphinxcontrib.bibtex.transforms import BibliographyTransform, node_text_transform

from d2l_shim.framework import FRAMEWORKS
from tabbook.links import PROSE_LICENCE
from tabbook.project import SECTIONS
from tabbook.reading.said import _

CELL = 'notebook-cell'  # the format of a raw node that stands for a code cell
INSTALL = 'install'


def cut(tree, tab):
    """Keep of each set of framework tabs what `tab` shows, and marks for its cells."""
    for block in _found(tree, lambda node: is_component(node, 'tab-set')):
        if any(_label(item).get('sync_group') == 'framework' for item in block):
            mine = (item for item in block if _label(item).get('sync_id') == tab)
            shown = [n for item in mine for n in item.children[1].children]
            block.parent.replace(block, shown)
    for brought in _found(tree, lambda n: 'brought' in n.get('container_classes', ())):
        title, *cells = brought.children
        line = nodes.paragraph('', '', *title.children, nodes.Text(':'))
        brought.parent.replace(brought, [line, *cells])
    _drop_footnotes(tree)


def mark(name):
    """A node that stands for a code cell."""
    return nodes.raw('', str(name), format=CELL)


def _found(tree, condition):
    elements = (n for n in tree.findall(nodes.Element) if condition(n))
    return list(elements)


def _label(item):
    return item.children[0]


def _drop_footnotes(tree):
    """Drop the footnotes that this framework's text does not refer to."""
    used = {ref['refid'] for ref in tree.findall(nodes.footnote_reference)}
    there = {name for node in tree.findall(nodes.Element) for name in node['ids']}
    for note in list(tree.findall(nodes.footnote)):
        if used & set(note['ids']):
            note['backrefs'] = [ref for ref in note['backrefs'] if ref in there]
        else:
            note.parent.remove(note)
    if not any(tree.findall(nodes.footnote)):
        for line in _found(tree, lambda node: 'footnotes' in node['classes']):
            line.parent.remove(line)


def cite(tree, citations):
    """List at the end what the text cites, and let its links lead there.

    `citations` are those of sphinxcontrib-bibtex's domain, in the order of the list.
    """
    known = {citation.citation_id: citation for citation in citations}
    cited = set()
    for inline in _found(tree, lambda node: 'bibtex-citation' in node['classes']):
        for link in inline.findall(nodes.reference):
            name = link.get('refid') or link['refuri'].partition('#')[2]
            if name in known:
                cited.add(name)
                link.attributes.pop('refuri', None)
                link['refid'] = f'ref-{known[name].key}'
    if cited:
        listed = [_entry(citation) for name, citation in known.items() if name in cited]
        heading = nodes.title('', _('References'))
        section = nodes.section('', heading, nodes.bullet_list('', *listed))
        _top(tree).append(section)


def _entry(citation):
    """The item of the list that `citation` has, under the name 'ref-<key>'."""
    paragraph = BibliographyTransform.backend.paragraph(citation.formatted_entry)
    node_text_transform(paragraph)
    paragraph.insert(0, nodes.target('', '', ids=[f'ref-{citation.key}']))
    return nodes.list_item('', paragraph)


def _top(tree):
    """The section that holds the page, or the tree where it has no title."""
    return next((n for n in tree.children if isinstance(n, nodes.section)), tree)


def head(tree, tab, section, tabs, project, language=''):
    """Put under the title where all this comes from, and a mark for the first cell.

    `tabs` are those of the section, none where it is no page of the book; nothing is
    said where the book has no address.
    """
    top = _top(tree)
    place = 1 if isinstance(next(iter(top), None), nodes.title) else 0
    if project.repository:
        top.insert(place, _origin(tab, section, tabs, project, language))
        place += 1
    top.insert(place, mark(INSTALL))


def _origin(tab, section, tabs, project, language):
    docname = f'{SECTIONS}/{section}'
    repository, label = project.repository, FRAMEWORKS[tab].label
    others = ', '.join(
        f'[{FRAMEWORKS[other].label}]({project.address(docname, other, language)}) '
        f'([Colab]({repository.colab(other, section, language)}))'
        for other in tabs
        if other != tab
    )
    start = (
        _('From [{book}]({home}): [this section]({page}) in {framework}.')
        if tabs
        else _('From [{book}]({home}): an assignment in {framework}.')
    )
    said = [
        start.format(
            book=project.title,
            home=project.address(project.home, tab, language),
            page=project.address(docname, tab, language),
            framework=label,
        ),
        _('The same in {others}.').format(others=others) if others else '',
        _('Text: [CC BY-SA 4.0]({text}); code: [MIT]({code}).').format(
            text=PROSE_LICENCE, code=repository.source('LICENSE-CODE')
        ),
    ]
    text = ' '.join(filter(None, said))
    return nodes.raw('', text, format='markdown')
