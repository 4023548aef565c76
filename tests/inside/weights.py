"""Questions about weight files, answered in a framework's own process."""

import contextlib
import itertools
import os
import tempfile
from pathlib import Path

import numpy as np

from d2l_shim.weights import WeightsError
from parity.inside import begin
from tests.frameworks import written


def save(side, model, variables=None):
    """Return the bytes of the file that `save_weights` writes."""
    options = {} if variables is None else {'variables': variables}
    with tempfile.TemporaryDirectory() as folder:
        side.d2l.save_weights(model, Path(folder, 'weights'), **options)
        assert os.listdir(folder) == ['weights']
        return Path(folder, 'weights').read_bytes()


def train(side, config, X, y, weights=None, steps=1, into_built=False, **options):
    """Take `steps` SGD steps from `weights`; return losses, file and predictions.

    `into_built` loads the file only once the model has numbers, of its precision.
    """
    model, trainer, batch = begin(
        side, config, X, y, None if into_built else weights, **options
    )
    if into_built:
        side.load(model, weights)
        trainer.state = trainer.start(model, batch)
    losses = []
    for _ in range(steps):
        trainer.state, sums = trainer.train_step(trainer.state, batch)
        losses.append(float(sums.loss) / sums.count)
    trainer.finish(model, trainer.state)
    return {
        'losses': losses,
        'file': save(side, model),
        'logits': np.array(trainer.predict(batch[0])),
    }


def loaded(side, config, X, weights, **options):
    """Return what a Trainer predicts that loaded a file and fitted nothing."""
    model, trainer = side.model(**config), side.trainer(**options)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, 'weights').write_bytes(weights)
        trainer.load(model, Path(folder, 'weights'))
    return trainer.predict(side.images(X))


def numbers(side, model):
    """Return what the model holds: {name: ndarray}, empty while it is fresh."""
    found = {
        name: side.framework.numpy(tensor)
        for name, tensor in side.framework.all_tensors(model).items()
    }
    return {name: np.array(x) for name, x in found.items() if x is not None}


def refused_load(side, config, X, y, fresh, path=None, weights=b'', fails_at=None):
    """Return the error of a load, and what the model held before and after.

    With `fails_at` the tensor of that number cannot be set.
    """
    model = side.book.DenseNet(**config)
    if not fresh:
        side.trainer().start(model, side.batch(X, y))
    before = numbers(side, model)
    with failing(side, fails_at):
        return *refusal(side, model, path, weights), before, numbers(side, model)


def refusal(side, model, path=None, weights=b''):
    """Return what `load_weights` says to a path, or to a file of these bytes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, 'weights')
        file.write_bytes(weights)
        try:
            side.d2l.load_weights(model, file if path is None else path)
        except WeightsError as error:
            return (str(error),)
    return ('',)


@contextlib.contextmanager
def failing(side, number):
    """Let the framework refuse the tensor of that `number` inside the context."""
    given = itertools.count()

    def refuse(array):
        if next(given) == number:
            raise MemoryError('out of memory\nand of patience')
        return array

    if number is None:
        yield
    else:
        with written(side).refusing(refuse):
            yield


def refused_save(side, config, X, y, path, fresh=False):
    """Return what `save_weights` says to a path that cannot be written."""
    model = side.book.DenseNet(**config)
    if not fresh:
        side.trainer().start(model, side.batch(X, y))
    try:
        side.d2l.save_weights(model, path)
    except WeightsError as error:
        return str(error)


def flax_variables(side, config, X, y):
    """Save variables made by hand, load them, and save those of another model."""
    import jax

    model, X = side.book.DenseNet(**config), side.images(X)
    made = model.init(jax.random.PRNGKey(1), X)
    told = {'by hand': save(side, model, made)}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, 'weights').write_bytes(told['by hand'])
        model = side.book.DenseNet(**config)
        loaded = side.d2l.load_weights(model, Path(folder, 'weights'))
    told['loaded'], told['latest'] = save(side, model, loaded), save(side, model)
    told['init_cnn'] = save(side, model, side.d2l.init_cnn(model, X))
    wider = side.book.DenseNet(**{**config, 'num_channels': 5})
    try:
        save(side, model, side.d2l.init_cnn(wider, X))
    except WeightsError as error:
        return {**told, 'wrong': str(error)}


def partly_saved(side, weights):
    """Return what a load into a new model says that saved not all its arguments."""

    class Partly(side.book.DenseNet):
        def __init__(self, classes, **config):
            super().__init__(**config)
            self.save_hyperparameters(ignore=['classes'])

    return refusal(side, Partly(10), weights=weights)[0]


def through_two_inputs(side, X, Z, y, weights=None):
    """Return the file that a model of two inputs writes, new or after a load."""
    model, trainer = written(side).two_inputs(), side.trainer(seed=1)
    if weights is not None:
        side.load(model, weights)
        return save(side, model)
    images, labels = side.batch(X, y)
    Z, _ = side.d2l.FashionMNIST.convert(None, Z, y.astype(np.int32))
    trainer.finish(model, trainer.start(model, (images, Z, labels)))
    return save(side, model)


def bfloat16(side, X):
    """Return the file of a PyTorch net in bfloat16, and its first kernel."""
    import torch

    net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3)).bfloat16()
    net.example_shapes = [tuple(X.shape[1:])]
    return save(side, net), net[0].weight.detach().float().numpy()
