"""A note that compares learning rates: each call of `train_ch6` starts anew."""
from d2l import mxnet as d2l
from mxnet import npx
from mxnet.gluon import nn
npx.set_np()

net = nn.HybridSequential()
net.add(nn.Conv2D(1, kernel_size=5, strides=2, padding=2, activation='tanh'),
        nn.Dense(10))
train_iter, test_iter = d2l.load_data_fashion_mnist(16)
for lr in (0.1, 0.0):
    d2l.train_ch6(net, train_iter, test_iter, 10, lr, d2l.try_gpu())
