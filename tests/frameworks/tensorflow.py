"""What tests write in TensorFlow and Keras."""

import contextlib
import types
import warnings

import h5py
import keras
import numpy as np
import tensorflow as tf
from keras import Sequential, layers
from keras.initializers import Constant

from tests import frameworks
from tests.frameworks import CLASSES, SPOILT


@contextlib.contextmanager
def float64():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy('float64')
    yield
    keras.config.set_dtype_policy(before)


class Written(frameworks.Written):
    def parts(self, net):
        return net.layers

    def ask_init_cnn(self, net, X):
        self.d2l.init_cnn(net, X)
        net(X)

    def ask_before(self, net, X):
        self.d2l.init_cnn(net, X)

    def plain_net(self):
        return Sequential(
            [
                layers.Conv2D(32, 3, padding='same'),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.ZeroPadding2D(1),
                layers.Conv2D(64, 3, strides=2),
                layers.Flatten(),
                layers.Dense(CLASSES),
            ]
        )

    def users_net(self):
        net = self.plain_net()
        net.layers[0].build((None, None, None, 1))
        net.layers[0].kernel.assign(net.layers[0].kernel / 2)
        return net

    def stated_net(self):
        half, quarter = Constant(0.5), Constant(0.25)
        return Sequential(
            [
                layers.Conv2D(2, 3, kernel_initializer=half, bias_initializer=quarter),
                layers.BatchNormalization(
                    gamma_initializer=Constant(2),
                    beta_initializer=Constant(3),
                    moving_mean_initializer=Constant(4),
                    moving_variance_initializer=Constant(5),
                ),
                layers.Flatten(),
                layers.Dense(CLASSES),
            ]
        )

    def shaped_net(self):
        return Sequential(
            [
                layers.Input((8, 8, 1)),
                layers.Conv2D(4, 3),
                layers.BatchNormalization(),
                layers.Flatten(),
                layers.Dense(CLASSES),
            ]
        )

    def spoil(self, tensor):
        tensor.assign(tensor * 0 + SPOILT)

    def dense(self, width):
        return Sequential([layers.Flatten(), layers.Dense(width)])

    def linear(self, width):
        return layers.Dense(width)

    def normed(self, images):
        parts = [layers.BatchNormalization(), layers.Flatten()]
        return Sequential([*(parts if images else parts[::-1]), layers.Dense(CLASSES)])

    def freeze(self, layer):
        layer.trainable = False

    def empty(self):
        return layers.Flatten()

    def three_layers(self):
        return layers.Conv2D(2, 3, padding='same'), layers.Dense(10), layers.Dense(10)

    def mean(self, Y, axes):
        return tf.reduce_mean(Y, axes)

    def mean_square(self, error):
        return tf.reduce_mean(error**2)

    def mixed(self, rate):
        class Mixed(self.d2l.Classifier):
            lr = 0.1

            def __init__(self):
                super().__init__()
                self.net = Sequential(
                    [
                        layers.Input((64,)),
                        layers.Dense(16),
                        layers.PReLU(),
                        layers.LayerNormalization(),
                        layers.Dropout(rate),
                    ]
                )
                self.table, self.rows = layers.Embedding(4, 16), layers.LSTM(16)
                self.last = layers.Dense(10)

            def call(self, X, training=None):
                flat = tf.reshape(X, (-1, 64))
                looked_up = self.table(tf.cast(3 * flat, tf.int32))
                return self.last(
                    self.net(flat, training=training)
                    + self.rows(X[..., 0])
                    + tf.reduce_mean(looked_up, 1)
                )

        return Mixed()

    def write_table(self, model, X):
        model(X)  # the table has its shape from then on
        model.table.set_weights([np.full((4, 16), SPOILT)])

    def table(self, model):
        return model.table.get_weights()[0]

    def listed(self, model):
        return list(model.trainable_variables)

    def sgd(self, model, lr):
        """Return an optimizer that a user wrote."""

        def apply_gradients(grads_and_vars):
            for grad, variable in grads_and_vars:
                variable.assign_sub(lr * grad)

        return types.SimpleNamespace(apply_gradients=apply_gradients)

    def alone(self, net, X):
        """Return a net's outputs in evaluation mode, by Keras alone."""
        return net(X, training=False).numpy()

    def densenet(self, depth, size):
        """Return (model, example) of Keras's own DenseNet, in float64."""
        with float64():
            model = getattr(keras.applications, f'DenseNet{depth}')(
                weights=None, input_shape=(size, size, 3), classifier_activation=None
            )
        return model, tf.zeros((1, size, size, 3), tf.float64)

    def set_eps(self, model, eps):
        for layer in model.layers:
            if hasattr(layer, 'epsilon'):
                layer.epsilon = eps  # 1.001e-5 by default

    def save_zoo(self, model, path, form):
        """Write a model as Keras does today, or did when its files were published."""
        if form == 'notop':
            model, form = (
                keras.Model(model.inputs, model.get_layer('relu').output),
                'h5',
            )
        if form == 'published':
            return self.save_2018(model, path)
        with warnings.catch_warnings():  # Keras asks NumPy for arrays the old way
            warnings.simplefilter('ignore', DeprecationWarning)
            (model.save if form == 'h5' else model.save_weights)(path)

    def save_2018(self, model, path):
        before = {'conv1_conv': 'conv1/conv', 'conv1_bn': 'conv1/bn'}
        before['predictions'] = 'fc1000'
        with h5py.File(path, 'w') as file:
            for layer in model.layers:
                name = before.get(layer.name, layer.name)
                group = file.create_group(name)
                names = [f'{name}/{weight.name}:0' for weight in layer.weights]
                group.attrs['weight_names'] = [name.encode() for name in names]
                for name, weight in zip(names, layer.weights, strict=True):
                    group[name] = weight.numpy()

    def prepared(self, path):
        """Return a picture as Keras's pages say to prepare it for its DenseNets."""
        X = keras.utils.img_to_array(keras.utils.load_img(path, target_size=(224, 224)))
        X = keras.applications.densenet.preprocess_input(X[None])
        return np.moveaxis(X[0], -1, 0)

    def zoo_logits(self, model, X):
        return model(np.moveaxis(X, 1, -1), training=False).numpy()
