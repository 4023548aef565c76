"""A submission's process, as the grader has it: questions out, answers in.

Whatever the process does, `ask` returns within its time: with an answer, with Raised
(what the student's code raised) or with Ended (why the process is no more).
"""

import os
import select
import subprocess
import threading
import time
from collections import deque

from tabbook.grading.foreign import line, lines
from tabbook.grading.sandbox import wire
from tabbook.grading.sandbox.wire import Ended, Raised
from tabbook.grading.usage import Usage

MB = 2**20
STEP = 0.1  # seconds between two looks at memory
KEPT = 2_000  # characters of what was printed last
TOLD = 600  # characters of an error that the student's side tells


class Process:
    """A student's process in `sandbox`, a `with` context for as long as it lives."""

    def __init__(self, sandbox, tab):
        self.sandbox, self.tab = sandbox, tab
        self.why, self.printed, self.last = None, 0, deque()
        self.starved = False  # whether it was late for want of a processor

    def __enter__(self):
        self.sandbox.__enter__()
        try:
            self._begin()
        except BaseException:
            self.sandbox.__exit__(None, None, None)
            raise
        return self

    def _begin(self):
        command = self.sandbox.command(
            '-m', 'tabbook.grading.sandbox.student', self.tab
        )
        pipes = dict.fromkeys(('stdin', 'stdout', 'stderr'), subprocess.PIPE)
        self.process = subprocess.Popen(
            command,
            **pipes,
            bufsize=0,
            env=self.sandbox.environment(),
            start_new_session=True,
            cwd=self.sandbox.cwd,
            pass_fds=self.sandbox.descriptors,
        )
        os.set_blocking(self.process.stdin.fileno(), False)
        self.usage = Usage(self.process.pid, self.sandbox.folders)
        watchers = (self._listen, self._watch)
        self.threads = [threading.Thread(target=w, daemon=True) for w in watchers]
        for thread in self.threads:
            thread.start()

    def __exit__(self, *error):
        self._stop('it was closed')
        self.process.wait()
        for thread in self.threads:
            thread.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()
        self.sandbox.__exit__(*error)

    def ask(self, verb, seconds, **arguments):
        """The answer to a question; Raised or Ended where there is none."""
        end = time.monotonic() + seconds
        had, waited = self.usage.seconds, self.usage.waited()
        try:
            self._send(wire.dumps([verb, arguments]), end)
            header = self._receive(wire.HEADER, end)
            frame = header + self._receive(sum(wire.lengths(header)), end)
            return wire.opened(frame)
        except Raised as error:
            raise Raised(line(error, TOLD)) from None
        except TimeoutError:
            self.starved = self._starved(seconds, had, waited)
            self._stop(f'it was still busy after {seconds} s')
        except (BrokenPipeError, EOFError):
            self._over()
        except wire.WireError as error:
            self._stop(f'it broke into the conversation with the grader: {error}')
        raise Ended(self.why)

    def _send(self, data, end):
        descriptor = self.process.stdin.fileno()
        while data:
            self._wait([], [descriptor], end)
            try:
                data = data[os.write(descriptor, data[:65536]) :]
            except BlockingIOError:
                continue

    def _receive(self, size, end):
        descriptor, parts = self.process.stdout.fileno(), []
        while size:
            self._wait([descriptor], [], end)
            part = os.read(descriptor, min(size, MB))
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
        return b''.join(parts)

    def _wait(self, readable, writable, end):
        """Wait until `end`; what is there by then counts, even if it is read later."""
        left = max(0, end - time.monotonic())
        if not any(select.select(readable, writable, [], left)):
            raise TimeoutError

    def _stop(self, why):
        """End the process for a reason; the first reason stays."""
        self.why = self.why or line(why)
        if self.process.poll() is None:
            self.sandbox.stop(self.process)

    def _over(self):
        """Find a reason for a process that ended by itself."""
        try:
            status = self.process.wait(2)
        except subprocess.TimeoutExpired:  # it lives, and closed its pipes
            return self._stop('it closed its line to the grader')
        for thread in self.threads:
            thread.join(2)
        self.why = self.why or f'its process ended by itself{_signal(status)}'

    def _listen(self):
        """Read what is printed, keep the end of it, and stop a flood."""
        limit = self.sandbox.limits.output
        while data := os.read(self.process.stderr.fileno(), 65536):
            self.printed += len(data)
            self.last.append(data[-KEPT:])
            if len(self.last) > 8:
                self.last.popleft()
            if self.printed > limit * MB:
                self._stop(f'it printed more than {limit} MB')
                return

    def said(self):
        """The end of what was printed."""
        return lines(b''.join(self.last).decode(errors='replace')[-KEPT:])

    def _watch(self):
        """Stop processes that together take too much memory or processor time."""
        limits = self.sandbox.limits
        while self.process.poll() is None:
            family = self.usage.look()
            if self.usage.memory(family, limits.memory * MB) > limits.memory * MB:
                self._stop(f'it used more than {limits.memory:,} MB of memory')
            if self.usage.seconds > limits.processor:
                self._stop(f'it used more than {limits.processor} s of processor time')
            time.sleep(STEP)

    def _starved(self, seconds, had, waited):
        """Whether `seconds` went by while others had the processors.

        At their begin it `had` so much processor time, and had `waited` so long for it.
        """
        now = self.usage.waited()
        self.usage.look()
        idle = None not in (now, waited) and now - waited < seconds / 4
        return self.usage.seconds - had < seconds / 2 and not idle


def _signal(status):
    """What a status says beside being over."""
    if status in (137, -9):
        return ', or was killed for its memory'
    if status < 0 or status > 128:
        number = -status if status < 0 else status - 128
        return f' by signal {number}'
    return f' with status {status}' if status else ''
