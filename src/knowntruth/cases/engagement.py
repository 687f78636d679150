"""What the chapters on world `engagement` share: how large it may be, and its part of a case."""

from __future__ import annotations

from typing import Any

from ..parameters import parameter
from ..worlds.engagement.parameters import Parameters as WorldParameters


class World(WorldParameters):
    """The world, with no more users than a chapter can spell out session by session."""

    users: int = parameter(15_000, "users who sign up by the end", unit="users", ge=200, le=300_000)


def world_parameters(p: Any) -> WorldParameters:
    """Return the part of a case's parameters that is the world's."""
    return WorldParameters(**{name: getattr(p, name) for name in WorldParameters.model_fields})
