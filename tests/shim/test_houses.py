"""House prices: the real files, features, folds, batches, prices, submissions."""

import io
import math
import re
from pathlib import Path

import matplotlib
import numpy as np
import pandas
import pytest

from d2l_shim import core
from d2l_shim.data import fetch, house_prices
from d2l_shim.data.fetch import DataUnavailable, available
from d2l_shim.data.house_prices import Features, KaggleHouse, log_rmse
from d2l_shim.framework import FRAMEWORKS
from tests.helpers import require

NAME = 'house-prices'
TABS = list(FRAMEWORKS)


@pytest.fixture(autouse=True)
def full(monkeypatch):
    """The full profile, and nothing said yet."""
    monkeypatch.delenv('D2L_PROFILE', raising=False)
    monkeypatch.setattr(core, '_said', set())


@pytest.fixture(scope='module')
def drawn():
    """The stand-in, in batches of 64."""
    return KaggleHouse(synthetic=True)


@pytest.fixture(scope='module')
def real():
    """The real houses, in batches of 64."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('D2L_MIRRORS', '')
        patch.setenv('D2L_PROFILE', 'smoke')
        require(available(NAME), 'needs house-prices in D2L_DATA_DIR or the cache')
        patch.delenv('D2L_PROFILE')
        return KaggleHouse()


@pytest.fixture(params=['drawn', 'real'])
def either(request):
    return request.getfixturevalue(request.param)


def one_hot(frame, names):
    """The categories' columns as pandas makes them: (N, number of names)."""
    texts = frame.select_dtypes(exclude='number').fillna('NA')
    return (
        pandas.get_dummies(texts, prefix_sep='=')
        .reindex(columns=names, fill_value=False)
        .to_numpy(np.float32)
    )


# The real files


def test_the_files_have_the_rows_columns_and_gaps_that_are_told(real):
    assert not real.synthetic
    for frame, shape, missing, columns in (
        (real.raw_train, (1460, 81), 6965, 19),
        (real.raw_test, (1459, 80), 7000, 33),
    ):
        assert frame.shape == shape
        assert frame.isna().sum().sum() == missing
        assert frame.isna().any().sum() == columns
    assert real.raw_train['Id'].tolist() == list(range(1, 1461))
    assert real.ids_test.tolist() == list(range(1461, 2920))


def test_the_prices_are_those_that_are_told(real):
    told = real.prices.min(), np.median(real.prices), real.prices.max()
    assert told == (34_900, 163_000, 755_000)
    assert real.prices.mean() == pytest.approx(180_921.20, abs=0.005)
    assert real.prices.dtype == np.float64


def test_36_columns_are_numbers_and_one_of_them_is_a_code(real):
    features = Features(real.raw_train)
    assert len(features.numbers) == 36 - 1
    assert len(features.categories) == 43 + 1
    assert {'MSSubClass=20', 'MSSubClass=60', 'MSSubClass=190'} < {*real.feature_names}


def test_only_na_is_missing_and_none_says_no_veneer(real):
    veneer = real.raw_train['MasVnrType']
    assert (veneer.isna().sum(), (veneer == 'None').sum()) == (8, 864)
    area = real.raw_train['MasVnrArea']
    assert (area[veneer == 'None'] == 0).sum() == 859
    assert area[veneer.isna()].isna().all()
    assert {'MasVnrType=NA', 'MasVnrType=None'} < {*real.feature_names}


def test_each_value_of_a_category_in_the_training_file_has_a_column(real):
    texts = real.raw_train.select_dtypes(exclude='number')
    count = texts.nunique(dropna=False).sum()  # missing is a value here
    assert count == 283
    assert len(real.feature_names) == 35 + count
    assert real.X.shape == (1460, 318)
    assert real.X_test.shape == (1459, 318)


def test_values_that_only_test_houses_have_get_no_column(real):
    def columns(name):
        return [
            i
            for i, feature in enumerate(real.feature_names)
            if feature.startswith(f'{name}=')
        ]

    rare = (real.raw_test['MSSubClass'] == '150').to_numpy()
    assert rare.sum() == 1
    assert 'MSSubClass=150' not in real.feature_names
    for name, alone in (
        ('MSSubClass', rare),
        ('MSZoning', real.raw_test['MSZoning'].isna().to_numpy()),
    ):
        assert np.array_equal(real.X_test[:, columns(name)].sum(1), 1 - alone)


# Features


def test_numbers_are_standardised_and_a_missing_one_is_the_mean(either):
    features = Features(either.raw_train)
    raw = either.raw_train[features.numbers].to_numpy(np.float64)
    X = either.X[:, : len(features.numbers)].astype(np.float64)
    assert either.feature_names[: len(features.numbers)] == features.numbers
    gaps = np.isnan(raw)
    assert gaps.any()
    assert (X[gaps] == 0).all()
    X[gaps] = np.nan
    np.testing.assert_allclose(np.nanmean(X, axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(np.nanstd(X, axis=0), 1, atol=1e-6)


def test_test_houses_are_measured_by_the_training_houses(either):
    features = Features(either.raw_train)
    raw, test = (
        frame[features.numbers].to_numpy(np.float64)
        for frame in (either.raw_train, either.raw_test)
    )
    expected = (test - np.nanmean(raw, axis=0)) / np.nanstd(raw, axis=0)
    np.testing.assert_allclose(
        either.X_test[:, : len(features.numbers)],
        np.nan_to_num(expected),
        rtol=1e-5,
        atol=1e-5,
    )


def test_categories_and_na_are_one_hot(either):
    start = len(Features(either.raw_train).numbers)
    names = either.feature_names[start:]
    assert any(name.endswith('=NA') for name in names)
    for X, frame in ((either.X, either.raw_train), (either.X_test, either.raw_test)):
        assert X.dtype == np.float32
        assert np.array_equal(X[:, start:], one_hot(frame, names))
    assert (either.X[:, start:].sum(axis=1) == start_of_texts(either)).all()


def start_of_texts(data):
    return data.raw_test.select_dtypes(exclude='number').shape[1]


def test_id_and_price_are_no_features(either):
    assert not {'Id', 'SalePrice'} & {*either.feature_names}
    other = either.raw_train.assign(Id=range(len(either.X), 0, -1), SalePrice=1.0)
    assert np.array_equal(Features(other)(other), either.X)


def test_a_number_that_never_changes_or_is_never_known_is_0():
    frame = pandas.DataFrame({'a': [2, 2, 2], 'b': [np.nan] * 3, 'c': [1.0, np.nan, 3]})
    other = pandas.DataFrame({'a': [2, 5], 'b': [np.nan, 7], 'c': [2.0, 4.0]})
    features = Features(frame)
    assert features(frame).tolist() == [[0, 0, -1], [0, 0, 0], [0, 0, 1]]
    assert features(other).tolist() == [[0, 0, 0], [0, 0, 2]]


# Folds


@pytest.mark.parametrize('k', [2, 5, 7, 11])
def test_every_house_is_validated_once(k, drawn):
    folds = list(drawn.k_fold(k))
    assert len(folds) == k
    together = np.concatenate([fold.rows_val for fold in folds])
    assert np.array_equal(np.sort(together), np.arange(1460))
    sizes = [len(fold.rows_val) for fold in folds]
    assert max(sizes) - min(sizes) <= 1
    for fold in folds:
        both = np.concatenate([fold.rows, fold.rows_val])
        assert np.array_equal(np.sort(both), np.arange(1460))
        prices = drawn.raw_train['SalePrice'].to_numpy()
        assert np.array_equal(fold.prices, prices[fold.rows])
        assert np.array_equal(fold.prices_val, prices[fold.rows_val])
        assert (len(fold.X), len(fold.X_val)) == (len(fold.rows), len(fold.rows_val))


def test_folds_are_drawn_by_the_seed(drawn):
    def first(data):
        return next(data.k_fold(5)).rows_val

    assert np.array_equal(first(drawn), first(KaggleHouse(synthetic=True)))
    assert not np.array_equal(first(drawn), first(KaggleHouse(64, 1, synthetic=True)))
    assert not np.array_equal(first(drawn), np.arange(292))


def test_a_fold_measures_by_its_own_training_houses(real):
    for fold in real.k_fold(5):
        features = Features(real.raw_train.iloc[fold.rows])
        assert fold.feature_names == features.names
        assert np.array_equal(fold.X_val, features(real.raw_train.iloc[fold.rows_val]))
        assert fold.log_mean == np.log(fold.prices).mean() != real.log_mean
    assert np.array_equal(real.rows, np.arange(1460))  # it has not changed itself


def test_nothing_leaks_from_the_houses_set_aside(drawn):
    fold = next(drawn.k_fold(5))
    changed = next(with_changed(drawn, fold.rows_val).k_fold(5))
    assert np.array_equal(fold.rows_val, changed.rows_val)
    for name in ('X', 'prices', 'X_test', 'log_mean', 'feature_names'):
        assert np.array_equal(getattr(fold, name), getattr(changed, name)), name
    assert not np.array_equal(fold.X_val, changed.X_val)
    for (X, y), (V, u) in zip(
        fold.train_dataloader(), changed.train_dataloader(), strict=True
    ):
        assert np.array_equal(X, V)
        assert np.array_equal(y, u)


def test_what_a_fold_trains_on_does_change_its_features(drawn):
    fold = next(drawn.k_fold(5))
    changed = next(with_changed(drawn, fold.rows[:1]).k_fold(5))
    assert fold.feature_names != changed.feature_names
    assert not np.array_equal(fold.X_test[:, 0], changed.X_test[:, 0])


def with_changed(data, rows):
    """A data module in which the houses of `rows` are all different."""
    other = KaggleHouse(synthetic=True)
    frame = data.raw_train.copy()
    for name in frame:
        if name != 'Id':
            number = pandas.api.types.is_numeric_dtype(frame[name])
            frame[name] = frame[name].astype(float if number else object)
            frame.loc[rows, name] = 9.0 if number else 'new'
    other.raw_train = frame
    other._use(other.rows, other.rows_val)
    return other


def test_folds_of_a_fold_stay_within_its_training_houses(drawn):
    outer = next(drawn.k_fold(5))
    inner = list(outer.k_fold(3))
    together = np.concatenate([fold.rows_val for fold in inner])
    assert np.array_equal(np.sort(together), outer.rows)
    assert not set(outer.rows_val) & set(inner[0].rows)


@pytest.mark.parametrize('k', [1, 0, -2, 1461, 2.0, '5', None, True])
def test_a_bad_number_of_folds_is_named_at_once(k, drawn):
    with pytest.raises(ValueError, match='needs a whole number of parts') as caught:
        drawn.k_fold(k)
    assert str(caught.value) == (
        f'KaggleHouse: k_fold needs a whole number of parts from 2 to 1460, not {k!r}.'
    )


# Batches


def test_batches_hold_all_houses_in_a_new_order_each_epoch(either):
    loader = either.train_dataloader()
    assert (len(loader), loader.num_examples) == (23, 1460)
    logs = np.log(either.prices) - either.log_mean
    for epoch in range(2):
        batches = list(loader)
        order = np.random.default_rng([0, epoch]).permutation(1460)
        for parts, expected in zip(
            zip(*batches, strict=True),
            (either.X, logs.astype(np.float32)[:, None]),
            strict=True,
        ):
            assert {part.dtype.name for part in parts} == {'float32'}
            assert np.array_equal(np.concatenate(parts), expected[order])
    assert [len(y) for _, y in batches] == [64] * 22 + [52]
    assert batches[0][1].shape == (64, 1)


def test_the_target_has_mean_0_over_the_training_houses(either):
    fold = next(either.k_fold(5))
    y = np.concatenate([y for _, y in fold.train_dataloader()])
    assert y.mean(dtype=np.float64) == pytest.approx(0, abs=1e-7)


def test_validation_is_in_file_order_on_what_is_set_aside(drawn):
    fold = next(drawn.k_fold(5))
    for data, rows in ((drawn, drawn.rows), (fold, fold.rows_val)):
        batches = list(data.val_dataloader())
        X, y = map(np.concatenate, zip(*batches, strict=True))
        assert np.array_equal(rows, np.sort(rows))
        assert np.array_equal(X, data.X_val)
        prices = drawn.raw_train['SalePrice'].to_numpy()[rows]
        np.testing.assert_allclose(data.to_prices(y), prices, rtol=1e-6)


@pytest.mark.parametrize('profile', ['smoke', 'quick', 'full'])
def test_every_profile_uses_all_houses(profile, monkeypatch):
    monkeypatch.setenv('D2L_PROFILE', profile)
    data = KaggleHouse(100, synthetic=True)
    assert data.train_dataloader().num_examples == 1460
    assert data.val_dataloader().num_examples == 1460
    assert (data.batch_size, data.seed, data.hparams['batch_size']) == (100, 0, 100)


# The stand-in


def test_the_stand_in_is_the_same_each_time_and_follows_its_rule(drawn):
    again = KaggleHouse(synthetic=True)
    pandas.testing.assert_frame_equal(drawn.raw_train, again.raw_train)
    pandas.testing.assert_frame_equal(drawn.raw_test, again.raw_test)
    assert (len(drawn.X), len(drawn.X_test)) == (1460, 1459)
    assert drawn.raw_train.isna().any().sum() == 2
    assert 'Neighborhood=I' not in drawn.feature_names
    assert (drawn.raw_test['Neighborhood'] == 'I').any()
    assert 'SalePrice' not in drawn.raw_test
    fold = next(drawn.k_fold(5))
    A = np.c_[fold.X, np.ones(len(fold.X))]
    weights = np.linalg.lstsq(A, np.log(fold.prices), rcond=None)[0]
    logs = np.c_[fold.X_val, np.ones(len(fold.X_val))] @ weights
    assert 0.09 < log_rmse(np.exp(logs), fold.prices_val) < 0.14  # the noise is 0.1
    assert np.log(fold.prices_val).std() > 0.3


def test_the_stand_in_is_announced_once(capsys):
    for _ in range(2):
        assert KaggleHouse(synthetic=True).synthetic
    assert capsys.readouterr().out == (
        'House prices: drawn stand-in houses, not the real ones (as asked).\n'
    )


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """No data anywhere, an empty cache, no mirrors."""
    monkeypatch.setattr(fetch, '_absent', set())
    monkeypatch.setenv('MPLCONFIGDIR', matplotlib.get_cachedir())
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    monkeypatch.setenv('HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('D2L_MIRRORS', '')
    monkeypatch.delenv('D2L_DATA_DIR', raising=False)


def test_without_data_a_full_run_says_what_to_do(nowhere):
    with pytest.raises(DataUnavailable) as caught:
        KaggleHouse()
    for part in (
        f'{NAME}/kaggle_house_pred_train.csv',
        'start it with `D2L_DATA_DIR=FOLDER python ...`',
        f'holds {NAME}/',
        'start it with `D2L_PROFILE=quick python ...`',
        'drawn stand-in data',
    ):
        assert part in str(caught.value)


@pytest.mark.parametrize('profile', ['quick', 'smoke'])
def test_without_data_a_smaller_profile_takes_the_stand_in(
    profile, nowhere, monkeypatch, capsys
):
    monkeypatch.setenv('D2L_PROFILE', profile)
    assert fetch.state(NAME) == 'synthetic'
    assert [KaggleHouse().synthetic for _ in range(2)] == [True, True]
    assert capsys.readouterr().out == (
        'House prices: drawn stand-in houses, not the '
        'real ones (no data and no network).\n'
    )


def test_the_table_has_both_files_and_flat_addresses(real):
    files, mirrors, *_ = fetch.DATA_SETS[NAME]
    assert len(files) == len(set(files.values())) == 2
    assert all(len(bytes.fromhex(checksum)) == 32 for checksum in files.values())
    assert mirrors
    assert all(mirror.endswith('.com/') for mirror in mirrors)  # no folder
    assert len(fetch.state(NAME)) == 12


# Prices


def test_log_rmse_is_what_its_name_says():
    assert log_rmse([math.e, 1], [1, 1]) == pytest.approx(math.sqrt(0.5))
    assert log_rmse([[2.0], [4.0]], [1, 2]) == pytest.approx(math.log(2))  # not 2 x 2
    assert log_rmse([5], np.array([5])) == 0
    assert type(log_rmse([5], [5])) is float


@pytest.mark.parametrize(
    ('predicted', 'prices', 'why'),
    [
        (
            [1.0, 0.0],
            [1, 1],
            'the predicted prices must be finite and above 0, but number '
            '1 is 0.0; data.to_prices makes prices of outputs.',
        ),
        ([-0.5, 1], [1, 1], 'number 0 is -0.5'),
        ([np.nan], [1], 'number 0 is nan'),
        ([np.inf], [1], 'number 0 is inf'),
        ([1], [0], 'the prices must be finite'),
        ([1, 2], [1], 'as many predictions as prices, not 2 for 1.'),
        ([], [], 'not 0 for 0.'),
        (['a'], [1], r"must be numbers, not \['a'\]."),
        ([None], [1], 'number 0 is nan'),
        ([{}], [1], r'must be numbers, not \[\{\}\].'),
        (np.ones((2, 2)), np.ones(4), r'shape \(N,\) or \(N, 1\), not \(2, 2\).'),
        (3.0, [3.0], r'shape \(N,\) or \(N, 1\), not \(\).'),
    ],
)
def test_log_rmse_refuses_what_has_no_logarithm(predicted, prices, why):
    with pytest.raises(ValueError, match=rf'^log_rmse: .*{why}'):
        log_rmse(predicted, prices)


def test_the_root_of_the_loss_is_the_log_rmse(drawn):
    fold = next(drawn.k_fold(5))
    outputs = np.random.default_rng(0).normal(0, 0.3, (len(fold.X_val), 1))
    y = np.concatenate([y for _, y in fold.val_dataloader()])
    assert log_rmse(fold.to_prices(outputs), fold.prices_val) == pytest.approx(
        np.sqrt(np.mean((outputs - y) ** 2)), rel=1e-6
    )
    assert fold.to_prices(outputs).shape == (len(fold.X_val),)
    assert fold.to_prices([[0.0]]) == pytest.approx(np.exp(np.log(fold.prices).mean()))


# Submissions


def test_a_submission_is_read_back_exactly(either):
    rng = np.random.default_rng(0)
    for prices in (rng.uniform(1, 1e6, 1459), rng.random((1459, 1), np.float32) + 1):
        text = either.submission(prices)
        assert text.startswith('Id,SalePrice\n1461,')
        assert text.endswith('\n')
        assert text.count('\n') == 1460
        table = pandas.read_csv(io.StringIO(text))
        assert table['Id'].tolist() == either.raw_test['Id'].tolist()
        assert np.array_equal(table['SalePrice'], prices.reshape(-1))


@pytest.mark.parametrize(
    ('change', 'why'),
    [
        (lambda p: p[:-1], 'there are 1459 test houses, but 1458 prices.'),
        (lambda p: -p, 'must be finite and above 0, but number 0 is -5.0'),
        (lambda p: np.where(np.arange(len(p)) == 7, np.nan, p), 'number 7 is nan'),
        (lambda p: 0 * p, 'number 0 is 0.0'),
        (lambda p: p / 0, 'number 0 is inf'),
        (lambda p: p[None], r'must be of shape \(N,\) or \(N, 1\), not \(1, 1459\).'),
    ],
)
@pytest.mark.filterwarnings('ignore:divide by zero')
def test_a_submission_of_other_prices_is_refused(change, why, drawn, tmp_path):
    path, prices = tmp_path / 'submission.csv', change(np.full(1459, 5.0))
    with pytest.raises(ValueError, match=rf'^submission: .*{why}'):
        drawn.submission(prices)
    with pytest.raises(ValueError, match=why):
        drawn.write_submission(prices, path)
    assert list(tmp_path.iterdir()) == []


def test_a_submission_is_written_whole_under_its_name(drawn, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    prices = np.full(1459, 5.5)
    drawn.write_submission(prices)
    drawn.write_submission(prices)
    assert [path.name for path in tmp_path.iterdir()] == ['submission.csv']
    assert Path('submission.csv').read_bytes().decode() == drawn.submission(prices)


def test_a_submission_that_cannot_be_written_leaves_the_old_one(
    drawn, tmp_path, monkeypatch
):
    path = tmp_path / 'submission.csv'
    path.write_text('old', 'utf-8')

    def half(part, raw):
        with open(part, 'wb') as file:
            file.write(raw[:100])
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(Path, 'write_bytes', half)
    with pytest.raises(OSError, match=r'cannot write .*\.csv \(No space left'):
        drawn.write_submission(np.ones(1459), path)
    (left,) = tmp_path.iterdir()
    assert (left.name, left.read_text('utf-8')) == (path.name, 'old')


def test_a_folder_that_is_not_there_is_named(drawn, tmp_path):
    path = tmp_path / 'none' / 'a.csv'
    with pytest.raises(OSError, match='it needs a folder that exists') as caught:
        drawn.write_submission(np.ones(1459), path)
    assert f'cannot write {path} (No such file' in str(caught.value)


# Bad input


@pytest.mark.parametrize(
    ('options', 'sentence'),
    [
        ({'batch_size': 0}, 'batch_size must be a positive number, not 0.'),
        ({'batch_size': '64'}, "batch_size must be a positive number, not '64'."),
        ({'batch_size': True}, 'batch_size must be a positive number, not True.'),
        ({'seed': -1}, 'seed must be a whole number, 0 or more, not -1.'),
        ({'seed': 0.5}, 'seed must be a whole number, 0 or more, not 0.5.'),
    ],
)
def test_bad_options_are_named(options, sentence):
    with pytest.raises(ValueError, match=r'^KaggleHouse: ') as caught:
        KaggleHouse(**options, synthetic=True)
    assert str(caught.value) == f'KaggleHouse: {sentence}'


# The four frameworks


def test_every_framework_gives_the_same_batches(workers, real):
    told = workers.ask_all(
        'tests.inside.houses.batches', epochs=2, batch_size=100, seed=3
    )
    fold = next(KaggleHouse(100, 3).k_fold(5))
    loader = fold.train_dataloader()
    expected = [list(loader), list(loader), list(fold.val_dataloader())]
    for tab, epochs in told.items():
        assert [len(epoch) for epoch in epochs] == [12, 12, 3]
        for given, batches in zip(epochs, expected, strict=True):
            for (X, y), (V, u) in zip(given, batches, strict=True):
                assert X.dtype == y.dtype == np.float32, tab
                assert np.array_equal(X, V), tab
                assert np.array_equal(y, u), tab


def test_every_framework_offers_the_class_and_log_rmse(workers):
    for tab, (own, bases) in workers.ask_all('tests.inside.houses.described').items():
        assert own == FRAMEWORKS[tab].shim
        assert bases == ['d2l_shim.data.house_prices']
    X = np.array([[1.0], [300_000.0]], np.float32)
    for told in workers.ask_all('tests.inside.houses.read_back', X=X).values():
        assert told == pytest.approx(math.log(2))


def test_a_module_with_a_loss_alone_trains_in_every_framework(workers, real):
    told = workers.ask_all('tests.inside.houses.regress', lr=0.01, max_epochs=5)
    for tab, run in told.items():
        assert run['first_loss'] == pytest.approx(
            told['pytorch']['first_loss'], rel=1e-5
        ), tab
        assert run['train_loss'] == pytest.approx(
            told['pytorch']['train_loss'], rel=1e-3
        ), tab
        assert run['val_loss'] == sorted(run['val_loss'], reverse=True)
        assert run['val_loss'][-1] < 0.13 < run['val_loss'][0] < run['first_loss']
        assert run['log_rmse'] ** 2 == pytest.approx(run['val_loss'][-1], rel=1e-4)
        assert np.isnan(run['train_accuracy'] + run['val_accuracy']).all()
        assert run['plotted'] == ['train loss', 'val loss']
        assert 'epoch 5/5: train loss ' in run['printed']
        assert not re.search('accuracy|nan', run['printed'])
        assert run['outputs'].shape == (292, 1)
        assert run['submission'].count('\n') == 1460


def test_in_float64_the_losses_are_the_same(workers, real):
    told = workers.ask_all(
        'tests.inside.houses.regress', lr=0.0078125, max_epochs=3, precision='float64'
    )
    for run in told.values():
        for name in ('train_loss', 'val_loss'):
            assert run[name] == pytest.approx(told['pytorch'][name], rel=1e-11)
        assert run['outputs'].dtype == np.float64


def test_reading_needs_no_more_than_the_file(real, tmp_path):
    path = tmp_path / 'few.csv'
    text = 'Id,MSSubClass,Alley,GarageArea\n1,020,NA,NA\n2,60,None,7\n'
    path.write_text(text, 'utf-8')
    frame = house_prices.read(path)
    assert frame['MSSubClass'].tolist() == ['020', '60']
    assert frame.isna().sum().tolist() == [0, 0, 1, 1]
    assert frame['Alley'][1] == 'None'
