"""What grader and sandbox say to each other: JSON and arrays in frames of bytes.

A frame is two lengths of four bytes each, then so much JSON, then the bytes of arrays,
one after the other. In the JSON an array is `{"__array__": [dtype, shape]}`; nothing
that is read is ever run. JSON becomes a hundred times as large as it is when it is
read, so that there is little of it: what is large is an array.
"""

import json
import math

import numpy as np

DTYPES = (
    'bool',
    'uint8',
    'uint16',
    'uint32',
    'uint64',
    'int8',
    'int16',
    'int32',
    'int64',
    'float16',
    'float32',
    'float64',
)
HEADER = 8
TEXT = 2**20  # bytes of JSON in one frame, at most
LIMIT = 16 * 2**20  # bytes of its arrays, at most
ARRAY, TENSOR, OBJECT = '__array__', '__tensor__', '__object__'


class WireError(Exception):
    """Bytes that are no frame of this protocol."""


class Raised(Exception):
    """The student's code raised an error; the text is the student side's word."""


class Ended(Exception):
    """The student's process is over; the text says why, in a sentence."""


class Tensor:
    """An array that shall become a tensor of the framework on the other side."""

    def __init__(self, array):
        self.array = np.asarray(array)


class Object:
    """Something that stays on the other side; `kind` is its class, by name."""

    def __init__(self, number, kind):
        self.number, self.kind = number, kind


def dumps(value):
    """The frame that holds `value`: JSON values, arrays, Tensors and Objects.

    Raises TypeError for anything else.
    """
    arrays = []
    text = json.dumps(_pack(value, arrays)).encode()
    sizes = len(text), sum(map(len, arrays))
    header = b''.join(min(size, 2**32 - 1).to_bytes(4, 'big') for size in sizes)
    return b''.join([header, text, *arrays])


def lengths(header):
    """How many bytes of JSON and of arrays follow `header`; WireError if too many."""
    sizes = [int.from_bytes(header[at : at + 4], 'big') for at in (0, 4)]
    for size, limit, kind in zip(sizes, (TEXT, LIMIT), ('text', 'arrays'), strict=True):
        if size > limit:
            raise WireError(f'{kind} of {size:,} bytes; {limit:,} at most')
    return sizes


def loads(frame):
    """The value in a whole frame; WireError where it holds none."""
    text, arrays = lengths(frame[:HEADER])
    begin = HEADER + text
    if len(frame) != begin + arrays:
        raise WireError('an answer of another length than it says')
    try:
        data = Reader(frame[begin:])
        value = _unpack(json.loads(frame[HEADER:begin]), data)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise WireError(f'an answer that is no JSON of the protocol: {error}') from None
    if data.left:
        raise WireError('more bytes than its arrays have')
    return value


class Reader:
    """Bytes that are taken from the front."""

    def __init__(self, data):
        self.data, self.at = memoryview(data), 0

    @property
    def left(self):
        return len(self.data) - self.at

    def take(self, count):
        """The next `count` bytes; ValueError where there are not so many."""
        if count > self.left:
            raise ValueError(f'{self.left} bytes for an array of {count}')
        self.at += count
        return self.data[self.at - count : self.at]


def opened(data):
    """What the frame of an answer holds; Raised where the student's code raised."""
    match loads(data):
        case [True, value]:
            return value
        case [False, str() as message]:
            raise Raised(message[:600])
    raise WireError('an answer that neither holds a value nor says what was raised')


def read(stream):
    """The next value of a binary stream that blocks; EOFError at its end."""
    header = stream.read(HEADER)
    if len(header) < HEADER:
        raise EOFError
    return loads(header + stream.read(sum(lengths(header))))


def _pack(value, arrays):
    if isinstance(value, np.generic | np.ndarray):
        return {ARRAY: _packed_array(value, arrays)}
    if isinstance(value, Tensor):
        return {TENSOR: _packed_array(value.array, arrays)}
    if isinstance(value, Object):
        return {OBJECT: [value.number, value.kind]}
    if isinstance(value, dict):
        return {str(key): _pack(item, arrays) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_pack(item, arrays) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f'{type(value).__name__} is neither an array nor JSON')


def _packed_array(array, arrays):
    array = np.asarray(array)
    if array.dtype == np.longdouble:
        array = array.astype(np.float64)
    if array.dtype.name not in DTYPES:
        raise TypeError(f'an array of {array.dtype.name} is not exchanged')
    little = np.ascontiguousarray(array, array.dtype.newbyteorder('<'))
    arrays.append(little.tobytes())
    return [array.dtype.name, list(array.shape)]


def _unpack(value, data):
    if isinstance(value, list):
        return [_unpack(item, data) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        if ARRAY in value:
            return _array(value[ARRAY], data)
        if TENSOR in value:
            return Tensor(_array(value[TENSOR], data))
        if OBJECT in value:
            number, kind = value[OBJECT]
            return Object(int(number), str(kind))
    return {key: _unpack(item, data) for key, item in value.items()}


def _array(packed, data):
    dtype, shape = packed
    whole = isinstance(shape, list) and all(type(n) is int and n >= 0 for n in shape)
    if dtype not in DTYPES or not whole or len(shape) > 32:
        raise ValueError(f'an array of {str(dtype)[:40]!r}, {str(shape)[:80]}')
    dtype = np.dtype(dtype)
    part = data.take(math.prod(shape) * dtype.itemsize)
    little = np.frombuffer(part, dtype.newbyteorder('<'))
    return little.astype(dtype).reshape(shape)
