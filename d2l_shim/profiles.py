"""How much of a run is done, by the environment variable D2L_PROFILE."""

import os
from typing import NamedTuple


class Profile(NamedTuple):
    """How much of a run is done: None means no limit."""

    name: str
    max_epochs: int | None = None
    train_size: int | None = None
    val_size: int | None = None


PROFILES = {
    p.name: p
    for p in (
        Profile('smoke', 1, 256, 256),
        Profile('quick', 3, 896, 256),
        Profile('full'),
    )
}


def profile():
    """Return the Profile that the environment variable D2L_PROFILE names."""
    name = os.environ.get('D2L_PROFILE') or 'full'
    if name not in PROFILES:
        raise ValueError(
            f'D2L_PROFILE={name!r} is not a profile: use {", ".join(PROFILES)}.'
        )
    return PROFILES[name]
