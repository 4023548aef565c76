"""What dense blocks keep, and what computing it again costs: `python -m parity.memory`.

Measures blocks of 4 to 32 layers and the book's network in every framework, without and
with computing again, by the functions of the section `memory`: bytes kept,
and time, side by side in one process. Writes book/results/memory.csv. About half an
hour on one core. `python -m parity.memory jax` measures what is named and
keeps the rest; `--times` measures the times alone and keeps the bytes, in about five
minutes, if these were measured with the versions that are installed. Linux only.
"""

import csv
import io
import sys
from statistics import median

from d2l_shim.files import read_text, write_text
from d2l_shim.framework import FRAMEWORKS
from parity.measure import RESULTS, origin
from parity.workers import Worker

DEPTHS, TIMED, GROWTH = (4, 8, 16, 32), (4, 8, 16), 12
FEW, MANY = (2, 16, 32, 32), (8, 16, 32, 32)  # images of the blocks
PICTURES = (16, 1, 96, 96)  # of the network
INSIDE = [(64, 24), (96, 12), (112, 6), (120, 3)]  # what its blocks read
ROUNDS = 7
BYTES = 'framework', 'net', 'layers', 'again', 'rule', 'kept', 'blocks', 'compiled'
FILE = RESULTS / 'memory.csv'


def ask(worker, name, **arguments):
    return worker.ask(f'parity.memory_inside.{name}', **arguments)


def kept(worker, what, shape, again):
    return ask(worker, 'kept', what=what, shape=shape, again=again)


def inside(worker, again):
    """Return (rule, measured) bytes of the network's four blocks together."""
    n = PICTURES[0]
    told = [kept(worker, (4, 32), (n, c, side, side), again) for c, side in INSIDE]
    return tuple(map(sum, zip(*told, strict=True)))


def compiled(worker, what, shape, again):
    """Return the bytes that a compiled step works in; JAX alone tells."""
    if worker.tab != 'jax':
        return ''
    return ask(worker, 'compiled', what=what, shape=shape, again=again)


def nets():
    """Yield (layers, arguments of a block or None, few images, many images)."""
    yield from ((m, (m, GROWTH), FEW, MANY) for m in DEPTHS)
    yield '', None, PICTURES, PICTURES


def times(worker, layers, what, shape):
    """Return what is told of time, without and with computing again.

    Of each pair of steps, how many times as long the second took: the median, the least
    and the greatest.
    """
    columns = ('seconds', 'slower', 'least', 'most')
    told = [dict.fromkeys(columns, ''), dict.fromkeys(columns, '')]
    if what and layers not in TIMED:
        return told
    taken = ask(worker, 'seconds', what=what, shape=shape, rounds=ROUNDS)
    pairs = sorted(b / a for a, b in zip(*taken, strict=True))
    for row, seconds in zip(told, taken, strict=True):
        row['seconds'] = f'{median(seconds):.4f}'
    for column, number in zip(
        columns[1:], (median(pairs), pairs[0], pairs[-1]), strict=True
    ):
        told[1][column] = f'{number:.3f}'
    return told


def measured(tab):
    """Yield a row for each net, without and with computing again."""
    worker, clock = Worker(tab), Worker(tab)
    for layers, what, few, many in nets():
        timed = times(clock, layers, what, many)
        for again in (False, True):
            rule, found = kept(worker, what, few, again)
            if what is None:
                rule, _ = inside(worker, again)
            yield {
                'framework': tab,
                'net': 'block' if what else 'network',
                'layers': layers,
                'again': int(again),
                'rule': rule,
                'kept': found,
                'blocks': '' if what else inside(worker, again)[1],
                'compiled': compiled(worker, what, many, again)
                if timed[again]['seconds']
                else '',
                **timed[again],
                'seed': 0,
            }
    worker.process.terminate()
    clock.process.terminate()


def timed_anew(tab, there):
    """Yield the rows `there` of a framework with times that are measured now."""
    worker = Worker(tab)
    for layers, what, _, many in nets():
        pair = [row for row in there if row['layers'] == str(layers)]
        for row, told in zip(pair, times(worker, layers, what, many), strict=True):
            yield {**{column: row[column] for column in BYTES}, **told, 'seed': 0}
    worker.process.terminate()


def rows():
    """Return the rows that are there."""
    there = FILE.exists()
    return list(csv.DictReader(io.StringIO(read_text(FILE)))) if there else []


def older(tab):
    """Return why the bytes of a framework cannot stand beside times of now, or ''."""
    now = origin(tab)['versions']
    then = {row['versions'] for row in rows() if row['framework'] == tab}
    if then == {now}:
        return ''
    found = f'was measured with {min(then - {now})}' if then else 'is not there'
    return (
        f'{FILE}: what {tab} keeps {found}, and now here is {now}; measure both: '
        f'python -m parity.memory {tab}'
    )


def main(*named):
    anew = '--times' in named
    tabs = [tab for tab in named if tab != '--times'] or FRAMEWORKS
    if anew and (reasons := [*filter(None, map(older, tabs))]):
        sys.exit('\n'.join(reasons))
    for tab in tabs:
        there = [row for row in rows() if row['framework'] == tab]
        found = [row for row in rows() if row['framework'] != tab]
        for row in timed_anew(tab, there) if anew else measured(tab):
            print(*row.values(), sep='\t', flush=True)
            found.append({**row, **origin(tab), 'seed': 0})
        text = io.StringIO()
        columns = list(found[-1])
        writer = csv.DictWriter(text, columns, restval='', lineterminator='\n')
        writer.writeheader()
        writer.writerows(found)
        write_text(FILE, text.getvalue())


if __name__ == '__main__':
    main(*sys.argv[1:])
