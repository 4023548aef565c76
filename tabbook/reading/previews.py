"""What links to terms, citations, equations and figures show before they are followed.

A file of its own, for all pages, holds each such target as it was built. Another says
which names in code lead to which row of the Rosetta page where code is compared.
"""

import json
import posixpath
import re
from pathlib import Path
from urllib.parse import urldefrag

from bs4 import BeautifulSoup

from d2l_shim.files import read_text, write_text

TARGETS = 'dt[id^=term-], div.citation[id], div.math[id^=equation-], figure[id]'
DROPPED = '.headerlink, .label, script, button, source, .pst-js-only'
ROWS = '.rosetta br[data-names]'
LINKS = 'article a.internal[href*="#"]'


def setup(app):
    """Register with Sphinx."""
    app.connect('build-finished', _write)


def _write(app, exception):
    if exception is None and app.builder.name == 'html':
        names = sorted(app.env.found_docs)
        html = Path(app.outdir)
        pages = {f'{name}.html': _soup(html / f'{name}.html') for name in names}
        shown = previews(pages) | rows(pages)
        _assign(html, 'preview-texts.js', PREVIEWS=shown)
        _assign(html, 'reasons.js', REASONS=reasons(pages))


def _assign(html, file, **values):
    """Write a script that assigns each of `values`."""
    lines = (f'{n}={json.dumps(v, ensure_ascii=False)};' for n, v in values.items())
    write_text(html / '_static' / file, '\n'.join(lines))


def reasons(pages):
    """{name in code: page and anchor of the row that says why it differs}."""
    return {
        name: f'{path}#{row["id"]}'
        for path, page in pages.items()
        for row in page.select(ROWS)
        for name in row['data-names'].split()
    }


def rows(pages):
    """{page and anchor: HTML} of the rows that names in code lead to."""
    return {
        f'{path}#{row["id"]}': _row(row.find_parent('tr'))
        for path, page in pages.items()
        for row in page.select(ROWS)
        if row['data-names']
    }


def _row(row):
    """The HTML of a row: what each framework does, what the book does, and why."""
    heads = [head.get_text() for head in row.find_parent('table').select('thead th')]
    what, *own, book = ((cell.p or cell).decode_contents() for cell in row.select('td'))
    told = (f'{name}: {does}' for name, does in zip(heads[1:-1], own, strict=True))
    return (
        f'<dl><dt>{what.partition("<br")[0]}</dt><dd>{"; ".join(told)}.</dd>'
        f'<dd>{heads[-1]}: {book}.</dd></dl>'
    )


def previews(pages):
    """{page and anchor: HTML} of what links in `pages`, {path: tree}, lead to.

    Addresses in it are those seen from the folder of all pages.
    """
    wanted = {
        address
        for path, page in pages.items()
        for link in page.select(LINKS)
        if (address := _address(path, link['href']))
        and 'headerlink' not in link['class']
    }
    return {
        address: _shown(path, target)
        for path, page in pages.items()
        for target in page.select(TARGETS)
        if (address := f'{path}#{target["id"]}') in wanted
    }


def _soup(path):
    return BeautifulSoup(read_text(path), 'html.parser')


def _address(path, address):
    """The `address` in a link of the page at `path`, as seen from the root."""
    file, anchor = urldefrag(address)
    if '://' in file or not file:
        return '' if file else f'{path}#{anchor}'
    return (
        f'{posixpath.normpath(posixpath.join(posixpath.dirname(path), file))}#{anchor}'
    )


def _shown(path, target):
    """The HTML of a target and, of a term, what it means, without ids and links."""
    text = str(target)
    if target.name == 'dt':
        text = f'<dl>{text}{target.find_next_sibling("dd")}</dl>'
    whole = BeautifulSoup(text, 'html.parser')
    for tag in whole.select(DROPPED):
        tag.decompose()
    for tag in whole.select('a'):
        tag.unwrap()
    for tag in whole.select('[src]'):
        tag['src'] = posixpath.normpath(
            posixpath.join(posixpath.dirname(path), tag['src'])
        )
        tag.attrs.pop('loading', None)
    for tag in whole.find_all(True):
        if not tag.find_parent('svg') and tag.name != 'svg':
            for name in ('id', 'tabindex', 'role'):
                tag.attrs.pop(name, None)
    return _own_names(str(whole))


def _own_names(text):
    """`text` with other ids, which a drawing may need, than those of the page."""
    for name in re.findall(r'\bid="([^"]+)"', text):
        text = re.sub(rf'(["#]){re.escape(name)}(?=["\')])', r'\1preview-' + name, text)
    return text
