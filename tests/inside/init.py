"""Questions about starting weights, answered in a framework's own process."""

from unittest import mock

import numpy as np

from tests.frameworks import written
from tests.inside import users


def inputs(side, X):
    """Return what each part of the plain net is given for `X`."""
    own, given = written(side), [side.images(X)]
    for part in own.parts(own.ready(own.plain_net())):
        given.append(part(given[-1]))
    return given[:-1]


def spoil(side, net):
    """Give every tensor of a net a value that no start has."""
    for tensor in side.framework.all_tensors(net).values():
        written(side).spoil(tensor)


def drawn(side, X, when='before'):
    """Return the tensors that `init_cnn` gives the plain net, and how many it has.

    `when` it is called: 'before' the layers know their shapes, 'after', or after they
    learned them 'backwards', from the last to the first.
    """
    own, images = written(side), side.images(X)
    net = own.plain_net()
    if when != 'before':
        steps = list(zip(own.parts(own.ready(net)), inputs(side, X), strict=True))
        for part, given in steps[::-1] if when == 'backwards' else steps:
            part(given)
        spoil(side, net)
    own.ask_init_cnn(net, images)
    return own.numbers(net, images), len(side.framework.all_tensors(net))


def start_after(side, config, X, y, first, seed=0):
    """Return the tensors of a DenseNet after `Trainer.start`, and what came before.

    `first` is 'call' (of the model, on other images), 'init_cnn' (asked by the model's
    author for `net`) or 'shapes' (a summary of its layers).
    """
    model, batch = side.book.DenseNet(**config), side.batch(X, y)
    model = written(side).still(model)
    if first == 'call':
        model(side.images(1 - X[:2]))
    if first == 'shapes':
        model.summary_rows(tuple(side.images(X).shape))
    if first == 'init_cnn':
        written(side).ask_before(model.net, batch[0])
    trainer = side.trainer(seed=seed)
    trainer.state = trainer.start(model, batch)
    return side.named(model, trainer)


def after_a_failed_call(side, X, ask):
    """Return the tensors of a model after a first call that failed, and without one.

    And what that call said. `ask` is whether `init_cnn` is asked for: of a plain 'net',
    of a 'part' of the model, or not at all.
    """
    own, images, told = written(side), side.images(X), []
    for fails in (True, False):
        plain = ask == 'net'
        net = own.ready(own.plain_net()) if plain else own.plain_net()
        model, place = (net, own.parts(net)[-1]) if plain else [own.classifier(net)] * 2

        def slip(X, forward=place.forward):
            forward(X)
            raise ValueError('a slip of the hand')

        if ask:
            net.apply(side.d2l.init_cnn)
        if fails:
            with mock.patch.object(place, 'forward', slip):
                said = users.told(model, images)
        model(images)
        told.append(own.numbers(model, images))
    return *told, said


def of_the_users(side, X, ask):
    """Return a net's tensors as its user had started them, and after a Trainer started.

    `ask` for `init_cnn` or not. In PyTorch and Keras the user gave the first layer its
    input channels and a kernel; in Gluon all layers an initializer.
    """
    own, images = written(side), side.images(X)
    net = own.users_net()
    model = own.model(side.d2l.Classifier, 0.1, lambda: net, {})
    if ask:
        own.ask_init_cnn(net, images)
    before = own.drawn(net)
    kernel = side.framework.handle(own.parts(net)[0], 'conv', 'weight')
    before['000.conv.weight'] = np.array(kernel.get())
    side.trainer().start(model, (images, np.zeros(len(X))))
    return before, own.numbers(model, images)


def after_start(side, X, first=''):
    """Return the tensors of `stated_net` once a Trainer has started.

    The model was called before ('call'), or its layers were summed up ('summary').
    PyTorch has no initializers: there the user calls the net and writes the numbers.
    """
    own, images = written(side), side.images(X)
    net = own.stated_net()
    model, trainer = own.classifier(net), side.trainer()
    own.state(net, images)
    if first == 'call':
        own.call(model, images)
    if first == 'summary':
        model.summary_rows(tuple(images.shape))
    trainer.state = trainer.start(model, side.batch(X, np.zeros(len(X))))
    return side.named(model, trainer)


def variables_given(side, X, y):
    """Return what a JAX Trainer starts from when it was given `variables`.

    'other': after it had fitted another model; 'half': without the statistics.
    """
    import jax

    batch, told, own = side.batch(X, y), {}, written(side)
    for case in ('other', 'half'):
        model, trainer = own.classifier(own.stated_net()), side.trainer()
        made = model.init(jax.random.PRNGKey(1), batch[0])
        if case == 'other':
            other = own.classifier(own.stated_net())
            trainer.finish(other, trainer.start(other, batch))
        trainer.variables = made if case == 'other' else {'params': made['params']}
        trainer.state = trainer.start(model, batch)
        told[case] = (
            side.framework.numbers(side.framework.holding(model, made)),
            side.named(model, trainer),
        )
    return told


def shaped(side, X, seed):
    """Return the tensors that a Trainer gives the shaped net, and those of another.

    The second Trainer's seed is another one: what the first has started stays.
    """
    own, batch = written(side), side.batch(X, np.zeros(len(X)))
    model = own.classifier(own.shaped_net())
    side.trainer(seed=seed).start(model, batch)
    first = own.numbers(model, batch[0])
    side.trainer(seed=seed + 1).start(model, batch)
    return first, own.numbers(model, batch[0])
