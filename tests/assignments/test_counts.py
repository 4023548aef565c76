"""The grader's formulas against networks that nobody here wrote, and the book's own."""

import pytest

from tabbook.grading.hidden import counts

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


CIFAR = {  # Huang et al. 2017, table 2, in millions
    (40, 12, False): 1.0,
    (100, 12, False): 7.0,
    (100, 24, False): 27.2,
    (100, 12, True): 0.8,
    (250, 24, True): 15.3,
    (190, 40, True): 25.6,
}


@pytest.mark.parametrize('asked', CIFAR)
def test_the_papers_networks_for_small_pictures(asked):
    depth, k, bc = asked
    m = (depth - 4) // (6 if bc else 3)
    network = (2 * k if bc else 16, k, 3 * (m,), 3, 10)
    options = {'bottleneck': 4, 'compression': 0.5} if bc else {'compression': 1}
    found = counts.densenet_parameters(
        *network, **options, bias=False, small_images=True
    )
    assert round(found / 1e6, 1) == CIFAR[asked]


def test_a_bottleneck_where_it_saves():
    """In the first ten layers of DenseNet-121 none; each costs 36 k^2 + 8 k - 5 c k."""
    where, k = counts.frugal(32), 32
    assert [where(c) for c in (224, 230, 231, 256)] == [None, None, 4, 4]
    assert counts.frugal(5)(36) is None  # a tie
    read = [64, 96, 128, 160, 192, 224, 128, 160, 192, 224]
    saved = sum(36 * k * k + 8 * k - 5 * c * k for c in read)
    network = (64, 32, ARCHES[121], 3, 1000)
    found = counts.densenet_parameters(*network, bottleneck=where, bias=False)
    assert found == PUBLISHED[121] - saved
