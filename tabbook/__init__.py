"""Reads, checks, splits, runs, renders and packs tabbed notebooks."""


def load_ipython_extension(shell):
    """`%load_ext tabbook`: let a live notebook understand `%%tab` and `%%from`."""
    from tabbook import live  # a command needs none of it

    live.load(shell)


def unload_ipython_extension(shell):
    """`%unload_ext tabbook`."""
    from tabbook import live

    live.unload(shell)
