"""Finding, verifying and fetching files: every fault ends in one clear error or a
clean repair, and never in half a file under the final name. Only localhost is asked.
"""

import gzip
import hashlib
import io
import json
import os
import random
import signal
import subprocess
import sys
import threading
import zipfile
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from d2l_shim import core, surroundings
from d2l_shim.data import fashion_mnist, fetch, sets
from d2l_shim.data.fashion_mnist import DataUnavailable, FashionMNIST
from tests.helpers import ROOT

NAME = 'fashion-mnist'
PATIENCE = 60  # seconds that a test waits for a process before it fails
CHILD = """
import json, resource, sys
from d2l_shim.data import fetch, sets
files, limit = json.loads(sys.argv[1]), int(sys.argv[2])
fetch.DATA_SETS['fashion-mnist'] = sets.DataSet(files, ())
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
print(fetch.state())
"""
ROUNDS = """
import json, os, sys
from d2l_shim.data import fetch, sets
fetch.DATA_SETS['fashion-mnist'] = sets.DataSet(json.loads(sys.argv[1]), ())
for line in sys.stdin:
    os.environ.update(json.loads(line))
    try:
        print(fetch.available('fashion-mnist') is not None, file=sys.stderr, flush=True)
    except fetch.DataUnavailable as error:
        print(error, file=sys.stderr, flush=True)
"""


def idx(array):
    """The gzipped IDX file of a uint8 array."""
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, '>u4').tobytes()
    return gzip.compress(header + array.tobytes(), mtime=0)


@pytest.fixture(scope='module')
def contents():
    """{file: bytes} of a tiny Fashion-MNIST: 40 examples to train, 20 to validate."""
    rng = np.random.default_rng(0)
    made = {}
    for part, n in ('train', 40), ('t10k', 20):
        made[f'{part}-labels-idx1-ubyte.gz'] = idx(np.arange(n, dtype=np.uint8) % 10)
        images = rng.integers(256, size=(n, 28, 28), dtype=np.uint8)
        made[f'{part}-images-idx3-ubyte.gz'] = idx(images)
    return made


@pytest.fixture(autouse=True)
def tiny(contents, tmp_path, monkeypatch):
    """The table holds the tiny set; no data anywhere, an empty cache, no mirrors."""
    sums = {file: hashlib.sha256(raw).hexdigest() for file, raw in contents.items()}
    monkeypatch.setitem(fetch.DATA_SETS, NAME, sets.DataSet(sums, ()))
    monkeypatch.setattr(fetch, '_absent', set())
    monkeypatch.setattr(core, '_said', set())
    monkeypatch.setenv('MPLCONFIGDIR', matplotlib.get_cachedir())
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    monkeypatch.setenv('HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('D2L_MIRRORS', '')
    for name in 'D2L_DATA_DIR', 'D2L_PROFILE':
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def own(contents, tmp_path, monkeypatch):
    """A D2L_DATA_DIR with the tiny set; the folder of its files."""
    monkeypatch.setenv('D2L_DATA_DIR', str(tmp_path / 'own'))
    return fill(tmp_path / 'own' / NAME, contents)


@pytest.fixture
def cache(contents):
    """The cache, filled with the tiny set; its folder."""
    return fill(fetch.cached(NAME), contents)


def fill(folder, contents):
    folder.mkdir(parents=True)
    for file, raw in contents.items():
        (folder / file).write_bytes(raw)
    return folder


class Server(ThreadingHTTPServer):
    """Serves {path: bytes or a function that is given the handler}; notes the paths."""

    def __init__(self, pages):
        self.pages, self.asked = pages, []
        super().__init__(('127.0.0.1', 0), Handler)

    @property
    def address(self):
        return f'http://127.0.0.1:{self.server_port}'


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        page = self.server.pages.get(self.path)
        if callable(page):
            page(self)
        elif page is None:
            self.send_error(404)
        else:
            self.send(page)

    def send(self, page, length=None):
        self.send_response(200)
        self.send_header('Content-Length', str(length or len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(contents, monkeypatch):
    """A mirror with the tiny set, named in D2L_MIRRORS."""
    with Server({f'/{NAME}/{file}': raw for file, raw in contents.items()}) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        monkeypatch.setenv('D2L_MIRRORS', server.address)
        yield server
        server.shutdown()


def assert_whole(folder, contents):
    """The folder holds the tiny set and nothing else."""
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == contents


def start_child(limit=0):
    """Another process that makes the tiny set available, with a limit of file size."""
    arguments = json.dumps(fetch.DATA_SETS[NAME].files), str(limit)
    return subprocess.Popen(
        [sys.executable, '-c', CHILD, *arguments],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def start_rounds():
    """Another process that does so for each environment on its standard input."""
    return subprocess.Popen(
        [sys.executable, '-c', ROUNDS, json.dumps(fetch.DATA_SETS[NAME].files)],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )


# Where files come from


def test_own_folder_is_used_and_no_mirror_asked(own, server):
    paths = fetch.available(NAME)
    assert {path.parent for path in paths.values()} == {own}
    assert server.asked == []


def test_missing_files_are_fetched_once_with_one_line(server, contents, capsys):
    first, second = fetch.state(), fetch.state()
    assert first == second != 'synthetic'
    assert_whole(fetch.cached(NAME), contents)
    assert len(server.asked) == len(contents)
    assert capsys.readouterr().out.count('\n') == 1


def test_a_file_missing_in_own_folder_is_fetched_into_the_cache(own, server, contents):
    (own / 't10k-labels-idx1-ubyte.gz').unlink()
    path = fetch.available(NAME)['t10k-labels-idx1-ubyte.gz']
    assert path.parent == fetch.cached(NAME)
    assert server.asked == [f'/{NAME}/t10k-labels-idx1-ubyte.gz']
    assert not (own / 't10k-labels-idx1-ubyte.gz').exists()


def test_the_state_is_of_the_files_not_of_their_place(own, cache, monkeypatch):
    in_own = fetch.state()
    monkeypatch.delenv('D2L_DATA_DIR')
    assert fetch.state() == in_own


def test_a_second_call_reads_no_file_again(own, monkeypatch):
    fetch.state()
    monkeypatch.setattr(Path, 'read_bytes', None)
    fetch.state()


def test_mirrors_are_tried_in_turn(server, contents, monkeypatch):
    for file, raw in contents.items():
        server.pages[f'/wrong/{NAME}/{file}'] = raw[:-1]
        server.pages[f'/short/{NAME}/{file}'] = lambda handler, raw=raw: handler.send(
            raw[:9], length=len(raw)
        )
    addresses = [f'{server.address}/{x}' for x in ('none', 'wrong', 'short', '')]
    monkeypatch.setenv('D2L_MIRRORS', ' '.join(addresses))
    fetch.available(NAME)
    assert_whole(fetch.cached(NAME), contents)
    assert len(server.asked) == 4 * len(contents)


def test_the_official_table_has_four_mirrors_and_whole_checksums(monkeypatch):
    monkeypatch.undo()
    files, mirrors, *_ = fetch.DATA_SETS[NAME]
    assert len(files) == len(set(files.values())) == len(set(mirrors)) == 4
    assert all(len(bytes.fromhex(checksum)) == 32 for checksum in files.values())
    assert all(mirror.endswith('/') for mirror in mirrors)


# Nothing to be had


def test_the_error_says_what_was_tried_and_what_to_do(server, monkeypatch, contents):
    server.pages = {path.replace(NAME, f'bad/{NAME}'): b'no' for path in server.pages}
    addresses = f'{server.address}/none {server.address}/bad http://127.0.0.1:9'
    monkeypatch.setenv('D2L_MIRRORS', addresses)
    monkeypatch.setenv('D2L_DATA_DIR', '/nowhere')
    with pytest.raises(DataUnavailable) as caught:
        FashionMNIST()
    host = server.address.removeprefix('http://')
    for part in (
        f'{host} (HTTPError 404)',
        f'{host} (wrong checksum)',
        '127.0.0.1:9 (ConnectionError)',
        'D2L_DATA_DIR (/nowhere)',
        str(fetch.cached(NAME)),
        'start it with `D2L_DATA_DIR=FOLDER python ...`, where FOLDER holds fashion-',
        'or start it with `D2L_PROFILE=quick python ...`, for short runs',
    ):
        assert part in str(caught.value)
    assert '%env' not in str(caught.value)
    assert type(caught.value) is DataUnavailable
    assert caught.value._render_traceback_() == [f'DataUnavailable: {caught.value}']


def test_in_a_notebook_the_error_names_what_a_cell_runs(monkeypatch):
    monkeypatch.setattr(surroundings, 'in_notebook', lambda: True)
    with pytest.raises(DataUnavailable) as caught:
        FashionMNIST()
    assert str(caught.value).endswith(
        ' To go on, run `%env D2L_DATA_DIR=FOLDER` in a cell, where FOLDER holds '
        'fashion-mnist/ with its original files; or connect to the network once; or '
        'run `%env D2L_PROFILE=quick` in a cell, for short runs on drawn stand-in data.'
    )
    assert 'python ...' not in str(caught.value)


@pytest.mark.parametrize('profile', ['quick', 'smoke'])
def test_a_smaller_profile_takes_the_stand_in_and_says_so(profile, monkeypatch, capsys):
    monkeypatch.setenv('D2L_PROFILE', profile)
    assert fetch.state() == 'synthetic'
    assert FashionMNIST().synthetic
    assert FashionMNIST().synthetic
    out = capsys.readouterr().out
    assert out.count('\n') == 1
    assert 'stand-in' in out


def test_a_process_that_took_the_stand_in_stays_with_it(server, monkeypatch, contents):
    monkeypatch.setenv('D2L_PROFILE', 'quick')
    pages, server.pages = server.pages, {}
    assert fetch.state() == 'synthetic'
    server.pages = pages
    assert fetch.state() == 'synthetic'
    monkeypatch.setenv('D2L_PROFILE', 'full')
    assert fetch.state() != 'synthetic'


def test_synthetic_asks_for_no_data(server, capsys):
    assert FashionMNIST(synthetic=True).synthetic
    assert server.asked == []
    assert 'as asked' in capsys.readouterr().out


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """Weights of a section, in a clone's folder, that a mirror has, too."""
    raw, folder = b'numbers', tmp_path / 'clone'
    sums = {'tiny.safetensors': hashlib.sha256(raw).hexdigest()}
    data = sets.DataSet(sums, (), stand_in=False, own=folder)
    monkeypatch.setitem(fetch.DATA_SETS, 'tiny-weights', data)
    folder.mkdir()
    (folder / 'tiny.safetensors').write_bytes(raw)
    return folder / 'tiny.safetensors'


def test_published_weights_are_those_of_the_clone(weights, server):
    assert fetch.reference_weights('tiny') == weights
    assert server.asked == []
    assert fetch.state('tiny-weights') != 'synthetic'


def test_weights_that_are_not_those_of_the_clone_are_fetched(weights, server):
    server.pages['/tiny-weights/tiny.safetensors'] = b'numbers'
    weights.write_bytes(b'of a new run')
    found = fetch.reference_weights('tiny')
    assert found != weights
    assert found.read_bytes() == b'numbers'


@pytest.mark.parametrize('profile', ['full', 'smoke'])
def test_nothing_stands_in_for_weights(weights, profile, monkeypatch):
    monkeypatch.setenv('D2L_PROFILE', profile)
    weights.unlink()
    with pytest.raises(DataUnavailable) as caught:
        fetch.reference_weights('tiny')
    assert 'tiny-weights/tiny.safetensors is not in D2L_DATA_DIR' in str(caught.value)
    assert str(caught.value).endswith('or connect to the network once.')
    assert 'stand-in' not in str(caught.value)


def test_weights_that_nobody_published_are_named():
    with pytest.raises(ValueError, match="no weights of 'x', only of densenet"):
        fetch.reference_weights('x')


def test_an_unknown_data_set_is_named():
    with pytest.raises(ValueError, match=r"no data set 'mnist'.*fashion-mnist"):
        fetch.state('mnist')


# Broken files and folders, in every profile

every_profile = pytest.mark.parametrize('profile', ['full', 'quick', 'smoke'])


@every_profile
@pytest.mark.parametrize(
    'damage',
    [lambda raw: raw[:-5], lambda raw: b'', lambda raw: raw[:50] + b'x' + raw[51:]],
)
def test_a_damaged_own_file_is_an_error_and_stays(
    damage, profile, own, server, monkeypatch
):
    monkeypatch.setenv('D2L_PROFILE', profile)
    path = own / 'train-images-idx3-ubyte.gz'
    damaged = damage(path.read_bytes())
    path.write_bytes(damaged)
    with pytest.raises(DataUnavailable) as caught:
        FashionMNIST()
    for part in (
        str(path),
        hashlib.sha256(damaged).hexdigest(),
        fetch.DATA_SETS[NAME].files[path.name],
        'copy it again',
    ):
        assert part in str(caught.value)
    assert path.read_bytes() == damaged
    assert server.asked == []


def test_a_damaged_cached_file_is_repaired(cache, server, contents):
    (cache / 'train-images-idx3-ubyte.gz').write_bytes(b'half')
    fetch.available(NAME)
    assert_whole(cache, contents)
    assert server.asked == [f'/{NAME}/train-images-idx3-ubyte.gz']


@every_profile
def test_a_damaged_cached_file_without_network_is_an_error(profile, cache, monkeypatch):
    monkeypatch.setenv('D2L_PROFILE', profile)
    (cache / 'train-images-idx3-ubyte.gz').write_bytes(b'half')
    (cache / 'train-labels-idx1-ubyte.gz').unlink()
    with pytest.raises(DataUnavailable, match=r'train-images.*damaged.*remove it'):
        FashionMNIST()


@every_profile
def test_an_unreadable_file_is_an_error(profile, own, monkeypatch):
    monkeypatch.setenv('D2L_PROFILE', profile)

    def refuse(path):
        raise PermissionError(13, 'Permission denied', str(path))

    monkeypatch.setattr(Path, 'read_bytes', refuse)
    with pytest.raises(DataUnavailable, match=r'cannot be read \(Permission denied\)'):
        FashionMNIST()


@every_profile
def test_a_file_for_a_folder_is_an_error(profile, tmp_path, monkeypatch):
    monkeypatch.setenv('D2L_PROFILE', profile)
    (tmp_path / NAME).write_text('not a folder', 'utf-8')
    monkeypatch.setenv('D2L_DATA_DIR', str(tmp_path))
    with pytest.raises(DataUnavailable, match=rf'{NAME}/.*cannot be read \(Not a dir'):
        FashionMNIST()


@every_profile
def test_a_cache_that_cannot_be_written_is_an_error(profile, server, monkeypatch):
    monkeypatch.setenv('D2L_PROFILE', profile)

    def refuse(self, *args, **kwargs):
        raise PermissionError(13, 'Permission denied', str(self))

    monkeypatch.setattr(Path, 'mkdir', refuse)
    with pytest.raises(DataUnavailable, match=r'cannot be written \(Permission'):
        FashionMNIST()


def test_a_full_disk_is_an_error_and_leaves_nothing(server, contents):
    child = start_child(limit=1000)
    _, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == 1
    assert 'DataUnavailable' in err
    assert 'cannot be written (File too large)' in err
    left = {path.name: path.read_bytes() for path in fetch.cached(NAME).iterdir()}
    assert left.items() < contents.items()


def test_two_processes_fetch_at_once(server, contents):
    both = threading.Barrier(2, timeout=PATIENCE)

    def serve_both(handler):
        both.wait()
        handler.send(contents[Path(handler.path).name])

    server.pages = dict.fromkeys(server.pages, serve_both)
    children = [start_child(), start_child()]
    outs = [child.communicate(timeout=PATIENCE) for child in children]
    assert [child.returncode for child in children] == [0, 0], outs
    assert len(server.asked) == 2 * len(contents)
    assert_whole(fetch.cached(NAME), contents)


def test_eight_processes_that_start_at_once_all_end_with_the_files(
    server, contents, tmp_path
):
    rng = random.Random(0)
    for file, raw in contents.items():
        server.pages[f'/wrong/{NAME}/{file}'] = raw[:-1]
    mirrors = [f'{server.address}{path}' for path in ('/none', '/wrong', '')]
    with ExitStack() as stack:
        children = [stack.enter_context(start_rounds()) for _ in range(8)]
        for number in range(40):
            cache = tmp_path / f'round-{number}'
            for child in children:  # by many ways, so that none is always the first
                some = [*rng.sample(mirrors, rng.randrange(3)), mirrors[-1]]
                child.stdin.write(
                    json.dumps(
                        {'XDG_CACHE_HOME': str(cache), 'D2L_MIRRORS': ' '.join(some)}
                    )
                )
            for child in children:
                child.stdin.write('\n')
                child.stdin.flush()
            assert [child.stderr.readline() for child in children] == ['True\n'] * 8
            assert_whole(cache / 'd2l_shim' / NAME, contents)


def test_the_folder_of_another_process_may_vanish_at_any_time(server, contents):
    fetch.cached(NAME).mkdir(parents=True)
    gone = fetch.cached(NAME) / '.fetch-gone'
    gone.symlink_to('nowhere')  # listed, and then not there
    fetch.available(NAME)
    gone.unlink()
    assert_whole(fetch.cached(NAME), contents)


@pytest.mark.parametrize('fault', ['cannot be replaced', 'no mirror answers'])
def test_who_comes_second_takes_the_file_of_the_first(
    fault, server, contents, monkeypatch
):
    def finish(name):  # as another process does meanwhile
        (fetch.cached(NAME) / name).write_bytes(contents[name])

    def refuse(part, path):
        finish(path.name)
        raise PermissionError(13, 'Permission denied', str(path))

    def fail(handler):
        finish(Path(handler.path).name)
        handler.send_error(503)

    if fault == 'cannot be replaced':
        monkeypatch.setattr(os, 'replace', refuse)
    else:
        server.pages = dict.fromkeys(server.pages, fail)
    fetch.available(NAME)
    assert_whole(fetch.cached(NAME), contents)


def test_what_another_process_finished_meanwhile_is_not_fetched(server, contents):
    first, *others = contents

    def serve(handler):
        for name in others:
            (fetch.cached(NAME) / name).write_bytes(contents[name])
        handler.send(contents[first])

    server.pages = {f'/{NAME}/{first}': serve}
    assert fetch.available(NAME).keys() == contents.keys()
    assert server.asked == [f'/{NAME}/{first}']


def test_a_kill_in_the_middle_leaves_no_half_file(server, contents):
    halfway, go_on = threading.Event(), threading.Event()

    def stall(handler):
        page = contents[Path(handler.path).name]
        handler.send(page[: len(page) // 2], length=len(page))
        halfway.set()
        go_on.wait(PATIENCE)

    whole = server.pages
    server.pages = dict.fromkeys(server.pages, stall)
    child = start_child()
    assert halfway.wait(PATIENCE)
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=PATIENCE)
    go_on.set()
    [left] = fetch.cached(NAME).iterdir()
    assert left.name.startswith('.fetch-')

    os.utime(left, (0, 0))  # as if long ago
    server.pages = whole
    fetch.available(NAME)
    assert_whole(fetch.cached(NAME), contents)


# IDX


def test_idx_is_decoded_once(own):
    path = own / 't10k-labels-idx1-ubyte.gz'
    labels = fashion_mnist.read_idx(path)
    assert labels.tolist() == [*range(10)] * 2
    assert fashion_mnist.read_idx(path) is labels


@pytest.mark.parametrize(
    ('raw', 'why'),
    [
        (b'', 'not an IDX file'),
        (b'plain text', 'cannot be unpacked'),
        (idx(np.zeros((3, 2), np.uint8))[:-9], 'cannot be unpacked'),
        (gzip.compress(bytes([0, 0, 9, 1, 0, 0, 0, 1, 5]), mtime=0), 'not an IDX file'),
        (gzip.compress(bytes([0, 0, 8, 1, 0, 0]), mtime=0), 'not an IDX file'),
        (
            gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 5]), mtime=0),
            'does not fit its 10 bytes',
        ),
    ],
)
def test_a_bad_idx_file_is_named(raw, why, tmp_path):
    path = tmp_path / 'bad.gz'
    path.write_bytes(raw)
    with pytest.raises(DataUnavailable, match=rf'bad\.gz.*{why}'):
        fashion_mnist.read_idx(path)


# Single files, of which less is known

FILE = 'net-1234.params'


@pytest.fixture
def published(monkeypatch):
    """Return a function that says what is known of FILE, and where it is published."""

    def publish(known, *mirrors):
        monkeypatch.delenv('D2L_MIRRORS', raising=False)
        there = sets.DataSet({FILE: known}, mirrors, stand_in=False)
        monkeypatch.setitem(fetch.DATA_SETS, 'nets', there)

    return publish


def zipped(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w') as file:
        for name, raw in files.items():
            file.writestr(name.replace('_', '-', 1).replace('_', '.'), raw)
    return buffer.getvalue()


@pytest.mark.parametrize('kind', ['md5', 'sha1', 'sha256'])
@pytest.mark.parametrize('known', [None, 8], ids=['whole', 'beginning'])
def test_a_file_is_known_by_what_its_library_tells(published, server, kind, known):
    digits = hashlib.new(kind, b'weights').hexdigest()[:known]
    published(f'{kind}:{digits}', f'{server.address}/there/')
    server.pages = {f'/there/{FILE}': b'weights'}
    assert fetch.one('nets', FILE).read_bytes() == b'weights'
    server.pages = {f'/there/{FILE}': b'others'}
    assert fetch.one('nets', FILE).read_bytes() == b'weights'  # of the cache
    fetch.cached('nets', FILE).unlink()
    with pytest.raises(DataUnavailable, match='wrong checksum') as caught:
        fetch.one('nets', FILE)
    assert 'stand-in' not in str(caught.value)
    assert list(fetch.cached('nets').iterdir()) == []


def test_what_is_zipped_on_the_web_is_unpacked(published, server):
    known = hashlib.sha1(b'weights').hexdigest()
    published(f'sha1:{known}', f'{server.address}/there/{{stem}}.zip')
    server.pages = {'/there/net-1234.zip': zipped(net_1234_params=b'weights')}
    path = fetch.one('nets', FILE)
    assert (path.name, path.read_bytes()) == (FILE, b'weights')
    assert [left.name for left in path.parent.iterdir()] == [FILE]


@pytest.mark.parametrize(
    'page',
    [zipped(net_1234_params=b'others'), zipped(net_12_params=b'weights'), b'no zip'],
)
def test_a_zip_of_something_else_is_refused(published, server, page):
    known = hashlib.sha1(b'weights').hexdigest()
    published(f'sha1:{known}', f'{server.address}/there/{{stem}}.zip')
    server.pages = {'/there/net-1234.zip': page}
    with pytest.raises(DataUnavailable, match='wrong checksum'):
        fetch.one('nets', FILE)
    assert list(fetch.cached('nets').iterdir()) == []


def test_a_damaged_file_of_the_readers_own_is_named(published, tmp_path, monkeypatch):
    published('md5:c2c37ea517e94d9795004a39431a14cb')
    monkeypatch.setenv('D2L_DATA_DIR', str(tmp_path))
    (tmp_path / 'nets').mkdir()
    (tmp_path / 'nets' / FILE).write_bytes(b'others')
    with pytest.raises(DataUnavailable, match=r'its MD5 is .*, not c2c37ea517'):
        fetch.one('nets', FILE)


def test_each_published_file_has_a_checksum_and_an_address():
    for name, known in fetch.DATA_SETS.items():
        if not known.stand_in:
            assert known.mirrors
            assert all(mirror.startswith('https://') for mirror in known.mirrors)
            for file, told in known.files.items():
                kind, digits = fetch.checksum(told)
                size = hashlib.new(kind).digest_size
                short = len(bytes.fromhex(digits)) < size
                assert short == (file in BEGINNINGS), (name, file)


BEGINNINGS = {'densenet169-b2777c0a.pth', 'densenet201-c1103571.pth'}


def test_torchvisions_own_files_have_the_names_that_it_gives_them(workers):
    urls = workers['pytorch'].ask('tests.inside.foreign.addresses').values()
    assert {url.rpartition('/')[2] for url in urls} >= BEGINNINGS
    known = fetch.DATA_SETS['densenet-torchvision'].files
    assert all(known[file] in file for file in BEGINNINGS)
