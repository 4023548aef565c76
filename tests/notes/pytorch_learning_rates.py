"""A note that compares learning rates: each call of `train_ch6` starts anew."""
from torch import nn
from d2l import torch as d2l

net = nn.Sequential(nn.Conv2d(1, 1, kernel_size=5, stride=2, padding=2), nn.Tanh(),
                    nn.Flatten(), nn.Linear(14 * 14, 10))
train_iter, test_iter = d2l.load_data_fashion_mnist(16)
for lr in (0.1, 0.0):
    d2l.train_ch6(net, train_iter, test_iter, 10, lr, d2l.try_gpu())
