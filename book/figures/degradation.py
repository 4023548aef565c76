"""What depth does to the training loss of plain and residual nets, seed by seed."""

import runpy

from style import HERE, INK, MUTED, SOURCES, _, axes, canvas, save

QUOTED = runpy.run_path(str(HERE.parent / 'results' / 'quoted.py'))
COLOURS = {'plain': SOURCES[4], 'residual': SOURCES[2]}


def kinds():
    """What each kind of net is called."""
    return {'plain': _('plain'), 'residual': _('residual')}


def losses(ax, training_loss):
    """A line for each seed and kind, from its net of 14 layers to that of 32."""
    for start, (kind, name) in zip((0, 2.4), kinds().items(), strict=True):
        colour = COLOURS[kind]
        pair = (training_loss[f'{kind}_{depth}'].values() for depth in (14, 32))
        for both in zip(*pair, strict=True):
            ax.plot((start, start + 1), both, 'o-', color=colour, linewidth=1)
        ax.text(start + 0.5, 1.03, name, color=colour, fontsize=11, ha='center',
                transform=ax.get_xaxis_transform())  # fmt: skip
    ax.set_xticks((0, 1, 2.4, 3.4), ('14', '32', '14', '32'))
    ax.set(xlim=(-0.5, 3.9), xlabel=_('layers'))
    ax.set_ylabel(_('training loss, last epoch'))


def differences(ax, added):
    """The differences of either kind, and the interval of their mean beside them."""
    ax.axhline(0, color=MUTED, linewidth=1)
    for x, (kind, colour) in enumerate(COLOURS.items()):
        values = list(added[kind].values())
        mean, low, high = QUOTED['interval'](values)
        ax.plot([x] * len(values), values, 'o', color=colour)
        ax.errorbar(x + 0.22, mean, [[mean - low], [high - mean]], fmt='D', color=INK,
                    capsize=4, linewidth=1.3, markersize=4)  # fmt: skip
    ax.set_xticks((0, 1), kinds().values())
    ax.set(xlim=(-0.5, 1.6), ylabel=_('32 layers minus 14 layers'))


def draw():
    """The figure, losses to the left and their differences to the right."""
    fig = canvas(6.9, 3.2)[0]
    return fill(fig, (0.1, 0.17, 0.4, 0.68), (0.64, 0.17, 0.31, 0.68))


def narrow():
    """The figure as a phone shows it: differences below losses."""
    fig = canvas(3.6, 5.8)[0]
    return fill(fig, (0.17, 0.57, 0.76, 0.36), (0.19, 0.07, 0.74, 0.36))


def fill(fig, left, right):
    """Draw losses and differences into `fig`, each into its box."""
    losses(axes(fig, left), QUOTED['training_losses']())
    differences(axes(fig, right), QUOTED['added_by_depth']())
    return fig


if __name__ == '__main__':
    print(save(draw(), 'degradation'), save(narrow(), 'degradation-narrow'))
