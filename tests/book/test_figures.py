"""The committed SVGs are what their scripts draw, and can be read on any page."""

import importlib
import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

import pytest
from matplotlib import pyplot
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex, to_rgb, to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Patch
from matplotlib.text import Text

from tabbook.language import Language
from tabbook.languages import catalogs, figures
from tabbook.languages.tool import PAGE
from tabbook.project import Project
from tabbook.reading.dark import DARK, LIGHT, contrast, darkened

FIGURES = Path(__file__).parents[2] / 'book' / 'figures'
OTHERS = {'draw', 'style'}
SCRIPTS = sorted(p.stem for p in FIGURES.glob('*.py') if p.stem not in OTHERS)
DRAWN = sorted(p.stem for p in FIGURES.glob('*.svg'))
NARROW = '-narrow'
SVG, XML = 'http://www.w3.org/2000/svg', 'http://www.w3.org/XML/1998/namespace'
COUNTING = """import sys
from pathlib import Path

folder = Path(sys.argv[3])
(folder / 'a.svg').write_text('<svg/>', 'utf-8')
with (folder.parents[2] / 'times').open('a', encoding='utf-8') as file:
    file.write('1')
"""
NUMBER = re.compile(r'(-?\d+\.?\d*(?:e-?\d+)?)')
ROOT = FIGURES.parents[1]
PAGES = [*ROOT.glob('notebooks/*.md'), *ROOT.glob('book/*.md')]


@pytest.fixture
def script(monkeypatch):
    """A function that imports a figure's script by name, and its style."""
    importlib.import_module('pandas')  # which looks for a package named as a figure is
    monkeypatch.syspath_prepend(str(FIGURES))
    monkeypatch.delitem(sys.modules, 'style', raising=False)

    def load(name):
        monkeypatch.delitem(sys.modules, name, raising=False)
        return importlib.import_module(name)

    return load


def redraw(script, name, folder):
    """The text of figure `name`, drawn anew into `folder`."""
    found = script(name.removesuffix(NARROW))
    figure = found.narrow() if name.endswith(NARROW) else found.draw()
    return script('style').save(figure, name, folder).read_text('utf-8')


def test_every_figure_has_a_script_and_every_script_a_figure():
    assert [name for name in DRAWN if not name.endswith(NARROW)] == SCRIPTS
    assert len(SCRIPTS) >= 2


def test_a_narrow_figure_fits_a_phone_and_is_another_drawing_of_a_wide_one():
    narrow = [name for name in DRAWN if name.endswith(NARROW)]
    assert len(narrow) >= 2
    for name in narrow:
        assert name.removesuffix(NARROW) in SCRIPTS
        root = ElementTree.parse(FIGURES / f'{name}.svg').getroot()
        assert float(root.get('width').removesuffix('pt')) / 0.75 <= 350


@pytest.mark.parametrize('name', DRAWN)
def test_the_script_draws_the_committed_figure(name, script, tmp_path):
    """The same text, numbers to a hundredth of a point; drawn again, the same bytes."""
    drawn = redraw(script, name, tmp_path)
    new = NUMBER.split(drawn)
    old = NUMBER.split((FIGURES / f'{name}.svg').read_text('utf-8'))
    assert new[::2] == old[::2]
    numbers = [[float(text) for text in parts[1::2]] for parts in (new, old)]
    assert numbers[0] == pytest.approx(numbers[1], abs=0.01)
    assert redraw(script, name, tmp_path) == drawn


@pytest.mark.parametrize('name', DRAWN)
def test_a_figure_brings_its_own_light_ground_and_letters(name):
    root = ElementTree.parse(FIGURES / f'{name}.svg').getroot()
    tags = [element.tag.rpartition('}')[2] for element in root.iter()]
    assert 'text' not in tags, 'text must be outlines: no font is sure to be there'
    fills = re.findall(r'fill: (#\w+)', ElementTree.tostring(root, 'unicode'))
    assert fills[0] == LIGHT, 'the first thing drawn must be the ground'


def shown(colour, dark):
    """The parts, from 0 to 1, of a colour as a page shows it; the fourth is opacity."""
    *_, alpha = to_rgba(colour)
    return (*to_rgb(darkened(to_hex(colour)) if dark else to_hex(colour)), alpha)


def is_area(artist):
    """Whether `artist` fills an area; an arrow only looks as if it did."""
    areas = isinstance(artist, Patch | PolyCollection)
    return areas and not isinstance(artist, FancyArrowPatch)


def ground(fig, place, dark):
    """The colour of what is drawn at `place`, less texts and lines."""
    parts = to_rgb(DARK if dark else LIGHT)
    drawn = sorted(fig.axes, key=lambda axes: axes.zorder)
    for axes in drawn:
        for area in sorted(
            filter(is_area, axes.get_children()), key=lambda area: area.zorder
        ):
            paths = [area.get_path()] if isinstance(area, Patch) else area.get_paths()
            move = area.get_transform()
            if area is not axes.patch and any(
                path.transformed(move).contains_point(place) for path in paths
            ):
                face = area.get_facecolor()
                *colour, alpha = shown(
                    face if isinstance(area, Patch) else face[0], dark
                )
                parts = [
                    alpha * c + (1 - alpha) * p
                    for c, p in zip(colour, parts, strict=True)
                ]
    return to_hex(parts)


def is_line(artist):
    """Whether `artist` draws a line or dots; grids and other helps are transparent."""
    if isinstance(artist, FancyArrowPatch):
        return True
    line = isinstance(artist, Line2D) and len(artist.get_xdata())
    return line and artist.get_alpha() is None


def ink(line):
    """The colours a line is drawn in, or its dots, inside and around."""
    if isinstance(line, FancyArrowPatch):
        return [line.get_edgecolor()]
    if line.get_linestyle() != 'None':
        return [line.get_color()]
    return [line.get_markerfacecolor(), line.get_markeredgecolor()]


@pytest.mark.parametrize('name', DRAWN)
def test_texts_and_lines_stand_out_in_the_light_and_in_the_dark(name, script):
    """As WCAG 2 asks it: 4.5 for text on what is behind it, 3 for opaque lines."""
    found = script(name.removesuffix(NARROW))
    fig = found.narrow() if name.endswith(NARROW) else found.draw()
    fig.canvas.draw()
    texts = fig.findobj(lambda a: isinstance(a, Text) and a.get_text().strip())
    faint = []
    for dark in (False, True):
        for text in texts:
            centre = text.get_window_extent().corners().mean(axis=0)
            behind = ground(fig, centre, dark)
            seen = contrast(to_hex(shown(text.get_color(), dark)), behind)
            if seen < 4.5:
                faint.append((dark, text.get_text(), behind, seen))
        page = DARK if dark else LIGHT
        for line in fig.findobj(is_line):
            colours = [
                to_hex(shown(colour, dark)) for colour in ink(line) if colour != 'none'
            ]
            if all(contrast(colour, page) < 3 for colour in colours):
                faint.append((dark, line, colours))
    pyplot.close(fig)
    assert len(texts) > 3
    assert not faint


def test_every_figure_is_on_a_page_with_a_text_for_those_who_cannot_see_it():
    text = '\n'.join(page.read_text('utf-8') for page in PAGES)
    figures = re.findall(r'```\{figure\} \S*?(\w+)\.svg\n(.*?)```', text, re.S)
    assert sorted(name for name, _ in figures) == SCRIPTS
    for name, body in figures:
        alt = re.search(r'^alt: >-\n((?:  .+\n)+)', body, re.M)
        assert alt, f'{name} lacks an alt text'
        assert len(alt[1]) > 80, f'the alt text of {name} says too little'


def test_the_block_at_work_has_the_colours_of_its_picture(script):
    sources = script('style').SOURCES
    css = (ROOT / 'book' / 'static' / 'watch.css').read_text('utf-8')
    given = re.findall(r'--source-\d: (#\w{6});', css)
    assert given == [*sources, *map(darkened, sources)]


def test_the_ground_in_the_dark_is_that_of_the_theme():
    theme = files('sphinx_book_theme') / 'theme' / 'sphinx_book_theme' / 'static'
    css = (theme / 'styles' / 'sphinx-book-theme.css').read_text('utf-8')
    assert re.findall(r'--pst-color-background:([^;}]*)', css) == [DARK]


@pytest.fixture(scope='module', params=['ko', 'zh', 'ru'])
def translated(request, tmp_path_factory):
    """A language, the words of its catalog, and {name: figure} drawn with them."""
    language = Project(ROOT).languages[request.param]
    catalog = Project(ROOT).catalog(language.key, PAGE)
    folder = tmp_path_factory.mktemp(language.key)
    command = [sys.executable, FIGURES / 'draw.py', catalog, language.html, folder]
    subprocess.run(command, check=True, env={**os.environ, 'PYTHONPATH': str(ROOT)})
    words = {m.id: m.string for m in catalogs.read(catalog) if m.id}
    drawn = {p.stem: p.read_text('utf-8') for p in folder.glob('*.svg')}
    return language, words, drawn


def test_each_figure_is_drawn_in_each_language(translated):
    language, _, drawn = translated
    assert sorted(drawn) == DRAWN
    english = {name: (FIGURES / f'{name}.svg').read_text('utf-8') for name in DRAWN}
    for name, text in drawn.items():
        root, other = map(ElementTree.fromstring, (text, english[name]))
        assert root.get(f'{{{XML}}}lang') == language.html
        assert root.get('width') == other.get('width')
        shown = text.replace(f' xml:lang="{language.html}"', '')
        assert shown != english[name], f'{name} has no word of the language'


def test_letters_that_the_drawings_own_font_lacks_are_left_to_the_readers(translated):
    language, words, drawn = translated
    said = {
        ' '.join(element.itertext()).strip()
        for text in drawn.values()
        for element in ElementTree.fromstring(text).iter(f'{{{SVG}}}text')
    }
    if language.key == 'ru':
        assert not said
    else:
        wanted = {words['learning rate'], words['shortcut'], words['dense block']}
        assert wanted <= said
        assert all('sans-serif' in text for text in styles(drawn))


def styles(drawn):
    """The styles of all texts."""
    for text in drawn.values():
        for element in ElementTree.fromstring(text).iter(f'{{{SVG}}}text'):
            yield element.get('style')


def test_figures_are_drawn_again_when_their_words_change_alone(tmp_path):
    project, language = Project(tmp_path), Language('ko', 'K', 'ko', 'ko')
    script = project.book / 'figures' / 'draw.py'
    catalog = project.catalog('ko', PAGE)
    assert figures.draw(project, language) == ''
    for path, text in ((script, COUNTING), (catalog, 'msgid "a"\nmsgstr "b"\n')):
        path.parent.mkdir(parents=True)
        path.write_text(text, 'utf-8')
    times = tmp_path / 'times'
    for words, runs in (('b', 1), ('b', 1), ('c', 2)):
        catalog.write_text(f'msgid "a"\nmsgstr "{words}"\n', 'utf-8')
        assert figures.draw(project, language) == ''
        assert len(times.read_text('utf-8')) == runs
    script.write_text('raise SystemExit("no pen")', 'utf-8')
    assert figures.draw(project, language).endswith('drew no figures in K: no pen')
    assert (project.drawn / 'ko' / 'a.svg').is_file()
