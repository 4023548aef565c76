"""PyTorch where it is told that there is Apple's GPU, or not."""

import pytest
import torch


def devices(side, apple, cuda=0):
    """{call: what it gives} with `apple` or not and `cuda` GPUs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.backends.mps, 'is_available', lambda: apple)
        patch.setattr(torch.cuda, 'device_count', lambda: cuda)
        calls = {
            'count': side.d2l.num_gpus,
            'gpu': side.d2l.gpu,
            'first': side.d2l.try_gpu,
            'second': lambda: side.d2l.try_gpu(1),
        }
        return {name: str(call()) for name, call in calls.items()}


def trainer(side, **options):
    """The device of a Trainer where Apple's GPU is, or the error."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.backends.mps, 'is_available', lambda: True)
        try:
            return str(side.d2l.Trainer(1, **options).device)
        except ValueError as error:
            return str(error)


def layouts(side):
    """{device: the layout of its images}."""
    return {
        name: str(side.d2l.layout(torch.device(name)))
        for name in ('mps', 'cuda', 'cpu')
    }


def placed(side, layout):
    """Which strides the Trainer gives images and weights (2, 3, 4, 4) in `layout`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(side.d2l, 'layout', lambda device: getattr(torch, layout))
        trainer, net = side.d2l.Trainer(1), torch.nn.Conv2d(3, 2, 4)
        model = side.d2l.Classifier()
        model.lr, model.net = 0.1, torch.nn.Sequential(net, torch.nn.Flatten())
        batch = torch.zeros(2, 3, 4, 4), torch.zeros(2, dtype=torch.int64)
        trainer.start(model, batch)
        return trainer.place(batch)[0].stride(), net.weight.stride()
