"""A note that compares learning rates: each call of `train_ch6` starts anew."""
import tensorflow as tf
from d2l import tensorflow as d2l

net = tf.keras.models.Sequential([
    tf.keras.layers.ZeroPadding2D(2),
    tf.keras.layers.Conv2D(1, kernel_size=5, strides=2, activation='tanh'),
    tf.keras.layers.Flatten(), tf.keras.layers.Dense(10)])
train_iter, test_iter = d2l.load_data_fashion_mnist(16)
for lr in (0.1, 0.0):
    d2l.train_ch6(net, train_iter, test_iter, 10, lr, d2l.try_gpu())
