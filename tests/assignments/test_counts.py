"""The grader's formulas against networks that nobody here wrote, and the book's own."""

import pytest

from tabbook.grading import counts

ARCHES = {121: (6, 12, 24, 16), 169: (6, 12, 32, 32), 201: (6, 12, 48, 32)}
PUBLISHED = {121: 7_978_856, 169: 14_149_480, 201: 20_013_928}


@pytest.mark.parametrize('depth', ARCHES)
def test_densenet(workers, depth):
    network = (64, 32, ARCHES[depth], 3, 1000)
    parameters = counts.densenet_parameters(*network, bottleneck=4, bias=False)
    work = counts.densenet_multiply_adds(*network, 96, 96, bottleneck=4)
    found = workers['pytorch'].ask(
        'tests.inside.foreign.work', model=f'densenet{depth}', size=96
    )
    assert (parameters, work) == tuple(found)
    assert parameters == PUBLISHED[depth]


@pytest.mark.parametrize('size', [64, 70])
def test_resnet18(workers, size):
    parameters, work = workers['pytorch'].ask(
        'tests.inside.foreign.work', model='resnet18', size=size
    )
    assert counts.resnet18_multiply_adds(3, 1000, size, size) == work
    # torchvision's convolutions have no biases, which the book's have
    convs = [64, *[64] * 4, *(d for d in (128, 256, 512) for _ in range(5))]
    assert counts.resnet18_parameters(3, 1000) == parameters + sum(convs)


def test_the_books_own_numbers():
    assert counts.densenet_parameters(64, 32, (4, 4, 4, 4), 1, 10) == 758_226
    assert counts.densenet_width(64, 32, (4, 4, 4, 4)) == 248
    assert counts.resnet18_parameters(1, 10) == 11_180_170
