"""Many worlds of the user base: how every method of the chapter behaves in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from ...methods.users import robust
from ...story.numbers import Unit
from .. import many_worlds
from ..many_worlds import Answer, Answers, Score
from .parameters import Parameters
from .replicates import (
    CONVERTED,
    DAY_1,
    DAY_30,
    WITH_AND_WITHOUT,
    Reference,
    Replicate,
)
from .user_base import ONBOARDING

Method = many_worlds.Method[Replicate, Reference]

# What is estimated, with the unit in which bias and spread are told.
RETAINED, PAYING = "day-30 retention (points)", "conversion (points)"
ONBOARDED = "onboarding's effect on day-30 retention (points)"
USUAL_LESSONS = "lessons a user without outliers (lessons)"
USUAL_PAYING = "conversion in usual countries (points)"
BEST_PAYING = "its conversion above all others' (points)"
COUNTS = "Counts everybody once; nothing but chance is between it and the truth."
LOT = "A lot looks at nobody, so both groups hold the same kinds of users."
# In words, whether the chapter warns of it, and why it is right or wrong.
CENTRES: dict[robust.Kind, tuple[str, bool, str]] = {
    "mean": (
        "Mean", True,
        "Takes every user at face value, the odd ones included.",
    ),
    "median": (
        "Median", False,
        "Withstands a few who are far out; moves where many are odd, as idle users are.",
    ),
    "trimmed mean": (
        "Trimmed mean", False,
        "Drops a tenth at both ends; moves where more than that are odd.",
    ),
    "huber": (
        "Huber's location", False,
        "Pulls in whoever is far out; idle users are too many for it, and too near.",
    ),
}  # fmt: skip


def null_of(p: Parameters) -> Parameters:
    """Return the same world, but for an onboarding that does nothing at all."""
    return p.model_copy(update={"onboarding_day_1": 0.0, "onboarding_day_30": 0.0})


def score(p: Parameters, *, replications: int, workers: int = 2) -> list[Score]:
    """Return how every method behaves over `replications` worlds of these parameters.

    Methods that mean nothing with these parameters, such as a lot where users are dealt by lot
    anyway, or that no replicate can answer, are left out.
    """
    reference = Reference.of(p)
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


def methods_of(reference: Reference) -> list[Method]:
    """Return the methods that mean something with these parameters."""
    return [
        _level(
            "retained", "Wilson's interval", RETAINED, "share", False,
            lambda r: r.rate(DAY_30), lambda r: r.truth.overall[DAY_30], COUNTS,
        ),
        _level(
            "paying", "Wilson's interval", PAYING, "share", False,
            lambda r: r.rate(CONVERTED), lambda r: r.truth.overall[CONVERTED], COUNTS,
        ),
        *_onboarding(reference),
        *_instruments(reference),
        *_countries(reference),
        *_centres(),
        Method(
            "best_country", "“The best-paying country”", BEST_PAYING, "points", True,
            Replicate.best_against_others, lambda r: None,
            "Picks the luckiest of many countries and reports its luck as a difference.",
            truth_within=Replicate.true_best_against_others,
        ),
        *(_rare() if reference.has_rare else []),
    ]  # fmt: skip


def _onboarding(reference: Reference) -> Iterator[Method]:
    """Yield what the onboarding does: as users came to it, and as a lot would have it."""
    chosen = reference.is_chosen
    ways = [
        (
            "onboarding_crude", "as they come", chosen,
            lambda r: r.crude(DAY_30, ONBOARDING, WITH_AND_WITHOUT),
            "Takes who chooses the onboarding for what it does." if chosen else LOT,
        ),
        (
            "onboarding_adjusted", "all known equal", chosen,
            lambda r: r.adjusted(DAY_30, ONBOARDING, WITH_AND_WITHOUT),
            "Holds equal what the table tells; the keenness that it does not tell stays in."
            if chosen
            else "Needs no factor to be right, since a lot looks at none.",
        ),
    ]  # fmt: skip
    if reference.p.keen_share > 0:
        ways.append((
            "onboarding_told", "keenness told as well", False,
            lambda r: r.adjusted(DAY_30, ONBOARDING, WITH_AND_WITHOUT, told=True),
            "Is told what no analyst knows, and so shows what was missing.",
        ))  # fmt: skip
    if chosen:
        ways.append(("onboarding_lot", "dealt by lot", False, lambda r: r.by_lot(DAY_30), LOT))
    for key, label, is_naive, answer, why in ways:
        yield Method(
            key, f"Onboarding, {label}", ONBOARDED, "points", is_naive, answer,
            lambda r: r.effect(DAY_30, ONBOARDING, WITH_AND_WITHOUT), why,
        )  # fmt: skip


def _instruments(reference: Reference) -> Iterator[Method]:
    """Yield what one instrument does to retention, where there are two to compare."""
    pair = reference.instruments
    if pair is None:
        return
    for key, label, is_naive, answer, why in (
        (
            "instrument_crude", "as they come", True,
            lambda r: r.crude(DAY_1, "instrument", pair),
            "Takes the age that goes along with an instrument for its own doing.",
        ),
        (
            "instrument_adjusted", "all known equal", False,
            lambda r: r.adjusted(DAY_1, "instrument", pair),
            "Holds age equal, and what else is in the table.",
        ),
    ):  # fmt: skip
        yield Method(
            key, f"{pair.level} against {pair.against}, {label}",
            "instrument's effect on day-1 retention (points)", "points", is_naive, answer,
            lambda r: r.effect(DAY_1, "instrument", pair), why,
        )  # fmt: skip


def _countries(reference: Reference) -> Iterator[Method]:
    """Yield what one country does to conversion, where there are two to compare."""
    pair = reference.countries
    if pair is None:
        return
    for key, label, is_naive, answer, why in (
        (
            "country_without_income", "income left out", True,
            lambda r: r.adjusted(CONVERTED, "country", pair, without="income_band"),
            "Finds where users pay; that a richer country has richer users stays in.",
        ),
        (
            "country_with_income", "income held equal", False,
            lambda r: r.adjusted(CONVERTED, "country", pair),
            "Holds income equal as if it acted alike everywhere; in rare countries it does not."
            if reference.has_rare and reference.p.rare_high_conversion
            else "Finds what is left of a country among users of the same income.",
        ),
    ):  # fmt: skip
        yield Method(
            key, f"{pair.level} against {pair.against}, {label}",
            "country's own effect on conversion (points)", "points", is_naive, answer,
            lambda r: r.effect(CONVERTED, "country", pair), why,
        )  # fmt: skip


def _centres() -> Iterator[Method]:
    """Yield where lessons lie, by each estimator."""
    for kind, (label, is_naive, why) in CENTRES.items():
        yield _level(
            kind.replace(" ", "_"), label, USUAL_LESSONS, "number", is_naive,
            partial(Replicate.centre, kind=kind), partial(_middle, kind=kind), why,
        )  # fmt: skip


def _middle(reference: Reference, kind: str) -> float:
    return reference.middles[kind]


def _rare() -> Iterator[Method]:
    """Yield what users in usual countries pay, with the rare ones counted in and left out."""
    for key, label, is_naive, answer, why in (
        (
            "everybody_paying", "Rate of everybody", True, lambda r: r.rate(CONVERTED),
            "Takes users from a few rare countries for everybody else.",
        ),
        (
            "usual_paying", "Rate without rare countries", False,
            lambda r: r.rate_of_usual(CONVERTED),
            "Leaves out by what was known at sign-up, and so bends nothing.",
        ),
    ):  # fmt: skip
        yield _level(
            key, label, USUAL_PAYING, "share", is_naive, answer, Reference.usual_conversion, why
        )


def _level(
    key: str,
    label: str,
    quantity: str,
    unit: Unit,
    is_naive: bool,
    answer: Callable[[Replicate], Answer],
    truth: Callable[[Reference], float],
    why: str,
) -> Method:
    """Return a method that finds a level, where nothing is found that is not the truth."""
    return Method(key, label, quantity, unit, is_naive, answer, truth, why, null=truth)


def _answers(reference: Reference, numbers: range) -> Answers:
    from threadpoolctl import threadpool_limits

    seeds = many_worlds.seeds(reference.p.seed, "edtech_simulation/many worlds", numbers)
    # Shared among threads, products of such small matrices take twice as long.
    with threadpool_limits(limits=1):
        return many_worlds.answers(
            methods_of(reference), (Replicate(reference, seed) for seed in seeds)
        )
