"""What tests write in JAX and Flax."""

import contextlib
import types
from unittest import mock

import jax
import numpy as np
from flax import linen as nn

from d2l_shim import starts
from tests import frameworks
from tests.frameworks import CLASSES


def float64():
    return jax.enable_x64(True)


def flatten(X):
    return X.reshape(len(X), -1)


class Written(frameworks.Written):
    def model(self, base, lr, net, members):
        """Return a model of a new class; a Flax one has its net by `setup`."""
        if net:

            def setup(model):
                model.net = net()

            members = {'setup': setup, **members}
        return type('Own', (base,), {'lr': lr, **members})()

    def classifier(self, net):
        class Users(self.d2l.Classifier):
            net: nn.Module
            lr: float = 0.0
            training: bool = True

        return Users(net)

    def call(self, model, *X, **named):
        """Nothing: a Flax model that is made has no numbers to be called with."""

    def outputs(self, model, *X, **named):
        variables = model.init(jax.random.PRNGKey(0), *X, **named)
        return np.asarray(model.apply(variables, *X, **named))

    def without_net(self):
        @nn.compact
        def alone(model, X):
            return 0 * nn.Dense(CLASSES)(flatten(X))

        members = {'forward': alone, 'setup': nn.Module.setup}
        return self.model(self.d2l.Classifier, 0.0, None, members)

    def ask_init_cnn(self, net, X):
        self.d2l.init_cnn(net, X)

    def plain_net(self):
        return nn.Sequential(
            [
                nn.Conv(32, (3, 3), padding=1),
                nn.BatchNorm(use_running_average=True),
                nn.relu,
                nn.Conv(64, (3, 3), strides=2, padding=1),
                flatten,
                nn.Dense(CLASSES),
            ]
        )

    def stated_net(self):
        """A Flax norm cannot be told where its statistics start."""
        constant = nn.initializers.constant
        return nn.Sequential(
            [
                nn.Conv(2, (3, 3), kernel_init=constant(0.5), bias_init=constant(0.25)),
                nn.BatchNorm(
                    use_running_average=False,
                    scale_init=constant(2),
                    bias_init=constant(3),
                ),
                flatten,
                nn.Dense(CLASSES),
            ]
        )

    def dense(self, width):
        return nn.Sequential([flatten, nn.Dense(width)])

    def linear(self, width):
        return nn.Dense(width)

    def normed(self, images):
        parts = [nn.BatchNorm(use_running_average=False), flatten]
        return nn.Sequential([*(parts if images else parts[::-1]), nn.Dense(CLASSES)])

    def empty(self):
        return nn.Sequential([flatten])

    def evaluable(self):
        net = self.empty()
        object.__setattr__(net, 'latest', {})  # of no numbers, it has all
        return net

    def two_inputs(self):
        class Two(self.d2l.Classifier):
            lr: float = 0.0
            training: bool = True

            @nn.compact
            def __call__(self, X, Z):
                Y = nn.Conv(2, (3, 3))(X).mean((1, 2))
                return nn.Dense(10)(Y) + nn.Dense(10)(Z)

        return Two()

    def mixed(self, rate):
        class Mixed(self.d2l.Classifier):
            lr: float = 0.1
            training: bool = True

            @nn.compact
            def __call__(self, X):
                flat = flatten(X)
                Y = nn.LayerNorm()(nn.PReLU()(nn.Dense(16)(flat)))
                Y = nn.Dropout(rate, deterministic=not self.training)(Y)
                rows = nn.RNN(nn.OptimizedLSTMCell(16))(X[..., 0])[:, -1]
                looked_up = nn.Embed(4, 16)((3 * flat).astype('int32')).mean(1)
                return nn.Dense(10)(Y + rows + looked_up)

        return Mixed()

    def sgd(self, model, lr):
        """Return an optimizer that a user wrote."""

        def update(grads, state, params=None):
            return jax.tree.map(lambda g: -lr * g, grads), state

        return types.SimpleNamespace(init=lambda params: {}, update=update)

    @contextlib.contextmanager
    def refusing(self, refuse):
        with mock.patch.object(starts, 'from_canonical', refuse):
            yield

    def with_weights(self, side, model, trainer, X, weights):
        """Without a start of the Trainer's, which goes through the model many times."""
        side.load(model, weights)
        X = np.asarray(side.images(X), trainer.precision)
        return self.framework.numpy(self.framework.forward(model, X, False))

    def alone(self, net, X):
        """Return a net's outputs in evaluation mode, by Flax alone."""
        known = hasattr(net, 'training')
        return np.asarray(
            (net.clone(training=False) if known else net).apply(net.latest, X)
        )
