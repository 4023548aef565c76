"""A note that compares learning rates: each call of `train_ch6` starts anew."""
from flax import linen as nn
from d2l import jax as d2l


def make():
    return nn.Sequential([nn.Conv(1, kernel_size=(5, 5), strides=2, padding=2), nn.tanh,
                          lambda X: X.reshape(len(X), -1), nn.Dense(10)])


train_iter, test_iter = d2l.load_data_fashion_mnist(16)
for lr in (0.1, 0.0):
    net = d2l.train_ch6(make, train_iter, test_iter, 10, lr)
