"""Parameters and multiply-adds by formula: what hidden tests compare counts with.

A convolution is (in, out, kernel, height, width), the sides being its output's. One
multiply-add is counted for each weight and each place, padding included, where a
convolution or the linear layer uses it; all other operations count as none.
"""

import math

WIDTHS = (64, 128, 256, 512)  # of ResNet-18's stages


def conv_parameters(c, d, kernel, bias=True):
    """Weights and biases of a convolution from `c` to `d` channels."""
    return (kernel**2 * c + bool(bias)) * d


def frugal(growth_rate, bottleneck=4):
    """Return a function of c: the bottleneck of a layer that reads `c` channels.

    None where the weights of its convolutions would not be fewer.
    """

    def where_it_saves(c):
        width = bottleneck * growth_rate
        weights = conv_parameters(c, width, 1, False)
        weights += conv_parameters(width, growth_rate, 3, False)
        saves = weights < conv_parameters(c, growth_rate, 3, False)
        return bottleneck if saves else None

    return where_it_saves


def bottleneck_of(bottleneck, c):
    """Return the bottleneck of a layer that reads `c`: the same for all, or by `c`."""
    return bottleneck(c) if callable(bottleneck) else bottleneck


def densenet_width(num_channels, growth_rate, arch, compression=0.5):
    """How many channels reach the head."""
    for i, num_convs in enumerate(arch):
        kept = math.floor(num_channels * compression) if i else num_channels
        num_channels = kept + num_convs * growth_rate
    return num_channels


def densenet_parameters(
    num_channels,
    growth_rate,
    arch,
    in_channels,
    num_classes,
    bottleneck=None,
    compression=0.5,
    bias=True,
    small_images=False,
):
    """What a DenseNet learns; `bottleneck` times the growth rate, None for none.

    A function says for each layer, given the channels that it reads.
    """
    convs, norms = _densenet(
        num_channels,
        growth_rate,
        arch,
        in_channels,
        32,
        32,
        bottleneck,
        compression,
        small_images,
    )
    total = sum(conv_parameters(c, d, kernel, bias) for c, d, kernel, *_ in convs)
    return total + 2 * sum(norms) + (norms[-1] + 1) * num_classes


def densenet_multiply_adds(
    num_channels,
    growth_rate,
    arch,
    in_channels,
    num_classes,
    height,
    width,
    bottleneck=None,
    compression=0.5,
    small_images=False,
):
    """The multiply-adds of a DenseNet for one image of `height` x `width`."""
    convs, norms = _densenet(
        num_channels,
        growth_rate,
        arch,
        in_channels,
        height,
        width,
        bottleneck,
        compression,
        small_images,
    )
    return _work(convs) + norms[-1] * num_classes


def resnet18_parameters(in_channels, num_classes):
    """What ResNet-18 learns, its convolutions with biases."""
    convs = _resnet18(in_channels, 32, 32)
    total = sum(conv_parameters(c, d, kernel) + 2 * d for c, d, kernel, *_ in convs)
    return total + (WIDTHS[-1] + 1) * num_classes


def resnet18_multiply_adds(in_channels, num_classes, height, width):
    """The multiply-adds of ResNet-18 for one image of `height` x `width`."""
    return _work(_resnet18(in_channels, height, width)) + WIDTHS[-1] * num_classes


def resnet18_sizes(height, width):
    """The (height, width) of the maps of each of the four stages."""
    sizes = [_half(*_half(height, width))]
    for _ in WIDTHS[1:]:
        sizes.append(_half(*sizes[-1]))
    return sizes


def _half(height, width):
    """Both sides after a stride of 2 with a padded odd kernel."""
    return math.ceil(height / 2), math.ceil(width / 2)


def _work(convs):
    return sum(c * d * kernel**2 * h * w for c, d, kernel, h, w in convs)


def _densenet(
    c, growth_rate, arch, in_channels, height, width, bottleneck, compression, small
):
    """All convolutions, and the channels of all norms, from stem to head."""
    if small:
        convs, norms = [(in_channels, c, 3, height, width)], []
    else:
        height, width = _half(height, width)
        convs, norms = [(in_channels, c, 7, height, width)], [c]
        height, width = _half(height, width)
    for i, num_convs in enumerate(arch):
        if i:
            kept = math.floor(c * compression)
            convs.append((c, kept, 1, height, width))
            norms.append(c)
            c, height, width = kept, height // 2, width // 2
        for _ in range(num_convs):
            norms.append(c)
            read = c
            if times := bottleneck_of(bottleneck, c):
                read = times * growth_rate
                convs.append((c, read, 1, height, width))
                norms.append(read)
            convs.append((read, growth_rate, 3, height, width))
            c += growth_rate
    return convs, [*norms, c]


def _resnet18(in_channels, height, width):
    convs, c = [(in_channels, WIDTHS[0], 7, *_half(height, width))], WIDTHS[0]
    for d, size in zip(WIDTHS, resnet18_sizes(height, width), strict=True):
        convs += [(c, d, 3, *size), *[(d, d, 3, *size)] * 3]
        if c != d:
            convs.append((c, d, 1, *size))
        c = d
    return convs
