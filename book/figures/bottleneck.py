"""Weights of each layer of DenseNet-121, without a bottleneck and with one."""

from style import GROUND, INK, MUTED, SOURCES, _, axes, canvas, save

from d2l_shim import densenets

ARCH = densenets.DENSENETS[121][2]
WITHOUT, WITH, GROWS = SOURCES[0], SOURCES[2], SOURCES[4]


def layers():
    """Yield (block, thousands of weights without, with) of each layer."""
    for layer in densenets.layers(*densenets.DENSENETS[121], 1000):
        if (layer.part, layer.kind, layer.half) == ('dense', 'conv', 1):
            width, c, *_ = layer.weight  # 4k channels, of the c that it reads
            k = width // 4
            yield layer.block, 9 * c * k / 1000, (c + 9 * k) * width / 1000


def captions(ax, found, size):
    """The number and the maps' size of each block, above it, in a font `size`."""
    for block in range(1, len(ARCH) + 1):
        inside = [i for i, (number, *_) in enumerate(found, 1) if number == block]
        side = 112 // 2**block
        middle = (inside[0] + inside[-1]) / 2
        name = _('block {number}').format(number=block)
        text = f'{name}\n${side}\\times{side}$'
        ax.text(middle, 318, text, ha='center', va='bottom', fontsize=size, color=MUTED)
        if block > 1:
            ax.axvline(inside[0] - 0.5, color=MUTED, linewidth=0.7, alpha=0.5)


def draw():
    """The figure: two dots a layer, and a line between them."""
    fig = canvas(6.9, 3.3)[0]
    return fill(fig, (0.09, 0.15, 0.88, 0.7), 22, 8.5)


def narrow():
    """The figure as a phone shows it."""
    fig = canvas(3.6, 3.6)[0]
    return fill(fig, (0.16, 0.13, 0.81, 0.7), 9, 6.8)


def fill(fig, box, area, size):
    """Draw into a `box` of `fig` with dots of that area, captions in that font size."""
    ax = axes(fig, box)
    found = list(layers())
    for i, row in enumerate(found, 1):
        without, bottleneck = row[1:]
        colour = GROWS if bottleneck > without else MUTED
        ax.plot(
            (i, i), (without, bottleneck), color=colour, linewidth=area / 16, zorder=2
        )
    x = range(1, len(found) + 1)
    series = (WITHOUT, _('without'), 's', 1), (WITH, _('with a bottleneck'), 'o', 2)
    for colour, name, marker, column in series:
        y = [row[column] for row in found]
        look = {'marker': marker, 'edgecolors': INK, 'zorder': 3}
        ax.scatter(x, y, area, colour, label=name, **look)
    captions(ax, found, size)
    ax.set(xlim=(0, len(found) + 1), ylim=(0, 315))
    ax.set_xlabel(_('layer'), fontsize=9)
    ax.set_ylabel(_('thousands of weights'), fontsize=9)
    look = {'facecolor': GROUND, 'edgecolor': 'none', 'framealpha': 1}
    ax.legend(loc='upper left', bbox_to_anchor=(0.0, 0.93), fontsize=8.5, **look)
    return fig


if __name__ == '__main__':
    print(save(draw(), 'bottleneck'), save(narrow(), 'bottleneck-narrow'))
