"""What each command does, given what was asked for; it returns the exit status.

`asked` has the `project`, the `names` of sections, the `tabs` and the options. What
only one command needs is imported there, so that all of them start at once.
"""

import os
from tempfile import TemporaryDirectory

from d2l_shim.framework import FRAMEWORKS, installed
from tabbook.language import ENGLISH
from tabbook.notebooks import nbval as outside
from tabbook.run import runner, store
from tabbook.text.check import check as findings
from tabbook.text.parse import ASSIGNMENTS
from tabbook.text.split import split


class UsageError(Exception):
    """A wrong argument; the text says which ones there are."""


class Failed(Exception):
    """A step that could not be done; the text says why."""


def check(asked):
    """Find mistakes in the sections and translations without running any."""
    found = [f for name in asked.names for f in findings(name, asked.project.library)]
    if not (asked.paths or asked.section):
        found += _translations(asked.project)
    for finding in found:
        print(finding)
    return 1 if found else 0


def _translations(project):
    """The findings in the catalogs, if there are any."""
    if not any(project.catalogs.rglob('*.po')):
        return []
    from tabbook.languages import check as languages
    from tabbook.languages.builder import messages

    return languages.findings(project, lambda: messages(project))


def run(asked):
    """Run the tabs whose outputs are not there yet."""
    _use_device(asked)
    results = runner.run(
        _sections(asked), asked.tabs, asked.project, asked.jobs, asked.timeout
    )
    for result in results:
        print(result)
    bad = {'failed', 'absent'} if os.environ.get('CI') else {'failed'}
    return 1 if any(result.state in bad for result in results) else 0


def _use_device(asked):
    """Let what is run find the device that was asked for; NoGPU if it is not there."""
    if asked.device:
        os.environ['D2L_DEVICE'] = asked.device
        for tab in filter(installed, asked.tabs):
            outside.check_device(tab, asked.device)


def _sections(asked):
    return [asked.project.library[name] for name in asked.names]


def results(asked):
    """Do the reference runs that are missing or stale, in full."""
    from tabbook.results import runs

    _use_device(asked)
    planned = [
        (section, *one)
        for section in _sections(asked)
        for one in runs.plan(section, asked.tabs, asked.project, asked.run)
    ]
    missing = [one for one in planned if not one[-1]]
    for section, run, tab, _, done in planned:
        print(f'{section.name} [{tab}], run {run.name}: ' + ('there' * done or 'to do'))
    failed = 0
    for section, run, tab, key, _ in missing:
        try:
            runs.do(section, run, tab, key, asked.project)
        except runs.NoResult as error:
            print(error)
            failed = 1
    return failed


def html(asked):
    """Build the pages."""
    from tabbook.html.build import BuildError, build_pages

    try:
        built = build_pages(asked.project, jobs=asked.jobs)
    except BuildError as error:
        raise Failed(str(error)) from None
    print(f'{asked.project.html}/index.html: ' + ('built' if built else 'unchanged'))
    return 0


def pdf(asked):
    """Print the built pages, one PDF a section and one of the book."""
    from tabbook.html.pdf import PrintError, print_pages

    try:
        chosen = _published(asked.project, asked.language)
        made = print_pages(asked.project, asked.tabs, asked.names, chosen)
    except PrintError as error:
        raise Failed(str(error)) from None
    for path in made:
        print(path)
    return 0


def _published(project, asked):
    """The folders of languages that have pages: those `asked` for, or all."""
    known = {ENGLISH: ''} | {found.key: found.key for found in project.published}
    if unknown := ', '.join(sorted(set(asked) - set(known))):
        raise Failed(
            f'{unknown}: no pages in it; --language is one of {", ".join(known)}'
        )
    return [known[name] for name in asked or known]


def translate(asked):
    """Bring the catalogs of translations up to date, and count what is left to do."""
    from tabbook.languages.builder import ExtractionError
    from tabbook.languages.translate import UnknownName, translate

    try:
        for line in translate(asked.project, asked.pages, asked.language):
            print(line)
    except UnknownName as error:
        raise UsageError(str(error)) from None
    except ExtractionError as error:
        raise Failed(f'the pages cannot be read: {error}') from None
    return 0


def notebooks(asked):
    """Write one plain notebook a framework."""
    _write_notebooks(asked, asked.tabs, asked.project.published)
    return 0


def _write_notebooks(asked, tabs, languages=()):
    """Write them in English, and in those of `languages` what the book has."""
    from tabbook.notebooks.build import write_notebooks
    from tabbook.notebooks.builder import ProseError

    os.environ.setdefault('D2L_PROFILE', 'smoke')  # in which nbval runs them
    project, sections = asked.project, _sections(asked)
    drawn = [s.name for s in sections if _stand_in(s)]
    try:
        write_notebooks(project, sections, tabs, project.notebooks, drawn)
        known = [s for s in sections if s.name in project.library.sections()]
        for language in languages if known else ():
            folder = project.notebooks / language.key
            write_notebooks(project, known, tabs, folder, drawn, language)
    except ProseError as error:
        raise Failed(str(error)) from None


def _stand_in(section):
    """Whether a run of `section` here would take the drawn data."""
    return 'synthetic' in store.meta(section)['data']


def nbval(asked):
    """Let nbval run the notebooks of a framework."""
    here = [tab for tab in asked.tabs if installed(tab)]
    status, built = 0, _built(asked, here)
    for tab in asked.tabs:
        if tab not in here:
            print(f'{tab}: not run here, {FRAMEWORKS[tab].package} is not installed')
            status = status or int(tab in asked.tab or bool(os.environ.get('CI')))
        elif built[tab]:
            device = asked.device or 'cpu'
            status = outside.nbval(tab, built[tab], device) or status
    return status


def _built(asked, tabs):
    """{tab: the paths of its notebooks}, built anew."""
    folder, sections = asked.project.notebooks, _sections(asked)
    found = {
        tab: [folder / tab / f'{s.name}.ipynb' for s in sections if tab in s.tabs]
        for tab in tabs
    }
    if any(found.values()):
        _write_notebooks(asked, tabs)  # all languages have the same code
    return found


def latest(asked):
    """Run the notebooks in fresh environments, newest packages."""
    from tabbook.notebooks import fresh, install

    try:
        pythons = fresh.plan(asked.tabs, asked.python, asked.python_for)
        with TemporaryDirectory() as folder:
            wheel = fresh.wheel(asked.project.root, folder)
            swap = install.address(asked.project), wheel
            built = _built(asked, asked.tabs)
            outcomes = [
                fresh.run(tab, pythons[tab], built[tab], swap)
                for tab in asked.tabs
                if built[tab]
            ]
    except fresh.NoPython as error:
        raise UsageError(str(error)) from None
    except fresh.Failure as error:
        raise Failed(str(error)) from None
    print(fresh.table(outcomes))
    return 1 if any(outcome.failed for outcome in outcomes) else 0


def assignments(asked):
    """Write student notebooks and autograder bundles."""
    from tabbook.grading.bundles import write_bundles
    from tabbook.notebooks.builder import ProseError

    project = asked.project
    try:
        made = write_bundles(project, asked.names, asked.tabs, project.assignments)
    except ProseError as error:
        raise Failed(str(error)) from None
    for folder in made:
        print(folder)
    return 0


def grade(asked):
    """Grade what was handed in, each in a sandbox; or merge the tables of parts."""
    from tabbook.grading import grader, isolation, record, sheets
    from tabbook.grading.course import Course

    section, tab = _graded(asked)
    course = Course(section, tab, asked)
    _one_kind(asked)
    try:
        lines = course.merge() if asked.merge else _grade(course, asked)
        for line in lines:
            print(f'{asked.out}: {line}')
    except (isolation.NoIsolation, grader.GraderError) as error:
        raise Failed(str(error)) from None
    except (record.RecordError, sheets.SheetError) as error:
        raise Failed(str(error)) from None
    return 0


def _grade(course, asked):
    """Grade; a sandbox has to be there only if there is something to run."""
    from tabbook.grading import grader, isolation

    section, tab = course.section, course.tab
    bounds = grader.limits(section, seconds=asked.seconds, memory=asked.memory)
    place = grader.Place(None, bounds, grader.data_sets(section))

    def begin():
        place.sandbox = isolation.find(asked.isolation, asked.unsafe)
        if place.sandbox is not isolation.Docker and not installed(tab):
            package = FRAMEWORKS[tab].package
            raise Failed(f'nothing was graded: {package} is not installed here')
        cells = split(section, tab, asked.project.library)
        grader.check(section, tab, [cell.source for cell in cells], place)

    return course.grade(place, begin)


def _one_kind(asked):
    """UsageError for options that say two things."""
    whole = ('roster', 'submitted', 'attempt', 'override', 'penalty')
    given = [f'--{name}' for name in whole if getattr(asked, name)]
    if asked.shard.count > 1 and asked.merge:
        raise UsageError('--shard grades a part and --merge joins parts: use one')
    if asked.shard.count > 1 and given:
        raise UsageError(f'{given[0]} is for a whole class: give it to --merge')
    if asked.attempt and not asked.roster:
        raise UsageError('--attempt needs --roster, which tells whose a notebook is')


def course(asked):
    """Hand back, count and compare what was graded."""
    from tabbook.course import command
    from tabbook.grading.sheets import SheetError
    from tabbook.notebooks.builder import ProseError

    try:
        return command.run(asked, lambda: _graded(asked))
    except (SheetError, ProseError) as error:
        raise Failed(str(error)) from None


def _graded(asked):
    """The one assignment and the one tab that were named; UsageError if not so."""
    library = asked.project.library
    single = len(asked.names) == len(asked.tabs) == 1
    if single and asked.names[0] in library.assignments():
        return library[asked.names[0]], asked.tabs[0]
    known = ', '.join(name.removeprefix(ASSIGNMENTS) for name in library.assignments())
    raise UsageError(
        f'name one assignment (--name: {known}) and one framework (--framework)'
    )
