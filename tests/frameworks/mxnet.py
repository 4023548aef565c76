"""What tests write in MXNet and Gluon."""

import contextlib
import types
from pathlib import Path

from mxnet import image, init, nd, np, util
from mxnet.gluon import model_zoo, nn, rnn
from mxnet.gluon.data.vision import transforms
from mxnet.initializer import Constant

from tests import frameworks
from tests.frameworks import CLASSES, SPOILT

float64 = contextlib.nullcontext  # a layer is cast


def sequential(*layers):
    net = nn.HybridSequential()
    net.add(*layers)
    return net


class Written(frameworks.Written):
    def ready(self, net):
        net.initialize()
        return net

    def plain_net(self):
        return sequential(
            nn.Conv2D(32, 3, padding=1),
            nn.BatchNorm(),
            nn.Activation('relu'),
            nn.Conv2D(64, 3, strides=2, padding=1),
            nn.Flatten(),
            nn.Dense(CLASSES),
        )

    def users_net(self):
        net = self.plain_net()
        net[0]._in_channels = 1
        net[0].weight.shape = (32, 1, 3, 3)
        net.initialize(init.Xavier())
        return net

    def drawn(self, net):
        return {'Xavier': float(abs(net[0].weight.data().asnumpy()).max())}

    def stated_net(self):
        half, quarter = Constant(0.5), Constant(0.25)
        return sequential(
            nn.Conv2D(2, 3, weight_initializer=half, bias_initializer=quarter),
            nn.BatchNorm(
                gamma_initializer=Constant(2),
                beta_initializer=Constant(3),
                running_mean_initializer=Constant(4),
                running_variance_initializer=Constant(5),
            ),
            nn.Flatten(),
            nn.Dense(CLASSES),
        )

    def shaped_net(self):
        return sequential(
            nn.Conv2D(4, 3, in_channels=1),
            nn.BatchNorm(in_channels=4),
            nn.Flatten(),
            nn.Dense(CLASSES, in_units=4 * 6 * 6),
        )

    def spoil(self, tensor):
        tensor.set_data(tensor.data() * 0 + SPOILT)

    def dense(self, width):
        return sequential(nn.Flatten(), nn.Dense(width))

    def linear(self, width):
        return nn.Dense(width)

    def normed(self, images):
        parts = [nn.BatchNorm(), nn.Flatten()]
        return sequential(*(parts if images else parts[::-1]), nn.Dense(CLASSES))

    def freeze(self, layer):
        layer.collect_params().setattr('grad_req', 'null')

    def empty(self):
        return nn.Flatten()

    def three_layers(self):
        return nn.Conv2D(2, 3, padding=1), nn.Dense(10), nn.Dense(10)

    def mixed(self, rate):
        class Mixed(self.d2l.Classifier):
            lr = 0.1

            def __init__(self):
                super().__init__()
                dense, prelu = nn.Dense(16, in_units=64), nn.PReLU()
                self.net = sequential(dense, prelu, nn.LayerNorm(), nn.Dropout(rate))
                self.table, self.rows = nn.Embedding(4, 16), rnn.LSTM(16)
                self.last = nn.Dense(10)

            def forward(self, X):
                flat = X.reshape(-1, 64)
                rows = self.rows(X[:, 0].transpose(1, 0, 2))[-1]
                looked_up = self.table((3 * flat).astype('int32')).mean(1)
                return self.last(self.net(flat) + rows + looked_up)

        return Mixed()

    def disturb(self):
        np.random.uniform()

    def write_table(self, model, X):
        model.table.initialize(Constant(SPOILT), force_reinit=True)

    def table(self, model):
        return model.table.weight.data().asnumpy()

    def listed(self, model):
        return list(nn.Block.collect_params(model).values())

    def sgd(self, model, lr):
        """Return an optimizer that a user wrote."""

        def step(_):
            for p in model.collect_params().values():
                if p.grad_req != 'null':
                    p.set_data(p.data() - lr * p.grad())

        return types.SimpleNamespace(step=step)

    def alone(self, net, X):
        """Return a net's outputs in evaluation mode, by Gluon alone."""
        return net(X).asnumpy()

    @contextlib.contextmanager
    def zoo(self):
        """Gluon's zoo is older than MXNet's NumPy arrays: turn them off for a while."""
        with util.np_array(False), util.np_shape(False):
            yield

    def densenet(self, depth, size):
        """Return (model, example) of Gluon's own DenseNet, in float64."""
        model = getattr(model_zoo.vision, f'densenet{depth}')()
        for i, part in model.features._children.items():
            if type(part) is nn.AvgPool2D:  # by 7, for images of 224
                model.features._children[i] = nn.GlobalAvgPool2D()
        model.initialize()
        model.cast('float64')
        return model, nd.zeros((1, 3, size, size), dtype='float64')

    def put(self, handle, array):
        """The zoo's parameters take arrays of the older kind."""
        handle.tensor.set_data(nd.array(array, dtype='float64'))

    def save_zoo(self, model, path, form):
        """Write a model as Gluon does, did before 2018, or does for other languages."""
        if form == 'params':
            model.save_parameters(path)
        elif form == 'before':
            model.collect_params().save(path, strip_prefix=model.prefix)
        else:
            model.hybridize()
            model(nd.zeros((1, 3, 32, 32), dtype='float64'))
            model.export(path)
            Path(f'{path}-0000.params').rename(path)

    def prepared(self, path):
        """Return a picture as Gluon's page of models says to prepare it."""
        steps = transforms.Compose(
            [
                transforms.Resize(256, keep_ratio=True),
                transforms.CenterCrop(224),
                transforms.ToTensor(),
                transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
            ]
        )
        with self.zoo():
            return steps(image.imread(path)).asnumpy()

    def zoo_logits(self, model, X):
        return model(nd.array(X, dtype='float64')).asnumpy()
