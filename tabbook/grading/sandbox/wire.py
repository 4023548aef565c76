"""What grader and sandbox say to each other: JSON and arrays in frames of bytes.

A frame is its length in eight bytes and then JSON. An array travels as
`{"__array__": [dtype, shape, base64]}`; nothing that is read is ever run.
"""

import base64
import binascii
import json
import math

import numpy as np

DTYPES = (
    'bool',
    'uint8',
    'int8',
    'int16',
    'int32',
    'int64',
    'float16',
    'float32',
    'float64',
)
HEADER = 8
LIMIT = 64 * 2**20  # bytes of one frame
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
    data = json.dumps(_pack(value)).encode()
    return len(data).to_bytes(HEADER, 'big') + data


def length(header, limit=LIMIT):
    """How many bytes follow the eight of `header`; WireError above `limit`."""
    count = int.from_bytes(header, 'big')
    if count > limit:
        raise WireError(f'an answer of {count:,} bytes; {limit:,} at most')
    return count


def loads(data):
    """The value in the bytes after a header; WireError where they hold none."""
    try:
        return _unpack(json.loads(data))
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise WireError(f'an answer that is no JSON of the protocol: {error}') from None


def opened(data):
    """What the bytes of an answer hold; Raised where the student's code raised."""
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
    return loads(stream.read(length(header)))


def _pack(value):
    if isinstance(value, np.generic | np.ndarray):
        return {ARRAY: _packed_array(value)}
    if isinstance(value, Tensor):
        return {TENSOR: _packed_array(value.array)}
    if isinstance(value, Object):
        return {OBJECT: [value.number, value.kind]}
    if isinstance(value, dict):
        return {str(key): _pack(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_pack(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f'{type(value).__name__} is neither an array nor JSON')


def _packed_array(array):
    array = np.asarray(array)
    if array.dtype.name not in DTYPES:
        raise TypeError(f'an array of {array.dtype.name} is not exchanged')
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return [array.dtype.name, list(array.shape), data]


def _unpack(value):
    if isinstance(value, list):
        return [_unpack(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        if ARRAY in value:
            return _array(value[ARRAY])
        if TENSOR in value:
            return Tensor(_array(value[TENSOR]))
        if OBJECT in value:
            number, kind = value[OBJECT]
            return Object(int(number), str(kind))
    return {key: _unpack(item) for key, item in value.items()}


def _array(packed):
    dtype, shape, data = packed
    if dtype not in DTYPES or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f'an array of {dtype!r}, {shape!r}')
    try:
        array = np.frombuffer(base64.b64decode(data, validate=True), dtype)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if len(shape) > 32 or array.size != math.prod(shape):
        raise ValueError(f'{array.size} numbers for the shape {shape}')
    return array.reshape(shape).copy()
