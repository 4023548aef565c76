"""Run cells in a kernel process of their own."""

import re
import subprocess
import sys
from collections import deque
from tempfile import TemporaryDirectory

import nbformat.v4 as nbf
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import from_dict

ANSI = re.compile(r'\x1b\[[0-9;]*m')


class CellError(Exception):
    """A cell that failed: its message, the line in the cell, what stderr said."""

    def __init__(self, message, line=1, stderr=''):
        super().__init__(message)
        self.line, self.stderr = line, stderr


class Kernel:
    """A context: a kernel of this very Python, or `python`, with nobody's settings.

    `folder` is its working directory, `timeout` the most seconds a cell may take.
    """

    def __init__(self, folder, env, timeout, python=sys.executable):
        self.folder, self.env, self.timeout = folder, env, timeout
        specs = KernelSpecManager(kernel_dirs=[])
        self.manager = AsyncKernelManager(kernel_spec_manager=specs)
        self.manager.kernel_spec.argv[0] = str(python)
        self.notebook = nbf.new_notebook()
        self.client = NotebookClient(
            self.notebook, km=self.manager, timeout=timeout, shutdown_kernel='immediate'
        )
        self.client.log.disabled = True  # what it says there, it also raises

    def __enter__(self):
        self.settings = TemporaryDirectory()
        env = {**self.env, 'IPYTHONDIR': self.settings.name}
        self.running = self.client.setup_kernel(
            env=env, cwd=str(self.folder), cleanup_kc=True, stderr=subprocess.DEVNULL
        )
        try:
            self.running.__enter__()
        except RuntimeError as error:
            self.settings.cleanup()
            raise CellError(f'the kernel does not start: {error}') from None
        return self

    def __exit__(self, *error):
        self.running.__exit__(None, None, None)
        self.settings.cleanup()

    def kill(self):
        """End the process from another thread; a running cell then fails."""
        process = getattr(self.manager.provisioner, 'process', None)
        if process:
            process.kill()

    def run(self, source, metadata=()):
        """The outputs of one more cell, as `clean` returns them; or CellError.

        Its `metadata` may have tags that let it raise, or that skip it.
        """
        cell = nbf.new_code_cell(source, metadata=from_dict(dict(metadata)))
        self.notebook.cells.append(cell)
        try:
            self.client.execute_cell(cell, len(self.notebook.cells) - 1)
        except CellExecutionError as error:
            message = f'{error.ename}: {_plain(error.evalue)}'
            raise CellError(message, _line(error), _stderr(cell)) from None
        except CellTimeoutError:
            message = f'the cell ran for more than {self.timeout} seconds'
            raise CellError(message, stderr=_stderr(cell)) from None
        except DeadKernelError:
            raise CellError('the kernel died', stderr=_stderr(cell)) from None
        return clean(cell.outputs)

    def outputs(self):
        """The outputs of all cells so far, later updates of displays included."""
        return [clean(cell.outputs) for cell in self.notebook.cells]


def _plain(text):
    return ANSI.sub('', text)


def _line(error):
    """The line of the cell at which it failed."""
    found = re.search(r'Cell In\[\d+\], line (\d+)', _plain(error.traceback))
    return int(found[1]) if found else 1


def _stderr(cell, lines=10):
    streams = (o.text for o in cell.outputs if o.get('name') == 'stderr')
    return '\n'.join(deque(_plain(''.join(streams)).splitlines(), lines))


def clean(outputs):
    """Outputs as plain dicts: no stderr, stdout in one piece where it can be."""
    kept = []
    for output in outputs:
        if output.output_type != 'stream':
            kept.append(_as_dict(output))
        elif output.name == 'stdout' and kept and kept[-1].get('name') == 'stdout':
            kept[-1]['text'] += output.text
        elif output.name == 'stdout':
            kept.append(_as_dict(output))
    for output in kept:
        if output['output_type'] == 'stream':
            output['text'] = re.sub(r'[^\n]*\r(?!\n)', '', output['text'])
    return kept


def _as_dict(output):
    return {name: value for name, value in output.items() if name != 'transient'}
