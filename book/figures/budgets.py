"""The dense net against a residual one under four budgets, seed by seed."""

import runpy

from style import HERE, INK, MUTED, SOURCES, _, axes, canvas, save

RESULTS = HERE.parent / 'results'
QUOTED = runpy.run_path(str(RESULTS / 'quoted.py'))
VERDICT = runpy.run_path(str(RESULTS / 'quoted_verdict.py'))
LAYERS = {'parameters': '14', 'work': '14', 'time': '20', 'memory': '26'}


def titles():
    """What each budget is called."""
    return {
        'parameters': _('parameters'),
        'work': _('multiply-adds'),
        'time': _('time'),
        'memory': _('kept memory'),
    }


def panel(ax, budget, accuracies):
    """A line for each seed, from the dense net to the residual one."""
    pair = (accuracies[run] for run in ('dense_16', VERDICT['BUDGETS'][budget]))
    dense, residual = ([100 * x for x in by_seed.values()] for by_seed in pair)
    for both in zip(dense, residual, strict=True):
        ax.plot((0, 1), both, '-', color=MUTED, linewidth=0.8)
    ax.plot([0] * 5, dense, 'o', color=SOURCES[2], markersize=5)
    ax.plot([1] * 5, residual, 's', color=SOURCES[4], markersize=5)
    layers = _('residual,\n{number} layers')
    ax.set_xticks((0, 1), (_('dense'), layers.format(number=LAYERS[budget])))
    ax.set(xlim=(-0.4, 1.4))


def heading(ax, title, values):
    """The `title`, and under it the mean difference with its interval."""
    mean, low, high = (f'{100 * x:+.1f}' for x in QUOTED['interval'](values))
    told = _('{mean} ({low} to {high})').format(mean=mean, low=low, high=high)
    told = told.replace('-', '\N{MINUS SIGN}')
    lines = ((1.13, title, 11), (1.04, told, 7.5))
    for height, text, size in lines:
        ax.text(0.5, height, text, color=INK, fontsize=size, ha='center',
                transform=ax.transAxes)  # fmt: skip


def draw():
    """The figure, four panels beside each other, with one scale."""
    fig = canvas(6.4, 3.4)[0]
    return fill(fig, [(0.1 + 0.225 * n, 0.17, 0.2, 0.6) for n in range(4)])


def narrow():
    """The figure as a phone shows it: two panels beside each other."""
    fig, step = canvas(3.6, 5.8)[0], (0.43, 0.5)
    places = [(n % 2 * step[0], n // 2 * step[1]) for n in range(4)]
    return fill(fig, [(0.16 + x, 0.6 - y, 0.37, 0.28) for x, y in places])


def fill(fig, boxes):
    """Draw a panel for each budget into its box."""
    accuracies = VERDICT['accuracies'](QUOTED['last'])
    differences = VERDICT['differences'](QUOTED['last'])
    shown = [x for by_seed in accuracies.values() for x in by_seed.values()]
    for box, (budget, title) in zip(boxes, titles().items(), strict=True):
        ax = axes(fig, box)
        panel(ax, budget, accuracies)
        heading(ax, title, differences[budget])
        ax.set_ylim(100 * min(shown) - 1, 100 * max(shown) + 1)
        if box[0] == boxes[0][0]:
            ax.set_ylabel(_('accuracy in %'))
        else:
            ax.tick_params(labelleft=False)
    return fig


if __name__ == '__main__':
    print(save(draw(), 'budgets'), save(narrow(), 'budgets-narrow'))
