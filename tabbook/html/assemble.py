"""Put pages of the built book together, as one page that shows one framework."""

import posixpath
import re
from urllib.parse import urldefrag, urlsplit

from bs4 import BeautifulSoup

from d2l_shim.files import read_text
from d2l_shim.framework import FRAMEWORKS
from tabbook.html.together import keep_together, new

PAGE = """<!doctype html>
<html lang="{language}" data-theme="light">
<head><meta charset="utf-8"><title>{title}</title>
{head}</head>
<body class="on-paper"><main><div class="bd-content">{articles}</div></main></body>
</html>
"""
HEAD = 'head link[rel=stylesheet]'
DROPPED = (
    '.launch, .cite, .facts nav, .headerlink, script, source, '
    '.sd-tab-set > input, .pst-js-only, .on-screen, [data-setting]'
)
ELSEWHERE = '.sd-summary-content > p a[href]'  # where brought code is written
MAIL = 'mailto:'
NAMES = ('id', 'for', 'name', 'aria-controls', 'aria-labelledby')


def assemble(html, docnames, tab):
    """The text of one page with the articles of `docnames`, cut to `tab`.

    It is to lie in `html`, the folder of the built pages. Links among the pages lead
    to their places in it; links to other pages of the book become plain text.
    """
    pages = {name: _soup(html / f'{name}.html') for name in docnames}
    head = dict.fromkeys(
        str(_moved(tag, name))
        for name, page in pages.items()
        for tag in page.select(HEAD)
    )
    language = pages[docnames[0]].html.get('lang', 'en')
    title = f'{pages[docnames[0]].h1.get_text()} ({FRAMEWORKS[tab].label})'
    articles = '\n'.join(
        str(_Article(name, page, pages, tab).finish()) for name, page in pages.items()
    )
    head = '\n'.join(head)
    return PAGE.format(language=language, title=title, head=head, articles=articles)


def _soup(path):
    soup = BeautifulSoup(read_text(path), 'html.parser')
    for link in soup.select('.headerlink'):
        link.decompose()
    return soup


def _moved(tag, docname):
    """`tag`, its file named as seen from the folder of all pages."""
    for key in ('src', 'href'):
        if tag.get(key):
            tag[key] = _path(docname, tag[key])
    return tag


def _path(docname, address):
    if urlsplit(address).scheme:  # it holds its data, or lies elsewhere
        return address
    return posixpath.normpath(posixpath.join(posixpath.dirname(docname), address))


def _place(docname, fragment=''):
    """The id, on the one page, of a page or a place in it."""
    return '--'.join(filter(None, [docname.replace('/', '-'), fragment]))


def _number(place):
    """Where the number of the page that holds `place` is to stand."""
    number = new('span', **{'class': 'page-number', 'data-of': place})
    number.string = '000'
    return number


def _address(url):
    """`url` to be read: a line may end behind a slash, and in no name."""
    shown = new('span', **{'class': 'address'})
    for part in re.findall('[^/]+/*', url):
        name = new('span')
        name.string = part
        shown.extend([name, new('wbr')])
    return shown


class _Article:
    """The article of one page on its way to paper."""

    def __init__(self, docname, page, pages, tab):
        self.docname, self.pages, self.tab = docname, pages, tab
        self.body = page.select_one('article')

    def finish(self):
        self._cut()
        self._leave_brought()
        for tag in self.body.select(DROPPED):
            tag.decompose()
        for tag in self.body.select('details'):
            tag['open'] = ''
            tag.attrs.pop('name', None)  # of those that share one, one is open
        keep_together(self.body)
        for tag in self.body.select('[src], link[href]'):
            _moved(tag, self.docname)
            tag.attrs.pop('loading', None)
        for tag in self.body.select('a[href]'):
            self._link(tag)
        self._rename()
        return self.body

    def _cut(self):
        """Leave only the chosen tab of each set, without its label."""
        for label in self.body.select('label[data-sync-group=framework]'):
            content = label.find_next_sibling(class_='sd-tab-content')
            if label['data-sync-id'] != self.tab:
                content.decompose()
            label.decompose()

    def _leave_brought(self):
        """Leave only the name of code that stands on another of the pages."""
        for tag in self.body.select('.brought'):
            link = tag.select_one(ELSEWHERE)
            if link and (target := self._target(link)) in self.pages:
                tag.select_one('.sd-summary-content').decompose()
                tag.summary.append(_number(_place(target)))

    def _link(self, tag):
        if '://' in tag['href'] or tag['href'].startswith(MAIL):
            text = tag.get_text()
            address = tag['href'].partition('://')[2] or tag['href'].removeprefix(MAIL)
            if not text:
                return
            if text.rstrip('/') in (tag['href'].rstrip('/'), address.rstrip('/')):
                tag.clear()
                tag.append(_address(tag['href']))
            else:
                tag.extend([' <', _address(tag['href']), '>'])
            return
        target = self._target(tag)
        if target in self.pages:
            place = _place(target, urldefrag(tag['href']).fragment)
            tag['href'] = f'#{place}'
            if tag.find_parent(class_='toctree-wrapper'):
                tag.insert_after(_number(place))
        else:
            tag.unwrap()

    def _target(self, link):
        """The name of the page to which a link of this one leads."""
        path = urldefrag(link['href']).url
        return _path(self.docname, path).removesuffix('.html') if path else self.docname

    def _rename(self):
        """Make the names of this article unlike those of all others."""
        for tag in self.body.find_all(True):
            for key in NAMES:
                if tag.get(key):
                    tag[key] = _place(self.docname, tag[key])
        self.body['id'] = _place(self.docname)
