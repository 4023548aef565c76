"""Frames between grader and sandbox: what goes in comes out, and nothing else does."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabbook.grading.sandbox import wire

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text().filter(lambda key: not key.startswith('__')), inner)
    ),
    max_leaves=8,
)


def through(value):
    data = wire.dumps(value)
    assert sum(wire.lengths(data[:8])) == len(data) - 8
    return wire.loads(data)


@given(plain)
def test_json_comes_back(value):
    assert through(value) == value


@pytest.mark.parametrize('dtype', wire.DTYPES)
@pytest.mark.parametrize('shape', [(), (0, 3), (2, 3, 4)])
def test_arrays_come_back(dtype, shape):
    array = np.arange(math.prod(shape)).reshape(shape).astype(dtype)
    back = through([{'a': array}, wire.Tensor(array)])
    for found in (back[0]['a'], back[1].array):
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array)
        found[...] = 1  # its own memory


def test_objects_stay_where_they_are():
    back = through([wire.Object(3, 'Net')])[0]
    assert (back.number, back.kind) == (3, 'Net')


@pytest.mark.parametrize(
    'value', [object(), b'bytes', {1, 2}, np.array([object()]), np.array(['text']), 1j]
)
def test_what_is_neither_array_nor_json_is_refused(value):
    with pytest.raises(TypeError):
        wire.dumps([value])


@pytest.mark.parametrize(
    'data',
    [
        b'',
        b'{',
        b'\xff',
        b'[' * 100_000,
        b'{"__array__": 3}',
        b'{"__array__": ["object", [1]]}',
        b'{"__array__": ["float32", [9]]}',
        b'{"__array__": ["float32", [-1]]}',
        b'{"__array__": ["float32", [1.0]]}',
        b'{"__array__": ["float32", [true]]}',
        b'{"__array__": ["uint8", [3]]}',
        b'{"__array__": ["uint8", [5]]}',
        b'{"__array__": ["uint8", [1, 3, 0]]}',
        b'{"__array__": ["uint8", [0, 1000000000000000000000]]}',
        b'{"__array__": ["uint8", "4"]}',
        b'{"__array__": ["uint8", [' + b'1,' * 40 + b'4]]}',
        b'[{"__array__": ["uint8", [4]]}, {"__array__": ["uint8", [4]]}]',
        b'{"__object__": ["x", 3]}',
        b'{"__object__": 3}',
    ],
)
def test_bad_bytes_are_one_kind_of_error(data):
    with pytest.raises(wire.WireError):
        wire.loads(frame(data, b'four'))


def frame(text, arrays=b''):
    sizes = [len(part).to_bytes(4, 'big') for part in (text, arrays)]
    return b''.join([*sizes, text, arrays])


@pytest.mark.parametrize('sizes', [(2**31, 0), (9, 2**31), (2**20 + 1, 0)])
def test_a_frame_above_the_limits_is_not_read(sizes):
    with pytest.raises(wire.WireError, match='at most'):
        wire.lengths(b''.join(size.to_bytes(4, 'big') for size in sizes))


def test_a_value_above_the_limits_says_so_in_its_frame():
    for value, kind in ((['x'] * 10**6, 'text'), (np.zeros(10**7), 'arrays')):
        with pytest.raises(wire.WireError, match=f'{kind} of .* at most'):
            wire.loads(wire.dumps(value))


@pytest.mark.parametrize('order', '<>=')
@pytest.mark.parametrize('kind', ['f4', 'f8', 'i4', 'u2', 'u8', 'f2'])
def test_any_order_of_bytes_is_the_same_number(order, kind):
    array = np.arange(6, dtype=order + kind).reshape(2, 3)
    back = through([array, np.asfortranarray(array), array[:, ::2]])
    for found, want in zip(back, [array, array, array[:, ::2]], strict=True):
        np.testing.assert_array_equal(found, want)
        assert found.dtype.isnative


def test_long_doubles_become_doubles():
    assert through(np.longdouble(1.5)) == 1.5


def test_nothing_is_a_python_object():
    text = json.dumps({'__reduce__': ['os.system', ['true']], '__class__': 'x'})
    assert wire.loads(frame(text.encode())) == json.loads(text)
