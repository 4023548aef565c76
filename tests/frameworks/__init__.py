"""What tests write in a framework, one file each: nets, optimizers, ways to spoil.

`written(side)` returns the Written of a Side; the class here is what they share.
"""

import contextlib
import importlib
from unittest import mock

import numpy as np

from d2l_shim.framework import FRAMEWORKS

SPOILT = 7.0
CLASSES = 10


def written(side):
    """Return what is written for the framework of `side`, made once."""
    if not hasattr(side, 'written'):
        module = importlib.import_module(f'tests.frameworks.{side.tab}')
        side.written = module.Written(side.d2l)
    return side.written


# A model of theirs holds no numbers: what asks for its tensors is not for them.
FUNCTIONAL = ('jax',)
WITH_STATE = [tab for tab in FRAMEWORKS if tab not in FUNCTIONAL]


class Written:
    """The nets and habits of one framework, with its shim as `d2l`.

    A net is `plain_net`, without a shape yet; `users_net`, which its user started;
    `stated_net`, with stated starts; `shaped_net`, of layers that know their shapes.
    """

    def __init__(self, d2l):
        self.d2l, self.framework = d2l, d2l.framework

    # models

    def model(self, base, lr, net, members):
        """Return a model of a new class with `members`, around what `net()` returns."""
        model = type('Own', (base,), members)()
        if lr is not None:
            model.lr = lr
        if net:
            model.net = net()
        return model

    def classifier(self, net):
        """Return a model around `net` in evaluation mode that does not learn."""
        return self.model(self.d2l.Classifier, 0.0, lambda: net, {})

    def without_net(self):
        """Return a model whose layers are no `net`, and whose outputs are zeros."""

        def forward(model, X):
            return 0 * model.other(X)

        members = {'forward': forward}
        model = self.model(self.d2l.Classifier, 0.0, None, members)
        model.other = self.dense(CLASSES)
        return model

    def two_inputs(self):
        """Return a model of a picture and seven numbers."""
        own, axes = self, (1, 2) if self.framework.layout == 'NHWC' else (2, 3)

        class Two(self.d2l.Classifier):
            lr = 0.0

            def __init__(self):
                super().__init__()
                self.save_hyperparameters()
                self.conv, self.one, self.two = own.three_layers()

            def forward(self, X, Z):
                return self.one(own.mean(self.conv(X), axes)) + self.two(Z)

        return Two()

    def still(self, model):
        """Return a model whose calls move no statistics."""
        return model

    def call(self, model, *X, **named):
        """Call a model as one does who has just made it."""
        return model(*X, **named)

    def outputs(self, model, *X, **named):
        """Return what a model that is called returns, an ndarray."""
        return self.framework.numpy(model(*X, **named))

    # nets

    def parts(self, net):
        """Return the layers of a sequential net."""
        return list(net)

    def ready(self, net):
        """Return a net that can be called at once."""
        return net

    def state(self, net, X):
        """Write into `stated_net` what could not be stated."""

    def drawn(self, net):
        """Return what can be said of the numbers that `users_net` drew itself."""
        return {}

    def ask_init_cnn(self, net, X):
        """Call `init_cnn` as the framework's idiom has it; the net then has numbers."""
        net.apply(self.d2l.init_cnn)
        net(X)

    def ask_before(self, net, X):
        """Ask for `init_cnn` as the author of a model does."""
        net.apply(self.d2l.init_cnn)

    def numbers(self, net, X):
        """Return the canonical tensors of a net for inputs X, {name: ndarray}."""
        named = self.framework.tensors(net, X)
        return {name: np.array(handle.get()) for name, handle in named.items()}

    def evaluable(self):
        """Return a net without parameters that can be evaluated."""
        return self.empty()

    # numbers

    def disturb(self):
        """Move the framework's own generator on."""

    def mean(self, Y, axes):
        return Y.mean(axes)

    def mean_square(self, error):
        return (error**2).mean()

    @contextlib.contextmanager
    def refusing(self, refuse):
        """Let `refuse(array)` come before each tensor that is set in this context."""
        handle = self.framework.handle

        def bad(*args):
            made = handle(*args)
            return made and made._replace(set=lambda array: made.set(refuse(array)))

        with mock.patch.object(self.framework, 'handle', bad):
            yield

    def with_weights(self, side, model, trainer, X, weights):
        """Return the logits of a new model with a weight file, in the precision."""
        X, y = side.batch(X, np.zeros(len(X), int))
        trainer.state = trainer.start(model, (X, y))
        side.load(model, weights)
        return trainer.predict(X)

    # the framework's own models

    def zoo(self):
        """Return a context in which they work."""
        return contextlib.nullcontext()

    def put(self, handle, array):
        """Set a tensor of one of them."""
        handle.set(array)

    def set_eps(self, model, eps):
        """Let all its norms have this epsilon, which most have by default."""
