"""How far apart the four frameworks are: `make parity`, or `python -m parity.measure`.

Runs the networks of the sections on the real pictures, and six random ones, in every
framework in float64 and float32, by the functions that the tests use, too. Writes the
differences to book/results/parity.csv, and the losses of DenseNet, step by step, to
book/results/parity_curves.csv; both only at the end. A few minutes on two cores.

`python -m parity.measure batchnorm.LeNet` measures what is named and keeps the rest.
"""

import csv
import io
import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tqdm import tqdm

from d2l_shim.data import fashion_mnist, fetch
from d2l_shim.files import read_text, write_text
from d2l_shim.framework import FRAMEWORKS
from parity.compare import LIMITS, distances, run_all, start
from parity.networks import NETWORKS
from parity.workers import Workers
from tabbook.run.environment import processor

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / 'book' / 'results'
PACKAGES = {
    'pytorch': ['torch'],
    'tensorflow': ['tensorflow-cpu', 'keras'],
    'jax': ['jax', 'flax', 'optax'],
    'mxnet': ['mxnet'],
}
SEED = 0  # of the weights, the order of the pictures and the random networks


def run_network(workers, name, bar):
    """Return {precision: {tab: what `inside.run` told}}."""
    config, batches = NETWORKS[name]
    if isinstance(batches, dict):
        batches = {**batches, 'profile_name': 'full'}  # all pictures, or an error
    _, weights = start(workers, config, batches)
    told = {}
    for precision in ('float64', 'float32'):
        told[precision] = {}
        for tab in FRAMEWORKS:
            bar.set_description(f'{name} {precision} {tab}')
            told[precision] |= run_all(
                workers, config, batches, weights, precision, [tab]
            )
            bar.update()
    return told


def curves(told):
    """Yield (framework, precision, step, loss); steps count from 1."""
    for precision, by_tab in told.items():
        for tab, one in by_tab.items():
            for step, loss in enumerate(one['losses'], 1):
                yield tab, precision, step, loss


def origin(tab):
    """Return what a row says of where it comes from."""
    packages = [*PACKAGES[tab], 'numpy']
    versions = ' '.join(f'{package}=={version(package)}' for package in packages)
    return {
        'hardware': processor(),
        'versions': f'{versions} python=={platform.python_version()}',
        'seed': SEED,
        'date': datetime.now(UTC).date().isoformat(),
    }


def write(path, columns, rows, kept=()):
    """Write rows, tuples, and where they come from; the file is there whole or not.

    Before them come the rows `kept` of the file, {column: text}, as they are.
    """
    origins = {tab: origin(tab) for tab in FRAMEWORKS}
    path.parent.mkdir(exist_ok=True)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow([*columns, *origins['jax']])
    writer.writerows(row.values() for row in kept)
    for row in rows:
        tab = row[columns.index('framework')]
        writer.writerow([*row, *origins[tab].values()])
    write_text(path, text.getvalue())


def others(names):
    """Return the rows that are measured already of the networks not in `names`."""
    found = csv.DictReader(io.StringIO(read_text(RESULTS / 'parity.csv')))
    return [row for row in found if row['network'] in set(NETWORKS) - set(names)]


def main(*names):
    os.environ['D2L_PROFILE'] = 'full'
    try:
        fashion_mnist.available('fashion-mnist')
    except fetch.DataUnavailable as error:
        sys.exit(str(error))
    kept, names = others(names) if names else (), names or tuple(NETWORKS)
    workers, rows, losses = Workers(), [], []
    with tqdm(total=2 * len(names) * len(FRAMEWORKS)) as bar:
        for name in names:
            told = run_network(workers, name, bar)
            rows += [
                (name, precision, tab, measure, value, LIMITS[precision, measure])
                for (precision, measure, tab), value in distances(told).items()
            ]
            if name == 'densenet.DenseNet':
                losses = list(curves(told))
    workers.close()
    write(
        RESULTS / 'parity.csv',
        ('network', 'precision', 'framework', 'measure', 'value', 'limit'),
        rows,
        kept,
    )
    if losses:
        columns = ('framework', 'precision', 'step', 'loss')
        write(RESULTS / 'parity_curves.csv', columns, losses)


if __name__ == '__main__':
    main(*sys.argv[1:])
