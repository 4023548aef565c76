"""What the section `memory` quotes: what blocks keep, and what computing again costs.

`quoted.py` runs this file, and gives it what all sections share.
"""


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
    a step as a multiple of that without computing again.
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
            'slower': f'{float(again["slower"]):.2f}',
        }
        quoted['rule'] = {
            'plain': megabytes(plain, 'rule'),
            'again': megabytes(again, 'rule'),
        }
    again = rows('memory-busy')[-1]  # of PyTorch's network, while other work was done
    quoted['busy'] = {
        name: f'{float(again[name]):.2f}' for name in ('slower', 'least', 'most')
    }
    return quoted
