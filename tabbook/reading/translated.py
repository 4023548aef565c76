"""What pages have where the book is published in several languages."""

import posixpath
from pathlib import Path

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util.nodes import extract_messages

from tabbook.language import ENGLISH
from tabbook.project import Project
from tabbook.reading import said

ENGLISH_NAME = 'English'


def setup(app):
    """Register with Sphinx; nothing is changed where only English is published."""
    app.add_config_value('tabbook_language', '', 'env')
    app.add_transform(Untranslated)
    app.add_transform(OneDocument)
    app.connect('config-inited', _load)
    app.connect('html-page-context', _complete, priority=950)


class OfTranslated(SphinxTransform):
    """A transform of whole pages in another language than English."""

    default_priority = 24  # Locale, which translates, has 20

    def apply(self, **kwargs):
        source = self.document['source'] or ''
        if self.config.tabbook_language and not source.endswith('<translated>'):
            self.transform()


class Untranslated(OfTranslated):
    """Say of what stays in English that it is: for voices, fonts and hyphens."""

    def transform(self):
        for node, _ in extract_messages(self.document):
            prose = isinstance(node, nodes.TextElement)
            if isinstance(node, nodes.math_block) or not prose:
                continue
            if not node.get('translated'):
                node['classes'].append(f'language-{ENGLISH}')


class OneDocument(OfTranslated):
    """Let the nodes of a page belong to it alone.

    Sphinx reads each translated text as a document, which its nodes would keep: what
    is stored of a page grows threefold, and it is read for each tab.
    """

    def transform(self):
        for node in self.document.findall():
            node.document = self.document


def notes(env):
    """Yield the sentence that a page owes its reader if nothing of it is translated."""
    key, project = env.config.tabbook_language, Project(Path(env.srcdir))
    if key and not project.catalog(key, env.docname).is_file():
        yield said._('This page has no translation yet; it is in English.')


def _load(app, config):
    """Let pages load the files of `book/languages`."""
    folder = Project(Path(app.srcdir)).book / 'languages'
    if Project(Path(app.srcdir)).published and folder.is_dir():
        config.html_static_path = [*config.html_static_path, str(folder)]
        for path in sorted(folder.glob('*.css')):
            app.add_css_file(path.name)
        for path in sorted(folder.glob('*.js')):
            app.add_js_file(path.name)


def _complete(app, pagename, templatename, context, doctree):
    """Tell the templates in which languages there is this page, and where."""
    project, key = Project(Path(app.srcdir)), app.config.tabbook_language
    if not project.published:
        return
    found = [('', ENGLISH, ENGLISH_NAME)]
    found += [(lang.key, lang.html, lang.name) for lang in project.published]
    context['languages'] = [_place(project, pagename, key, *one) for one in found]
    here = next(one for one in context['languages'] if one['here'])
    context['language'] = here['html']
    context['originals'] = 'class="original' in context.get('body', '')
    context['theme_search_bar_text'] = said._('Search this book...')
    context['words'] = said.words(_scripts(app, pagename, context))
    if context.get('pageurl'):
        context['pageurl'] = here['address']


def _scripts(app, pagename, context):
    """The book's own scripts on a page."""
    book, body = Project(Path(app.srcdir)).book, context.get('body', '')
    names = [str(script.filename) for script in context.get('script_files', ())]
    loaded = {f'{pagename}.js', *map(posixpath.basename, names)}
    paths = sorted([*book.glob('static/*.js'), *book.glob('languages/*.js')])
    return [p for p in paths if p.name in loaded or f'/{p.name}"' in body]


def _place(project, pagename, here, key, html, name):
    """A page in the language `key` as one in the language `here` leads to it."""
    page = f'{pagename}.html'
    start = posixpath.dirname(posixpath.join(here, page))
    link = posixpath.relpath(posixpath.join(key, page), start or '.')
    site = project.site and f'{project.site}/{posixpath.join(key, page)}'
    return {
        'key': key or ENGLISH,
        'html': html,
        'name': name,
        'link': link,
        'address': site or link,
        'here': key == here,
    }
