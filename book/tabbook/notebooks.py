"""Write each tab of a section as a plain notebook: its prose and that tab's code."""

import re
import shutil
from pathlib import Path
from typing import ClassVar

import nbformat
import nbformat.v4 as nbf
from docutils.parsers.rst import Directive
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.directives import parse_directive_text
from myst_parser.parsers.mdit import create_md_parser

from tabbook import install
from tabbook.source import Markdown
from tabbook.split import split

CHECKED = 'nbval-check-output'
KERNEL = {'name': 'python3', 'display_name': 'Python 3', 'language': 'python'}
EXTENSIONS = {'amsmath', 'colon_fence', 'deflist', 'dollarmath'}
IMAGE = re.compile(r'(!\[[^\]]*\]\()([^)\s]+)')


def build(sections, tabs, out_dir, library, stand_in=False):
    """Write <out_dir>/<tab>/<section>.ipynb for each section and tab; list of paths.

    Outputs that the text states are stored, those for real data only if not
    `stand_in`. Images are copied beside the notebooks.
    """
    written = []
    for section in sections:
        for tab in section.tabs:
            if tab in tabs:
                path = Path(out_dir, tab, f'{section.name}.ipynb')
                _write(notebook(section, tab, library, stand_in), path, section.path)
                written.append(path)
    return written


def notebook(section, tab, library, stand_in=False):
    """The notebook of one tab, which installs what it needs in its first cell.

    Images still have their paths in the book.
    """
    code = {cell.group_index: cell for cell in split(section, tab, library)}
    cells, groups = [], iter(range(len(section.groups)))
    for block in section.blocks:
        if isinstance(block, Markdown):
            if text := prose(block.source, tab):
                cells.append(nbf.new_markdown_cell(text))
        elif not block.live and (number := next(groups)) in code:
            cells.append(_code(code[number], number + 1, stand_in))
    if first := install.cell(tab, library.folder.parent):
        cells.insert(0, nbf.new_code_cell(first))
    for index, cell in enumerate(cells):
        cell['id'] = f'{tab}-{index}'
    language = {'name': 'python', 'file_extension': '.py'}
    metadata = {'kernelspec': KERNEL, 'language_info': language}
    return nbf.new_notebook(cells=cells, metadata=metadata)


def _code(cell, count, stand_in):
    made = nbf.new_code_cell(cell.source, execution_count=count)
    stated = cell.output
    if stated and stated.text and not (stand_in and stated.real_data):
        made['outputs'] = [_output(stated, count)]
        made['metadata'] = nbformat.from_dict({'tags': [CHECKED]})
    return made


def _output(stated, count):
    """What Jupyter would store for the stated output, to the last newline."""
    if stated.stdout:
        return nbf.new_output('stream', name='stdout', text=stated.text + '\n')
    data = {'text/plain': stated.text}
    return nbf.new_output('execute_result', data=data, execution_count=count)


def prose(text, tab):
    """MyST `text` with sets of framework tabs cut to `tab`, and figures as images."""
    lines = text.splitlines()
    for token in reversed(_fences(text)):
        start, end = token.map
        if (new := _replaced(token, tab)) is not None:
            lines[start:end] = new.splitlines()
    return '\n'.join(lines).strip()


def _fences(text):
    config = MdParserConfig(enable_extensions=EXTENSIONS)
    tokens = create_md_parser(config, RendererHTML).parse(text)
    return [t for t in tokens if t.type in ('fence', 'colon_fence') and t.level == 0]


def _replaced(token, tab):
    """What to write in place of a directive, or None to leave it."""
    name, _, argument = token.info.strip().partition('}')
    options, body = _options(token.content)
    if name == '{tab-set' and options.get('sync-group') == 'framework':
        found = (_options(item.content) for item in _fences(body))
        kept = (inner for item, inner in found if item.get('sync') == tab)
        return prose(next(kept, ''), tab)
    if name == '{figure':
        caption = f'\n\n*{body.strip()}*' if body.strip() else ''
        return f'![{options.get("alt", "")}]({argument.strip()}){caption}'
    return None


class _AnyDirective(Directive):
    """Tells MyST's parser that a directive may have options."""

    option_spec: ClassVar = {'any': str}
    optional_arguments = 1
    has_content = True


def _options(content):
    """(the options at the top of a directive as a dict, the text below), as in MyST."""
    found = parse_directive_text(_AnyDirective, '', content, validate_options=False)
    return found.options, '\n'.join(found.body)


def _write(made, path, source):
    path.parent.mkdir(parents=True, exist_ok=True)
    for cell in made.cells:
        if cell.cell_type == 'markdown':
            cell.source = IMAGE.sub(
                lambda match: match[1] + _copied(match[2], path, source), cell.source
            )
    nbformat.validate(made)
    text = nbformat.writes(made)
    path.write_text(text if text.endswith('\n') else text + '\n', encoding='utf-8')


def _copied(image, path, source):
    """Copy a local `image` of the section at `source` beside `path`; its address."""
    if '://' in image:
        return image
    found = source.parent / image
    if not found.is_file():
        raise FileNotFoundError(f'{source}: there is no image {image}')
    target = path.parent / 'figures' / found.name
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(found, target)
    return f'figures/{found.name}'
