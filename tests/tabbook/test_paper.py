"""Pages put together for paper: one framework, links that stay within."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tabbook.html import pdf
from tabbook.html.assemble import assemble
from tabbook.html.pdf import PrintError, print_pages
from tabbook.project import Project

PAGE = """<html><head><title>T</title><link rel="stylesheet" href="../_static/a.css">
<script src="other.js"></script></head>
<body><article><h1 id="top">{title}<a class="headerlink" href="#top">#</a></h1>
{text}</article></body></html>"""
SECTION = """<div class="sd-tab-set launch"><label data-sync-group="framework"
data-sync-id="jax">JAX</label><div class="sd-tab-content">Colab</div></div>
<div class="sd-tab-set"><input id="i0"><label data-sync-group="framework"
data-sync-id="pytorch">PyTorch</label><div class="sd-tab-content">torch code</div>
<input id="i1"><label data-sync-group="framework" data-sync-id="jax">JAX</label>
<div class="sd-tab-content">jax code</div></div>
<link rel="stylesheet" href="../_static/part.css">
<div class="on-screen">click</div> <button data-setting="k=1">try</button>
<details name="one"><summary>More</summary>folded</details>
<details name="one"><summary>And</summary><pre>{lines}</pre><pre>short</pre></details>
<img src="data:image/png;base64,AAAA" alt="maps">
<img src="../_images/f.svg" loading="lazy">
<a href="#top">up</a> <a href="../book/refs.html#r1">ref</a>
<a href="../book/glossary.html#t">term</a> <a href="https://doi.org/1">doi</a> <a href="https://e.org/">https://e.org/</a>""".replace(
    '{lines}', 'line\n' * 30
)


@pytest.fixture
def html(tmp_path):
    """A folder with the built pages of a section and of the references."""
    pages = {'notebooks/s': ('Section', SECTION), 'book/refs': ('Refs', '<p id="r1">')}
    for name, (title, text) in pages.items():
        path = tmp_path / f'{name}.html'
        path.parent.mkdir()
        path.write_text(PAGE.format(title=title, text=text), 'utf-8')
    return tmp_path


@pytest.fixture
def paper(html):
    text = assemble(html, ['notebooks/s', 'book/refs'], 'jax')
    return BeautifulSoup(text, 'html.parser')


def test_it_shows_one_framework_and_nothing_to_click(paper):
    text = paper.main.get_text()
    assert 'jax code' in text
    for gone in ('torch code', 'Colab', 'JAX', '#', 'click', 'try'):
        assert gone not in text
    assert paper.main.find('input') is None


def test_all_that_is_folded_is_open_even_where_a_name_is_shared(paper):
    assert [tag.attrs for tag in paper('details')] == [{'open': ''}] * 2


def test_long_code_may_stand_on_two_sheets(paper):
    assert [tag.get('class') for tag in paper('pre')] == [['long'], None]


def parts(html, code):
    """The parts of a page's long `code`, of highlighted HTML, on paper."""
    page = html / 'notebooks' / 's.html'
    page.write_text(PAGE.format(title='T', text=f'<pre>{code}</pre>'), 'utf-8')
    paper = BeautifulSoup(assemble(html, ['notebooks/s'], 'jax'), 'html.parser')
    return [part.text for part in paper.select('pre > .stanza')]


def test_long_code_is_parted_at_empty_lines_but_not_behind_a_docstring(html):
    head = '<span class="k">def</span> f():\n    <span class="sd">"""Say."""</span>\n\n'
    method = head + '    <span class="n">a</span> = 1\n' * 9
    text = BeautifulSoup(f'<pre>{method}</pre>', 'html.parser').text
    assert parts(html, '\n'.join([method] * 3)) == [text] * 3


def test_where_code_is_parted_one_line_ends(html):
    """However many are empty there."""
    code = '<span class="n">a</span> = 1\n' * 12
    assert parts(html, f'{code}\n\n{code}') == ['a = 1\n' * 12] * 2


def test_the_last_lines_of_long_code_do_not_stand_alone(html):
    code = '<span class="n">a</span> = 1\n' * 20 + '\nb = 2\n'
    assert parts(html, code) == ['a = 1\n' * 20 + '\nb = 2\n']


def test_a_long_output_without_empty_lines_may_be_divided(html):
    rows = 'row\n' * 90
    page = html / 'notebooks' / 's.html'
    page.write_text(PAGE.format(title='T', text=f'<pre>{rows}</pre>'), 'utf-8')
    paper = BeautifulSoup(assemble(html, ['notebooks/s'], 'jax'), 'html.parser')
    assert paper.select_one('pre > .stanza')['class'] == ['stanza', 'long']


def test_code_that_another_page_has_is_named_with_that_pages_number(html):
    brought = """<details class="brought"><summary>Block from section 2</summary>
        <div class="sd-summary-content"><p>In <a href="../book/refs.html">2</a></p>
        <div class="sd-tab-set">class Block</div></div></details>"""
    page = html / 'notebooks' / 's.html'
    page.write_text(PAGE.format(title='T', text=brought), 'utf-8')
    both = assemble(html, ['notebooks/s', 'book/refs'], 'jax')
    assert 'class Block' not in both
    number = BeautifulSoup(both, 'html.parser').select_one('summary .page-number')
    assert number['data-of'] == 'book-refs'
    assert 'class Block' in assemble(html, ['notebooks/s'], 'jax')


def test_brought_code_that_leads_nowhere_stays(html):
    page = html / 'notebooks' / 's.html'
    brought = '<details class="brought"><summary>B</summary>class Block</details>'
    page.write_text(PAGE.format(title='T', text=brought), 'utf-8')
    assert 'class Block' in assemble(html, ['notebooks/s', 'book/refs'], 'jax')


def test_the_address_of_a_link_can_be_read(paper):
    assert paper.find('a', href='https://doi.org/1').text == 'doi <https://doi.org/1>'
    assert paper.find('a', href='https://e.org/').text == 'https://e.org/'


@pytest.mark.parametrize(
    ('address', 'text', 'shown'),
    [
        ('https://f.org/', 'f.org', 'https://f.org/'),
        ('mailto:a@b.org', 'Write', 'Write <mailto:a@b.org>'),
        ('mailto:a@b.org', 'a@b.org', 'mailto:a@b.org'),
        ('https://f.org', '<img src="f.svg" alt="F">', ''),
    ],
)
def test_an_address_is_shown_once_and_not_beside_a_picture(html, address, text, shown):
    page = html / 'notebooks' / 's.html'
    link = f'<a href="{address}">{text}</a>'
    page.write_text(PAGE.format(title='T', text=link), 'utf-8')
    paper = BeautifulSoup(assemble(html, ['notebooks/s'], 'jax'), 'html.parser')
    found = paper.find('a', href=address)
    assert (found.text, bool(found.img)) == (shown, 'img' in text)


def test_the_rules_for_content_and_those_of_a_part_hold(paper):
    assert paper.article.find_parent(class_='bd-content')
    assert paper.article.link['href'] == '_static/part.css'


def test_files_are_named_from_the_folder_of_all_pages(paper):
    assert [img['src'] for img in paper('img')] == [
        'data:image/png;base64,AAAA',
        '_images/f.svg',
    ]
    assert not any('loading' in img.attrs for img in paper('img'))
    assert [link['href'] for link in paper.head('link')] == ['_static/a.css']
    assert paper('script') == []


def test_links_lead_within_or_out_or_are_text(paper):
    links = {link.text.partition(' ')[0]: link['href'] for link in paper('a')}
    assert set(links) == {'up', 'ref', 'doi', 'https://e.org/'}
    assert links['doi'] == 'https://doi.org/1'
    assert paper.find(id=links['up'][1:]).text == 'Section'
    assert paper.find(id=links['ref'][1:]).name == 'p'
    assert 'term' in paper.text


def test_no_name_is_given_twice(paper):
    names = [tag['id'] for tag in paper(id=True)]
    assert len(names) == len(set(names)) > 3


def test_its_title_names_the_framework(paper):
    assert paper.title.text == 'Section (JAX)'


def test_it_is_in_the_language_of_its_pages(html, paper):
    assert paper.html['lang'] == 'en'
    page = html / 'notebooks' / 's.html'
    text = page.read_text('utf-8').replace('<html>', '<html lang="zh-CN">')
    page.write_text(text, 'utf-8')
    assert '<html lang="zh-CN"' in assemble(html, ['notebooks/s'], 'jax')


def test_the_contents_are_in_order(tmp_path):
    (tmp_path / '_toc.yml').write_text(
        'root: a\nparts:\n- chapters:\n  - file: b\n    sections: [{file: c}]\n'
        '- chapters: [{file: d}]\n',
        'utf-8',
    )
    assert Project(tmp_path).pages == ['a', 'b', 'c', 'd']


def test_pages_that_are_not_built_are_asked_for(tmp_path):
    (tmp_path / '_toc.yml').write_text('root: a\n', 'utf-8')
    with pytest.raises(PrintError, match='run `make book`'):
        print_pages(Project(tmp_path), ['jax'], [])


def test_a_missing_browser_is_named(tmp_path, monkeypatch):
    (tmp_path / '_build' / 'html').mkdir(parents=True)
    (tmp_path / '_build' / 'html' / '.stamp').touch()
    (tmp_path / '_config.yml').write_text('title: T\n', 'utf-8')
    (tmp_path / '_toc.yml').write_text('root: a\n', 'utf-8')
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(PrintError, match='install one of chromium'):
        print_pages(Project(tmp_path), ['jax'], [])


class Browser:
    """One that prints every page as the bytes 'new'."""

    def new_page(self, **options):
        return self

    def pdf(self, path=None, **options):
        if path:
            Path(path).write_bytes(b'new')
        return b'new'

    def goto(self, address, **options):
        pass

    def evaluate(self, script):
        pass

    def close(self):
        pass


def test_a_pdf_is_printed_whole_or_not_at_all(tmp_path, monkeypatch):
    """Where the disk is full, be it for the page or for its PDF."""
    path = tmp_path / 'jax.pdf'
    write = Path.write_bytes
    path.write_bytes(b'old')
    for full in ('.html', '.pdf'):

        def fill(file, data, full=full):
            write(file, data if full not in file.name else data[:1])
            if full in file.name:
                raise OSError(28, 'No space left on device')

        monkeypatch.setattr(Path, 'write_bytes', fill)
        with pytest.raises(OSError, match='No space left'):
            pdf._print(Browser(), tmp_path, 'page', '', path)
        assert path.read_bytes() == b'old'
        assert [file.name for file in tmp_path.iterdir()] == ['jax.pdf']
    monkeypatch.setattr(Path, 'write_bytes', write)
    pdf._print(Browser(), tmp_path, 'page', '', path)
    assert path.read_bytes() == b'new'
