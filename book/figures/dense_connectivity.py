"""A dense block of four layers: each reads the maps of all before it."""

from style import MUTED, SOURCES, _, arrow, box, canvas, maps, save

LAYERS, STEP, LINE, READS = 4, 14.0, 14.5, 5.0
COUNTS = (3, 2, 2, 2, 2)  # maps drawn for the input and for each layer


def slab(i):
    """Where the maps of source `i` stand on the horizontal axis."""
    return 5.5 + STEP * i


def layer(i):
    """Where layer `i` (from 1) stands: halfway between two slabs."""
    return slab(i) - STEP / 2


def connections(ax, source):
    """Arrows from `source` to the layers after it, the nearest one straight."""
    colour = SOURCES[source]
    start = slab(source) + (2.0 if source == 0 else 1.5)
    arrow(ax, (start, LINE), (layer(source + 1) - 2.7, LINE), colour, linewidth=1.8)
    for target in range(source + 2, LAYERS + 1):
        begin = (slab(source), LINE + 2.1)
        end = (layer(target) - 2.0 + 0.95 * source, LINE + 1.9)
        bend = -0.33 - 0.02 * (target - source)
        arrow(ax, begin, end, colour, bend, linewidth=1.8)


def stack(ax, x, sources):
    """What is read at `x`: the maps of the first `sources` sources, concatenated."""
    colours = [SOURCES[i] for i in range(sources) for _ in range(COUNTS[i])]
    maps(ax, x, READS, colours, width=0.58, height=2.2)
    more = sources - 1
    grown = '' if more == 0 else '+k' if more == 1 else f'+{more}k'
    ax.text(x, READS - 2.5, f'$c_0{grown}$', ha='center', va='center', color=MUTED)


def draw():
    """The figure, left to right; below, what each layer reads."""
    fig, ax = canvas(6.9, 3.3)
    for i, colour in enumerate(SOURCES):
        maps(ax, slab(i), LINE, COUNTS[i] * [colour])
        ax.text(slab(i), LINE - 3.1, rf'$\mathbf{{x}}_{i}$', ha='center', va='center')
        if i < LAYERS:
            box(ax, layer(i + 1), LINE, rf'$H_{i + 1}$')
            arrow(ax, (layer(i + 1) + 2.7, LINE), (slab(i + 1) - 1.4, LINE))
            connections(ax, i)
            stack(ax, layer(i + 1), i + 1)
            arrow(ax, (layer(i + 1), READS + 1.6), (layer(i + 1), LINE - 2.0), MUTED)
    stack(ax, slab(LAYERS) + 0.5, LAYERS + 1)
    ax.text(slab(LAYERS) + 0.5, READS + 2.3, _('output'), ha='center', color=MUTED)
    return fig


if __name__ == '__main__':
    print(save(draw(), 'dense_connectivity'))
