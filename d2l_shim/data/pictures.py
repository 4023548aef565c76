"""A picture in a file, prepared for published weights with their library's functions.

All three give red, green and blue between 0 and 1, less MEAN, divided by STD, which
are those of ImageNet; they differ in how they come to 224 x 224 pixels. torchvision
alone publishes that with its weights. For Keras and Gluon it is a common way.
"""

import os
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from d2l_shim.data.fashion_mnist import resize_bilinear
from d2l_shim.weights import explained

SIZE = 224
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
LONGEST = 100  # times the shorter side


class PictureError(ValueError):
    """A picture that cannot be read; a source that there is not."""


class Preparation(NamedTuple):
    """How to come from a picture to SIZE x SIZE pixels for the weights of a library.

    `resize(picture, (width, height))` returns (height, width, 3). The `shorter` side
    gets a size and the longer follows, then the middle is cut out, from a pixel that
    `begin` rounds; without it both sides get SIZE.
    """

    resize: Callable
    shorter: int | None = None
    begin: Callable[[float], int] = int


def smooth(picture, size):
    """Resize as Pillow's bilinear filter does, which smoothes what gets smaller."""
    return np.asarray(picture.resize(size, 2))


def nearest(picture, size):
    """Resize by taking the nearest pixel."""
    return np.asarray(picture.resize(size, 0))


def plain(picture, size):
    """Resize bilinearly without smoothing, as OpenCV does, to whole numbers."""
    X = np.moveaxis(np.asarray(picture), -1, 0)
    return np.moveaxis(np.rint(resize_bilinear(X, size[::-1])), 0, -1)


SOURCES = {
    # Published with the weights, the sizes too:
    # torchvision.models.DenseNet121_Weights.IMAGENET1K_V1.transforms()
    'torchvision': Preparation(smooth, 256, round),
    # Common, with the library's functions and their defaults, but not published with
    # the weights: load_img(path, target_size=(224, 224)) of keras.utils
    'keras': Preparation(nearest),
    # and Resize(256, keep_ratio=True), CenterCrop(224) of gluon.data.vision.transforms
    'gluon': Preparation(plain, 256),
}


def prepared(path, source):
    """Return the picture in the file `path` as (3, SIZE, SIZE), float32."""
    if not isinstance(source, str) or source not in SOURCES:
        raise PictureError(
            f'read_picture: there is no source {source!r}; there are '
            f'{", ".join(SOURCES)}.'
        )
    if not isinstance(path, str | os.PathLike):
        raise PictureError(
            f'read_picture: the path of a file is needed, not {type(path).__name__}; '
            'save the picture to a file first.'
        )
    X = resized(coloured(path), SOURCES[source]).astype(np.float32) / 255
    mean, std = np.array([MEAN, STD], np.float32)
    return np.moveaxis((X - mean) / std, -1, 0)


def coloured(path):
    """Return the picture in a file as Pillow's, in colours of 8 bits."""
    from PIL import Image  # comes with matplotlib

    remedy = 'give the path of a whole picture of a usual size, in PNG or JPEG'
    with (
        explained(f'read_picture: {path} cannot be read', remedy, PictureError),
        Image.open(path) as file,
    ):
        check(path, file)
        return file.convert('RGB')


def check(path, file):
    """Raise PictureError for a picture that would turn white, or fill the memory."""
    width, height = file.size
    if file.mode.startswith(('I', 'F')):  # convert() makes all above 255 white
        raise PictureError(
            f'read_picture: {path} is grey in more than 8 bits (mode {file.mode}); '
            'save it in 8 bits.'
        )
    if max(file.size) > LONGEST * min(file.size):
        raise PictureError(
            f'read_picture: {path} is {width} x {height} pixels, too thin to cut a '
            'square from; cut out a part that is less long.'
        )


def resized(picture, how):
    """Return a picture of Pillow's as (SIZE, SIZE, 3)."""
    if how.shorter is None:
        return how.resize(picture, (SIZE, SIZE))
    short = min(picture.size)
    width, height = (how.shorter * n // short for n in picture.size)
    top, left = (how.begin((n - SIZE) / 2) for n in (height, width))
    whole = how.resize(picture, (width, height))
    return whole[top : top + SIZE, left : left + SIZE]


def offered(Data):
    """Return `read_picture` of a framework, with the layout and arrays of `Data`."""

    def read_picture(path, source='torchvision'):
        """Return the picture in a file as a batch of one, for weights of `source`.

        `source` is 'torchvision', 'keras' or 'gluon': each resizes in a way of its own.
        torchvision publishes its way with the weights, and the others' are common ways.
        Raises PictureError for what is no picture and for another source.
        """
        X = prepared(path, source)[None]
        if Data.layout == 'NHWC':
            X = np.moveaxis(X, 1, -1)
        return Data.convert(None, np.ascontiguousarray(X), np.zeros(0, np.int32))[0]

    return read_picture
