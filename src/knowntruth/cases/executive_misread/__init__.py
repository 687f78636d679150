"""Case `executive_misread`: how does a hurried team misread a drop in engagement?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import Case
from .contract import EVENTS
from .parameters import Parameters

__all__ = ["CASE", "null_of", "score", "start"]


def _open(p: Any) -> Any:
    from .opening import open_launch  # the command line starts light

    return open_launch(p)


def _simulate(p: Any) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    from .simulated import tables_of

    return tables_of(p)


CASE = Case(
    slug="executive_misread",
    title="Monday, nine o'clock",
    question="How does a hurried team misread a drop in engagement?",
    world="engagement",
    parameters=Parameters,
    contract=EVENTS,
    opener=_open,
    example=(
        "knowntruth run executive_misread --data sessions.csv --map user=account "
        "--map time=started_at --map exposed=saw_feature -p launch=2025-03-03"
    ),
    simulator=_simulate,
)

start = CASE.start


def score(p: Parameters, *, replications: int, workers: int) -> Any:
    """Return how every reading of the chapter behaves over many worlds, see `scored`."""
    from . import scored

    return scored.score(p, replications=replications, workers=workers)


def null_of(p: Parameters) -> Parameters:
    """Return the same world, but for a feature that does nothing."""
    from . import scored

    return scored.null_of(p)
