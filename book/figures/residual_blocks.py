"""A plain block, and a residual one with its activations after or before the sum."""

from style import INK, MUTED, _, arrow, box, canvas, save

TOP, STEP = 32.6, 4.3
WIDE, NARROW = (9.2, 5.8), (8.2, 4.9)  # of a box, and from its middle to the shortcut
CONV, NORM, RELU, SUM = r'conv $3 \times 3$', 'BN', 'ReLU', '+'
POST = [CONV, NORM, RELU, CONV, NORM, SUM, RELU]
PRE = [NORM, RELU, CONV, NORM, RELU, CONV, SUM]
PLAIN = [part for part in POST if part != SUM]


def column(ax, x, title, parts, widths=WIDE):
    """The `parts` of a block from top to bottom, centred at `x`."""
    size = 11 if widths == WIDE else 8.5
    ax.text(x, TOP + 6.2, title, ha='center', va='center', fontsize=size)
    ax.text(x, TOP + 3.9, r'$\mathbf{x}$', ha='center', va='center', fontsize=12)
    y = TOP + 2.9
    for part in parts:
        middle = y - STEP + 1.3
        arrow(ax, (x, y), (x, middle + 1.3))
        if part == SUM:
            plus(ax, x, middle, widths[1])
        else:
            box(ax, x, middle, part, width=widths[0], height=2.6)
        y = middle - 1.3
    arrow(ax, (x, y), (x, y - 2.2))


def plus(ax, x, y, right):
    """An addition at (x, y), and the shortcut to it from the top, `right` of it."""
    ax.plot(x, y, 'o', markersize=15, color='white', markeredgecolor=INK, zorder=3)
    ax.text(x, y, SUM, ha='center', va='center', fontsize=12, zorder=4)
    top = TOP + 2.2
    ax.plot([x, x + right, x + right], [top, top, y], color=INK, linewidth=1.3)
    arrow(ax, (x + right, y), (x + 1.2, y))
    ax.text(x + right + 1.2, (top + y) / 2, _('shortcut'), rotation=90, va='center',
            ha='center', fontsize=9, color=MUTED)  # fmt: skip


def draw():
    """The figure, three columns."""
    fig, ax = canvas(6.6, 4.2)
    column(ax, 11, _('plain block'), PLAIN)
    column(ax, 31, _('post-activation'), POST)
    column(ax, 52, _('pre-activation'), PRE)
    return fig


def narrow():
    """The figure as a phone shows it."""
    fig, ax = canvas(3.6, 4.2)
    column(ax, 5.2, _('plain block'), PLAIN, NARROW)
    column(ax, 16.8, _('post-activation'), POST, NARROW)
    column(ax, 28.6, _('pre-activation'), PRE, NARROW)
    return fig


if __name__ == '__main__':
    print(save(draw(), 'residual_blocks'), save(narrow(), 'residual_blocks-narrow'))
