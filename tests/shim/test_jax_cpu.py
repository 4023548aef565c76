"""JAX on a CPU: max pooling's gradient against a loop over the windows; options."""

import itertools

import numpy as np
import pytest

pytestmark = pytest.mark.needs('jax')
ASKED = 'tests.inside.jax_cpu'
CASES = {  # window, strides, padding
    'as in the stem': ((1, 3, 3, 1), (1, 2, 2, 1), ((0, 0), (1, 1), (1, 1), (0, 0))),
    'without overlap': ((1, 2, 2, 1), (1, 2, 2, 1), ((0, 0),) * 4),
    'every place': ((1, 3, 2, 1), (1, 1, 1, 1), ((0, 0), (0, 2), (1, 0), (0, 0))),
    'over channels': ((2, 1, 3, 4), (1, 3, 2, 2), ((0, 0), (0, 0), (2, 1), (1, 2))),
}


def expected(X, G, window, strides, padding, least):
    """What a loop over the windows gives: the first of the best gets it all."""
    edge = np.inf if least else -np.inf
    P = np.pad(X, padding, constant_values=edge)
    found = np.zeros(P.shape, X.dtype)
    for place in itertools.product(*map(range, G.shape)):
        start = np.multiply(place, strides)
        box = tuple(slice(a, a + n) for a, n in zip(start, window, strict=True))
        flat = (P[box].argmin if least else P[box].argmax)()
        at = np.unravel_index(flat, window)
        found[tuple(np.add(start, at))] += G[place]
    inner = tuple(slice(a, a + n) for (a, _), n in zip(padding, X.shape, strict=True))
    return found[inner]


@pytest.mark.parametrize('least', [False, True], ids=['largest', 'least'])
@pytest.mark.parametrize('dtype', [np.float32, np.float64])
@pytest.mark.parametrize('name', CASES)
def test_the_first_of_the_best_gets_the_gradient(workers, name, dtype, least):
    """Of small whole numbers, so that many are equal."""
    window, strides, padding = CASES[name]
    rng = np.random.default_rng(0)
    X = rng.integers(0, 4, (3, 9, 8, 5)).astype(dtype)
    ends = np.add(X.shape, np.sum(padding, axis=1)) - window
    G = rng.integers(1, 9, tuple(ends // strides + 1)).astype(dtype)
    asked = {'window': window, 'strides': strides, 'padding': padding, 'least': least}
    found = workers['jax'].ask(f'{ASKED}.gradient', X=X, G=G, **asked)
    assert found.dtype == dtype
    assert np.array_equal(found, expected(X, G, **asked))


def test_what_is_slow_on_a_cpu_is_not_asked_of_xla(workers):
    assert not workers['jax'].ask(f'{ASKED}.lowered')


def test_products_do_not_go_to_the_library_that_uses_one_core(workers):
    assert workers['jax'].ask(f'{ASKED}.libraries') == [True, False]


def test_an_xla_that_does_not_know_the_option_is_not_given_it(workers):
    (ours, *others) = workers['jax'].ask(f'{ASKED}.options', known=True)
    assert list(ours) == ['xla_cpu_experimental_ynn_fusion_type']
    assert others == [{}, {}]
    assert workers['jax'].ask(f'{ASKED}.options', known=False) == [{}, {}, {}]


def test_numbers_of_a_model_that_is_gone_are_no_others(workers):
    """Even of one that lies at the same place in memory."""
    found = workers['jax'].ask(f'{ASKED}.of_another')
    assert found == (1, 14)
