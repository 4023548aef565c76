"""How far apart the frameworks are: every measure, framework and network."""

from textwrap import fill as wrap

from style import INK, MUTED, SOURCES, _, axes, canvas, results, save

from d2l_shim.framework import FRAMEWORKS

COLOURS = dict(zip(FRAMEWORKS, SOURCES, strict=False))
FLOOR = 1e-16  # equal to the last digit has no logarithm


def names():
    """What each measure is called."""
    return {
        'first loss': _('first loss'),
        'second loss': _('second loss'),
        'losses': _('losses'),
        'gradients': _('gradients'),
        'idle biases': _('idle biases'),
        'trained logits': _('trained logits'),
        'evaluated logits': _('evaluated logits'),
        'running statistics': _('running statistics'),
    }


def place(found):
    """Where each (precision, measure) stands on the vertical axis."""
    names = list(dict.fromkeys((row['precision'], row['measure']) for row in found))
    return {
        name: len(names) - i - 0.5 * (name[0] == 'float32')
        for i, name in enumerate(names)
    }


def draw_marks(ax, places, found):
    """A mark for each number: large for the book's network, small for the others."""
    for row in found:
        tab = list(FRAMEWORKS).index(row['framework'])
        y = places[row['precision'], row['measure']] + 0.17 * (1.5 - tab)
        book = row['network'] == 'densenet.DenseNet'
        ax.plot(
            max(float(row['value']), FLOOR),
            y,
            'o',
            zorder=3,
            markersize=5.5 if book else 2.6,
            color=COLOURS[row['framework']],
            markeredgecolor=INK,
            markeredgewidth=0.5 if book else 0,
        )


def draw_limits(ax, places, found):
    """A stroke in each row at what the tests allow."""
    for row in found:
        y = places[row['precision'], row['measure']]
        ax.plot(2 * [float(row['limit'])], [y - 0.38, y + 0.38], color=INK, linewidth=2)


def draw_legend(ax, places):
    each = zip(FRAMEWORKS.items(), places, strict=True)
    for (tab, framework), (x, y) in each:
        ax.plot(
            x,
            y,
            'o',
            color=COLOURS[tab],
            markeredgecolor=INK,
            markersize=5.5,
            markeredgewidth=0.5,
        )
        ax.text(x + 1, y, framework.label, va='center', fontsize=8.5)


def draw():
    """The figure, its legend in a row."""
    fig, ground = canvas(6.9, 3.9)
    draw_legend(ground, [(23.2 + 10.5 * i, 36.4) for i in range(4)])
    return fill(fig, (0.305, 0.13, 0.665, 0.75), -0.41)


def narrow():
    """The figure as a phone shows it."""
    fig, ground = canvas(3.6, 4.4)
    draw_legend(ground, [(13 + i % 2 * 11, 42 - i // 2 * 2.6) for i in range(4)])
    return fill(fig, (0.45, 0.12, 0.51, 0.75), -0.85, 14)


def fill(fig, box, left, letters=40):
    """Draw one row a measure into a `box`, float64 above float32, at `left` of it.

    The names of measures have lines of so many `letters`.
    """
    found = results('parity')
    places = place(found)
    ax = axes(fig, box)
    draw_limits(ax, places, found)
    draw_marks(ax, places, found)
    ax.set_xscale('log')
    ax.set(
        yticks=list(places.values()),
        yticklabels=[wrap(names()[measure], letters) for _precision, measure in places],
        xlim=(FLOOR / 2, 1e-2),
        xlabel=_('relative difference'),
    )
    ax.tick_params(axis='y', length=0, labelsize=9)
    ax.minorticks_off()
    for precision in ('float64', 'float32'):
        heights = [y for name, y in places.items() if name[0] == precision]
        ax.text(
            left,
            sum(heights) / len(heights),
            precision,
            rotation=90,
            va='center',
            color=MUTED,
            transform=ax.get_yaxis_transform(),
        )
    return fig


if __name__ == '__main__':
    print(save(draw(), 'parity_distances'), save(narrow(), 'parity_distances-narrow'))
