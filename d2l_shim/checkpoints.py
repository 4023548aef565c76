"""Reads the files in which other libraries keep weights: {'layer.tensor': ndarray}.

A file is known by its first bytes. PyTorch's are read by PyTorch, with nothing but
tensors let in; HDF5 by h5py; MXNet's own format by the few lines below.
"""

import importlib
import pickle
import re
import struct
import sys
import zipfile

import numpy as np

from d2l_shim.weights import KEY, WeightsError, explained

LIST, V1, V2, V3 = 0x112, 0xF993FAC8, 0xF993FAC9, 0xF993FACA  # MXNet's
AROUND = r'^((module|_orig_mod)\.)+'  # names of PyTorch's networks around another
MXNET = ('<f4', '<f8', '<f2', 'u1', '<i4', 'i1', '<i8')  # its kinds of numbers


def read(path):
    """Return (the source's name, {own name: ndarray}) of a checkpoint.

    Raises WeightsError for what is none, or needs a package that is missing.
    """
    sentence = f'convert: {path} cannot be read'
    with explained(sentence, 'give a checkpoint of torchvision, Keras or Gluon'):
        with open(path, 'rb') as file:
            head = file.read(9)
        for is_it, source, reader in KINDS:
            if is_it(head):
                return source, reader(path)
    raise WeightsError(
        f'convert: {path} is no checkpoint of torchvision (.pth, .safetensors), of '
        'Keras (.h5) or of Gluon (.params).'
    )


def needed(package, path):
    """Import a package that reading `path` needs, or say that it is missing."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise WeightsError(
            f'convert: reading {path} needs {package}, which is not installed; '
            f'{sys.executable} -m pip install {package} brings it.'
        ) from error


def zipped(path):
    """Read a zip, which PyTorch's files are since 2020, or say what else it is."""
    with zipfile.ZipFile(path) as file:
        names = file.namelist()
    if any(name.endswith('data.pkl') for name in names):
        return torchs(path)
    if 'model.weights.h5' in names:
        raise WeightsError(
            f'convert: {path} is a whole model of Keras; write its weights alone, with '
            "model.save_weights('net.weights.h5')."
        )
    raise WeightsError(
        f'convert: {path} is a zip with {next(iter(names), "nothing")} in it; unpack '
        'it first.'
    )


def torchs(path):
    """Read a state dict that `torch.save` wrote, by itself or under 'state_dict'."""
    torch = needed('torch', path)
    try:
        found = torch.load(path, map_location='cpu', weights_only=True)
    except pickle.UnpicklingError as error:  # it would advise to run what is in there
        raise WeightsError(
            f'convert: {path} holds more than tensors, or is damaged; save the state '
            'dict alone, with torch.save(net.state_dict(), path).'
        ) from error
    if isinstance(found, dict) and has_tensors(found.get('state_dict'), torch):
        found = found['state_dict']
    if not has_tensors(found, torch):
        raise WeightsError(f'convert: {path} {without_tensors(path, found, torch)}')
    return state_dict({name: array(tensor) for name, tensor in found.items()})


def has_tensors(found, torch):
    """Whether this is a state dict: names and tensors, and nothing else."""
    return isinstance(found, dict) and all(
        isinstance(name, str) and isinstance(tensor, torch.Tensor)
        for name, tensor in found.items()
    )


def without_tensors(path, found, torch):
    """Return where in `found` a state dict is, or that there is none."""
    what = f'an object of class {type(found).__name__}'
    if isinstance(found, dict):
        for key, value in found.items():
            if has_tensors(value, torch) and value:
                return (
                    f'has its state dict under {key!r}; torch.save(torch.load('
                    f"'{path}')[{key!r}], 'weights.pth') takes it out."
                )
        key = next(key for key in found if not has_tensors({key: found[key]}, torch))
        what = f'a dict in which {key!r} is not the name of a tensor'
    return (
        f'holds no state dict but {what}; save one with torch.save(net.state_dict(), '
        'path).'
    )


def array(tensor):
    """Return a tensor of PyTorch as an ndarray, half precision as float32."""
    small = tensor.is_floating_point() and tensor.element_size() < 4
    return (tensor.float() if small else tensor).detach().numpy()


def state_dict(tensors):
    """Rename what torchvision called `norm.1` until 2018, as its files still do.

    What DataParallel and torch.compile put before each name goes.
    """
    bare = {re.sub(AROUND, '', name): array for name, array in tensors.items()}
    return {
        re.sub(r'\.(norm|conv)\.([12])\.', r'.\1\2.', name): array
        for name, array in bare.items()
        if not name.endswith('.num_batches_tracked')
    }


def safetensors(path):
    """Read a state dict in the format safetensors, which the book's own files have."""
    from safetensors import safe_open

    with safe_open(path, 'numpy') as file:
        if KEY in (file.metadata() or {}):
            raise WeightsError(
                f'convert: {path} is a weight file of this book; load_weights takes '
                'it as it is.'
            )
        names = file.keys()
        for name in names:
            kind = file.get_slice(name).get_dtype()
            if kind.startswith(('BF', 'F4', 'F6_', 'F8_')):  # NumPy has none
                raise WeightsError(
                    f'convert: in {path} {name} holds {kind} numbers; save it as F32, '
                    'with .float() in PyTorch.'
                )
        return state_dict({name: file.get_tensor(name) for name in names})


def hdf5(path):
    """Read Keras's HDF5: weights, or a whole model; of Keras 3 or older."""
    h5py, found = needed('h5py', path), {}

    def visit(name, group):
        if 'weight_names' in group.attrs:  # .h5
            layer = keras_name(name)
            for weight in map(text, group.attrs['weight_names']):
                tensor = weight.rpartition('/')[2].partition(':')[0]
                found[f'{layer}.{tensor}'] = group[weight][()]
        elif 'name' in group.attrs and name.endswith('/vars'):  # .weights.h5
            kind = ORDERS.get(len(group), range(len(group)))
            for i, tensor in enumerate(kind):
                full = f'{keras_name(text(group.attrs["name"]))}.{tensor}'
                found[full] = group[str(i)][()]

    with h5py.File(path) as file:
        file.get('model_weights', file).visititems(visit)
    return found


ORDERS = {
    1: ('kernel',),
    2: ('kernel', 'bias'),
    4: ('gamma', 'beta', 'moving_mean', 'moving_variance'),
}


def text(name):
    return name.decode() if isinstance(name, bytes) else str(name)


def keras_name(name):
    """Return today's name of a layer; the published files have those of 2018."""
    return 'predictions' if name == 'fc1000' else name.replace('/', '_')


def params(path):
    """Read MXNet's list of arrays, as Gluon or a symbol saved it."""
    with open(path, 'rb') as file:
        file.read(16)
        (number,) = unpack(file, 'Q')
        arrays = [ndarray(file) for _ in range(number)]
        (number,) = unpack(file, 'Q')
        names = [file.read(*unpack(file, 'Q')).decode() for _ in range(number)]
    ends = r'_(weight|bias|gamma|beta|running_mean|running_var)$'
    before = r'^((arg|aux):)?(densenet\d+_)?'  # of a symbol, and of a whole net
    return {
        re.sub(ends, r'.\1', re.sub(before, '', name)): array
        for name, array in zip(names, arrays, strict=True)
    }


def unpack(file, kinds):
    return struct.unpack(f'<{kinds}', file.read(struct.calcsize(f'<{kinds}')))


def ndarray(file):
    """Read one array of MXNet; each change of the format has a number of its own."""
    (version,) = unpack(file, 'I')
    if version in (V2, V3) and unpack(file, 'i') != (0,):
        raise ValueError('it holds a sparse array')
    ndim = unpack(file, 'I')[0] if version in (V1, V2, V3) else version
    shape = unpack(file, f'{ndim}{"I" if ndim == version else "q"}')
    _, _, kind = unpack(file, '3i')  # after the device
    dtype = np.dtype(MXNET[kind])
    size = int(np.prod(shape)) * dtype.itemsize
    return np.frombuffer(file.read(size), dtype).reshape(shape)


KINDS = (  # (whether these are its first 9 bytes, source, reader)
    (lambda head: head[:4] == b'\x89HDF', 'keras', hdf5),
    (lambda head: head[:8] == struct.pack('<Q', LIST), 'gluon', params),
    (lambda head: head[:2] == b'PK', 'torchvision', zipped),
    (lambda head: head[:2] == b'\x80\x02', 'torchvision', torchs),
    (lambda head: head[8:] == b'{', 'torchvision', safetensors),
)
