"""What the section `memory` quotes: what blocks keep, and what computing again costs.

`quoted.py` runs this file, and gives it what all sections share.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

ROUNDED = {'slower': ROUND_HALF_EVEN, 'least': ROUND_FLOOR, 'most': ROUND_CEILING}


def blocks_kept(rows):
    """Return {tab: rows of the book's network, without and with computing again}."""
    found = {}
    for row in rows('memory'):
        if row['net'] == 'network':
            found.setdefault(row['framework'], []).append(row)
    return found


def memory(rows):
    """Return what the memory section quotes of the blocks of the book's network.

    MB an image kept by the rule and as measured, the part that is left, and the time of
    a step as a multiple of that without computing again: the median of seven, the least
    and the greatest, and the medians of blocks of 4, 8 and 16 layers alone.
    """
    images = 16

    def megabytes(row, column):
        return f'{int(row[column]) / images / 1e6:.2f}'

    quoted = {}
    for tab, (plain, again) in blocks_kept(rows).items():
        quoted[tab] = {
            'plain': megabytes(plain, 'blocks'),
            'again': megabytes(again, 'blocks'),
            'part': f'{int(again["blocks"]) / int(plain["blocks"]):.2f}',
            **times(again),
        }
        quoted['rule'] = {
            'plain': megabytes(plain, 'rule'),
            'again': megabytes(again, 'rule'),
        }
    for row in rows('memory'):
        if row['net'] == 'block' and row['slower']:
            alone = f'{float(row["slower"]):.2f}'
            quoted[row['framework']][f'of_{row["layers"]}'] = alone
    # Of PyTorch's network, while other work was done.
    quoted['busy'] = times(rows('memory-busy')[-1])
    return quoted


def times(row):
    """Return what is quoted of the times of a row: bounds are rounded outwards."""
    return {
        name: str(Decimal(row[name]).quantize(Decimal('0.01'), rounding))
        for name, rounding in ROUNDED.items()
    }
