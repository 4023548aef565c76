"""What the book's drawn figures share: colours, a canvas, arrows, saving.

Each figure is one script beside this file with a function `draw()` that returns a
matplotlib figure; `python book/figures/<name>.py` writes `<name>.svg` beside it. The
words in it are English there; `draw.py` draws all figures with those of a language.
"""

import csv
from io import StringIO
from pathlib import Path

import matplotlib

matplotlib.use('svg')

from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

from d2l_shim.files import read_text
from tabbook.reading.dark import contrast

HERE = Path(__file__).parent
words = {}  # of the language that is drawn, {English: translation}
INK, MUTED, GROUND = '#1f2933', '#52606d', '#ffffff'
# One colour per source of feature maps, the block's input first: the hues of Okabe and
# Ito, told apart by colour-blind readers, dark enough for thin lines on white.
SOURCES = ('#2b7bb9', '#b86e00', '#006b4e', '#b8548f', '#9c2f00')
# Text becomes outlines: a page looks the same whatever fonts its reader has.
STYLE = {
    'svg.fonttype': 'path',
    'svg.hashsalt': 'densenet',
    'font.family': 'DejaVu Sans',
    'font.size': 10,
    'mathtext.fontset': 'cm',
    'text.color': INK,
    'axes.labelcolor': INK,
    'axes.edgecolor': MUTED,
}


def _(message):
    """What a figure says for `message`, which is English."""
    return words.get(message, message)


def canvas(width, height):
    """A figure of `width` x `height` inches with one axes in units of 1/10 inch.

    Its ground is white and opaque, so that it reads wherever it is shown; on a page in
    the dark `tabbook.reading.dark` gives it and all colours their counterparts.
    """
    matplotlib.rcdefaults()
    plt.rcParams.update(STYLE)
    fig = plt.figure(figsize=(width, height), facecolor=GROUND)
    ax = fig.add_axes((0, 0, 1, 1), frameon=False)
    ax.set(xlim=(0, 10 * width), ylim=(0, 10 * height), xticks=(), yticks=())
    return fig, ax


def box(ax, x, y, text, width=5, height=3.2):
    """A rounded box with `text`, centred at (x, y)."""
    patch = FancyBboxPatch(
        (x - width / 2, y - height / 2),
        width,
        height,
        boxstyle='round,pad=0,rounding_size=0.6',
    )
    patch.set(facecolor=GROUND, edgecolor=INK, linewidth=1.1, zorder=3)
    ax.add_patch(patch)
    ax.text(x, y, text, ha='center', va='center', fontsize=11, zorder=4)


def maps(ax, x, y, colours, width=1.1, height=3.6):
    """One strip per entry of `colours`, side by side, centred at (x, y)."""
    left = x - width * len(colours) / 2
    for i, colour in enumerate(colours):
        strip = Rectangle((left + i * width, y - height / 2), width, height)
        strip.set(facecolor=colour, edgecolor=INK, linewidth=0.8, zorder=3)
        ax.add_patch(strip)


def arrow(ax, start, end, colour=INK, bend=0.0, **options):
    """An arrow from `start` to `end`; `bend` curves it (see matplotlib's arc3)."""
    ax.add_patch(
        FancyArrowPatch(
            start,
            end,
            connectionstyle=f'arc3,rad={bend}',
            arrowstyle='-|>',
            mutation_scale=10,
            color=colour,
            linewidth=options.pop('linewidth', 1.3),
            shrinkA=0,
            shrinkB=0,
            zorder=2,
            **options,
        )
    )


def ink_on(colour):
    """What a number is written in on a field of `colour`: black or white."""
    return max(('#000000', GROUND), key=lambda ink: contrast(ink, to_hex(colour)))


def save(fig, name, folder=HERE):
    """Write `folder/name.svg`, the same bytes each time; return its path."""
    path = Path(folder) / f'{name}.svg'
    fig.savefig(path, metadata={'Date': None, 'Creator': None})
    plt.close(fig)
    return path


def axes(fig, box):
    """A pair of axes at `box`, (left, bottom, width, height) as parts of the figure."""
    ax = fig.add_axes(box, facecolor='none', zorder=1)
    ax.spines[['top', 'right']].set_visible(False)
    ax.tick_params(labelsize=8.5, color=MUTED, labelcolor=INK)
    ax.grid(color=MUTED, alpha=0.15, linewidth=0.7)
    ax.set_axisbelow(True)
    return ax


def results(name):
    """The rows of `book/results/<name>.csv`, dictionaries of texts."""
    text = read_text(HERE.parent / 'results' / f'{name}.csv')
    return list(csv.DictReader(StringIO(text)))
