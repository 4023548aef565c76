"""The TensorFlow side of the shim: `from d2l_shim import tensorflow as d2l`."""

import sys
from contextlib import ExitStack, contextmanager

import numpy as np

from d2l_shim import classic, core, data, houses, init, tensorflow_backend, weights
from d2l_shim.classic import Accumulator, Animator, accuracy, get_fashion_mnist_labels
from d2l_shim.core import DataModule, HyperParameters, Timer, add_to_class
from d2l_shim.plot import ProgressBoard, plot, plt, show_images

tf, keras = tensorflow_backend.load()
layers = keras.layers

KINDS = {(layers.Conv1D, layers.Conv2D, layers.Conv3D): 'conv',
         layers.BatchNormalization: 'norm', layers.Dense: 'linear'}
NAMES = {'conv': {'weight': 'kernel'}, 'linear': {'weight': 'kernel'},
         'norm': {'weight': 'gamma', 'bias': 'beta', 'running_mean': 'moving_mean',
                  'running_var': 'moving_variance'}}


class Device(ExitStack):
    """A named device, to be entered: `with d2l.try_gpu(): ...`."""

    def __init__(self, name):
        super().__init__()
        self.name = self._device_name = name  # the latter as tf.device has it

    def __repr__(self):
        return self.name

    def __enter__(self):
        return self.enter_context(tf.device(self.name))


def cpu():
    """Return the CPU device."""
    return Device('/CPU:0')


def gpu(i=0):
    """Return GPU number `i`."""
    return Device(f'/GPU:{i}')


def num_gpus():
    """Return how many GPUs TensorFlow sees."""
    return len(tf.config.list_physical_devices('GPU'))


try_gpu = core.first_gpu(cpu, gpu, num_gpus)


@contextmanager
def watch_calls(note):
    """Call `note(layer, output)` after each layer's call inside the context.

    Keras has no hooks on calls, hence the exchange of `Layer.__call__`.
    """
    original = layers.Layer.__call__

    def watched(layer, *args, **kwargs):
        Y = original(layer, *args, **kwargs)
        note(layer, Y)
        return Y

    layers.Layer.__call__ = watched
    try:
        yield
    finally:
        layers.Layer.__call__ = original


def layers_in_call_order(model, *X):
    """Return (kind, layer) pairs in the order of their first call on `X`."""
    called = {}
    with watch_calls(lambda layer, _: called.setdefault(id(layer), layer)):
        model(*X, training=False)
    return [(kind, layer) for layer in called.values() for cls, kind in KINDS.items()
            if isinstance(layer, cls)]


def handle(layer, kind, name):
    variable = getattr(layer, NAMES[kind].get(name, name), None)
    return variable if variable is None else init.Handle(
        variable, init.canonical_shape(variable.shape),
        lambda: init.to_canonical(variable.numpy()),
        lambda array: variable.assign(init.from_canonical(array)))


def tensors(model, *X):
    """Return the model's canonical tensors, {name: Handle}, for inputs `X`."""
    return init.name_tensors(layers_in_call_order(model, *X), handle)


def all_tensors(model):
    """Return every variable that the model learns or tracks, {name: variable}."""
    return {v.path: v for v in model.weights}


def example(model, input_shape):
    """Return one input of zeros; `input_shape` is channels-first."""
    return tf.zeros((1, *input_shape[1:], *input_shape[:1]), model.compute_dtype)


def init_fresh(model, *X, seed=0, every_layer=False):
    """Give layers that are not built yet (or `every_layer`) their starting weights."""
    *size, channels = X[0].shape[1:]
    model.example_shape = (channels, *size)
    old = {id(v) for v in model.weights}
    named = tensors(model, *(x[:1] for x in X))
    fresh = {id(v) for v in model.weights} - old
    init.start(named, None if every_layer else fresh, seed)


def init_cnn(model, *X, seed=0):
    """Start convolutions, norms and dense layers of `model` from the book's numbers.

    Keras builds a layer at its first call, hence the inputs `X`.
    """
    init_fresh(model, *X, seed=seed, every_layer=True)


save_weights, load_weights = weights.calls(sys.modules[__name__])


class Module(core.Module, layers.Layer):
    """Base of models; a new one starts from `init_cnn`'s numbers at its first call."""

    called = False
    mode = False  # True while the Trainer trains

    def __call__(self, *X, training=None):
        if not self.called:
            self.called = True
            init_fresh(self, *X)
        training = self.mode if training is None else training
        return super().__call__(*X, training=training)

    def call(self, X, training=None):
        return self.net(X, training=training)

    def configure_optimizers(self):
        """Return the optimizer: plain SGD at the model's `lr`."""
        return keras.optimizers.SGD(self.lr)

    def summary_rows(self, X_shape):
        """Return (class name, output shape, parameters) of each child of `net`."""
        shapes = {}
        with watch_calls(lambda layer, Y: shapes.setdefault(id(layer), Y.shape)):
            self(tf.zeros(X_shape), training=False)
        return [(type(layer).__name__, shapes[id(layer)],
                 sum(int(np.prod(v.shape)) for v in layer.trainable_variables))
                for layer in getattr(self, 'net', self).layers]


class Classifier(core.Classifier, Module):
    """Base of classification models; logits (N, classes), labels (N,)."""

    def loss(self, y_hat, y):
        """Return the mean cross-entropy."""
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, y_hat))

    def accuracy(self, y_hat, y):
        """Return the fraction of examples whose largest logit is the label's."""
        right = tf.argmax(y_hat, axis=1, output_type=y.dtype) == y
        return tf.reduce_mean(tf.cast(right, tf.float32))


class FashionMNIST(data.FashionMNIST):
    """Fashion-MNIST in batches of X (N, H, W, 1), float32 in [0, 1], and y (N,)."""

    layout = 'NHWC'

    def convert(self, X, y):
        return tf.constant(X), tf.constant(y)


class Trainer(core.Trainer):
    __doc__ = core.Trainer.__doc__
    precisions = ('float32', 'float64')
    cpu, try_gpu, num_gpus_found = map(staticmethod, (cpu, try_gpu, num_gpus))

    def start(self, model, batch):
        tf.config.experimental.enable_tensor_float_32_execution(False)
        self._set_precision(model)
        before = keras.config.floatx()
        keras.config.set_floatx(self.precision)
        with self.device:
            init_fresh(model, *batch[:-1], seed=self.seed)
            optimizer = model.configure_optimizers()
            optimizer.build(model.trainable_variables)
        keras.config.set_floatx(before)
        self._train = tf.function(self._update, autograph=False)
        self._eval = tf.function(model.validation_step, autograph=False)
        return model, optimizer

    def _set_precision(self, model):
        """Give new layers the precision; a built layer must have it already."""
        for layer in model._flatten_layers():
            if {str(w.dtype) for w in layer.trainable_variables} - {self.precision}:
                raise ValueError(
                    f'Trainer: precision is {self.precision}, but layer {layer.name} '
                    f'was built with {layer.dtype}; train a model not called before.')
            layer.dtype_policy = self.precision

    def _update(self, model, optimizer, batch):
        weights = model.trainable_variables
        with tf.GradientTape() as tape:
            loss, accuracy = core.loss_and_accuracy(model.training_step(batch))
        grads = tape.gradient(loss, [v.value for v in weights])
        if self.gradient_clip_val > 0:
            grads, _ = tf.clip_by_global_norm(grads, self.gradient_clip_val)
        optimizer.apply(grads, weights)
        return loss, accuracy

    def _place(self, batch):
        *X, y = map(tf.convert_to_tensor, batch)
        dtype = self.precision if y.dtype.is_floating else y.dtype
        return *(tf.cast(x, self.precision) for x in X), tf.cast(y, dtype)

    def train_step(self, state, batch):
        model, optimizer = state
        model.mode = True
        with self.device:
            result = self._train(model, optimizer, self._place(batch))
        model.mode = False
        return state, core.summed(result, len(batch[-1]))

    def eval_step(self, state, batch):
        with self.device:
            return core.summed(self._eval(self._place(batch)), len(batch[-1]))

    def finish(self, model, state):
        model.mode = False

    def predict(self, X):
        """Return the trained model's outputs for inputs `X` as an ndarray."""
        model, _ = self.state
        with self.device:
            return model(tf.cast(X, self.precision), training=False).numpy()


load_data_fashion_mnist, train_ch6, evaluate_accuracy_gpu = classic.Calls(
    sys.modules[__name__], layers.Layer).offered()
KaggleHouse, log_rmse = houses.offered(FashionMNIST.convert)
