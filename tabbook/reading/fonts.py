"""Fonts cut down to the letters that the pages show, and the icons among them."""

import re
from importlib.resources import files
from pathlib import Path

from fontTools import subset

from d2l_shim.files import read_text, write_text

FLAVOR = 'woff2'
TABLES = ('FFTM', 'GDEF', 'DSIG', 'kern')
ICONS = files('pydata_sphinx_theme') / 'theme' / 'pydata_sphinx_theme' / 'static'
SOLID = ('vendor', 'fontawesome', 'webfonts', f'fa-solid-900.{FLAVOR}')
ICON = re.compile(r'"\\(f[0-9a-f]{3})"')
THEME = ('f107', 'f00d')  # of the theme's own: a fold's arrow, the cross that closes
# The theme's face comes first and stays for icons that are not among these: the browser
# loads it for them alone.
FACE = """@font-face {{
  font-display: block;
  font-family: "Font Awesome 6 Free";
  font-style: normal;
  font-weight: 900;
  src: url("{name}") format("{flavor}");
}}
"""


def setup(app):
    """Register with Sphinx."""
    app.add_css_file('icons/icons.css')
    app.connect('env-updated', _write_icons)


def shrink(source, target, chars):
    """Write the letters `chars` of a font as the file `target`, if it has any."""
    options = subset.Options(flavor=FLAVOR, hinting=False, notdef_outline=False)
    options.layout_features, options.name_IDs = [], []
    options.drop_tables += TABLES
    with subset.load_font(str(source), options) as font:
        wanted = set(chars) & set(font.getBestCmap())
        if wanted:
            subsetter = subset.Subsetter(options)
            subsetter.populate(unicodes=wanted)
            subsetter.subset(font)
            subset.save_font(font, str(target), options)
    return bool(wanted)


def _write_icons(app, env):
    """Write the icons that the style sheets of the book name."""
    if app.builder.name != 'html':
        return
    target = Path(app.outdir, '_static', 'icons')
    target.mkdir(parents=True, exist_ok=True)
    looks = [*Path(app.srcdir, 'book', 'static').glob('*.css')]
    named = {code for file in looks for code in ICON.findall(read_text(file))}
    codes = [int(code, 16) for code in {*named, *THEME}]
    shrink(ICONS.joinpath(*SOLID), target / SOLID[-1], codes)
    write_text(target / 'icons.css', FACE.format(name=SOLID[-1], flavor=FLAVOR))
