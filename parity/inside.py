"""What a framework's own process does when it is asked through `workers.py`.

Every function takes the Side first, then plain values and NumPy arrays: images come
as (N, C, H, W), tensors go out in canonical names and layout.
"""

import contextlib
import importlib
import io
import itertools
import os
import sys
import tempfile
import types
from pathlib import Path

import numpy as np

from d2l_shim import core, report
from d2l_shim.framework import FRAMEWORKS
from tabbook.text.parse import Library
from tabbook.text.split import foundations

ROOT = Path(__file__).resolve().parents[1]


class Side:
    """One framework: its shim as `d2l`, its Adapter, and the classes of sections.

    `notebooks` is the folder that holds the sections.
    """

    def __init__(self, tab, notebooks=ROOT / 'notebooks'):
        self.tab, self.notebooks = tab, notebooks
        self.d2l = importlib.import_module(FRAMEWORKS[tab].shim)
        self.framework = self.d2l.framework
        self.nhwc = self.framework.layout == 'NHWC'
        self.sections = {}

    @property
    def book(self):
        """The classes of the section on DenseNet, as a module."""
        return self.section('densenet')

    def section(self, name):
        """The classes of the section `name`, as a module."""
        if name not in self.sections:
            self.define(name=name)
        return self.sections[name]

    def define(self, edit=lambda source: source, name='densenet'):
        """Run a section's imports and classes, after `edit` of their source."""
        module = types.ModuleType(f'{name.replace("/", "_")}_{self.tab}')
        module = sys.modules.setdefault(module.__name__, module)
        self.sections[name] = module
        library = Library(self.notebooks)
        for source in foundations(library[name], self.tab, library):
            exec(edit(source), vars(module))

    def model(self, model='densenet.DenseNet', **arguments):
        """Return a new model: `model` is a section and a class in it."""
        section, _, name = model.rpartition('.')
        return getattr(self.section(section), name)(**arguments)

    def images(self, X):
        """Turn (N, C, H, W) into what the framework takes."""
        X = np.ascontiguousarray(np.moveaxis(X, 1, -1) if self.nhwc else X)
        return self.d2l.FashionMNIST.convert(None, X, np.zeros(0, np.int32))[0]

    def batch(self, X, y):
        return self.images(X), self.d2l.FashionMNIST.convert(
            None, np.zeros(0, np.float32), y.astype(np.int32)
        )[1]

    def trainer(self, **options):
        return self.d2l.Trainer(max_epochs=1, **options)

    def named(self, model, trainer):
        """Return the trained model's canonical tensors, {name: ndarray}."""
        trainer.finish(model, trainer.state)
        return self.framework.numbers(model)

    def load(self, model, weights):
        """Load `weights`, the bytes of a file, into `model`."""
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, 'weights').write_bytes(weights)
            self.d2l.load_weights(model, Path(folder, 'weights'))


def own(side):
    """Return what the framework does by its own defaults, a module of functions."""
    return importlib.import_module(f'parity.own_{side.tab}')


def begin(side, config, X, y, weights=None, **options):
    """Return (model, trainer, batch) ready for a step; `config` is for `Side.model`."""
    model, batch = side.model(**config), side.batch(X, y)
    trainer = side.trainer(**options)
    if weights is not None:
        if trainer.precision == 'float64':  # a model takes it from its first start
            trainer.start(model, batch)
        side.load(model, weights)
    trainer.state = trainer.start(model, batch)
    return model, trainer, placed(trainer, batch)


def placed(trainer, batch):
    """Return a batch as a Trainer places it in its thread."""
    with trainer.scope():
        return trainer.place(batch)


def look(side, notebooks):
    """Take sections from the folder `notebooks` from now on."""
    side.notebooks = notebooks
    side.sections.clear()


def starting_tensors(side, config, X, y, seed=0):
    """Return the canonical tensors that a new model starts from."""
    model, trainer, _ = begin(side, config, X, y, seed=seed)
    return side.named(model, trainer)


def one_step(side, config, X, y, weights=None, **options):
    """Take one step at a learning rate of 1, so that before - after is the gradient.

    Returns the loss, the tensors before and after, and the logits in evaluation.
    """
    return steps(side, config, [(X, y)], weights, lr=1.0, **options)


def steps(side, config, batches, weights=None, lr=0.125, **options):
    """Take an SGD step on each of `batches`; return what parity compares.

    `losses` of all steps; the tensors before (`before`), after an evaluation
    (`still`) and after the first step (`after`); the untrained logits of the first
    batch in evaluation mode (`evaluated`).
    """
    model, trainer, batch = begin(
        side, {**config, 'lr': lr}, *batches[0], weights, **options
    )
    return step_all(side, model, trainer, batch, batches)


def step_all(side, model, trainer, batch, batches):
    """Take what `begin` returned through the steps on `batches`; tell as `steps`."""
    told = {'before': side.named(model, trainer), 'losses': []}
    told['evaluated'] = trainer.predict(batch[0])
    told['still'] = side.named(model, trainer)
    for X, y in batches:
        batch = placed(trainer, side.batch(X, y))
        trainer.state, sums = trainer.train_step(trainer.state, batch)
        told['losses'].append(report.means(sums)[0])
        if 'after' not in told:
            told['after'] = side.named(model, trainer)
    return told


def outputs(side, config, X, y, weights=None, **options):
    """Return the logits in training mode, which use the batch's own statistics."""
    return trained(side, *begin(side, config, X, y, weights, **options))


def trained(side, model, trainer, batch):
    """Return the logits in training mode of what `begin` returned."""
    trainer.finish(model, trainer.state)
    with trainer.scope():
        return side.framework.numpy(side.framework.forward(model, batch[0], True))


def run(side, config, batches, weights, lr=0.125, **options):
    """Return what `steps` tells, and the logits in training mode (`trained`).

    `batches` are given as (X, y), or as what `first_batches` of the framework's own
    loader takes.
    """
    if isinstance(batches, dict):
        batches = first_batches(side, **batches)
    config = {**config, 'lr': lr}
    model, trainer, batch = begin(side, config, *batches[0], weights, **options)
    told = step_all(side, model, trainer, batch, batches)
    side.load(model, weights)
    trainer.state = trainer.start(model, batch)
    return {**told, 'trained': trained(side, model, trainer, batch)}


class Made(core.DataModule):
    """Images and labels in memory; Ctrl-C may strike at batch `stop` of all."""

    def __init__(self, side, X, y, batch_size, stop=None):
        self.side, self.X, self.y = side, X, y
        self.batch_size, self.stop, self.given = batch_size, stop, 0

    def get_dataloader(self, train):
        return Batches(self, train)


class Batches:
    def __init__(self, data, train):
        self.data, self.train, self.num_examples = data, train, len(data.y)

    def __len__(self):
        return -(-len(self.data.y) // self.data.batch_size)

    def __iter__(self):
        data, step = self.data, self.data.batch_size
        for i in range(0, len(data.y), step):
            data.given += self.train
            if self.train and data.stop and data.given > data.stop:
                raise KeyboardInterrupt
            yield data.side.batch(data.X[i : i + step], data.y[i : i + step])


def fit(side, config, X, y, batch_size, max_epochs=1, stop=None, num_gpus=0, **options):
    """Train a new DenseNet; return what was printed, the History and more."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        model = side.model(**config)
        data = Made(side, X, y, batch_size, stop)
        trainer = side.d2l.Trainer(max_epochs, num_gpus, **options)
        with profile('full'):
            history = trainer.fit(model, data)
    after = side.named(model, trainer)
    return {
        'printed': printed.getvalue(),
        'first_loss': history.first_loss,
        **history.columns(),
        'tensors': after,
        'validated': report.means(trainer._evaluate(trainer._batches(data)[1]))[:2],
        'logits': trainer.predict(side.images(X)),
    }


@contextlib.contextmanager
def profile(name):
    before = os.environ.get('D2L_PROFILE', '')
    os.environ['D2L_PROFILE'] = name
    try:
        yield
    finally:
        os.environ['D2L_PROFILE'] = before


def weight_file(side, config, X, y, weights=None, seed=0):
    """Return the bytes of a weight file of a new model, or of one with `weights`."""
    model, _, _ = begin(side, config, X, y, weights, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        side.d2l.save_weights(model, Path(folder, 'weights'))
        return Path(folder, 'weights').read_bytes()


def first_batches(side, n, batch_size, resize, profile_name='smoke'):
    """Return the first `n` batches of Fashion-MNIST as (N, C, H, W), labels."""
    with profile(profile_name):
        loader = side.d2l.FashionMNIST(batch_size, resize).train_dataloader()
    batches = [
        tuple(map(side.framework.numpy, batch)) for batch in itertools.islice(loader, n)
    ]
    return [(np.moveaxis(X, -1, 1) if side.nhwc else X, y) for X, y in batches]


def gpus(side):
    return side.d2l.num_gpus()


def fit_twice(side, config, X, y):
    """Return the training losses of one Trainer that fits twice for an epoch."""
    model, data = side.model(**config), Made(side, X, y, len(y))
    trainer = side.trainer()
    return [trainer.fit(model, data).train_loss[0] for _ in range(2)]


def compilations(side, config, X, y):
    """Return how many programs JAX made of the training step in three steps."""
    _, trainer, batch = begin(side, config, X, y)
    for _ in range(3):
        trainer.state, _ = trainer.train_step(trainer.state, batch)
    return trainer._train._cache_size()


def precisions(side):
    return side.d2l.Trainer.precisions


def refused(side, **options):
    """Return what `Trainer` says to options that it does not take."""
    try:
        side.trainer(**options)
    except ValueError as error:
        return str(error)
