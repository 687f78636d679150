"""Case `edtech_simulation`: who stays, who leaves, who pays, on a music-learning platform?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import Case
from .contract import USERS
from .parameters import Parameters

__all__ = ["CASE", "null_of", "score", "start"]


def _open(p: Any) -> Any:
    from .opening import open_users  # the command line starts light

    return open_users(p)


def _simulate(p: Any) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    from .simulated import tables_of

    return tables_of(p)


CASE = Case(
    slug="edtech_simulation",
    title="A world built in the open",
    question="Who stays, who leaves, who pays, on a music-learning platform?",
    world="edtech",
    parameters=Parameters,
    contract=USERS,
    opener=_open,
    example=(
        "knowntruth run edtech_simulation --data users.csv --map factors=plan,country "
        "--map day_30=still_active --map converted=paid"
    ),
    simulator=_simulate,
)

start = CASE.start


def score(p: Parameters, *, replications: int, workers: int) -> Any:
    """Return how every method of the chapter behaves over many worlds, see `scored`."""
    from . import scored

    return scored.score(p, replications=replications, workers=workers)


def null_of(p: Parameters) -> Parameters:
    """Return the same world, but for an onboarding that does nothing at all."""
    from . import scored

    return scored.null_of(p)
