"""The TensorFlow side of the shim: `from d2l_shim import tensorflow as d2l`."""

from functools import partial

import numpy as np

from d2l_shim import classic, core, keras_parts, starts, tensorflow_draws, weights
from d2l_shim.adapters.tensorflow import TensorFlow, keras, layers, tf
from d2l_shim.callbacks import Callback, History
from d2l_shim.classic import Accumulator, Animator, accuracy, get_fashion_mnist_labels
from d2l_shim.core import DataModule, HyperParameters, Timer, add_to_class
from d2l_shim.data import fashion_mnist, house_prices, loader, pictures
from d2l_shim.data.fetch import reference_weights
from d2l_shim.plot import ProgressBoard, plot, plt, show_images
from d2l_shim.tensorflow_draws import all_layers, children

framework = TensorFlow()
cpu, gpu, num_gpus = framework.cpu, framework.gpu, framework.num_gpus
try_gpu = framework.try_gpu


def learned(model):
    """Return the variables that training moves: those of `parameters()`, or Keras's."""
    return (
        list(model.parameters())
        if hasattr(model, 'parameters')
        else model.trainable_variables
    )


def init_fresh(model, *X, seed=0, every_layer=False, **named):
    """Start what nobody has stated or written to (or `every_layer`) from `seed`.

    Returns the names of the classes that start from Keras's own numbers.
    """
    model.example_shapes = starts.input_shapes(X, 'NHWC')
    handles = framework.tensors(model, *core.one_example(X), **named)
    books = {id(handle.tensor) for handle in handles.values()}
    drawn = tensorflow_draws.initialized(model)
    others = {
        type(start.layer).__name__
        for start in drawn
        if start.default and id(start.variable) not in books
    }
    fresh = [start for start in drawn if tensorflow_draws.untouched(start)]
    if not every_layer:
        books &= {id(start.variable) for start in fresh if start.default}
    tensorflow_draws.draw_anew(
        [start for start in fresh if id(start.variable) not in books], seed
    )
    starts.start(handles, books, seed)
    tensorflow_draws.note(
        [h.tensor for h in handles.values() if id(h.tensor) in books], stay=every_layer
    )
    return others


def begin(model, *X, seed):
    """Seed TensorFlow's and Keras's generators and start the model; it then stays."""
    tensorflow_draws.seed_generators(seed)
    starts.say_own(init_fresh(model, *X, seed=seed), 'Keras')
    framework.settle(model)
    tensorflow_draws.seed_layers(model, seed)


def init_cnn(model, *X, seed=0):
    """Start convolutions, norms and dense layers of `model` from the book's numbers.

    Keras builds a layer at its first call, hence the inputs `X`.
    """
    init_fresh(model, *X, seed=seed, every_layer=True)


save_weights, load_weights = weights.calls(framework)


class Module(keras_parts.Parts, layers.Layer):
    """Base of models; a new one starts from `init_cnn`'s numbers at its first call.

    `training` is True in a step that trains, and in a call with `training=True`; in
    the `forward` of a part, while a call around it trains.
    """

    def _init_fresh(self, *X, **named):
        init_fresh(self, *X, **named)

    def summary_rows(self, X_shape):
        """Return (class name, output shape, parameters) of each child of `net`."""
        outputs = framework.first_calls(self, tf.zeros(X_shape)).outputs
        return keras_parts.rows(children(getattr(self, 'net', self)), outputs)


class Step(keras_parts.Step, layers.Layer):
    """A step of a model as a Keras call."""


class Classifier(core.Classifier, Module):
    """Base of classification models; logits (N, classes), labels (N,)."""

    @core.of_classes
    def loss(self, y_hat, y):
        """Return the mean cross-entropy."""
        core.check_labels(y_hat, y)
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(y, tf.int64), y_hat)
        )

    def accuracy(self, y_hat, y):
        """Return the fraction of examples whose largest logit is the label's."""
        core.check_labels(y_hat, y)
        right = tf.argmax(y_hat, axis=1) == tf.cast(y, tf.int64)
        return tf.reduce_mean(tf.cast(right, tf.float32))


class Loader(loader.Loader, keras.utils.PyDataset):
    """A Loader that Keras's own `fit`, `evaluate` and `predict` take, too."""

    def __init__(self, *args):
        keras.utils.PyDataset.__init__(self)
        loader.Loader.__init__(self, *args)

    def on_epoch_end(self):
        self.epoch += 1


class FashionMNIST(fashion_mnist.FashionMNIST):
    """Fashion-MNIST in batches of X (N, H, W, 1), float32 in [0, 1], and y (N,)."""

    layout = framework.layout
    loader = Loader

    def convert(self, X, y):
        return tf.constant(X), tf.constant(y)


class Trainer(core.Trainer):
    __doc__ = core.Trainer.__doc__
    precisions = ('float32', 'float64')
    framework = framework

    def start(self, model, batch):
        tf.config.experimental.enable_tensor_float_32_execution(False)
        self._set_precision(model)
        before = keras.config.floatx()
        keras.config.set_floatx(self.precision)
        try:
            with self.device:
                *X, _ = self.place([part[:1] for part in batch])
                begin(model, *X, seed=self.seed)
                self.examine(model, *X)
                optimizer = model.configure_optimizers()
                if hasattr(optimizer, 'build'):
                    optimizer.build(learned(model))
        finally:
            keras.config.set_floatx(before)
        self._train = tf.function(
            partial(self._update, model, optimizer), autograph=False
        )
        self._eval = tf.function(partial(self._look, model), autograph=False)
        return model, optimizer

    def _set_precision(self, model):
        """Give new layers the precision; a built layer must have it already."""
        for layer in all_layers(model):
            if {str(w.dtype) for w in layer.trainable_variables} - {self.precision}:
                raise ValueError(
                    f'Trainer: precision is {self.precision}, but layer {layer.name} '
                    f'was built with {layer.dtype}; train a model not called before.'
                )
            layer.dtype_policy = self.precision

    def _update(self, model, optimizer, batch):
        weights = learned(model)
        with tf.GradientTape() as tape:
            loss, accuracy = Step(model, 'training_step')(*batch, training=True)
        grads = tape.gradient(
            loss,
            [
                getattr(v, 'value', v) if isinstance(v, keras.Variable) else v
                for v in weights
            ],
        )
        if self.gradient_clip_val > 0:
            grads = self.clip_gradients(self.gradient_clip_val, grads)
        if hasattr(optimizer, 'apply'):
            optimizer.apply(grads, weights)
        else:  # one of the user's own
            optimizer.apply_gradients(zip(grads, weights, strict=True))
        return core.not_lost((loss, accuracy), _nans(batch, loss))

    def _look(self, model, batch):
        told = Step(model, 'validation_step')(*batch, training=False)
        return core.not_lost(told, _nans(batch, told and told[0]))

    def clip_gradients(self, limit, grads):
        """Return gradients scaled so that their joint norm is at most `limit`."""
        return tf.clip_by_global_norm(grads, limit)[0]

    def place(self, batch):
        """Return the parts of a batch as tensors, real numbers in the precision."""
        with tf.device(self.device._device_name):  # a Device is entered by one thread
            tensors = map(tf.convert_to_tensor, batch)
            return tuple(
                tf.cast(x, self.precision) if x.dtype.is_floating else x
                for x in tensors
            )

    def train_step(self, state, batch):
        with self.device:
            result = self._train(batch)
        return state, core.summed(result, len(batch[-1]))

    def eval_step(self, state, batch):
        with self.device:
            return core.summed(self._eval(batch), len(batch[-1]))

    def finish(self, model, state):
        model.training = False

    def rate(self, state):
        _, optimizer = state
        return optimizer.learning_rate

    def set_rate(self, state, lr):
        _, optimizer = state
        optimizer.learning_rate = lr
        return state

    def snapshot(self, state):
        variables = enumerate(self._variables(*state))
        return {str(i): np.asarray(variable) for i, variable in variables}

    def restored(self, state, arrays):
        for i, variable in enumerate(self._variables(*state)):
            variable.assign(arrays[str(i)])
        return state

    def _variables(self, model, optimizer):
        return [*model.variables, *optimizer.variables]

    def predict(self, *X):
        """Return the trained model's outputs for inputs `X` as an ndarray."""
        model, _ = self._fitted()
        with self.device:
            return model(*self.place(X), training=False).numpy()


def _nans(batch, loss):
    """Yield 0 for each input of a batch, NaN for one with a NaN, like the `loss`."""
    for x in batch[:-1]:
        if x.dtype.is_floating:
            found = tf.math.is_nan(tf.reduce_sum(x))  # the least work
            yield tf.cast(tf.where(found, np.nan, 0.0), loss.dtype)


load_data_fashion_mnist, train_ch6, evaluate_accuracy_gpu = classic.Calls(
    framework, Trainer, Classifier, FashionMNIST
).offered()
KaggleHouse, log_rmse = house_prices.offered(FashionMNIST)
read_picture = pictures.offered(FashionMNIST)
