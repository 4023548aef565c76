"""What dense blocks keep by formula and as measured, and what less of it costs."""

from style import INK, MUTED, SOURCES, _, axes, canvas, results, save

from d2l_shim.framework import FRAMEWORKS

COLOURS = dict(zip(FRAMEWORKS, SOURCES, strict=False))
MARKS = dict(zip(FRAMEWORKS, 'os^D', strict=False))
IMAGES = 2  # of the blocks' measurement
PART, SLOWER = 0.4, 1.25  # what the section claims
APART = ('tensorflow', 'jax')  # bytes and time are those of two programs


def kept(ax, found):
    """Points for what is measured, a line for each formula, over the layers."""
    for again in ('0', '1'):
        told = [r for r in found if r['net'] == 'block' and r['again'] == again]
        rule = {int(r['layers']): int(r['rule']) / IMAGES / 1e6 for r in told}
        ax.plot(*zip(*sorted(rule.items()), strict=True), '-', color=INK, linewidth=1)
        for row in told:
            colour = COLOURS[row['framework']]
            ax.plot(int(row['layers']), int(row['kept']) / IMAGES / 1e6, zorder=3,
                    marker=MARKS[row['framework']], markersize=5.5, color=colour,
                    markerfacecolor='none' if again == '1' else colour)  # fmt: skip
    ax.set_xscale('log')
    ax.set_yscale('log')
    ax.minorticks_off()
    ax.set_xticks((4, 8, 16, 32), ('4', '8', '16', '32'))
    ax.set(xlabel=_('layers'), ylabel=_('MB kept of one image'))


def price(ax, found):
    """A point a framework: the part that blocks keep, and the time of a step."""
    ax.axhline(1, color=MUTED, linewidth=1)
    ax.fill_between((0, PART), 0, SLOWER, color=SOURCES[2], alpha=0.15, linewidth=0)
    for tab, framework in FRAMEWORKS.items():
        rows = [r for r in found if r['net'] == 'network' and r['framework'] == tab]
        if len(rows) == 2:
            plain, again = sorted(rows, key=lambda row: row['again'])
            part = int(again['blocks']) / int(plain['blocks'])
            ax.plot(part, float(again['slower']), MARKS[tab], color=COLOURS[tab],
                    markerfacecolor='none' if tab in APART else COLOURS[tab],
                    markersize=7, zorder=3, label=framework.label)  # fmt: skip
    ax.set(xlim=(0, 0.5), ylim=(0.8, 2))
    ax.set_xlabel(_('part of the bytes that blocks keep'))
    ax.set_ylabel(_('times the time of a step'))
    ax.legend(fontsize=8.5, frameon=False, loc='upper right')


def draw():
    """The figure: bytes over layers to the left, time against memory to the right."""
    fig = canvas(6.9, 3.3)[0]
    return fill(fig, (0.1, 0.17, 0.37, 0.76), (0.6, 0.17, 0.36, 0.76))


def narrow():
    """The figure as a phone shows it: the price below the bytes."""
    fig = canvas(3.6, 6)[0]
    return fill(fig, (0.2, 0.59, 0.75, 0.37), (0.2, 0.09, 0.75, 0.37))


def fill(fig, left, right):
    """Draw bytes and price into `fig`, each into its box."""
    found = results('memory')
    kept(axes(fig, left), found)
    price(axes(fig, right), found)
    return fig


if __name__ == '__main__':
    print(save(draw(), 'memory'), save(narrow(), 'memory-narrow'))
