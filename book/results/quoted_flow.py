"""What the section `flow` quotes: gradients by layer, and what sources are worth.

`quoted.py` runs this file, and gives it what all sections share.
"""

from statistics import median


def flow(rows):
    """Return what the section on what flows quotes: medians and ranges of ten seeds.

    `ratio` is the norm of the first layer's gradient by that of the last, `fresh` the
    same with a new batch in each step, `relative` and `fresh_relative` that of norms
    divided by those of the weights; `others` holds the least and the largest median
    over other widths and batches.
    """
    moments = {'0': 'start', '1': 'one', '5': 'five', '20': 'twenty', '50': 'fifty'}
    moments |= {'200': 'twohundred', '400': 'end'}
    groups, others = {}, {}
    for row in rows('flow-gradients'):
        kind = row['kind'].split()[-1].lower()  # plain, residual, dense or bn
        if (row['width'], row['batch']) == ('64', '128'):
            groups.setdefault((kind, moments[row['step']]), []).append(row)
        else:
            shape = others.setdefault(kind, {})
            shape.setdefault((row['width'], row['batch']), []).append(row)
    told = {}
    for column in ('ratio', 'relative_ratio', 'output_ratio', 'loss'):
        for (kind, moment), found in groups.items():
            of = told.setdefault(column.removesuffix('_ratio'), {}).setdefault(kind, {})
            of[moment] = middle([float(row[column]) for row in found])
    fresh = {}
    for row in rows('flow-fresh'):
        fresh.setdefault((row['kind'], moments[row['step']]), []).append(row)
    for name, column in (('fresh', 'ratio'), ('fresh_relative', 'relative_ratio')):
        for (kind, moment), found in fresh.items():
            of = told.setdefault(name, {}).setdefault(kind, {})
            of[moment] = middle([float(row[column]) for row in found])
    told['others'] = {
        kind: middle([median(float(row['ratio']) for row in found) for found in many])
        for kind, many in ((kind, shapes.values()) for kind, shapes in others.items())
    }
    start = median(float(row['ratio']) for row in groups['plain', 'start'])
    told['growth'] = f'{start ** (1 / 31):.3f}'
    return told | reuse(rows)


def reuse(rows):
    """Return what sources are worth: losses and right pictures without each."""
    whole, *lost = rows('flow-reuse')
    told = {'whole': f'{float(whole["loss"]):.3f}', 'right': whole['right']}
    told['rise'], told['left'] = {}, {}
    for row in lost:
        name = f'b{row["block"]}_{row["reader"]}_{row["source"]}'
        told['rise'][name] = f'{float(row["loss"]) - float(whole["loss"]):.3f}'
        told['left'][name] = row['right']
    return told


def middle(values):
    """Return {least, median, most} of numbers, to two digits or three."""

    def text(number):
        if number >= 10:
            return f'{number:.0f}'
        return f'{number:.2g}'.replace('e-0', 'e-') if number < 0.1 else f'{number:.2f}'

    named = (('least', min), ('median', median), ('most', max))
    return {name: text(of(values)) for name, of in named}
