"""What the section on batch normalization does, asked in float64."""

import importlib

import numpy as np

from tabbook.text.parse import Library
from tabbook.text.split import split
from tests.frameworks import FUNCTIONAL

WANTED = ('import ', '%%from', 'class BatchNorm', 'drawn')  # of the page's cells
DOUBLE = {  # a decay that float32, in which MXNet keeps it, holds exactly
    'decay=0.9': 'decay=0.875',
    'decay: float = 0.9': 'decay: float = 0.875',
    'momentum=0.9': 'momentum=0.875',
    'momentum=0.1': 'momentum=0.125',
    "astype('float32')": "astype('float64')",
    'nn.BatchNorm(not training,': 'nn.BatchNorm(not training, param_dtype=float,',
    'own.initialize()': "own.initialize(), own.cast('float64')",
    'layer.initialize()': "layer.initialize(), layer.cast('float64')",
}


def page(side):
    """Run the cells that compare the two layers; return what they define."""
    library, space = Library(side.notebooks), {}
    for cell in split(library['batchnorm'], side.tab, library):
        if any(word in cell.source for word in WANTED):
            source = cell.source
            for old, new in DOUBLE.items():
                source = source.replace(old, new)
            exec(source, space)
    return space


def float64(side):
    """What makes the framework's new layers those of float64."""
    return importlib.import_module(f'tests.frameworks.{side.tab}').float64()


def compared(side):
    """Return what the page compares: lists of arrays, by hand and built in."""
    with float64(side):
        space = page(side)
        return space['by_hand'], space['built_in']


def gradients(side):
    """Return the gradients of both layers in training: at X, at scale and shift."""
    with float64(side):
        space, found = page(side), []
        for layer in (space['own'], space['layer']):
            model = layer(True) if side.tab in FUNCTIONAL else layer
            X, G, *_ = space['batches']
            _, dX, rest = side.framework.gradients(model, X, G, True)
            found.append([side.framework.numpy(dX), *map(np.ravel, rest)])
        return found
