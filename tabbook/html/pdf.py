"""Print sections, and the whole book, as PDFs that show one framework."""

import shutil
from contextlib import contextmanager
from io import BytesIO
from itertools import product

from pypdf import PdfReader
from tqdm import tqdm

from d2l_shim.files import write_whole
from d2l_shim.framework import FRAMEWORKS
from tabbook import links
from tabbook.html.assemble import assemble
from tabbook.project import SECTIONS

# Chromium's headless shell makes no windows, which takes less, so it comes first.
BROWSERS = ('chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome')
FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
SLOW = 600_000  # milliseconds in which a busy machine has drawn the whole book
REFERENCES = 'book/references'
NUMBER = """numbers => {
  for (const it of document.querySelectorAll('.page-number'))
    it.textContent = numbers[it.dataset.of];
}"""
FOOTER = (
    '<div style="font: 8px sans-serif; text-align: center; width: 100%">'
    '{title} · <span class="pageNumber"></span></div>'
)


class PrintError(Exception):
    """A PDF that cannot be made; the message says what to do."""


def print_pages(project, tabs, names, languages=('',)):
    """Print each of the sections `names` in each of `tabs`, and the book; the paths.

    They are <tab>/<section>.pdf and <tab>/book.pdf in `project.pdf`; those of one of
    the `languages`, keys of published ones or '' for English, in a folder of its own
    there. PrintError if the pages have not been built, or if there is no browser.
    """
    made = []
    if not (project.html / '.stamp').is_file():
        raise PrintError(f'there are no pages in {project.html}: run `make book`')
    wanted = {name: [f'{SECTIONS}/{name}', REFERENCES] for name in names}
    wanted['book'] = project.pages
    with _browser() as browser:
        every = list(product(languages, tabs, wanted))
        for language, tab, name in tqdm(every, 'on paper', unit='file'):
            html = project.html.resolve() / language
            path = project.pdf / links.pdf(tab, name, language)
            path.parent.mkdir(parents=True, exist_ok=True)
            footer = f'{project.title} · {FRAMEWORKS[tab].label}'
            _print(browser, html, assemble(html, wanted[name], tab), footer, path)
            made.append(path)
    return made


def find_browser():
    """The path of the first of BROWSERS that is there, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def _browser():
    from playwright.sync_api import sync_playwright

    found = find_browser()
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
        page.goto(source.as_uri(), wait_until='load', timeout=SLOW)
        page.evaluate('() => document.fonts.ready')
        printed = _sheets(page, footer)
        if 'page-number' in text:  # only the sheets can tell them
            page.evaluate(NUMBER, _places(printed))
            printed = _sheets(page, footer)
        write_whole(path, printed)
    finally:
        source.unlink(missing_ok=True)
        page.close()


def _sheets(page, footer):
    return page.pdf(
        prefer_css_page_size=True,
        print_background=True,
        display_header_footer=True,
        header_template='<span></span>',
        footer_template=FOOTER.format(title=footer),
        tagged=True,
        outline=True,
    )


def _places(printed):
    """{id: the number of its page, from 1} of the places to which links lead."""
    reader = PdfReader(BytesIO(printed))
    return {
        name.removeprefix('/'): reader.get_destination_page_number(place) + 1
        for name, place in reader.named_destinations.items()
    }
