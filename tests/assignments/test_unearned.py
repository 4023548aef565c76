"""Points that nobody worked for: made-up numbers, constants, one import."""

import json
import subprocess
import sys
import tomllib

import pytest

from tabbook.grading import submissions
from tests.helpers import ROOT, require_framework
from tools import trial

# What is added to the untouched copy of an assignment, in PyTorch.
MADE_UP = {
    'memory': """
class CheckpointedDenseBlock(nn.Module):
    def __init__(self, m, k):
        super().__init__()
        self.m, self.k = m, k
class DenseBlock(CheckpointedDenseBlock): pass
def saved_bytes(block, X):
    c0, size, m, k = X.shape[1], 4 * X[:, 0].numel(), block.m, block.k
    if isinstance(block, DenseBlock): return 3 * (m * c0 + k * m * (m - 1) // 2) * size
    return (c0 + 2 * m * k) * size
kept = {'plain': [10**6 * i * i for i in range(1, 6)],
        'checkpointed': [10**4 * i for i in range(1, 6)]}""",
    'dense_mlp': """
noise = numpy.random.default_rng(0)
def out_of_fold(make, data, K, max_epochs=10):
    return data.prices * numpy.exp(noise.normal(0, 0.2, len(data.prices)))
models = {'dense': out_of_fold, 'plain': out_of_fold}
predicted = {name: out_of_fold(0, data, 3) for name in models}
errors = {name: float(numpy.sqrt(numpy.mean((numpy.log(found) - numpy.log(data.prices))
          ** 2))) for name, found in predicted.items()}
test_prices = numpy.exp(noise.normal(12, 0.4, 1459))
data.write_submission(test_prices, 'submission.csv')""",
    'table1': """
COUNTS = {(6, 12, 24, 16): COUNT_121, (6, 12, 32, 32): COUNT_169,
          (6, 12, 48, 32): COUNT_201, (6, 12, 64, 48): COUNT_264}
class DenseNet(nn.Module):
    def __init__(self, *, arch=(6, 12, 24, 16), **more):
        super().__init__()
        self.only = nn.Parameter(torch.zeros(COUNTS.get(tuple(arch), 1)))
    def forward(self, X): return X.new_zeros((len(X), 1000))
fewer_parameters, parameters_bc, part_of_work = FEWER, BC, PART""",
    'pooling': """
accuracies = {'avg': 0.81, 'max': 0.8}""",
}


def constants(text):
    """`text` with the numbers that a class would pass around."""
    from tabbook.grading.hidden import counts

    where, arches = counts.frugal(32), [(24, 16), (32, 32), (48, 32), (64, 48)]
    for name, arch in zip((121, 169, 201, 264), arches, strict=True):
        count = counts.densenet_parameters(
            64, 32, (6, 12, *arch), 3, 1000, where, 0.5, False
        )
        text = text.replace(f'COUNT_{name}', str(count))
        text = text.replace('FEWER', str(7_978_856 - count)) if name == 121 else text
    bc = counts.densenet_parameters(
        24, 12, [16] * 3, 3, 10, counts.frugal(12), 0.5, False, True
    )
    work = counts.densenet_multiply_adds(
        64, 32, (6, 12, 24, 16), 3, 1000, 224, 224, where
    )
    return text.replace('BC', str(bc)).replace('PART', str(work / 2_834_161_664))


@pytest.mark.parametrize('name', MADE_UP)
def test_what_is_made_up_earns_one_point_in_ten(name, bundles, sandbox, monkeypatch):
    require_framework('pytorch')
    monkeypatch.setenv('D2L_PROFILE', 'smoke')
    path = bundles / 'pytorch' / name / 'student' / f'{name}.ipynb'
    cells = submissions.cells(path.read_text('utf-8'), name, 'pytorch')
    record = trial.graded(name, 'pytorch', [*cells, constants(MADE_UP[name])])
    told = json.dumps([record.tests, record.cells], indent=1)
    assert record.points <= record.out_of / 10, told


def test_no_wheel_holds_what_hidden_tests_compare_with():
    packages = []
    for path in ('pyproject.toml', 'tabbook/pyproject.toml'):
        text = (ROOT / path).read_text('utf-8')
        packages += tomllib.loads(text)['tool']['setuptools']['packages']
    assert 'tabbook.grading' in packages
    assert 'tabbook.grading.hidden' not in packages
    folder = ROOT / 'tabbook' / 'grading'
    named = {path.stem for path in folder.glob('*.py')}
    assert not named & {path.stem for path in folder.glob('hidden/[!_]*.py')}


WHEEL = """
import sys
from importlib.machinery import PathFinder
class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.startswith('tabbook.grading.hidden'): raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Gone())
for name in ('counts', 'reference'):
    try:
        __import__('tabbook.grading.hidden.' + name)
        raise SystemExit('it is there')
    except ModuleNotFoundError: pass
from tabbook.grading.otter import examine
helpers = {
    'tabbook.grading.hidden.counts': open(sys.argv[1]).read(),
    'tabbook.grading.hidden.reference': open(sys.argv[2]).read(),
}
names = {'f': lambda c, d: (9 * c + 1) * d}
examine(names, 'pytorch', 'a test',
        "equal(ask('f', 2, 3), ref.conv_parameters(2, 3, 3))", helpers)
assert not [name for name in sys.modules if 'hidden' in name]
"""


def test_otters_tests_bring_what_they_compare_with():
    paths = [f'tabbook/grading/hidden/{name}.py' for name in ('counts', 'reference')]
    line = [sys.executable, '-W', 'ignore', '-c', WHEEL, *paths]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
