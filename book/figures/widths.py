"""The number of channels along the section's DenseNet, layer by layer."""

from matplotlib.patches import Rectangle
from style import INK, MUTED, SOURCES, _, canvas, save

NUM_CHANNELS, GROWTH_RATE, ARCH, SIZE = 64, 32, (4, 4, 4, 4), 24
LEFT, BASE, SCALE, WIDTH, GAP = 3.5, 7.0, 0.066, 2.65, 1.2
CARRIED, GROWN, REDUCED = SOURCES[:3]


def bar(ax, x, carried, grown=0, colour=CARRIED):
    """A bar of `carried` channels with `grown` on top, its left edge at `x`."""
    for bottom, count, face in ((0, carried, colour), (carried, grown, GROWN)):
        patch = Rectangle((x, BASE + bottom * SCALE), WIDTH, count * SCALE)
        patch.set(facecolor=face, edgecolor=INK, linewidth=0.7, zorder=3)
        ax.add_patch(patch)


def number(ax, x, count):
    """`count`, written above a bar of that height."""
    y = BASE + count * SCALE + 1.2
    ax.text(x + WIDTH / 2, y, count, ha='center', va='center', fontsize=9)


def caption(ax, x, text):
    """`text` in two lines below the bars, centred at `x`."""
    ax.text(x, 4.3, text, ha='center', va='center', fontsize=8.5, color=MUTED)


def block(ax, x, channels, num_convs, size, name):
    """A dense block called `name` from `x` on; return its end and its channels."""
    start = x
    for i in range(num_convs):
        bar(ax, x, channels, (i + 1) * GROWTH_RATE)
        x += WIDTH
    channels += num_convs * GROWTH_RATE
    number(ax, x - WIDTH, channels)
    caption(ax, (start + x) / 2, f'{name}\n${size}\\times{size}$')
    return x, channels


def legend(ax, places):
    """The three colours and their meanings, each at its place."""
    meanings = {
        CARRIED: _('input of a block'),
        GROWN: _('appended by its layers'),
        REDUCED: _('left by a transition'),
    }
    for (colour, meaning), (x, y) in zip(meanings.items(), places, strict=True):
        ax.add_patch(Rectangle((x, y - 0.7), 1.4, 1.4, facecolor=colour, edgecolor=INK))
        ax.text(x + 2.2, y, meaning, va='center', fontsize=9)


def draw():
    """The figure, its legend in a row."""
    fig, ax = canvas(6.9, 3.2)
    legend(ax, [(LEFT + 19.5 * i, 28.6) for i in range(3)])
    return fill(fig, ax, _('dense block'))


def narrow():
    """The figure as a phone shows it: the same, but for the letters' width."""
    fig, ax = canvas(3.6, 3.9)
    ax.set_xlim(0, 67)
    legend(ax, [(LEFT, 36.2 - 2.7 * i) for i in range(3)])
    return fill(fig, ax, _('block {number}'))


def fill(fig, ax, name):
    """Draw stem, then block and transition in turn; a block is called `name`."""
    x, channels, size = LEFT, NUM_CHANNELS, SIZE
    bar(ax, x, channels)
    number(ax, x, channels)
    caption(ax, x + WIDTH / 2, _('stem') + '\n')
    x += WIDTH + GAP
    for i, num_convs in enumerate(ARCH):
        told = name.format(number=i + 1)
        x, channels = block(ax, x, channels, num_convs, size, told)
        if i < len(ARCH) - 1:
            channels, size, x = channels // 2, size // 2, x + GAP
            bar(ax, x, channels, colour=REDUCED)
            number(ax, x, channels)
            x += WIDTH + GAP
    return fig


if __name__ == '__main__':
    print(save(draw(), 'widths'), save(narrow(), 'widths-narrow'))
