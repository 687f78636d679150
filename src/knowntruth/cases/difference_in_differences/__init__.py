"""Case `difference_in_differences`: what did the feature really do?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import Case
from .contract import PANEL
from .parameters import Parameters

__all__ = ["CASE", "null_of", "score", "start"]


def _open(p: Any) -> Any:
    from .opening import open_rollout  # the command line starts light

    return open_rollout(p)


def _simulate(p: Any) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    from .simulated import tables_of

    return tables_of(p)


CASE = Case(
    slug="difference_in_differences",
    title="From an empty cell to an answer",
    question="What did the feature really do?",
    world="engagement",
    parameters=Parameters,
    contract=PANEL,
    opener=_open,
    example=(
        "knowntruth run difference_in_differences --data states.csv --map unit=state "
        "--map period=quarter --map outcome=rate --map treated=in_california -p start=4"
    ),
    simulator=_simulate,
)

start = CASE.start


def score(p: Parameters, *, replications: int, workers: int) -> Any:
    """Return how every method of the chapter behaves over many worlds, see `scored`."""
    from . import scored

    return scored.score(p, replications=replications, workers=workers)


def null_of(p: Parameters) -> Parameters:
    """Return the same world, but for a feature that does nothing."""
    from . import scored

    return scored.null_of(p)
