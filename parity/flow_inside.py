"""What parity.flow asks of PyTorch's own process."""

import contextlib

import numpy as np
import torch

from parity.inside import profile

PICTURES = 512


def reuse(side):
    """Return a row for each reader of each block and each source that it reads.

    Everything in float64, over the first 512 test pictures. The row of reader 'all' has
    one layer's maps taken from all its readers; that of source 'none' takes nothing.
    `error` is the standard error of the mean over pictures of how much a loss rises,
    `apart` that of how far it then is from the reader's loss without source 0.
    """
    parts, X, y = published(side)
    whole = losses(read(parts, X), y)
    rows = [line(0, 'none', 'none', read(parts, X), y, whole)]
    for block in range(4):
        at = 1 + 2 * block  # stem, block, transition, block, ...
        seen = read(parts[:at], X)
        readers = [*parts[at].net, parts[at + 1]]
        for reader, layer in enumerate(readers, 1):
            for source in range(reader):
                sizes = sized(layer, reader, source)
                with without({reader: layer}, source):
                    logits = read(parts[at:], seen)
                if source == 0:
                    first = losses(logits, y)
                told = line(block + 1, reader, source, logits, y, whole)
                apart = error(losses(logits, y) - first)
                rows.append({**told, **sizes, 'apart': apart})
        for source in range(5):
            later = dict(enumerate(readers[source:], source + 1))
            with without(later, source):
                logits = read(parts[at:], seen)
            rows.append(line(block + 1, 'all', source, logits, y, whole))
        print('block', block + 1, 'done', flush=True)
    return rows


def published(side):
    """Return the parts of the trained network, pictures and labels, in float64."""
    model = side.model()
    path = side.d2l.reference_weights('densenet')
    side.d2l.load_weights(model, path)
    model.double().eval()
    with profile('full'):
        data = side.d2l.FashionMNIST(batch_size=PICTURES, resize=(96, 96))
        X, y = next(iter(data.first(PICTURES)))
    return list(model.net), X.double(), y.long()


def read(parts, X):
    """Return what `parts` make of X."""
    with torch.no_grad():
        for part in parts:
            X = part(X)
    return X


def losses(logits, y):
    return torch.nn.functional.cross_entropy(logits, y, reduction='none')


def error(differences):
    """Return the standard error of the mean of one number a picture."""
    return float(differences.std() / len(differences) ** 0.5)


def line(block, reader, source, logits, y, whole):
    """Return the loss of the logits without a source, and how many are right.

    `whole` are the losses of the pictures if every reader reads all its sources.
    """
    found = losses(logits, y)
    return {
        'block': block,
        'reader': reader,
        'source': source,
        'weight': '',
        'scaled': '',
        'loss': float(found.mean()),
        'error': error(found - whole),
        'apart': '',
        'right': int((logits.argmax(1) == y).sum()),
    }


def kernel(layer):
    """Return (scale of the BatchNorm, weights of the convolution or linear layer)."""
    layers = list(layer.net)
    (weights,) = (
        part.weight
        for part in layers
        if isinstance(part, torch.nn.Conv2d | torch.nn.Linear)
    )
    return layers[0].weight, weights


def columns(inputs, reader, source):
    """Return the channels of source 0 (a block's input) or of layer `source`."""
    first = inputs - 32 * (reader - 1)
    if source == 0:
        return slice(0, first)
    return slice(first + 32 * (source - 1), first + 32 * source)


def sized(layer, reader, source):
    """Return the mean size of the weights that read a source, and with the scale."""
    scale, weights = kernel(layer)
    sizes = weights.detach().abs().reshape(*weights.shape[:2], -1).mean(2)
    scale = scale.detach().abs().numpy()
    here = columns(weights.shape[1], reader, source)
    each = sizes.mean(0).numpy()
    return {
        'weight': float(np.mean(each[here])),
        'scaled': float(np.mean((scale * each)[here])),
    }


@contextlib.contextmanager
def without(pairs, source):
    """Let the readers in `pairs`, {number: reader}, read zeros of a source meanwhile.

    A reader whose columns are zero computes what it would if the source's maps were
    zero after normalization and ReLU.
    """
    kept = []
    with torch.no_grad():
        for reader, layer in pairs.items():
            _, weights = kernel(layer)
            kept.append((weights, weights.clone()))
            weights[:, columns(weights.shape[1], reader, source)] = 0
        yield
        for weights, before in kept:
            weights.copy_(before)


def journey(side, picture=0):
    """Return what becomes of one test picture: every map, and the probabilities.

    {'picture': (96, 96), 'maps': five sources a block, (C, H, W), 'label',
    'probabilities': {name: number}}.
    """
    model = side.model()
    side.d2l.load_weights(model, side.d2l.reference_weights('densenet'))
    model.eval()
    with profile('full'):
        data = side.d2l.FashionMNIST(batch_size=picture + 1, resize=(96, 96))
        X, y = next(iter(data.first(picture + 1)))
    X, parts, found = X[picture:], list(model.net), []
    shown = X[0, 0].numpy()
    for i, part in enumerate(parts):
        X = read([part], X)
        if i % 2 and i < 8:
            cuts = [X.shape[1] - 32 * left for left in (4, 3, 2, 1)]
            found.append(np.split(X[0].numpy(), cuts))
    chances = torch.softmax(X[0], 0).tolist()
    (label,) = data.text_labels(y[picture:])
    return {
        'picture': shown,
        'maps': found,
        'label': label,
        'probabilities': dict(zip(data.names, chances, strict=True)),
    }
