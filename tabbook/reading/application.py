"""Let builders of Sphinx work on the book, which is read once for all of them.

What Sphinx has read lies in `project.doctrees`, and is kept as long as all goes well
with the same settings, packages and code.
"""

import errno
import gc
import hashlib
import logging
import os
import shutil
import sys
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from importlib.metadata import distributions
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import yaml
from docutils import frontend
from jupyter_book.config import get_final_config
from pybtex.plugin import find_plugin, register_plugin
from sphinx.application import Sphinx
from sphinx.cmd.build import handle_exception
from sphinx.errors import SphinxError
from sphinx.locale import translators
from sphinx.util.console import strip_escape_sequences
from sphinx.util.docutils import docutils_namespace, patch_docutils

import tabbook
from d2l_shim import framework
from d2l_shim.files import read_text, write_text
from tabbook.tabs import TABS

# The same for each builder, or Sphinx would read the book again for another.
EXTENSIONS = (
    'tabbook.reading.extension',
    'tabbook.notebooks.builder',
    'tabbook.languages.builder',
)
# Safe to be read with, as they keep nothing of a page, but they do not say so.
UNDECLARED = ('sphinx_jupyterbook_latex', 'sphinx_multitoc_numbering')
PLAIN = 'pybtex.backends', 'plaintext'
STAMP = '.stamp'
LOOKS = ('static', 'templates', 'languages')
MADE = '.mo'  # what Sphinx makes of a translation, beside it
SILENT = SimpleNamespace(pdb=False, verbosity=0, traceback=False)
RARELY = 100_000, 20, 20  # what is new until garbage is looked for, and how often deep
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def build(project, builder, out, jobs=1, **config):
    """Let `builder` write into the folder `out`; (the application, its warnings).

    The warnings are text, and '' if all is well. Up to `jobs` processes read pages
    and write them. `config` adds to what `_config.yml` says.
    """
    project.look()
    setup, stamp = setup_digest(project), project.doctrees / STAMP
    if stamp_of(project.doctrees) != setup:
        shutil.rmtree(project.doctrees, ignore_errors=True)
        for file in _translations(project):
            file.with_suffix(MADE).unlink(missing_ok=True)
    # No stamp, no trust: Sphinx takes pages that it warned about as built.
    stamp.unlink(missing_ok=True)
    app, said = build_apart(project, builder, out, project.doctrees, jobs, **config)
    if not said:
        write_text(stamp, setup)
    return app, said


def build_apart(project, builder, out, doctrees, jobs=1, **config):
    """As `build`, but nothing is taken from other builders, or left to them.

    What is read lies in the folder `doctrees`.
    """
    app, warnings, root = None, StringIO(), project.root.resolve()
    folders = {'srcdir': root, 'confdir': None, 'outdir': out, 'doctreedir': doctrees}
    options = {'buildername': builder, 'parallel': jobs}
    translators.clear()  # or Sphinx adds this language to those of builds before
    with patch_docutils(None), docutils_namespace(), _as_before(), _one_default():
        try:
            config = _config(project, config)
            output = {'status': None, 'warning': warnings}
            app = Sphinx(**folders, **options, **output, confoverrides=config)
            _complete(app)
            app.build()
        except (SphinxError, OSError) as error:
            warnings.write(f'{error}\n')
        except Exception as error:  # in some extension; Sphinx keeps the traceback
            handle_exception(app, SILENT, error, warnings)
    return app, _said(project, warnings.getvalue(), out)


@contextmanager
def _as_before():
    """Look for garbage rarely; give back that, Python's path and its log as they were.

    Jupyter Book adds the folders of `local_extensions` to the path at each build:
    packages in them would be found again, and all pages read anew. A package of styles
    sets at its import what all others log. Garbage is looked for in walks over the
    trees of all pages, which take long.
    """
    path, often, log = [*sys.path], gc.get_threshold(), logging.getLogger()
    handlers, level = [*log.handlers], log.level
    log.handlers[:] = handlers or [logging.lastResort]  # as if there were none
    gc.set_threshold(*RARELY)
    try:
        yield
    finally:
        sys.path[:] = path
        gc.set_threshold(*often)
        log.handlers[:] = handlers
        log.setLevel(level)


@contextmanager
def _one_default():
    """Let docutils make its default settings once: MyST asks for each text."""
    make = frontend.get_default_settings
    kept = cache(make)
    frontend.get_default_settings = lambda *components: deepcopy(kept(*components))
    try:
        yield
    finally:
        frontend.get_default_settings = make


def _config(project, own):
    """What `jupyter-book build -n` makes of `_config.yml`, with what is ours."""
    toc = str(project.toc.resolve())
    known = {'external_toc_path': toc, 'latex_individualpages': False}
    config, _ = get_final_config(
        user_yaml=project.settings,
        sourcedir=project.root.resolve(),
        cli_config={**known, 'nitpicky': True, **own},
    )
    there = config['extensions']
    config['extensions'] = [*there, *(e for e in EXTENSIONS if e not in there)]
    return config


def _complete(app):
    """Let numbers go on from part to part, as Jupyter Book does if there are any.

    Let several processes read, and pybtex be asked once for how it writes text: or all
    packages would be looked through for each citation.
    """
    numbered = 'numbered: true' in yaml.dump(app.config.external_site_map.as_json())
    if app.config.use_multitoc_numbering and numbered:
        app.setup_extension('sphinx_multitoc_numbering')
    for name in UNDECLARED:
        if name in app.extensions:
            app.extensions[name].parallel_read_safe = True
    register_plugin(*PLAIN, find_plugin(*PLAIN), force=True)


def _said(project, text, out):
    """What Sphinx says, without colours; an OSError where the disk is full."""
    for code in FULL:  # one reason for any number of warnings
        if os.strerror(code) in text:
            raise OSError(code, os.strerror(code), str(out))
    text = strip_escape_sequences(text).replace(f'{project.root.resolve()}/', '')
    return '\n'.join(dict.fromkeys(text.strip().splitlines()))


def setup_digest(project):
    """A digest of what all pages depend on: settings, looks, languages, packages."""
    own = [*Path(tabbook.__file__).parent.rglob('*.py'), Path(framework.__file__)]
    looks = [f for name in LOOKS for f in (project.book / name).rglob('*.*')]
    known = [project.settings, project.toc, *project.root.glob('LICENSE*')]
    looks = [file for file in looks if file.suffix != MADE]
    files = [*known, *own, *looks, *_translations(project)]
    return digest(sorted(files), [*TABS, *_packages(*sys.path)])


@cache
def _packages(*path):
    """The packages in the folders `path`, with their versions, as first found."""
    return sorted(f'{it.name} {it.version}' for it in distributions(path=[*path]))


def _translations(project):
    return [file for folder in project.locales for file in folder.rglob('*.po')]


def digest(files, values):
    """A digest of the paths and bytes of `files`, and of `values`."""
    whole = hashlib.sha256(repr(values).encode())
    for file in files:
        content = file.read_bytes()
        whole.update(f'{file.resolve()} {len(content)} '.encode() + content)
    return whole.hexdigest()


def stamp_of(folder):
    """The text of the stamp in a built `folder`, or None."""
    stamp = folder / STAMP
    return read_text(stamp) if stamp.exists() else None
