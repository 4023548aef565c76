"""The book as its readers get it, in Chromium, with every other host cut off."""

import fcntl
import functools
import gzip
import http.server
import re
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from d2l_shim.framework import FRAMEWORKS
from tabbook.project import Project
from tests.helpers import copy_book, require
from tests.helpers.outputs import store_stated

# Chromium's own popups, a process for each reader, and what Playwright turns off.
OFF = (
    'WebUIOmniboxPopup',
    'WebUIOmniboxAimPopup',
    'AimEnabled',
    'AvoidUnnecessaryBeforeUnloadCheckSync',
    'DestroyProfileOnBrowserClose',
    'HttpsFirstBalancedModeAutoEnable',
    'HttpsUpgrades',
    'LensOverlay',
    'MediaRouter',
    'NetworkTimeServiceQuerying',
    'OptimizationHints',
    'PaintHolding',
    'PreconnectToSearch',
    'ThirdPartyStoragePartitioning',
)
FLAGS = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    f'--disable-features={",".join(OFF)}',
]
CODE = '.sd-tab-set:has(.cell):not(.dropdown *)'  # in no folded solution


@pytest.fixture(scope='session')
def kept(pytestconfig):
    """pytest's cache, which makes the folders that outlast a session."""
    return pytestconfig.cache


@pytest.fixture(scope='session')
def screenshots(kept):
    """The folder of pictures of failures, as .github/workflows/ci.yml keeps them."""
    return kept.mkdir('screenshots')


@pytest.fixture(scope='session')
def project(kept, worker_id, tmp_path_factory):
    """A copy of the project with its pages, built anew from what its code printed.

    Processes that test side by side share one: the first builds, the others wait, and
    none writes into it but `printed`, which makes the PDFs.
    """
    folder = tmp_path_factory.getbasetemp()
    if worker_id != 'master':
        folder = folder.parent
    copy, done = folder / 'site', folder / 'site.done'
    with (folder / 'site.lock').open('w', encoding='utf-8') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(copy, ignore_errors=True)
            build(copy, kept)
            done.touch()
    return copy


def build(copy, kept):
    """Make the copy and build its pages.

    All tabs of the section that most tests read are run, and PyTorch's of the others,
    whose other tabs show what their text states: nbval runs them all.
    """
    copy_book(copy)
    outputs, ran = copy / '_build' / 'outputs', kept.mkdir('outputs')
    outputs.parent.mkdir()
    outputs.symlink_to(ran)
    for step in (['run', 'densenet'], ['run', '--tab', 'pytorch']):
        tabbook(*step, '--root', copy)
    outputs.unlink()  # what nobody ran is not kept
    shutil.copytree(ran, outputs)
    store_stated(Project(copy), FRAMEWORKS)
    tabbook('html', '--root', copy)


def tabbook(*arguments):
    """Run a command of the book as a process of its own."""
    subprocess.run([sys.executable, '-m', 'tabbook', *arguments], check=True)


@pytest.fixture(scope='session')
def html(project):
    """The folder of the book's pages."""
    return project / '_build' / 'html'


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files as a web host would, text packed, to any page; keeps no log."""

    PACKED = ('.html', '.css', '.js', '.svg', '.ipynb')

    def log_message(self, *args):
        pass

    def end_headers(self):
        self.send_header('Access-Control-Allow-Origin', '*')  # fonts, in a frame
        super().end_headers()

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if path.suffix in self.PACKED and path.is_file():
            self._send(path)
        else:
            super().do_GET()

    def _send(self, path):
        content = packed(path)
        self.send_response(200)
        self.send_header('Content-Type', self.guess_type(path))
        self.send_header('Content-Encoding', 'gzip')
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@functools.cache
def packed(path):
    """The content of a file as gzip has it."""
    return gzip.compress(path.read_bytes(), 6)


class Server(http.server.ThreadingHTTPServer):
    """Takes no notice of a browser that hangs up."""

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def served(html):
    """Serve a folder of pages; yields their address."""
    handler = functools.partial(Handler, directory=html)
    with Server(('127.0.0.1', 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f'http://127.0.0.1:{server.server_port}'
        server.shutdown()


@pytest.fixture(scope='session')
def address(html):
    """The address at which the book is served."""
    with served(html) as found:
        yield found


@pytest.fixture(scope='module')
def browser(request, chromium):
    """A running Chromium, with the `FLAGS` of the tests' file in addition to these.

    Playwright leaves no other test its event loop.
    """
    flags = [*FLAGS, *getattr(request.module, 'FLAGS', ())]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope='session')
def axe(root):
    """The script of axe-core."""
    path = root / 'node_modules' / 'axe-core' / 'axe.min.js'
    require(path.is_file(), 'needs axe-core: `npm ci` installs it')
    return path.read_text('utf-8')


class Reader:
    """A reader with a browser of their own; collects what went wrong on the way."""

    def __init__(self, browser, address, width=1440, scheme='light', **options):
        self.address, self.faults = address, []
        size = {'width': width, 'height': 900}
        self.context = browser.new_context(
            viewport=size, color_scheme=scheme, **options
        )
        self.context.set_default_timeout(120_000)  # the machine may be busy
        self.context.route('**/*', self._answer)
        self.page = self.context.new_page()
        self.page.on('pageerror', lambda error: self.faults.append(str(error)))
        self.page.on('requestfailed', self._failed)
        self.page.on('console', self._console)

    def _answer(self, route):
        local = route.request.url.startswith((self.address, 'file:'))
        route.continue_() if local else route.abort()

    def _failed(self, request):
        if request.failure != 'net::ERR_ABORTED':  # by leaving the page
            self.faults.append(request.url)

    def _console(self, message):
        if message.type in ('error', 'warning'):
            self.faults.append(message.text)

    def open(self, path):
        """Open a page and wait until its fonts are there."""
        self.page.goto(path if '://' in path else f'{self.address}/{path}')
        self.page.evaluate('() => document.fonts.ready.then(() => true)')
        return self.page

    def chosen(self):
        """The names of the tabs that are open, one for each set with code."""
        script = """sets => sets.map(set => set.querySelector(
            ':scope > input:checked + label').textContent.trim())"""
        return self.page.locator(CODE).evaluate_all(script)

    def label(self, name, place=0):
        """The label of the tab `name` in one of the sets with code."""
        return self.page.locator(CODE).nth(place).locator('> label', has_text=name)

    def choose(self, name, place=0):
        """Click the tab `name` in one of the sets with code."""
        self.label(name, place).click()


@pytest.fixture
def reader(request, browser, address, screenshots):
    """A function that makes a `Reader` of a given width and colour scheme.

    Of what it shows where the test fails, a picture is kept.
    """
    readers, failed = [], request.session.testsfailed

    def make(**options):
        readers.append(Reader(browser, address, **options))
        return readers[-1]

    yield make
    for number, reader in enumerate(readers):
        try:
            if request.session.testsfailed > failed:
                name = re.sub(r'\W+', '-', f'{request.node.name}-{number}')
                path = screenshots / f'{name}.png'
                reader.page.screenshot(path=path, full_page=True)
        finally:  # or it would keep the machine busy in all tests to come
            reader.context.close()
