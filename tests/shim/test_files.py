"""`write_whole`: the old file or the new one, and a sentence where neither can be."""

import os
from pathlib import Path

import pytest

from d2l_shim.files import write_whole


def test_it_replaces_and_leaves_nothing_else(tmp_path):
    for data in (b'one', b'two'):
        write_whole(tmp_path / 'file', data)
        assert (tmp_path / 'file').read_bytes() == data
    assert os.listdir(tmp_path) == ['file']


def test_half_a_file_is_none(tmp_path, monkeypatch):
    write_whole(tmp_path / 'file', b'old')

    def full(path, data):
        path.open('wb').close()
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(Path, 'write_bytes', full)
    with pytest.raises(OSError, match=r'file \(No space left on device\); it needs'):
        write_whole(tmp_path / 'file', b'new')
    assert (tmp_path / 'file').read_bytes() == b'old'
    assert os.listdir(tmp_path) == ['file']


def test_a_pipe_or_a_device_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / 'pipe')
    with pytest.raises(OSError, match='it is no ordinary file'):
        write_whole(tmp_path / 'pipe', b'data')
    assert (tmp_path / 'pipe').is_fifo()
