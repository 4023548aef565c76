"""Where there is no bubblewrap, as on macOS, the default is Docker; here a stand-in."""

import os
import shutil
import sys

from tabbook.cli import main
from tabbook.grading import isolation
from tests.helpers import ROOT
from tools import trial

# It runs what a container would, here; the program's own Docker is not needed.
DOCKER = f"""#!{sys.executable}
import os, sys
with open('docker.txt', 'a') as file:
    print(*sys.argv[1:], file=file)
if sys.argv[1] == 'run':
    at = sys.argv.index({isolation.IMAGE!r})
    *_, python, module, tab = sys.argv[at + 1:]
    os.environ['PYTHONPATH'] = {str(ROOT)!r}
    os.execv({sys.executable!r}, [{sys.executable!r}, '-m', module, tab])
"""
SOLVED = [
    'def double(numbers): return [2 * n for n in numbers]',
    'def total(numbers): return sum(numbers)',
]


def test_the_default_takes_docker_where_there_is_no_bubblewrap(
    toy, tmp_path, monkeypatch, capsys
):
    shutil.copytree(toy.path.parents[1], tmp_path / 'notebooks')
    (tmp_path / '_config.yml').write_text('title: A book', 'utf-8')
    (tmp_path / 'in').mkdir()
    (tmp_path / 'in' / 'ada.ipynb').write_text(trial.notebook(SOLVED), 'utf-8')
    programs = tmp_path / 'programs'
    programs.mkdir()
    (programs / 'docker').write_text(DOCKER, 'utf-8')
    (programs / 'docker').chmod(0o755)
    monkeypatch.setenv('PATH', str(programs))
    monkeypatch.delattr(os, 'sched_getaffinity', raising=False)
    monkeypatch.chdir(tmp_path)
    line = ['grade', 'in', '--name', 'toy', '--framework', 'pytorch']
    assert main([*line, '--out', 'grades.csv']) == 0, capsys.readouterr().err
    assert '3.0 of 3 points' in capsys.readouterr().out
    asked = (tmp_path / 'docker.txt').read_text('utf-8').splitlines()
    runs = [one for one in asked if one.startswith('run ')]
    assert len(runs) == 2, 'the solution, and a submission'
    assert all('--network none' in one and '--cap-drop ALL' in one for one in runs)
