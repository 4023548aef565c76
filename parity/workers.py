"""One process a framework, which answers questions that come through a pipe.

The four frameworks never share a process. A question is the name of a function of
`parity.inside`, or with its module as in 'tests.inside.rosetta.conv_padding', and its
arguments; arrays travel as NumPy.
"""

import importlib
import multiprocessing
import os
import tempfile
import traceback
import warnings

from d2l_shim.framework import FRAMEWORKS

# One thread each: four frameworks answer at once, and spinning threads would starve
# the others on a small machine.
QUIET = {
    'OMP_NUM_THREADS': '1',
    'OMP_WAIT_POLICY': 'passive',
    'MPLBACKEND': 'Agg',
    'D2L_PROFILE': 'smoke',
    'JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS': '0',
}


class Unanswered(AssertionError):
    """A question went wrong in the framework's own process, as its message tells."""


def serve(tab, pipe, folder, *options):
    """Answer questions about `tab` until None comes; JAX keeps programs in `folder`.

    A warning is an error here, too.
    """
    warnings.simplefilter('error')
    # MXNet's own recurrent layers still call it by its old name
    warnings.filterwarnings('ignore', 'ndarray.context has been renamed')
    # and its older arrays ask SciPy for a class by an old name
    warnings.filterwarnings('ignore', 'Please import `csr_matrix`')
    told = {**QUIET, **FRAMEWORKS[tab].told(threads=1)}
    os.environ.update(told, JAX_COMPILATION_CACHE_DIR=folder)
    side = importlib.import_module('parity.inside').Side(tab, *options)
    while (question := pipe.recv()) is not None:
        name, arguments = question
        try:
            module, _, name = name.rpartition('.')
            asked = importlib.import_module(module or 'parity.inside')
            pipe.send((True, getattr(asked, name)(side, **arguments)))
        except BaseException:  # the test that asked is told, whatever it was
            pipe.send((False, traceback.format_exc()))


class Worker:
    """A process that holds one framework and the section's classes: a Side."""

    def __init__(self, tab, *options):
        self.tab, self.folder = tab, tempfile.TemporaryDirectory()
        context = multiprocessing.get_context('spawn')
        self.pipe, other = context.Pipe()
        self.process = context.Process(
            target=serve, daemon=True, args=(tab, other, self.folder.name, *options)
        )
        self.process.start()
        other.close()

    def ask(self, name, **arguments):
        """Return what `inside.<name>(side, **arguments)` returns there."""
        self.pipe.send((name, arguments))
        return self.checked(name, *self.answer())

    def answer(self):
        """Wait for the answer to the question that was sent: (fine, answer)."""
        try:
            return self.pipe.recv()
        except (EOFError, ConnectionError):
            return False, 'The process ended.'

    def checked(self, name, fine, answer):
        """Return `answer`, or raise `Unanswered` if the question `name` went wrong."""
        if not fine:
            raise Unanswered(f'{name} failed in the {self.tab} process:\n{answer}')
        return answer

    def close(self):
        if self.process.is_alive():
            self.pipe.send(None)
        self.process.join(10)
        self.process.kill()
        self.folder.cleanup()


class Workers(dict):
    """{tab: Worker}; a worker starts when it is first asked for."""

    def __missing__(self, tab):
        self[tab] = Worker(tab)
        return self[tab]

    def ask_all(self, name, tabs=FRAMEWORKS, **arguments):
        """Ask all frameworks in `tabs` at once; return {tab: answer}."""
        asked = {tab: self[tab] for tab in tabs}  # all are there, or none is asked
        for worker in asked.values():
            worker.pipe.send((name, arguments))
        answers = {
            tab: asked[tab].answer() for tab in tabs
        }  # all, or the next go wrong
        return {tab: asked[tab].checked(name, *answers[tab]) for tab in tabs}

    def close(self):
        for worker in self.values():
            worker.close()
