"""What the section's published weights take the test pictures for."""

from style import INK, _, axes, canvas, results, save

LIGHT, DARK = '#ffffff', '#0b4f7d'


def counts():
    """(names of the classes, a row of counts for each that was shown)."""
    rows = results('densenet-confusion')
    names = [row['shown'] for row in rows]
    return names, [[int(row[name]) for name in names] for row in rows]


def shade(count, most):
    """The opacity of a square: a confusion shows, however rare it is."""
    return (count / most) ** 0.35 if count else 0


def draw():
    """The figure: a square a pair of classes, its shade and number the count."""
    return fill(canvas(5.4, 5.2)[0], (0.18, 0.03, 0.72, 0.75), 8.5)


def narrow():
    """The figure as a phone shows it."""
    return fill(canvas(3.6, 3.6)[0], (0.23, 0.02, 0.66, 0.72), 7)


def fill(fig, box, size):
    """Draw the squares into a `box` of `fig`, letters in that font size."""
    names, table = counts()
    ax = axes(fig, box)
    most = max(map(max, table))
    for i, row in enumerate(table):
        for j, count in enumerate(row):
            alpha = shade(count, most)
            ax.fill_between([j, j + 1], i, i + 1, color=DARK, alpha=alpha, linewidth=0)
            ink = LIGHT if alpha > 0.55 else INK
            ax.text(j + 0.5, i + 0.5, count, ha='center', va='center',
                    fontsize=size - 0.5, color=ink)  # fmt: skip
    ax.set(xlim=(0, len(names)), ylim=(len(names), 0), ylabel=_('shown'))
    ax.set_xlabel(_('taken for'), labelpad=6)
    ax.xaxis.set_label_position('top')
    places = [n + 0.5 for n in range(len(names))]
    ax.set_xticks(places, names, rotation=45, ha='left')
    ax.set_yticks(places, names)
    ax.xaxis.tick_top()
    ax.grid(visible=False)
    ax.tick_params(length=0, labelsize=size)
    return fig


if __name__ == '__main__':
    print(save(draw(), 'confusion'), save(narrow(), 'confusion-narrow'))
