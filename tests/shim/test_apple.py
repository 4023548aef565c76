"""Apple's GPU, of which PyTorch is only told here: no test runs on one."""

import pytest


def test_it_is_found_and_used(workers):
    assert workers['pytorch'].ask('tests.inside.apple.devices', apple=True) == {
        'count': '1',
        'gpu': 'mps:0',
        'first': 'mps:0',
        'second': 'cpu',
    }


@pytest.mark.parametrize(('count', 'first'), [(0, 'cpu'), (2, 'cuda:0')])
def test_where_there_is_none_cuda_is_asked_for(workers, count, first):
    told = workers['pytorch'].ask('tests.inside.apple.devices', apple=False, cuda=count)
    assert told == {
        'count': str(count),
        'gpu': 'cuda:0',
        'first': first,
        'second': first.replace('0', '1'),
    }


@pytest.mark.parametrize(
    ('options', 'found'),
    [
        ({'num_gpus': 1}, 'mps:0'),
        ({}, 'cpu'),
        ({'precision': 'float64'}, 'cpu'),
        ({'num_gpus': 1, 'precision': 'bfloat16'}, 'mps:0'),
        (
            {'num_gpus': 1, 'precision': 'float64'},
            "Trainer: Apple's GPU has no float64; use num_gpus=0.",
        ),
    ],
)
def test_a_trainer_takes_it_when_asked_but_not_for_float64(workers, options, found):
    assert workers['pytorch'].ask('tests.inside.apple.trainer', **options) == found


def test_images_lie_there_as_its_gradients_are_right(workers):
    assert workers['pytorch'].ask('tests.inside.apple.layouts') == {
        'mps': 'torch.contiguous_format',
        'cuda': 'torch.channels_last',
        'cpu': 'torch.channels_last',
    }


@pytest.mark.parametrize(
    ('layout', 'strides'),
    [('contiguous_format', (48, 16, 4, 1)), ('channels_last', (48, 1, 12, 3))],
)
def test_the_trainer_gives_images_and_weights_this_layout(workers, layout, strides):
    told = workers['pytorch'].ask('tests.inside.apple.placed', layout=layout)
    assert told == (strides, strides)
