"""Numbers of figures are looked up in trees that are read once."""

import os

from tabbook.reading.numbers import Looked


class Environment:
    """One that counts what is read."""

    def __init__(self, folder):
        self.doctreedir, self.reads = folder, 0

    def get_doctree(self, docname):
        self.reads += 1
        return f'{docname} {self.reads}'


def test_a_tree_is_read_once_and_again_when_it_was_written_anew(tmp_path):
    env, path = Environment(tmp_path), tmp_path / 'a.doctree'
    path.write_bytes(b'')
    assert [Looked(env).get_doctree('a') for _ in range(3)] == ['a 1'] * 3
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
    assert Looked(env).get_doctree('a') == 'a 2'
    assert Looked(env).reads == 2
