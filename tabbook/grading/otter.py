"""Hidden tests in the student's own process, for Otter-Grader and Gradescope.

Who is tested could change the tests from within: this trusts students. What is asked
and compared is the same as in a sandbox. What it is compared with comes with the tests,
and is installed nowhere.
"""

import secrets
import sys
from types import ModuleType
from unittest.mock import patch

from tabbook.grading.exam import Exam
from tabbook.grading.sandbox import wire
from tabbook.grading.sandbox.student import Server


class Channel:
    """Asks the names of a notebook that ran in this process."""

    def __init__(self, tab, names):
        self.server = Server(tab, names)

    def ask(self, verb, seconds, **arguments):
        """The answer, through the same frames as from a sandbox; Raised as there."""
        _, arguments = wire.loads(wire.dumps([verb, arguments]))
        return wire.opened(self.server.answer(verb, arguments))


def examine(names, tab, test, source, helpers):
    """Run the hidden `test` on a notebook's `names`; AssertionError with its hint.

    `helpers` are {module: its text}, the last of which is the `ref` of tests.
    """
    exam = Exam(Channel(tab, names), tab, secrets.randbits(32), _loaded(helpers))
    message = exam.run(source, test)
    assert not message, message


def _loaded(helpers):
    """The last module of {name: text}, each of which may import those before it."""
    with patch.dict(sys.modules):
        for name, text in helpers.items():
            module = sys.modules[name] = ModuleType(name)
            exec(compile(text, name, 'exec'), vars(module))
    return module
