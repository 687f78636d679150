"""Opening a user base: simulated, or read from somebody's own table."""

from __future__ import annotations

from .parameters import Parameters
from .user_base import UserBase


def open_users(p: Parameters) -> UserBase:
    """Return the users that these parameters describe: simulated, or one's own."""
    if p.data:
        from .own import open_own  # only a run on own data reads files

        return open_own(p)
    from .simulated import open_world

    return open_world(p)
