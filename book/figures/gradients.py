"""Norms of the gradients, layer by layer, of plain, residual and dense chains."""

from style import INK, SOURCES, _, axes, canvas, results, save

COLOURS = {'plain': SOURCES[4], 'residual': SOURCES[2], 'dense': SOURCES[0]}


def kinds():
    """What each kind of chain is called."""
    return {'plain': _('plain'), 'residual': _('residual'), 'dense': _('dense')}


def panel(ax, rows, step):
    """The median and the range of ten seeds for each layer and kind, at one step."""
    for kind, name in kinds().items():
        colour = COLOURS[kind]
        found = [r for r in rows if (r['kind'], r['step']) == (kind, step)]
        layers = [int(row['layer']) for row in found]
        least, median, most = (
            [float(row[column]) for row in found]
            for column in ('least', 'median', 'most')
        )
        ax.fill_between(layers, least, most, color=colour, alpha=0.2, linewidth=0)
        ax.plot(layers, median, color=colour, linewidth=1.8, label=name)
    ax.set(yscale='log', ylim=(0.12, 600), xlabel=_('layer'), xticks=(1, 8, 16, 24, 32))
    ax.set_title(_('step {number}').format(number=step), fontsize=10, color=INK)


def draw():
    """The figure: a panel for each of three steps."""
    fig = canvas(7.2, 2.9)[0]
    return fill(fig, [(0.1 + 0.305 * i, 0.19, 0.255, 0.65) for i in range(3)])


def narrow():
    """The figure as a phone shows it: one panel below the other."""
    fig = canvas(3.6, 7.4)[0]
    return fill(fig, [(0.2, 0.73 - 0.33 * i, 0.76, 0.225) for i in range(3)])


def fill(fig, boxes):
    """Draw a panel for each step into its box."""
    rows = results('flow-layers')
    for box, step in zip(boxes, ('0', '50', '400'), strict=True):
        ax = axes(fig, box)
        panel(ax, rows, step)
        if box[0] == boxes[0][0]:
            ax.set_ylabel(_('norm, by that of layer 32'))
        if box == boxes[0]:
            ax.legend(frameon=False, fontsize=8.5)
    return fig


if __name__ == '__main__':
    print(save(draw(), 'gradients'), save(narrow(), 'gradients-narrow'))
