"""The loss in all four frameworks: one curve in float64, parting in float32."""

from style import MUTED, SOURCES, _, axes, canvas, results, save

from d2l_shim.framework import FRAMEWORKS

COLOURS = dict(zip(FRAMEWORKS, SOURCES, strict=False))
WIDTHS = (7.0, 4.6, 2.6, 0.9)  # in float64: each on top of a wider one
FLOOR = 1e-16  # equal to the last digit has no logarithm


def curves():
    """{precision: {framework: losses, step by step}}."""
    found = {}
    for row in results('parity_curves'):
        by_tab = found.setdefault(row['precision'], {})
        by_tab.setdefault(row['framework'], []).append(float(row['loss']))
    return found


def distances(one, other):
    """The differences between two curves, relative to `other`, step by step."""
    return [max(abs(a / b - 1), FLOOR) for a, b in zip(one, other, strict=True)]


def draw_losses(ax, proof):
    for (tab, losses), width in zip(proof.items(), WIDTHS, strict=True):
        ax.plot(
            range(1, len(losses) + 1),
            losses,
            color=COLOURS[tab],
            linewidth=width,
            label=FRAMEWORKS[tab].label,
            solid_capstyle='round',
        )
    ax.set(
        xlabel=_('step'), ylabel=_('loss'), xticks=(1, 5, 10, 15, 20), ylim=(0.6, 4.4)
    )
    ax.set_title(_('float64: four curves in one'), fontsize=10)
    ax.legend(frameon=False, fontsize=8.5, loc='upper right', ncols=2)


def draw_distances(ax, proof, ordinary):
    steps = range(1, len(proof['jax']) + 1)
    for tab, losses in ordinary.items():
        ax.semilogy(
            steps, distances(losses, proof[tab]), color=COLOURS[tab], linewidth=1.6
        )
        if tab != 'jax':
            ax.semilogy(
                steps,
                distances(proof[tab], proof['jax']),
                ':',
                color=COLOURS[tab],
                linewidth=1.6,
            )
    told = (2e-6, _('float32, from own float64')), (2e-12, _('float64, from JAX'))
    for y, text in told:
        ax.text(20, y, text, ha='right', fontsize=8.5, color=MUTED)
    ax.set(
        xlabel=_('step'),
        ylabel=_('relative difference'),
        xticks=(1, 5, 10, 15, 20),
        ylim=(FLOOR / 3, 3),
        yticks=[10.0**n for n in range(-16, 1, 4)],
    )
    ax.minorticks_off()
    ax.set_title(_('how far apart'), fontsize=10)


def draw():
    """The figure: losses on the left, differences on the right."""
    fig = canvas(6.9, 3.3)[0]
    return fill(fig, (0.085, 0.165, 0.37, 0.68), (0.585, 0.165, 0.375, 0.68))


def narrow():
    """The figure as a phone shows it: differences below losses."""
    fig = canvas(3.6, 5.8)[0]
    return fill(fig, (0.16, 0.58, 0.78, 0.36), (0.2, 0.09, 0.74, 0.36))


def fill(fig, left, right):
    """Draw losses and differences into `fig`, each into its box."""
    told = curves()
    draw_losses(axes(fig, left), told['float64'])
    draw_distances(axes(fig, right), told['float64'], told['float32'])
    return fig


if __name__ == '__main__':
    print(save(draw(), 'parity_curves'), save(narrow(), 'parity_curves-narrow'))
