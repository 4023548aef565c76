"""Text is read, or refused by name and line; a file is written whole or not at all."""

import os
from pathlib import Path

import pytest

from d2l_shim.files import TextError, read_text, write_text, write_whole

TEXT = 'one\ntwo é\n\fthree\u2028four\x85\n'
READ = {
    'plain': TEXT.encode(),
    'with a mark': TEXT.encode('utf-8-sig'),
    'of Windows': TEXT.replace('\n', '\r\n').encode(),
    'of old Macs': TEXT.replace('\n', '\r').encode('utf-8-sig'),
    'mixed': TEXT.replace('\n', '\r', 1).replace('\n', '\r\n', 1).encode(),
}
REFUSED = {
    'Latin-1': (TEXT[:9].encode('latin-1'), 2, 'a byte e9'),
    'Latin-1 of Windows': (b'a\r\nb\r\n\xe9\r\n', 3, 'a byte e9'),
    'Latin-1 of old Macs': (b'a\rb\r\xe9\r', 3, 'a byte e9'),
    'UTF-16': (TEXT.encode('utf-16'), 1, 'the mark of UTF-16'),
    'UTF-16, big': (b'\xfe\xff' + TEXT.encode('utf-16-be'), 1, 'the mark of UTF-16'),
    'UTF-16 without a mark': (TEXT.encode('utf-16-le'), 1, 'a NUL byte'),
    'UTF-32': (TEXT.encode('utf-32'), 1, 'the mark of UTF-32'),
    'NUL': (b'a\n\nb\0\n', 3, 'a NUL byte'),
    'cut off': (b'a\n\xc3', 2, 'a byte c3'),
}


@pytest.mark.parametrize('data', READ.values(), ids=READ)
def test_text_is_read_whatever_its_lines_end_in(tmp_path, data):
    (tmp_path / 'file').write_bytes(data)
    assert read_text(tmp_path / 'file') == TEXT


@pytest.mark.parametrize(('data', 'line', 'what'), REFUSED.values(), ids=REFUSED)
def test_what_is_no_text_is_refused_by_name_and_line(tmp_path, data, line, what):
    (tmp_path / 'file').write_bytes(data)
    with pytest.raises(TextError, match=rf'/file:{line}: no text in UTF-8: .*{what}'):
        read_text(tmp_path / 'file')


def test_text_is_written_as_it_is(tmp_path):
    write_text(tmp_path / 'file', 'é\r\n\ud800\n')
    assert (tmp_path / 'file').read_bytes() == b'\xc3\xa9\r\n?\n'


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


@pytest.mark.parametrize('path', ['', '.', '/', '..'])
def test_a_folder_is_not_replaced(path):
    with pytest.raises(OSError, match='it is no ordinary file'):
        write_whole(path, b'data')


def test_a_pipe_or_a_device_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / 'pipe')
    with pytest.raises(OSError, match='it is no ordinary file'):
        write_whole(tmp_path / 'pipe', b'data')
    assert (tmp_path / 'pipe').is_fifo()
