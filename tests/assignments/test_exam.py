"""The checks of hidden tests: what passes, and the sentence of what does not."""

import numpy as np
import pytest

from d2l_shim import starts
from tabbook.grading.exam import Exam
from tabbook.grading.hidden import reference
from tabbook.grading.otter import Channel


def unset():
    raise AttributeError("'Unset' object has no attribute 'net'")


@pytest.fixture
def exam():
    """An Exam over the names of a notebook in this process."""
    names = {
        'one': lambda: 1, 'none': lambda: None, 'text': lambda: 'abc', 'later': ...,
        'pair': lambda: [1, 2.5], 'array': lambda: np.ones((2, 3)),
        'bad': lambda: 1 / 0, 'huge': lambda: 10**400, 'thing': object,
        'Unset': unset,
    }  # fmt: skip
    return Exam(Channel('pytorch', names), 'pytorch', 0)


# A hidden test, and what it says; nothing where all holds.
SAID = {
    'equal(ask("one"), 1)': '',
    'equal(ask("text"), "abc")': '',
    'equal(ask("pair"), [1, 2.5])': '',
    'close(ask("array"), np.ones((2, 3)))': '',
    'shape(ask("array"), (2, 3))': '',
    'check(number(ask("one")) == 1, "")': '',
    'close(ask("pair"), [1, 2.5000001])': '',
    'equal(ask("one"), 2, "Two.")': '1 was returned, 2 is right. Two.',
    'equal(ask("text"), 2)': 'numbers were expected, not abc',
    'equal(ask("one"), "a")': '1 was returned',
    'equal(ask("thing"), 1)': 'not an object of class object',
    'ask("none")': '`none` returned nothing: is it written yet?',
    'value("later")': '`later` has no value yet.',
    'value("gone")': 'defines no `gone`',
    'ask("gone")': 'defines no `gone`',
    'ask("bad")': '`bad` raised ZeroDivisionError: division by zero',
    'ask("Unset")': '`Unset` has no `net`: is it written yet?',
    'build("one")': '`one` should make a layer',
    'shape(ask("array"), (3, 2), "Rows.")': 'is (2, 3), but (3, 2) is right. Rows.',
    'close(ask("pair"), [1, 2])': 'the first at [1] is 2.5, but 2 is right',
    'close(ask("array"), [1.0])': 'the shape is (2, 3)',
    'number(ask("pair"))': 'a number was expected',
    'check(False, "A hint.")': 'A hint.',
    'ask("text")["key"]': 'has not the form',
    '1 / (ask("one") - 1)': 'has not the form',
    'equal(ask("huge"), 1)': 'is right',
    'close(np.array([np.nan]), [1])': 'differ',
}


@pytest.mark.parametrize('source', SAID)
def test_what_a_hidden_test_says(exam, source):
    said = exam.run(source, 'a test')
    assert SAID[source] in said if SAID[source] else said == ''


def test_draws_are_the_same_for_a_seed():
    seen = [Exam(None, 'jax', seed).rng.integers(10**9) for seed in (1, 1, 2)]
    assert seen[0] == seen[1] != seen[2]


def test_images_are_in_the_frameworks_order():
    X = np.zeros((2, 3, 4, 5))
    assert Exam(None, 'jax', 0).images(X).array.shape == (2, 4, 5, 3)
    assert Exam(None, 'mxnet', 0).images(X).array.shape == (2, 3, 4, 5)
    assert Exam(None, 'jax', 0).channels_first(np.zeros((2, 4, 5, 3))).shape == X.shape


def test_drawn_weights_depend_on_shape_and_seed_alone():
    W = starts.by_shape((4, 3, 3, 3), 1)
    assert W.dtype == np.float32
    np.testing.assert_array_equal(W, starts.by_shape((4, 3, 3, 3), 1))
    assert not np.array_equal(W, starts.by_shape((4, 3, 3, 3), 2))
    kernel = starts.from_canonical(W)
    assert kernel.shape == (3, 3, 3, 4)
    np.testing.assert_array_equal(starts.to_canonical(kernel), W)


def test_the_references_convolution_against_loops():
    rng = np.random.default_rng(0)
    X, W = rng.normal(size=(2, 3, 7, 6)), rng.normal(size=(4, 3, 3, 3))
    for stride, padding in [(1, 0), (1, 1), (2, 1)]:
        Y = reference.conv(X, W, stride, padding)
        padded = np.pad(X, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2))
        for n, o, i, j in [(0, 0, 0, 0), (1, 3, 1, 2), (1, 2, 2, 0)]:
            window = padded[
                n, :, i * stride : i * stride + 3, j * stride : j * stride + 3
            ]
            assert Y[n, o, i, j] == pytest.approx((window * W[o]).sum())
    assert Y.shape == (2, 4, 4, 3)
