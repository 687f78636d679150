"""Many worlds of the rollout: how every method of the chapter behaves in them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from .. import many_worlds
from ..many_worlds import Answers, Score
from .parameters import Parameters
from .replicates import Reference, Replicate
from .scored_methods import methods_of

# A world in which users of a market share their luck, and markets get access as a whole.
MARKETS = {
    "users": 3_000,
    "markets": 12,
    "access": "by market",
    "access_share": 0.5,
    "waves": [0],
    "wave_shares": [],
    "effect_by_wave": [],
    "trend_gap": 0.0,
    "market_spread": 0.06,
    "market_persistence": 0.9,
    "market_trend": 0.0,
}


def null_of(p: Parameters) -> Parameters:
    """Return the same world, but for a feature that does nothing."""
    return p.model_copy(update={"effect": 0.0, "effect_later": None, "anticipation": 0.0})


def worlds_of(p: Parameters) -> dict[str, Parameters]:
    """Return the worlds that the chapter scores its methods in, by what it calls them.

    In "markets" nothing happens either, but few markets decide who has access.
    """
    null = null_of(p)
    return {
        "this world": p,
        "nothing happens": null,
        "markets": null.model_copy(update=MARKETS),
    }


def score(p: Parameters, *, replications: int, workers: int = 2) -> list[Score]:
    """Return how every method behaves over `replications` worlds of these parameters.

    Methods that mean nothing with these parameters, or that no replicate can answer, such as any
    where all users have access at once, are left out.
    """
    reference = Reference.of(p)
    if not methods_of(reference):
        return []
    found = replicate(reference, replications=replications, workers=workers)
    return many_worlds.score(methods_of(reference), found, reference, level=1 - p.alpha)


def replicate(
    reference: Reference, *, replications: int, workers: int = 2
) -> Mapping[str, Answers]:
    """Return the answers of every method, by its key: arrays of (replications, 4)."""
    return many_worlds.replicate(
        partial(_answers, reference),
        methods_of(reference),
        replications=replications,
        workers=workers,
    )


def _answers(reference: Reference, numbers: range) -> Answers:
    from threadpoolctl import threadpool_limits

    seeds = many_worlds.seeds(reference.p.seed, "difference_in_differences/many worlds", numbers)
    # Worlds are shared out to processes already; threads of each would get in their way.
    with threadpool_limits(limits=1):
        return many_worlds.answers(
            methods_of(reference),
            (Replicate(reference.p.model_copy(update={"seed": seed})) for seed in seeds),
        )
