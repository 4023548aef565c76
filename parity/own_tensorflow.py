"""TensorFlow (Keras) by its own defaults; see own_pytorch.py."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from parity.counted import counted

REFUSALS = (TypeError, ValueError, tf.errors.InvalidArgumentError)
SAME = 'same'
array = tf.constant
RELU, POOL = 'layers.ReLU()', ('layers.MaxPool2D', 'layers.AveragePooling2D')
NEW_ALONE = {'momentum': 0.0}
UNBIASED = KEEPS = False


def last(X):
    return array(np.moveaxis(X, 1, -1))


def first(Y):
    return np.moveaxis(Y.numpy(), -1, 1)


def raw_conv(X, channels):
    return layers.Conv2D(channels, 1)(array(X)).numpy()


def conv(X, channels, kernel_size, stride=1, **options):
    layer = layers.Conv2D(channels, kernel_size, strides=stride, **options)
    return first(layer(last(X))), layer.kernel.numpy(), layer.bias.numpy()


def kernel_gradient(X, D):
    layer = layers.Conv2D(64, 7, strides=2)
    X = tf.pad(last(X), ((0, 0), (3, 3), (3, 3), (0, 0)))
    with tf.GradientTape() as tape:
        Y = layer(X)
    gradient = tape.gradient(Y, layer.kernel.value, last(D)).numpy()
    return gradient.transpose(3, 2, 0, 1)


def dense(X, units):
    layer = layers.Dense(units)
    return layer(array(X)).numpy(), layer.kernel.numpy()


def empty_chain(X):
    return keras.Sequential()(array(X)).numpy()


def max_pool(X, size, stride=None, **options):
    return first(layers.MaxPool2D(size, stride, **options)(last(X)))


def average_pool(X, size, stride):
    return first(layers.AveragePooling2D(size, stride, padding=SAME)(last(X)))


def norm_count(channels):
    layer = layers.BatchNormalization()
    layer.build((None, channels))
    return layer.count_params()


def norm(X, training=None, **options):
    layer = layers.BatchNormalization(dtype=X.dtype.name, **options)
    Y = layer(last(X), training=training)
    return first(Y), layer.moving_mean.numpy(), layer.moving_variance.numpy()


def statistics_move(X):
    layer = layers.BatchNormalization()
    layer(last(X), training=True)
    moved = layer.moving_mean.numpy().any()
    return 'the forward pass' if moved else 'the backward pass'


def numbers_exist():
    layer = layers.Conv2D(1, 3)
    yield 'when made', bool(layer.weights)
    layer(tf.zeros((1, 8, 8, 1)))
    yield 'at the first call', bool(layer.weights)


def draw(seed=None):
    if seed is not None:
        tf.random.set_seed(seed)
    return float(tf.random.normal(())), float(tf.random.normal(()))


def loss(logits, labels):
    return keras.losses.SparseCategoricalCrossentropy()(labels, logits).numpy()


def backward_twice():
    w, seen = tf.Variable(0.0), []
    for _ in range(2):
        with tf.GradientTape() as tape:
            y = w * 1
        seen.append(float(tape.gradient(y, w)))
    return seen


def gradients_behind():
    w = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        h = 2 * w
        tape.watch(h)
        y = 3 * h
    return [float(gradient) for gradient in tape.gradient(y, [w, h])]


def second_run(X):
    layer, ended = layers.Dense(1), []
    layer(array(X))

    def run(X):
        Y = layer(tf.exp(X))
        ended.append(1)
        return Y

    with tf.GradientTape() as tape:
        Y = tf.recompute_grad(run)(array(X))
    tape.gradient(Y, layer.kernel.value)
    return 'repeated' if len(ended) > 1 else 'left out'


def norm_again(X):
    layer, X = layers.BatchNormalization(), last(X)
    layer.build(X.shape)
    with tf.GradientTape() as tape:
        tape.watch(X)
        Y = tf.recompute_grad(lambda X: layer(X, training=True))(X)
    tape.gradient(Y, X)
    return layer.moving_mean.numpy()


def sgd_step(dtype, *lr):
    w = keras.Variable(np.zeros(1), dtype=dtype)
    keras.optimizers.SGD(*lr).apply([tf.ones(1, dtype)], [w])
    return w.numpy().item()


def first_batch(n, batch_size, buffer_size=1000):  # which has no default there
    data = tf.data.Dataset.range(n).shuffle(buffer_size).batch(batch_size)
    return next(iter(data)).numpy()


def resize(row, size):
    image = array(np.float32(row)[None, None, :, None])
    return tf.image.resize(image, (1, size)).numpy().ravel()


def type_of_array(X):
    return array(X).dtype.name


def type_of_sum():
    return (tf.zeros(1, tf.int32) + tf.zeros(1)).dtype.name


def tensor_float_32():
    both = tf.config.experimental.tensor_float_32_execution_enabled()
    return 'convolutions and products' if both else 'none'


def exact(trainer, batch):
    return tensor_float_32() in ('none', 'no switch')


def runs_of_python(steps):
    Layer, runs = counted(layers.Dense, 'call')
    model = keras.Sequential([keras.Input((1,)), Layer(1)])
    model.compile('sgd', 'mse')
    runs.clear()  # what the layer ran to learn its shape
    model.fit(np.ones((steps, 1)), np.ones((steps, 1)), 1, verbose=0)
    return len(runs)


def device_of_array():
    return tf.zeros(1).device.split(':')[-2].lower()


def use_gpu(i):
    with tf.device(f'/GPU:{i}'):
        return tf.zeros(1)


def relu(decisions):
    class ReLU(layers.Layer):
        def call(self, X):
            mask = decisions.next(X.shape, 'NHWC')
            return tf.nn.relu(X) if mask is None else X * tf.constant(mask)

    return ReLU()


def stop_onednn():
    """Nothing: an environment variable does it."""


def impose(model):
    """Nothing: any step can be told."""
