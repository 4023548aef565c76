"""The MXNet (Gluon) side of the shim: `from d2l_shim import mxnet as d2l`.

Import it before `mxnet` itself: it first gives back what MXNet needs to import.
"""

import contextlib
import tempfile
import warnings

import numpy as onp

from d2l_shim import classic, core, starts, weights
from d2l_shim.adapters.mxnet import (
    MXNet,
    autograd,
    descendants,
    gluon,
    mx,
    nn,
    np,
    npx,
    own_parameters,
)
from d2l_shim.callbacks import Callback, History
from d2l_shim.classic import Accumulator, Animator, accuracy, get_fashion_mnist_labels
from d2l_shim.core import DataModule, HyperParameters, Timer, add_to_class
from d2l_shim.data import fashion_mnist, house_prices, pictures
from d2l_shim.data.fetch import reference_weights
from d2l_shim.plot import ProgressBoard, plot, plt, show_images

warnings.filterwarnings('ignore', 'All children of this Sequential')  # it is fine
# said of `init_cnn`'s hook, which is called before anything is hybridized
warnings.filterwarnings('ignore', '(?s).*is being hybridized while still having')

framework = MXNet()
cpu, gpu, num_gpus = framework.cpu, framework.gpu, framework.num_gpus
try_gpu = framework.try_gpu


def checksum(parameter):
    return starts.checksum(parameter.list_data()[0].asnumpy())


def init_fresh(model, *X, seed=0, every_layer=False, **named):
    """Start parameters that nobody initialized (or all of the book's kinds).

    Those that no initializer was stated for take the book's numbers for `seed`.
    Returns the others, {id: parameter}, which drew from MXNet's generator.
    """
    model.example_shapes = starts.input_shapes(X)
    parameters = own_parameters(model).values()
    bare = {id(p): p for p in parameters if p._data is None and not p._deferred_init}
    for parameter in bare.values():
        parameter.initialize(ctx=X[0].ctx)
    fresh = bare | {
        id(p): p
        for p in parameters
        if getattr(p, 'drawn', None) is not None and p.drawn == checksum(p)
    }
    if not (fresh or every_layer):
        return {}
    with core.failing(_take_back, model, bare), autograd.pause():
        handles = framework.tensors(model, *core.one_example(X), **named)
        # what `init_cnn` had been asked for has its numbers now, and they stay
        fresh = {key: p for key, p in fresh.items() if not _stays(p)}
        books = {id(handle.tensor) for handle in handles.values()}
        if not every_layer:
            books &= {key for key, p in fresh.items() if p.init is None}
        starts.start(handles, books, seed)
    for parameter in parameters:
        if id(parameter) in fresh.keys() | books:
            asked = every_layer and id(parameter) in books
            parameter.drawn = None if asked else checksum(parameter)
    return {key: p for key, p in fresh.items() if key not in books}


def _stays(parameter):
    """Whether a parameter has numbers of `init_cnn`, which no Trainer draws anew."""
    return getattr(parameter, 'drawn', 0) is None


def _take_back(model, bare):
    """Let the next call find `model`, and the parameters `bare`, without numbers."""
    for block in descendants(model):
        if isinstance(block, Module):
            block.called = False
    for parameter in bare.values():
        if not _stays(parameter):
            parameter._data = parameter._grad = None
            parameter._deferred_init = ()


def begin(model, *X, seed):
    """Seed MXNet's generator and start the model; its numbers then stay."""
    mx.random.seed(seed)
    others = init_fresh(model, *X, seed=seed)
    mx.random.seed(seed)  # whatever was drawn until now
    for parameter in others.values():
        parameter.initialize(ctx=parameter.list_ctx(), force_reinit=True)
    starts.say_own(
        {
            type(block).__name__
            for block in descendants(model)
            if not isinstance(block, tuple(framework.kinds))
            for p in block._reg_params.values()
            if id(p) in others and (p.init is None or isinstance(p.init, str))
        },
        'MXNet',
    )
    framework.settle(model)


def init_cnn(block):
    """Start convolutions, norms and dense layers from the book's numbers.

    For `net.apply(d2l.init_cnn)` or `d2l.init_cnn(net)`. The draw happens at the
    first forward pass, when every layer knows its shape and its place.
    """
    for part in descendants(block):  # a container takes over from its parts
        if hasattr(part, '_init_cnn'):
            part._init_cnn.detach()
            del part._init_cnn
    block._init_cnn = block.register_forward_pre_hook(_draw_every_layer)


def _draw_every_layer(block, X):
    block._init_cnn.detach()
    del block._init_cnn
    with core.failing(init_cnn, block):  # if it fails, the next call is to
        init_fresh(block, *X, every_layer=True)


save_weights, load_weights = weights.calls(framework)


class Module(core.Module, nn.Block):
    """Base of models; a new one starts from `init_cnn`'s numbers at its first call."""

    called = False

    def __call__(self, *X, **named):
        if not self.called:
            with core.first_call(self):
                X, named = core.positional(self.forward, X, named)
                init_fresh(self, *X, **named)
        return super().__call__(*X, **named)

    @property
    def training(self):
        """Whether a step records gradients, as the Trainer's training steps do."""
        return autograd.is_training()

    def forward(self, X):
        return self.net(X)

    def configure_optimizers(self):
        """Return the optimizer: plain SGD at the model's `lr`."""
        return gluon.Trainer(
            self.collect_params(), 'sgd', {'learning_rate': core.learning_rate(self)}
        )

    def summary_rows(self, X_shape):
        """Return (class name, output shape, parameters) of each child of `net`."""
        X = np.zeros(X_shape)
        init_fresh(self, X)
        outputs = framework.first_calls(self, X).outputs
        net = vars(self).get('net', self)
        return [
            (
                type(block).__name__,
                outputs[block],
                sum(
                    p.data().size
                    for p in own_parameters(block).values()
                    if p.grad_req != 'null'
                ),
            )
            for block in net._children.values()
            if block in outputs
        ]


class Classifier(core.Classifier, Module):
    """Base of classification models; logits (N, classes), labels (N,)."""

    @core.of_classes
    def loss(self, y_hat, y):
        """Return the mean cross-entropy."""
        core.check_labels(y_hat, y)
        return gluon.loss.SoftmaxCrossEntropyLoss()(y_hat, y).mean()

    def accuracy(self, y_hat, y):
        """Return the fraction of examples whose largest logit is the label's."""
        core.check_labels(y_hat, y)
        return (y_hat.argmax(axis=1).astype(y.dtype) == y).astype('float32').mean()


class FashionMNIST(fashion_mnist.FashionMNIST):
    """Fashion-MNIST in batches of X (N, 1, H, W), float32 in [0, 1], and y (N,)."""

    layout = framework.layout

    def convert(self, X, y):
        return np.array(X), np.array(y, dtype=y.dtype)


class Trainer(core.Trainer):
    __doc__ = core.Trainer.__doc__
    precisions = ('float32', 'float64')
    framework = framework

    def start(self, model, batch):
        own = framework.example(model, (1,)).dtype  # until it has learned its shapes
        *X, _ = (self._put(part[:1], own) for part in batch)
        begin(model, *X, seed=self.seed)
        nn.Block.collect_params(model).reset_ctx(self.device)
        self.examine(model, *X)
        model.cast(self.precision)
        model.hybridize(static_alloc=True)  # an eighth to a third faster
        return model, model.configure_optimizers()

    @contextlib.contextmanager
    def scope(self):
        """NumPy's arrays and shapes, which MXNet has for each thread by itself."""
        with mx.util.np_shape(True), mx.util.np_array(True):
            yield

    def place(self, batch):
        """Return the parts of a batch on the device, real numbers in the precision."""
        return tuple(self._put(part, self.precision) for part in batch)

    def _put(self, part, precision):
        if isinstance(part, mx.nd.NDArray):  # an older one, too
            part = part.as_np_ndarray()
        else:
            part = onp.asarray(part)
            part = np.array(part, dtype=part.dtype, ctx=self.device)
        part = part.as_in_ctx(self.device)
        return part.astype(precision) if part.dtype.kind == 'f' else part

    def train_step(self, state, batch):
        model, optimizer = state
        with autograd.record():
            loss, accuracy = core.step_result(model, 'training_step', batch)
        loss.backward()
        if self.gradient_clip_val > 0:
            self.clip_gradients(self.gradient_clip_val, model)
        optimizer.step(1)  # the loss is a mean already
        told = core.not_lost((loss.detach(), accuracy.detach()), _nans(batch))
        return state, core.summed(told, len(batch[-1]))

    def eval_step(self, state, batch):
        model, _ = state
        told = core.step_result(model, 'validation_step', batch)
        return core.summed(core.not_lost(told, _nans(batch)), len(batch[-1]))

    def finish(self, model, state):
        mx.npx.waitall()

    def rate(self, state):
        _, optimizer = state
        return optimizer.learning_rate

    def set_rate(self, state, lr):
        _, optimizer = state
        optimizer.set_learning_rate(lr)
        return state

    def clip_gradients(self, limit, model):
        """Scale all gradients so that their joint norm is at most `limit`."""
        grads = [
            p.grad() for p in own_parameters(model).values() if p.grad_req != 'null'
        ]
        listed = getattr(model, 'parameters', model.collect_params)()
        grads += [array.grad for array in listed if isinstance(array, np.ndarray)]
        norm = sum((g**2).sum() for g in grads) ** 0.5
        for grad in grads:
            grad *= np.minimum(limit / norm, 1)

    def snapshot(self, state):
        """MXNet's random numbers, which cannot be read, start anew from one of them."""
        model, optimizer = state
        found = enumerate(nn.Block.collect_params(model).values())
        seed = int(np.random.randint(0, 2**31 - 1))
        mx.random.seed(seed)
        with tempfile.NamedTemporaryFile() as file:
            optimizer.save_states(file.name)
            updates = onp.frombuffer(file.read(), onp.uint8)
        numbers = {str(i): p.data().asnumpy() for i, p in found}
        return {**numbers, 'optimizer': updates, 'seed': onp.array(seed)}

    def restored(self, state, arrays):
        model, optimizer = state
        for i, parameter in enumerate(nn.Block.collect_params(model).values()):
            numbers = arrays[str(i)]
            parameter.set_data(np.array(numbers, dtype=numbers.dtype))
        with tempfile.NamedTemporaryFile() as file:
            file.write(arrays['optimizer'].tobytes())
            file.flush()
            optimizer.load_states(file.name)
        mx.random.seed(int(arrays['seed']))
        return state

    def predict(self, *X):
        """Return the trained model's outputs for inputs `X` as an ndarray."""
        model, _ = self._fitted()
        return model(*self.place(X)).asnumpy()


def _nans(batch):
    """Yield 0 for each input of a batch, NaN for one with a NaN."""
    for x in batch[:-1]:
        if x.dtype.kind == 'f':
            total = x.sum()  # the least work
            yield np.where(total != total, onp.nan, 0.0).astype(x.dtype)


load_data_fashion_mnist, train_ch6, evaluate_accuracy_gpu = classic.Calls(
    framework, Trainer, Classifier, FashionMNIST
).offered()
KaggleHouse, log_rmse = house_prices.offered(FashionMNIST)
read_picture = pictures.offered(FashionMNIST)
