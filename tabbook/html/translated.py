"""Build the pages of a language into a folder of the English ones, and share files.

Of what is the same in both, such as scripts and pictures, there is one copy: that of
the English pages.
"""

import posixpath
import re
import shutil
from filecmp import cmp
from pathlib import Path

from sphinx.util.i18n import CatalogInfo

from d2l_shim.files import read_text, write_text
from tabbook.languages import tool
from tabbook.reading.application import (
    STAMP,
    build_apart,
    digest,
    setup_digest,
    stamp_of,
)

FOLDERS = ('_static', '_images')
ADDRESS = re.compile(r'(?<=\s)((?:href|src|srcset)=")([^"#?:]+)(?=["#?])')
LOADED = re.compile(r'[\'"`]_static/([\w./-]+)')  # by a script, from its own language


def build(project, language, html, jobs=1):
    """Build a language's pages into its folder in `html`; the warnings, '' if none.

    In `html` are the English pages, and whatever they lead to.
    """
    out = project.html.resolve().with_name(f'.html.{language.key}')
    shutil.rmtree(out, ignore_errors=True)
    try:
        said = _build(project, language, out, jobs)
        if not said:
            share(out, html)
            out.rename(html / language.key)
    finally:
        shutil.rmtree(out, ignore_errors=True)
    return said


def _build(project, language, out, jobs):
    catalogs = project.catalogs / language.key
    doctrees = project.doctrees.with_name(f'{project.doctrees.name}.{language.key}')
    stamp = doctrees / STAMP
    marks = f'{setup_digest(project)} {digest(sorted(catalogs.rglob("*.po")), [])}'
    if stamp_of(doctrees) != marks:  # pages that name a term must be read anew, too
        shutil.rmtree(doctrees, ignore_errors=True)
    stamp.unlink(missing_ok=True)
    _, said = build_apart(
        project, 'html', out, doctrees, jobs, **_settings(project, language)
    )
    if not said:
        write_text(stamp, marks)
    return said


def _settings(project, language):
    """What Sphinx is told of a language; its catalogs are copied for that."""
    target = project.compiled / language.sphinx
    shutil.rmtree(target, ignore_errors=True)
    if (project.catalogs / language.key).is_dir():
        shutil.copytree(project.catalogs / language.key, target)
    words = CatalogInfo(str(target / 'LC_MESSAGES'), tool.PAGE, 'utf-8')
    if Path(words.po_path).is_file():  # needed before Sphinx makes those of pages
        words.write_mo(language.sphinx)
        shutil.copy(words.po_path, Path(words.po_path).with_stem(tool.SPHINX))
    found = {
        'language': language.sphinx,
        'locale_dirs': [str(project.compiled.resolve())],
        'gettext_compact': False,
        'tabbook_language': language.key,
    }
    if (project.config.get('html') or {}).get('baseurl'):
        found['html_baseurl'] = f'{project.site}/{language.key}/'
    return found


def share(pages, html):
    """Take from the folder `pages` what lies in `html`, too, where it will be found.

    `pages` is to become a folder in `html`. What a script loads from `_static` stays,
    and what a style sheet that stays may need.
    """
    same = {path for path in _files(pages) if _is_same(path, html / _name(path, pages))}
    scripts = [read_text(path) for path in (html / '_static').rglob('*.js')]
    loaded = {name for text in scripts for name in LOADED.findall(text)}
    sheets = [read_text(p) for p in _files(pages) - same if p.suffix == '.css']
    for path in same:
        name = _name(path, pages).removeprefix('_static/')
        if name not in loaded and not any(path.name in text for text in sheets):
            path.unlink()
    for path in pages.rglob('*.html'):
        folder = posixpath.dirname(_name(path, pages))
        text = read_text(path)
        found = ADDRESS.sub(lambda m, at=folder: _address(m, at, pages, html), text)
        write_text(path, found)


def _files(pages):
    found = (path for name in FOLDERS for path in (pages / name).rglob('*'))
    return {path for path in found if path.is_file()}


def _name(path, folder):
    return path.relative_to(folder).as_posix()


def _is_same(path, twin):
    return twin.is_file() and cmp(path, twin, shallow=False)


def _address(match, folder, pages, html):
    """An address in a page of `folder`, outside `pages` where only `html` has it."""
    start, address = match.groups()
    name = posixpath.normpath(posixpath.join(folder, address))
    inside = name.startswith('..') or (pages / name).exists()
    if inside or not (html / name).is_file():
        return match[0]
    return start + posixpath.relpath(name, posixpath.join('language', folder))
