"""Accuracy by learning rate, without and with batch normalization."""

from math import isfinite
from statistics import median
from textwrap import fill

from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from style import GROUND, INK, MUTED, _, canvas, results, save

GUESSING = 0.1
LEFT, BASE, WIDTH, HEIGHT = 15.0, 8.0, 8.6, 6.8
SHADES = (GROUND, '#56b4e9', '#12b886')  # light enough for ink
COLOURS = LinearSegmentedColormap.from_list('accuracy', SHADES)


def kinds():
    """What each kind of network is called."""
    return {'plain': _('plain'), 'norm': _('with batch\nnormalization')}


def accuracies():
    """{kind: {rate: accuracies of all seeds}}; a run whose loss was lost guesses."""
    found = {kind: {} for kind in kinds()}
    for row in results('batchnorm-pytorch'):
        kind, rate = row['run'].split('_', 1)
        if kind not in found:  # a run of an exercise
            continue
        accuracy = float(row['val_accuracy'])
        seeds = found[kind].setdefault(float(rate.replace('_', '.')), [])
        seeds.append(accuracy if isfinite(accuracy) else GUESSING)
    return found


def field(ax, x, y, seeds):
    """A field of the map: the median, and below it the range."""
    patch = Rectangle((x, y), WIDTH, HEIGHT)
    patch.set(facecolor=COLOURS(median(seeds)), edgecolor=INK, linewidth=0.8, zorder=3)
    ax.add_patch(patch)
    centre, least, most = x + WIDTH / 2, min(seeds), max(seeds)
    told = [(4.2, 12, INK, f'{median(seeds):.2f}')]
    span = _('{least} to {most}').format(least=f'{least:.2f}', most=f'{most:.2f}')
    told.append((1.8, 8, INK, span))
    for above, size, colour, text in told:
        ax.text(centre, y + above, text, ha='center', va='center', fontsize=size,
                color=colour, zorder=4)  # fmt: skip


def narrow():
    """The figure as a phone shows it: a column for each kind, a row for each rate."""
    fig, ax = canvas(3.6, 6.2)
    found = accuracies()
    for (kind, name), x in zip(kinds().items(), (12, 12 + 1.4 * WIDTH), strict=True):
        ax.text(x + WIDTH / 2, 48, name, ha='center', va='bottom', fontsize=10)
        for row, (rate, seeds) in enumerate(sorted(found[kind].items())):
            field(ax, x, 40.5 - row * HEIGHT, seeds)
            ax.text(10.5, 40.5 - (row - 0.5) * HEIGHT, f'{rate:g}', ha='right',
                    va='center', fontsize=10)  # fmt: skip
    ax.text(3.2, 27, _('learning rate'), rotation=90, ha='center', va='center',
            fontsize=10, color=MUTED)  # fmt: skip
    title = fill(_('validation accuracy, median and range of five starts'), 32)
    ax.text(18, 57.5, title, ha='center', va='center', fontsize=10)
    return fig


def draw():
    """The figure: a row for each kind of network, a column for each rate."""
    fig, ax = canvas(7.0, 2.8)
    found = accuracies()
    for (kind, name), y in zip(kinds().items(), (BASE + HEIGHT, BASE), strict=True):
        ax.text(LEFT - 1.2, y + HEIGHT / 2, name, ha='right', va='center', fontsize=10)
        for column, (rate, seeds) in enumerate(sorted(found[kind].items())):
            field(ax, LEFT + column * WIDTH, y, seeds)
            ax.text(LEFT + (column + 0.5) * WIDTH, BASE - 1.8, f'{rate:g}',
                    ha='center', va='center', fontsize=10)  # fmt: skip
    ax.text(LEFT + 3 * WIDTH, 3.6, _('learning rate'), ha='center', va='center',
            fontsize=10, color=MUTED)  # fmt: skip
    title = _('validation accuracy, median and range of five starts')
    ax.text(LEFT + 3 * WIDTH, 25.1, title, ha='center', va='center', fontsize=10)
    return fig


if __name__ == '__main__':
    print(save(draw(), 'learning_rates'), save(narrow(), 'learning_rates-narrow'))
