"""Each framework meets the contract of `d2l_shim.framework`: names and signatures."""

import pytest

from d2l_shim import framework
from d2l_shim.framework import FRAMEWORKS
from tests.inside.contract import unmet


@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_a_framework_meets_the_contract(workers, tab):
    assert workers[tab].ask('tests.inside.contract.gaps') == []


def test_what_is_not_met_is_named():
    class Half(framework.Adapter):
        tab, net, kinds = 'pytorch', object, {}

        def gpu(self, number=0):
            return number

        def zeros(self, shape):
            return shape

    gaps = unmet(framework.Adapter, Half)
    assert 'cpu is missing' in gaps
    assert 'gpu takes (self, number=0), not (self, i=0)' in gaps
    assert 'zeros takes (self, shape), not (self, shape, like)' in gaps
    assert not [
        gap for gap in gaps if gap.startswith(('tab', 'net', 'try_gpu', 'layout'))
    ]


def test_no_code_passes_modules_about(root):
    """`sys.modules` tells only what the user has imported, or takes a stand-in."""
    reads = {
        path.relative_to(root).as_posix()
        for folder in ('d2l_shim', 'tabbook')
        for path in (root / folder).rglob('*.py')
        if 'sys.modules' in path.read_text('utf-8')
    }
    assert reads == {
        'd2l_shim/surroundings.py',  # a notebook or not, without IPython's import
        'd2l_shim/tensorflow_backend.py',  # whether Keras was imported already, on what
        'd2l_shim/mxnet_compat.py',  # puts distutils there, which Python dropped
        'tabbook/grading/otter.py',  # lets helpers that come as text import each other
    }


def test_the_registry_can_be_joined(tmp_path, monkeypatch):
    """By an entry point of a package that is installed, or lies on the path."""
    about = tmp_path / 'sixth-1.dist-info'
    about.mkdir()
    (about / 'METADATA').write_text('Name: sixth\nVersion: 1\n', 'utf-8')
    (about / 'entry_points.txt').write_text(
        '[d2l_shim.frameworks]\nsixth = sixth:LINE\n', 'utf-8'
    )
    (tmp_path / 'sixth.py').write_text(
        "LINE = dict(label='Sixth', package='sixth', shim='sixth', layout='NHWC',\n"
        "            needs=('sixth>=1',))\n",
        'utf-8',
    )
    monkeypatch.syspath_prepend(tmp_path)
    (joined,) = framework.joined().items()
    assert joined[0] == 'sixth'
    assert joined[1].packages == ('sixth',)
    assert 'sixth' not in FRAMEWORKS  # which was read before
