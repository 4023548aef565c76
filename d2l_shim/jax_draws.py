"""What Flax's initialisers are for: told by a user, or by Flax alone.

A module's initialiser is stated if it is not the one that its class gives.
"""


def initialisers(module):
    """Return {field: whether a user stated it} of a module's initialisers."""
    known = next(c for c in type(module).__mro__ if c.__module__.startswith('flax'))
    fields = getattr(known, '__dataclass_fields__', {})  # nn.Module itself has none
    return {
        name: getattr(module, name) is not field.default
        for name, field in fields.items()
        if name.endswith('_init')
    }


def stated(modules, paths):
    """Return those of `paths` of variables whose initialiser a user stated."""
    return {
        path
        for path in paths
        if initialisers(modules[path[1:-1]]).get(f'{path[-1]}_init')
    }


def own_classes(modules, paths):
    """Return the classes of Flax in which `paths` lie and no initialiser is stated."""
    found = set()
    for path in paths:
        above = [
            modules[path[1:end]]
            for end in range(1, len(path))
            if path[1:end] in modules
        ]
        module = next(filter(initialisers, above), None)
        if module is not None and not any(initialisers(module).values()):
            found.add(type(module).__name__)
    return found
