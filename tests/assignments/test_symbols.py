"""One meaning a symbol: the assignments use letters as the notation page does."""

import ast
import re

import pytest

from tabbook.text.cells import syntax
from tests.helpers import ROOT
from tools import trial

NAMES = [name.rpartition('/')[2] for name in trial.library().assignments()]
OF_A_BLOCK = {'dense_block_parameters', 'distinct_maps', 'stored_maps'}
ARGUMENTS = {  # the functions that have each letter, or word, as an argument
    'k': {'conv_block_parameters', 'first_depth', 'work', *OF_A_BLOCK},
    'm': {'ends', 'paths', *OF_A_BLOCK},
    'q': {'conv_bn', 'conv_multiply_adds'},
    'K': {'folds', 'out_of_fold'},
    'kernel': set(),
}


def functions(name):
    """The functions that the cells of an assignment define, in all tabs."""
    groups = trial.section(name).groups
    cells = [cell for group in groups for cell in group.cells if not cell.brings]
    nodes = [node for cell in cells for node in ast.walk(syntax(cell.source))]
    return [node for node in nodes if isinstance(node, ast.FunctionDef)]


def test_arguments():
    found = {letter: set() for letter in ARGUMENTS}
    for function in (one for name in NAMES for one in functions(name)):
        for argument in function.args.args:
            found.get(argument.arg, set()).add(function.name)
    assert found == ARGUMENTS


@pytest.mark.parametrize('name', NAMES)
def test_only_the_depth_of_a_network_is_called_l(name):
    for folder in ('notebooks/assignments', 'tests/assignments/wrong'):
        (path,) = (ROOT / folder).glob(f'{name}.*')
        text = path.read_text('utf-8').replace('depth $L$', '').replace('{L, k', '')
        alone = re.compile(r'^.*(?<![A-Za-z])L(?![A-Za-z]).*$', re.MULTILINE)
        assert alone.findall(text) == []
