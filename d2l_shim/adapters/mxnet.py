"""MXNet with Gluon, as the contract asks for it."""

import numpy as onp

from d2l_shim import adapters, calls, core, mxnet_compat, starts

mx = mxnet_compat.load()
autograd, gluon, nn, np, npx = mx.autograd, mx.gluon, mx.gluon.nn, mx.np, mx.npx
npx.set_np()

KINDS = {nn.conv_layers._Conv: 'conv', nn.BatchNorm: 'norm', nn.Dense: 'linear'}
NAMES = {'norm': {'weight': 'gamma', 'bias': 'beta'}}


def descendants(block):
    """Yield `block` and all blocks below it."""
    yield block
    for child in block._children.values():
        yield from descendants(child)


def own_parameters(model):
    """Return {name: Parameter} as Gluon collects them, whatever a model overrides."""
    return dict(nn.Block.collect_params(model))


def learned(block):
    """Return {name: Parameter} of those that training moves."""
    found = own_parameters(block).items()
    return {name: p for name, p in found if p.grad_req != 'null'}


class MXNet(adapters.Adapter):
    """Models are Gluon blocks, images (N, C, H, W)."""

    tab, net, kinds = 'mxnet', nn.Block, KINDS

    def cpu(self):
        return mx.cpu()

    def gpu(self, i=0):
        return mx.gpu(i)

    def num_gpus(self):
        return mx.context.num_gpus()

    def tensor(self, array):
        return np.array(array, dtype=onp.asarray(array).dtype)

    def numpy(self, value):
        if isinstance(value, gluon.Parameter):
            return None if value._data is None else value.data().asnumpy()
        known = isinstance(value, mx.nd.NDArray | np.ndarray)
        return value.asnumpy() if known else None

    def zeros(self, shape, like):
        return np.zeros(shape, like.dtype, ctx=like.ctx)

    def watch(self, model, told, *X, **named):
        """Run it call by call: a hybridized block does not call its parts."""
        active = [b for b in descendants(model) if getattr(b, '_active', False)]
        model.hybridize(False)
        try:
            with calls.watched(nn.Block, told):
                model(*X, **named)
        finally:
            for block in active:
                block.hybridize()

    def twin(self, model):
        new = core.twin(model)
        new.initialize()
        return new

    def handle(self, layer, kind, name: str):
        parameter = getattr(layer, NAMES.get(kind, {}).get(name, name), None)
        if parameter is None:
            return None
        return starts.Handle(
            parameter,
            parameter.shape,
            lambda: parameter.data().asnumpy(),
            lambda array: parameter.set_data(np.array(array, dtype=parameter.dtype)),
        )

    def all_tensors(self, model):
        return own_parameters(model)

    def example(self, model, input_shape):
        parameter = next(iter(own_parameters(model).values()), gluon.Parameter('none'))
        there = parameter._data is not None
        ctx = parameter.list_ctx()[0] if there else self.cpu()
        return np.zeros((1, *input_shape), dtype=parameter.dtype, ctx=ctx)

    def settle(self, model):
        for parameter in own_parameters(model).values():
            parameter.drawn = None

    def forward(self, model, X, training):
        self._ready(model)
        if any(p._deferred_init for p in own_parameters(model).values()):
            model(X)  # gives shapes, as a first call does in a Trainer
        with autograd.record(train_mode=training):
            return model(X)

    def _ready(self, model):
        for parameter in own_parameters(model).values():
            if parameter._data is None and not parameter._deferred_init:
                parameter.initialize()

    def count(self, model, X):
        self._ready(model)
        model(X)
        return sum(int(onp.prod(p.shape)) for p in learned(model).values())

    def parameters(self, model):
        return [p.data().asnumpy() for p in learned(model).values()]

    def fill(self, model, X, seed):
        self._ready(model)
        model(X)
        for name, parameter in learned(model).items():
            gain = name.endswith('gamma')
            parameter.set_data(
                self.tensor(starts.by_shape(parameter.shape, seed, gain))
            )

    def gradients(self, model, X, G, training):
        self._ready(model)
        X.attach_grad()
        with autograd.record(train_mode=training):
            Y = model(X)
            total = (Y * G).sum()
        total.backward(train_mode=training)
        return Y, X.grad, [p.grad().asnumpy() for p in learned(model).values()]

    def pullback(self, function, X, G):
        X.attach_grad()
        with autograd.record():
            total = (function(X) * G).sum()
        total.backward()
        return X.grad
