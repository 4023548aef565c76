"""Pictures as a framework's own process prepares them."""

from tests.frameworks import written


def librarys(side, paths):
    """Return the pictures in files as the library itself prepares them."""
    return [written(side).prepared(path) for path in paths]


def batch(side, path, source):
    """Return the batch of one that `d2l.read_picture` makes, an ndarray."""
    return side.framework.numpy(side.d2l.read_picture(path, source))
