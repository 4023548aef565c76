"""Make of each assignment and tab a student's notebook and an autograder bundle.

Otter-Grader does the cutting; it is given a notebook with its own marks. Students get
no hidden test, not even its name, and need no Otter: public tests are plain cells.
"""

import json
import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat.v4 as nbf
import yaml
from tqdm import tqdm

from d2l_shim import __version__
from d2l_shim.files import read_text, write_text
from tabbook.folders import whole_folder
from tabbook.grading import hidden
from tabbook.notebooks import install
from tabbook.notebooks.build import notebook
from tabbook.notebooks.builder import prose
from tabbook.text import marks

CONFIG = {
    'init_cell': False, 'check_all_cell': False, 'export_cell': False,
    'run_tests': False, 'strip_solutions_from_all_cells': True,
    'tests': {'ok_format': False},
    'plugins': ['tabbook.grading.otter_here.Here'],
}  # fmt: skip
KEY = (
    "**Teacher's key of the assignment `{name}`: solutions and hidden tests. "
    'Not for students.** What may be published, `tabbook course release` writes.'
)
HELPERS = ('counts', 'reference')  # each may import those before it
TEST = '''\
""" # BEGIN TEST CONFIG
points: {points:g}
hidden: true
""" # END TEST CONFIG
def test_{name}(env):
    from tabbook.grading.otter import examine
    test = {source!r}
    helpers = {helpers!r}
    examine(env, {tab!r}, {title!r}, test, helpers)'''


def write_bundles(project, names, tabs, out):
    """Write <out>/<tab>/<assignment>/{student,autograder}; returns those folders."""
    texts = prose(project, names, tabs)
    made = []
    for (name, tab), text in tqdm(texts.items(), 'assignments', unit='notebook'):
        section = project.library[name]
        master = notebook(section, tab, project, text.cells)
        folder = Path(out, tab, Path(name).name)
        _assign(_marked(master, section, tab, project), section, tab, folder)
        made.append(folder)
    return made


def helpers():
    """Return {module: its text} of what hidden tests compare with."""
    return {f'{hidden.__name__}.{name}': _hidden(name) for name in HELPERS}


def _marked(master, section, tab, project):
    """`master` with Otter's marks: its settings, the hidden tests, locked tests."""
    settings = {**CONFIG, 'requirements': [*_requirements(tab, project)]}
    first = f'# ASSIGNMENT CONFIG\n{yaml.safe_dump(settings)}'
    for cell in master.cells:
        if cell.cell_type == 'code' and marks.is_public_test(cell.source):
            cell.metadata |= {'deletable': False, 'editable': False}
    master.cells.insert(0, nbf.new_raw_cell(first))
    for test in section.hidden:
        name = re.sub(r'\W+', '_', test.name.lower()).strip('_')
        question = {'name': name, 'points': test.points, 'check_cell': False}
        source = TEST.format(
            points=test.points,
            name=name,
            tab=tab,
            title=test.name,
            source=test.source,
            helpers=helpers(),
        )
        master.cells += [
            nbf.new_raw_cell(f'# BEGIN QUESTION\n{yaml.safe_dump(question)}'),
            nbf.new_raw_cell('# BEGIN TESTS'),
            nbf.new_code_cell(source),
            nbf.new_raw_cell('# END TESTS'),
            nbf.new_raw_cell('# END QUESTION'),
        ]
    return master


def _hidden(name):
    """The text of a module that no wheel holds."""
    return read_text(Path(hidden.__file__).with_name(f'{name}.py'))


def _requirements(tab, project):
    """What the machine that runs an autograder bundle has to install."""
    address = install.address(project)
    yield f'd2l-shim[{tab}] @ {address}' if address else f'd2l-shim=={__version__}'
    yield (
        f'tabbook @ {address}#subdirectory=tabbook'
        if address
        else f'tabbook=={__version__}'
    )


def _assign(master, section, tab, folder):
    """Let Otter make both copies in `folder`, which is replaced as a whole."""
    from otter.assign import main as assign

    name = Path(section.name).name
    with TemporaryDirectory() as temporary:
        path = Path(temporary, f'{name}.ipynb')
        write_text(path, json.dumps(master))
        result = Path(temporary, 'result')
        with redirect_stdout(StringIO()):
            assign(str(path), str(result), no_pdfs=True, no_run_tests=True)
        with whole_folder(folder, result) as made:
            _mark(made / 'student' / path.name, name, tab)
            for bundle in (made / 'autograder').glob('*.zip'):
                bundle.rename(bundle.with_name('autograder.zip'))
            _name_key(made / 'autograder' / path.name, name)


def _name_key(path, name):
    """Say in the name and in the first line of a solved notebook what it is."""
    copy = json.loads(read_text(path))
    first = {'cell_type': 'markdown', 'id': f'{name}-key', 'metadata': {}}
    copy['cells'].insert(0, first | {'source': KEY.format(name=name)})
    write_text(path.with_name(f'{name}-TEACHER-KEY.ipynb'), json.dumps(copy, indent=1))
    path.unlink()


def _mark(path, name, tab):
    """Say in a student's notebook what it is, and drop what Otter says of tests."""
    copy = json.loads(read_text(path))
    copy['metadata'].pop('otter', None)
    copy['metadata']['densenet_book'] = {'assignment': name, 'framework': tab}
    for number, cell in enumerate(copy['cells']):
        tags = cell['metadata'].pop('tags', [])
        own = [tag for tag in tags if not tag.startswith(('otter', 'nbval'))]
        cell['metadata'] |= {'tags': own} if own else {}
        cell['metadata'].pop('otter', None)
        cell['id'] = f'{name}-{number}'
    write_text(path, json.dumps(copy, indent=1) + '\n')
