"""House prices in Ames, Iowa, as numbers and batches for regression.

The sales of 2006 to 2010 (De Cock 2011), in the two files of the Kaggle competition
"House Prices". Where the files come from is in fetch.py.
"""

import copy
from io import StringIO

import numpy as np

from d2l_shim.core import DataModule, say_once
from d2l_shim.data.fetch import available
from d2l_shim.data.loader import Loader, whole
from d2l_shim.files import read_text, write_text
from d2l_shim.plot import as_numpy

NOT_FEATURES = ('Id', 'SalePrice')  # a running number, and the answer
# Numbers that are codes: 60 is a house of two storeys, not three times 20.
CODES = ('MSSubClass',)


def read(path):
    """Return a file of the competition as a pandas DataFrame; missing values are NaN.

    Only `NA` is missing. pandas would take `None` for missing, too; but 864 training
    houses have that `MasVnrType`, which means no veneer (its area is 0 in 859 of
    them), while the 8 with `NA` there were not recorded (nor was their area).
    """
    import pandas

    return pandas.read_csv(
        StringIO(read_text(path)),
        keep_default_na=False,
        na_values=['NA'],
        dtype=dict.fromkeys(CODES, str),
    )


def draw_stand_in(train):
    """Return a DataFrame like the competition's, of a few columns; seeded.

    The logarithm of the price is a sum over the columns and noise, normal with
    standard deviation 0.1. The test houses know one neighbourhood more.
    """
    import pandas

    n = 1460 if train else 1459
    rng = np.random.default_rng([2011, int(train)])
    area, front = rng.lognormal(7.3, 0.3, n).round(), rng.normal(70, 15, n).round()
    quality, built = rng.integers(1, 11, n), rng.integers(1900, 2011, n)
    hood, alley, kind = (rng.integers(k, size=n) for k in (8 + (not train), 9, 3))
    log_price = (
        6.3
        + 0.7 * np.log(area)
        + 0.05 * quality
        + 0.004 * (built - 1970)
        + 0.001 * (front - 70)
        + 0.05 * (hood - 4)
        - 0.05 * kind
        + 0.1 * (alley > 1)
        + rng.normal(0, 0.1, n)
    )

    def spell(numbers, *names):
        return np.array([*names, *[None] * 7], object)[numbers]

    frame = pandas.DataFrame(
        {
            'Id': np.arange(n) + (1 if train else 1461),
            'GrLivArea': area,
            'MSSubClass': spell(kind, '20', '60', '120'),
            'LotFrontage': np.where(rng.random(n) < 0.2, np.nan, front),
            'Alley': spell(alley, 'Grvl', 'Pave'),
            'OverallQual': quality,
            'Neighborhood': spell(hood, *'ABCDEFGHI'),
            'YearBuilt': built,
            'SalePrice': np.exp(log_price).round(),
        }
    )
    return frame if train else frame.drop(columns='SalePrice')


class Features:
    """Turns DataFrames of houses into numbers, by what the houses `frame` hold.

    `Features(frame)(other)` is (N, F), float32; `names` are the F columns. Numbers are
    standardised by the mean and the standard deviation of those present in `frame`; a
    missing one becomes 0, the mean. Each category becomes a column of 0 and 1, and so
    does `NA`, which in many columns says that a house has no such thing. What is not
    in `frame` has no column: such a house has 0 in all columns of that name.
    """

    def __init__(self, frame):
        from pandas.api.types import is_numeric_dtype

        columns = [name for name in frame if name not in NOT_FEATURES]
        self.numbers = [name for name in columns if is_numeric_dtype(frame[name])]
        self.mean = frame[self.numbers].mean()
        self.std = frame[self.numbers].std(ddof=0)
        self.categories = {
            name: sorted(set(spelled(frame[name])))
            for name in columns
            if name not in self.numbers
        }
        self.names = [
            *self.numbers,
            *(
                f'{name}={value}'
                for name, values in self.categories.items()
                for value in values
            ),
        ]

    def __call__(self, frame):
        scaled = (frame[self.numbers] - self.mean) / self.std.where(self.std > 0)
        parts = [scaled.fillna(0).to_numpy(np.float32)]  # a constant is 0 everywhere
        parts += [
            spelled(frame[name])[:, None] == np.array(values, object)
            for name, values in self.categories.items()
        ]
        return np.concatenate(parts, axis=1, dtype=np.float32)


def spelled(column):
    """Return the categories of a column as the file spells them, (N,)."""
    return column.astype(object).where(column.notna(), 'NA').to_numpy()


class KaggleHouse(DataModule):
    """House prices in batches of X (N, F) and y (N, 1), float32, for regression.

    y is the logarithm of the price in dollars less `log_mean`, its mean over the
    training houses: so a new model starts near its goal, and the root of the mean of
    (y_hat - y) ** 2 is the log-RMSE. `to_prices(y_hat)` leads back to dollars.

    `X`, `prices`, `rows` are the features, dollars and rows in the file of the houses
    to train on, `X_val`, `prices_val`, `rows_val` of those to validate on, `X_test`,
    `ids_test` of those whose prices the competition asks for; `feature_names` are the
    F columns of X. `k_fold` sets houses aside; before that all are trained on, and
    validation is on the same. A missing value, a category: see `Features`.

    Every profile uses all houses. `synthetic=True` means drawn stand-in houses; without
    data and network a smaller profile uses them, too, and says so, while a full run
    raises DataUnavailable. Source: De Cock 2011 (J. of Statistics Education 19(3)).
    """

    loader = Loader

    def __init__(self, batch_size=64, seed=0, *, synthetic=False):
        _check(
            whole(batch_size, 1),
            f'batch_size must be a positive number, not {batch_size!r}',
        )
        _check(whole(seed, 0), f'seed must be a whole number, 0 or more, not {seed!r}')
        self.save_hyperparameters()
        paths = None if synthetic else available('house-prices')
        self.synthetic = paths is None
        if self.synthetic:
            say_once(
                'House prices: drawn stand-in houses, not the real ones '
                f'({"as asked" if synthetic else "no data and no network"}).'
            )
        self.raw_train, self.raw_test = (
            draw_stand_in(part == 'train')
            if paths is None
            else read(paths[f'kaggle_house_pred_{part}.csv'])
            for part in ('train', 'test')
        )
        self._use(*[np.arange(len(self.raw_train))] * 2)

    def _use(self, rows, rows_val):
        """Train on `rows` of the training file, validate on `rows_val`."""
        train, val = self.raw_train.iloc[rows], self.raw_train.iloc[rows_val]
        features = Features(train)
        self.rows, self.rows_val = rows, rows_val
        self.feature_names = features.names
        self.X, self.X_val, self.X_test = map(features, (train, val, self.raw_test))
        self.prices, self.prices_val = (
            part['SalePrice'].to_numpy(np.float64) for part in (train, val)
        )
        self.ids_test = self.raw_test['Id'].to_numpy()
        self.log_mean = float(np.log(self.prices).mean())

    def get_dataloader(self, train):
        """Return a Loader over the houses to train on or to validate on."""
        X, prices = (self.X, self.prices) if train else (self.X_val, self.prices_val)
        y = (np.log(prices) - self.log_mean).astype(np.float32)[:, None]
        order = np.arange(len(y))
        if train:
            order = np.random.default_rng([self.seed, 0]).permutation(order)
        return self.loader(
            lambda chosen: (X[chosen], y[chosen]),
            self.convert,
            order,
            self.batch_size,
            self.seed if train else None,
        )

    def convert(self, X, y):
        """Turn a batch in NumPy into the framework's arrays; here it stays NumPy."""
        return X, y

    def k_fold(self, K):
        """Return an iterator over `K` data modules like this one.

        Each house to train on is set aside for validation in one of them; the parts
        differ in size by at most one. Each module takes means, deviations, categories
        and `log_mean` from its own training houses, so F may differ among them.
        """
        _check(
            whole(K, 2) and len(self.rows) >= K,
            'k_fold needs a whole number of '
            f'parts from 2 to {len(self.rows)}, not {K!r}',
        )
        rng = np.random.default_rng([self.seed, 1, K])
        parts = np.array_split(rng.permutation(self.rows), K)
        return (self._without(part) for part in parts)

    def _without(self, part):
        other = copy.copy(self)
        other._use(np.setdiff1d(self.rows, part), np.sort(part))
        return other

    def to_prices(self, outputs):
        """Return the prices in dollars, float64 (N,), that outputs (N, 1) stand for."""
        return np.exp(_column(outputs, 'to_prices: the outputs') + self.log_mean)

    def submission(self, prices):
        """Return the competition's CSV text for `prices`, one a test house, in order.

        Raises ValueError unless there is one for each, finite and above 0.
        """
        prices = _positive(prices, 'submission: the prices')
        if len(prices) != len(self.ids_test):
            raise ValueError(
                f'submission: there are {len(self.ids_test)} test houses, '
                f'but {len(prices)} prices.'
            )
        rows = zip(self.ids_test.tolist(), prices.tolist(), strict=True)
        return 'Id,SalePrice\n' + ''.join(f'{i},{price}\n' for i, price in rows)

    def write_submission(self, prices, path='submission.csv'):
        """Write `submission(prices)` to `path`, whole or not at all; raises OSError."""
        text = self.submission(prices)
        try:
            write_text(path, text)
        except OSError as error:
            raise OSError(f'write_submission: {error}') from error


def log_rmse(predicted_prices, prices):
    """Return the root of the mean squared error of the logarithms of prices, a float.

    Both in dollars, (N,) or (N, 1), any framework's. Raises ValueError for prices that
    are not finite and above 0, and for counts that differ.

    >>> round(log_rmse([200_000, 100_000], [100_000, 100_000]), 4)
    0.4901
    """
    predicted = _positive(predicted_prices, 'log_rmse: the predicted prices')
    prices = _positive(prices, 'log_rmse: the prices')
    if len(predicted) != len(prices) or not len(prices):
        raise ValueError(
            'log_rmse: it needs as many predictions as prices, not '
            f'{len(predicted)} for {len(prices)}.'
        )
    return float(np.sqrt(np.mean((np.log(predicted) - np.log(prices)) ** 2)))


def offered(pictures):
    """Return KaggleHouse, with the loader of a framework's pictures, and log_rmse."""
    return type(
        'KaggleHouse',
        (KaggleHouse,),
        {
            'convert': pictures.convert,
            'loader': pictures.loader,
            '__doc__': KaggleHouse.__doc__,
            '__module__': pictures.__module__,
        },
    ), log_rmse


def _column(numbers, what):
    """Return numbers (N,) or (N, 1), any framework's, as a float64 ndarray (N,)."""
    found = as_numpy(numbers)
    try:
        found = found.astype(np.float64)
    except (TypeError, ValueError):
        raise ValueError(f'{what} must be numbers, not {numbers!r}.') from None
    if found.ndim != 1 and (found.ndim != 2 or found.shape[1] != 1):
        raise ValueError(f'{what} must be of shape (N,) or (N, 1), not {found.shape}.')
    return found.reshape(-1)


def _positive(prices, what):
    found = _column(prices, what)
    for i in np.flatnonzero(~(np.isfinite(found) & (found > 0))):
        raise ValueError(
            f'{what} must be finite and above 0, but number {i} is '
            f'{found[i]}; data.to_prices makes prices of outputs.'
        )
    return found


def _check(ok, sentence):
    if not ok:
        raise ValueError(f'KaggleHouse: {sentence}.')
