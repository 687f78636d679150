"""Case `creator_segmentation`: which creators carry the platform?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import Case
from .contract import SALES
from .parameters import Parameters

__all__ = ["CASE", "most_scored", "null_of", "score", "start"]


def _open(p: Any) -> Any:
    from .opening import open_creators  # the command line starts light

    return open_creators(p)


def _simulate(p: Any) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    from .simulated import tables_of

    return tables_of(p)


CASE = Case(
    slug="creator_segmentation",
    title="Who carries the platform?",
    question="Which creators carry the platform, and how should each be treated?",
    world="creators",
    parameters=Parameters,
    contract=SALES,
    opener=_open,
    example="knowntruth run creator_segmentation --data creators.xlsx",
    simulator=_simulate,
)

start = CASE.start


def score(p: Parameters, *, replications: int, workers: int) -> Any:
    """Return how every method of the chapter behaves over many worlds, see `scored`."""
    from . import scored

    return scored.score(p, replications=replications, workers=workers)


def most_scored(p: Parameters) -> int:
    """Return how many creators each of these worlds has."""
    from . import scored

    return scored.most_scored(p)


def null_of(p: Parameters) -> Parameters:
    """Return the same creators as one continuum."""
    from . import scored

    found: Parameters = scored.null_of(p)
    return found
