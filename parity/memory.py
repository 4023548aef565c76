"""What dense blocks keep, and what computing it again costs: `python -m parity.memory`.

Measures blocks of 4 to 32 layers and the book's network in every framework, without and
with computing again, by the functions of the section `memory`: bytes kept,
and time, side by side in one process. Writes book/results/memory.csv. About half an
hour on one core. `python -m parity.memory jax` measures what is named and
keeps the rest. Linux only.
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


def slower(times, others):
    """Return the median of how many times as long the second of each pair took."""
    return median(b / a for a, b in zip(times, others, strict=True))


def measured(tab):
    """Yield a row for each net, without and with computing again."""
    worker = Worker(tab)
    nets = [(m, (m, GROWTH), FEW, MANY) for m in DEPTHS]
    for layers, what, few, many in [*nets, ('', None, PICTURES, PICTURES)]:
        timed = not what or layers in TIMED
        taken = None
        if timed:
            taken = ask(worker, 'seconds', what=what, shape=many, rounds=ROUNDS)
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
                'compiled': compiled(worker, what, many, again) if timed else '',
                'seconds': f'{median(taken[again]):.4f}' if timed else '',
                'slower': f'{slower(*taken):.3f}' if timed and again else '',
                'seed': 0,
            }
    worker.process.terminate()


def rows():
    """Return the rows that are there."""
    there = FILE.exists()
    return list(csv.DictReader(io.StringIO(read_text(FILE)))) if there else []


def main(*tabs):
    for tab in tabs or FRAMEWORKS:
        found = [row for row in rows() if row['framework'] != tab]
        for row in measured(tab):
            print(*row.values(), sep='\t', flush=True)
            found.append({**row, **origin(tab), 'seed': 0})
        text = io.StringIO()
        writer = csv.DictWriter(text, list(found[-1]), lineterminator='\n')
        writer.writeheader()
        writer.writerows(found)
        write_text(FILE, text.getvalue())


if __name__ == '__main__':
    main(*sys.argv[1:])
