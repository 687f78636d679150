"""Case `ab_test`: did the recommender raise listening, and did it raise revenue?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import Case
from .contract import UNITS
from .parameters import Parameters

__all__ = ["CASE", "null_of", "score", "start"]


def _open(p: Any) -> Any:
    from .opening import open_experiment  # the command line starts light

    return open_experiment(p)


def _simulate(p: Any) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    from .simulated import tables_of

    return tables_of(p)


CASE = Case(
    slug="ab_test",
    title="The recommender and the revenue",
    question="Did the recommender raise listening, and did it raise revenue?",
    world="musicstream",
    parameters=Parameters,
    contract=UNITS,
    opener=_open,
    example=(
        "knowntruth run ab_test --data experiment.csv --map arm=version "
        "--map primary=songs --map secondary=bought,returned -p control=A"
    ),
    simulator=_simulate,
)

start = CASE.start


def score(p: Parameters, *, replications: int, workers: int) -> Any:
    """Return how every method of the chapter behaves over many worlds, see `many_worlds`."""
    from . import many_worlds

    return many_worlds.score(p, replications=replications, workers=workers)


def null_of(p: Parameters) -> Parameters:
    """Return the same world, but for a treatment that does nothing at all."""
    from . import many_worlds

    return many_worlds.null_of(p)
