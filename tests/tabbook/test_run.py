"""Running tabs in real kernels; no cell here imports a framework."""

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tabbook.run import environment as settings
from tabbook.run import kernel, runner, store


def states(book, tabs=('pytorch', 'jax'), **options):
    project = book.project
    results = runner.run(list(project.library.values()), tabs, project, **options)
    return {result.tab: result.state for result in results}, results


def outputs(book, tab='jax', name='tiny'):
    library = book.library
    return store.load_outputs(
        store.key(library[name], tab, library), book.project.outputs
    )


def test_outputs_are_kept_clean_and_in_order(book, cell):
    code = """import sys, warnings
from IPython.display import display
print('one')
warnings.warn('noise')
print('two', end='')
print('\\r10%\\r20%', file=sys.stdout)
handle = display('first', display_id=True)
2 + 2"""
    book.write(cell(code) + cell('%%from base import f') + cell('handle.update(f())'))
    book.write(cell('def f():\n    return "last"'), 'base')
    states(book, ['jax'])
    first, second, third = outputs(book)
    stream, shown, value = first
    assert stream == {'output_type': 'stream', 'name': 'stdout', 'text': 'one\n20%\n'}
    assert shown['data'] == {'text/plain': "'last'"}
    assert 'transient' not in shown
    assert value['data'] == {'text/plain': '4'}
    assert value['execution_count'] == 1
    assert second == third == []


def test_what_is_unchanged_is_not_run_again(book, cell):
    count = "\nwith open('runs', 'a') as f:\n    print('{}', file=f)"
    tabs = {tab: f'%%tab {tab}\nx = 1{count.format(tab)}' for tab in ('pytorch', 'jax')}
    book.write(''.join(map(cell, tabs.values())))
    assert states(book)[0] == {'pytorch': 'ran', 'jax': 'ran'}
    assert states(book)[0] == {'pytorch': 'unchanged', 'jax': 'unchanged'}
    tabs['jax'] += '\ny = 2'
    book.write('New prose.\n\n' + ''.join(map(cell, tabs.values())))
    assert states(book)[0] == {'pytorch': 'unchanged', 'jax': 'ran'}
    runs = (book.folder / 'runs').read_text('utf-8').split()
    assert sorted(runs) == ['jax', 'jax', 'pytorch']


def test_a_run_drops_the_outputs_of_code_that_is_no_more(book, cell):
    folder = book.project.outputs
    for code in ('x = 1', 'x = 2'):
        book.write(cell(code))
        states(book, ['jax'])
    assert len(list(folder.iterdir())) == 1
    assert outputs(book) == [[]]


def test_a_tab_that_raises_is_reported_and_the_others_go_on(book, cell):
    wrong = (
        "%%tab jax\nimport sys\nprint('hint', file=sys.stderr)\n\n"
        'f = lambda: 1 / 0\nprint(\n    f())'
    )
    book.write(cell('x = 1') + cell(wrong) + cell('%%tab pytorch\nf = 1'))
    found, results = states(book, jobs=2)
    assert found == {'pytorch': 'ran', 'jax': 'failed'}
    place, error = str(results[1]).split(', ')
    assert place == 'notebooks/tiny.md:14: tiny [jax]'
    assert error == 'cell 2: ZeroDivisionError: division by zero\n  stderr:\n    hint'
    assert outputs(book) is None
    assert outputs(book, 'pytorch') == [[], []]


def test_an_error_after_a_command_of_several_lines_names_its_line(book, cell):
    book.write(cell('!true \\\n    a \\\n    b\nx = 1\nx / 0'))
    _, results = states(book, ['jax'])
    assert str(results[0]).startswith('notebooks/tiny.md:9: tiny [jax], cell 1: Zero')


def test_an_error_in_brought_code_names_the_from(book, cell):
    book.write(cell('class A(undefined):\n    pass'), 'base')
    book.write(cell('x = 1') + cell('%%from base import A'))
    _, results = states(book, ['jax'])
    assert str(results[1]).startswith('notebooks/tiny.md:8: tiny [jax], cell 2: Name')


def test_a_from_that_names_nothing_fails_its_section_alone(book, cell):
    book.write(cell('%%from tiny import A'), 'wrong')
    book.write(cell('x = 1'))
    _, results = states(book, ['jax'])
    assert [result.state for result in results] == ['ran', 'failed']
    assert str(results[1]).startswith('notebooks/wrong.md:5: ')


STATED = [
    ('print(1)', '1', ''),
    ("print('a\\nb', end='')", 'a\nb', ''),
    ("print('a ')", 'a ', ''),
    ('1 + 1', '2', ''),
    ("'a'", "'a'", ''),
    ('1 + 2', '4', 'not what is stated\n  expected:\n    4\n  got:\n    3'),
    ("print('a\\nb')", 'a', 'got:\n    a\n    b'),
    ("print('a\\n')", 'a', 'not what is stated'),
    ('print(2)\nx = 1', '2', 'got:\n    2'),
    ('print(1)\n2', '2', 'not both'),
    ('None', '1', 'got:\n    '),
]


def test_stated_outputs_are_compared(book, cell):
    for i, (code, text, _) in enumerate(STATED):
        book.write(f'{cell(code)}```{{output}}\n{text}\n```\n', f's{i:02}')
    _, results = states(book, ['jax'], jobs=4)
    for result, (_, _, message) in zip(results, STATED, strict=True):
        assert result.state == ('failed' if message else 'ran')
        assert message in str(result)
        assert (outputs(book, 'jax', result.section) is None) == bool(message)


def test_a_mismatch_names_section_tab_cell_and_line(book, cell):
    book.write(f'{cell("x = 1")}\n{cell("x")}\n```{{output}} jax\n2\n```\n')
    found, (_, result) = states(book)
    assert found == {'pytorch': 'ran', 'jax': 'failed'}
    assert str(result).startswith('notebooks/tiny.md:12: tiny [jax], cell 2: not what')


def test_a_changed_statement_is_compared_without_a_run(book, cell):
    for text, state in (('1', 'ran'), ('2', 'failed'), ('1', 'unchanged')):
        book.write(f'{cell("x = 1")}{cell("x")}```{{output}}\n{text}\n```\n')
        assert states(book, ['jax'])[0] == {'jax': state}


@pytest.mark.parametrize(('data', 'right'), [('abc', False), ('x synthetic', True)])
def test_what_holds_for_real_data_is_not_asked_of_the_stand_in(book, cell, data, right):
    book.write(f'{cell("1")}```{{output}}\n:data: real\n2\n```\n')
    stated = book.library['tiny'].groups[0].output('jax')
    value = {'output_type': 'execute_result', 'data': {'text/plain': '1'}}
    assert (runner.mismatch(stated, [value], data) == '') == right


def test_a_framework_that_is_missing_is_not_run_here(book, cell, monkeypatch, capsys):
    monkeypatch.setattr(runner, 'installed', lambda tab: tab != 'jax')
    book.write(cell('x = 1'))
    assert book.command('run') == 0
    assert 'tiny [jax]: not run here, jax is not installed' in capsys.readouterr().out
    monkeypatch.setenv('CI', '1')
    assert book.command('run') == 1


def test_a_kernel_that_dies_is_one_sentence(book, cell):
    book.write(cell('x = 1') + cell('import os\nos._exit(1)'))
    _, (result,) = states(book, ['jax'])
    assert str(result) == 'notebooks/tiny.md:8: tiny [jax], cell 2: the kernel died'


def test_a_cell_that_takes_too_long_is_one_sentence(book, cell):
    book.write(cell('import threading\nthreading.Event().wait()'))
    _, (result,) = states(book, ['jax'], timeout=1)
    assert str(result) == (
        'notebooks/tiny.md:5: tiny [jax], cell 1: the cell ran for more than 1 seconds'
    )


def test_kernels_share_the_cores(book, cell, monkeypatch):
    monkeypatch.setattr(settings, 'cores', lambda: 8)
    monkeypatch.setenv('MPLBACKEND', 'agg')
    monkeypatch.delenv('OMP_NUM_THREADS', raising=False)
    book.write(
        cell("import os\nprint(*[os.environ[n] for n in ['OMP_NUM_THREADS', 'NPROC']])")
    )
    states(book, jobs=2)
    assert outputs(book)[0][0]['text'] == '4 4\n'
    assert 'MPLBACKEND' not in settings.environment('jax', 1)
    assert settings.environment('jax', 16)['OMP_NUM_THREADS'] == '1'


def test_one_setting_of_the_user_is_for_all_libraries(monkeypatch):
    monkeypatch.setattr(settings, 'cores', lambda: 8)
    monkeypatch.setenv('OMP_NUM_THREADS', '3')
    told = settings.environment('tensorflow', 2)
    names = (*settings.THREADS, 'TF_NUM_INTRAOP_THREADS', 'TF_NUM_INTEROP_THREADS')
    assert [told[name] for name in names] == ['3'] * 5
    monkeypatch.setenv('OMP_NUM_THREADS', '3,2')  # for loops within loops: not ours
    assert settings.environment('jax', 2)['NPROC'] == '4'


def test_a_framework_is_told_what_the_registry_says(monkeypatch):
    """And not what the user told Keras for other work, nor what others are told."""
    monkeypatch.setenv('KERAS_BACKEND', 'jax')
    monkeypatch.delenv('OMP_NUM_THREADS')
    monkeypatch.setattr(settings, 'cores', lambda: 8)
    told = settings.environment('tensorflow', 2)
    assert told['KERAS_BACKEND'] == 'tensorflow'
    assert (told['TF_NUM_INTRAOP_THREADS'], told['TF_CPP_MIN_LOG_LEVEL']) == ('4', '3')
    assert 'XLA_PYTHON_CLIENT_PREALLOCATE' not in told


THEIRS = {  # what the user set, so that each framework would take the GPU
    'CUDA_VISIBLE_DEVICES': '0',
    'HIP_VISIBLE_DEVICES': '0',
    'JAX_PLATFORMS': 'cuda',
    'JAX_PLATFORM_NAME': 'gpu',
    'D2L_DEVICE': 'gpu',
}


@pytest.fixture
def theirs(monkeypatch):
    """A machine with a GPU, whose user wants it taken."""
    for name, value in THEIRS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(store.shutil, 'which', lambda name: f'/usr/bin/{name}')


SHOW = f"""import os, sys
assert 'jax' not in sys.modules
print({{name: os.environ.get(name) for name in {[*THEIRS]}}})"""


@pytest.mark.parametrize('device', ['cpu', None, 'gpu'])
def test_a_kernel_has_the_device_that_its_outputs_are_filed_under(
    book, cell, theirs, monkeypatch, device
):
    """Asked for by the command, by D2L_DEVICE, by nobody: its default is the GPU."""
    monkeypatch.setattr('tabbook.notebooks.nbval.sees_gpu', lambda tab, env: True)
    book.write(cell(SHOW), tabs='[pytorch, tensorflow, jax, mxnet]')
    monkeypatch.setenv('D2L_DEVICE', 'gpu' if device else '')
    assert book.command('run', *(['--device', device] if device else [])) == 0
    filed, library = device or 'gpu', book.library
    assert {*settings.own('jax', 1, 'cpu')} >= {*THEIRS} - {'D2L_DEVICE'}
    for tab in library['tiny'].tabs:
        key = store.key(library['tiny'], tab, library)
        stored = store.load(key, book.project.outputs)
        assert stored.meta['device'] == filed
        seen = ast.literal_eval(stored.outputs[0][0]['text'])
        told = THEIRS | settings.own(tab, 1, filed) | {'D2L_DEVICE': filed}
        assert seen == {name: told[name] for name in THEIRS}


def test_on_the_cpu_jax_does_not_look_for_the_gpu_of_the_user(book, cell, theirs):
    """With what the user set, JAX raises where there is no GPU."""
    book.write(cell('import jax\njax.default_backend()'), tabs='[jax]')
    assert book.command('run', '--device', 'cpu') == 0
    assert outputs(book)[0][0]['data'] == {'text/plain': "'cpu'"}


def test_what_has_no_gpu_is_not_filed_under_gpu(book, cell, monkeypatch, capsys):
    monkeypatch.setattr(
        'tabbook.notebooks.nbval.sees_gpu', lambda tab, env: tab != 'jax'
    )
    monkeypatch.setenv('D2L_DEVICE', '')
    book.write(cell('x = 1'))
    assert book.command('run', '--device', 'gpu') == 1
    assert capsys.readouterr().err.startswith('tabbook: JAX sees no GPU here: install')
    assert not Path('_build').exists()


@pytest.mark.parametrize(
    ('cores', 'device', 'jobs'),
    [(1, 'cpu', 1), (2, 'cpu', 1), (8, 'cpu', 4), (99, 'cpu', 4), (8, 'gpu', 1)],
)
def test_how_many_kernels_at_once(monkeypatch, cores, device, jobs):
    monkeypatch.setattr(runner, 'cores', lambda: cores)
    monkeypatch.setenv('D2L_DEVICE', device)
    assert runner.default_jobs() == jobs


def test_a_kernel_sees_nobodys_settings(book, monkeypatch, tmp_path):
    startup = tmp_path / 'ipython' / 'profile_default' / 'startup'
    startup.mkdir(parents=True)
    (startup / 'mine.py').write_text('x = 1', 'utf-8')
    monkeypatch.setenv('IPYTHONDIR', str(tmp_path / 'ipython'))
    with kernel.Kernel(tmp_path, settings.environment('jax', 1), 60) as mine:
        (output,) = mine.run("import sys\nprint('x' in globals(), sys.executable)")
    assert output['text'] == f'False {sys.executable}\n'


def test_ctrl_c_ends_the_kernels(book, cell):
    """A cell tells its process id through a pipe, and then waits forever."""
    code = """import os, threading
with open('pipe', 'w') as f:
    print(os.getpid(), file=f)
threading.Event().wait()"""
    book.write(cell(code), tabs='[jax]')
    pipe = book.folder / 'pipe'
    os.mkfifo(pipe)
    command = [sys.executable, '-m', 'tabbook', 'run']
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        kernel_id = int(pipe.read_text('utf-8'))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 130
    assert said == 'tiny [jax]: running, 1 cells\ntabbook: interrupted\n'
    with pytest.raises(ProcessLookupError):
        os.kill(kernel_id, 0)
    assert not Path('_build').exists()


def test_a_killed_run_leaves_no_kernel_and_no_outputs(book, cell):
    """The kernel's pipe ends when it does; the next run is as if nothing had been."""
    code = """import os, pathlib, threading
if pathlib.Path('pipe').is_fifo():
    pipe = open('pipe', 'w')
    print('here', file=pipe, flush=True)
    threading.Event().wait()
print('ran')"""
    book.write(cell('x = 1') + cell(code), tabs='[jax]')
    pipe = book.folder / 'pipe'
    os.mkfifo(pipe)
    command = [sys.executable, '-m', 'tabbook', 'run']
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        with pipe.open() as told:
            assert told.readline() == 'here\n'
            process.kill()
            assert told.read() == ''
        assert process.wait() == -signal.SIGKILL
    assert not Path('_build').exists()
    pipe.unlink()
    assert states(book, ['jax'])[0] == {'jax': 'ran'}
    assert outputs(book)[1][0]['text'] == 'ran\n'


def test_a_full_disk_fails_its_tab_alone(book, cell, monkeypatch):
    def full(path, data):
        raise OSError(f'cannot write {path}')

    book.write(cell('x = 1'))
    library = book.library
    name = store.key(library['tiny'], 'jax', library)
    write = store.write_whole
    monkeypatch.setattr(
        store, 'write_whole', lambda p, d: (full if p.stem == name else write)(p, d)
    )
    found, results = states(book)
    assert found == {'pytorch': 'ran', 'jax': 'failed'}
    assert str(results[1]).startswith('tiny [jax]: cannot write ')
    assert '\n' not in str(results[1])


def test_a_disk_too_full_for_a_kernel_fails_its_tab(book, cell, monkeypatch):
    def full():
        raise OSError(28, 'No space left on device', 'ipython')

    monkeypatch.setattr(kernel, 'TemporaryDirectory', full)
    book.write(cell('x = 1'), tabs='[jax]')
    _, (result,) = states(book, ['jax'])
    assert str(result) == 'tiny [jax]: No space left on device: ipython'


@pytest.mark.parametrize(('number', 'words'), [(1, ', 1 core'), (2, ', 2 cores')])
def test_a_processor_has_one_core_or_several(monkeypatch, number, words):
    monkeypatch.setattr(settings, 'cores', lambda: number)
    assert settings.processor().endswith(words)
