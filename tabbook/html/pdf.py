"""Print sections, and the whole book, as PDFs that show one framework."""

import shutil
from contextlib import contextmanager
from pathlib import Path

from d2l_shim.files import write_whole
from d2l_shim.framework import FRAMEWORKS
from tabbook.html.assemble import assemble
from tabbook.yaml_files import read_yaml

BROWSERS = ('chromium', 'chromium-browser', 'google-chrome')
FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
REFERENCES = 'book/references'
FOOTER = (
    '<div style="font: 8px sans-serif; text-align: center; width: 100%">'
    '{title} · <span class="pageNumber"></span></div>'
)


class PrintError(Exception):
    """A PDF that cannot be made; the message says what to do."""


def build(root, tabs, names):
    """Print each of the sections `names` in each of `tabs`, and the book; the paths.

    They are <root>/_build/pdf/<tab>/<section>.pdf and book.pdf. PrintError if the
    pages have not been built, or if there is no browser.
    """
    root, made = Path(root).resolve(), []
    html = root / '_build' / 'html'
    if not (html / '.stamp').is_file():
        raise PrintError('there are no pages in _build/html: run `make book`')
    title, files = _title(root), contents(root)
    with _browser() as browser:
        for tab in tabs:
            wanted = {name: [f'notebooks/{name}', REFERENCES] for name in names}
            for name, docnames in {**wanted, 'book': files}.items():
                path = root / '_build' / 'pdf' / tab / f'{name}.pdf'
                path.parent.mkdir(parents=True, exist_ok=True)
                footer = f'{title} · {FRAMEWORKS[tab].label}'
                _print(browser, html, assemble(html, docnames, tab), footer, path)
                made.append(path)
    return made


def contents(root):
    """The pages of the book in order, from _toc.yml."""
    toc = read_yaml(Path(root, '_toc.yml'))
    return [toc['root'], *_files([toc])]


def _files(entries):
    for entry in entries:
        if 'file' in entry:
            yield entry['file']
        for inside in ('parts', 'chapters', 'sections'):
            yield from _files(entry.get(inside, ()))


def _title(root):
    return read_yaml(Path(root, '_config.yml'))['title']


@contextmanager
def _browser():
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        known = ', '.join(BROWSERS)
        raise PrintError(f'printing needs a browser: install one of {known}')
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


def _print(browser, html, text, footer, path):
    page = browser.new_page(color_scheme='light')
    source = html / f'.{path.stem}.html'  # beside what it shows
    try:
        write_whole(source, text.encode())
        page.goto(source.as_uri(), wait_until='load')
        page.evaluate('() => window.MathJax && MathJax.startup.promise')
        printed = page.pdf(
            prefer_css_page_size=True,
            print_background=True,
            display_header_footer=True,
            header_template='<span></span>',
            footer_template=FOOTER.format(title=footer),
            tagged=True,
            outline=True,
        )
        write_whole(path, printed)
    finally:
        source.unlink(missing_ok=True)
        page.close()
