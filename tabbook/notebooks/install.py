"""The first cell of each generated notebook: it installs what is not there."""

from d2l_shim import __version__
from d2l_shim.framework import FRAMEWORKS, name_of

CELL = """\
# Installs what is missing, on Colab for one; a framework that is there stays.
# For training of a minute or two, first run %env D2L_PROFILE=quick in a cell.
from importlib import invalidate_caches
from importlib.util import find_spec

book = '{address}'
needed = {{
    'd2l_shim': f'd2l-shim @ {{book}}',
{needed}}}
missing = [f'"{{needed[name]}}"' for name in needed if not find_spec(name)]
if missing:
{keep}    packages = ' '.join(missing)
    %pip install -q {{packages}}{alone}
invalidate_caches()
absent = ', '.join(name for name in [{names}] if not find_spec(name))
if absent:
    from IPython.core.error import UsageError
    raise UsageError(f'pip could not install {{absent}}, as it says above: '
                     'connect to the network, then run this cell again.')"""
# What stands on a framework must fit the one that is there, or pip would replace it.
KEEP = """\
    from importlib.metadata import packages_distributions, version
    there = packages_distributions().get('{package}', ())
    missing += [f'"{{name}}=={{version(name)}}"' for name in there]
"""
ALONE = """
if not find_spec('{package}'):
    %pip install -q --no-deps "{pip}\""""


def address(project):
    """Where pip finds this version of the shim, without git, or None."""
    repository = project.repository
    return repository and repository.archive(f'v{__version__}')


def needs(tab):
    """The packages that a notebook of `tab` needs, as Python and pip call them."""
    return ('d2l_shim', *FRAMEWORKS[tab].packages)


def cell(tab, project):
    """The source of the install cell of `tab`; None where there is no address.

    It prints nothing and starts nothing if all is there. pip gets lower bounds, and
    those of what is missing alone; what the framework stands `alone` for comes last.
    pip's failure does not stop a notebook: what is then missing does, in a sentence.
    """
    if (found := address(project)) is None:
        return None
    framework = FRAMEWORKS[tab]
    pip, *beside = framework.needs
    asked = beside if framework.alone else framework.needs
    keep = KEEP if beside and not framework.alone else ''
    return CELL.format(
        address=found,
        needed=''.join(f"    '{name_of(line)}': '{line}',\n" for line in asked),
        keep=keep.format(**framework._asdict()),
        alone=ALONE.format(pip=pip, **framework._asdict()) if framework.alone else '',
        names=f'*needed, {framework.package!r}' if framework.alone else '*needed',
    )
