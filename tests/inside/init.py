"""Questions about starting weights, answered in a framework's own process."""

import numpy as np

SPOILT = 7.0


def plain_net(side):
    """Return a net of layers of the framework alone, all without a shape yet."""
    if side.tab == 'jax':
        from flax import linen as nn

        return nn.Sequential(
            [
                nn.Conv(32, (3, 3), padding=1),
                nn.BatchNorm(use_running_average=True),
                nn.relu,
                nn.Conv(64, (3, 3), strides=2, padding=1),
                lambda X: X.reshape(len(X), -1),
                nn.Dense(10),
            ]
        )
    if side.tab == 'tensorflow':
        from keras import Sequential, layers

        return Sequential(
            [
                layers.Conv2D(32, 3, padding='same'),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.ZeroPadding2D(1),
                layers.Conv2D(64, 3, strides=2),
                layers.Flatten(),
                layers.Dense(10),
            ]
        )
    if side.tab == 'pytorch':
        from torch import nn

        return nn.Sequential(
            nn.LazyConv2d(32, 3, padding=1),
            nn.LazyBatchNorm2d(),
            nn.ReLU(),
            nn.LazyConv2d(64, 3, stride=2, padding=1),
            nn.Flatten(),
            nn.LazyLinear(10),
        ).eval()
    from mxnet.gluon import nn

    net = nn.HybridSequential()
    net.add(
        nn.Conv2D(32, 3, padding=1),
        nn.BatchNorm(),
        nn.Activation('relu'),
        nn.Conv2D(64, 3, strides=2, padding=1),
        nn.Flatten(),
        nn.Dense(10),
    )
    return net


def parts(side, net):
    return net.layers if side.tab == 'tensorflow' else list(net)


def inputs(side, X):
    """Return what each part of the plain net is given for `X`."""
    net, given = plain_net(side), [side.images(X)]
    if side.tab == 'mxnet':
        net.initialize()
    for part in parts(side, net):
        given.append(part(given[-1]))
    return given[:-1]


def spoil(side, net):
    """Give every tensor of a net a value that no start has; return how many."""
    tensors = side.d2l.all_tensors(net).values()
    for tensor in tensors:
        if side.tab == 'pytorch':
            tensor.data.fill_(SPOILT)
        elif side.tab == 'tensorflow':
            tensor.assign(tensor * 0 + SPOILT)
        else:
            tensor.set_data(tensor.data() * 0 + SPOILT)
    return len(tensors)


def ask_init_cnn(side, net, X):
    """Call `init_cnn` as the framework's idiom has it."""
    if side.tab == 'tensorflow':
        side.d2l.init_cnn(net, X)
    else:
        net.apply(side.d2l.init_cnn)
    net(X)


def drawn(side, X, when='before'):
    """Return the tensors that `init_cnn` gives the plain net, and how many it has.

    `when` it is called: 'before' the layers know their shapes, 'after', or after they
    learned them 'backwards', from the last to the first.
    """
    net, images = plain_net(side), side.images(X)
    if side.tab == 'jax':
        variables = side.d2l.init_cnn(net, images)
        named = side.d2l.tensors(net, variables, images)
        return named, len(side.d2l.flatten_dict(variables))
    if when != 'before':
        if side.tab == 'mxnet':
            net.initialize()
        steps = list(zip(parts(side, net), inputs(side, X), strict=True))
        for part, given in steps[::-1] if when == 'backwards' else steps:
            part(given)
        spoil(side, net)
    ask_init_cnn(side, net, images)
    return numbers(side, net, images), len(side.d2l.all_tensors(net))


def numbers(side, net, X):
    return {
        name: np.array(handle.get())
        for name, handle in side.d2l.tensors(net, X).items()
    }


def start_after(side, config, X, y, first, seed=0):
    """Return the tensors of a DenseNet after `Trainer.start`, and what came before.

    `first` is 'call' (of the model, on other images), 'init_cnn' (asked by the model's
    author for `net`) or 'shapes' (a summary of its layers).
    """
    model, batch = side.book.DenseNet(**config), side.batch(X, y)
    if side.tab == 'pytorch':
        model.eval()  # or a call would move the running statistics
    if first == 'call':
        model(side.images(1 - X[:2]))
    if first == 'shapes':
        model.summary_rows(tuple(side.images(X).shape))
    if first == 'init_cnn' and side.tab in ('pytorch', 'mxnet'):
        model.net.apply(side.d2l.init_cnn)
    if first == 'init_cnn' and side.tab == 'tensorflow':
        side.d2l.init_cnn(model.net, batch[0])
    trainer = side.trainer(seed=seed)
    trainer.state = trainer.start(model, batch)
    return side.named(model, trainer, batch[0])


def of_the_users(side, X, ask):
    """Return a net's tensors as its user had started them, and after a Trainer started.

    `ask` for `init_cnn` or not. In PyTorch and Keras the user gave the first layer its
    input channels and a kernel; in Gluon all layers an initializer.
    """
    net, images = users_net(side), side.images(X)
    model = type('Users', (side.d2l.Classifier,), {'lr': 0.1})()
    model.net = net
    if ask:
        ask_init_cnn(side, net, images)
    before = {}
    if side.tab == 'mxnet':
        before['Xavier'] = float(abs(net[0].weight.data().asnumpy()).max())
    first = parts(side, net)[0]
    before['000.conv.weight'] = np.array(side.d2l.handle(first, 'conv', 'weight').get())
    side.trainer().start(model, (images, np.zeros(len(X))))
    return before, numbers(side, model, images)


def users_net(side):
    net = plain_net(side)
    if side.tab == 'pytorch':
        from torch import nn

        net[0] = nn.Conv2d(1, 32, 3, padding=1)
        net[0].weight.data.normal_(std=0.01)
    if side.tab == 'tensorflow':
        net.layers[0].build((None, None, None, 1))
        net.layers[0].kernel.assign(net.layers[0].kernel / 2)
    if side.tab == 'mxnet':
        from mxnet import init

        net[0]._in_channels = 1
        net[0].weight.shape = (32, 1, 3, 3)
        net.initialize(init.Xavier())
    return net


def stated_net(side):
    """Return a net whose convolution and norm have stated starts; the rest has none.

    The kernel is to be 0.5, its bias 0.25, the norm's scale 2 and offset 3; in Keras
    and Gluon its statistics 4 and 5.
    """
    if side.tab == 'jax':
        from flax import linen as nn

        constant = nn.initializers.constant
        return nn.Sequential(
            [
                nn.Conv(2, (3, 3), kernel_init=constant(0.5), bias_init=constant(0.25)),
                nn.BatchNorm(
                    use_running_average=False,
                    scale_init=constant(2),
                    bias_init=constant(3),
                ),
                lambda X: X.reshape(len(X), -1),
                nn.Dense(10),
            ]
        )
    if side.tab == 'tensorflow':
        from keras import Sequential, layers
        from keras.initializers import Constant

        return Sequential(
            [
                layers.Conv2D(
                    2,
                    3,
                    kernel_initializer=Constant(0.5),
                    bias_initializer=Constant(0.25),
                ),
                layers.BatchNormalization(
                    gamma_initializer=Constant(2),
                    beta_initializer=Constant(3),
                    moving_mean_initializer=Constant(4),
                    moving_variance_initializer=Constant(5),
                ),
                layers.Flatten(),
                layers.Dense(10),
            ]
        )
    if side.tab == 'pytorch':
        from torch import nn

        return nn.Sequential(
            nn.LazyConv2d(2, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(10)
        ).eval()
    from mxnet.gluon import nn
    from mxnet.initializer import Constant

    net = nn.HybridSequential()
    net.add(
        nn.Conv2D(
            2, 3, weight_initializer=Constant(0.5), bias_initializer=Constant(0.25)
        ),
        nn.BatchNorm(
            gamma_initializer=Constant(2),
            beta_initializer=Constant(3),
            running_mean_initializer=Constant(4),
            running_variance_initializer=Constant(5),
        ),
        nn.Flatten(),
        nn.Dense(10),
    )
    return net


def classifier(side, net):
    """Return a model around `net`, which does not learn: its `lr` is 0."""
    if side.tab != 'jax':
        model = type('Users', (side.d2l.Classifier,), {'lr': 0.0})()
        model.net = net
        return model.eval() if side.tab == 'pytorch' else model
    from flax import linen as nn

    class Users(side.d2l.Classifier):
        net: nn.Module
        lr: float = 0.0
        training: bool = True

    return Users(net)


def after_start(side, X, first=''):
    """Return the tensors of `stated_net` once a Trainer has started.

    The model was called before ('call'), or its layers were summed up ('summary').
    PyTorch has no initializers: there the user calls the net and writes the numbers.
    """
    net, images = stated_net(side), side.images(X)
    model, trainer = classifier(side, net), side.trainer()
    if side.tab == 'pytorch':
        net(images)
        for tensor, value in {
            net[0].weight: 0.5,
            net[0].bias: 0.25,
            net[1].weight: 2,
            net[1].bias: 3,
        }.items():
            tensor.data.fill_(value)
    if first == 'call' and side.tab != 'jax':
        model(images)
    if first == 'summary':
        model.summary_rows(tuple(images.shape))
    trainer.state = trainer.start(model, side.batch(X, np.zeros(len(X))))
    return side.named(model, trainer, images)


def variables_given(side, X, y):
    """Return what a JAX Trainer starts from when it was given `variables`.

    'other': after it had fitted another model; 'half': without the statistics.
    """
    import jax

    batch, told = side.batch(X, y), {}
    for case in ('other', 'half'):
        model, trainer = classifier(side, stated_net(side)), side.trainer()
        made = model.init(jax.random.PRNGKey(1), batch[0])
        if case == 'other':
            other = classifier(side, stated_net(side))
            trainer.finish(other, trainer.start(other, batch))
        trainer.variables = made if case == 'other' else {'params': made['params']}
        trainer.state = trainer.start(model, batch)
        told[case] = (
            side.d2l.tensors(model, made, batch[0]),
            side.named(model, trainer, batch[0]),
        )
    return told


def shaped_net(side):
    """Return a net whose layers know their shapes at once; nobody wrote to them."""
    if side.tab == 'pytorch':
        from torch import nn

        return nn.Sequential(
            nn.Conv2d(1, 4, 3),
            nn.BatchNorm2d(4),
            nn.Flatten(),
            nn.Linear(4 * 6 * 6, 10),
        )
    if side.tab == 'tensorflow':
        from keras import Sequential, layers

        return Sequential(
            [
                layers.Input((8, 8, 1)),
                layers.Conv2D(4, 3),
                layers.BatchNormalization(),
                layers.Flatten(),
                layers.Dense(10),
            ]
        )
    from mxnet.gluon import nn

    net = nn.HybridSequential()
    net.add(
        nn.Conv2D(4, 3, in_channels=1),
        nn.BatchNorm(in_channels=4),
        nn.Flatten(),
        nn.Dense(10, in_units=4 * 6 * 6),
    )
    return net


def shaped(side, X, seed):
    """Return the tensors that a Trainer gives the shaped net, and those of another.

    The second Trainer's seed is another one: what the first has started stays.
    """
    model, batch = classifier(side, shaped_net(side)), side.batch(X, np.zeros(len(X)))
    side.trainer(seed=seed).start(model, batch)
    first = numbers(side, model, batch[0])
    side.trainer(seed=seed + 1).start(model, batch)
    return first, numbers(side, model, batch[0])
