"""Draw an SVG as pixels for those who show none: Colab, and previews of links."""

from functools import cache
from struct import unpack

import resvg_py

DPI, ZOOM = 96, 2  # a screen's, and how much finer the drawing is


@cache
def drawn(svg):
    """(PNG, width in pixels of the page) of an SVG; ValueError if it is none."""
    no_text = b'<text' not in svg
    made = resvg_py.svg_to_bytes(
        svg_string=svg.decode(), dpi=DPI, zoom=ZOOM, skip_system_fonts=no_text
    )
    return bytes(made), unpack('>I', bytes(made)[16:20])[0] // ZOOM
