"""The command line: `python -m tabbook --help` lists the steps."""

import argparse
import os
import sys
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory

from d2l_shim.data.fetch import DataUnavailable
from d2l_shim.framework import FRAMEWORKS, installed
from tabbook import __doc__ as about
from tabbook.folders import why
from tabbook.notebooks.nbval import NoGPU, check_device, nbval
from tabbook.run import runner, store
from tabbook.run.store import StoreError
from tabbook.text import check
from tabbook.text.parse import ASSIGNMENTS, Library, SourceError, find_root
from tabbook.text.split import split

NOTEBOOKS = Path('_build', 'notebooks')


class UsageError(Exception):
    """A wrong argument; the text says which ones there are."""


class Failed(Exception):
    """A step that could not be done; the text says why."""


def main(argv=None):
    """Run one command; returns its exit status (2 where an argument is wrong)."""
    for stream in (sys.stdout, sys.stderr):  # which may know but ASCII
        if isinstance(stream, TextIOWrapper):  # no stand-in for one
            stream.reconfigure(errors='backslashreplace')
    args = _parser().parse_args(argv)
    try:
        start = Path.cwd()
        os.chdir(_root(args.root or start))
        library = Library('notebooks')
        wanted = [*args.paths, *args.section]
        sections = _sections(wanted, library, start, ALL.get(args.command, _pages))
        args.start = start
        return args.command(args, sections, _tabs(args.tab), library)
    except UsageError as error:
        return _say(error, 2)
    except (SourceError, StoreError, NoGPU, Failed, DataUnavailable) as error:
        return _say(error, 1)
    except OSError as error:
        return _say(why(error), 1)
    except KeyboardInterrupt:
        return _say('interrupted', 130)


def _say(error, status):
    print(f'tabbook: {error}', file=sys.stderr)
    return status


def _parser():
    parser = argparse.ArgumentParser(prog='python -m tabbook', description=about)
    commands = parser.add_subparsers(required=True, metavar='command')
    for name, (command, text) in COMMANDS.items():
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command)
        add = sub.add_argument
        if name == 'grade':
            _grade_arguments(add)
        else:
            add('paths', nargs='*', metavar='section', help='name or path')
        add('--section', '--name', action='append', default=[], help='by its name')
        add('--tab', '--framework', action='append', default=[], help='default: all')
        add('--root', type=Path, help='the project, if not this folder')
        if name == 'run':
            add('--jobs', type=_count, help='how many kernels at once')
            add('--timeout', type=_count, default=runner.TIMEOUT, help='seconds a cell')
        if name in ('run', 'nbval'):
            add('--device', choices=('cpu', 'gpu'), help='default: what is found')
        if name == 'latest':
            add(
                '--python',
                help='name or path; default: the newest of a framework',
            )
            add(
                '--python-for',
                action='append',
                default=[],
                metavar='TAB=PYTHON',
                help='another Python for one framework, such as pytorch=python3.11 '
                'where only that has a small build of it; pip heeds PIP_CONSTRAINT',
            )
    return parser


def _grade_arguments(add):
    add('submissions', type=Path, help='the folder of notebooks that were handed in')
    add('--out', type=Path, required=True, help='the table of grades, a CSV file')
    add('--jobs', type=_count, help='how many at once; default: one a core')
    add('--seed', type=int, help='draw the inputs of tests as a report says')
    add('--seconds', type=_count, help='wall time of one run of the cells')
    add('--memory', type=_count, help='MB that one submission may use')
    add('--isolation', choices=('bwrap', 'docker'), help='default: what works here')
    add('--unsafe', action='store_true', help='run submissions with your own rights')
    add('paths', nargs='*', help=argparse.SUPPRESS)


def _count(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'{text!r} is not a number from 1 on')
    return int(text)


def _root(start):
    try:
        return find_root(start)
    except FileNotFoundError as error:
        raise UsageError(str(error)) from None


def _pages(library):
    return library.sections()


def _sections(wanted, library, start, every):
    """The names that `wanted` names or gives paths of; [] is `every(library)`."""
    known = library.names()
    names = [_name(text, library, start) for text in wanted] or every(library)
    for text, name in zip(wanted, names, strict=False):
        if name not in known:
            sections = ', '.join(known) or 'none'
            raise UsageError(f'there is no section {text!r}; sections are: {sections}')
    return list(dict.fromkeys(names))


def _name(text, library, start):
    """The section's name that `text`, a name or a path, stands for."""
    path = (start / text).resolve()
    folder = library.folder.resolve()
    if path.suffix == '.md' and path.is_relative_to(folder):
        return path.relative_to(folder).with_suffix('').as_posix()
    short = ASSIGNMENTS + text
    return short if short in library.assignments() else text


def _tabs(wanted):
    for tab in wanted:
        if tab not in FRAMEWORKS:
            known = ', '.join(FRAMEWORKS)
            raise UsageError(f'there is no tab {tab!r}; tabs are: {known}')
    return list(dict.fromkeys(wanted)) or list(FRAMEWORKS)


def _check(args, names, tabs, library):
    found = [finding for name in names for finding in check.check(name, library)]
    for finding in found:
        print(finding)
    return 1 if found else 0


def _run(args, names, tabs, library):
    if args.device:
        os.environ['D2L_DEVICE'] = args.device
        for tab in filter(installed, tabs):
            check_device(tab, args.device)
    sections = [library[name] for name in names]
    results = runner.run(sections, tabs, library, args.jobs, args.timeout)
    for result in results:
        print(result)
    bad = {'failed', 'absent'} if os.environ.get('CI') else {'failed'}
    return 1 if any(result.state in bad for result in results) else 0


def _html(args, names, tabs, library):
    from tabbook.html import build as html

    try:
        built = html.build(Path.cwd(), strict=True)
    except html.BuildError as error:
        return _say(error, 1)
    print('_build/html/index.html: ' + ('built' if built else 'unchanged'))
    return 0


def _pdf(args, names, tabs, library):
    from tabbook.html import pdf

    try:
        made = pdf.build(Path.cwd(), tabs, names)
    except pdf.PrintError as error:
        return _say(error, 1)
    for path in made:
        print(path.relative_to(Path.cwd()))
    return 0


def _notebooks(args, names, tabs, library):
    from tabbook.notebooks import build as notebooks
    from tabbook.notebooks import builder

    os.environ.setdefault('D2L_PROFILE', 'smoke')  # in which nbval runs them
    sections = [library[name] for name in names]
    drawn = [section.name for section in sections if _stand_in(section, library)]
    try:
        notebooks.build(sections, tabs, NOTEBOOKS, library, drawn)
    except builder.ProseError as error:
        raise Failed(str(error)) from None
    return 0


def _stand_in(section, library):
    """Whether a run of `section` here would take the drawn data."""
    cells = (cell for tab in section.tabs for cell in split(section, tab, library))
    return 'synthetic' in store.meta([cell.source for cell in cells])['data']


def _nbval(args, names, tabs, library):
    status = 0
    here = [tab for tab in tabs if installed(tab)]
    built = _built(args, names, here, library)
    for tab in tabs:
        if tab not in here:
            print(f'{tab}: not run here, {FRAMEWORKS[tab].package} is not installed')
            status = status or int(tab in args.tab or bool(os.environ.get('CI')))
        elif built[tab]:
            status = nbval(tab, built[tab], args.device or 'cpu') or status
    return status


def _built(args, names, tabs, library):
    """{tab: the paths of its notebooks}, built anew."""
    found = {tab: [name for name in names if tab in library[name].tabs] for tab in tabs}
    if any(found.values()):
        _notebooks(args, names, tabs, library)
    return {
        tab: [NOTEBOOKS / tab / f'{name}.ipynb' for name in chosen]
        for tab, chosen in found.items()
    }


def _latest(args, names, tabs, library):
    from tabbook.notebooks import fresh, install

    try:
        pythons = fresh.plan(tabs, args.python, args.python_for)
        with TemporaryDirectory() as folder:
            swap = install.address('.'), fresh.wheel('.', folder)
            built = _built(args, names, tabs, library)
            outcomes = [
                fresh.run(tab, pythons[tab], built[tab], swap)
                for tab in tabs
                if built[tab]
            ]
    except fresh.NoPython as error:
        raise UsageError(str(error)) from None
    except fresh.Failure as error:
        return _say(error, 1)
    print(fresh.table(outcomes))
    return 1 if any(outcome.failed for outcome in outcomes) else 0


def _assignments(args, names, tabs, library):
    from tabbook.grading import bundles
    from tabbook.notebooks import builder

    try:
        made = bundles.build(names, tabs, library)
    except builder.ProseError as error:
        raise Failed(str(error)) from None
    for folder in made:
        print(folder)
    return 0


def _grade(args, names, tabs, library):
    from tabbook.grading import grader, isolation, record, submissions

    if len(names) != 1 or len(tabs) != 1 or names[0] not in library.assignments():
        known = ', '.join(n.removeprefix(ASSIGNMENTS) for n in library.assignments())
        raise UsageError(
            f'name one assignment (--name: {known}) and one framework (--framework)'
        )
    try:
        sandbox = isolation.find(args.isolation, args.unsafe)
        if sandbox is not isolation.Docker and not installed(tabs[0]):
            package = FRAMEWORKS[tabs[0]].package
            raise Failed(f'nothing was graded: {package} is not installed here')
        found = submissions.find(args.start / args.submissions)
        section = library[names[0]]
        bounds = grader.limits(section, seconds=args.seconds, memory=args.memory)
        place = partial(grader.Place, sandbox, bounds, grader.data_sets(section))
        solution = [cell.source for cell in split(section, tabs[0], library)]
        grader.check(section, tabs[0], solution, place())
        table = args.start / args.out
        records = grader.grade(
            section, tabs[0], found, table, place, args.jobs, args.seed
        )
    except (isolation.NoIsolation, record.RecordError, grader.GraderError) as error:
        raise Failed(str(error)) from None
    mean = sum(r.points for r in records) / len(records)
    print(
        f'{args.out}: {len(records)} graded, {mean:.1f} of '
        f'{records[0].out_of:g} points on average'
    )
    return 0


COMMANDS = {
    'check': (_check, 'find mistakes in the sections without running them'),
    'run': (_run, 'run the tabs whose outputs are not there yet'),
    'html': (_html, 'build the pages into _build/html'),
    'pdf': (_pdf, 'print the built pages, one PDF a section and one of the book'),
    'notebooks': (_notebooks, 'write one plain notebook a framework'),
    'nbval': (_nbval, 'let nbval run the notebooks of a framework'),
    'latest': (_latest, 'run the notebooks in fresh environments, newest packages'),
    'assignments': (_assignments, 'write student notebooks and autograder bundles'),
    'grade': (_grade, 'grade a folder of submissions, each in a sandbox'),
}
# What a command takes where no section is named, if not the pages of the book.
ALL = {
    _check: lambda library: library.names(),
    _assignments: lambda library: library.assignments(),
    _grade: lambda library: [],
}

if __name__ == '__main__':
    sys.exit(main())
