"""The first cell of each generated notebook: it installs what is not there."""

from pathlib import Path

from d2l_shim import __version__
from d2l_shim.frameworks import FRAMEWORKS
from tabbook.yamls import read_yaml

CELL = """\
# Installs what this notebook needs, where it is missing (on Colab, for one).
from importlib.util import find_spec

needed = {modules}
if not all(map(find_spec, needed)):
    book = '{address}'
    {commands}"""


def address(root):
    """Where pip finds this version of the shim, or None: a tag of the repository.

    The repository is that of `root`/_config.yml.
    """
    url = read_yaml(Path(root, '_config.yml')).get('repository', {}).get('url')
    return url and f'git+{url}@v{__version__}'


def needs(tab):
    """The packages that a notebook of `tab` needs, as Python and pip call them."""
    framework = FRAMEWORKS[tab]
    return ('d2l_shim', framework.package, *framework.beside)


def cell(tab, root):
    """The source of the install cell of `tab`; None where there is no address.

    It prints nothing and starts nothing if all is there. pip gets lower bounds only,
    those of the shim's extras, so it replaces nothing that is new enough.
    """
    if (found := address(root)) is None:
        return None
    commands = '\n    '.join(f'%pip install -q {rest}' for rest in _commands(tab))
    return CELL.format(modules=needs(tab), address=found, commands=commands)


def _commands(tab):
    """What follows `pip install`, in order; what goes in alone last, or pip warns."""
    framework = FRAMEWORKS[tab]
    if not framework.alone:
        return [f'"d2l-shim[{tab}] @ {{book}}"']
    others = ' '.join(framework.beside)
    return [f'{others} "d2l-shim @ {{book}}"', f'--no-deps "{framework.alone}"']
