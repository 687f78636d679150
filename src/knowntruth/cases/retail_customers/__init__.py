"""Case `retail_customers`: what sells, to whom, and which customer segments are real?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...worlds.retail.parameters import Parameters as World
from .. import Case, Streamed
from ..purchases_contract import PURCHASES
from .parameters import Parameters

__all__ = ["CASE", "score", "start"]


def _open(p: Any) -> Any:
    from .opening import open_customers  # the command line starts light

    return open_customers(p)


def _simulate(p: Any) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    from ..shop import tables_of

    return tables_of(p)


def _write(p: Any, folder: Path, progress: Callable[[int, int], None]) -> None:
    from ...worlds.retail.stream import write

    write(p, folder, progress=progress)


CASE = Case(
    slug="retail_customers",
    title="Four kinds of customers",
    question="What sells, to whom, and which customer segments are real?",
    world="retail",
    parameters=Parameters,
    contract=PURCHASES,
    opener=_open,
    example=(
        "knowntruth run retail_customers --data orders.csv --map customer=client "
        "--map product=sku --map date=ordered_at --map amount=total"
    ),
    simulator=_simulate,
    streamed=Streamed(World, _write),
)

start = CASE.start


def score(p: Parameters, *, replications: int, workers: int, of_kinds: bool = False) -> Any:
    """Return how the methods of the chapter behave over many worlds, see `scored`."""
    from . import scored

    return scored.score(p, replications=replications, workers=workers, of_kinds=of_kinds)
