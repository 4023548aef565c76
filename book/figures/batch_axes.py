"""Which numbers share a mean: all places of a channel, in all pictures of a batch."""

from matplotlib.patches import Rectangle
from style import INK, MUTED, SOURCES, _, canvas, save

PICTURES, CHANNELS, SIDE = 3, 4, 3
PIXEL, LEFT, BASE, APART = 1.75, 5.0, 7.0, 20.5
SHIFT = (2.6, 2.6)  # from one map of a stack to the one behind it


def feature_map(ax, x, y, colour, depth):
    """A map of squares with its lower left corner at (x, y)."""
    for row in range(SIDE):
        for column in range(SIDE):
            square = Rectangle((x + column * PIXEL, y + row * PIXEL), PIXEL, PIXEL)
            square.set(facecolor=colour, edgecolor=INK, linewidth=0.7, zorder=depth)
            ax.add_patch(square)


def stack(ax, x, y):
    """The maps of one picture, the last channel behind."""
    for channel in reversed(range(CHANNELS)):
        colour = SOURCES[channel]
        at = x + channel * SHIFT[0], y + channel * SHIFT[1]
        feature_map(ax, *at, colour, 10 - channel)


def legend(ax, x, base):
    """The pair of statistics that each channel has."""
    for channel in range(CHANNELS):
        y = base + 1.2 + 4.1 * channel
        ax.add_patch(Rectangle((x, y - 0.9), 1.8, 1.8, facecolor=SOURCES[channel],
                               edgecolor=INK, linewidth=0.7))  # fmt: skip
        text = rf'$\mu_{channel + 1},\;\sigma^2_{channel + 1}$'
        ax.text(x + 2.8, y, text, va='center', fontsize=12)


def draw():
    """The figure: the pictures of a batch, then the statistics."""
    fig, ax = canvas(7.6, 2.75)
    return fill(fig, ax, [(LEFT + i * APART, BASE) for i in range(PICTURES)], 64.6)


def narrow():
    """The figure as a phone shows it: the third picture and the legend below."""
    fig, ax = canvas(3.6, 4.6)
    return fill(fig, ax, [(2.5, 26), (19.5, 26), (2.5, BASE - 1)], 21.5)


def fill(fig, ax, places, right):
    """Draw each picture at its place, and the statistics from `right` on."""
    for number, (x, y) in enumerate(places, 1):
        stack(ax, x, y)
        name = _('picture {number}').format(number=number)
        ax.text(x + 6.2, y - 2.8, name, ha='center', va='center', fontsize=9,
                color=MUTED)  # fmt: skip
    legend(ax, right, places[-1][1])
    return fig


if __name__ == '__main__':
    print(save(draw(), 'batch_axes'), save(narrow(), 'batch_axes-narrow'))
