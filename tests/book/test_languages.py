"""The pages of published languages: what they say, share, and lead to."""

import json
import pickle
import re
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zipfile import ZipFile

import nbformat
import pytest
import quickjs
from bs4 import BeautifulSoup

from tabbook.html.translated import share
from tabbook.reading import facts
from tabbook.reading.said import spoken
from tests.helpers.small_book import MARK, publish, translate

KEYS = ('', 'zh')
DRAW = """import sys
from pathlib import Path

catalog, language, folder = sys.argv[1:]
for name in ('dot', 'dot-narrow'):
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" xml:lang="{language}"/>'
    Path(folder, f'{name}.svg').write_text(drawn, 'utf-8')
"""
MORE = """
- In a list "of one" -0.5.

| Head |
|------|
| Cell |

Word
: Its meaning.

```{exercise} Two $x$
:label: ex-two
Ask.
```

```{solution} ex-two
Answer.
```
"""


@pytest.fixture(scope='module')
def site(new_book):
    """A book in Chinese, of which one page has no catalog and one a gap."""
    book = new_book()
    book.edit('notebooks/define.md', '# Definitions\n', f'# Definitions\n{MORE}')
    book.store_all()
    (book.root / 'book' / 'figures').mkdir()
    (book.root / 'book' / 'figures' / 'draw.py').write_text(DRAW, 'utf-8')
    publish(book, 'zh')
    translate(book, 'zh', without=['book/references'], leave=['Read '])
    book.build()
    return book


def soup(book, name):
    text = (book.project.html / f'{name}.html').read_text('utf-8')
    return BeautifulSoup(text, 'html.parser')


def test_a_page_is_in_its_language_and_says_what_is_not(site):
    page = soup(site, 'zh/book/index')
    assert page.html['lang'] == 'zh-CN'
    assert page.article.h1.text.startswith(f'{MARK} A small book')
    assert not page.article.h1.get('lang')
    assert [p['lang'] for p in page.article.select('p[lang]:not(.original)')] == ['en']
    without = soup(site, 'zh/book/references')
    assert without.html['lang'] == 'zh-CN'
    assert without.article.h1['lang'] == 'en'
    said = f'{MARK} This page has no translation yet'
    assert without.select_one('.page-note p:last-child').text.startswith(said)
    assert not page.select('.page-note')


@pytest.mark.parametrize('page', ['book/index', 'notebooks/define'])
def test_what_is_stored_of_a_page_is_one_document(site, page):
    folder = site.project.doctrees
    stored = folder.with_name(f'{folder.name}.zh') / f'{page}.doctree'
    tree = pickle.loads(stored.read_bytes())
    assert MARK in tree.astext()
    assert all(node.document is tree for node in tree.findall())


def test_each_page_names_itself_in_all_languages(site):
    folder = site.project.html / 'zh' / 'notebooks'
    page = soup(site, 'zh/notebooks/use')
    found = {a['hreflang']: a for a in page.select('#languages a')}
    assert list(found) == ['en', 'zh-CN']
    assert [k for k, a in found.items() if a.get('aria-current')] == ['zh-CN']
    for link in found.values():
        assert (folder / link['href']).is_file()
    alternate = {
        link['hreflang']: link['href'] for link in page.select('link[rel=alternate]')
    }
    assert alternate['zh-CN'] == f'{site.project.site}/zh/notebooks/use.html'
    assert (
        alternate['x-default']
        == alternate['en']
        == site.project.address('notebooks/use')
    )


def test_all_that_pages_name_is_there_and_nothing_twice(site):
    html, missing = site.project.html, set()
    for path in (html / 'zh').rglob('*.html'):
        for tag in BeautifulSoup(path.read_text('utf-8'), 'html.parser').find_all(True):
            for key in ('href', 'src', 'srcset'):
                address = urlsplit(tag.get(key, ''))
                if address.path and not address.scheme and not address.netloc:
                    target = path.parent / unquote(address.path)
                    if not target.exists():
                        missing.add((path.name, tag[key]))
    assert not missing
    twice = [
        path.relative_to(html / 'zh').as_posix()
        for path in (html / 'zh').rglob('*.*')
        if path.is_file()
        and (twin := html / path.relative_to(html / 'zh')).is_file()
        and twin.read_bytes() == path.read_bytes()
    ]
    assert len(twice) < 6, twice  # what a script loads from its own language


def test_a_figure_says_its_words_in_the_language_of_the_page(site):
    html = site.project.html
    for key, language in (('', None), ('zh/', 'zh-CN')):
        folder = html / f'{key}notebooks'
        page = soup(site, f'{key}notebooks/use')
        (image,) = page.select('figure img[src$=".svg"], .figure img[src$=".svg"]')
        shown = (folder / image['src']).read_text('utf-8')
        assert ('xml:lang="zh-CN"' in shown) == bool(language)
        sources = image.parent('source')
        assert [bool(language)] * len(sources) == [
            'xml:lang' in (folder / source['srcset']).read_text('utf-8')
            for source in sources
        ]
        assert len(sources) == bool(language)  # of these, only the drawn one is narrow


def test_the_tool_speaks_the_language_of_the_page(site):
    page = soup(site, 'zh/notebooks/use')
    said = [link.text for link in page.select('.launch-links a')]
    said += [page.select_one('.facts li').text, page.select_one('.facts summary').text]
    said += [tag.text for tag in page.select('.switch label > span')]
    said += [page.select_one('.switch')['aria-label']]
    said += [
        page.select_one('ul.facts li').text,
        page.select_one('.brought summary').text,
    ]
    said += [page.select_one('.headerlink')['title']]
    assert len(said) > 11
    assert not [text for text in said if not text.strip().startswith(MARK)]
    assert re.fullmatch(r'\d{4}年\d+月\d+日', page.select_one('.facts time').text)
    english = soup(site, 'notebooks/use')
    assert english.select_one('.facts summary').text == 'Cite this section'
    ran = english.select_one('ul.facts li').text
    assert ran == 'Ran in 1 s (full profile, CPU)'
    assert re.fullmatch(r'\d+ [A-Z]\w+ \d{4}', english.select_one('.facts time').text)


def test_scripts_speak_the_language_of_the_page(site):
    page, english = (soup(site, f'{key}notebooks/use') for key in ('zh/', ''))
    script = page.head.script.text
    assert f'"Copied.": "{MARK} Copied."'.encode('unicode-escape').decode() in script
    assert 'Play' not in script  # which is said where there is the figure
    assert 'const words = {};' in english.head.script.text


def test_translators_get_all_that_scripts_say(root):
    for path in sorted(root.glob('book/static/*.js')):
        called = re.findall(r"\bsay\(\s*'([^']+)'", path.read_text('utf-8'))
        assert set(called) == set(spoken(path)), path.name


def test_chinese_is_read_by_its_signs():
    assert facts.dated(date(2026, 11, 9), 'ko') == '2026년 11월 9일'
    assert facts._minutes('密' * 2200) == facts._minutes('dense ' * 2000)


def test_an_original_stands_after_its_translation(site):
    found = [
        tag
        for name in ('define', 'use')
        for tag in soup(site, f'zh/notebooks/{name}').select('.original')
    ]
    said = [' '.join(tag.text.split()) for tag in found]
    assert {tag['lang'] for tag in found} == {'en'}
    assert not [text for text in said if MARK in text]
    for text in (
        'Definitions',
        'In a list “of one” \N{MINUS SIGN}0.5.',
        'Head',
        'Cell',
        'Word',
        'Its meaning.',
        'As [Huang et al., 2017] say, Fig. 2.1 shows (2.1).',
        'A dot.',
        'Shapes',
        'Prose for PyTorch.',
        'Why?',
    ):
        assert text in said
        before = found[said.index(text)].find_previous(string=re.compile(MARK))
        assert ' '.join(before.split()).startswith(MARK)


def test_a_solution_names_its_exercise_as_translated(site):
    page = soup(site, 'zh/notebooks/define')
    title = page.select_one('.solution .admonition-title')
    assert f'({MARK} Two' in title.text
    assert not title.select_one('.original')
    assert page.select_one('.exercise .admonition-title .original')


def test_originals_change_nothing_else(site):
    page = soup(site, 'zh/notebooks/use')
    ids = [tag['id'] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert not page.select_one('nav .original, title .original')
    assert page.select_one('meta[name=description]')['content'].startswith(MARK)
    assert page.article.h1.find_next_sibling()['class'] == ['original']
    passages = site.project.html / 'zh' / '_static' / 'passages.js'
    assert passages.read_text('utf-8').count('A dot.') == 1
    english = str(soup(site, 'notebooks/use'))
    assert 'original' not in english
    assert 'id="english"' not in english
    assert page.select_one('#english [checked]')['value'] == 'off'


def test_a_notebook_is_in_the_language_of_its_page(site):
    html = site.project.html
    page = soup(site, 'zh/notebooks/use')
    links = [link['href'] for link in page.select('.launch-links a')]
    assert 'jax/use.ipynb' in links
    assert site.project.repository.colab('jax', 'use', 'zh') in links
    read = (nbformat.read(html / key / 'notebooks/jax/use.ipynb', 4) for key in KEYS)
    english, chinese = ([c for c in n.cells if c.source] for n in read)
    assert len(english) == len(chinese)
    for old, new in zip(english, chinese, strict=True):
        assert old.cell_type == new.cell_type
        assert (old.source == new.source) == (old.cell_type == 'code')
    prose = '\n'.join(c.source for c in chinese if c.cell_type == 'markdown')
    assert f'# 2. {MARK} Uses' in prose
    assert f'{site.project.site}/zh/notebooks/use.html?framework=jax' in prose
    assert f'{MARK} From [' in prose
    with ZipFile(html / 'zh/notebooks/densenet-book-zh-jax.zip') as packed:
        readme = packed.read('densenet-book-zh-jax/README.md').decode()
    assert f'- `use.ipynb`: 2. {MARK} Uses' in readme
    assert f'{MARK} Each notebook' in readme


def test_translations_are_compiled_elsewhere(site):
    assert not list(site.project.catalogs.rglob('*.mo'))
    assert list(site.project.compiled.rglob('index.mo'))


@pytest.mark.parametrize(
    ('query', 'text', 'hit'),
    [
        ('조밀', '층을 조밀하게 잇는다', True),
        ('조밀한', '층을 조밀하게 잇는다', True),
        ('조밀', '완전조밀 블록', True),
        ('연결', '층을 조밀하게 잇는다', False),
        ('连接', '每一层都稠密连接起来', True),
        ('层', '每一层都稠密连接起来', True),
        ('JAX에서', 'JAX로 쓴 것', True),
        ('ense', 'a dense block', False),
        ('layers', 'one layer', True),
    ],
)
def test_search_finds_words_that_nothing_sets_apart(root, query, text, hit):
    script = (root / 'book' / 'static' / 'search.js').read_text('utf-8')
    head = script.split("  document.querySelectorAll('input")[0]
    context = quickjs.Context()
    context.eval(
        'let stopwords = [];'
        'class Stemmer { stemWord(word) { return word.replace(/s$/, "") } }'
        f'let ask = {json.dumps(query)}; let location = {{}};'
        'class URLSearchParams { get() { return ask } }'
        'let run; function addEventListener(name, f) { run = f }'
        + head
        + f'return score(["", "", "", "", "", {json.dumps(text)}]); }});'
    )
    assert (context.eval('run()') >= 10) is hit


def test_what_a_script_loads_stays_in_its_language(tmp_path):
    html, pages = tmp_path / 'html', tmp_path / 'ko'
    files = {
        '_static/a.js': "load('_static/texts.js')",
        '_static/texts.js': '',
        '_static/b.css': 'p { font: url(b.woff2) }',
        '_static/b.woff2': '',
        '_static/other.css': 'a',
        'file.zip': '',
        'page.html': '<a href="file.zip"></a>'
        '<script src="_static/a.js?v=1"></script><img src="_static/b.css">',
    }
    for folder in (html, pages):
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, 'utf-8')
    (pages / '_static' / 'b.css').write_text('a { font: url(b.woff2) }', 'utf-8')
    (pages / 'file.zip').unlink()
    share(pages, html)
    there = sorted(path.name for path in (pages / '_static').iterdir())
    assert there == ['b.css', 'b.woff2', 'texts.js']
    assert (pages / 'page.html').read_text('utf-8') == (
        '<a href="../file.zip"></a>'
        '<script src="../_static/a.js?v=1"></script><img src="_static/b.css">'
    )
