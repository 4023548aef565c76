"""How far apart the frameworks are: every measure, framework and network."""

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


def draw_legend(ax, y):
    for i, (tab, framework) in enumerate(FRAMEWORKS.items()):
        x = 23.2 + 10.5 * i
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
    """The figure: one row a measure, float64 above float32."""
    fig, ground = canvas(6.9, 3.9)
    found = results('parity')
    places = place(found)
    ax = axes(fig, (0.305, 0.13, 0.665, 0.75))
    draw_limits(ax, places, found)
    draw_marks(ax, places, found)
    ax.set_xscale('log')
    ax.set(
        yticks=list(places.values()),
        yticklabels=[names()[measure] for precision, measure in places],
        xlim=(FLOOR / 2, 1e-2),
        xlabel=_('relative difference'),
    )
    ax.tick_params(axis='y', length=0, labelsize=9)
    ax.minorticks_off()
    for precision in ('float64', 'float32'):
        heights = [y for name, y in places.items() if name[0] == precision]
        ax.text(
            -0.41,
            sum(heights) / len(heights),
            precision,
            rotation=90,
            va='center',
            color=MUTED,
            transform=ax.get_yaxis_transform(),
        )
    draw_legend(ground, 36.4)
    return fig


if __name__ == '__main__':
    print(save(draw(), 'parity_distances'))
