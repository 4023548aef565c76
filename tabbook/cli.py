"""The command line: what can be asked for, and mistakes in one sentence."""

import argparse
import sys
from io import TextIOWrapper
from pathlib import Path

import tabbook
from d2l_shim.data.fetch import DataUnavailable
from d2l_shim.framework import FRAMEWORKS
from tabbook import commands
from tabbook.commands import Failed, UsageError
from tabbook.course import arguments
from tabbook.folders import why
from tabbook.language import LanguageError
from tabbook.notebooks.nbval import NoGPU
from tabbook.project import Project
from tabbook.run.runner import TIMEOUT
from tabbook.run.store import StoreError
from tabbook.tabs import TABS, unknown
from tabbook.text.parse import ASSIGNMENTS, Library, SourceError

COMMANDS = (
    commands.check,
    commands.run,
    commands.results,
    commands.html,
    commands.pdf,
    commands.translate,
    commands.notebooks,
    commands.nbval,
    commands.latest,
    commands.assignments,
    commands.grade,
    commands.course,
)
EXPECTED = (
    SourceError, StoreError, NoGPU, Failed, DataUnavailable, LanguageError,
)  # fmt: skip
ATTEMPTS = ('best', 'last')
EVERY = {  # what a command takes where no section is named, if not the pages
    commands.check: Library.names,
    commands.assignments: Library.assignments,
    commands.grade: lambda library: [],
    commands.course: lambda library: [],
    commands.translate: lambda library: [],
}


def main(argv=None):
    """Run one command; returns its exit status (2 where an argument is wrong)."""
    for stream in (sys.stdout, sys.stderr):  # which may know but ASCII
        if isinstance(stream, TextIOWrapper):  # no stand-in for one
            stream.reconfigure(errors='backslashreplace')
    args = parser().parse_args(argv)
    try:
        args.project = _project(args.root)
        args.names = _names(args)
        args.tabs = _tabs(args.tab)
        return args.command(args)
    except UsageError as error:
        return _say(error, 2)
    except EXPECTED as error:
        return _say(error, 1)
    except OSError as error:
        return _say(why(error), 1)
    except KeyboardInterrupt:
        return _say('interrupted', 130)


def _say(error, status):
    print(f'tabbook: {error}', file=sys.stderr)
    return status


def parser():
    """The parser of all commands."""
    about = tabbook.__doc__
    whole = argparse.ArgumentParser(prog='python -m tabbook', description=about)
    subparsers = whole.add_subparsers(required=True, metavar='command')
    for command in COMMANDS:
        name, text = command.__name__, command.__doc__
        sub = subparsers.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command)
        add = sub.add_argument
        if name == 'course':
            arguments.add(sub)
            continue
        if name == 'translate':
            _translate_arguments(add)
            sub.set_defaults(paths=[], section=[], tab=[])
            continue
        if name == 'grade':
            _grade_arguments(add)
            sub.set_defaults(paths=[])
        else:
            add('paths', nargs='*', metavar='section', help='name or path')
        add('--section', '--name', action='append', default=[], help='by its name')
        add('--tab', '--framework', action='append', default=[], help='default: all')
        add('--root', type=Path, help='the project, if not this folder')
        _more_arguments(name, add)
    return whole


def _more_arguments(name, add):
    if name == 'pdf':
        add('--language', action='append', default=[], help='default: all, en too')
    if name == 'html':
        add('--jobs', type=_count, default=1, help='how many processes at once')
    if name == 'run':
        add('--jobs', type=_count, help='how many kernels at once')
        add('--timeout', type=_count, default=TIMEOUT, help='seconds a cell')
    if name == 'results':
        add('--run', action='append', default=[], help='by its name; default: all')
    if name in ('run', 'nbval', 'results'):
        add('--device', choices=('cpu', 'gpu'), help='default: what is found')
    if name == 'latest':
        _latest_arguments(add)


def _translate_arguments(add):
    text = 'pages to begin or go on with, such as book/index; default: all begun ones'
    add('pages', nargs='*', metavar='page', help=text)
    add('--language', action='append', default=[], help='default: all')
    add('--root', type=Path, help='the project, if not this folder')


def _grade_arguments(add):
    text = 'folders, zips and notebooks that were handed in; with --merge, tables'
    add('submissions', type=Path, nargs='+', help=text)
    add('--out', type=Path, required=True, help='the table of grades, a CSV file')
    add('--roster', type=Path, help='CSV of who is in the course: id, name, email, ...')
    add('--submitted', type=Path, help='CSV of submission, submitted, late')
    add('--attempt', choices=ATTEMPTS, help='which one of a student; default: all')
    add('--penalty', type=_count, help='percent of the points that a late day costs')
    add('--override', type=Path, help='CSV of points by hand: submission, points, note')
    add('--shard', type=_shard, default='1/1', help='grade one part, such as 3/8')
    add('--merge', action='store_true', help='join the tables of all parts')
    add('--jobs', type=_count, help='how many at once; default: one a core')
    add('--seed', type=int, help='draw the inputs of tests as a report says')
    add('--seconds', type=_count, help='wall time of one run of the cells')
    add('--memory', type=_count, help='MB that one submission may use')
    add('--isolation', choices=('bwrap', 'docker'), help='default: what works here')
    add('--unsafe', action='store_true', help='run submissions with your own rights')


def _latest_arguments(add):
    add('--python', help='name or path; default: the newest of a framework')
    text = (
        'another Python for one framework, such as pytorch=python3.11 '
        'where only that has a small build of it; pip heeds PIP_CONSTRAINT'
    )
    options = {'default': [], 'metavar': 'TAB=PYTHON', 'help': text}
    add('--python-for', action='append', **options)


def _count(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'{text!r} is not a number from 1 on')
    return int(text)


def _shard(text):
    from tabbook.grading import shards

    try:
        return shards.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _project(root):
    try:
        return Project.find(root or '.')
    except FileNotFoundError as error:
        raise UsageError(str(error)) from None


def _names(args):
    """The names of the sections that are named or whose paths are given, or all."""
    library, wanted = args.project.library, [*args.paths, *args.section]
    known = library.names()
    tasks = args.command in (commands.assignments, commands.grade, commands.course)
    names = [section_name(text, library, tasks) for text in wanted]
    names = names or EVERY.get(args.command, Library.sections)(library)
    for text, name in zip(wanted, names, strict=False):
        if name not in known:
            sections = ', '.join(known) or 'none'
            raise UsageError(f'there is no section {text!r}; sections are: {sections}')
    return list(dict.fromkeys(names))


def section_name(text, library, tasks):
    """The section's name that `text`, a name or a path, stands for.

    A section and an assignment may share one; `tasks` says that the latter is meant.
    """
    path, folder = Path(text).resolve(), library.folder.resolve()
    if path.suffix == '.md' and path.is_relative_to(folder):
        return path.relative_to(folder).with_suffix('').as_posix()
    names = [text, ASSIGNMENTS + text]
    names = names[::-1] if tasks else names
    return next((name for name in names if name in library.names()), text)


def _tabs(wanted):
    if tab := unknown(wanted):
        known = ', '.join(FRAMEWORKS)
        raise UsageError(f'there is no tab {tab!r}; tabs are: {known}')
    return list(dict.fromkeys(wanted)) or list(TABS)
