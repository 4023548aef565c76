"""Which submissions have code in common that the others do not have.

Code is compared as tokens: names that a student chose are replaced, comments and
docstrings dropped. What the assignment gave is subtracted, and what many wrote counts
little: a run of tokens weighs the more the fewer have it.
"""

import builtins
import io
import keyword
import math
import tokenize
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np

RUN = 12  # tokens
LEAST = 20  # runs of its own without which a submission is not compared
LARGEST = 200_000  # characters that are looked at
BETWEEN = '\n\n'  # two cells
BLOCK = 4096  # runs that are compared at once
KNOWN = {*keyword.kwlist, *dir(builtins)}
BREAKS = (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT)
DROPPED = (*BREAKS, tokenize.COMMENT, tokenize.ENCODING, tokenize.ENDMARKER)


@dataclass(frozen=True)
class Code:
    """The code of a submission: its cells, one after another."""

    name: str
    cells: tuple

    @cached_property
    def text(self):
        """All cells, each after an empty line."""
        return BETWEEN.join(self.cells)

    @cached_property
    def runs(self):
        """[(run of tokens, its first line, its last)] of the text."""
        found, before = [], 0
        for cell in self.cells:
            found += [(token, before + line) for token, line in tokens(cell)]
            before += (cell + BETWEEN).count('\n')
        windows = zip(*(found[n:] for n in range(RUN)), strict=False)
        return [(hash(tuple(t for t, _ in w)), w[0][1], w[-1][1]) for w in windows]


@dataclass(frozen=True)
class Pair:
    """Two submissions, the share of own code that they have in common, and where.

    `shown` are the runs that few others have; `given` lines are in all.
    """

    first: Code
    second: Code
    share: float
    shown: frozenset
    given: frozenset

    def marked(self):
        """[[(line, whether it is in common)] of either text]."""
        for code in (self.first, self.second):
            lines = set()
            for run, begin, end in code.runs:
                if run in self.shown:
                    lines |= {*range(begin, end + 1)}
            yield [
                (text, n in lines and text.strip() not in self.given)
                for n, text in enumerate(code.text.split('\n'), 1)
            ]


def code(name, cells):
    """The Code of cells, of which no more is looked at than a person writes."""
    kept, left = [], LARGEST
    for cell in cells:
        kept.append(cell[:left])
        left -= len(kept[-1])
    return Code(name, tuple(kept))


def tokens(cell):
    """(text, line) of each token that counts; a name that was chosen is `name`.

    What is no Python ends the cell: it does not run either.
    """
    last, start = ('', ''), True
    for kind, found, line in _read(cell):
        start = start or kind in BREAKS
        unused = kind == tokenize.STRING and start  # a docstring, say
        if kind in DROPPED or unused:
            continue
        yield _plain(kind, found, last), line
        last, start = (last[1], found), False


def _plain(kind, found, last):
    """What stands for a token; `last` are the two before it."""
    if kind == tokenize.STRING:
        return 'text'
    if kind != tokenize.NAME or found in KNOWN:
        return found
    kept = last[1] == '.' and last[0] != 'self'  # of a framework
    return found if kept else 'name'


def _read(text):
    """(kind, text, line) of the tokens of a piece of code, up to where it is none."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            yield token.type, token.string, token.start[0]
    except (tokenize.TokenError, SyntaxError, ValueError):
        return


def pairs(codes, given, least=0.5):
    """([Pair] of which the share is `least` or more, [Code] too short to compare)."""
    begun = code('', given)
    lines = frozenset(line.strip() for line in begun.text.split('\n'))
    start = {run for run, *_ in begun.runs}
    own = {code.name: {run for run, *_ in code.runs} - start for code in codes}
    compared = [code for code in codes if len(own[code.name]) >= LEAST]
    short = [code for code in codes if len(own[code.name]) < LEAST]
    having = Counter(run for code in compared for run in own[code.name])
    shares = _shares([own[code.name] for code in compared], having)
    found = []
    for one, two in np.argwhere(np.triu(shares >= least - 1e-9, 1)):
        first, second = compared[one], compared[two]
        common = own[first.name] & own[second.name]
        few = frozenset(r for r in common if having[r] <= max(2, len(compared) / 2))
        found.append(Pair(first, second, float(shares[one, two]), few, lines))
    return sorted(found, key=lambda p: (-p.share, p.first.name, p.second.name)), short


def _shares(owns, having):
    """How much of the one that weighs less each two sets of runs have in common."""
    count = len(owns)
    weight = {run: math.log((count + 1) / n) for run, n in having.items()}
    total = np.array([sum(weight[run] for run in own) for own in owns])
    several = [run for run, n in having.items() if n > 1]
    common = np.zeros((count, count))
    for begin in range(0, len(several), BLOCK):
        column = {run: n for n, run in enumerate(several[begin : begin + BLOCK])}
        has = np.zeros((count, len(column)))
        for row, own in enumerate(owns):
            has[row, [column[run] for run in own if run in column]] = 1
        common += (has * [weight[run] for run in column]) @ has.T
    return np.minimum(1, common / np.minimum(total, total[:, None]))
