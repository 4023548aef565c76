"""A note of 2021: layers with explicit input channels, trained by `train_ch6`."""
import torch
from torch import nn
from d2l import torch as d2l


def conv_block(input_channels, num_channels):
    return nn.Sequential(
        nn.BatchNorm2d(input_channels), nn.ReLU(),
        nn.Conv2d(input_channels, num_channels, kernel_size=3, padding=1))


class DenseBlock(nn.Module):
    def __init__(self, num_convs, input_channels, num_channels):
        super(DenseBlock, self).__init__()
        blocks = []
        for i in range(num_convs):
            blocks.append(conv_block(input_channels + i * num_channels, num_channels))
        self.net = nn.Sequential(*blocks)

    def forward(self, X):
        for blk in self.net:
            X = torch.cat([X, blk(X)], dim=1)
        return X


def transition_block(input_channels, num_channels):
    return nn.Sequential(
        nn.BatchNorm2d(input_channels), nn.ReLU(),
        nn.Conv2d(input_channels, num_channels, kernel_size=1),
        nn.AvgPool2d(kernel_size=2, stride=2))


print(DenseBlock(2, 3, 10)(torch.randn(4, 3, 8, 8)).shape)

stem = nn.Sequential(
    nn.Conv2d(1, 16, kernel_size=7, stride=2, padding=3),
    nn.BatchNorm2d(16), nn.ReLU(),
    nn.MaxPool2d(kernel_size=3, stride=2, padding=1))
num_channels, growth_rate = 16, 8
blks = []
for i, num_convs in enumerate([2, 2]):
    blks.append(DenseBlock(num_convs, num_channels, growth_rate))
    num_channels += num_convs * growth_rate
    if i == 0:
        blks.append(transition_block(num_channels, num_channels // 2))
        num_channels = num_channels // 2
net = nn.Sequential(
    stem, *blks, nn.BatchNorm2d(num_channels), nn.ReLU(),
    nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(num_channels, 10))

X = torch.rand(size=(1, 1, 32, 32))
for layer in net:
    X = layer(X)
    print(layer.__class__.__name__, 'output shape:\t', X.shape)

lr, num_epochs, batch_size = 0.2, 10, 8
train_iter, test_iter = d2l.load_data_fashion_mnist(batch_size, resize=32)
d2l.train_ch6(net, train_iter, test_iter, num_epochs, lr, d2l.try_gpu())
d2l.plt.show()
