"""Grade a folder of submissions: several at once, resumable, a record for each."""

import hashlib
import json
import os
import secrets
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import cached_property
from pathlib import Path

from tqdm import tqdm

from d2l_shim.data import fetch
from tabbook.grading import exam, submissions
from tabbook.grading.foreign import line
from tabbook.grading.isolation import Limits
from tabbook.grading.process import Process
from tabbook.grading.record import Record, Records
from tabbook.grading.sandbox.wire import Ended, Raised


def limits(section, **wanted):
    """The Limits of an assignment: what its front matter says, then `wanted`."""
    own = section.front['assignment']
    known = {name: own[name] for name in ('seconds', 'memory') if name in own}
    given = {name: value for name, value in wanted.items() if value}
    return Limits(**known | given)


def short(section):
    """The name of an assignment without its folder's."""
    return section.name.rpartition('/')[2]


def data_sets(section):
    """{name: folder} of the data sets of an assignment that are here."""
    found = {}
    for name in section.data:
        if paths := fetch.available(name):
            found[name] = next(iter(paths.values())).parent
    return found


def title(section, tab):
    """What a table of grades is of."""
    return f'{short(section)} ({tab})'


def grade(section, tab, found, table, place, jobs=None, seed=None):
    """Grade `found` submissions of an assignment for `tab`; all their Records.

    Those that are graded already are taken from beside `table`, which is written anew.
    Inputs are drawn with `seed`, or anew.
    """
    with Records(table, title(section, tab)) as records:
        keys = {s.name: key(section, tab, s, place) for s in found}
        done = graded(section, tab, found, keys, records, place, jobs, seed)
        records.finish(done)
    return done


def graded(
    section, tab, found, keys, records, place, jobs=None, seed=None, begin=lambda: None
):
    """Grade those of `found` that have no record, `jobs` at once; all Records.

    `keys` are {name: what its grading depends on}; `begin()` comes before the first
    submission that has to run.
    """
    jobs, done = jobs or cores(), known(section, found, keys, records)
    waiting = [s for s in found if done[s.name] is None]
    if waiting:
        begin()

    def work(submission, last=False):
        record = one(section, tab, submission, keys[submission.name], place, seed)
        if last or not record.starved:
            records.save(record)
        return record

    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(work, each) for each in waiting]
        try:
            for record in _shown(futures, len(found)):
                done[record.submission] = record
        except BaseException:
            tqdm.write('stopping after those under way; what is graded is kept')
            pool.shutdown(cancel_futures=True)
            raise
    for submission in waiting:
        if done[submission.name].starved:  # others had the processors
            done[submission.name] = work(submission, last=True)
    return [done[s.name] for s in found]


def known(section, found, keys, records):
    """{name: Record, or None} of `found`; with the points that tests have now."""
    points, done = {test.name: test.points for test in section.hidden}, {}
    for submission in found:
        record = records.load(submission.name, keys[submission.name])
        if record and record.weigh(points):
            records.save(record)
        done[submission.name] = record
    return done


def _shown(futures, count):
    """The results of `futures` as they come, with a bar that counts to `count`."""
    begun = count - len(futures)
    each = as_completed(futures)
    for future in tqdm(each, 'grading', count, unit='notebook', initial=begun):
        yield future.result()


def cores():
    """How many processors this process may use."""
    if hasattr(os, 'sched_getaffinity'):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def key(section, tab, submission, place):
    """What a grading depends on, as a checksum.

    Notebook, tests, limits, the data, and the code of grader and shim; not the points.
    """
    tests = [[test.name, test.source] for test in section.hidden]
    limits = [place.bounds.seconds, place.bounds.memory]
    parts = [section.name, tab, submission.sha256(), tests, limits, place.checksum]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class GraderError(Exception):
    """Grading itself does not work here; the text says how it was found out."""


class Place:
    """Where processes for one submission start: a sandbox class and its arguments."""

    def __init__(self, sandbox, bounds, data):
        self.sandbox, self.bounds, self.data = sandbox, bounds, data

    @cached_property
    def checksum(self):
        """Of all files that decide about points beside the notebook and the tests."""
        code = [Path(__file__).parent, Path(fetch.__file__).parents[1]]
        total = hashlib.sha256()
        for folder in [*code, *map(Path, self.data.values())]:
            pattern = '*.py' if folder in code else '*'
            for path in sorted(p for p in folder.rglob(pattern) if p.is_file()):
                total.update(path.relative_to(folder).as_posix().encode())
                with path.open('rb') as file:
                    total.update(hashlib.file_digest(file, 'sha256').digest())
        return total.hexdigest()

    def process(self, tab):
        return Process(self.sandbox(self.bounds, self.data, tab), tab)


class Session:
    """The process of one submission; started again for the test after its end.

    It is started `most` times, once a test: no test pays for the end that another met.
    """

    def __init__(self, place, tab, cells, most):
        self.most = most
        self.place, self.tab, self.cells = place, tab, cells
        self.process, self.starts, self.failed, self.printed = None, 0, [], ''
        self.starved = False
        self.left = 3 * place.bounds.seconds  # of all questions together

    def start(self):
        """Run the cells in a new process; Ended where one of them ends it."""
        self.starts += 1
        self.process = self.place.process(self.tab)
        self.process.__enter__()
        seconds = self.place.bounds.seconds
        try:
            failed = self.process.ask('run', seconds, cells=self.cells)
        except Raised as error:
            raise Ended(f'it broke what runs the cells: {error}') from None
        known = failed if isinstance(failed, list) else []
        count = len(self.cells)
        pairs = [pair for pair in known[:count] if _is_failure(pair, count)][:20]
        self.failed = [[number, line(error)] for number, error in pairs]

    def ask(self, verb, seconds, **arguments):
        """The answer to a question, as `Process.ask`."""
        if self.process is None:
            if self.starts > self.most:
                raise Ended('it had ended too often')
            self.start()
        begun = time.monotonic()
        seconds = min(seconds, max(1, round(self.left)))
        try:
            return self.process.ask(verb, seconds, **arguments)
        finally:
            self.left -= time.monotonic() - begun

    def close(self):
        """End the process, if there is one."""
        if self.process is not None:
            self.process.__exit__(None, None, None)
            self.printed = self.process.said()
            self.starved |= self.process.starved
            self.process = None


def _is_failure(pair, count):
    """Whether a pair is the number of one of `count` cells, and a text."""
    match pair:
        case [int() as number, str()]:
            return 0 < number <= count
    return False


def one(section, tab, submission, key, place, seed=None):
    """Grade one submission; whatever it does, there is a Record."""
    record = _record(section, submission.name, key, seed)
    try:
        cells = submission.cells(short(section), tab)
    except submissions.Unreadable as error:
        return _none(record, section, str(error))
    return _examined(record, section, tab, cells, place)


def check(section, tab, cells, place):
    """Grade the solution itself: GraderError where it does not earn all points here.

    Then the machine is at fault, or a test, and no submission must pay for it.
    """
    record = _record(section, 'the solution', '')
    _examined(record, section, tab, cells, place)
    for test in record.tests:
        if test['message']:
            raise GraderError(
                f'nothing was graded, as the solution itself earns {record.points:g} '
                f'of {record.out_of:g} points here ({test["name"]}: {test["message"]} '
                f'{record.remark})'
            )


def _record(section, name, key, seed=None):
    """A Record before the first test; inputs are drawn with `seed`, or anew."""
    out_of = sum(test.points for test in section.hidden)
    return Record(name, key, out_of, secrets.randbits(32) if seed is None else seed)


def _examined(record, section, tab, cells, place):
    """Run `cells`, take all tests, and return `record` with what came of it."""
    session = Session(place, tab, cells, len(section.hidden))
    try:
        session.start()
    except Ended as error:
        _close(session, record)
        return _none(record, section, f'While its cells ran, {error}.')
    _take(record, section, tab, session)
    record.cells = session.failed
    _close(session, record)
    return record


def _close(session, record):
    """End a session, and keep what is known only then."""
    session.close()
    record.printed, record.starved = session.printed, session.starved


def _take(record, section, tab, session):
    """Take all tests; one that the process does not survive fails."""
    asked = exam.Exam(session, tab, record.seed)
    ended = ''
    for test in section.hidden:
        try:
            message = asked.run(test.source, test.name)
        except Ended as error:
            session.close()
            ended = message = f'While your code answered, {error}.'
        points = 0 if message else test.points
        record.tests.append(
            {
                'name': test.name,
                'points': points,
                'out_of': test.points,
                'message': message,
            }
        )
    record.points = sum(test['points'] for test in record.tests)
    passed = sum(not test['message'] for test in record.tests)
    record.remark = f'{passed} of {len(record.tests)} tests passed.'
    if ended:
        record.remark += f' {ended}'
    elif session.failed and passed < len(record.tests):
        number, error = session.failed[0]
        record.remark += f' Cell {number} failed: {error[:200]}'


def _none(record, section, remark):
    """`record` without points, for one reason."""
    record.remark = remark
    record.tests = [
        {'name': t.name, 'points': 0, 'out_of': t.points, 'message': remark}
        for t in section.hidden
    ]
    return record
