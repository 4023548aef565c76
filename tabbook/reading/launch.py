"""What the HTML pages have beyond Sphinx's own: ways into a framework, sized images."""

import posixpath
from pathlib import Path
from textwrap import shorten
from urllib.parse import quote

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.i18n import search_image_for_language
from sphinx.util.images import get_image_size
from sphinx_design.shared import create_component

from d2l_shim.framework import FRAMEWORKS
from tabbook import links
from tabbook.project import SECTIONS, Project
from tabbook.reading import facts, originals, pages
from tabbook.reading.said import _
from tabbook.tabs import TABS

SCROLLS = 'pst-scrollable-table-container'  # the theme's, which keys can scroll
TOO_WIDE = 800  # pixels: shrunk to a phone's width, nothing in it could be read
PHONE = '(max-width: 600px)'  # is shown NAME-narrow.svg in the place of NAME.svg
LINK_TEXT = 200  # characters
NEEDS = {  # what a page has that loads a file; other files are loaded by all pages
    'formulas.css': ['class="math'],
    'clipboard.min.js': ['class="highlight'],
    'copybutton.js': ['class="highlight'],
    'copybutton.css': ['class="highlight'],
    'exercise.css': ['exercise'],
    'togglebutton.js': ['toggle'],
    'togglebutton.css': ['toggle'],
    'originals.css': ['class="original'],
    'originals.js': ['class="original'],
}
MENDED = {
    'role="doc-biblioentry"': 'role="listitem"',  # which is what a list may have
    'class="sd-tab-set': 'role="radiogroup" aria-label="{label}" class="sd-tab-set',
    # or a browser that goes back would restore the tabs that were open then
    'type="radio"': 'autocomplete="off" type="radio"',
}


def setup(app):
    """Register all of this with Sphinx; only HTML is changed."""
    app.add_directive('launch', Launch)
    app.add_node(launch)
    app.add_post_transform(LaunchTabs)
    app.add_transform(NarrowDrawings)
    app.add_post_transform(NarrowCopies)
    app.add_node(nodes.image, override=True, html=(_visit_image, _depart_image))
    app.connect('html-page-context', _complete, priority=900)


def tab_set(contents):
    """A tab set of frameworks from {tab: nodes}, in step with all others."""
    items = [_tab_item(tab, children) for tab, children in contents.items()]
    return create_component('tab-set', classes=['sd-tab-set'], children=items)


def _tab_item(tab, children):
    label = nodes.rubric('', FRAMEWORKS[tab].label, classes=['sd-tab-label'])
    label['sync_id'], label['sync_group'] = tab, 'framework'
    content = create_component('tab-content', ['sd-tab-content'], children=children)
    item = create_component('tab-item', ['sd-tab-item'], children=[label, content])
    item['selected'] = False
    item.source, item.line = children[0].source, children[0].line
    return item


class launch(nodes.General, nodes.Element):
    """Stands where the ways into the section `docname` shall be."""


class Launch(SphinxDirective):
    """`{launch} notebooks/densenet`: pick a framework, then read, open or download."""

    required_arguments = 1

    def run(self):
        docname = self.arguments[0]
        if docname not in self.env.found_docs:
            raise self.error(f'there is no page {docname!r} to launch')
        self.env.note_dependency(self.env.doc2path(docname))
        node = launch('', docname=docname)
        self.set_source_info(node)
        return [node]


class LaunchTabs(SphinxPostTransform):
    """Write the ways into a section under its title, and where `Launch` stands."""

    default_priority = 100  # sphinx-design takes over at 200
    formats = ('html',)

    def run(self, **kwargs):
        here = self.env.docname
        title = next(self.document.findall(nodes.title), None)
        if title and here.startswith(f'{SECTIONS}/'):
            place = originals.below(title)
            title.parent.insert(place, launch('', docname=here))
        for node in list(self.document.findall(launch)):
            node.replace_self(self._tabs(node['docname']))

    def _tabs(self, docname):
        name = docname.removeprefix(f'{SECTIONS}/')
        project = Project(Path(self.env.srcdir))
        section = project.library[name]
        found = {tab: self._links(tab, docname, name) for tab in section.tabs}
        if docname == self.env.docname:
            for tab, stored in pages.results(section, project).items():
                found[tab] += facts.ran(tab, stored)
        raw = {tab: [nodes.raw('', x, format='html')] for tab, x in found.items()}
        tabs = tab_set(raw)
        tabs['classes'].append('launch')
        return tabs

    def _links(self, tab, docname, name):
        """The HTML of the links to what there is of section `name` for `tab`."""
        project, language = Project(Path(self.env.srcdir)), self.config.tabbook_language
        repository = project.repository
        file = self._relative(f'{SECTIONS}/{links.notebook(tab, name)}')
        found = [_link(file, _('Download notebook'), ' download')]
        if repository:
            colab = repository.colab(tab, name, language)
            found.insert(0, _link(colab, _('Open in Colab')))
        if docname != self.env.docname:
            page = f'{self._relative(docname)}.html?framework={tab}'
            read = _('Start reading in {framework}')
            read = read.format(framework=FRAMEWORKS[tab].label)
            found.insert(0, _link(page, read, ' class="read"'))
            bundle = self._relative(f'{SECTIONS}/{links.bundle(tab, language)}')
            found.append(_link(bundle, _('All notebooks (zip)'), ' download'))
        elif repository:
            page = repository.source(f'{docname}.md')
            found.append(_link(page, _('Source on GitHub')))
        if project.site:  # which has them: to be printed, pages must be there first
            own = docname == self.env.docname
            file = links.pdf(tab, name if own else 'book', language)
            text = _('PDF') if own else _('Book as PDF')
            found.append(_link(f'{project.site}/pdf/{file}', text))
        items = ''.join(f'<li>{link}</li>' for link in found)
        return f'<ul class="launch-links">{items}</ul>'

    def _relative(self, path):
        return posixpath.relpath(path, posixpath.dirname(self.env.docname) or '.')


def _link(address, text, more=''):
    return f'<a href="{address}"{more}>{text}</a>'


class NarrowDrawings(SphinxTransform):
    """Note at an image the file that a phone shows in its place, where there is one."""

    default_priority = 500

    def apply(self, **kwargs):
        for image in self.document.findall(_is_drawing):
            uri = search_image_for_language(image['uri'], self.env)
            path = Path(self.env.relfn2path(uri, self.env.docname)[0])
            narrow = path.with_stem(f'{path.stem}-narrow')
            if Path(self.env.srcdir, narrow).is_file():
                image['narrow'] = narrow.as_posix()
                self.env.note_dependency(image['narrow'])


def _is_drawing(node):
    """Whether `node` shows a drawing that lies in the book."""
    if not isinstance(node, nodes.image):
        return False
    return node['uri'].endswith('.svg') and ':' not in node['uri']


class NarrowCopies(SphinxPostTransform):
    """Let the builder copy these files, too."""

    default_priority = 100
    formats = ('html',)

    def run(self, **kwargs):
        for image in self.document.findall(nodes.image):
            if 'narrow' in image:
                self.app.builder.images[image['narrow']] = Path(image['narrow']).name


def _visit_image(self, node):
    """Write an image with the room it needs, to be loaded when it comes into view."""
    attributes = {'alt': node.get('alt', ''), 'loading': 'lazy'}
    attributes |= _file(self.builder, node['uri'], 'src')
    if 'width' in node:
        attributes['style'] = f'width: {node["width"]}'
    if attributes.get('width', 0) > TOO_WIDE:
        attributes['class'] = 'wide'
    inline = isinstance(node.parent, nodes.TextElement)
    tag = self.emptytag(node, 'img', '', **attributes)
    if 'narrow' in node:
        narrow = _file(self.builder, node['narrow'], 'srcset')
        source = self.emptytag(node, 'source', '', media=PHONE, **narrow)
        tag = f'<picture>{source}{tag}</picture>'
    self.body.append(tag if inline else f'<div class="{SCROLLS}">{tag}</div>\n')


def _file(builder, uri, name):
    """The attributes that say where an image is, as `name`, and how large it is."""
    size = get_image_size(Path(builder.srcdir, uri)) or ()
    if uri in builder.images:
        uri = posixpath.join(builder.imgpath, quote(builder.images[uri]))
    return {name: uri, **dict(zip(('width', 'height'), size, strict=False))}


def _depart_image(self, node):
    pass


def _complete(app, pagename, templatename, context, doctree):
    """Tell the templates the frameworks; let no script hold up or move the page."""
    context['frameworks'] = [(tab, f.label) for tab, f in TABS.items()]
    context['tabbed'] = pagename.startswith(f'{SECTIONS}/')
    context['description'] = _beginning(doctree)
    if doctree:
        context['pageurl'] = Project(Path(app.srcdir)).address(pagename)
    body = context.get('body', '')
    for old, new in MENDED.items():
        body = body.replace(old, new.replace('{label}', _('Framework')))
    context['body'] = body
    for kind in ('css_files', 'script_files'):
        context[kind] = [f for f in context[kind] if _serves(f, body)]
    for script in context['script_files']:
        _defer(script, pagename != 'search')  # whose own scripts run on the way


def _beginning(doctree):
    """The first sentences of a page, as plain text for those who share its link."""
    found = list(doctree.findall(nodes.paragraph)) if doctree else []
    boxes = (nodes.section, originals.pair)
    own = (p for p in found if isinstance(p.parent, boxes))
    text = ' '.join(next(own, (found or [nodes.paragraph()])[0]).astext().split())
    return shorten(text, LINK_TEXT, placeholder=' …')


def _serves(file, body):
    """Whether a page with this `body` has something for a style sheet or script."""
    name = posixpath.basename(str(file.filename or ''))
    return all(mark in body for mark in NEEDS.get(name, ()))


def _defer(script, wait):
    """Let `script`, which all pages share, run after the page is there if `wait`."""
    if 'DOCUMENTATION_OPTIONS' in script.attributes.get('body', ''):
        key, value = 'type', 'module'  # an inline script that waits as well
    elif script.filename and 'async' not in script.attributes:
        key, value = 'defer', 'defer'
    else:
        return
    if wait:
        script.attributes[key] = value
    else:
        script.attributes.pop(key, None)
