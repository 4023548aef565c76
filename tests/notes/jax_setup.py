"""A note of 2023: Flax with fields, `setup`, and a method given by `add_to_class`."""
import jax
from flax import linen as nn
from jax import numpy as jnp
from d2l import jax as d2l


class ConvBlock(nn.Module):
    num_channels: int
    training: bool = True

    @nn.compact
    def __call__(self, X):
        Y = nn.relu(nn.BatchNorm(not self.training)(X))
        Y = nn.Conv(self.num_channels, kernel_size=(3, 3), padding=(1, 1))(Y)
        return jnp.concatenate((X, Y), axis=-1)


class DenseBlock(nn.Module):
    num_convs: int
    num_channels: int
    training: bool = True

    def setup(self):
        self.net = nn.Sequential([ConvBlock(self.num_channels, self.training)
                                  for _ in range(self.num_convs)])

    def __call__(self, X):
        return self.net(X)


class TransitionBlock(nn.Module):
    num_channels: int
    training: bool = True

    @nn.compact
    def __call__(self, X):
        X = nn.BatchNorm(not self.training)(X)
        X = nn.relu(X)
        X = nn.Conv(self.num_channels, kernel_size=(1, 1))(X)
        return nn.avg_pool(X, window_shape=(2, 2), strides=(2, 2))


X = jax.random.uniform(d2l.get_key(), (4, 8, 8, 3))
Y, _ = DenseBlock(2, 10).init_with_output(d2l.get_key(), X)
print(Y.shape)


class DenseNet(d2l.Classifier):
    num_channels: int = 16
    growth_rate: int = 8
    arch: tuple = (1, 1)
    lr: float = 0.1
    num_classes: int = 10
    training: bool = True

    def setup(self):
        self.net = self.create_net()

    def stem(self):
        return nn.Sequential([
            nn.Conv(16, kernel_size=(7, 7), strides=(2, 2), padding='same'),
            nn.BatchNorm(not self.training),
            nn.relu,
            lambda x: nn.max_pool(x, window_shape=(3, 3), strides=(2, 2),
                                  padding='same')])


@d2l.add_to_class(DenseNet)
def create_net(self):
    net, num_channels = self.stem(), self.num_channels
    for i, num_convs in enumerate(self.arch):
        net.layers.extend([DenseBlock(num_convs, self.growth_rate,
                                      training=self.training)])
        num_channels += num_convs * self.growth_rate
        if i != len(self.arch) - 1:
            num_channels //= 2
            net.layers.extend([TransitionBlock(num_channels, training=self.training)])
    net.layers.extend([
        nn.BatchNorm(not self.training),
        nn.relu,
        lambda x: nn.avg_pool(x, window_shape=x.shape[1:3], strides=x.shape[1:3],
                              padding='valid'),
        lambda x: x.reshape((x.shape[0], -1)),
        nn.Dense(self.num_classes)])
    return net


model = DenseNet(lr=0.2)
model.layer_summary((1, 32, 32, 1))
trainer = d2l.Trainer(max_epochs=1, num_gpus=1)
data = d2l.FashionMNIST(batch_size=8, resize=(32, 32))
trainer.fit(model, data)
