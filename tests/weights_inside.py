"""Questions about weight files, answered in a framework's own process."""

import os
import tempfile
from pathlib import Path

import numpy as np
from inside import begin

from d2l_shim.weights import WeightsError


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
        side, config, X, y, None if into_built else weights, **options)
    if into_built:
        load(side, model, trainer, weights)
        trainer.state = trainer.start(model, batch)
    losses = []
    for _ in range(steps):
        trainer.state, (loss, _, count) = trainer.train_step(trainer.state, batch)
        losses.append(float(loss) / count)
    trainer.finish(model, trainer.state)
    return {'losses': losses, 'file': save(side, model),
            'logits': np.array(trainer.predict(batch[0]))}


def load(side, model, trainer, weights):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, 'weights').write_bytes(weights)
        variables = side.d2l.load_weights(model, Path(folder, 'weights'))
    if side.tab == 'jax':
        trainer.variables = variables


def numbers(side, model):
    """Return what the model holds: {name: ndarray}, empty while it is fresh."""
    if side.tab == 'jax':
        latest = getattr(model, 'latest', None) or {}
        flat = side.d2l.flatten_dict(latest)
        return {path: np.array(leaf) for path, leaf in flat.items()}
    return {name: read(side.tab, tensor)
            for name, tensor in side.d2l.all_tensors(model).items()
            if has_numbers(side.tab, tensor)}


def has_numbers(tab, tensor):
    if tab == 'pytorch':
        from torch.nn.parameter import is_lazy
        return not is_lazy(tensor)
    return tab != 'mxnet' or tensor._data is not None


def read(tab, tensor):
    if tab == 'pytorch':
        return tensor.detach().numpy().copy()
    return tensor.numpy() if tab == 'tensorflow' else tensor.data().asnumpy()


def refused_load(side, config, X, y, fresh, path=None, weights=b''):
    """Return the error of a load, and what the model held before and after."""
    model = side.book.DenseNet(**config)
    if not fresh:
        side.trainer().start(model, side.batch(X, y))
    before = numbers(side, model)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, 'weights')
        file.write_bytes(weights)
        try:
            side.d2l.load_weights(model, file if path is None else path)
        except WeightsError as error:
            return str(error), before, numbers(side, model)


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
