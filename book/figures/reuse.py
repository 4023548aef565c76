"""Which source a reader gives large weights, and which it needs, in four blocks."""

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle
from style import INK, MUTED, _, canvas, ink_on, results, save

READERS = ('1', '2', '3', '4', '5')


def tables(column, change):
    """Return {block: table of sources (rows) and readers}, each number changed."""
    rows = results('flow-reuse')
    found = {block: np.full((5, 5), np.nan) for block in '1234'}
    for row in rows[1:]:
        if row['reader'] in READERS:
            at = int(row['source']), int(row['reader']) - 1
            found[row['block']][at] = change(float(row[column]))
    return found


def relative(table):
    """Return each number divided by the largest of its reader."""
    return table / np.nanmax(table, axis=0)


def triangles(fig, boxes, found, name, form, norm):
    """Triangles of numbers on coloured squares, a box for each of four blocks."""
    for box, (block, table) in zip(boxes, found.items(), strict=True):
        ax = fig.add_axes(box, facecolor='none')
        ax.set(xlim=(0.5, 5.5), ylim=(4.5, -0.5), xticks=range(1, 6), yticks=range(5))
        ax.set_zorder(1)
        ax.spines[:].set_visible(False)
        ax.tick_params(labelsize=8, length=0, labelcolor=MUTED)
        title = _('block {number}: {name}').format(number=block, name=name)
        ax.set_title(title, fontsize=9, color=INK)
        for (source, reader), number in np.ndenumerate(table):
            if number == number:
                part = float(np.clip(norm(number), 0, 1))
                square = Rectangle((reader + 0.52, source - 0.48), 0.96, 0.96)
                shade = colormaps['YlGnBu'](0.85 * part)
                square.set(facecolor=shade)
                ax.add_patch(square)
                ax.text(reader + 1, source, form(number), ha='center', va='center',
                        fontsize=6.6, color=ink_on(shade))  # fmt: skip
        if box[0] == boxes[0][0]:
            ax.set_ylabel(_('source'), fontsize=9)
        ax.set_xlabel(_('reader'), fontsize=9)


def rise(number):
    """Return a rise of the loss as the figure writes it, without a leading zero."""
    text = f'{number:.3f}'.replace('0.', '.', 1) if number < 1 else f'{number:.2f}'
    return text.replace('-', '\N{MINUS SIGN}')


def draw():
    """The figure: weights above, losses below."""
    rows = [
        [(0.075 + 0.232 * i, y, 0.205, 0.33) for i in range(4)] for y in (0.585, 0.1)
    ]
    return fill(canvas(7.6, 4.7)[0], *rows)


def narrow():
    """The figure as a phone shows it: two blocks beside each other."""
    step = 0.46, 0.245
    places = [(0.11 + i % 2 * step[0], 0.79 - i // 2 * step[1]) for i in range(8)]
    boxes = [(*place, 0.41, 0.165) for place in places]
    return fill(canvas(3.6, 8.6)[0], boxes[:4], boxes[4:])


def fill(fig, above, below):
    """Draw weights into the boxes `above`, losses into those `below`."""
    whole = float(results('flow-reuse')[0]['loss'])
    weights = {b: relative(t) for b, t in tables('weight', float).items()}
    losses = tables('loss', lambda loss: loss - whole)
    triangles(fig, above, weights, _('weights'), '{:.2f}'.format, Normalize(0.7, 1))
    triangles(fig, below, losses, _('loss'), rise, lambda x: max(x, 0) ** 0.5 / 0.75)
    return fig


if __name__ == '__main__':
    print(save(draw(), 'reuse'), save(narrow(), 'reuse-narrow'))
