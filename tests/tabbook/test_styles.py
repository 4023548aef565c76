"""Style sheets of themes, less what no page uses."""

from zlib import crc32

import pytest

from tabbook.html.styles import purge, purged

USED = {'card', 'fade', 'tooltip-', 'md:row'}


@pytest.mark.parametrize(
    ('css', 'left'),
    [
        ('p { color: red }', 'p{color: red}'),
        ('.card, .unused { a: b }', '.card{a: b}'),
        ('.card.unused, a .unused:hover { a: b }', ''),
        ('.card:not(.unused) { a: b }', '.card:not(.unused){a: b}'),
        (':is(.card, .unused) > p { a: b }', ':is(.card, .unused) > p{a: b}'),
        ('.tooltip-end { a: b }', '.tooltip-end{a: b}'),
        (r'.md\:row { a: b }', r'.md\:row{a: b}'),
        ('@media a { .card { a: b } .unused { c: d } }', '@media a {.card{a: b}}'),
        ('@media print { .unused { c: d } }', ''),
        ('@font-face { src: url(a.woff2) }', '@font-face { src: url(a.woff2) }'),
        ('@import "a.css";', '@import "a.css";'),
        ('a::before { content: ".unused { }" }', 'a::before{content: ".unused { }"}'),
    ],
)
def test_a_rule_stays_where_something_may_need_it(css, left):
    assert purged(css, USED) == left


@pytest.fixture
def html(tmp_path):
    files = {
        '_static/theme.css': '.shown, .set, .typed, .old, .not { a: b }',
        '_static/book.css': '.not { a: b }',
        '_static/used.js': "it.classList.add('set');",
        '_static/unused.js': "it.classList.add('old');",
        '_static/template.html': '<p class="old">',
        'a.html': '<link href="_static/theme.css?digest=1">'
        '<link href="_static/book.css"><link href="theme.css">'
        '<p class="other shown">not</p>'
        '<script src="_static/used.js"></script>'
        "<script>it.className = 'typed';</script>",
    }
    for name, text in files.items():
        path = tmp_path / 'html' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding='utf-8')
    return tmp_path / 'html'


def test_classes_are_those_of_pages_and_of_their_scripts(html, tmp_path):
    own = tmp_path / 'own'
    own.mkdir()
    (own / 'book.css').touch()
    page = (html / 'a.html').read_text('utf-8')
    purge(html, own)
    name = f'theme.css?v={crc32(b".shown,.set,.typed{a: b}"):08x}'
    renamed = page.replace('theme.css?digest=1', name).replace('"theme.css', f'"{name}')
    assert (html / 'a.html').read_text('utf-8') == renamed
    sheets = [html / '_static' / f'{name}.css' for name in ('theme', 'book')]
    left = [path.read_text('utf-8') for path in sheets]
    assert left == ['.shown,.set,.typed{a: b}', '.not { a: b }']
