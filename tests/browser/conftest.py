"""The book as its readers get it, in Chromium, with every other host cut off."""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading

import pytest
from playwright.sync_api import sync_playwright

FLAGS = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
]


@pytest.fixture(scope='session')
def html(root, tmp_path_factory):
    """The folder of the book's pages, built anew from what is in the project.

    The code runs in the profile that D2L_PROFILE names, `smoke` if none, and what it
    printed is kept in _build/outputs; the project's own _build/html stays as it is.
    """
    copy = tmp_path_factory.mktemp('book')
    for name in ('book', 'notebooks'):
        shutil.copytree(root / name, copy / name)
    for name in ('_config.yml', '_toc.yml'):
        shutil.copy(root / name, copy)
    outputs = root / '_build' / 'outputs'
    outputs.mkdir(parents=True, exist_ok=True)
    (copy / '_build').mkdir()
    (copy / '_build' / 'outputs').symlink_to(outputs)
    for step in ('run', 'html'):
        command = [sys.executable, '-m', 'tabbook', step, '--root', copy]
        subprocess.run(command, check=True, env={'D2L_PROFILE': 'smoke', **os.environ})
    return copy / '_build' / 'html'


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and keeps no log."""

    def log_message(self, *args):
        pass


@pytest.fixture(scope='session')
def address(html):
    """The address at which the book is served."""
    handler = functools.partial(Quiet, directory=html)
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f'http://127.0.0.1:{server.server_port}'
        server.shutdown()


@pytest.fixture(scope='session')
def browser(chromium):
    """A running Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


class Reader:
    """A reader with a browser of their own; collects what went wrong on the way."""

    def __init__(self, browser, address, width=1440, scheme='light'):
        self.address, self.faults = address, []
        size = {'width': width, 'height': 900}
        self.context = browser.new_context(viewport=size, color_scheme=scheme)
        self.context.route('**/*', self._answer)
        self.page = self.context.new_page()
        self.page.on('pageerror', lambda error: self.faults.append(str(error)))
        self.page.on('requestfailed', lambda request: self.faults.append(request.url))
        self.page.on('console', self._console)

    def _answer(self, route):
        local = route.request.url.startswith(self.address)
        route.continue_() if local else route.abort()

    def _console(self, message):
        if message.type in ('error', 'warning'):
            self.faults.append(message.text)

    def open(self, path):
        """Open a page and wait until its mathematics is set."""
        self.page.goto(f'{self.address}/{path}')
        self.page.wait_for_load_state('networkidle')
        self.page.evaluate('() => window.MathJax && MathJax.startup.promise')
        return self.page

    def chosen(self):
        """The names of the tabs that are open, one for each set with code."""
        script = """sets => sets.map(set => set.querySelector(
            ':scope > input:checked + label').textContent.trim())"""
        sets = self.page.locator('.sd-tab-set:has(.cell)')
        return sets.evaluate_all(script)

    def choose(self, name, place=0):
        """Click the tab `name` in one of the tab sets."""
        sets = self.page.locator('.sd-tab-set:has(.cell)')
        sets.nth(place).locator('> label', has_text=name).click()


@pytest.fixture
def reader(browser, address):
    """A function that makes a `Reader` of a given width and colour scheme."""
    readers = []

    def make(**options):
        readers.append(Reader(browser, address, **options))
        return readers[-1]

    yield make
    for reader in readers:
        reader.context.close()
