"""PyTorch, as the contract asks for it."""

import copy

import numpy as np
import torch
from torch import nn
from torch.nn.parameter import is_lazy

from d2l_shim import adapters, core, starts, torch_draws

KINDS = {
    nn.modules.conv._ConvNd: 'conv',
    nn.modules.batchnorm._BatchNorm: 'norm',
    nn.Linear: 'linear',
}


class PyTorch(adapters.Adapter):
    """Models are nn.Modules, images (N, C, H, W)."""

    tab, net, kinds = 'pytorch', nn.Module, KINDS

    def cpu(self):
        return torch.device('cpu')

    def gpu(self, i=0):
        """Return GPU number `i`; on a Mac, Apple's."""
        return torch.device('mps' if torch.backends.mps.is_available() else 'cuda', i)

    def num_gpus(self):
        """Return how many GPUs PyTorch sees, Apple's included."""
        return torch.cuda.device_count() or int(torch.backends.mps.is_available())

    def tensor(self, array):
        return torch.from_numpy(np.array(array))

    def numpy(self, value):
        known = isinstance(value, torch.Tensor) and not is_lazy(value)
        return torch_draws.numbers(value) if known else None

    def zeros(self, shape, like):
        return like.new_zeros(shape)

    def watch(self, model, told, *X, **named):
        was_training, hooks = model.training, []
        for layer in model.modules():
            hooks += (
                layer.register_forward_pre_hook(
                    lambda layer, _: told.enter(layer, type(layer))
                ),
                layer.register_forward_hook(lambda layer, _, Y: told.leave(layer, Y)),
            )
        model.eval()
        try:
            with torch.no_grad():
                model(*X, **named)
        finally:
            model.train(was_training)
            for hook in hooks:
                hook.remove()

    def twin(self, model):
        return core.twin(model) if hasattr(model, 'hparams') else copy.deepcopy(model)

    def handle(self, layer, kind, name):
        if (tensor := getattr(layer, name, None)) is None:
            return None
        return starts.Handle(
            tensor,
            tuple(tensor.shape),
            lambda: torch_draws.numbers(tensor),
            lambda array: tensor.data.copy_(torch.from_numpy(array)),
        )

    def all_tensors(self, model):
        return torch_draws.all_tensors(model)

    def settle(self, model):
        torch_draws.settle(model)

    def example(self, model, input_shape):
        known = [p for p in model.parameters() if not is_lazy(p)]
        return (known[0] if known else torch.zeros(0)).new_zeros((1, *input_shape))

    def forward(self, model, X, training):
        model.train(training)
        return model(X)

    def count(self, model, X):
        with torch.no_grad():
            self.forward(model, X, False)
        return sum(p.numel() for p in model.parameters() if p.requires_grad)

    def parameters(self, model):
        return [self.numpy(parameter) for parameter in model.parameters()]

    def fill(self, model, X, seed):
        with torch.no_grad():
            self.forward(model, X, False)
            for name, parameter in model.named_parameters():
                gain = name.endswith('weight')
                numbers = starts.by_shape(tuple(parameter.shape), seed, gain)
                parameter.copy_(torch.from_numpy(numbers))

    def gradients(self, model, X, G, training):
        model.train(training)
        model.zero_grad()
        dX, Y = self._pulled(model, X, G)
        grads = [p.grad for p in model.parameters() if p.grad is not None]
        return Y, dX, [self.numpy(g) for g in grads]

    def pullback(self, function, X, G):
        return self._pulled(function, X, G)[0]

    def _pulled(self, function, X, G):
        X = X.clone().requires_grad_()
        Y = function(X)
        (Y * G).sum().backward()
        return X.grad, Y
