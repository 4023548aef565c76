"""How much of the image the maps of the section's DenseNet see, layer by layer."""

from math import log2

from style import GROUND, INK, MUTED, SOURCES, _, canvas, save

ARCH, IMAGE, TICKS = (4, 4, 4, 4), 96, (16, 32, 64, 128, 256, 512)
LEFT, BASE, STEP, GAP, SCALE = 8.5, 5.6, 2.6, 1.15, 3.95


def receptive_fields(arch=ARCH):
    """For each dense block, the receptive fields of the maps it holds, in pixels.

    The first is that of what enters the block, which the stem or a transition has
    made; then comes one for each layer.

    >>> receptive_fields(arch=(2, 2))
    [[11, 19, 27], [31, 47, 63]]
    """
    field, jump, blocks = 7 + 2 * 2, 4, []  # convolution 7x7 / 2, pooling 3x3 / 2
    for i, num_convs in enumerate(arch):
        if i > 0:
            field, jump = field + jump, 2 * jump  # pooling 2x2 / 2
        blocks.append([field + 2 * jump * j for j in range(num_convs + 1)])
        field = blocks[-1][-1]
    return blocks


def height(field):
    """Where a receptive field of so many pixels stands on the vertical axis."""
    return BASE + SCALE * log2(field / 8)


def scale(ax, left, right):
    """Lines for the round numbers, one for the whole image; `left`, what they are."""
    for field in TICKS:
        ax.plot(
            [LEFT - 1, right],
            2 * [height(field)],
            color=MUTED,
            alpha=0.2,
            linewidth=0.7,
        )
        ax.text(LEFT - 1.6, height(field), field, ha='right', va='center', fontsize=8.5)
    ax.text(left, height(90), _('pixels'), rotation=90, va='center', fontsize=9)
    ax.plot([LEFT - 1, right], 2 * [height(IMAGE)], '--', color=INK, linewidth=1)
    name = _('the whole image, {pixels}').format(pixels=IMAGE)
    ax.text(right, height(IMAGE) - 2, name, ha='right', va='center', fontsize=8.5)


def block(ax, x, fields):
    """The sources that a block holds at `x` and after each layer; return its end."""
    for i, field in enumerate(fields):
        spots = [x + STEP * j for j in range(i, len(fields))]
        heights = len(spots) * [height(field)]
        ax.plot(spots, heights, color=SOURCES[i], linewidth=1.2)
        style = {'markersize': 7, 'markeredgecolor': INK, 'markeredgewidth': 0.7}
        ax.plot(spots, heights, 'o', color=SOURCES[i], **style)
    end = x + STEP * (len(fields) - 1)
    ax.text(end + 1, height(fields[-1]) + 1.5, fields[-1], ha='right', va='center')
    ground = {'facecolor': GROUND, 'edgecolor': 'none', 'pad': 0.8}
    ax.text(
        x, height(fields[0]) - 1.6, fields[0], ha='center', va='center', bbox=ground
    )
    return end


def draw():
    """The figure: the blocks from left to right, a caption below each."""
    return fill(*canvas(6.9, 3.4), _('dense block {number}'), 2.4)


def narrow():
    """The figure as a phone shows it: the same, but for the letters' width."""
    fig, ax = canvas(3.6, 3.4)
    ax.set_xlim(-4, 66)
    return fill(fig, ax, _('block {number}'), -2.5)


def fill(fig, ax, name, left):
    """Draw the blocks, below each its `name` and number, and the unit at `left`."""
    blocks, x = receptive_fields(), LEFT
    right = x + sum(STEP * len(fields) for fields in blocks) + GAP * 3 - 1
    scale(ax, left, right)
    for number, fields in enumerate(blocks, 1):
        end = block(ax, x, fields)
        middle = (x + end) / 2
        told = name.format(number=number)
        ax.text(middle, 3.0, told, ha='center', va='center', color=MUTED, fontsize=8.5)
        x = end + STEP + GAP
    return fig


if __name__ == '__main__':
    print(save(draw(), 'receptive_field'), save(narrow(), 'receptive_field-narrow'))
