"""Residual against dense: adding keeps the width, concatenating keeps the maps."""

from style import INK, MUTED, SOURCES, arrow, box, canvas, maps, save

INPUT, NEW = SOURCES[:2]
SUM = '#a8a76c'  # half of each: in a sum the two can no longer be told apart


def row(ax, y, title, sign, new, result, widths):
    """One block from left to right at height `y`; `widths` are three channel counts."""
    ax.text(3, y + 6.0, title, fontsize=11, weight='bold', va='center')
    spots = [(12, 3 * [INPUT], r'$\mathbf{x}$'), (36, new, r'$g(\mathbf{x})$')]
    spots.append((58, *result))
    for (x, colours, name), width in zip(spots, widths, strict=True):
        maps(ax, x, y, colours)
        ax.text(x, y - 3.3, name, ha='center', va='center', fontsize=12)
        ax.text(x, y - 5.5, width, ha='center', va='center', fontsize=8.5, color=MUTED)
    box(ax, 24, y, r'$g$')
    arrow(ax, (14.4, y), (21.4, y))
    arrow(ax, (26.6, y), (33.6, y))
    arrow(ax, (38.4, y), (44.4, y))
    arrow(ax, (48.1, y), (54.4, y))
    ax.plot([12, 12, 46.2], [y + 2.2, y + 4, y + 4], color=INK, linewidth=1.3)
    arrow(ax, (46.2, y + 4), (46.2, y + 1.9))
    ax.plot(46.2, y, 'o', markersize=22, color='white', markeredgecolor=INK, zorder=3)
    ax.text(46.2, y, sign, ha='center', va='center', fontsize=13, zorder=4)


def draw():
    """The figure, two rows."""
    fig, ax = canvas(6.6, 3.2)
    total = (3 * [SUM], r'$\mathbf{x}+g(\mathbf{x})$')
    widths = ('$c$ channels', '$c$ channels', '$c$ channels')
    row(ax, 22.6, 'Residual: add', r'$+$', 3 * [NEW], total, widths)
    both = (3 * [INPUT] + 2 * [NEW], r'$[\,\mathbf{x},\ g(\mathbf{x})\,]$')
    widths = ('$c$ channels', '$k$ channels', '$c+k$ channels')
    row(ax, 7.6, 'Dense: concatenate', r'$[\,,]$', 2 * [NEW], both, widths)
    return fig


if __name__ == '__main__':
    print(save(draw(), 'residual_dense'))
