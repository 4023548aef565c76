"""Drawings on pages: in the light as they are made, in the dark with a page's colours.

An SVG that an `<img>` shows follows the color-scheme of its page by a rule of its own.
It is added to the pages' files alone: notebooks and the drawings in the book keep the
colours they were made with.
"""

import colorsys
import re
from functools import cache
from pathlib import Path

from d2l_shim.files import read_text, write_text

LIGHT, DARK = '#ffffff', '#121212'  # the theme's --pst-color-background
MOST = 16  # contrast of a colour with the dark ground: white has 18, and would dazzle
COLOUR = re.compile(
    r'(?<![\w-])((?:fill|stroke|stop-color)(?:: ?|="))'
    r'(#[\da-f]{6}|#[\da-f]{3}|black|white)\b',
    re.I,
)
NAMED = {'black': '#000000', 'white': LIGHT}
ROOT = re.compile(r'<svg\b[^>]*>')
RULE = '@media (prefers-color-scheme: dark)'
STYLE = (
    '<style>:root{{background:{light}}}'
    '{rule}{{:root{{background:{dark};{names}}}'
    ':root:not([fill]){{fill:{ink}}}}}</style>'
)


def setup(app):
    """Register this with Sphinx."""
    app.connect('build-finished', _follow)


def _follow(app, exception):
    """Let the drawings among the pages' images follow the page's colours."""
    if exception or app.builder.format != 'html':
        return
    for path in sorted(Path(app.outdir, app.builder.imagedir).rglob('*.svg')):
        text = read_text(path)
        if (new := following(text)) != text:
            write_text(path, new)


def following(svg):
    """The text of an SVG, with a rule for pages in the dark, if it has none yet.

    Each colour becomes a variable that only the rule sets: who does not know the rule
    sees the drawing as it was made. The ground is opaque, so that a drawing can be read
    on any page; what has no colour is black, and has that of black in the dark.
    """
    root = ROOT.search(svg)
    if 'prefers-color-scheme' in svg or root is None:
        return svg
    used = {}

    def named(match):
        place, given = match.groups()
        colour = _long(given)
        used[colour] = f'--{colour[1:]}'
        return f'{place}var({used[colour]}, {given})'

    body = COLOUR.sub(named, svg[root.start() :])
    names = ';'.join(f'{name}:{darkened(c)}' for c, name in sorted(used.items()))
    style = STYLE.format(
        light=LIGHT, dark=DARK, rule=RULE, names=names, ink=darkened('#000000')
    )
    end = ROOT.match(body).end()
    return svg[: root.start()] + body[:end] + style + body[end:]


def _long(colour):
    """A colour in the form '#rrggbb'."""
    colour = NAMED.get(colour.lower(), colour.lower())
    return colour if len(colour) == 7 else '#' + ''.join(2 * c for c in colour[1:])


@cache
def darkened(colour):
    """What is drawn in the dark for a `colour`, '#rrggbb', of the light.

    Its hue and saturation are the same; its contrast with the dark ground is that which
    the colour has with white, up to `MOST`. So two colours keep their contrast, too.

    >>> darkened('#ffffff'), darkened('#52606d'), darkened('#0072b2')
    ('#121212', '#8b9aa7', '#008ddb')
    """
    if colour == LIGHT:
        return DARK
    wanted = min(contrast(colour, LIGHT), MOST)
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(colour))
    least, most = 0.0, 1.0
    for _ in range(12):  # halves: finer than a colour's 256 steps
        lightness = (least + most) / 2
        found = _colour(colorsys.hls_to_rgb(hue, lightness, saturation))
        if contrast(found, DARK) < wanted or luminance(found) < luminance(DARK):
            least = lightness
        else:
            most = lightness
    return _colour(colorsys.hls_to_rgb(hue, most, saturation))


def contrast(one, other):
    """How far two colours stand apart, from 1 to 21, as WCAG 2 counts it.

    >>> contrast('#000000', '#ffffff')
    21.0
    """
    least, most = sorted([luminance(one), luminance(other)])
    return (most + 0.05) / (least + 0.05)


def luminance(colour):
    """The relative luminance of a colour '#rrggbb', from 0 to 1, as in WCAG 2."""
    linear = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in _parts(colour)
    )
    return sum(
        w * part for w, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
    )


def _parts(colour):
    return [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def _colour(parts):
    return '#' + ''.join(f'{round(255 * part):02x}' for part in parts)
