"""What PyTorch's layers drew for themselves, told from what somebody wrote since.

A layer with a shape draws its numbers when it is made, before any Trainer. Importing
this lets the layers of `torch.nn` note a checksum of what they draw; it seeds nothing.
"""

from functools import wraps

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from d2l_shim import starts


def numbers(tensor):
    """Return the numbers of a tensor, an ndarray; NumPy has no bfloat16."""
    tensor = tensor.detach().cpu()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


def all_tensors(model):
    """Return every tensor that the model learns or tracks, {name: tensor}."""
    return {
        name: tensor
        for name, tensor in model.state_dict(keep_vars=True).items()
        if 'num_batches_tracked' not in name
    }


def own_tensors(layer):
    """Return the tensors with numbers of `layer` itself, {name: tensor}."""
    return {
        name: tensor
        for name, tensor in all_tensors(layer).items()
        if '.' not in name and not is_lazy(tensor) and not tensor.is_meta
    }


def watch_draws():
    """Let each layer of PyTorch note what it draws when it is made or takes shape."""

    def noting(draw):
        @wraps(draw)
        def draw_and_note(layer):
            draw(layer)
            note(layer)

        return draw_and_note

    offered = [found for found in vars(nn).values() if isinstance(found, type)]
    for cls in {base for found in offered for base in found.__mro__}:
        for name in {'reset_parameters', '_reset_parameters'} & vars(cls).keys():
            setattr(cls, name, noting(vars(cls)[name]))


def note(model, ids=None, stay=False):
    """Remember what all tensors, or those with `ids`, hold now; or that they `stay`."""
    for layer in model.modules():
        vars(layer).setdefault('_drawn', {}).update(
            {
                name: None if stay else starts.checksum(numbers(tensor))
                for name, tensor in own_tensors(layer).items()
                if ids is None or id(tensor) in ids
            }
        )


def untouched(model):
    """Return {id: layer} of the tensors that hold what was drawn for them."""
    return {
        id(tensor): layer
        for layer in model.modules()
        if '_drawn' in vars(layer)
        for name, tensor in own_tensors(layer).items()
        if layer._drawn.get(name) == starts.checksum(numbers(tensor))
    }


def settle(model):
    """Let all numbers of `model` stay from now on."""
    for layer in model.modules():
        vars(layer).pop('_drawn', None)


def draw_anew(model, ids, seed):
    """Let PyTorch draw the tensors with these ids again, by a generator of its own."""
    with torch.random.fork_rng(range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        for layer in reversed(list(model.modules())):  # a Transformer after its parts
            draw = getattr(layer, 'reset_parameters', None) or getattr(
                layer, '_reset_parameters', None
            )
            mine = all_tensors(layer).values() if hasattr(draw, '__wrapped__') else ()
            kept = [(t, t.detach().clone()) for t in mine if id(t) not in ids]
            if draw and len(kept) < len(mine):
                draw()
            for tensor, before in kept:
                tensor.data.copy_(before)


watch_draws()
