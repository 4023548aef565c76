"""A note of 2023: a Gluon model with its own initializer, fitted by a Trainer."""
from d2l import mxnet as d2l
from mxnet import init, np, npx
from mxnet.gluon import nn
npx.set_np()


class DenseBlock(nn.Block):
    def __init__(self, num_convs, num_channels):
        super().__init__()
        self.net = nn.Sequential()
        for _ in range(num_convs):
            blk = nn.Sequential()
            blk.add(nn.BatchNorm(), nn.Activation('relu'),
                    nn.Conv2D(num_channels, kernel_size=3, padding=1))
            self.net.add(blk)

    def forward(self, X):
        for blk in self.net:
            Y = blk(X)
            X = np.concatenate((X, Y), axis=1)
        return X


class DenseNet(d2l.Classifier):
    def stem(self):
        net = nn.Sequential()
        net.add(nn.Conv2D(16, kernel_size=7, strides=2, padding=3),
                nn.BatchNorm(), nn.Activation('relu'),
                nn.MaxPool2D(pool_size=3, strides=2, padding=1))
        return net


@d2l.add_to_class(DenseNet)
def __init__(self, num_channels=16, growth_rate=8, arch=(2, 2), lr=0.1,
             num_classes=10):
    super(DenseNet, self).__init__()
    self.save_hyperparameters()
    self.net = nn.Sequential()
    self.net.add(self.stem())
    for i, num_convs in enumerate(arch):
        self.net.add(DenseBlock(num_convs, growth_rate))
        num_channels += num_convs * growth_rate
        if i != len(arch) - 1:
            num_channels //= 2
            self.net.add(nn.BatchNorm(), nn.Activation('relu'),
                         nn.Conv2D(num_channels, kernel_size=1),
                         nn.AvgPool2D(pool_size=2, strides=2))
    self.net.add(nn.BatchNorm(), nn.Activation('relu'),
                 nn.GlobalAvgPool2D(), nn.Dense(num_classes))
    self.net.initialize(init.Xavier())


model = DenseNet(lr=0.2)
trainer = d2l.Trainer(max_epochs=1, num_gpus=1)
data = d2l.FashionMNIST(batch_size=8, resize=(32, 32))
trainer.fit(model, data)
