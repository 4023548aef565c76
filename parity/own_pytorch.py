"""PyTorch by its own defaults: what the rows of the Rosetta page are measured on.

The files own_*.py hold the same functions. Images come and go as NumPy, (N, C, H, W).
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from parity.counted import counted

REFUSALS = (TypeError, ValueError, RuntimeError, AssertionError)
SAME = 'same'
array = torch.from_numpy
RELU, POOL = 'nn.ReLU()', ('nn.MaxPool2d', 'nn.AvgPool2d')
NEW_ALONE = {'momentum': 1.0}  # of a norm: only the new batch counts
UNBIASED = True  # a norm's running variance is divided by n - 1
KEEPS = True  # its ReLUs keep their decisions, which are imposed on the others'


def raw_conv(X, channels):
    """Return the output of a new 1x1 convolution for X as it is, axes not moved."""
    return nn.LazyConv2d(channels, 1)(array(X)).detach().numpy()


def conv(X, channels, kernel_size, **options):
    """Return (output, kernel, bias) of a new convolution."""
    layer = nn.Conv2d(X.shape[1], channels, kernel_size, **options)
    Y, weight, bias = layer(array(X)), layer.weight, layer.bias
    return tuple(t.detach().numpy() for t in (Y, weight, bias))


def kernel_gradient(X, D):
    """Return the gradient of the stem's kernel, OIHW, if that of its output is `D`."""
    layer = nn.Conv2d(1, 64, 7, stride=2, padding=3)
    layer(array(X)).backward(array(D))
    return layer.weight.grad.numpy()


def dense(X, units):
    """Return (output, kernel) of a new dense layer."""
    layer = nn.Linear(X.shape[-1], units)
    return layer(array(X)).detach().numpy(), layer.weight.detach().numpy()


def empty_chain(X):
    return nn.Sequential()(torch.from_numpy(X)).numpy()


def max_pool(X, size, **options):
    return nn.MaxPool2d(size, **options)(array(X)).numpy()


def average_pool(X, size, stride):
    """Return an average that reaches over the border by one pixel."""
    return nn.AvgPool2d(size, stride, padding=1)(array(X)).numpy()


def norm_count(channels):
    return sum(p.numel() for p in nn.BatchNorm2d(channels).parameters())


def norm(X, training=None, **options):
    """Return (output, running mean, running variance) of a new batch norm."""
    layer = nn.BatchNorm2d(X.shape[1], dtype=array(X).dtype, **options)
    if training is not None:
        layer.train(training)
    Y = layer(array(X)).detach().numpy()
    return Y, layer.running_mean.numpy(), layer.running_var.numpy()


def statistics_move(X):
    """Return which pass of a training step moves the running statistics."""
    layer = nn.BatchNorm2d(X.shape[1])
    layer(array(X))
    return 'the forward pass' if layer.running_mean.any() else 'the backward pass'


def numbers_exist():
    """Yield (stage of a new layer's life, whether it has its weights by then)."""
    layer = nn.Conv2d(1, 1, 3)
    yield 'when made', not nn.parameter.is_lazy(layer.weight)


def draw(seed=None):
    """Return two draws of a normal number, from `seed` or as the process stands."""
    if seed is not None:
        torch.manual_seed(seed)
    return torch.randn(()).item(), torch.randn(()).item()


def loss(logits, labels):
    """Return the cross-entropy of the framework's own loss."""
    return nn.CrossEntropyLoss()(array(logits), array(labels)).numpy()


def backward_twice():
    """Return the gradient of w -> w after one backward pass and after another."""
    w = torch.zeros(1, requires_grad=True)
    seen = []
    for _ in range(2):
        w.sum().backward()
        seen.append(w.grad.item())
    return seen


def gradients_behind():
    """Return the gradients at w and at h = 2w of 3h, if the one at h is asked for."""
    w = torch.ones(1, requires_grad=True)
    h = 2 * w
    h.retain_grad()
    (3 * h).sum().backward()
    return w.grad.item(), h.grad.item()


def second_run(X):
    """Return what a second run does to a product that no gradient needs."""
    layer, ended = nn.Linear(X.shape[-1], 1), []

    def run(X):
        Y = layer(X.exp())
        ended.append(1)
        return Y

    Y = checkpoint(run, array(X).requires_grad_(), use_reentrant=False)
    Y.sum().backward()
    return 'repeated' if len(ended) > 1 else 'left out'


def norm_again(X):
    """Return the running mean after a step in which a norm is computed again."""
    layer = nn.BatchNorm2d(X.shape[1])
    Y = checkpoint(layer, array(X).requires_grad_(), use_reentrant=False)
    Y.sum().backward()
    return layer.running_mean.numpy()


def sgd_step(dtype, *lr):
    """Return where a step against a gradient of 1 leads from 0."""
    w = torch.zeros(1, dtype=getattr(torch, dtype), requires_grad=True)
    w.grad = torch.ones_like(w)
    torch.optim.SGD([w], *lr).step()
    return w.item()


def first_batch(n, batch_size):
    """Return the first batch of range(n) from a loader that shuffles."""
    data = torch.utils.data.TensorDataset(torch.arange(n))
    loader = torch.utils.data.DataLoader(data, batch_size, shuffle=True)
    return next(iter(loader))[0].numpy()


def resize(row, size):
    """Return a row of pixels resized by linear interpolation."""
    image = array(np.float32(row)[None, None])
    return F.interpolate(image, size, mode='linear').numpy().ravel()


def type_of_array(X):
    return array(X).numpy().dtype.name


def type_of_sum():
    """Return the type of an int32 number plus a float32 one."""
    total = torch.zeros(1, dtype=torch.int32) + torch.zeros(1)
    return total.numpy().dtype.name


def tensor_float_32():
    """Return what may use TF32 on a GPU."""
    kinds = {
        'convolutions': torch.backends.cudnn.conv,
        'products': torch.backends.cuda.matmul,
    }
    cut = [kind for kind in kinds if kinds[kind].fp32_precision == 'tf32']
    return ' and '.join(cut) or 'none'


def exact(trainer, batch):
    """Whether a step of the Trainer computes float32 in float32."""
    return tensor_float_32() in ('none', 'no switch')


def runs_of_python(steps):
    """Return how often Python runs a layer in so many training steps."""
    Layer, runs = counted(nn.Linear, 'forward')
    layer = Layer(1, 1)
    for _ in range(steps):
        layer(torch.ones(1, 1)).sum().backward()
    return len(runs)


def device_of_array():
    return torch.zeros(1).device.type


def use_gpu(i):
    """Put numbers on GPU number `i`."""
    return torch.zeros(1, device=f'cuda:{i}')


def relu(decisions):
    """Return a ReLU that keeps its decisions, or is told them."""

    class ReLU(nn.Module):
        def forward(self, X):
            decisions.keep((X > 0).numpy())
            mask = decisions.next(X.shape)
            return X.relu() if mask is None else X * torch.from_numpy(mask)

    return ReLU()


def stop_onednn():
    """Take other kernels than oneDNN's, where no environment variable does that."""
    torch.backends.mkldnn.set_flags(False)


def impose(model):
    """Nothing: any step can be told."""


def norm_counts(side, config, X):
    """Return how many numbers a channel of each norm averages, in call order."""
    model, found = side.model(**config), []
    side.trainer().start(model, side.batch(X, np.zeros(len(X), np.int64)))
    for layer in model.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            layer.register_forward_hook(
                lambda layer, given, Y: found.append(Y.numel() // Y.shape[1])
            )
    model(side.images(X))
    return found
