"""Let builders of Sphinx work on the book in one of its languages."""

import shutil
from filecmp import cmp
from pathlib import Path

from sphinx.util.i18n import CatalogInfo

from d2l_shim.files import write_text
from tabbook.languages import figures, tool
from tabbook.reading.application import (
    STAMP,
    build_apart,
    digest,
    setup_digest,
    stamp_of,
)


def build(project, language, builder, out=None, jobs=1, **config):
    """As `application.build` with the pages of a `Language`, which are read once, too.

    A builder that writes nothing needs no folder `out`.
    """
    if said := figures.draw(project, language):
        return None, said
    catalogs = project.catalogs / language.key
    doctrees = project.doctrees.with_name(f'{project.doctrees.name}.{language.key}')
    stamp = doctrees / STAMP
    marks = f'{setup_digest(project)} {digest(sorted(catalogs.rglob("*.po")), [])}'
    if stamp_of(doctrees) != marks:  # pages that name a term must be read anew, too
        shutil.rmtree(doctrees, ignore_errors=True)
    stamp.unlink(missing_ok=True)
    config = {**settings(project, language), **config}
    app, said = build_apart(project, builder, out or doctrees, doctrees, jobs, **config)
    if not said:
        write_text(stamp, marks)
    return app, said


def settings(project, language):
    """What Sphinx is told of a language; its catalogs are copied for that."""
    target = project.compiled / language.sphinx
    _copy(project.catalogs / language.key, target)
    words = CatalogInfo(str(target / 'LC_MESSAGES'), tool.PAGE, 'utf-8')
    if Path(words.po_path).is_file():  # needed before Sphinx makes those of pages
        words.write_mo(language.sphinx)
        shutil.copy(words.po_path, Path(words.po_path).with_stem(tool.SPHINX))
    found = {
        'language': language.sphinx,
        'locale_dirs': [str(project.compiled.resolve())],
        'gettext_compact': False,
        'figure_language_filename': figures.where(project, language),
        'tabbook_language': language.key,
    }
    if (project.config.get('html') or {}).get('baseurl'):
        found['html_baseurl'] = f'{project.site}/{language.key}/'
    return found


def _copy(source, target):
    """Let a folder hold the catalogs of another; what is the same stays untouched.

    Sphinx reads each page anew whose catalog is newer than what it has read.
    """
    found = {path.relative_to(source): path for path in source.rglob('*.po')}
    kept = {path.relative_to(target): path for path in target.rglob('*.po')}
    for name in kept.keys() - found.keys():
        kept[name].unlink()
        kept[name].with_suffix('.mo').unlink(missing_ok=True)
    for name, path in found.items():
        copy = target / name
        if not (copy.is_file() and cmp(path, copy, shallow=False)):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
