"""Many worlds of the launch: how every reading of the chapter behaves in them.

A naive reading is taken as what the meeting took it for: the feature's effect. How far the
figure moved over the launch is another quantity, with a truth of its own: what is to be expected
without chance, season, burst and feature together. An alarm there is a move that is not true.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial

from ...methods.sessions import serial
from .. import many_worlds
from ..many_worlds import Answer, Answers, Score
from .parameters import Parameters
from .replicates import Reference, Replicate

Method = many_worlds.Method[Replicate, Reference]

EFFECT = "the feature's effect (sessions per active day)"
EFFECT_ON_FIRST = "its effect on users from before (sessions per active day)"
CHANGE = "change over the launch (sessions per active user)"


def null_of(p: Parameters) -> Parameters:
    """Return the same world, but for a feature that does nothing."""
    return p.model_copy(update={"effect": 0.0, "effect_later": None, "anticipation": 0.0})


def worlds_of(p: Parameters) -> dict[str, Parameters]:
    """Return the worlds that the chapter scores its readings in, by what it calls them."""
    return {"this world": p, "nothing happens": null_of(p)}


def score(p: Parameters, *, replications: int, workers: int = 2) -> list[Score]:
    """Return how every reading behaves over `replications` worlds of these parameters.

    Readings that mean nothing with these parameters, or that no replicate can answer, such as
    exposure where nobody has access, are left out.
    """
    reference = Reference.of(p)
    found = replicate(reference, replications=replications, workers=workers)
    return many_worlds.score(methods_of(reference), found, reference, level=1 - p.alpha)


def replicate(
    reference: Reference, *, replications: int, workers: int = 2
) -> Mapping[str, Answers]:
    """Return the answers of every reading, by its key: arrays of (replications, 4)."""
    return many_worlds.replicate(
        partial(_answers, reference),
        methods_of(reference),
        replications=replications,
        workers=workers,
    )


def methods_of(reference: Reference) -> list[Method]:
    """Return the readings that mean something with these parameters."""
    found = []
    if math.isfinite(reference.effect):
        found += [
            _claim(
                "drop", "After less before", Replicate.change,
                "Takes season, newcomers and all else that came with the launch for the feature.",
            ),
            _claim(
                "exposed_all_days", "Exposed less not exposed, all days",
                Replicate.exposed_less_not,
                "Holds parts of days against whole days from before.",
            ),
            _claim(
                "exposed_same_days", "Exposed less not exposed, same days",
                partial(Replicate.exposed_less_not, same_days=True),
                "Both are parts of the same days; what parts them is how long a day was.",
            ),
            _claim(
                "regression", "The regression's coefficient", Replicate.treated_coefficient,
                "One contrast shared out between two coefficients that the days cannot tell apart.",
            ),
            _claim(
                "access_after", "With access less without, from launch on",
                Replicate.access_after,
                "Takes who gets access for what access does."
                if reference.p.access == "by activity"
                else "Right on average where a lot gives access; days go together all the same.",
            ),
        ]  # fmt: skip
    if math.isfinite(reference.effect_on_first) and reference.p.waves[0] == 0:
        found.append(
            Method(
                "own_changes", "Each user's own change, with access less without",
                EFFECT_ON_FIRST, "number", False, Replicate.own_changes,
                lambda r: r.effect_on_first,
                "Each user is held against the same user, and both groups live through the same "
                "days.",
            )
        )  # fmt: skip
    return [*found, *_changes()]


def _claim(key: str, label: str, answer: Callable[[Replicate], Answer], why: str) -> Method:
    """Return a reading that takes itself for the feature's effect."""
    return Method(key, label, EFFECT, "number", True, answer, lambda r: r.effect, why)


def _changes() -> list[Method]:
    """Return how far the figure moved, by each error."""
    ways: tuple[tuple[str, str, Callable[..., serial.Change], bool, str], ...] = (
        (
            "change_welch", "Welch over days", serial.welch, True,
            "Takes every day for news of its own.",
        ),
        (
            "change_newey_west", "Newey and West's errors", serial.newey_west, True,
            "Adds what neighbouring days share, and mends a part.",
        ),
        (
            "change_cosine", "errors from cosine waves", serial.cosine, False,
            "Takes the spread from how slowly days move, and is wider for it.",
        ),
    )  # fmt: skip
    return [
        Method(
            key, f"After less before, {label}", CHANGE, "number", is_naive,
            partial(Replicate.change, compare=compare), _change, why, null=_change,
        )
        for key, label, compare, is_naive, why in ways
    ]  # fmt: skip


def _change(reference: Reference) -> float:
    return reference.change


def _answers(reference: Reference, numbers: range) -> Answers:
    from threadpoolctl import threadpool_limits

    seeds = many_worlds.seeds(reference.p.seed, "executive_misread/many worlds", numbers)
    # Worlds are shared out to processes already; threads of each would get in their way.
    with threadpool_limits(limits=1):
        return many_worlds.answers(
            methods_of(reference),
            (Replicate(reference.p.model_copy(update={"seed": seed})) for seed in seeds),
        )
