"""A layer whose calls are counted, in any framework."""

import functools


def counted(cls, method):
    """Return (a subclass of `cls`, a list that each call of `method` makes longer)."""
    runs = []

    @functools.wraps(getattr(cls, method))
    def call(self, *args, **kwargs):
        runs.append(1)
        return getattr(cls, method)(self, *args, **kwargs)

    return type(cls.__name__, (cls,), {method: call}), runs
