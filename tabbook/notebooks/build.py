"""Write each tab of a section as a plain notebook: its prose and that tab's code."""

import shutil
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import nbformat
import nbformat.v4 as nbf

from d2l_shim.files import write_text
from d2l_shim.framework import FRAMEWORKS
from tabbook import links
from tabbook.folders import whole_folder
from tabbook.notebooks import install
from tabbook.notebooks.builder import prose
from tabbook.notebooks.tree import INSTALL
from tabbook.reading import said
from tabbook.reading.said import later as _
from tabbook.text.split import split

CHECKED, SKIPPED = 'nbval-check-output', 'nbval-skip'
KERNEL = {'name': 'python3', 'display_name': 'Python 3', 'language': 'python'}
LICENCES = ('LICENSE', 'LICENSE-CODE')
DATE, UNIX = (1980, 1, 1, 0, 0, 0), 3  # of all that is in a zip, built anywhere, ever
README = (  # a paragraph each
    _('# {title}: the {label} notebooks'),
    '{contents}',
    _(
        'Each notebook runs alone, from top to bottom: open it in Jupyter or in Colab. '
        'Its first code cell installs what it needs, where that is missing. For '
        'training of a minute or two a notebook, run `%env D2L_PROFILE=quick` in a '
        'cell before the first training.'
    ),
    _('The figures are in the notebooks; `figures/` holds them once more, as files.'),
    _('The book: <{home}>'),
    _('Text and figures: CC BY-SA 4.0 (`LICENSE`). Code: MIT (`LICENSE-CODE`).'),
)


def write_notebooks(project, sections, tabs, out, drawn=(), language=None):
    """Write <out>/<tab>/<section>.ipynb for each section and tab; list of paths.

    All of them or, where one cannot be written, none. Outputs that the text states
    are stored; those for real data not in a section whose name is in `drawn`, which
    runs on the drawn stand-in here. If `sections` are the whole book, nothing else
    stays there, and each tab gets its zip. Prose is in a `Language`, or else English.
    """
    library, names = project.library, [section.name for section in sections]
    whole = set(names) == set(library.sections())
    written = []
    with whole_folder(out, out) as new:
        texts = prose(project, names, tabs, language)
        for tab in dict.fromkeys(tab for _, tab in texts):
            folder = new / tab
            if whole:
                shutil.rmtree(folder, ignore_errors=True)
            mine = {name: text for (name, other), text in texts.items() if other == tab}
            for name, text in mine.items():
                made = notebook(library[name], tab, project, text.cells, name in drawn)
                written.append(_write(made, folder / f'{name}.ipynb'))
            if whole:
                pack(tab, mine, folder, project, language)
    return [Path(out, path.relative_to(new)) for path in written]


def notebook(section, tab, project, texts, stand_in=False):
    """The notebook of one tab, which installs what it needs in its first code cell.

    `texts` are its cells as `markdown_builder.Prose` has them.
    """
    code = {cell.group_index: cell for cell in split(section, tab, project.library)}
    cells = []
    for text in texts:
        if text == INSTALL:
            if source := install.cell(tab, project):
                cells.append(nbf.new_code_cell(source))
        elif isinstance(text, str):
            cells.append(nbf.new_markdown_cell(text))
        else:
            cells.append(_code(code[text], text + 1, stand_in))
    for index, cell in enumerate(cells):
        cell['id'] = f'{tab}-{index}'
    language = {'name': 'python', 'file_extension': '.py'}
    metadata = {'kernelspec': KERNEL, 'language_info': language}
    return nbf.new_notebook(cells=cells, metadata=metadata)


def _code(cell, count, stand_in):
    made = nbf.new_code_cell(cell.source, execution_count=count)
    stated, tags = cell.output, [*cell.meta.get('tags', ())]
    if stated and stated.text and not (stand_in and stated.real_data):
        made['outputs'] = [_output(stated, count)]
        tags.append(CHECKED)
    if 'skip-execution' in tags:
        tags.append(SKIPPED)
    own = {'tags': tags} if tags else {}
    made['metadata'] = nbformat.from_dict({**cell.meta, **own})
    return made


def _output(stated, count):
    """What Jupyter would store for the stated output, to the last newline."""
    if stated.stdout:
        return nbf.new_output('stream', name='stdout', text=stated.text + '\n')
    data = {'text/plain': stated.text}
    return nbf.new_output('execute_result', data=data, execution_count=count)


def _write(made, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.validate(made)
    text = nbformat.writes(made)
    write_text(path, text if text.endswith('\n') else text + '\n')
    return path


def pack(tab, texts, folder, project, language=None):
    """Write the zip of `tab` beside `folder`, which holds its notebooks; its path.

    `texts` is {section: Prose} in the order of the contents.
    """
    key = language.key if language else ''
    path = folder.parent / links.bundle(tab, key)
    name = path.stem
    figures = {path for text in texts.values() for path in text.figures}
    files = {'README.md': _readme(tab, texts, project, key).encode()}
    files |= {f'{n}.ipynb': (folder / f'{n}.ipynb').read_bytes() for n in texts}
    files |= {f'figures/{path.name}': path.read_bytes() for path in sorted(figures)}
    found = (project.root / licence for licence in LICENCES)
    files |= {path.name: path.read_bytes() for path in found if path.is_file()}
    with ZipFile(path, 'w') as packed:
        for file, content in files.items():
            info = ZipInfo(f'{name}/{file}', DATE)
            info.create_system, info.external_attr = UNIX, 0o644 << 16
            packed.writestr(info, content, ZIP_DEFLATED)
    return path


def _readme(tab, texts, project, language):
    home = project.address(project.home, tab, language)
    lines = [f'- `{name}.ipynb`: {text.title}' for name, text in texts.items()]
    shown = [said._(text) for text in README if home or '{home}' not in text]
    return (
        '\n\n'.join(shown).format(
            title=project.title,
            label=FRAMEWORKS[tab].label,
            contents='\n'.join(lines),
            home=home,
        )
        + '\n'
    )
