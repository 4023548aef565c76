"""The PyTorch side of the shim: `from d2l_shim import torch as d2l`."""

import io

import numpy
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.parameter import is_lazy

from d2l_shim import classic, core, starts, torch_draws, weights
from d2l_shim.adapters.torch import PyTorch
from d2l_shim.callbacks import Callback, History
from d2l_shim.classic import Accumulator, Animator, accuracy, get_fashion_mnist_labels
from d2l_shim.core import DataModule, HyperParameters, Timer, add_to_class
from d2l_shim.data import fashion_mnist, house_prices, pictures
from d2l_shim.data.fetch import reference_weights
from d2l_shim.plot import ProgressBoard, plot, plt, show_images

framework = PyTorch()
cpu, gpu, num_gpus = framework.cpu, framework.gpu, framework.num_gpus
try_gpu = framework.try_gpu


def layout(device):
    """Return the memory format of images on `device`; on MPS, see pytorch #175189."""
    return torch.contiguous_format if device.type == 'mps' else torch.channels_last


def init_fresh(model, *X, seed=0, every_layer=False, **named):
    """Start what nobody has written to (or `every_layer`) from `seed`.

    Returns the names of the classes that start from PyTorch's own numbers.
    """
    model.example_shapes = starts.input_shapes(X)
    waiting = any(map(is_lazy, framework.all_tensors(model).values()))
    if not (every_layer or waiting or torch_draws.untouched(model)):
        return set()
    handles = framework.tensors(model, *core.one_example(X), **named)
    fresh = torch_draws.untouched(model)
    canonical = {id(handle.tensor) for handle in handles.values()}
    books = canonical if every_layer else canonical & fresh.keys()
    others = {key: layer for key, layer in fresh.items() if key not in canonical}
    torch_draws.draw_anew(model, others, seed)
    starts.start(handles, books, seed)
    torch_draws.note(model, books, stay=every_layer)
    return {type(layer).__name__ for layer in others.values()}


def begin(model, *X, seed):
    """Seed PyTorch's generators and start the model; its numbers then stay."""
    torch.manual_seed(seed)
    starts.say_own(init_fresh(model, *X, seed=seed), 'PyTorch')
    framework.settle(model)


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
    with core.failing(init_cnn, module):  # if it fails, the next call is to
        init_fresh(module, *X, every_layer=True)


save_weights, load_weights = weights.calls(framework)


class Module(core.Module, nn.Module):
    """Base of models; a new one starts from `init_cnn`'s numbers at its first call."""

    called = False

    def __call__(self, *X, **named):
        if not self.called:
            with core.first_call(self):
                X, named = core.positional(self.forward, X, named)
                init_fresh(self, *X, **named)
        return super().__call__(*X, **named)

    def forward(self, X):
        return self.net(X)

    def configure_optimizers(self):
        """Return the optimizer: plain SGD at the model's `lr`."""
        return torch.optim.SGD(self.parameters(), lr=core.learning_rate(self))

    def summary_rows(self, X_shape):
        """Return (class name, output shape, parameters) of each child of `net`."""
        outputs = framework.first_calls(self, torch.zeros(X_shape)).outputs
        return [
            (
                type(layer).__name__,
                outputs[layer],
                sum(p.numel() for p in layer.parameters() if p.requires_grad),
            )
            for layer in getattr(self, 'net', self).children()
            if layer in outputs
        ]


class Classifier(core.Classifier, Module):
    """Base of classification models; logits (N, classes), labels (N,)."""

    @core.of_classes
    def loss(self, y_hat, y):
        """Return the mean cross-entropy."""
        core.check_labels(y_hat, y)
        return F.cross_entropy(y_hat, y.long())

    def accuracy(self, y_hat, y):
        """Return the fraction of examples whose largest logit is the label's."""
        core.check_labels(y_hat, y)
        return (y_hat.argmax(dim=1) == y).float().mean()


class FashionMNIST(fashion_mnist.FashionMNIST):
    """Fashion-MNIST in batches of X (N, 1, H, W), float32 in [0, 1], and y (N,)."""

    layout = framework.layout

    def convert(self, X, y):
        X, y = torch.from_numpy(X), torch.from_numpy(y)
        return X, y if y.is_floating_point() else y.long()


def widened(number):
    """Return a number to be summed, in float32 at least."""
    return number.to(torch.promote_types(number.dtype, torch.float32))


class Trainer(core.Trainer):
    __doc__ = core.Trainer.__doc__
    framework = framework
    format = torch.contiguous_format  # of pictures and kernels

    def find_device(self, num_gpus):
        device = super().find_device(num_gpus)
        if device.type == 'mps' and self.precision == 'float64':
            raise ValueError("Trainer: Apple's GPU has no float64; use num_gpus=0.")
        return device

    def start(self, model, batch):
        self._precise()
        model.to(self.device, self._dtype())
        self.format = torch.contiguous_format
        *X, _ = self.place([part[:1] for part in batch])
        begin(model, *X, seed=self.seed)
        self.examine(model, *X)
        self._choose_format(model, [part[:2] for part in batch])
        return model, model.configure_optimizers()

    def _precise(self):
        cudnn, cuda = torch.backends.cudnn, torch.backends.cuda
        for operations in (cudnn.conv, cudnn.rnn, cuda.matmul):
            operations.fp32_precision = 'ieee'  # and not TF32

    def _choose_format(self, model, batch):
        """Use channels-last, which is faster, unless the model's code cannot.

        `X.view(len(X), -1)` after a convolution is such code: tried on two examples.
        """
        self.format = layout(self.device)
        self._convert(model)
        model.eval()
        try:
            with torch.no_grad(), self._autocast():
                model.validation_step(self.place(batch))
        except RuntimeError:
            self.format = torch.contiguous_format
            self._convert(model)

    def _convert(self, model):
        for tensor in [*model.parameters(), *model.buffers()]:
            if tensor.dim() == 4:
                tensor.data = tensor.data.to(memory_format=self.format)

    def _dtype(self):
        return torch.float64 if self.precision == 'float64' else torch.float32

    def place(self, batch):
        """Return the parts of a batch on the device, real numbers in the precision."""
        return tuple(map(self._put, batch))

    def _put(self, part):
        part = torch.as_tensor(part)
        dtype = self._dtype() if part.is_floating_point() else part.dtype
        if self.device.type == 'cuda' and part.device.type == 'cpu':
            part = part.to(dtype).pin_memory()  # or the copy would be waited for
        part = part.to(self.device, dtype, non_blocking=True)
        return part.contiguous(memory_format=self.format) if part.dim() == 4 else part

    def _autocast(self):
        return torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.precision == 'bfloat16'
        )

    def train_step(self, state, batch):
        model, optimizer = state
        model.train()
        with self._autocast():
            loss, accuracy = core.step_result(model, 'training_step', batch)
        optimizer.zero_grad()
        loss.backward()
        with torch.no_grad():  # as an optimizer of one's own expects
            if self.gradient_clip_val > 0:
                self.clip_gradients(self.gradient_clip_val, model)
            optimizer.step()
        told = widened(loss.detach()), widened(accuracy.detach())
        return state, core.summed(told, len(batch[-1]))

    def eval_step(self, state, batch):
        model, _ = state
        model.eval()
        with torch.no_grad(), self._autocast():
            told = core.step_result(model, 'validation_step', batch)
        return core.summed(told and tuple(map(widened, told)), len(batch[-1]))

    def finish(self, model, state):
        model.eval()

    def ahead(self, loader):
        return self.device.type != 'mps' and super().ahead(loader)  # one thread alone

    def rate(self, state):
        _, optimizer = state
        return optimizer.param_groups[0]['lr']

    def set_rate(self, state, lr):
        _, optimizer = state
        for group in optimizer.param_groups:
            group['lr'] = lr
        return state

    def clip_gradients(self, limit, model):
        """Scale all gradients so that their joint norm is at most `limit`."""
        grads = [p.grad for p in model.parameters() if p.grad is not None]
        scale = (limit / nn.utils.get_total_norm(grads)).clamp(max=1)
        # as torch's own optimizers do
        torch._foreach_mul_(grads, scale)  # pyright: ignore[reportPrivateImportUsage]

    def snapshot(self, state):
        model, optimizer = state
        kept = {
            'model': model.state_dict(),
            'optimizer': optimizer.state_dict(),
            'random': torch.get_rng_state(),
            'cuda': torch.cuda.get_rng_state_all(),
        }
        torch.save(kept, file := io.BytesIO())
        return {'torch': numpy.frombuffer(file.getvalue(), numpy.uint8)}

    def restored(self, state, arrays):
        model, optimizer = state
        file = io.BytesIO(arrays['torch'].tobytes())
        kept = torch.load(file, weights_only=True)
        model.load_state_dict(kept['model'])
        optimizer.load_state_dict(kept['optimizer'])
        torch.set_rng_state(kept['random'])
        torch.cuda.set_rng_state_all(kept['cuda'])
        return state

    def predict(self, *X):
        """Return the trained model's outputs for inputs `X` as an ndarray."""
        model, _ = self._fitted()
        model.eval()
        with torch.no_grad(), self._autocast():
            Y = model(*map(self._put, X)).cpu()
        return (Y.float() if Y.dtype == torch.bfloat16 else Y).numpy()


load_data_fashion_mnist, train_ch6, evaluate_accuracy_gpu = classic.Calls(
    framework, Trainer, Classifier, FashionMNIST
).offered()
KaggleHouse, log_rmse = house_prices.offered(FashionMNIST)
read_picture = pictures.offered(FashionMNIST)
