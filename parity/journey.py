"""A picture on its way through the published DenseNet, as a figure for the page.

`python -m parity.journey` writes book/journey/journey.html from the published weights
and book/results/flow-reuse.csv; it needs PyTorch and the pictures. The figure is made
of `details`, which need no script: each layer is opened by a click, a touch or Enter.
"""

import base64
import csv
import io
import struct
import zlib
from html import escape
from pathlib import Path

import numpy as np

from d2l_shim.files import read_text, write_text
from parity.measure import RESULTS, ROOT
from parity.workers import Workers

PAGE = Path(ROOT, 'book', 'journey', 'journey.html')
TIMES = '\N{MULTIPLICATION SIGN}'


def png(grey):
    """Return the bytes of a PNG of (H, W) numbers from 0 to 255."""

    def chunk(kind, body):
        check = zlib.crc32(kind + body)
        return struct.pack('>I', len(body)) + kind + body + struct.pack('>I', check)

    height, width = grey.shape
    lines = b''.join(b'\0' + row.tobytes() for row in grey.astype(np.uint8))
    head = struct.pack('>IIBBBBB', width, height, 8, 0, 0, 0, 0)
    body = chunk(b'IHDR', head) + chunk(b'IDAT', zlib.compress(lines, 9))
    return b'\x89PNG\r\n\x1a\n' + body + chunk(b'IEND', b'')


def levels(maps):
    """Return maps (C, H, W) as grey levels, each from its least to its largest."""
    low, high = (of(maps, axis=(1, 2), keepdims=True) for of in (np.min, np.max))
    return np.round(255 * (maps - low) / np.maximum(high - low, 1e-12))


def sprite(maps, columns):
    """Return the PNG of all maps, `columns` of them in a row; the rest is black."""
    missing = -len(maps) % columns
    maps = np.pad(levels(maps), ((0, missing), (0, 0), (0, 0)))
    C, H, W = maps.shape
    grid = maps.reshape(C // columns, columns, H, W).transpose(0, 2, 1, 3)
    return png(grid.reshape(C // columns * H, columns * W))


def image(data, alt):
    text = base64.b64encode(data).decode()
    return f'<img src="data:image/png;base64,{text}" alt="{escape(alt)}">'


def reuse():
    """Return {(block, reader): [(mean size of weights, rise of the loss)]}."""
    table = csv.DictReader(io.StringIO(read_text(RESULTS / 'flow-reuse.csv')))
    whole, *rows = table
    found = {}
    for row in rows:
        if row['reader'] != 'all':
            told = float(row['weight']), float(row['loss']) - float(whole['loss'])
            found.setdefault((int(row['block']), int(row['reader'])), []).append(told)
    return found


def name(block, reader):
    if reader < 5:
        return f'Layer {reader}'
    return f'Transition {block}' if block < 4 else 'Head'


def readout(block, reader, told):
    """Return what opens under a reader: a row for each source that it reads."""
    most = max(rise for _, rise in told)
    rows = ''.join(
        f'<tr><th scope="row">source {source}</th><td>{weight:.4f}</td>'
        f'<td>{rise:+.3f}</td><td><span class="journey-bar" '
        f'style="width: {max(0, rise) / most:.0%}"></span></td></tr>'
        for source, (weight, rise) in enumerate(told)
    ).replace('<td>-', '<td>\N{MINUS SIGN}')
    return (
        f'<details name="journey" class="r{reader}"><summary>{name(block, reader)}'
        '</summary><table><tr><th scope="col">reads</th><th scope="col">mean |w|</th>'
        '<th scope="col">rise without it</th><td></td></tr>'
        f'{rows}</table></details>'
    )


def figures(block, maps):
    """Return the five sprites of a block."""
    size = maps[0].shape[1]
    for source, part in enumerate(maps):
        what = f'appended by layer {source} of' if source else 'entering'
        alt = f'{len(part)} maps of {size} {TIMES} {size} pixels, {what} block {block}'
        drawn = sprite(part, 8 if source else 16)
        yield (
            f'<figure class="s{source}">{image(drawn, alt)}'
            f'<figcaption>source {source}: {len(part)} maps</figcaption></figure>'
        )


def rows_of(told, numbers):
    """Yield a part of the page for the picture, for each block and for the classes."""
    picture = image(
        png(levels(told['picture'][None])[0]), f'A picture: {told["label"]}'
    )
    yield (
        f'<figure class="journey-picture">{picture}'
        f'<figcaption>a picture of the class {escape(told["label"])}</figcaption>'
        '</figure>'
    )
    for block, maps in enumerate(told['maps'], 1):
        size = maps[0].shape[1]
        readers = ''.join(
            readout(block, reader, numbers[block, reader]) for reader in range(1, 6)
        )
        yield (
            f'<div class="journey-block" role="group" aria-label="Block {block}">'
            f'<p>Block {block}: maps of {size} {TIMES} {size} pixels</p>'
            f'<div class="journey-maps">{"".join(figures(block, maps))}</div>'
            f'<div class="journey-readers">{readers}</div></div>'
        )
    chances = sorted(told['probabilities'].items(), key=lambda pair: -pair[1])[:3]
    words = ', '.join(f'{escape(which)} {chance:.1%}' for which, chance in chances)
    yield f'<p>Out of the head: {words}.</p>'


def page(told, numbers):
    """Return the whole figure, HTML."""
    parts = '\n'.join(rows_of(told, numbers))
    return (
        '<link rel="stylesheet" href="../_static/journey.css">\n'
        '<div class="journey" role="region" '
        f'aria-label="A picture on its way through the network">\n{parts}\n</div>\n'
    )


def main():
    workers = Workers()
    told = workers['pytorch'].ask('parity.flow_inside.journey')
    workers.close()
    PAGE.parent.mkdir(exist_ok=True)
    write_text(PAGE, page(told, reuse()))


if __name__ == '__main__':
    main()
