"""Live tabbed notebooks: `%load_ext tabbook` gives `%%tab` and `%%from`.

A `%%tab jax` cell runs only while JAX is chosen; a `%%from densenet import
DenseNet` cell becomes the definitions themselves, in the chosen framework.
"""

import importlib
from importlib.util import find_spec
from pathlib import Path

from d2l_shim.framework import FRAMEWORKS, installed
from tabbook.project import SECTIONS
from tabbook.text.parse import Library, SourceError, parse_from
from tabbook.text.split import bring

_state = {'tab': None}


class TabError(Exception):
    """A wrong choice of tab or section; the text says which there are."""


def interact_select(*tabs):
    """Choose a framework out of `tabs`: a menu, or the first one installed.

    `tabs` are names, or one list of them; a choice that is among them stays, when the
    cell runs again. Raises TabError on an unknown one.
    """
    names = [n for tab in tabs for n in ([tab] if isinstance(tab, str) else tab)]
    offered = [name for name in names or FRAMEWORKS if _known(name) in FRAMEWORKS]
    if _state['tab'] not in offered:
        _state['tab'] = next(filter(installed, offered), offered[0])
    if find_spec('ipywidgets') is None:
        print(f'Framework: {FRAMEWORKS[_state["tab"]].label}')
        return
    from IPython.display import display
    from ipywidgets import Dropdown

    labels = [(FRAMEWORKS[name].label, name) for name in offered]
    menu = Dropdown(options=labels, value=_state['tab'], description='Framework')
    menu.observe(lambda change: _state.update(tab=change['new']), 'value')
    display(menu)


def selected(*tabs):
    """Whether the chosen framework is one of `tabs`; TabError on an unknown one."""
    return _chosen() in [_known(tab) for tab in tabs]


def _known(tab):
    if tab not in FRAMEWORKS:
        raise TabError(f'There is no tab {tab!r}; tabs are: {", ".join(FRAMEWORKS)}.')
    return tab


def _chosen():
    if _state['tab'] is None:
        raise TabError('Choose a framework first: tab.interact_select().')
    return _state['tab']


def transform(lines):
    """The lines that IPython runs in place of a cell's `lines`."""
    try:
        if lines and lines[0].split()[:1] == ['%%tab']:
            names = [name.strip() for name in lines[0].strip()[5:].split(',')]
            lines = lines[1:] if selected(*names) else []
        if lines and lines[0].split()[:1] == ['%%from']:
            lines = _brought(''.join(lines)).splitlines(keepends=True)
    except TabError as error:
        lines = [
            'from IPython.core.error import UsageError\n',
            f'raise UsageError({str(error)!r})\n',
        ]
    return lines


def _brought(cell):
    """The source of what a `%%from` cell names; TabError where there is none."""
    brings = parse_from(cell.strip())
    if brings is None:
        raise TabError('Write `%%from section import Name, Other`.')
    try:
        return bring(brings, _chosen(), Library(_folder(brings.section))) + '\n'
    except (LookupError, SourceError) as error:
        raise TabError(str(error)) from None


def _folder(section):
    """The folder of `section`: here or upward, or in a `notebooks` there."""
    here = Path.cwd()
    for parent in (here, *here.parents):
        for folder in (parent, parent / SECTIONS):
            if (folder / f'{section}.md').is_file():
                return folder
    raise TabError(f'No section {section}.md lies in {here}, or in notebooks above it.')


def load(shell):
    """Let `shell` understand `%%tab` and `%%from`, and give it the name `tab`."""
    unload(shell)
    shell.input_transformers_cleanup.append(transform)
    shell.push({'tab': importlib.import_module(__name__)})


def unload(shell):
    """Undo what `load_ipython_extension` did to the cells."""
    if transform in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.remove(transform)
