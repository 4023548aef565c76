"""Which numbers share a mean: all places of a channel, in all pictures of a batch."""

from matplotlib.patches import Rectangle
from style import INK, MUTED, SOURCES, canvas, save

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


def legend(ax):
    """The pair of statistics that each channel has."""
    for channel in range(CHANNELS):
        x, y = 64.6, BASE + 1.2 + 4.1 * channel
        ax.add_patch(Rectangle((x, y - 0.9), 1.8, 1.8, facecolor=SOURCES[channel],
                               edgecolor=INK, linewidth=0.7))  # fmt: skip
        text = rf'$\mu_{channel + 1},\;\sigma^2_{channel + 1}$'
        ax.text(x + 2.8, y, text, va='center', fontsize=12)


def draw():
    """The figure: the pictures of a batch, then the statistics."""
    fig, ax = canvas(7.6, 2.75)
    for picture in range(PICTURES):
        x = LEFT + picture * APART
        stack(ax, x, BASE)
        ax.text(x + 6.2, 4.2, f'picture {picture + 1}', ha='center', va='center',
                fontsize=9, color=MUTED)  # fmt: skip
    legend(ax)
    return fig


if __name__ == '__main__':
    print(save(draw(), 'batch_axes'))
