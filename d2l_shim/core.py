"""The framework-neutral core: hyperparameters, bases, batches, the one loop."""

import contextlib
import functools
import inspect
import itertools
import sys
import time
from numbers import Integral, Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from d2l_shim.callbacks import History, LivePlot, Progress
from d2l_shim.data.loader import Loader, prefetch
from d2l_shim.plot import as_numpy, names_of
from d2l_shim.profiles import profile
from d2l_shim.report import NOTHING, NotFinite, Report, Sums, add

PRECISIONS = ('float32', 'float64', 'bfloat16')


def add_to_class(Class):
    """Return a decorator that adds a function to `Class` as a method.

    >>> class Model:
    ...     lr = 0.1
    >>> @add_to_class(Model)
    ... def describe(self):
    ...     return f'learning rate {self.lr}'
    >>> Model().describe()
    'learning rate 0.1'
    """

    def wrapper(obj):
        setattr(Class, obj.__name__, obj)
        return obj

    return wrapper


class HyperParameters:
    """Turns the arguments of `__init__` into attributes.

    >>> class Model(HyperParameters):
    ...     def __init__(self, growth_rate=32, lr=0.1):
    ...         self.save_hyperparameters()
    >>> Model(growth_rate=12).growth_rate
    12
    >>> Model(growth_rate=12).hparams
    {'growth_rate': 12, 'lr': 0.1}
    """

    if TYPE_CHECKING:  # which attributes there are, only the running class knows

        def __getattr__(self, name) -> Any: ...

    def save_hyperparameters(self, ignore=()):
        """Save the caller's arguments as attributes and `hparams`, a dict.

        `ignore`, a name or a collection of names, are left out; so is what begins with
        `_`. Raises ValueError for a name that is no argument.
        """
        names, _, keywords, values = inspect.getargvalues(sys._getframe(1))
        found = {name: values[name] for name in names}
        found.update(values[keywords] if keywords else {})
        ignored = names_of(ignore)
        if not keywords and (unknown := [x for x in ignored if x not in found]):
            raise ValueError(
                f'save_hyperparameters: {unknown[0]!r} is no argument to '
                f'ignore; there are: {", ".join(names[1:])}.'
            )
        self.hparams = {
            k: v
            for k, v in found.items()
            if k not in {*ignored, 'self'} and not k.startswith('_')
        }
        for name, value in self.hparams.items():
            setattr(self, name, value)


class Timer:
    """A stopwatch that starts when it is made; `times` are in seconds.

    >>> timer = Timer()
    >>> elapsed = timer.stop()
    >>> timer.times == [elapsed]
    True
    >>> timer.times = [1.5, 0.5]
    >>> timer.sum(), timer.avg(), timer.cumsum()
    (2.0, 1.0, [1.5, 2.0])
    """

    def __init__(self):
        self.times = []
        self.start()

    def start(self):
        """Begin the next time."""
        self.begun = time.perf_counter()

    def stop(self):
        """Record the seconds since `start` and return them."""
        self.times.append(time.perf_counter() - self.begun)
        return self.times[-1]

    def sum(self):
        """Return the seconds in all."""
        return sum(self.times)

    def avg(self):
        """Return the mean of the recorded times."""
        return sum(self.times) / len(self.times)

    def cumsum(self):
        """Return the running totals, one a recorded time."""
        return [sum(self.times[: i + 1]) for i in range(len(self.times))]


class DataModule(HyperParameters):
    """Base of data sets: define `get_dataloader(train)`, which returns a loader.

    >>> class Pairs(DataModule):
    ...     def get_dataloader(self, train):
    ...         return [([1.0], [0])] if train else None
    >>> Pairs().train_dataloader()
    [([1.0], [0])]
    """

    def get_dataloader(self, train):
        raise NotImplementedError(
            f'{type(self).__name__} lacks get_dataloader(train): define it.'
        )

    def train_dataloader(self):
        """Return a loader over the training examples, shuffled anew each epoch."""
        return self.get_dataloader(train=True)

    def val_dataloader(self):
        """Return a loader over the validation examples, in file order."""
        return self.get_dataloader(train=False)


class Module(HyperParameters):
    """Base of models, also a layer of the framework: define `forward` and `loss`.

    `forward(X)` calls `self.net` unless defined. A new model starts from the book's
    numbers at its first call.
    """

    if TYPE_CHECKING:  # the framework's

        def __call__(self, *X, **named) -> Any: ...

    def training_step(self, batch):
        """Return the mean loss over `batch`, (X, ..., y), or (loss, accuracy)."""
        *X, y = batch
        return self.loss(self(*X), y)

    def validation_step(self, batch):
        """Like `training_step`, in evaluation mode."""
        return self.training_step(batch)

    def plot(self, key, value, train):
        """Note the `loss` or `acc` of a step of an older note, which returns nothing.

        The Trainer shows it, as it does what other steps return.
        """
        self.__dict__.setdefault('_told', {})[key] = value

    def layer_summary(self, X_shape):
        """Print each layer's output shape for inputs of `X_shape`, and its parameters.

        `X_shape` counts the examples, too, such as (1, 1, 96, 96). The layers are the
        children of `self.net`; parameters are trainable ones.
        """
        rows = self.summary_rows(X_shape)
        total = sum(row[2] for row in rows)
        rows = [(name, str(tuple(shape)), f'{n:,}') for name, shape, n in rows]
        rows = [('layer', 'output shape', 'parameters'), *rows, ('', '', f'{total:,}')]
        a, b, c = (max(map(len, column)) for column in zip(*rows, strict=True))
        print('\n'.join(f'{x:<{a}}  {y:<{b}}  {z:>{c}}' for x, y, z in rows))


class Classifier(Module):
    """Base of classification models: cross-entropy and accuracy.

    Outputs are logits (N, classes), labels whole numbers (N,).
    """

    def training_step(self, batch):
        """Return (loss, accuracy), both means over `batch`."""
        *X, y = batch
        y_hat = self(*X)
        return self.loss(y_hat, y), self.accuracy(y_hat, y)


def check_labels(y_hat, y):
    """Raise ValueError unless labels `y` are one class for each row of logits."""
    outputs, labels = tuple(y_hat.shape), tuple(y.shape)
    if len(labels) != len(outputs) - 1:
        raise ValueError(
            f'Classifier: labels of shape {labels} do not fit outputs of '
            f'shape {outputs}; give each example the number of its class, '
            f'shape {outputs[:1]}.'
        )


def of_classes(loss):
    """Mark a loss whose labels are the numbers of the classes, from 0 on."""
    loss.of_classes = True
    return loss


def number_of_classes(model, shape):
    """Return how many classes labels may name, or None where steps are one's own.

    `shape` is that of the model's outputs.
    """
    own = getattr(type(model), 'training_step', None) is not Classifier.training_step
    counted = getattr(getattr(model, 'loss', None), 'of_classes', False)
    return shape[-1] if counted and not own and shape and len(shape) == 2 else None


def step_result(model, step, batch) -> Any:
    """Return (loss, accuracy) of the model's method `step`, or None if it tells none.

    A step returns the loss, or (loss, accuracy); older ones return nothing and tell
    `plot`. Without an accuracy it is NaN. Raises TypeError for a list, a
    dict, a tuple of another length, and for nothing where it trains.
    """
    model.__dict__.pop('_told', None)
    result = getattr(model, step)(batch)
    told = model.__dict__.pop('_told', {})
    if result is None and 'loss' in told:
        result = told['loss'], told.get('acc')
    if result is None and step != 'training_step':
        return None
    pair = isinstance(result, tuple) and len(result) == 2
    if result is None or (isinstance(result, tuple | list | dict) and not pair):
        kind = type(result).__name__
        what = 'nothing' if result is None else f'a {kind} of {len(result)}'
        raise TypeError(
            f'{type(model).__name__}.{step} returned {what}: return the loss, or '
            '(loss, accuracy).'
        )
    both: Any = result if pair else (result, None)
    loss, accuracy = both
    if accuracy is None or isinstance(accuracy, Real):  # it is to be an array, too
        accuracy = 0 * loss + (float('nan') if accuracy is None else accuracy)
    return loss, accuracy


def not_lost(result, found):
    """Return a step's result, its loss NaN where one of the numbers `found` is.

    They are 0, or NaN for an input with a NaN. In some frameworks a layer loses it: a
    ReLU may make 0 of it, and a maximum pass it by.
    """
    if result is None:
        return None
    loss, accuracy = result
    return sum(found, loss), accuracy


def summed(result, count):
    """Turn a step's result over `count` examples into Sums."""
    if result is None:
        return NOTHING
    loss, accuracy = result
    return Sums(loss * count, accuracy * count, count)


def positional(function, X, named):
    """Return (X, named) with the keywords that have a place among X moved there."""
    if not named:
        return X, named
    bound = inspect.signature(function).bind(*X, **named)
    return bound.args, bound.kwargs


def one_example(X):
    """Return the first example of each array among the inputs `X`."""
    return tuple(x[:1] if getattr(x, 'shape', ()) else x for x in X)


@contextlib.contextmanager
def failing(undo, *arguments):
    """Call `undo(*arguments)` if what is done in here fails; the error goes on."""
    try:
        yield
    except BaseException:
        undo(*arguments)
        raise


def first_call(model):
    """Return a context to start `model` in, which counts as called from now on.

    If the start fails, the next call starts it.
    """
    model.called = True
    return failing(setattr, model, 'called', False)


def twin(model):
    """Return a new model of the same class and hyperparameters, for trials of size."""
    new = type(model)(**model.hparams)
    new.called = True  # it is not to explain itself again
    return new


def learning_rate(model):
    """Return `model.lr`, which the optimizer that nobody chose, plain SGD, needs."""
    if getattr(model, 'lr', None) is None:
        name = type(model).__name__
        raise AttributeError(
            f'{name} has no learning rate: set self.lr, or define '
            f'{name}.configure_optimizers().'
        )
    return checked_rate(model.lr, f'{type(model).__name__}.lr')


def checked_rate(rate, place) -> Any:
    """Return learning rate `rate` as a float; raise ValueError for what is none.

    Any single number will do, of Python, NumPy or a framework. What can be called is
    the framework's own schedule, and stays as it is.
    """
    if callable(rate):
        return rate
    try:
        number = np.nan if isinstance(rate, bool | str | bytes) else float(rate)
    except (TypeError, ValueError):
        number = np.nan
    if not 0 <= number < np.inf:
        raise ValueError(
            f'{place} is {rate!r}, which is no learning rate: use a number from 0 on, '
            'such as 0.1.'
        )
    return number


class Batches:
    """A loader as the Trainer goes through it, epoch by epoch.

    Each batch is prepared and placed on the device; where the Trainer says so, in a
    thread, while the step before is taken. `first` looks at the first batch, prepared
    but not placed, which is not lost by it, even of an iterator that can be gone
    through only once.
    """

    def __init__(self, loader, what, trainer):
        self.loader, self.what, self.trainer = loader, what, trainer
        self.begun, self.ahead = None, trainer.ahead(loader)
        self.epoch = getattr(loader, 'epoch', None)  # whose order comes first

    def size(self):
        """Return how large an epoch is, in words; '' where nobody knows."""
        if hasattr(self.loader, 'num_examples'):
            return f' of {self.loader.num_examples:,} examples'
        steps = length(self.loader)
        return f' of {steps:,} batches' if steps else ''

    def first(self):
        """Return the first batch of the pass that comes next."""
        self.begun = self.checked()
        batch = next(self.begun)
        self.begun = itertools.chain([batch], self.begun)
        return batch

    def __iter__(self):
        begun, self.begun = self.begun or self.checked(), None
        placed = (self._placed(batch) for batch in begun)
        return prefetch(placed, self.trainer.scope) if self.ahead else placed

    def _placed(self, batch):
        if not is_ours(self.loader):  # whose labels are known
            self.trainer.check_classes(batch[-1], self.what)
        return self.trainer.place(batch)

    def skip(self, passes):
        """Let the next pass be the one after `passes`, in the order of its epoch."""
        if self.epoch is not None:
            self.begun, self.loader.epoch = None, self.epoch + passes

    def checked(self):
        """Yield the batches of one pass; ValueError if there is none."""
        batch, ours = None, self.ahead and is_ours(self.loader)
        for batch in self.loader.batches() if ours else self.loader:
            yield parts(self.trainer.prepare_batch(batch))
        if batch is None:
            raise ValueError(
                f'Trainer: the {self.what} data gives no batch; give it '
                'examples, or, if it is an iterator that is used up, a '
                'loader that starts anew each epoch.'
            )


def is_ours(loader):
    """Whether a loader gives the batches of the book's own, whatever it adds."""
    return getattr(type(loader), '__iter__', None) is Loader.__iter__


def length(loader):
    """Return how many batches a loader has, or None if it does not know."""
    try:
        return len(loader)
    except TypeError:
        return None


def parts(batch):
    """Return a batch as a tuple (X, ..., y), or raise TypeError."""
    if not isinstance(batch, tuple | list) or len(batch) < 2:
        keys = f' with the keys {", ".join(map(str, batch))}' * isinstance(batch, dict)
        raise TypeError(
            'Trainer: a batch must be a tuple (X, y), not '
            f'{type(batch).__name__}{keys}; let prepare_batch(batch) of '
            'your Trainer return one.'
        )
    return tuple(batch)


class Trainer(HyperParameters):
    """Trains a model for `max_epochs`; the one training loop of the book.

    `num_gpus` is 1 for the first GPU, or the CPU where there is none; 0 for the CPU.
    `gradient_clip_val` is the largest norm that all gradients together may have, 0 for
    no limit. `precision` is `float32` (never silently less, on a GPU either), `float64`
    for proofs or, in PyTorch and JAX, `bfloat16`. One `seed` is one run: from it `fit`
    draws the weights that nobody stated and seeds the framework's generator (dropout).

    Raises ValueError for an argument that it cannot take. `device` is where it trains.

    To override: `prepare_batch`; `clip_gradients`; `ahead`; and `shows`, the classes of
    callbacks that show a run, `()` for silence. What a framework adds is in
    `framework.Steps`.
    """

    def __init__(
        self,
        max_epochs,
        num_gpus=0,
        gradient_clip_val=0,
        *,
        seed=0,
        precision='float32',
    ):
        self.save_hyperparameters()
        self._check()
        self.device = self.find_device(num_gpus)

    state: Any = None  # the framework's, of the model that was fitted last
    report: Any = None  # where that run is
    precisions = PRECISIONS
    shows = (Progress, LivePlot)
    stop = False  # a callback sets it, to end the training
    rate_remedy = "return the framework's own from configure_optimizers()"
    lonely = None  # a norm of the model's that cannot train on one example
    classes = None  # how many there are, where labels are numbers of classes
    # What Trainers of older editions call, and this one does not.
    not_called = MappingProxyType(
        {
            'fit_epoch': 'train_step(state, batch)',
            'prepare_data': 'prepare_batch(batch)',
            'prepare_model': 'start(model, batch)',
        }
    )

    def _check(self):
        if not isinstance(self.max_epochs, Integral) or self.max_epochs < 0:
            raise ValueError(
                'Trainer: max_epochs must be a whole number of epochs, '
                f'not {self.max_epochs!r}.'
            )
        if self.num_gpus not in (0, 1):
            raise ValueError(
                'Trainer: num_gpus must be 0 or 1, since it trains on one '
                f'device, not {self.num_gpus!r}.'
            )
        if not self.gradient_clip_val >= 0:
            raise ValueError(
                'Trainer: gradient_clip_val must be a norm, or 0 for no '
                f'clipping, not {self.gradient_clip_val!r}.'
            )
        if self.precision not in self.precisions:
            raise ValueError(
                f'Trainer: precision {self.precision!r} is not offered '
                f'here; use one of {", ".join(self.precisions)}.'
            )

    def find_device(self, num_gpus):
        """Return the first GPU, or the CPU if none is asked for or found."""
        if num_gpus and not self.framework.num_gpus():
            say_once('num_gpus=1, but no GPU was found: running on the CPU.')
        return self.framework.try_gpu() if num_gpus else self.framework.cpu()

    def prepare_batch(self, batch):
        """Return the tuple (X, ..., y) that a step is given, of what a loader gives."""
        return batch

    def ahead(self, loader):
        """Return whether a thread makes and places the next batch during a step.

        On a CPU that is so for the book's own loaders alone. Others, and a
        `prepare_batch` of one's own, may draw from the generator that dropout draws
        from, and one seed is one run; override this for those that do not.
        """
        mine = type(self).prepare_batch is not Trainer.prepare_batch
        away = str(self.device) != str(self.framework.cpu())
        return (is_ours(loader) and not mine) or away

    @property
    def learning_rate(self):
        """The learning rate of the steps that follow, a float; a callback may set it.

        Raises AttributeError where the optimizer has none that can be set, and
        RuntimeError before the first `fit`.
        """
        state = self._fitted('learning_rate')
        try:
            return float(self.rate(state))
        except (AttributeError, KeyError) as error:
            raise AttributeError(
                'Trainer: the optimizer has no learning rate that can be read or set '
                f'while it trains; {self.rate_remedy}.'
            ) from error

    @learning_rate.setter
    def learning_rate(self, value):
        _ = self.learning_rate  # it has one
        rate = checked_rate(value, 'Trainer.learning_rate')
        self.state = self.set_rate(self.state, rate)

    def fit(self, model, data, callbacks=()):
        """Train `model` on `data` for `max_epochs`, return the History.

        `data` gives loaders: whatever yields tuples (X, ..., y), anew for each epoch;
        validation data may be None. Ctrl-C ends the training early, and so do a loss
        that is not finite, as that of an input with a NaN is, of which one sentence is
        said, and a callback that sets `stop`; the History holds what was done. The
        `callbacks` come in their order, after the Trainer's own. A second `fit` of a
        model goes on from the first.

        Raises ValueError for data without a batch and for pictures too small for the
        model, TypeError for batches and steps that are none.
        """
        for name in self.not_called.keys() & set(dir(self)):
            raise TypeError(
                f'Trainer: {name} is never called here, as steps are '
                f'compiled; override {self.not_called[name]} instead.'
            )
        with self.scope():
            return self._fit(model, *self._batches(data), callbacks)

    def load(self, model, path):
        """Give `model` the numbers of a weight file, so that it can `predict`.

        Raises WeightsError for a file that does not fit the model.
        """
        from d2l_shim import weights  # which knows this file

        _, _, shapes = weights.read(path)
        with self.scope():
            X = [self.framework.example(model, shape) for shape in shapes]
            batch = *X, np.zeros(1, np.int64)
            if self.precision == 'float64':  # a model takes it from its first start
                self.start(model, batch)
            self.take_weights(model, path)
            self.state = self.start(model, batch)
            self.finish(model, self.state)

    def take_weights(self, model, path):
        """Copy the numbers of a weight file into `model`, for the next `start`."""
        from d2l_shim import weights

        weights.load(self.framework, model, path)

    def resume(self, columns, snapshot):
        """Go on after the epochs of a History, {field: value}; called as a fit begins.

        `snapshot` is what `snapshot(state)` returned after the last of them.
        """
        self.state = self.restored(self.state, snapshot)
        history = self.report.history
        history.first_loss = columns['first_loss']
        for name, column in history.columns().items():
            column[:] = columns[name]
        self.report.epoch = len(history.seconds)
        for batches in filter(None, self.batches):
            batches.skip(self.report.epoch)

    def scope(self):
        """Return a context in which all steps are taken."""
        return contextlib.nullcontext()

    def _fit(self, model, train, val, callbacks):
        limits = profile()
        epochs = int(min(self.max_epochs, limits.max_epochs or self.max_epochs))
        history = History(device=str(self.device), profile=limits.name)
        if limits.name != 'full':
            print(
                f'profile {limits.name}: {epochs} epoch{"s" * (epochs != 1)}'
                f'{train.size()}'
            )
        self.state = self.start(model, (val or train).first())  # keeps train's epochs
        self.batches = train, val
        callbacks = [history, *(show() for show in self.shows), *callbacks]
        tell = functools.partial(self._tell, callbacks)
        self.report = Report(epochs, length(train.loader), history, tell)
        self.stop = False
        try:
            tell('on_fit_begin', model)
            self._run(train, val)
        except KeyboardInterrupt:
            print(f'stopped by hand after {len(history.seconds)} full epochs')
        except NotFinite as error:
            self.report.broken_off(error)
        finally:
            self.finish(model, self.state)
            tell('on_fit_end')
        return history

    def _tell(self, callbacks, hook, *told):
        for callback in callbacks:
            getattr(callback, hook)(self, *told)

    def _run(self, train, val):
        while self.report.epoch < self.report.epochs and not self.stop:
            self.report.begin()
            with contextlib.closing(iter(train)) as batches:  # and a thread with it
                self._train_epoch(batches)
            self.report.trained()
            self.report.validated(self._evaluate(val))

    def _batches(self, data):
        train, val = data.train_dataloader(), data.val_dataloader()
        return (
            Batches(train, 'training', self),
            val if val is None else Batches(val, 'validation', self),
        )

    def _train_epoch(self, batches):
        for batch in batches:
            self._check_size(batch)
            self.state, sums = self.train_step(self.state, batch)
            self.report.stepped(sums)
            if self.stop:
                break

    def examine(self, model, *X):
        """Note on what `model` cannot be trained, by a look at one example `X`."""
        told = self.framework.first_calls(model, *X)
        self.lonely = told.without_variance(self.framework.kinds, self.framework.layout)
        self.classes = number_of_classes(model, told.result())

    def check_classes(self, y, what):
        """Raise ValueError if a label of the `what` data is none of the classes."""
        if self.classes is None or str(self.device) != str(self.framework.cpu()):
            return  # nor wait for a GPU
        y = as_numpy(y)
        wrong = y[~((y >= 0) & (y < self.classes) & (y % 1 == 0))]  # or not a number
        if wrong.size:
            raise ValueError(
                f'Trainer: the {what} data has the label {wrong[0]:g}, but the '
                f"model's {self.classes} outputs stand for the classes 0 to "
                f'{self.classes - 1}; number the classes from 0, or give the model '
                'more outputs.'
            )

    def _check_size(self, batch):
        if self.lonely and len(batch[-1]) == 1:
            raise ValueError(
                'Trainer: a training batch of one example leaves batch normalization '
                f'({self.lonely}) one number a channel, which has no variance; choose '
                'another batch_size.'
            )

    def _evaluate(self, batches):
        """Return the sums over all examples of `batches`."""
        total = NOTHING
        if batches is None:
            return total
        with contextlib.closing(iter(batches)) as placed:
            for batch in placed:
                total = add(total, self.eval_step(self.state, batch))
        return total

    def _fitted(self, what='predict'):
        """Return the state, or raise if there is none yet."""
        if self.state is None:
            raise RuntimeError(
                f'Trainer: {what} needs a trained model; call fit(model, data) first, '
                'or load(model, path).'
            )
        return self.state


_said = set()


def say_once(sentence):
    """Print `sentence` the first time it is given in this process."""
    if sentence not in _said:
        _said.add(sentence)
        print(sentence)
