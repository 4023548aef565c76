"""A plain block, and a residual one with its activations after or before the sum."""

from style import INK, MUTED, _, arrow, box, canvas, save

TOP, STEP, RIGHT = 32.6, 4.3, 5.8
CONV, NORM, RELU, SUM = r'conv $3 \times 3$', 'BN', 'ReLU', '+'
POST = [CONV, NORM, RELU, CONV, NORM, SUM, RELU]
PRE = [NORM, RELU, CONV, NORM, RELU, CONV, SUM]
PLAIN = [part for part in POST if part != SUM]


def column(ax, x, title, parts):
    """The `parts` of a block from top to bottom, centred at `x`."""
    ax.text(x, TOP + 6.2, title, ha='center', va='center', fontsize=11)
    ax.text(x, TOP + 3.9, r'$\mathbf{x}$', ha='center', va='center', fontsize=12)
    y = TOP + 2.9
    for part in parts:
        middle = y - STEP + 1.3
        arrow(ax, (x, y), (x, middle + 1.3))
        if part == SUM:
            plus(ax, x, middle)
        else:
            box(ax, x, middle, part, width=9.2, height=2.6)
        y = middle - 1.3
    arrow(ax, (x, y), (x, y - 2.2))


def plus(ax, x, y):
    """An addition at (x, y), and the shortcut that leads to it from the top."""
    ax.plot(x, y, 'o', markersize=15, color='white', markeredgecolor=INK, zorder=3)
    ax.text(x, y, SUM, ha='center', va='center', fontsize=12, zorder=4)
    top = TOP + 2.2
    ax.plot([x, x + RIGHT, x + RIGHT], [top, top, y], color=INK, linewidth=1.3)
    arrow(ax, (x + RIGHT, y), (x + 1.2, y))
    ax.text(x + RIGHT + 1.4, (top + y) / 2, _('shortcut'), rotation=90, va='center',
            ha='center', fontsize=9, color=MUTED)  # fmt: skip


def draw():
    """The figure, three columns."""
    fig, ax = canvas(6.6, 4.2)
    column(ax, 11, _('plain block'), PLAIN)
    column(ax, 31, _('post-activation'), POST)
    column(ax, 52, _('pre-activation'), PRE)
    return fig


if __name__ == '__main__':
    print(save(draw(), 'residual_blocks'))
