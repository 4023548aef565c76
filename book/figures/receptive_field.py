"""How much of the image the maps of the section's DenseNet see, layer by layer."""

from math import log2

from style import INK, MUTED, SOURCES, _, canvas, save

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


def scale(ax, right):
    """Lines for the round numbers, and one for the whole image."""
    for field in TICKS:
        ax.plot(
            [LEFT - 1, right],
            2 * [height(field)],
            color=MUTED,
            alpha=0.2,
            linewidth=0.7,
        )
        ax.text(LEFT - 1.6, height(field), field, ha='right', va='center', fontsize=8.5)
    ax.text(2.4, height(90), _('pixels'), rotation=90, va='center', fontsize=9)
    ax.plot([LEFT - 1, right], 2 * [height(IMAGE)], '--', color=INK, linewidth=1)
    name = _('the whole image, {pixels}').format(pixels=IMAGE)
    ax.text(LEFT - 0.6, height(IMAGE) + 0.9, name, va='center', fontsize=9)


def block(ax, x, fields):
    """The sources that a block holds at `x` and after each layer; return its end."""
    for i, field in enumerate(fields):
        spots = [x + STEP * j for j in range(i, len(fields))]
        heights = len(spots) * [height(field)]
        ax.plot(spots, heights, color=SOURCES[i], linewidth=1.2)
        style = {'markersize': 7, 'markeredgecolor': INK, 'markeredgewidth': 0.7}
        ax.plot(spots, heights, 'o', color=SOURCES[i], **style)
    end = x + STEP * (len(fields) - 1)
    for at, field in ((x, fields[0]), (end, fields[-1])):
        ax.text(at, height(field) + 1.5, field, ha='center', va='center')
    return end


def draw():
    """The figure: the blocks from left to right, a caption below each."""
    fig, ax = canvas(6.9, 3.4)
    blocks, x = receptive_fields(), LEFT
    right = x + sum(STEP * len(fields) for fields in blocks) + GAP * 3 - 1
    scale(ax, right)
    for number, fields in enumerate(blocks, 1):
        end = block(ax, x, fields)
        middle = (x + end) / 2
        name = _('dense block {number}').format(number=number)
        ax.text(middle, 3.0, name, ha='center', va='center', color=MUTED, fontsize=8.5)
        x = end + STEP + GAP
    return fig


if __name__ == '__main__':
    print(save(draw(), 'receptive_field'))
