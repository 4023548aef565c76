"""Keras on TensorFlow: `import keras` settles its backend for the whole process."""

import importlib
import os
import sys


def load():
    """Import TensorFlow, and Keras on it; return the two.

    Raises ImportError where Keras has, or is told to take, another backend; it imports
    nothing then, so that the choice can still be changed.
    """
    if keras := sys.modules.get('keras'):
        used, fault = keras.backend.backend(), 'Keras was imported on {!r}'
        remedy = 'set KERAS_BACKEND=tensorflow and start Python anew'
    else:
        used = os.environ.get('KERAS_BACKEND') or 'tensorflow'
        fault = 'KERAS_BACKEND is {!r}'
        remedy = 'set KERAS_BACKEND=tensorflow, or unset it, and import again'
    if used != 'tensorflow':
        raise ImportError(
            f'{fault.format(used)}, but d2l_shim.tensorflow needs Keras '
            f'on TensorFlow: {remedy}.'
        )
    os.environ['KERAS_BACKEND'] = used
    return importlib.import_module('tensorflow'), importlib.import_module('keras')
