"""What tests write in PyTorch."""

import contextlib
import importlib
import re
import types

import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from tests import frameworks
from tests.frameworks import CLASSES, SPOILT


@contextlib.contextmanager
def float64():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


class Written(frameworks.Written):
    def classifier(self, net):
        return super().classifier(net).eval()

    def still(self, model):
        return model.eval()

    def plain_net(self):
        return nn.Sequential(
            nn.LazyConv2d(32, 3, padding=1),
            nn.LazyBatchNorm2d(),
            nn.ReLU(),
            nn.LazyConv2d(64, 3, stride=2, padding=1),
            nn.Flatten(),
            nn.LazyLinear(CLASSES),
        ).eval()

    def users_net(self):
        net = self.plain_net()
        net[0] = nn.Conv2d(1, 32, 3, padding=1)
        net[0].weight.data.normal_(std=0.01)
        return net

    def stated_net(self):
        """PyTorch has no initializers: `state` writes the numbers."""
        return nn.Sequential(
            nn.LazyConv2d(2, 3),
            nn.LazyBatchNorm2d(),
            nn.Flatten(),
            nn.LazyLinear(CLASSES),
        ).eval()

    def state(self, net, X):
        net(X)
        for layer, weight, bias in ((net[0], 0.5, 0.25), (net[1], 2, 3)):
            layer.weight.data.fill_(weight)
            layer.bias.data.fill_(bias)

    def shaped_net(self):
        return nn.Sequential(
            nn.Conv2d(1, 4, 3),
            nn.BatchNorm2d(4),
            nn.Flatten(),
            nn.Linear(4 * 6 * 6, CLASSES),
        )

    def spoil(self, tensor):
        tensor.data.fill_(SPOILT)

    def dense(self, width):
        return nn.Sequential(nn.Flatten(), nn.LazyLinear(width))

    def linear(self, width):
        return nn.LazyLinear(width)

    def normed(self, images):
        norm = [nn.LazyBatchNorm2d(), nn.Flatten()]
        norm = norm if images else [nn.Flatten(), nn.LazyBatchNorm1d()]
        return nn.Sequential(*norm, nn.LazyLinear(CLASSES))

    def freeze(self, layer):
        layer.requires_grad_(False)

    def empty(self):
        return nn.Flatten()

    def three_layers(self):
        return nn.LazyConv2d(2, 3, padding=1), nn.LazyLinear(10), nn.LazyLinear(10)

    def mixed(self, rate):
        class Mixed(self.d2l.Classifier):
            lr = 0.1

            def __init__(self):
                super().__init__()
                self.first, self.prelu = nn.Linear(64, 16), nn.PReLU()
                self.norm, self.dropout = nn.LayerNorm(16), nn.Dropout(rate)
                self.table, self.rows = nn.Embedding(4, 16), nn.LSTM(8, 16)
                self.last = nn.Linear(16, 10)

            def forward(self, X):
                Y = self.dropout(self.norm(self.prelu(self.first(X.flatten(1)))))
                rows = self.rows(X[:, 0].transpose(0, 1))[0][-1]
                table = self.table((3 * X.flatten(1)).long()).mean(1)
                return self.last(Y + rows + table)

        return Mixed()

    def disturb(self):
        torch.rand(1)

    def write_table(self, model, X):
        model.table.weight.data[:] = SPOILT

    def table(self, model):
        return self.framework.numpy(model.table.weight)

    def listed(self, model):
        return list(nn.Module.parameters(model))

    def sgd(self, model, lr):
        """Return an optimizer that a user wrote."""

        def step():
            for p in model.parameters():
                p -= lr * p.grad

        def zero_grad():
            for p in model.parameters():
                if p.grad is not None:
                    p.grad.zero_()

        return types.SimpleNamespace(step=step, zero_grad=zero_grad)

    def alone(self, net, X):
        """Return a net's outputs in evaluation mode, by PyTorch alone."""
        return net.eval()(X).detach().numpy()

    def densenet(self, depth, size):
        """Return (model, example) of torchvision's DenseNet, in float64."""
        model = getattr(torchvision(), f'densenet{depth}')().double().eval()
        return model, torch.zeros((1, 3, size, size), dtype=torch.float64)

    def save_zoo(self, model, path, form):
        """Write a state dict as torchvision does today, or as its published files."""
        found = model.state_dict()
        if form == 'safetensors':
            save_file(found, path)
        elif form == 'pth':
            torch.save({'epoch': 1, 'state_dict': found}, path)
        else:
            before = r'\.(norm|conv)([12])\.'
            torch.save(
                {re.sub(before, r'.\1.\2.', name): found[name] for name in found},
                path,
                _use_new_zipfile_serialization=False,
            )

    def prepared(self, path):
        """Return a picture as torchvision prepares it for its DenseNets."""
        known = torchvision().DenseNet121_Weights.IMAGENET1K_V1
        return known.transforms()(Image.open(path).convert('RGB')).numpy()

    def zoo_logits(self, model, X):
        with torch.no_grad():
            return model(torch.from_numpy(X)).numpy()


def torchvision():
    """Return torchvision's models, which import beside a PyTorch for the CPU, too."""
    try:
        return importlib.import_module('torchvision.models')
    except RuntimeError:  # its compiled half is for CUDA, and two names are missing
        library = torch.library.Library('torchvision', 'FRAGMENT')
        for name in ('nms', 'qnms'):
            library.define(f'{name}(Tensor a, Tensor b, float c) -> Tensor')
        torchvision.library = library  # it takes the names along when it is let go
        return importlib.import_module('torchvision.models')
