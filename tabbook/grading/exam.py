"""Run hidden tests: draw inputs, ask the student's side, compare, hint.

A hidden test is plain Python that sees the names of `Exam.names`. It runs in the
grader's process and has nothing of the student's but arrays and JSON. A test passes
if it ends; it fails with the hint of the first check that does not hold.
"""

import re

import numpy as np

from d2l_shim.framework import FRAMEWORKS
from tabbook.grading.foreign import line
from tabbook.grading.sandbox import wire
from tabbook.grading.sandbox.wire import Raised

SECONDS = 60  # for one answer
DEEPEST = 16  # lists in lists that are taken for an array
LONGEST = 1000  # characters of a hint, which may quote what was returned


class Wrong(Exception):
    """A check that does not hold; the text is the hint."""


class Exam:
    """What hidden tests may use; `channel.ask` reaches the student's side.

    `ref` is the module that they compare with, if not the one that is here.
    """

    def __init__(self, channel, tab, seed, ref=None):
        if ref is None:
            from tabbook.grading.hidden import reference as ref
        self.channel, self.framework, self.ref = channel, tab, ref
        self.channels_last = FRAMEWORKS[tab].layout == 'NHWC'
        self.rng = np.random.default_rng(seed)

    def run(self, source, name):
        """Run one hidden test; returns '' or the hint of what is wrong.

        A test computes with whatever was returned, so it may raise anything; that
        fails this test, and must not end the grading of others. That the tests
        themselves are right is seen on the solution, which is graded first.
        """
        verbs = (
            'ask',
            'value',
            'build',
            'forward',
            'fill',
            'count',
            'parameters',
            'gradients',
            'pullback',
            'text',
            'images',
            'channels_first',
            'check',
            'equal',
            'close',
            'shape',
            'number',
            'numbers',
            'rng',
            'framework',
            'channels_last',
        )
        names = {verb: getattr(self, verb) for verb in verbs}
        names |= {'np': np, 'ref': self.ref, 'tensor': wire.Tensor}
        try:
            exec(compile(source, f'hidden test {name}', 'exec'), names)
        except Wrong as wrong:
            return line(wrong, LONGEST)
        except wire.Ended:
            raise
        except Exception as error:  # a test that meets what a student made up
            return (
                'What your code returned has not the form that was asked for '
                f'({line(f"{type(error).__name__}: {error}", 300)}).'
            )
        return ''

    # Questions

    def ask(self, target, *args, **kwargs):
        """What a function, by name, or an object returns: an array, JSON or Object."""
        args = {'args': list(args), 'kwargs': kwargs}
        return self._question('call', target, target=target, **args)

    def value(self, name):
        """A name's value; Ellipsis and None count as not written."""
        found = self._question('value', name, name=name)
        if found is None or getattr(found, 'kind', '') == 'ellipsis':
            raise Wrong(f'`{name}` has no value yet.')
        return found

    def build(self, name, *args, **kwargs):
        """The object that a class makes; it stays on the student's side."""
        made = self.ask(name, *args, **kwargs)
        if not isinstance(made, wire.Object):
            raise Wrong(f'`{name}` should make a layer or a model.')
        return made

    def forward(self, model, X, training=False):
        """A model's output for a tensor."""
        return self._question('forward', model, model=model, X=X, training=training)

    def fill(self, model, X, seed):
        """Set a model's weights to `ref.draw(shape, seed)`; X shows its input."""
        self._question('fill', model, missing=False, model=model, X=X, seed=seed)

    def parameters(self, model):
        """All that a model learns: arrays, kernels as (out, in, ...)."""
        return self.numbers(self._question('parameters', model, model=model))

    def count(self, model, X):
        """How many numbers a model learns; X shows its input. None of them travels."""
        return self.number(self._question('count', model, model=model, X=X))

    def gradients(self, model, X, G, training=False):
        """(output, gradient at X, gradients of parameters) of sum(G * model(X))."""
        told = self._question(
            'gradients', model, model=model, X=X, G=G, training=training
        )
        Y, dX, grads = told
        return Y, dX, self.numbers(grads)

    def pullback(self, target, X, G):
        """The gradient at X of sum(G * function(X))."""
        return self._question('pullback', target, target=target, X=X, G=G)

    def text(self, path):
        """The text of a file in the notebook's folder."""
        return self._question('text', path, path=path)

    def _question(self, verb, what, missing=True, **arguments):
        shown = f'`{getattr(what, "kind", what)}`'
        if (isinstance(what, str) and verb not in ('text', 'value')) or verb == 'value':
            self._defined(what)
        try:
            answer = self.channel.ask(verb, SECONDS, **arguments)
        except Raised as error:
            kind = re.escape(getattr(what, 'kind', str(what)))
            unset = re.search(
                f"""{kind}['"]? object has no attribute .(\\w+)""", str(error)
            )
            if unset:
                raise Wrong(
                    f'{shown} has no `{unset[1]}`: is it written yet?'
                ) from None
            raise Wrong(f'{shown} raised {error}.') from None
        if missing and answer is None:
            raise Wrong(f'{shown} returned nothing: is it written yet?')
        return answer

    def _defined(self, name):
        first = name.partition('.')[0]
        try:
            known = self.channel.ask('names', SECONDS, names=[first])
        except Raised as error:
            raise Wrong(f'the names of the notebook cannot be read: {error}') from None
        if known != [first]:
            raise Wrong(
                f'the notebook defines no `{first}`: was its cell deleted, or does '
                'it fail?'
            )

    # Images

    def images(self, X):
        """Maps (N, C, H, W) as a tensor in the framework's order of axes."""
        X = np.asarray(X, np.float32)
        return wire.Tensor(np.moveaxis(X, 1, -1) if self.channels_last else X)

    def channels_first(self, Y):
        """What the framework returned for images, as (N, C, H, W)."""
        Y = self.numbers(Y)
        if self.channels_last and np.ndim(Y) == 4:
            return np.moveaxis(Y, -1, 1)
        return Y

    # Checks

    def check(self, holds, hint):
        """Fail with `hint` unless `holds`."""
        if not bool(holds):
            raise Wrong(hint)

    def number(self, value):
        """`value` as a plain float; what is none fails the test."""
        found = self.numbers(value)
        if not isinstance(found, np.ndarray) or found.size != 1:
            raise Wrong(f'a number was expected, not {_shown(value)}.')
        return float(np.reshape(found, -1)[0])

    def numbers(self, value):
        """An array of numbers, or a list of arrays, as they are; all else fails."""
        if isinstance(value, np.ndarray):
            return value
        if isinstance(value, int | float) or _regular(value):
            return np.asarray(value)
        if isinstance(value, list):
            return [self.numbers(item) for item in value]
        raise Wrong(f'numbers were expected, not {_shown(value)}.')

    def equal(self, got, want, hint=''):
        """Fail unless `got` is exactly `want` (numbers, strings or lists of them)."""
        if isinstance(want, str):
            same = isinstance(got, str) and got == want
        else:
            got = self.numbers(got)
            same = _shape(got) == np.shape(want) and np.array_equal(got, want)
        if not same:
            raise Wrong(f'{_shown(got)} was returned, {_shown(want)} is right. {hint}')

    def shape(self, got, want, hint=''):
        """Fail unless the array `got` has the shape `want`."""
        found = _shape(self.numbers(got))
        if found != tuple(want):
            raise Wrong(f'the shape is {found}, but {tuple(want)} is right. {hint}')

    def close(self, got, want, hint='', rtol=2e-4, atol=2e-5):
        """Fail unless `got` has the shape of `want` and nearly its numbers."""
        got, want = self.numbers(got), np.asarray(want, float)
        self.shape(got, want.shape, hint)
        got = np.asarray(got, float)
        apart = ~np.isclose(got, want, rtol, atol)
        if apart.any():
            at = np.unravel_index(np.argmax(apart), apart.shape)
            where = f' at {[int(i) for i in at]}' if at else ''
            raise Wrong(
                f'{np.mean(apart):.0%} of the numbers differ: the first{where} is '
                f'{got[at]:.6g}, but {want[at]:.6g} is right. {hint}'
            )


def _regular(value):
    """Whether a list is an array of numbers: lists of one length, down to numbers.

    NumPy would make an array of anything, with room for the longest text in each place.
    """
    level, depth = [value], 0
    while level and all(isinstance(item, list) for item in level):
        depth += 1
        if depth > DEEPEST or len({len(item) for item in level}) > 1:
            return False
        level = [inner for item in level for inner in item]
    numbers = all(isinstance(item, int | float | np.ndarray) for item in level)
    huge = any(isinstance(item, int) and abs(item) >= 2**63 for item in level)
    same = numbers and len({np.shape(item) for item in level}) <= 1
    return isinstance(value, list) and same and not huge


def _shape(found):
    """The shape of an array; what stands for that of a list of different arrays."""
    if isinstance(found, np.ndarray):
        return found.shape
    raise Wrong(f'one array was expected, not {len(found)} of different shapes.')


def _shown(value):
    """A value in a few characters."""
    if isinstance(value, wire.Object):
        return f'an object of class {line(value.kind, 60)}'
    if isinstance(value, np.ndarray) and value.size > 8:
        return f'an array of shape {value.shape}'
    text = str(value.tolist() if isinstance(value, np.ndarray | np.generic) else value)
    return text if len(text) < 80 else f'{text[:77]}...'
