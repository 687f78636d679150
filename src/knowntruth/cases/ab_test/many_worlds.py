"""Many worlds of the experiment: how every method of the chapter behaves in them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ...worlds.musicstream.world import simulate, users_of
from .. import many_worlds
from ..many_worlds import Answers, Score
from .parameters import Parameters
from .scored import METHODS, Reference, Replicate
from .simulated import is_machine


def null_of(p: Parameters) -> Parameters:
    """Return the same world, but for a treatment that does nothing at all."""
    nothing = (
        "lift", "conversion_effect", "churn_if_treated", "playlist_add_effect", "share_effect",
        "paywall_effect", "lost_share",
    )  # fmt: skip
    return p.model_copy(update=dict.fromkeys(nothing, 0.0) | {"segment_lift": {}})


def score(p: Parameters, *, replications: int, workers: int = 2) -> list[Score]:
    """Return how every method behaves over `replications` worlds of these parameters.

    Methods that no replicate can answer, such as CUPED without a pre-period, are left out.
    """
    return many_worlds.score(
        METHODS,
        replicate(p, replications=replications, workers=workers),
        reference_of(p),
        level=1 - p.alpha,
        levels={"split": 1 - p.split_alpha},
    )


def replicate(p: Parameters, *, replications: int, workers: int = 2) -> Mapping[str, Answers]:
    """Return the answers of every method, by its key: arrays of (replications, 4)."""
    return many_worlds.replicate(
        partial(_answers, p), METHODS, replications=replications, workers=workers
    )


def reference_of(p: Parameters) -> Reference:
    """Return the world from which truths are read."""
    world = simulate(p.model_copy(update={"event_log": False}))
    people = world.users[~is_machine(world.users)]
    during = float(people["songs_played"].quantile(p.heavy_quantile))
    before = float(people["songs_before"].quantile(p.heavy_quantile)) if p.pre_period else 0.0
    return Reference(world, during, before)


def _answers(p: Parameters, numbers: range) -> Answers:
    drawn = many_worlds.seeds(p.seed, "ab_test/many worlds", numbers)
    worlds = (p.model_copy(update={"seed": seed, "event_log": False}) for seed in drawn)
    return many_worlds.answers(METHODS, (Replicate(one, users_of(one)) for one in worlds))
