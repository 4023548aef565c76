"""What users bring to a Trainer, tried in a framework's own process.

Models, steps, optimizers and batches as people write them; each function returns what
came of it, or the sentence that refused it.
"""

import contextlib
import io

import numpy as np

from tests.frameworks import CLASSES, written

N = 12


def pictures(seed=0, n=N, side=8):
    rng = np.random.default_rng(seed)
    return rng.random((n, 1, side, side), np.float32), rng.integers(0, CLASSES, n)


class Data:
    """A data module of loaders that are given."""

    def __init__(self, train, val):
        self.train, self.val = train, val

    def train_dataloader(self):
        return self.train

    def val_dataloader(self):
        return self.val


def batches(side, size=4, n=N, **options):
    """Return a list of batches in the framework's arrays."""
    X, y = pictures(n=n, **options)
    return [side.batch(X[i : i + size], y[i : i + size]) for i in range(0, n, size)]


def told(function, *args, **options):
    """Return what a call gives, or the sentence of its error."""
    try:
        return function(*args, **options)
    except Exception as error:  # the sentence is what the test looks at
        return f'{type(error).__name__}: {error}'


def dense(side, width=CLASSES):
    """Return a small net of the framework's layers: flatten, dense."""
    return written(side).dense(width)


def define(side, base=None, net=dense, lr=0.0, **members):
    """Return a model of a class with `members`; a Flax one has its net by setup."""
    made = net and (lambda: net(side))
    return written(side).model(base or side.d2l.Classifier, lr, made, members)


def fit(side, model, train=None, val=True, trainer=None, epochs=1, **options):
    """Train on given batches; return the columns of the History, what was printed."""
    from parity.inside import profile

    train = batches(side) if train is None else train
    val = batches(side, seed=1) if val is True else val
    trainer = trainer or side.d2l.Trainer(epochs, **options)
    printed = io.StringIO()
    with profile('full'), contextlib.redirect_stdout(printed):
        history = trainer.fit(model, Data(train, val))
    return {
        **history.columns(),
        'first_loss': history.first_loss,
        'printed': printed.getvalue(),
        'trainer': trainer,
    }


def plain(result):
    """Return what can go through a pipe."""
    if isinstance(result, dict):
        return {k: v for k, v in result.items() if k != 'trainer'}
    return result


def labels(side, shift, where, weighted=False):
    """Train with labels of one batch moved by `shift`; what came of it."""
    given = {'train': batches(side), 'val': batches(side, seed=1)}
    X, y = pictures(n=4)
    if isinstance(shift, float):
        given[where][1] = side.images(X), (y + shift).astype(np.float32)
    else:
        given[where][1] = side.batch(X, y + shift)

    def loss(self, y_hat, y):
        return side.d2l.Classifier.loss(self, y_hat, 0 * y)

    members = {'loss': loss} if weighted else {}
    return told(lambda: plain(fit(side, define(side, **members), **given)))


def forward(side, with_net):
    """The losses of a model whose own `forward` returns zeros."""
    if with_net:
        return plain(fit(side, define(side, forward=lambda self, X: 0 * self.net(X))))
    return plain(fit(side, written(side).without_net()))


def mode_left(side):
    """Whether a model set to train is in training mode after a fit."""
    model = define(side)
    model.training = True
    fit(side, model)
    return bool(model.training)


def training_seen(side):
    """What `self.training` was in the first training and in the first validation."""
    seen = {'training_step': [], 'validation_step': []}

    def step(name):
        def run(self, batch):
            seen[name].append(bool(self.training))
            return side.d2l.Classifier.training_step(self, batch)

        return run

    model = define(side, **{name: step(name) for name in seen})
    fit(side, model)
    return {name: sorted(set(values)) for name, values in seen.items()}


def training_in_forward(side):
    """The losses of a model that gives 0 in evaluation, and the gap in training."""

    def forward(self, X):
        return self.net(X) * (1.0 if self.training else 0.0)

    return plain(fit(side, define(side, forward=forward)))


def with_norm(side, **members):
    """Return a model with a norm, of a class with `members`."""
    return define(side, net=lambda side: written(side).normed(True), lr=0.5, **members)


def nested(side):
    """Runs of a model with a norm alone, and as the net of another one.

    And what the inner one's `self.training` was there, in training and evaluation.
    """
    seen = []

    def forward(self, X):
        seen.append(bool(self.training))
        return self.net(X)

    within = define(side, net=lambda side: with_norm(side, forward=forward), lr=0.5)
    return [plain(fit(side, model)) for model in (with_norm(side), within)], set(seen)


def own_step_calls_a_part(side):
    """Runs of a model with a norm, by its usual step and by one that calls its net."""

    def step(self, batch):
        *X, y = batch
        y_hat = self.net(*X)
        return self.loss(y_hat, y), self.accuracy(y_hat, y)

    own = with_norm(side, training_step=step, validation_step=step)
    return [plain(fit(side, model)) for model in (with_norm(side), own)]


def overrides(side, method):
    """What a Trainer does with a method that its user defined."""
    calls = []

    def override(self, *args):
        calls.append(method)
        return args[-1]

    own = type('Own', (side.d2l.Trainer,), {method: override})
    clip = {'gradient_clip_val': 1.0} if method == 'clip_gradients' else {}
    result = told(fit, side, define(side), trainer=own(1, **clip))
    return len(calls), plain(result)


def steps_that_tell_plot(side):
    """A note's steps: they return nothing, and tell `plot` of loss and accuracy."""

    def step(train):
        def run(self, batch):
            *X, y = batch
            y_hat = self(*X)
            self.plot('loss', self.loss(y_hat, y), train=train)
            self.plot('acc', self.accuracy(y_hat, y), train=train)

        return run

    shown = plain(
        fit(side, define(side, training_step=step(True), validation_step=step(False)))
    )
    return shown, plain(fit(side, define(side)))


def silent_validation(side):
    return plain(fit(side, define(side, validation_step=lambda self, batch: None)))


def silent_training(side):
    return plain(told(fit, side, define(side, training_step=lambda self, batch: None)))


def returning(side, kind):
    """What comes of a step that returns too much, or an accuracy that is a float."""
    made = {
        'list': lambda loss: [loss, loss],
        'dict': lambda loss: {'loss': loss},
        'three': lambda loss: (loss, loss, loss),
        'number': lambda loss: (loss, 0.25),
    }[kind]

    def step(self, batch):
        *X, y = batch
        return made(self.loss(self(*X), y))

    return plain(told(fit, side, define(side, training_step=step)))


def frozen(side):
    """The numbers of parameters in the rows of a summary, one layer of two frozen."""
    own = written(side)
    net = own.normed(False)
    model = own.classifier(net)
    X = batches(side)[0][0]
    model(X)
    own.freeze(own.parts(net)[1])
    return [number for *_, number in model.summary_rows(tuple(X.shape))]


def without_lr(side):
    return plain(told(fit, side, define(side, lr=None)))


def learning(side, lr):
    return plain(told(fit, side, define(side, lr=lr), epochs=2))


def learning_set(side, lr):
    trainer = side.d2l.Trainer(1)
    fit(side, define(side, lr=0.1), trainer=trainer)
    return told(setattr, trainer, 'learning_rate', lr), trainer.learning_rate


def listed_parameters(side, method):
    """A model whose `parameters` or `collect_params` returns a list."""

    def listed(self):
        return written(side).listed(self)

    return plain(fit(side, define(side, lr=0.1, **{method: listed}), epochs=3))


def own_optimizer(side):
    """Losses under an optimizer that the user wrote, and under SGD: the same."""

    def configure(self):
        return written(side).sgd(self, 0.1)

    own = fit(side, define(side, configure_optimizers=configure), epochs=3)
    return plain(own), plain(fit(side, define(side, lr=0.1), epochs=3))


def keywords(side):
    """The outputs of a model called with its input by name, and by place."""
    model, (X, _) = define(side), batches(side)[0]
    return written(side).outputs(model, X=X), written(side).outputs(model, X)


def two_inputs(side):
    """Predictions of a model of two inputs: their sum through one net."""

    def add(self, X, Z):
        return self.net(X + Z)

    model = define(side, forward=add)
    train = [(X, X, y) for X, y in batches(side)]
    result = fit(side, model, train=train, val=train)
    X = train[0][0]
    return result['trainer'].predict(X, X), result['trainer'].predict(2 * X, 0 * X)


def predict_before_fit(side):
    return told(side.trainer().predict, batches(side)[0][0])


def epochs(side, number):
    return len(fit(side, define(side), epochs=number)['train_loss'])


def older(array):
    """An array of MXNet's own interface, which it had before NumPy's."""
    import mxnet

    return mxnet.nd.array(array, dtype=array.dtype)


def brought(side, kind, epochs=1):
    """What becomes of batches of a `kind`, once with each; a sentence if refused."""
    from d2l_shim.plot import as_numpy

    given = batches(side)
    arrays = [tuple(map(as_numpy, batch)) for batch in given]
    train, val = {
        'lists': lambda: (given, given),
        'one-shot validation': lambda: (given, iter(given)),
        'one-shot training': lambda: (iter(given), given),
        'no validation': lambda: (given, None),
        'no length': lambda: (NoLength(given), NoLength(given)),
        'numpy': lambda: (arrays, arrays),
        'float64': lambda: ([(X.astype(float), y) for X, y in arrays],) * 2,
        'uint8 labels': lambda: ([(X, y.astype(np.uint8)) for X, y in arrays],) * 2,
        'float labels': lambda: ([(X, y.astype(np.float32)) for X, y in arrays],) * 2,
        'older arrays': lambda: ([tuple(map(older, batch)) for batch in arrays],) * 2,
        'column of labels': lambda: ([(X, y[:, None]) for X, y in arrays],) * 2,
        'empty training': lambda: ([], given),
        'empty validation': lambda: (given, []),
        'dicts': lambda: ([{'image': X, 'label': y} for X, y in given],) * 2,
        'bare arrays': lambda: ([X for X, _ in given],) * 2,
    }[kind]()
    result = plain(told(fit, side, define(side), train=train, val=val, epochs=epochs))
    if isinstance(result, dict):
        for name in ('seconds', 'examples_per_second'):
            del result[name]
    return result


class NoLength:
    def __init__(self, given):
        self.given = given

    def __iter__(self):
        return iter(self.given)


def dtypes_seen(side, precision='float32'):
    """The kinds of numbers that a step sees of integer and real inputs and targets."""
    seen = []

    def step(self, batch):
        seen.append([kind(part.dtype) for part in batch])
        _, X, y = batch
        return written(side).mean_square(self.net(X) - y)

    model = define(
        side,
        base=side.d2l.Module,
        net=lambda side: dense(side, 1),
        forward=lambda self, A, X: self.net(X),
        training_step=step,
    )
    X, y = pictures()
    batch = (
        np.arange(N, dtype=np.int32),
        X if not side.nhwc else np.moveaxis(X, 1, -1),
        y.astype(np.float32)[:, None],
    )
    fit(side, model, train=[batch], val=None, precision=precision)
    return seen[-1]


def kind(dtype):
    """Return the name of a kind of numbers, whichever framework's."""
    for attribute in ('name', '__name__'):
        if hasattr(dtype, attribute):
            return getattr(dtype, attribute)
    return str(dtype).removeprefix('torch.')


def not_finite(side, where):
    """What a run says whose loss becomes infinite: 'first', or 'later'.

    'picture N' is a net with ReLU of which batch N has a pixel that is no number.
    """
    given = batches(side)
    if where.startswith('picture'):
        X, y = pictures()
        X[4 * int(where[-1]), 0, 3, 3] = np.nan
        given = [side.batch(X[i : i + 4], y[i : i + 4]) for i in range(0, N, 4)]
        net = written(side).plain_net()
        return plain(fit(side, define(side, net=lambda _: net, lr=0.1), train=given))
    if where == 'first':
        X, y = given[0]
        given = [(X * float('nan'), y), *given[1:]]
        return plain(fit(side, define(side, lr=0.1), train=given))
    return plain(fit(side, define(side, lr=1e38), train=given, epochs=4))


def too_small(side, how):
    """What is said when a DenseNet is given pictures of 28 x 28."""
    model = side.book.DenseNet()
    shape = (2, 1, 28, 28)
    if how == 'layer_summary':
        return told(model.layer_summary, (2, 28, 28, 1) if side.nhwc else shape)
    X, y = np.zeros(shape, np.float32), np.zeros(2, int)
    return told(fit, side, model, train=[side.batch(X, y)], val=None)


def one_example(side, images):
    """What is said of a last batch of one, by nets whose norm sees `images` or rows."""
    X, y = pictures(n=5)
    train = [side.batch(X[:4], y[:4]), side.batch(X[4:], y[4:])]
    return plain(
        told(
            fit,
            side,
            define(side, net=lambda side: written(side).normed(images)),
            train=train,
            val=None,
        )
    )


def flattened(side, flatten):
    """Losses of a PyTorch net that flattens by `view` or `reshape`, and its format."""
    import torch
    from torch import nn

    def net(side):
        return nn.Sequential(
            nn.LazyConv2d(4, 3),
            nn.LazyConv2d(4, 3),
            Flatten(flatten),
            nn.LazyLinear(10),
        )

    trainer = side.d2l.Trainer(2)
    told = fit(side, define(side, net=net, lr=0.1), trainer=trainer)
    return {
        'losses': told['train_loss'],
        'channels_last': trainer.format == torch.channels_last,
    }


def Flatten(how):
    from torch import nn

    class Flat(nn.Module):
        def forward(self, X):
            return getattr(X, how)(X.size(0), -1)

    return Flat()


def train_ch6_of_a_view(side):
    from torch import nn

    net = nn.Sequential(
        nn.LazyConv2d(4, 3), nn.LazyConv2d(4, 3), Flatten('view'), nn.LazyLinear(10)
    )
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        train, test = side.d2l.load_data_fashion_mnist(64)
        side.d2l.train_ch6(net, train, test, 1, 0.1)
        side.d2l.evaluate_accuracy_gpu(net, test)
    return printed.getvalue()


def volumes(side):
    from torch import nn

    rng = np.random.default_rng(0)
    X, y = rng.random((N, 1, 4, 4, 4), np.float32), rng.integers(0, CLASSES, N)

    def net(side):
        return nn.Sequential(nn.LazyConv3d(4, 3), nn.Flatten(), nn.LazyLinear(10))

    return fit(side, define(side, net=net, lr=0.5), train=[(X, y)], val=None, epochs=4)[
        'train_loss'
    ]


def labels_at_work(side):
    import torch
    from torch.nn import functional as F

    X, y = next(iter(side.d2l.FashionMNIST(synthetic=True).train_dataloader()))
    return bool(
        torch.isfinite(F.cross_entropy(torch.randn(len(X), 10), y))
        and F.one_hot(y, 10).sum() == len(y)
    )


def regression(side, precision):
    """Losses of a linear regression on targets that bfloat16 would round."""

    def loss(self, y_hat, y):
        return ((y_hat - y) ** 2).mean()

    X, y = pictures(n=64)
    X = np.moveaxis(X, 1, -1) if side.nhwc else X
    y = (1000 + y).astype(np.float32)[:, None]
    model = define(
        side, base=side.d2l.Module, net=lambda side: dense(side, 1), loss=loss
    )
    return plain(
        fit(
            side,
            model,
            train=[(X[i : i + 8], y[i : i + 8]) for i in range(0, 64, 8)],
            val=None,
            precision=precision,
        )
    )


def set_variables(side):
    """First losses of a fit of A, of one after B was set, and of B itself."""
    given = batches(side)
    A, B = define(side, lr=0.5), define(side, lr=0.0)
    trainer = side.d2l.Trainer(3)
    before = fit(side, A, train=given, trainer=trainer)['first_loss']
    variables = side.d2l.init_cnn(B, given[0][0], seed=5)
    del B.__dict__['latest']
    trainer.variables = variables
    after = fit(side, B, train=given, trainer=trainer)['first_loss']
    other = side.d2l.Trainer(1, seed=5)
    return {
        'before': before,
        'after': after,
        'set': fit(side, define(side, lr=0.0), train=given, trainer=other)[
            'first_loss'
        ],
    }


def two_trainers(side):
    model = define(side, lr=0.5)
    given = batches(side)
    return [plain(fit(side, model, train=given, epochs=5)) for _ in range(2)]


def wide_then_narrow(side):
    from jax import numpy as jnp

    result = fit(side, model := define(side, lr=0.1), precision='float64')
    leaf = model.latest['params']['net']['layers_1']['kernel']
    predicted = result['trainer'].predict(batches(side)[0][0])
    return {
        'inside': str(leaf.dtype),
        'predicted': str(predicted.dtype),
        'after': str(jnp.asarray(np.ones(2)).dtype),
    }


def flax_normed(side, **members):
    """Return a Flax model with a norm in the mode of its field `training`."""
    from flax import linen as nn

    def setup(self):
        self.net = nn.Sequential(
            [
                nn.BatchNorm(not self.training),
                lambda X: X.reshape(len(X), -1),
                nn.Dense(CLASSES),
            ]
        )

    field = {'__annotations__': {'training': bool}, 'training': True}
    return define(side, lr=0.1, **field, **members, setup=setup)


def flax_mode(side):
    """Runs of a Flax model with a norm, made to train and, as Flax has it, not to."""
    made = [flax_normed(side).clone(training=mode) for mode in (True, False)]
    return [plain(fit(side, model)) for model in made]


def recorded_first_calls(side):
    """Losses of a Gluon model whose first call is recorded, and of one not recorded.

    And what the part of a third one returns after a first call that failed behind it.
    """
    from mxnet import autograd

    X, y = batches(side)[0]
    one, other, third = (define(side, lr=0.1) for _ in range(3))
    with autograd.record():
        recorded = one.loss(one(X), y)
    recorded.backward()

    def slip(X):
        third.part(X)
        raise ValueError('a slip of the hand')

    third.part, third.forward = define(side), slip
    return {
        'losses': [float(recorded), float(other.loss(other(X), y))],
        'gradients': [p.grad().asnumpy().any() for p in one.collect_params().values()],
        'refused': told(third, X),
        'part': [
            side.framework.numpy(model(X)) for model in (third.part, define(side))
        ],
    }


def older_loss(side):
    """Histories of a model with an older note's `loss`, and of one with today's."""
    import optax

    def loss(self, params, X, Y, state, averaged=True):
        Y_hat, updates = state.apply_fn(
            {'params': params, 'batch_stats': state.batch_stats},
            *X,
            mutable=['batch_stats'],
            rngs={'dropout': state.dropout_rng},
        )
        values = optax.softmax_cross_entropy_with_integer_labels(Y_hat, Y)
        return (values.mean(), updates) if averaged else (values, updates)

    made = flax_normed(side, loss=loss), flax_normed(side)
    return [plain(fit(side, model, epochs=2)) for model in made]


def state_and_summary(side):
    model = define(side)
    trainer = fit(side, model)['trainer']
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        model.layer_summary((1, 8, 8, 1), side.d2l.get_key())
    return 'net' in trainer.state.params and 'Dense' in printed.getvalue()


def keras_fit(side):
    """What Keras's own `fit` makes of a Loader."""
    import keras

    loader = side.d2l.FashionMNIST(64, synthetic=True).train_dataloader()
    net = dense(side)
    net.compile(optimizer='sgd', loss=keras.losses.SparseCategoricalCrossentropy(True))
    told = net.fit(loader, epochs=2, verbose=0)
    return {'loss': told.history['loss'], 'examples': loader.num_examples}


def keras_builds(side):
    """What Keras knows of nested Sequentials after a model's first call, and its calls.

    Before it, a call fails in a block that cannot take what it is given.
    """
    from keras import Sequential, layers

    calls = []

    class Block(layers.Layer):
        def __init__(self, inner=None):
            super().__init__()
            parts = [inner] if inner else [layers.Conv2D(2, 3, padding='same')]
            self.net = Sequential(parts)

        def call(self, X):
            calls.append(X.shape)
            if X.shape[1] == 3:
                raise ValueError('three rows are refused')
            return self.net(X)

    class Net(side.d2l.Classifier):
        def __init__(self):
            super().__init__()
            deep = Block(Block(Block(Block(Block(Block())))))
            self.net = Sequential([layers.Conv2D(2, 1), deep, layers.Dense(5)])

    model = Net()
    refused = told(model, np.zeros((1, 3, 3, 1), np.float32))
    calls.clear()
    model(np.zeros((2, 4, 4, 1), np.float32))
    number = len(calls)
    return {
        'refused': refused,
        'calls': number,
        'output': model.net.output_shape,
        'block': model.net.layers[1].output.shape,
        'inner': model.net.layers[1].net.output_shape,
        'other size': model(np.zeros((2, 6, 5, 1), np.float32)).shape.as_list(),
        'unbuilt': [
            layer.name for layer in side.d2l.all_layers(model) if not layer.built
        ],
    }


def keras_builds_itself(side):
    """The outputs' shapes of models whose parts are built in other ways.

    By their own `build`, by a wrapper, and as part of a net that is asked for symbols.
    """
    from keras import Input, Sequential, layers

    class Weighted(layers.Layer):
        def build(self, shape):
            self.kernel = self.add_weight(shape=(shape[-1], 3))

        def call(self, X):
            return X @ self.kernel

    class Own(layers.Layer):
        def __init__(self):
            super().__init__()
            self.net = Sequential([Sequential([Weighted()])])

        def build(self, shape):
            self.net.build(shape)

        def call(self, X):
            return self.net(X)

    model = written(side).classifier
    X, rows = np.zeros((2, 5, 4), np.float32), Sequential([Sequential([Weighted()])])
    net = Sequential([model(layers.Dense(7))])
    return {
        'own build': model(Own())(X).shape.as_list(),
        'wrapped': model(layers.TimeDistributed(rows))(X).shape.as_list(),
        'symbols': model(layers.Dense(6))(Input((5, 4))).shape,
        'part of a net': net(X).shape.as_list(),
    }


def own_losses(side):
    """First losses without and with a regularizer's losses, which the step adds.

    And how a float64 fit without a learning rate is refused, and floatx after it.
    """
    from keras import Sequential, config, layers

    def step(self, batch):
        *X, y = batch
        y_hat = self(*X)
        return self.loss(y_hat, y) + sum(self.losses), self.accuracy(y_hat, y)

    def run(strength):
        def net(side):
            penalty = layers.ActivityRegularization(l2=strength)
            return Sequential([layers.Flatten(), penalty, layers.Dense(CLASSES)])

        model = define(side, net=net, lr=0.1, training_step=step)
        return fit(side, model, train=batches(side, size=8, n=20), epochs=2)

    penalty = [run(strength)['first_loss'] for strength in (0.0, 1.0)]
    refused = told(fit, side, define(side, lr=None), precision='float64')
    return penalty, refused, config.floatx()


def loader_at_work(side):
    """What notes ask of an iterator: its examples, and a fifth of its steps."""
    loader = side.d2l.FashionMNIST(64, synthetic=True).train_dataloader()
    from d2l_shim.plot import as_numpy

    _, y = next(iter(loader))
    iterator, _ = side.d2l.load_data_fashion_mnist(256)
    return {
        'length': len(loader.dataset),
        'first': as_numpy(y)[:3].tolist(),
        'second': [int(loader.dataset[i][1]) for i in range(3)],
        'steps': len(iterator),
    }


def another_precision(side):
    """What a Trainer in float32 says to a model that was in float64 before."""
    model, given = define(side, lr=0.1), batches(side)
    fit(side, model, train=given, precision='float64')
    return plain(told(fit, side, model, train=given))
