"""Draw the book's figures with the words of a language, which has files of its own."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import d2l_shim
from d2l_shim.files import write_text
from tabbook.folders import whole_folder
from tabbook.languages import tool
from tabbook.reading.application import STAMP, digest, stamp_of

FOLDER, SCRIPT = 'figures', 'draw.py'
PATTERN = '/{folder}/{{basename}}{{ext}}'  # Sphinx's way to say where such a file is


def draw(project, language):
    """Draw the figures anew if they are stale; what went wrong, '' if nothing did.

    A book without a script that draws them all has those of its folder alone.
    """
    script = project.book / FOLDER / SCRIPT
    catalog = project.catalog(language.key, tool.PAGE)
    folder = project.drawn / language.key
    if not (script.is_file() and catalog.is_file()):
        return ''
    marks = digest([*_needs(project), catalog], [version('matplotlib'), language.html])
    if stamp_of(folder) == marks:
        return ''
    try:
        with whole_folder(folder) as new:
            paths = [path.resolve() for path in (script, catalog, new)]
            _run(paths[0], paths[1], language.html, paths[2])
            write_text(new / STAMP, marks)
    except subprocess.CalledProcessError as error:
        last = error.stderr.strip().rpartition('\n')[2]
        return f'{script} drew no figures in {language.name}: {last}'
    return ''


def where(project, language):
    """The setting of Sphinx by which it finds these figures."""
    folder = (project.drawn / language.key).relative_to(project.root)
    return PATTERN.format(folder=folder.as_posix())


def _needs(project):
    """What the drawings depend on beside words: scripts, numbers, names."""
    folders = (project.book / FOLDER, '*.py'), (project.results, '*.*')
    found = [path for folder, kind in folders for path in sorted(folder.glob(kind))]
    return [*found, *sorted(Path(d2l_shim.__file__).parent.glob('*.py'))]


def _run(*command):
    here = str(Path(__file__).parents[2])
    known = os.pathsep.join(filter(None, [here, os.environ.get('PYTHONPATH')]))
    subprocess.run(
        [sys.executable, *map(str, command)],
        env={**os.environ, 'PYTHONPATH': known},
        capture_output=True,
        encoding='utf-8',
        check=True,
    )
