"""A class that hands in, and a grader that is killed in the middle of grading it."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tabbook.grading.record import Record, Records
from tests.helpers import ROOT


def command(project, name, tab, submissions, table, *options):
    """The command line that grades a folder; `project` holds _config.yml."""
    return [
        sys.executable,
        '-m',
        'tabbook',
        'grade',
        '--root',
        str(project),
        '--framework',
        tab,
        '--name',
        name,
        str(submissions),
        '--out',
        str(table),
        *options,
    ]


def environment():
    return {
        **os.environ,
        'PYTHONPATH': str(ROOT),
        'D2L_PROFILE': 'smoke',
    }


def reports(table):
    """{file: time of its last change} of the records beside a table."""
    folder = table.with_name(f'{table.stem}-reports')
    return {path: path.stat().st_mtime_ns for path in folder.glob('*.json')}


def hear_ctrl_c():
    """Take Ctrl-C again, which a shell lets its processes in the background ignore."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def killed_after(count, line, table, by=signal.SIGKILL):
    """Start to grade, end the grader once `count` are graded; the reports then."""
    quiet = {'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL}
    process = subprocess.Popen(line, env=environment(), preexec_fn=hear_ctrl_c, **quiet)
    while len(reports(table)) < count and process.poll() is None:
        time.sleep(0.02)
    killed(process, by)
    assert not table.exists(), 'a table of half a class'
    return reports(table)


def parts(count, project, name, tab, submissions, folder, *options):
    """[(command line, table)] of `count` parts of a class, with tables in `folder`."""
    tables = [Path(folder, f'part-{number}.csv') for number in range(1, count + 1)]
    return [
        (command(project, name, tab, submissions, table, *options,
                 '--shard', f'{number}/{count}'), table)
        for number, table in enumerate(tables, 1)
    ]  # fmt: skip


def merged(parts, table):
    """Merge the tables of `parts`: the rows of the table, as `finished`."""
    line = parts[0][0]
    first = line.index(str(parts[0][1])) - 2  # the submissions are before --out
    end = line.index('--shard')
    tables = [str(part) for _, part in parts]
    return finished(
        [
            *line[:first],
            *tables,
            '--out',
            str(table),
            *line[first + 3 : end],
            '--merge',
        ],
        table,
    )


def at_once(lines, kills, random, longest=20):
    """Run command lines at once: whether all of them ended well.

    So many times one of them is killed, after `longest` seconds at most, and starts
    again.
    """
    quiet = {'stdout': subprocess.DEVNULL}
    running = [subprocess.Popen(line, env=environment(), **quiet) for line in lines]
    try:
        for _ in range(kills):
            time.sleep(random.uniform(0.5, longest))
            number = random.randrange(len(lines))
            if running[number].poll() is None:
                killed(running[number])
            again = subprocess.Popen(lines[number], env=environment(), **quiet)
            running[number] = again
        return {process.wait() for process in running} == {0}
    finally:
        for process in running:
            process.kill()
            process.wait()


def killed(process, by=signal.SIGKILL):
    """End a grader, whose submissions end with it."""
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(by)
    process.wait()
    _, alive = psutil.wait_procs(family, 10)
    assert not alive, 'a submission outlived its grader'


def finished(line, table):
    """Grade to the end: the rows of the table, {submission: row}."""
    done = subprocess.run(line, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with table.open(encoding='utf-8-sig', newline='') as file:
        return {row['submission']: row for row in csv.DictReader(file)}


def write(folder, notebooks):
    """Write {name: text or bytes} as submissions into `folder`, which it makes."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, content in notebooks.items():
        path = Path(folder, f'{name}.ipynb')
        data = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(data)


def record(table, name):
    """What is kept of the submission `name`."""
    found = (json.loads(path.read_text('utf-8')) for path in reports(table))
    return next(one for one in found if one['submission'] == name)


def graded(table, title, *records):
    """Write `records` and the table of them, as the grader does; the table's path."""
    with Records(table, title) as kept:
        for one in records:
            kept.save(one)
        kept.finish(records)
    return table


def outcome(name, out_of, earned, hints=None, **more):
    """A Record: `out_of` and `earned` are {test: points}, `hints` {test: text}."""
    hints = hints or {}
    tests = [
        {
            'name': test,
            'points': earned[test],
            'out_of': most,
            'message': '' if earned[test] == most else hints.get(test, 'Look again.'),
        }
        for test, most in out_of.items()
    ]
    total = sum(earned.values())
    passed = sum(not test['message'] for test in tests)
    remark = f'{passed} of {len(tests)} tests passed.'
    whole = {'points': total, 'remark': remark, 'tests': tests} | more
    return Record(name, 'key', sum(out_of.values()), 5, **whole)
