"""What the section says of its reference runs is what their tables say."""

import ast
import csv
import re
from itertools import pairwise

import pytest

from d2l_shim.data.fetch import DATA_SETS, reference_weights
from d2l_shim.framework import FRAMEWORKS
from d2l_shim.profiles import PROFILES
from tabbook.project import Project
from tabbook.reading.tables import OUTCOMES, outcomes
from tabbook.results import tables
from tests.helpers import ROOT

PROJECT = Project(ROOT)
SECTION = PROJECT.library['densenet']
RUNS = {run.name: run for run in SECTION.runs}
WHOLE = [['reference'], ['bfloat16'], ['reference', 'tensorflow']]


def epochs(run, tab='pytorch'):
    """The rows of a run, an epoch each."""
    rows = tables.read(tables.path(PROJECT, 'densenet', tab))
    return [row for row in rows if row['run'] == run]


def told(name):
    """The numbers of the list that the section's cell calls `name`."""
    for group in SECTION.groups:
        for node in ast.walk(ast.parse(group.cells[0].source)):
            match node:
                case ast.Assign(targets=[ast.Name(id=found)], value=ast.List()):
                    if found == name:
                        return ast.literal_eval(node.value)
    raise AssertionError(f'no cell has a list {name}')


@pytest.mark.parametrize(
    ('name', 'column'), [('loss', 'train_loss'), ('accuracy', 'val_accuracy')]
)
def test_the_curve_that_readers_compare_with_is_the_run(name, column):
    rows = epochs('reference')
    assert len(rows) == 10
    assert told(name) == [round(float(row[column]), 3) for row in rows]


def test_the_text_says_what_the_last_epochs_and_the_matrix_say():
    text = ' '.join(SECTION.path.read_text('utf-8').split())
    first, second, third = (
        f'{float(r["val_accuracy"]):.3f}' for r in epochs('reference')[-3:]
    )
    assert f'In the last three epochs it was {first}, {second} and {third}' in text
    losses = [float(row['train_loss']) for row in epochs('reference')]
    assert losses == sorted(losses, reverse=True)
    with tables.confusion_path(PROJECT, 'densenet').open(encoding='utf-8') as file:
        found = {
            row.pop('shown'): {k: int(n) for k, n in row.items()}
            for row in csv.DictReader(file)
        }
    shirt, coat, boot = found['shirt'], found['coat'], found['ankle boot']
    said = (
        f'of 1,000 shirts {shirt["shirt"]} are recognized and {shirt["t-shirt"]} taken',
        f'of 1,000 coats {coat["coat"]} are recognized, {coat["pullover"]} taken for '
        f'pullovers and {coat["shirt"]} for shirts',
    )
    assert all(sentence in text for sentence in said)
    assert f'{boot["sneaker"]} are taken for sneakers, and not one for a coat' in text
    assert boot['coat'] == 0
    hardest = sorted(found, key=lambda name: found[name][name])[:2]
    assert set(hardest) == {'shirt', 'coat'}


def test_the_text_names_the_runs_that_the_table_shows():
    text = ' '.join(SECTION.path.read_text('utf-8').split())
    ran = {tab for tab in FRAMEWORKS if epochs('reference', tab)}
    assert ran == {'pytorch', 'tensorflow'}
    assert 'JAX and MXNet have not yet had a whole run' in text
    hours = [sum(float(row['seconds']) for row in epochs(*run)) / 3600 for run in WHOLE]
    assert 0.7 < min(hours) < max(hours) < 3.65
    assert 'from three quarters of an hour to three and a half hours' in text
    had = [{row['hardware'] for row in epochs(*run)} for run in WHOLE]
    assert had == [{'AMD EPYC, 2 cores'}] * 2 + [{'AMD EPYC, 1 cores'}]
    assert 'an AMD EPYC, of which PyTorch had two cores and TensorFlow one.' in text


def test_the_network_knows_its_own_pictures_better():
    last = epochs('reference')[-1]
    assert float(last['train_accuracy']) > float(last['val_accuracy']) + 0.01


def test_the_seven_steps_of_an_epoch_are_those_of_the_quick_profile():
    text = ' '.join(SECTION.path.read_text('utf-8').split())
    quick = PROFILES['quick']
    steps, epochs_ = quick.train_size // 128, quick.max_epochs
    assert (steps, epochs_) == (7, 3)
    for n in (steps, steps * epochs_):
        assert f'\\approx {100 * 0.9**n:.0f}\\,\\%$' in text


def test_what_bfloat16_changes():
    text = ' '.join(SECTION.path.read_text('utf-8').split())
    assert (
        'The first loss in bfloat16 differs from that in float32 in the fourth digit'
        in text
    )
    single, half = (
        float(epochs(run)[-1]['first_loss']) for run in ('reference', 'bfloat16')
    )
    assert f'{single:.2f}' == f'{half:.2f}'
    assert f'{single:.4f}'[:5] != f'{half:.4f}'[:5]
    accuracies = [[float(row['val_accuracy']) for row in epochs(*run)] for run in WHOLE]
    ends = [run[-1] for run in accuracies]
    assert max(ends) - min(ends) < 0.009
    assert 'the three test accuracies lie within 0.009 of each other' in text
    moved = [abs(new - old) for old, new in pairwise(accuracies[0])]
    assert min(moved[-3:]) > 0.009
    assert 'changed by more than this in each of its last three epochs' in text


def test_the_older_call_ended_as_its_published_runs_did():
    text = ' '.join(SECTION.path.read_text('utf-8').split())
    run = epochs('older_note')
    names = 'train_loss', 'train_accuracy', 'val_accuracy'
    loss, train, test = (float(run[-1][name]) for name in names)
    for told in ((0.144, 0.947, 0.882), (0.142, 0.948, 0.882)):
        published = 'a loss of {:.3f} and accuracies of {:.3f} and {:.3f}'.format(*told)
        assert published in text
        gaps = abs(loss - told[0]), abs(train - told[1])
        assert max(gaps) <= 0.0025  # theirs are rounded
        assert round(test - told[2], 3) == 0.009
    assert 'loss and accuracy are the same to within 0.003' in text
    assert 'on the test pictures the accuracy is 0.009 higher' in text
    accuracies = [float(row['val_accuracy']) for row in run]
    assert 'than it changed in this run from the seventh epoch to the eighth' in text
    moved = [abs(new - old) for old, new in pairwise(accuracies[6:])]
    assert moved[0] > 0.0095
    assert max(moved[1:]) < 0.0085
    assert {row['precision'] for row in run} == {'float32'}


def test_the_better_training_reaches_the_goal():
    text = ' '.join(SECTION.path.read_text('utf-8').split())
    assert 'The goal is 0.93 on the test pictures.' in text
    assert 'it reaches the goal of 0.93' in text
    assert float(epochs('better')[-1]['val_accuracy']) >= 0.93


@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_each_run_in_a_table_is_whole_and_is_one_of_the_section(tab):
    rows = tables.read(tables.path(PROJECT, 'densenet', tab))
    for name in {row['run'] for row in rows}:
        assert tab in RUNS[name].tabs
        mine = [row for row in rows if row['run'] == name]
        assert [int(row['epoch']) for row in mine] == list(range(1, 11))
        fixed = ('first_loss', 'parameters', 'seed', 'versions', 'hardware', 'key')
        assert all(len({row[column] for row in mine}) == 1 for column in fixed)
        assert mine[0]['parameters'] == '758226'


def test_the_runs_started_where_the_text_says():
    """At the loss that the section states for each framework."""
    stated = re.search(r'first loss (\d\.\d{4})', SECTION.path.read_text('utf-8'))[1]
    found = {tab: epochs('reference', tab) for tab in FRAMEWORKS}
    ran = {tab: rows[0]['first_loss'] for tab, rows in found.items() if rows}
    assert ran
    assert {f'{float(loss):.4f}' for loss in ran.values()} == {stated}


def test_the_weights_that_are_published_are_those_of_the_run():
    path = tables.weights_path(PROJECT, 'densenet')
    assert reference_weights('densenet') == path, (
        'd2l_shim/data/sets.py has an old SHA-256'
    )
    assert path.stat().st_size < 4e6
    with tables.confusion_path(PROJECT, 'densenet').open(encoding='utf-8') as file:
        (_, *names), *rows = csv.reader(file)
    counts = [[int(n) for n in row[1:]] for row in rows]
    assert [sum(row) for row in counts] == [1000] * len(names)
    right = sum(counts[i][i] for i in range(len(names)))
    accuracy = float(epochs('reference')[-1]['val_accuracy'])
    assert right / 10_000 == pytest.approx(accuracy, abs=1e-9)
    assert [*DATA_SETS['densenet-weights'].files] == [path.name]


def test_the_table_of_outcomes_has_a_column_a_run_and_framework():
    told = dict.fromkeys(OUTCOMES, '1') | {'precision': 'float32'}
    found = {'reference': {'pytorch': told, 'jax': {**told, 'test': '2'}}}
    head, rule, *rows = outcomes(found)
    assert head == '| Framework | PyTorch | JAX |'
    assert [row.count('|') for row in (head, rule, *rows)] == [4] * (2 + len(OUTCOMES))
    assert rows[0] == '| Precision | float32 | float32 |'
    assert '| Test accuracy | 1 | 2 |' in rows
