"""What the section on memory says, recomputed from its table and by its own cells."""

import contextlib
import io
import runpy

import pytest

from d2l_shim.framework import FRAMEWORKS
from parity import memory
from tabbook.results import tables
from tabbook.text.parse import Library
from tests.helpers import ROOT

RESULTS = ROOT / 'book' / 'results'
TEXT = ' '.join((ROOT / 'notebooks' / 'memory.md').read_text('utf-8').split())


@pytest.fixture(scope='module')
def section():
    """The functions that the section counts with."""
    names = {}
    for group in Library(ROOT / 'notebooks')['memory'].groups:
        source = group.cell('pytorch').source
        if source.startswith('def kept_'):
            with contextlib.redirect_stdout(io.StringIO()):
                exec(source, names)
    return names


@pytest.fixture(scope='module')
def network():
    """{framework: (row of keeping, row of computing again)} of the book's network."""
    found = {}
    for row in tables.read(RESULTS / 'memory.csv'):
        if row['net'] == 'network':
            found.setdefault(row['framework'], []).append(row)
    assert set(found) == set(FRAMEWORKS)
    assert all([row['again'] for row in pair] == ['0', '1'] for pair in found.values())
    return found


def blocks():
    """The rows of single blocks."""
    return [row for row in tables.read(RESULTS / 'memory.csv') if row['net'] == 'block']


def test_the_section_counts_as_the_explorer_does(section):
    page = (ROOT / 'book' / 'explorer.md').read_text('utf-8')
    _, whole = section['kept_by_densenet'](96)
    assert f'<td><data value="{whole}">5.71 MB</data>' in page
    found = section['kept_by_densenet'](224, 3, arch=(6, 12, 24, 16), bottleneck=4)
    assert f'{found[1]:,}' in page
    assert '6,488,064 bytes' in page
    assert section['kept_by_block'](64, 32, 8, 24 * 24) == 6_488_064


def test_the_rule_of_the_table_is_the_sections(section):
    for row in tables.read(RESULTS / 'memory.csv'):
        again = row['again'] == '1'
        rule = section['kept_recomputing' if again else 'kept_by_block']
        if row['net'] == 'block':
            assert int(row['rule']) == 2 * rule(16, 12, int(row['layers']), 32 * 32)
        else:
            inside = ((64, 24), (96, 12), (112, 6), (120, 3))
            whole = sum(rule(c, 32, 4, side * side) for c, side in inside)
            assert int(row['rule']) == 16 * whole


def test_the_quoted_numbers_are_those_of_the_table(network):
    quoted = runpy.run_path(str(RESULTS / 'quoted.py'))['numbers']()['memory']
    for tab, (plain, again) in network.items():
        part = int(again['blocks']) / int(plain['blocks'])
        assert float(quoted[tab]['part']) == pytest.approx(part, abs=0.006)
        assert_quoted(quoted[tab], again)


def assert_quoted(told, row):
    """A median is told to two decimals, and the bounds around it rounded outwards."""
    low, middle, high = (float(told[name]) for name in ('least', 'slower', 'most'))
    assert middle == pytest.approx(float(row['slower']), abs=0.006)
    assert low <= float(row['least']) < low + 0.01
    assert high - 0.01 < float(row['most']) <= high


def test_a_busy_machine_does_not_confirm_the_price_in_pytorch():
    quoted = runpy.run_path(str(RESULTS / 'quoted.py'))['numbers']()['memory']['busy']
    row = tables.read(RESULTS / 'memory-busy.csv')[-1]
    assert (row['framework'], row['net'], row['again']) == ('pytorch', 'network', '1')
    found = [float(row[name]) for name in ('least', 'slower', 'most')]
    assert_quoted(quoted, row)
    assert found[0] < 1.25 < found[1] < found[2]
    assert '(but {{ memory.busy.slower }} on a busy machine)' in TEXT
    assert f'probability of {100 * (1 - 2 * 0.5**7):.0f} %' in TEXT


def test_the_words_say_what_came_out(network):
    """Where the claim holds, what blocks alone pay, and what JAX's compiler says."""
    slower = {tab: float(again['slower']) for tab, (_, again) in network.items()}
    for plain, again in network.values():
        assert int(again['blocks']) < 0.4 * int(plain['blocks'])
    for tab, (_, again) in network.items():
        least, most = float(again['least']), float(again['most'])
        assert least > 1.25 if tab == 'mxnet' else most < 1.25
        quoted = [f'{{{{ memory.{tab}.{name} }}}}' for name in ('least', 'most')]
        assert ' and '.join(quoted) in TEXT
    quoted = runpy.run_path(str(RESULTS / 'quoted.py'))['numbers']()['memory']
    alone = {}
    for row in blocks():
        if row['slower']:
            alone.setdefault(row['framework'], []).append(float(row['slower']))
    for tab in ('pytorch', 'tensorflow', 'mxnet'):
        told = [quoted[tab][f'of_{layers}'] for layers in (4, 8, 16)]
        assert told == [f'{times:.2f}' for times in alone[tab]]
        one, two, three = (f'{{{{ memory.{tab}.of_{m} }}}}' for m in (4, 8, 16))
        assert f'{one}, {two} and {three} times' in TEXT
    for tab in ('pytorch', 'tensorflow'):
        assert min(alone[tab]) > slower[tab]
    assert slower['jax'] == pytest.approx(1, abs=0.05)
    assert [f'{int(r["compiled"]) / 1e6:.1f}' for r in network['jax']] == ['132.6'] * 2


def test_the_blocks_keep_what_the_section_says_of_each_framework():
    """All of the rule, or twice as much; with computing again, or without inputs."""
    for row in blocks():
        tab, kept, rule = row['framework'], int(row['kept']), int(row['rule'])
        maps, layers = 4 * 2 * 32 * 32, int(row['layers'])
        if row['again'] == '0':
            if tab in ('pytorch', 'mxnet'):
                assert kept / rule == pytest.approx(1, abs=0.005)
            elif tab == 'tensorflow':
                assert 2 < kept / rule < 2.2
            else:
                assert kept == 2.125 * rule
        elif tab == 'mxnet':  # without the input
            assert kept == pytest.approx(maps * (layers - 1) * 12, rel=0.02)
        elif tab == 'tensorflow':  # without the input, with the last layer's
            assert kept == maps * layers * 12
        else:
            assert kept == rule


def test_the_whole_network_keeps_what_the_section_says(section, network):
    """The bytes an image, what remains of them, and what PyTorch keeps above."""
    _, whole = section['kept_by_densenet'](96)
    kept, part = {}, {}
    for tab, (plain, again) in network.items():
        kept[tab] = f'{int(plain["kept"]) / 16 / 1e6:.2f} MB'
        part[tab] = f'{int(again["kept"]) / int(plain["kept"]):.2f}'
    assert (
        'PyTorch keeps {pytorch} and MXNet {mxnet}, TensorFlow {tensorflow} and JAX '
        '{jax}.'.format(**kept)
    ) in TEXT
    assert '{pytorch}, {mxnet}, {tensorflow} and {jax} of'.format(**part) in TEXT
    above = int(network['pytorch'][0]['kept']) / 16 - whole
    places = 8 * 64 * 24**2
    assert 0 <= above - places < 0.01 * above
    assert f'{places / 1e6:.2f} MB together' in TEXT


def test_the_parts_with_the_inputs_are_those_of_the_text(network):
    """What TensorFlow and MXNet do not count, added to what they do."""
    images, parts = 16, []
    inputs = sum(c * side**2 for c, side in ((64, 24), (96, 12), (112, 6), (120, 3)))
    for tab in ('tensorflow', 'mxnet'):
        plain, again = (int(row['blocks']) for row in network[tab])
        parts.append(f'{(again + 4 * images * inputs) / plain:.2f}')
    assert 'the parts are {} and {})'.format(*parts) in TEXT


def test_a_second_run_moves_no_statistics_in_any_framework(workers):
    """The gradients and statistics are those of a step that keeps all it reads."""
    told = {}
    for again in (False, True):
        told[again] = workers.ask_all(
            'tests.inside.memory.a_step', checkpoint=again, shape=(4, 1, 32, 32)
        )
    for tab in FRAMEWORKS:
        plain, again = told[False][tab], told[True][tab]
        assert list(plain) == list(again)
        size = max(abs(array).max() for array in plain.values())
        for name, array in plain.items():
            assert abs(array - again[name]).max() < 1e-12 * size, (tab, name)


def test_mxnets_batch_normalization_reads_well_what_stands_behind_a_product(workers):
    """What reads a function's output directly is right by chance only, in float32."""
    told = workers['mxnet'].ask('tests.inside.memory.behind_a_function')
    assert told['float32', 'times one'] < 1e-5
    assert told['float64', 'times one'] < 1e-12


def test_a_dense_block_that_computes_again_is_right_in_float32_in_mxnet(workers):
    """Its concatenations stand between a function's output and what reads it."""
    assert workers['mxnet'].ask('tests.inside.memory.a_block_again') < 1e-5


def test_times_do_not_stand_beside_bytes_of_other_versions(tmp_path, monkeypatch):
    path, text = tmp_path / 'memory.csv', (RESULTS / 'memory.csv').read_text('utf-8')
    monkeypatch.setattr(memory, 'FILE', path)
    monkeypatch.setattr(memory, 'origin', lambda tab: {'versions': 'torch==9.9'})
    path.write_text(text, 'utf-8')
    with pytest.raises(SystemExit, match='measure both: python'):
        memory.main('--times', 'pytorch')
    assert path.read_text('utf-8') == text
    path.unlink()
    assert 'pytorch keeps is not there' in memory.older('pytorch')
