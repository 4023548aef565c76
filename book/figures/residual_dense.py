"""Residual against dense: adding keeps the width, concatenating keeps the maps."""

from style import INK, MUTED, SOURCES, _, arrow, box, canvas, maps, save

INPUT, NEW = SOURCES[:2]
SUM = '#72755d'  # half of each: in a sum the two can no longer be told apart
WIDE = (12, 24, 36, 46.2, 58)  # where input, g, its maps, sign and result stand
NARROW = (4.2, 11.4, 18.6, 24.4, 31)


def row(ax, at, y, title, sign, new, result, widths):
    """One block from left to right at height `y`; `widths` are three channel counts."""
    read, layer, made, joined, end = at
    half = 2.6 if at is WIDE else 1.8
    ax.text(2.2, y + 6.0, title, fontsize=11, weight='bold', va='center')
    spots = [(read, 3 * [INPUT], r'$\mathbf{x}$'), (made, new, r'$g(\mathbf{x})$')]
    spots.append((end, *result))
    for (x, colours, name), width in zip(spots, widths, strict=True):
        maps(ax, x, y, colours, width=1.1 if at is WIDE else 0.9)
        ax.text(x, y - 3.3, name, ha='center', va='center', fontsize=12)
        told = _('{number} channels').format(number=f'${width}$')
        ax.text(x, y - 5.5, told, ha='center', va='center', fontsize=8.5, color=MUTED)
    box(ax, layer, y, r'$g$', width=2 * half - 0.2)
    arrow(ax, (read + 2.2, y), (layer - half, y))
    arrow(ax, (layer + half, y), (made - 2.2, y))
    arrow(ax, (made + 2.2, y), (joined - 1.8, y))
    arrow(ax, (joined + 1.9, y), (end - 3.4, y))
    ax.plot([read, read, joined], [y + 2.2, y + 4, y + 4], color=INK, linewidth=1.3)
    arrow(ax, (joined, y + 4), (joined, y + 1.9))
    ax.plot(joined, y, 'o', markersize=22, color='white', markeredgecolor=INK, zorder=3)
    ax.text(joined, y, sign, ha='center', va='center', fontsize=13, zorder=4)


def draw(at=WIDE):
    """The figure, two rows."""
    fig, ax = canvas(6.6 if at is WIDE else 3.6, 3.2)
    total = (3 * [SUM], r'$\mathbf{x}+g(\mathbf{x})$')
    row(ax, at, 22.6, _('Residual: add'), r'$+$', 3 * [NEW], total, 'ccc')
    both = (3 * [INPUT] + 2 * [NEW], r'$[\,\mathbf{x},\ g(\mathbf{x})\,]$')
    widths = ('c', 'k', 'c+k')
    title = _('Dense: concatenate')
    row(ax, at, 7.6, title, r'$[\,,]$', 2 * [NEW], both, widths)
    return fig


def narrow():
    """The figure as a phone shows it."""
    return draw(NARROW)


if __name__ == '__main__':
    print(save(draw(), 'residual_dense'), save(narrow(), 'residual_dense-narrow'))
