"""The calls that notes for the 2020-2023 editions use, on top of today's Trainer.

In each framework's module: `load_data_fashion_mnist`, `train_ch6`,
`evaluate_accuracy_gpu`, `accuracy`, `Accumulator`, `Animator`,
`get_fashion_mnist_labels`. A note runs after a change of its import line alone
(`from d2l_shim import torch as d2l`); with MXNet that line must also come before
`import mxnet`, which fails by itself under a current NumPy.

What breaks in a Keras note is Keras 3, and not mended here: a `Sequential` can no
longer be iterated (write `net.layers`), nor be given to another one without brackets
(`Sequential([stem])`), and a list of layers in an attribute has no `.layers`.
"""

import contextlib
import itertools
import math
import re

import numpy as np
from matplotlib.figure import Figure

from d2l_shim import core, starts
from d2l_shim.data import fashion_mnist
from d2l_shim.plot import ProgressBoard, as_numpy, draw_curves, finish, names_of
from d2l_shim.surroundings import in_notebook


def accuracy(y_hat, y):
    """Return how many predictions are right, a float.

    `y_hat` holds scores (N, classes) or the predicted classes, `y` the labels (N,).

    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    1.0
    """
    y_hat, y = as_numpy(y_hat), as_numpy(y)
    if y_hat.ndim > 1 and y_hat.shape[1] > 1:
        y_hat = y_hat.argmax(axis=1)
    return float((y_hat.astype(y.dtype) == y).sum())


def get_fashion_mnist_labels(labels):
    """Return the names of the classes `labels`, a list.

    >>> get_fashion_mnist_labels([9, 2])
    ['ankle boot', 'pullover']
    """
    return [fashion_mnist.FashionMNIST.names[int(i)] for i in labels]


class Accumulator:
    """Sums of `n` quantities.

    >>> metric = Accumulator(2)
    >>> metric.add(3, 4)
    >>> metric.add(2, 4)
    >>> metric[0] / metric[1]
    0.625
    """

    def __init__(self, n):
        self.data = [0.0] * n

    def add(self, *args):
        """Add one number to each sum; ValueError for fewer or more."""
        if len(args) != len(self.data):
            raise ValueError(
                f'Accumulator: add() takes {len(self.data)} numbers, one '
                f'for each sum, not {len(args)}.'
            )
        self.data = [a + float(b) for a, b in zip(self.data, args, strict=True)]

    def reset(self):
        """Set all sums to 0."""
        self.data = [0.0] * len(self.data)

    def __getitem__(self, i):
        return self.data[i]


class Animator(ProgressBoard):
    """Curves that grow with each `add`, the i-th called `legend[i]`, styled `fmts[i]`.

    A notebook redraws them at each `add`; elsewhere the figure is `fig`.
    """

    def __init__(
        self,
        xlabel=None,
        ylabel=None,
        legend=None,
        xlim=None,
        ylim=None,
        xscale='linear',
        yscale='linear',
        fmts=('-', 'm--', 'g-.', 'r:'),
        nrows=1,
        ncols=1,
        figsize=(3.5, 2.5),
    ):
        super().__init__(
            figsize=figsize,
            xlabel=xlabel,
            ylabel=ylabel,
            xlim=xlim,
            ylim=ylim,
            xscale=xscale,
            yscale=yscale,
        )
        self.legend, self.fmts = names_of(legend), names_of(fmts)
        self.grid = nrows, ncols

    def add(self, x, y):
        """Add a point to each curve: `y` is a number, or one a curve; None is left out.

        `x` is a number for all curves, or one a curve.
        """
        ys = y if several(y) else [y]
        xs = x if several(x) else [x] * len(ys)
        for i, (a, b) in enumerate(zip(xs, ys, strict=True)):
            if a is not None and b is not None:
                curve = self.curves.setdefault(i, ([], []))
                curve[0].append(float(a))
                curve[1].append(float(b))
        if self._live:
            self._show()

    @property
    def fig(self):
        """The figure as it stands; of several axes, the first has the curves."""
        fig = Figure(figsize=self.figsize, layout='constrained')
        axes = fig.subplots(*self.grid, squeeze=False)[0, 0]
        draw_curves(axes, (), **self.axes)
        labels = itertools.chain(self.legend, itertools.repeat(None))
        styles = itertools.cycle(self.fmts)
        drawn = range(max(self.curves, default=-1) + 1)
        for i, label, style in zip(drawn, labels, styles, strict=False):
            axes.plot(*self.curves.get(i, ([], [])), style, label=label)
        finish(axes)
        return fig


def several(values):
    return isinstance(values, list | tuple) or getattr(values, 'ndim', 0) > 0


def xavier(name, shape, index):
    """Return the start of a tensor as older notes have it, float32.

    Weights are uniform in +-sqrt(6 / (fan-in + fan-out)) (Glorot and Bengio 2010);
    unit scales and variances, zeros otherwise. The numbers are those of
    `default_rng([0, index])`, in every framework and at every call.
    """
    if len(shape) < 2:
        return starts.draw(name, shape, index, seed=0)
    bound = math.sqrt(6 / ((shape[0] + shape[1]) * math.prod(shape[2:])))
    numbers = np.random.default_rng([0, index]).uniform(-bound, bound, shape)
    return numbers.astype(np.float32)


class Iterators(core.DataModule):
    """The two iterators of an older note, as the data set that a Trainer takes."""

    def __init__(self, train_iter, test_iter):
        self.train_iter, self.test_iter = train_iter, test_iter

    def get_dataloader(self, train):
        return self.train_iter if train else self.test_iter


class Calls:
    """The calls that need a framework: its Trainer, its Classifier, its pictures."""

    def __init__(self, framework, Trainer, Classifier, FashionMNIST):
        self.framework, self.Trainer = framework, Trainer
        self.Classifier, self.FashionMNIST = Classifier, FashionMNIST

    def offered(self):
        return self.load_data_fashion_mnist, self.train_ch6, self.evaluate_accuracy_gpu

    def load_data_fashion_mnist(self, batch_size, resize=None):
        """Return (train_iter, test_iter) over Fashion-MNIST, as the class of that name.

        `resize` is the images' new height and width, a number or a pair. There are
        five batches to train on at least, as many as notes draw points an epoch.
        """
        size = (28, 28) if resize is None else resize
        loaders = self.FashionMNIST(batch_size, size if several(size) else (size, size))
        loaders.least_batches = 5
        return loaders.train_dataloader(), loaders.val_dataloader()

    def train_ch6(
        self, net, train_iter, test_iter, num_epochs, lr, device=None, *, callbacks=()
    ):
        """Train `net` by plain SGD; print the last loss and accuracies, and the speed.

        `net` is a net, or a function that returns one, which is then returned. As in
        older notes, the numbers of convolutions, linear layers and batch norms give way
        to a new start: Xavier uniform weights, zero biases. Here they are the same in
        every framework and every time. The iterators give batches (X, y); `callbacks`
        are as those of `Trainer.fit`. Raises ValueError or TypeError for a device that
        does not exist and for what is no net or has no parameters.
        """
        device = find_device(self.framework, 'train_ch6', device)
        trainer = self.Trainer(num_epochs)
        trainer.device = device
        with device if hasattr(device, '__enter__') else contextlib.nullcontext():
            built = self.build(net)
            model = self.wrap(built, lr)
            if not self.restart(trainer, model, next(iter(test_iter))[0]):
                raise ValueError(
                    'train_ch6: the net has no parameters to train; give '
                    'it a layer with weights, such as a linear one.'
                )
        print(f'training on {device}')
        history = trainer.fit(model, Iterators(train_iter, test_iter), callbacks)
        self.finish(model, built)
        report(history)
        return None if built is net else built

    def evaluate_accuracy_gpu(self, net, data_iter, device=None):
        """Return the fraction of examples that `net` gets right, in evaluation mode.

        `device` is by default where the net is.
        """
        if device is None:
            zeros = self.framework.example(net, (1,))
            device = getattr(zeros, 'device', None) or zeros.ctx
        predict = self.predictor(
            net, find_device(self.framework, 'evaluate_accuracy_gpu', device)
        )
        metric = Accumulator(2)  # right ones, all
        for X, y in data_iter:
            metric.add(accuracy(predict(X), y), len(y))
        if not metric[1]:
            raise ValueError(
                'evaluate_accuracy_gpu: data_iter gives no batch; make a '
                'new one if it is used up.'
            )
        return metric[0] / metric[1]

    def build(self, net):
        """Return the net that `net` is or makes."""
        base = self.framework.net
        built = net if isinstance(net, base) or not callable(net) else net()
        if not isinstance(built, base):
            package = base.__module__.split('.')[0]
            raise TypeError(
                f'train_ch6: net must be a {package} {base.__name__} '
                f'or a function that returns one, not {built!r}.'
            )
        return built

    def wrap(self, net, lr):
        """Return a Classifier around `net`."""

        class Net(self.Classifier):
            def __init__(self):
                super().__init__()
                self.lr, self.net = lr, net

        return Net()

    def restart(self, trainer, model, X):
        """Give every tensor of the model its Xavier start; whether there is one."""
        X = self.framework.example(model, self.input_shape(X))
        for i, (name, handle) in enumerate(self.framework.tensors(model, X).items()):
            handle.set(xavier(name, handle.shape, i))
        return bool(self.framework.all_tensors(model))

    def input_shape(self, X):
        """Return the shape of one input of the batch `X`, channels first."""
        shape = tuple(X.shape[1:])
        nhwc = self.framework.layout == 'NHWC'
        return shape[-1:] + shape[:-1] if nhwc else shape

    def finish(self, model, net):
        """Leave the trained numbers with `net`; here they are there already."""

    def predictor(self, net, device):
        """Return a function from a batch X to the outputs, an ndarray."""
        trainer = self.Trainer(0)
        trainer.device, trainer.state = device, (net, None)
        return trainer.predict


def find_device(framework, call, device):
    """Return the device that `device`, an object or a name or None, stands for."""
    if device is None:
        return framework.try_gpu()
    name = str(getattr(device, '_device_name', device))  # as a tf.device has it
    gpu = re.search(r'(?:gpu|cuda|mps)\D*(\d*)', name.lower())
    if gpu and int(gpu[1] or 0) < framework.num_gpus():
        return framework.gpu(int(gpu[1] or 0))
    if not gpu and 'cpu' in name.lower():
        return framework.cpu()
    if gpu or isinstance(device, str):
        raise ValueError(
            f'{call}: there is no device {name} here (GPUs found: '
            f'{framework.num_gpus()}); d2l.try_gpu() returns one that exists.'
        )
    return device


def report(history):
    """Print the two lines at the end of a run; in a plain script, plot it, too."""
    if not history.train_loss:
        return
    if not in_notebook():
        history.plot()  # for the note's own plt.show()
    rates = zip(history.examples_per_second, history.seconds, strict=True)
    speed = sum(rate * s for rate, s in rates) / sum(history.seconds)
    print(
        f'loss {history.train_loss[-1]:.3f}, '
        f'train acc {history.train_accuracy[-1]:.3f}, '
        f'test acc {history.val_accuracy[-1]:.3f}'
    )
    print(f'{speed:.1f} examples/sec on {history.device}')
