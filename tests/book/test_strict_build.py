"""The strict build of the pages: what they show, when they are built, what stops it."""

import json
import re
import shutil

import pytest

from d2l_shim import framework
from tabbook.html.build import BuildError, is_built
from tabbook.reading import pages

TABS = ['PyTorch', 'TensorFlow', 'JAX', 'MXNet']


def labels(tab_set):
    return [label.text.strip() for label in tab_set.select(':scope > label')]


def test_every_code_tab_set_has_the_four_tabs_in_order(built):
    sets = built.page().select('.sd-tab-set:has(.cell)')
    assert [labels(one) for one in sets] == [TABS] * 3


def test_tab_sets_share_one_sync_group_with_the_names_of_the_tabs(built):
    found = {(x['data-sync-group'], x['data-sync-id']) for x in built.page()('label')}
    names = ('pytorch', 'tensorflow', 'jax', 'mxnet')
    assert found == {('framework', name) for name in names}


def test_a_tab_holds_its_own_code_and_output(built):
    shapes = built.page().select('.sd-tab-set:has(.cell)')[1]
    inputs = [c.select_one('.cell_input').text.strip() for c in shapes('div', 'cell')]
    outputs = [c.select_one('.cell_output').text.strip() for c in shapes('div', 'cell')]
    assert inputs == [f'print({text})' for text in outputs]
    assert outputs == ['(1, 2)', '(2, 1)', '(2, 1)', '(1, 2)']


def test_a_cell_for_all_is_a_tab_set_only_if_its_outputs_differ(built):
    cells = {}
    for cell in built.page().select('.cell'):
        cells.setdefault(cell.select_one('.cell_input').text.strip(), []).append(cell)
    assert len(cells['1 + 2']) == 1
    assert cells['1 + 2'][0].find_parent(class_='sd-tab-set') is None
    images = [cell.img['src'] for cell in cells['Block.__doc__']]
    assert len(set(images)) == 4


def test_a_stated_output_shows_once(built):
    assert built.page().text.count('(1, 2)') == 2 * 2  # code and output, in two tabs


def test_the_live_cell_is_dropped(built):
    assert 'load_ext' not in built.page().text


def test_brought_code_is_folded_and_linked_to_its_section(built):
    folded = built.page().select_one('details.brought')
    assert folded.summary.text.strip() == 'Block from section 1'
    assert folded.summary.a is None  # a button holds no link
    assert folded.a['href'] == 'define.html'
    codes = [code.text for code in folded.select('.cell_input')]
    assert 'PyTorch tab' in codes[0]
    assert all('other tabs' in code for code in codes[1:])


def test_prose_of_a_retired_framework_is_dropped(built):
    assert 'Prose for PyTorch' in built.page().text
    assert 'Chainer' not in built.page().text


def test_references_are_numbered_and_lead_somewhere(built):
    page = built.page()
    texts = [link.text for link in page.select('a.internal')]
    assert {'Fig. 2.1', '(2.1)'} <= set(texts)
    assert page.select_one('a[href*="references.html#"]').text == 'Huang et al., 2017'
    for link in page.select('a[href^="#"]'):
        assert page.find(id=link['href'][1:]) or link['href'] == '#'


def test_a_section_starts_with_the_ways_into_it_by_framework(built):
    facts = built.page().h1.find_next_sibling()
    assert 'facts' in facts['class']
    launch = facts.find_next_sibling()
    assert 'launch' in launch['class']
    assert labels(launch) == TABS
    lists = launch.select('.launch-links')[::2]
    for tab, links in zip(('pytorch', 'jax'), lists, strict=True):
        colab, notebook, source, paper = (link['href'] for link in links('a'))
        assert paper.endswith(f'/pdf/{tab}/use.pdf')
        assert colab.endswith(f'/blob/notebooks/{tab}/use.ipynb')
        assert notebook == f'{tab}/use.ipynb'
        assert source.endswith('/blob/main/notebooks/use.md')


def test_the_notebooks_that_pages_offer_are_there(built):
    offered = built.project.html / 'notebooks' / 'jax' / 'use.ipynb'
    assert 'print((2, 1))' in offered.read_text('utf-8')


def test_a_full_run_on_real_data_needs_no_note(built):
    assert built.page().select('.page-note') == []


def test_a_short_run_and_stand_in_data_are_named_at_the_top(book):
    book.store_all(profile='quick', data='synthetic')
    book.build()
    note = book.page().select_one('.page-note')
    assert note.find_previous_sibling('p') is None
    assert 'quick profile' in note.text
    assert 'stand-in' in note.text
    assert book.page('notebooks/define').select('.page-note')
    assert not book.page('book/index').select('.page-note')


QUOTED = """\
from tabbook.reading.tables import OUTCOMES


def numbers():
    told = {**dict.fromkeys(OUTCOMES, 'known'), 'precision': 'float32'}
    return {'use': {'reference': {'pytorch': told}}}
"""


def test_a_page_that_tells_of_whole_runs_says_so_under_each_short_one(book):
    (book.root / 'book' / 'results').mkdir()
    (book.root / 'book' / 'results' / 'quoted.py').write_text(QUOTED, 'utf-8')
    table = '# Uses\n\n```{outcomes} use reference\n```\n'
    book.edit('notebooks/use.md', '# Uses\n', table)
    book.store_all(profile='quick')
    said = {'output_type': 'stream', 'name': 'stdout', 'text': 'profile quick: less\n'}
    for tab in framework.FRAMEWORKS:
        book.store('use', tab, [said], profile='quick')
    book.build()
    page = book.page()
    assert page.select('.page-note') == []
    assert [name.text for name in page.select('.rosetta th')] == [
        'Framework',
        'PyTorch',
    ]
    (remark,) = {found.text for found in page.select('.tab-remark')}
    assert remark.startswith('A short run on a part of the data')
    assert book.page('notebooks/define').select('.page-note')


def test_a_minus_is_one_in_prose_and_a_hyphen_in_code(book):
    text = '3e-7 to *4e-7*, `5e-7`, $6e-7$, DenseNet-121, -169, e-9, **-0.5** (-1.5)'
    text += ', ResNet - a net, 2015 - 2017'
    book.edit('notebooks/use.md', 'As {cite', f'{text}. As {{cite')
    book.store_all()
    book.build()
    shown = '3e_7 to 4e_7, 5e-7, FORMULA, DenseNet-121, -169, e-9, _0.5 (_1.5)'
    shown += ', ResNet - a net, 2015 - 2017. As'
    page = book.page()
    page.select_one('.math').replace_with('FORMULA')
    assert shown.replace('_', '\N{MINUS SIGN}') in page.text
    offered = (book.project.html / 'notebooks' / 'jax' / 'use.ipynb').read_text('utf-8')
    first = json.loads(offered)['cells'][1:]
    assert any('3e\N{MINUS SIGN}7 to' in ''.join(cell['source']) for cell in first)
    assert any('(\N{MINUS SIGN}1.5)' in ''.join(cell['source']) for cell in first)


def test_options_reach_the_page_but_take_nothing_from_the_notebook(book):
    for code, tags in [('1 + 2', 'remove-cell'), ('4 + 5', 'hide-input, full-width')]:
        cell = '```{code-cell} ipython3\n'
        book.edit('notebooks/use.md', cell + code, f'{cell}:tags: [{tags}]\n\n{code}')
    book.store_all()
    book.build()
    (wide,) = book.page().select('.cell.tag_full-width')
    assert wide.select_one('details .cell_input').text.strip() == '4 + 5'
    assert '1 + 2' not in book.page().text
    offered = book.project.html / 'notebooks' / 'jax' / 'use.ipynb'
    cells = json.loads(offered.read_text('utf-8'))['cells']
    found = {''.join(cell['source']): cell['metadata'].get('tags') for cell in cells}
    assert found['1 + 2'] == ['remove-cell', 'nbval-check-output']
    assert found['4 + 5'] == ['hide-input', 'full-width', 'nbval-check-output']


def test_an_unclosed_comment_of_a_page_is_named(book, capsys):
    book.edit('book/index.md', '\n', '\n\n<!-- a draft\n')
    with pytest.raises(BuildError):
        book.build()
    assert 'index.md:3: WARNING: this comment is not closed' in capsys.readouterr().err


@pytest.mark.parametrize('ends', ['\r\n', '\r'])
def test_files_of_other_systems_make_the_same_pages(book, built, ends):
    names = (
        '_config.yml',
        '_toc.yml',
        'book/index.md',
        'book/references.bib',
        'book/references.md',
        'notebooks/define.md',
        'notebooks/use.md',
    )
    for path in map(book.root.joinpath, names):
        text = path.read_text('utf-8').replace('\n', ends)
        path.write_bytes(text.encode('utf-8-sig'))
    book.build()
    for page in ('notebooks/use', 'book/index', 'book/references'):
        assert book.page(page).text == built.page(page).text


def test_a_separator_in_prose_moves_no_line(book, capsys):
    path = book.root / 'book' / 'index.md'
    path.write_text('# A\n\nb\u2028c\x0c\n\n\x85d\n\n{doc}`e`\n', 'utf-8')
    with pytest.raises(BuildError):
        book.build()
    assert 'index.md:7: WARNING: unknown document' in capsys.readouterr().err


def test_what_needs_a_kernel_leaves_no_hole(book):
    widget = {'application/vnd.jupyter.widget-view+json': {'model_id': '1'}}
    said = {'jax': {'text/plain': 'IntSlider(value=1)'}, 'mxnet': {}}
    for tab, text in said.items():
        kind = {'output_type': 'display_data', 'metadata': {}}
        book.store('use', tab, [{**kind, 'data': widget | text}])
    plotly = {'application/vnd.plotly.v1+json': {}}
    book.store('use', 'pytorch', [{**kind, 'data': plotly}])
    error = {'ename': 'E', 'evalue': 'no', 'traceback': ['E: no']}
    book.store('use', 'tensorflow', [{'output_type': 'error', **error}])
    book.build()
    assert [
        cell.select_one('.cell_output').text.strip()
        for cell in book.page().select('.cell')
        if 'Block.__doc__' in cell.text
    ] == [pages.LIVE, 'E: no', 'IntSlider(value=1)', pages.LIVE]
    assert 'widget-view' not in str(book.page())


def files(book):
    """The HTML files of the pages of `book`."""
    html = book.project.html
    return [*html.glob('*.html'), *html.glob('[!_]*/*.html')]


def test_no_page_names_a_remote_script_or_style(built):
    for file in files(built):
        loads = r'<(?:script|link|img|iframe)\b[^>]*(?:src|href)="(?:https?:)?//[^"]*'
        found = re.findall(loads, file.read_text('utf-8'))
        assert [one for one in found if 'rel="canonical"' not in one] == []


def test_every_local_file_that_a_page_names_is_there(built):
    for file in files(built):
        text = file.read_text('utf-8')
        for name in re.findall(r'(?:src|href)="([^"#?:]+)["#?]', text):
            assert (file.parent / name).exists(), f'{file.name} names {name}'


def test_the_root_leads_to_the_first_page(built):
    html = built.project.html
    target = re.search(r'url=([^"]+)', (html / 'index.html').read_text('utf-8'))[1]
    assert (html / target).is_file()


def test_a_framework_that_is_missing_shows_what_is_stated(book, monkeypatch):
    monkeypatch.setattr('tabbook.reading.pages.installed', lambda tab: tab != 'mxnet')
    book.build()
    shapes = book.page().select('.sd-tab-set:has(.cell)')[1]
    pytorch, *_, mxnet = shapes('div', 'cell')
    assert mxnet.select_one('.cell_output').text.strip() == '(1, 2)'
    assert 'Not run here; the authors state' in mxnet.text
    assert 'Not run here' not in pytorch.text
    assert book.page().select('.cell')[-1].text.strip().endswith('Not run here.')


def test_a_tab_without_outputs_stops_the_build(book):
    book.edit('notebooks/use.md', '1 + 2', '1 + 3')
    message = 'use has no outputs for tab jax: run `python -m tabbook run --section use'
    with pytest.raises(BuildError, match=re.escape(message)):
        book.build()
    assert not (book.project.html).exists()
    book.store('use', 'pytorch')
    book.build(strict=False)
    assert 'Not run here' in book.page().text


def test_nothing_changed_means_nothing_done(book):
    assert book.build()
    html = book.project.html
    before = {f: f.stat().st_mtime_ns for f in html.rglob('*')}
    assert not book.build()
    assert before == {f: f.stat().st_mtime_ns for f in html.rglob('*')}
    shutil.rmtree(html)
    assert book.build()
    assert book.page().select('.cell')


def upgrade(package, folder, monkeypatch):
    """Let `package` be found in a version that is none."""
    info = folder / f'{package.replace("-", "_")}-999.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text(f'Name: {package}\nVersion: 999\n', 'utf-8')
    monkeypatch.syspath_prepend(folder)


PACKAGES = [
    'sphinx-book-theme',
    'pydata-sphinx-theme',
    'jupyter-book',
    'myst-parser',
    'sphinxcontrib-bibtex',
    'sphinx-exercise',
    'sphinx-mathjax-offline',
    'quickjs',
    'fonttools',
    'tinycss2',
    'docutils',
    'Pygments',
]


@pytest.mark.parametrize('package', PACKAGES)
def test_an_upgraded_package_of_the_pages_makes_them_stale(
    built, tmp_path, monkeypatch, package
):
    assert is_built(built.project)
    upgrade(package, tmp_path, monkeypatch)
    assert not is_built(built.project)


def test_an_upgraded_theme_builds_every_page_anew(book, tmp_path, monkeypatch):
    book.build()
    page = book.project.html / 'notebooks' / 'define.html'
    before = page.stat().st_mtime_ns
    upgrade('sphinx-book-theme', tmp_path, monkeypatch)
    assert book.build()
    assert page.stat().st_mtime_ns > before


@pytest.mark.parametrize('folder', ['locales', 'book/languages'])
def test_a_changed_translation_changes_its_page(book, folder):
    own = f"language: ko\n    locale_dirs: ['{folder}']\n    gettext_compact: false"
    book.edit('_config.yml', 'numfig: true', f'numfig: true\n    {own}')
    book.build()
    path = book.root / folder / 'ko' / 'LC_MESSAGES' / 'book' / 'index.po'
    path.parent.mkdir(parents=True)
    path.write_text('msgid "A small book"\nmsgstr "작은 책"\n', 'utf-8')
    assert book.build()
    assert book.page('book/index').h1.text.startswith('작은 책')
    assert not book.build()
    path.write_text('msgid "A small book"\nmsgstr "얇은 책"\n', 'utf-8')
    assert not is_built(book.project)
    whole = path.with_suffix('.mo').read_bytes()
    path.with_suffix('.mo').write_bytes(whole[:30])  # by a build that was killed
    assert book.build()
    assert '얇은 책'.encode() in path.with_suffix('.mo').read_bytes()


def test_a_build_in_one_language_leaves_the_next_its_own(book):
    book.edit('_config.yml', 'numfig: true', 'numfig: true\n    language: ko')
    book.build()
    exercise = 'notebooks/use', '.exercise .admonition-title'
    assert '연습' in book.page(exercise[0]).select_one(exercise[1]).text
    book.edit('_config.yml', '\n    language: ko', '')
    book.build()
    assert 'Exercise' in book.page(exercise[0]).select_one(exercise[1]).text


@pytest.mark.parametrize('file', ['LICENSE', '_toc.yml', 'book/static/book.css'])
def test_what_all_pages_are_made_with_makes_them_stale(book, file):
    book.build()
    with (book.root / file).open('a') as changed:
        changed.write('\n')
    assert not is_built(book.project)


def test_the_names_of_the_frameworks_are_of_all_pages(built, monkeypatch, tmp_path):
    registry = tmp_path / 'frameworks.py'
    registry.write_text('# other labels', 'utf-8')
    monkeypatch.setattr(framework, '__file__', str(registry))
    assert not is_built(built.project)


def test_changed_outputs_alone_change_their_page(book):
    book.build()
    old = {name: str(book.page(f'notebooks/{name}')) for name in ('use', 'define')}
    book.store('use', 'jax', [book.drawing('another curve')])
    assert book.build()
    assert str(book.page('notebooks/use')) != old['use']
    assert str(book.page('notebooks/define')) == old['define']


def test_changed_brought_code_changes_the_pages_that_bring_it(book):
    book.build()
    book.edit('notebooks/define.md', 'the other tabs', 'three tabs')
    book.store_all()
    book.build()
    assert 'From three tabs' in book.page().select_one('details.brought').text


def test_a_page_that_left_the_contents_leaves_the_book(book):
    book.build()
    book.edit('_toc.yml', '      - file: notebooks/define\n', '')
    with pytest.raises(BuildError):
        book.build()  # the other section still brings code from it
    book.edit('notebooks/use.md', '%%from define import Block', 'class Block: "B"')
    book.store_all()
    book.build()
    assert not (book.project.html / 'notebooks' / 'define.html').exists()


@pytest.mark.parametrize(
    ('file', 'place', 'wrong'),
    [
        ('notebooks/use.md', '# Uses', '{doc}`nowhere`'),
        ('notebooks/use.md', '## Shapes', ':::{note}\n{doc}`nowhere`\n:::'),
        ('notebooks/use.md', '%%tab pytorch, mxnet', 'nowhere = $'),
        ('book/index.md', '# A small book', '```{nowhere}\n```'),
        ('book/index.md', '# A small book', '```{launch} notebooks/nowhere\n```'),
    ],
)
def test_a_warning_names_the_line(book, capfd, file, place, wrong):
    book.edit(file, place, f'{place}\n\n{wrong}\n')
    book.store_all()
    lines = (book.root / file).read_text('utf-8').splitlines()
    line = next(n for n, text in enumerate(lines, 1) if 'nowhere' in text)
    with pytest.raises(BuildError):
        book.build()
    assert re.search(f'{file}:{line}: (WARNING|ERROR)', capfd.readouterr().err)


def test_a_warning_stops_the_build_until_it_is_mended(book, capfd):
    book.build()
    book.edit('notebooks/use.md', '## Shapes', '## Shapes\n\n{numref}`fig-none`')
    for _ in range(2):
        with pytest.raises(BuildError):
            book.build()
        assert 'fig-none' in capfd.readouterr().err
    book.edit('notebooks/use.md', '{numref}`fig-none`', '')
    assert book.build()


def test_without_a_published_language_pages_say_nothing_of_any(built):
    html = built.project.html
    assert not (html / 'ko').exists()
    assert not list(html.rglob('languages.*'))
    for path in html.rglob('book/*.html'):
        text = path.read_text('utf-8')
        assert 'hreflang' not in text
        assert 'language-button' not in text
