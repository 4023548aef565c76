"""Draw all figures with the words of a language: `draw.py tool.po ko FOLDER`.

Its letters are outlines where the drawings' own font has them. Korean and Chinese are
left as text, to the reader's fonts, which the language tells apart.
"""

import importlib
import re
import sys
from contextlib import contextmanager
from pathlib import Path

import style
from matplotlib import rc_context
from matplotlib.backends.backend_svg import RendererSVG

from d2l_shim.files import read_text, write_text
from tabbook.languages import catalogs

WIDE = re.compile('[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]')
METHODS = 'draw_text', 'get_text_width_height_descent'
OTHERS = {'draw', 'style'}  # in this folder, which are no figures
NARROW = 'narrow'


def draw_all(language, folder):
    """Draw each figure into `folder`, and what a phone shows in its place."""
    folder.mkdir(parents=True, exist_ok=True)
    names = sorted({path.stem for path in style.HERE.glob('*.py')} - OTHERS)
    for name in names:
        script = importlib.import_module(name)
        _save(script.draw(), name, folder, language)
        if hasattr(script, NARROW):
            _save(script.narrow(), f'{name}-{NARROW}', folder, language)


def _save(figure, name, folder, language):
    with _letters():
        path = style.save(figure, name, folder)
    text = read_text(path)
    write_text(path, text.replace('<svg ', f'<svg xml:lang="{language}" ', 1))


@contextmanager
def _letters():
    """Draw text as text where DejaVu Sans lacks its letters, each as wide as high."""
    drawn, measured = (getattr(RendererSVG, name) for name in METHODS)

    def draw_text(self, gc, x, y, s, *others, **options):
        kind = 'none' if WIDE.search(s) else 'path'
        with rc_context({'svg.fonttype': kind}):
            drawn(self, gc, x, y, s, *others, **options)

    def measure(self, s, prop, ismath):
        own, count = WIDE.subn('', s)
        width, *others = measured(self, own or 'x', prop, ismath)
        return width * bool(own) + count * prop.get_size_in_points(), *others

    try:
        _set(draw_text, measure)
        yield
    finally:
        _set(drawn, measured)


def _set(*methods):
    for name, method in zip(METHODS, methods, strict=True):
        setattr(RendererSVG, name, method)


def main(catalog, language, folder):
    """Draw the figures with the words of a `catalog` into `folder`."""
    found = catalogs.read(Path(catalog))
    translated = [m for m in found if m.id and m.string and not m.fuzzy]
    style.words.update({message.id: message.string for message in translated})
    style.STYLE |= {'font.family': 'sans-serif', 'font.sans-serif': ['DejaVu Sans']}
    draw_all(language, Path(folder))


if __name__ == '__main__':
    main(*sys.argv[1:])
