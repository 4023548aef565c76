"""What a framework lacks of the contract, told in its own process."""

import inspect

from d2l_shim import framework


def unmet(protocol, cls):
    """Return a sentence for each member of `protocol` that `cls` does not have so."""
    gaps = []
    for name in wanted(protocol):
        asked, has = vars_of(protocol, name), getattr(cls, name, None)
        if has is None or (has is asked and is_stub(asked)):
            gaps.append(f'{name} is missing')
        elif inspect.isfunction(asked):
            takes, should = signature(cls, name), signature(protocol, name)
            if takes != should:
                gaps.append(f'{name} takes {takes}, not {should}')
    return gaps


def wanted(protocol):
    """Return the public names of a protocol and of those that it widens."""
    bases = [base for base in protocol.__mro__ if getattr(base, '_is_protocol', False)]
    names = {name for b in bases for name in {**vars(b), **b.__annotations__}}
    return sorted(name for name in names if not name.startswith('_'))


def vars_of(protocol, name):
    return inspect.getattr_static(protocol, name, None)


def signature(cls, name):
    """Return what a method takes as one writes it, `self` included."""
    member = inspect.getattr_static(cls, name)
    static = isinstance(member, staticmethod)
    taken = inspect.signature(member.__func__ if static else member)
    text = str(taken.replace(return_annotation=inspect.Signature.empty))
    return f'(self, {text[1:]}' if static else text


def is_stub(member):
    """Whether a method has nothing but its docstring."""

    def stub():
        """Do nothing."""

    return inspect.isfunction(member) and (
        member.__code__.co_code == stub.__code__.co_code
    )


def gaps(side):
    """Return what the framework's three parts lack."""
    d2l = side.d2l
    functional = framework.Functional in type(d2l.framework).__mro__
    adapter = framework.Functional if functional else framework.Adapter
    return [
        *unmet(adapter, type(d2l.framework)),
        *unmet(framework.Steps, d2l.Trainer),
        *unmet(framework.Batches, d2l.FashionMNIST),
    ]
