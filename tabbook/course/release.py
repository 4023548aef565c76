"""The solution as a notebook that may be published: without hidden tests and marks."""

import json
from pathlib import Path

import nbformat.v4 as nbf

from d2l_shim.files import write_text
from tabbook.notebooks.build import notebook
from tabbook.notebooks.builder import prose
from tabbook.text.marks import solved


def write(project, section, tab, path):
    """Write the solution of an assignment in the framework `tab` to `path`."""
    text = prose(project, [section.name], [tab])[section.name, tab]
    write_text(path, json.dumps(_plain(section, tab, project, text), indent=1) + '\n')


def where(project, section, tab):
    """Where a solution lies, if nothing else is said: beside the student's notebook."""
    name = Path(section.name).name
    return project.assignments / tab / name / 'solution' / f'{name}-solution.ipynb'


def _plain(section, tab, project, text):
    """The notebook with the solution, as students may see it."""
    made, name = notebook(section, tab, project, text.cells), Path(section.name).name
    for cell in made.cells:
        if cell.cell_type == 'code':
            cell.source = solved(cell.source)
    first = f'*The solution of the assignment `{name}`, to be read after it is due.*'
    made.cells.insert(0, nbf.new_markdown_cell(first, id=f'{name}-solution'))
    return made
