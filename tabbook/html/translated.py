"""Build the pages of a language into a folder of the English ones, and share files.

Of what is the same in both, such as scripts and pictures, there is one copy: that of
the English pages.
"""

import posixpath
import re
import shutil
from filecmp import cmp

from d2l_shim.files import read_text, write_text
from tabbook.languages import pages

FOLDERS = ('_static', '_images')
ADDRESS = re.compile(r'(?<=\s)((?:href|src|srcset)=")([^"#?:]+)(?=["#?])')
LOADED = re.compile(r'[\'"`]_static/([\w./-]+)')  # by a script, from its own language


def build(project, language, html, complete, jobs=1):
    """Build a language's pages into its folder in `html`; the warnings, '' if none.

    In `html` are the English pages, and whatever they lead to. `complete` is called
    with the folder of the new ones, to add what is the language's own beside them.
    """
    out = project.html.resolve().with_name(f'.html.{language.key}')
    shutil.rmtree(out, ignore_errors=True)
    try:
        _, said = pages.build(project, language, 'html', out, jobs)
        if not said:
            complete(out)
            share(out, html)
            out.rename(html / language.key)
    finally:
        shutil.rmtree(out, ignore_errors=True)
    return said


def share(own, html):
    """Take from the folder `own` what lies in `html`, too, where it will be found.

    `own` is to become a folder in `html`. What a script loads from `_static` stays,
    and what a style sheet that stays may need.
    """
    same = {path for path in _files(own) if _is_same(path, html / _name(path, own))}
    scripts = [read_text(path) for path in (html / '_static').rglob('*.js')]
    loaded = {name for text in scripts for name in LOADED.findall(text)}
    sheets = [read_text(p) for p in _files(own) - same if p.suffix == '.css']
    for path in same:
        name = _name(path, own).removeprefix('_static/')
        if name not in loaded and not any(path.name in text for text in sheets):
            path.unlink()
    for path in own.rglob('*.html'):
        folder = posixpath.dirname(_name(path, own))
        text = read_text(path)
        found = ADDRESS.sub(lambda m, at=folder: _address(m, at, own, html), text)
        write_text(path, found)


def _files(own):
    found = (path for name in FOLDERS for path in (own / name).rglob('*'))
    return {path for path in found if path.is_file()}


def _name(path, folder):
    return path.relative_to(folder).as_posix()


def _is_same(path, twin):
    return twin.is_file() and cmp(path, twin, shallow=False)


def _address(match, folder, own, html):
    """An address in a page of `folder`, outside `own` where only `html` has it."""
    start, address = match.groups()
    name = posixpath.normpath(posixpath.join(folder, address))
    inside = name.startswith('..') or (own / name).exists()
    if inside or not (html / name).is_file():
        return match[0]
    return start + posixpath.relpath(name, posixpath.join('language', folder))
