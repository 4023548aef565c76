"""The PyTorch side of the shim: `from d2l_shim import torch as d2l`."""

import sys

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.parameter import is_lazy

from d2l_shim import classic, core, data, houses, init, weights
from d2l_shim.classic import Accumulator, Animator, accuracy, get_fashion_mnist_labels
from d2l_shim.core import DataModule, HyperParameters, Timer, add_to_class
from d2l_shim.plot import ProgressBoard, plot, plt, show_images

KINDS = {nn.modules.conv._ConvNd: 'conv', nn.modules.batchnorm._BatchNorm: 'norm',
         nn.Linear: 'linear'}


def cpu():
    """Return the CPU device."""
    return torch.device('cpu')


def gpu(i=0):
    """Return GPU number `i`; on a Mac, Apple's."""
    return torch.device('mps' if torch.backends.mps.is_available() else 'cuda', i)


def num_gpus():
    """Return how many GPUs PyTorch sees, Apple's included."""
    return torch.cuda.device_count() or int(torch.backends.mps.is_available())


def layout(device):
    """Return the memory format of images on `device`; on MPS, see pytorch #175189."""
    return torch.contiguous_format if device.type == 'mps' else torch.channels_last


try_gpu = core.first_gpu(cpu, gpu, num_gpus)


def layers_in_call_order(model, *X):
    """Return (kind, layer) pairs in the order of their first call on `X`.

    Runs the model once, in evaluation mode, which also gives lazy layers a shape.
    """
    called, was_training = {}, model.training
    hooks = [layer.register_forward_hook(lambda layer, *_: called.setdefault(layer))
             for layer in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            model(*X)
    finally:
        model.train(was_training)
        for hook in hooks:
            hook.remove()
    return [(kind, layer) for layer in called for cls, kind in KINDS.items()
            if isinstance(layer, cls)]


def handle(layer, kind, name):
    tensor = getattr(layer, name, None)
    return tensor if tensor is None else init.Handle(
        tensor, tuple(tensor.shape), lambda: tensor.detach().cpu().numpy(),
        lambda array: tensor.data.copy_(torch.from_numpy(array)))


def tensors(model, *X):
    """Return the model's canonical tensors, {name: Handle}, for inputs `X`."""
    return init.name_tensors(layers_in_call_order(model, *X), handle)


def all_tensors(model):
    """Return every tensor that the model learns or tracks, {name: tensor}."""
    return {name: tensor for name, tensor in model.state_dict(keep_vars=True).items()
            if 'num_batches_tracked' not in name}


def example(model, input_shape):
    """Return one input of zeros, where the model is and of its precision."""
    known = [p for p in model.parameters() if not is_lazy(p)]
    return (known[0] if known else torch.zeros(0)).new_zeros((1, *input_shape))


def is_fresh(layer):
    """Whether a layer waits for its shape, and so has no numbers yet."""
    own = [*layer.parameters(recurse=False), *layer.buffers(recurse=False)]
    return any(is_lazy(tensor) for tensor in own)


def init_fresh(model, *X, seed=0, every_layer=False):
    """Give fresh layers (or `every_layer`) their starting weights."""
    model.example_shape = tuple(X[0].shape[1:])
    fresh = [layer for layer in model.modules() if every_layer or is_fresh(layer)]
    if fresh:
        named = tensors(model, *(x[:1] for x in X))
        init.start(named, {id(tensor) for layer in fresh
                           for tensor in all_tensors(layer).values()}, seed)


def init_cnn(module):
    """Start convolutions, norms and linear layers from the book's numbers.

    For `net.apply(d2l.init_cnn)` or `d2l.init_cnn(net)`. The draw happens at the
    first forward pass, when every lazy layer knows its shape and its place.
    """
    for layer in module.modules():  # a container takes over from its parts
        if hasattr(layer, '_init_cnn'):
            layer._init_cnn.remove()
            del layer._init_cnn
    module._init_cnn = module.register_forward_pre_hook(_draw_every_layer)


def _draw_every_layer(module, X):
    module._init_cnn.remove()
    del module._init_cnn
    init_fresh(module, *X, every_layer=True)


class Module(core.Module, nn.Module):
    """Base of models; a new one starts from `init_cnn`'s numbers at its first call."""

    def __call__(self, *X):
        if not self.__dict__.get('_called'):
            self._called = True
            init_fresh(self, *X)
        return super().__call__(*X)

    def forward(self, X):
        return self.net(X)

    def configure_optimizers(self):
        """Return the optimizer: plain SGD at the model's `lr`."""
        return torch.optim.SGD(self.parameters(), lr=self.lr)

    def summary_rows(self, X_shape):
        """Return (class name, output shape, parameters) of each child of `net`."""
        shapes = {}

        def note_shape(layer, _, Y):
            shapes[layer] = Y.shape

        children = list(getattr(self, 'net', self).children())
        hooks = [layer.register_forward_hook(note_shape) for layer in children]
        layers_in_call_order(self, torch.zeros(X_shape))
        for hook in hooks:
            hook.remove()
        return [(type(layer).__name__, shapes[layer],
                 sum(p.numel() for p in layer.parameters())) for layer in children]


class Classifier(core.Classifier, Module):
    """Base of classification models; logits (N, classes), labels (N,)."""

    def loss(self, y_hat, y):
        """Return the mean cross-entropy."""
        return F.cross_entropy(y_hat, y.long())

    def accuracy(self, y_hat, y):
        """Return the fraction of examples whose largest logit is the label's."""
        return (y_hat.argmax(dim=1) == y).float().mean()


class FashionMNIST(data.FashionMNIST):
    """Fashion-MNIST in batches of X (N, 1, H, W), float32 in [0, 1], and y (N,)."""

    layout = 'NCHW'

    def convert(self, X, y):
        return torch.from_numpy(X), torch.from_numpy(y)


class Trainer(core.Trainer):
    __doc__ = core.Trainer.__doc__
    cpu, try_gpu, num_gpus_found = map(staticmethod, (cpu, try_gpu, num_gpus))

    def find_device(self, num_gpus):
        device = super().find_device(num_gpus)
        if device.type == 'mps' and self.precision == 'float64':
            raise ValueError("Trainer: Apple's GPU has no float64; use num_gpus=0.")
        return device

    def start(self, model, batch):
        self._precise()
        init_fresh(model, *batch[:-1], seed=self.seed)
        dtype = torch.float64 if self.precision == 'float64' else torch.float32
        model.to(self.device, dtype, memory_format=layout(self.device))
        return model, model.configure_optimizers()

    def _precise(self):
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False

    def _place(self, batch):
        """Move a batch to the device; images get its layout."""
        dtype = torch.float64 if self.precision == 'float64' else torch.float32
        *X, y = (part.to(self.device, dtype if part.is_floating_point() else None,
                         non_blocking=True) for part in batch)
        return *(x.to(dtype).contiguous(memory_format=layout(self.device))
                 if x.dim() == 4 else x for x in X), y

    def _autocast(self):
        return torch.autocast(self.device.type, torch.bfloat16,
                              enabled=self.precision == 'bfloat16')

    def train_step(self, state, batch):
        model, optimizer = state
        model.train()
        with self._autocast():
            loss, accuracy = core.loss_and_accuracy(
                model.training_step(self._place(batch)))
        optimizer.zero_grad()
        loss.backward()
        if self.gradient_clip_val > 0:
            self.clip_gradients(self.gradient_clip_val, model)
        optimizer.step()
        return state, core.summed((loss.detach(), accuracy.detach()), len(batch[-1]))

    def eval_step(self, state, batch):
        model, _ = state
        model.eval()
        with torch.no_grad(), self._autocast():
            return core.summed(model.validation_step(self._place(batch)),
                               len(batch[-1]))

    def finish(self, model, state):
        model.eval()

    def clip_gradients(self, limit, model):
        """Scale all gradients so that their joint norm is at most `limit`."""
        grads = [p.grad for p in model.parameters() if p.grad is not None]
        scale = (limit / nn.utils.get_total_norm(grads)).clamp(max=1)
        torch._foreach_mul_(grads, scale)

    def predict(self, X):
        """Return the trained model's outputs for inputs `X` as an ndarray."""
        model, _ = self.state
        model.eval()
        X, _ = self._place((torch.as_tensor(X), torch.zeros(0)))
        with torch.no_grad(), self._autocast():
            Y = model(X).cpu()
        return (Y.float() if Y.dtype == torch.bfloat16 else Y).numpy()


load_data_fashion_mnist, train_ch6, evaluate_accuracy_gpu = classic.Calls(
    sys.modules[__name__], nn.Module).offered()
save_weights, load_weights = weights.calls(sys.modules[__name__])
KaggleHouse, log_rmse = houses.offered(FashionMNIST.convert)
