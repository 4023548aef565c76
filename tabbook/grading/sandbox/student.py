"""Inside the sandbox: run a notebook's cells, then answer what the grader asks.

`python -m tabbook.grading.sandbox.student pytorch` reads frames from its standard input
and writes one answer to each to its standard output; what the notebook prints goes to
standard error. All that it says is the student's word: the grader checks it.
"""

import logging
import os
import re
import sys
import traceback
from contextlib import suppress
from functools import partial

from d2l_shim import framework
from d2l_shim.files import decoded
from tabbook.grading.sandbox import wire

ANSI = r'\x1b\[[\d;]*m'  # what makes text bold on a terminal
# A line in which Keras says where it met an error, before it says which one.
KERAS = re.compile(r'^Exception encountered when calling|^Could not .*infer|^Error enc')
LINES = 300  # characters of an error message that are told


class Server:
    """The notebook's names, and the verbs of the grader.

    `names` are those of a notebook that ran already; else `run` does that.
    """

    def __init__(self, tab, names=None):
        self.tab, self.objects, self._side = tab, [], None
        self.shell = None if names is not None else _shell()
        self.known = self.shell.user_ns if names is None else names

    @property
    def side(self):
        if self._side is None:
            self._side = framework.load(self.tab)
        return self._side

    def answer(self, verb, arguments):
        """The frame that answers: [True, the answer] or [False, what was raised].

        A notebook's code may raise anything, and only the grader's test is to fail.
        """
        try:
            frame = wire.dumps([True, self.out(getattr(self, verb)(**arguments))])
            wire.lengths(frame[: wire.HEADER])
            return frame
        except (Exception, SystemExit) as error:
            return wire.dumps([False, told(error)])

    def run(self, cells):
        """Run all cells; one that fails does not stop the others: [[cell, error]]."""
        failed = []
        for number, source in enumerate(cells, 1):
            self.shell.execution_count = number  # which errors tell
            result = self.shell.run_cell(source, store_history=False)
            error = result.error_before_exec or result.error_in_exec
            if error is not None:
                failed.append([number, told(error)])
        return failed

    def names(self, names):
        """Those of `names` that the notebook defines."""
        return [name for name in names if name in self.known]

    def value(self, name):
        """A name's value."""
        return self._named(name)

    def call(self, target, args, kwargs):
        """What a function of the notebook, or an object it made, returns."""
        return self._target(target)(*self._in(args), **self._in(kwargs))

    def forward(self, model, X, training):
        return self.side.forward(self._target(model), self._in(X), training)

    def fill(self, model, X, seed):
        self.side.fill(self._target(model), self._in(X), seed)

    def count(self, model, X):
        return self.side.count(self._target(model), self._in(X))

    def parameters(self, model):
        return self.side.parameters(self._target(model))

    def gradients(self, model, X, G, training):
        X, G = self._in([X, G])
        return self.side.gradients(self._target(model), X, G, training)

    def pullback(self, target, X, G):
        X, G = self._in([X, G])
        return self.side.pullback(self._target(target), X, G)

    def text(self, path):
        """The begin of a file that the notebook wrote, half a megabyte at most."""
        with open(path, 'rb') as file:
            return decoded(file.read(wire.TEXT // 2), path)

    def _target(self, target):
        named = isinstance(target, str)
        return self._named(target) if named else self._in(target)

    def _named(self, name):
        found, *rest = name.split('.')
        value = self.known[found]
        for attribute in rest:
            value = getattr(value, attribute)
        return value

    def _in(self, value):
        if isinstance(value, wire.Tensor):
            return self.side.tensor(value.array)
        if isinstance(value, wire.Object):
            return self.objects[value.number]
        if isinstance(value, list):
            return [self._in(item) for item in value]
        if isinstance(value, dict):
            return {key: self._in(item) for key, item in value.items()}
        return value

    def out(self, value):
        """`value` as the wire takes it; an Object for what is no array or JSON."""
        if isinstance(value, list | tuple):
            return [self.out(item) for item in value]
        if isinstance(value, dict):
            return {str(key): self.out(item) for key, item in value.items()}
        plain = type(value).__module__ in ('builtins', 'numpy')
        if self._side is not None or not plain:
            array = self.side.numpy(value)
            if array is not None:
                return array
        try:
            wire.dumps(value)
        except TypeError:
            self.objects.append(value)
            return wire.Object(len(self.objects) - 1, type(value).__name__)
        return value


def told(error):
    """One line that says what went wrong, and on which line of which cell."""
    try:
        lines = [x for x in re.sub(ANSI, '', str(error)).split('\n') if x.strip()]
        while len(lines) > 1 and KERAS.search(lines[0]):
            lines.pop(0)
        text = ': '.join([type(error).__name__, *lines[:1]])[:LINES]
    except Exception:  # its own code says what it is, and may raise, too
        text = object.__repr__(type(error))[:LINES]
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if '<ipython' in frame.filename]
    if inside and inside[-1].line:
        where = f'in the line `{inside[-1].line.strip()[:LINES]}`'
        if cell := re.search(r'ipython-input-(\d+)-', inside[-1].filename):
            where = f'in cell {cell[1]}, {where}'
        text += f' ({where})'
    return text


def _shell():
    """A shell that knows magics, keeps no history and installs nothing."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = 'NoColor'
    # which fonts a plot finds here is no news for who reads what was printed
    logging.getLogger('matplotlib.font_manager').setLevel(logging.ERROR)
    shell = InteractiveShell.instance(config=config)
    for magic in ('pip', 'conda', 'mamba', 'uv', 'matplotlib'):
        shell.register_magic_function(lambda line: None, 'line', magic)
    shell.run_line_magic = partial(_magic, shell.run_line_magic)
    return shell


def _magic(run, name, line, **more):
    """What a line's magic returns; one that does not work here ends no cell.

    Magics are Jupyter's, not the answer's: `%config`, say, sets how figures look.
    """
    try:
        return run(name, line, _stack_depth=2, **more)
    except Exception as error:  # a magic's own, of any kind: it is told, no cell ends
        print(told(error), file=sys.stderr)


def main():
    questions, answers = os.fdopen(os.dup(0), 'rb'), os.fdopen(os.dup(1), 'wb')
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    server = Server(sys.argv[1])
    while True:
        try:
            verb, arguments = wire.read(questions)
        except EOFError:
            return
        frame = server.answer(verb, arguments)
        with suppress(Exception):  # what was printed is shown; a notebook may change it
            sys.stdout.flush()
        answers.write(frame)
        answers.flush()


if __name__ == '__main__':
    main()
