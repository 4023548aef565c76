"""The registry of frameworks, and the contract that each of them meets.

Imports none of them. A framework is dropped by deleting its line here, its
files (`torch.py`, `torch_*.py`, `adapters/torch.py`), and its file in requirements/;
one that lives in a package of its own joins by an entry point, see `joined`.
"""

import importlib
from collections.abc import Mapping
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Any, NamedTuple, Protocol


def name_of(requirement):
    """Return the name of a package in what pip is asked for, such as 'flax>=0.12'."""
    return requirement.partition('>=')[0]


class Framework(NamedTuple):
    """One framework: `label` on the page, `package` to import, `shim` module.

    `layout` is the order of the axes of its images, NCHW or NHWC. pip is asked for
    what it `needs`, its own build first, where none is there; `alone` leaves out what
    that build asks for itself. Its wheels are for the versions of Python in `python`,
    the newest first. Its processes get the variables `env`, where {threads} stands for
    how many threads they may use, and `no_gpu` where they are not to find a GPU.
    """

    label: str
    package: str
    shim: str
    layout: str
    needs: tuple[str, ...]
    python: tuple[str, ...] = ('3.13', '3.12', '3.11')
    env: Mapping[str, str] = {}
    no_gpu: Mapping[str, str] = {}
    alone: bool = False

    @property
    def packages(self):
        """The names of its package and of those beside it."""
        return (self.package, *map(name_of, self.needs[1:]))

    def told(self, threads):
        """Return the variables of a process of its own, which may use `threads`."""
        return {name: text.format(threads=threads) for name, text in self.env.items()}


FRAMEWORKS = {
    'pytorch': Framework('PyTorch', 'torch', 'd2l_shim.torch', 'NCHW', ('torch>=2.9',)),
    'tensorflow': Framework(
        'TensorFlow',
        'tensorflow',
        'd2l_shim.tensorflow',
        'NHWC',
        ('tensorflow>=2.18', 'keras>=3.6'),
        env={
            'KERAS_BACKEND': 'tensorflow',
            'TF_CPP_MIN_LOG_LEVEL': '3',
            'TF_FORCE_GPU_ALLOW_GROWTH': 'true',  # kernels share the GPU
            'TF_NUM_INTRAOP_THREADS': '{threads}',
            'TF_NUM_INTEROP_THREADS': '{threads}',
        },
    ),
    'jax': Framework(
        'JAX',
        'jax',
        'd2l_shim.jax',
        'NHWC',
        ('jax>=0.8', 'flax>=0.12', 'optax>=0.2.6'),
        env={
            'NPROC': '{threads}',
            'PJRT_NPROC': '{threads}',
            'XLA_PYTHON_CLIENT_PREALLOCATE': 'false',
        },
        no_gpu={'JAX_PLATFORMS': 'cpu', 'JAX_PLATFORM_NAME': 'cpu'},
    ),
    'mxnet': Framework(
        'MXNet',
        'mxnet',
        'd2l_shim.mxnet',
        'NCHW',
        ('mxnet>=1.9.1', 'graphviz', 'looseversion', 'requests'),
        alone=True,  # it asks for NumPy 1, which would replace a newer
    ),
}


def joined():
    """Return {tab: Framework} of other packages: entry points of `d2l_shim.frameworks`.

    Each is named as its tab and points to the fields of a Framework, a dict in a module
    that imports neither the framework nor this one.
    """
    points = entry_points(group='d2l_shim.frameworks')
    return {point.name: Framework(**point.load()) for point in points}


FRAMEWORKS |= joined()


def installed(tab):
    """Whether the package of framework `tab` can be found (it is not imported)."""
    return find_spec(FRAMEWORKS[tab].package) is not None


def load(tab):
    """Return the Adapter of framework `tab`, which is imported."""
    return importlib.import_module(FRAMEWORKS[tab].shim).framework


class Adapter(Protocol):
    """What the book, its grader and its tests ask of a framework, each in its own file.

    A module of the registry (`shim`) has one as `framework`, and its Trainer is a
    `Steps`, its FashionMNIST a `Batches`. Images are (N, C, H, W) or (N, H, W, C), as
    `layout` tells; the shapes of a weight file, and of `example`, are channels first.
    """

    tab: str  # its key in the registry
    net: type  # the class of which all its layers and models are
    kinds: Mapping[Any, str]  # {class of layers, or a tuple: 'conv', 'norm', 'linear'}

    @property
    def layout(self):
        """'NCHW' or 'NHWC', as the registry has it."""
        return FRAMEWORKS[self.tab].layout

    # devices

    def cpu(self):
        """Return the CPU, as the framework's own device."""
        ...

    def gpu(self, i=0):
        """Return GPU number `i`, counted from 0; on a Mac, PyTorch has Apple's."""
        ...

    def num_gpus(self) -> int:
        """Return how many GPUs the framework sees."""
        ...

    def try_gpu(self, i=0):
        """Return GPU number `i` if there is one, else the CPU."""
        return self.gpu(i) if self.num_gpus() > i else self.cpu()

    # arrays

    def tensor(self, array):
        """Return an ndarray as the framework's array, of its shape and dtype."""
        ...

    def numpy(self, value):
        """Return an array or a parameter as an ndarray.

        None for what is neither, and for a parameter without numbers yet.
        """
        ...

    def zeros(self, shape, like):
        """Return zeros of `shape`, of the dtype and on the device of `like`."""
        ...

    # layers

    def watch(self, model, told, *X, **named):
        """Run `model` on `X` in evaluation mode; tell `told`, a calls.Calls, all calls.

        Layers that wait for a shape have one after it.
        """
        ...

    def twin(self, model):
        """Return a model like `model` for trials of size, which may not change it."""
        ...

    def first_calls(self, model, *X, **named):
        """Return the Calls of one forward pass; TooSmall if the pictures are."""
        ...

    # weights

    def example(self, model, input_shape):
        """Return one input of zeros (1, ...), where `model` is and of its precision."""
        ...

    def tensors(self, model, *X, **named):
        """Return the canonical tensors, {name: starts.Handle}, for inputs `X`."""
        ...

    def all_tensors(self, model) -> Mapping[str, Any]:
        """Return every tensor that `model` learns or tracks, {its own name: tensor}."""
        ...

    def numbers(self, model):
        """Return the canonical tensors of a model with numbers, {name: ndarray}."""
        ...

    def settle(self, model):
        """Let all numbers of `model` stay from now on, whatever seed comes."""
        ...

    # models, as the grader runs them; weights are (out, in, ...)

    def forward(self, model, X, training):
        """Return the output of `model` for `X` in training or evaluation mode."""
        ...

    def count(self, model, X):
        """Return how many numbers `model` learns; X shows its input."""
        ...

    def parameters(self, model):
        """Return all that `model` learns: ndarrays, kernels as (out, in, ...)."""
        ...

    def fill(self, model, X, seed):
        """Set all that `model` learns to `starts.by_shape(shape, seed, gain)`."""
        ...

    def gradients(self, model, X, G, training):
        """Return (Y, gradient at X, [gradients of parameters]) of sum(G * model(X))."""
        ...

    def pullback(self, function, X, G):
        """Return the gradient at `X` of sum(G * function(X))."""
        ...


class Functional(Adapter, Protocol):
    """What a framework offers, too, whose models hold no numbers: it has `variables`.

    They are a tree that stays with a model as `model.latest`.
    """

    def flatten(self, variables) -> dict[tuple, Any]:
        """Return {path: array} of the tree `variables`."""
        ...

    def paths(self, model, *X):
        """Return ({name: (path, shape)} of canonical tensors, {path: shape} of all)."""
        ...

    def variables(self, model, start, *X, seed=0, stated=()):
        """Return variables whose canonical tensors are `start(name, shape, i)`.

        Others, and those at the paths `stated`, start from their own initialisers.
        """
        ...

    def holding(self, model, variables):
        """Return a copy of `model` that holds `variables` as its latest."""
        ...


class Steps(Protocol):
    """What a framework's Trainer adds to `core.Trainer`, which calls it.

    A batch is a tuple (X, ..., y); its `sums` are report.Sums, on the device. The state
    is the framework's own affair. `place`, and what a loader does, may be called in
    another thread while a step is taken.
    """

    framework: Adapter
    precisions: tuple[str, ...]  # that it offers, 'float32' among them

    def start(self, model, batch):
        """Make `model` ready for batches like this one, not placed; return a state."""
        ...

    def place(self, batch):
        """Return the batch on the device, its real numbers in the precision."""
        ...

    def train_step(self, state, batch):
        """Take a step on a placed batch; return (state, sums)."""
        ...

    def eval_step(self, state, batch):
        """Return the sums over a placed batch in evaluation mode."""
        ...

    def finish(self, model, state):
        """Leave what was trained with `model`, in evaluation mode."""
        ...

    def rate(self, state):
        """Return the learning rate; AttributeError or KeyError if there is none."""
        ...

    def set_rate(self, state, lr):
        """Return the state with another learning rate; no step compiles again."""
        ...

    def snapshot(self, state):
        """Return all on which the steps to come depend, {name: ndarray}."""
        ...

    def restored(self, state, arrays):
        """Return `state` as it was when `snapshot` returned `arrays`."""
        ...

    def predict(self, *X):
        """Return the trained model's outputs for inputs `X` as an ndarray.

        `X` are the framework's arrays or NumPy's, as in a batch without its `y`; the
        model is in evaluation mode. Raises RuntimeError before the first `fit`.
        """
        ...


class Batches(Protocol):
    """What a framework's data sets add to NumPy's: `framework`'s layout, its arrays."""

    layout: str
    loader: type

    def convert(self, X, y):
        """Return the ndarrays of a batch as the framework's arrays."""
        ...
