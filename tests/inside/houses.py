"""Questions about the house prices, answered in a framework's own process."""

import contextlib
import io

import numpy as np

from d2l_shim.plot import as_numpy, plt
from parity.inside import profile
from tests.frameworks import written


def batches(side, epochs, **options):
    """Return the batches of some epochs of training and of one of validation."""
    fold, *_ = side.d2l.KaggleHouse(**options).k_fold(5)
    loader = fold.train_dataloader()
    given = [list(loader) for _ in range(epochs)] + [list(fold.val_dataloader())]
    return [[tuple(map(as_numpy, batch)) for batch in epoch] for epoch in given]


def line(side, lr):
    """Return a linear regression as a reader writes it: a Module with a loss."""
    own = written(side)

    def loss(self, y_hat, y):
        return own.mean_square(y_hat - y)

    return own.model(side.d2l.Module, lr, lambda: own.linear(1), {'loss': loss})


def regress(side, lr, max_epochs, seed=0, precision='float32', **options):
    """Train on the first of five folds; return what was printed and came out.

    `plotted` are the curves of `History.plot`; `log_rmse` is taken from prices.
    """
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), profile('full'):
        data = next(side.d2l.KaggleHouse(**options).k_fold(5))
        trainer = side.d2l.Trainer(max_epochs, seed=seed, precision=precision)
        history = trainer.fit(line(side, lr), data)
    history.plot()
    plotted = [curve.get_label() for curve in plt.gca().lines]
    plt.close()
    outputs = trainer.predict(data.X_val)
    return {
        'printed': printed.getvalue(),
        'plotted': plotted,
        'outputs': outputs,
        'log_rmse': side.d2l.log_rmse(data.to_prices(outputs), data.prices_val),
        'first_loss': history.first_loss,
        **history.columns(),
        'submission': data.submission(data.to_prices(trainer.predict(data.X_test))),
    }


def described(side):
    """Return the module and the bases' names of the class that the tab offers."""
    offered = side.d2l.KaggleHouse
    return offered.__module__, [base.__module__ for base in offered.__bases__]


def read_back(side, X):
    """Return log_rmse of arrays of the framework: prices `X` against twice them."""
    convert = side.d2l.KaggleHouse.convert
    prices, doubled = convert(None, X, np.float32(2) * X)
    return side.d2l.log_rmse(doubled, prices)
