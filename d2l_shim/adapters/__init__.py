"""One file a framework, which meets the contract `d2l_shim.framework.Adapter`."""

import numpy as np

from d2l_shim import calls, framework, starts


class Adapter(framework.Adapter):
    """What does not differ where layers are objects that hold their numbers."""

    def handle(self, layer, kind, name):
        """Return the Handle of a tensor of `layer`, or None where it has none."""
        raise NotImplementedError

    def first_calls(self, model, *X, **named):
        return calls.first_calls(self, model, *X, **named)

    def tensors(self, model, *X, **named):
        told = self.first_calls(model, *X, **named)
        return starts.name_tensors(told.of_kinds(self.kinds), self.handle)

    def numbers(self, model):
        X = [self.example(model, shape) for shape in model.example_shapes]
        return {name: np.array(h.get()) for name, h in self.tensors(model, *X).items()}
