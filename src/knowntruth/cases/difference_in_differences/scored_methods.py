"""Methods of the chapter that are run again in many worlds: what each finds, and why."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from ...story.numbers import Unit
from .. import many_worlds
from ..many_worlds import Answer
from .replicates import Reference, Replicate

Method = many_worlds.Method[Replicate, Reference]

EFFECT = "effect of access (sessions per active day)"
ON_TREATED = "effect on those who use it (sessions per active day)"
PLACEBO_START = "effect before there is one (sessions per active day)"
PLACEBO_OUTCOME = "effect on the share of active days"

SHARED = "Takes the users of a market for independent, though they share their luck."
MIXED = "Holds late groups against early ones as well, whose effect may still change."
LONE = "Where one market stands alone, its own luck is in no clustered error."


def methods_of(reference: Reference) -> list[Method]:
    """Return the methods that mean something with these parameters."""
    if math.isnan(reference.effect):
        return []
    if reference.is_staggered:
        return [*_two_way(reference), *_staggered(reference), _placebo_outcome(reference)]
    return [
        *_hurried(reference),
        *_differences(reference),
        *_two_way(reference),
        *_from_one_period(reference),
        *_taken_up(reference),
        *_triple(reference),
        _placebo(
            reference, "placebo_start", "Placebo start", PLACEBO_START, Replicate.placebo_start,
            "Finds what chance finds, if trends are parallel before the launch.",
            truth=lambda r: 0.0 if r.is_parallel_before else None,
        ),
        _placebo_outcome(reference),
    ]  # fmt: skip


def _hurried(reference: Reference) -> list[Method]:
    by_lot = reference.p.access != "by activity"
    return [
        _effect(
            "after_only", "With access less without, afterwards", Replicate.after_only,
            "Right on average where a lot decides, and far less certain than it could be."
            if by_lot
            else "Takes who gets access for what access does.",
            is_naive=True,
        ),
        _effect(
            "change_only", "After less before, with access alone", Replicate.change_only,
            "Takes all else that changed meanwhile for the feature.",
            is_naive=True,
        ),
        _effect(
            "exposed_or_not", "Ever met it against never met it", Replicate.exposed_or_not,
            "Users sort themselves by what they do after the launch, which is the outcome itself.",
            is_naive=True,
        ),
    ]  # fmt: skip


def _differences(reference: Reference) -> list[Method]:
    shared = reference.treated_markets > 0
    return [
        _effect(
            "regression", "Group, time and their product", Replicate.regression,
            _of(reference, "Right on average, but users who come and go move the four means."),
            is_naive=reference.has_lone_market,
        ),
        _effect(
            "units", "Users' own changes, alike", partial(Replicate.differences, weighting="units"),
            SHARED if shared else "Holds each user against the same user, also who is rarely seen.",
            is_naive=shared,
        ),
        _effect(
            "precision", "Users' own changes, by how well they are seen",
            partial(Replicate.differences, weighting="precision"),
            SHARED if shared else "Each user counts for as much as is known of the user.",
            is_naive=shared,
        ),
    ]  # fmt: skip


def _two_way(reference: Reference) -> list[Method]:
    """Return two-way fixed effects, by each error."""
    mixed, whole = reference.is_staggered, reference.treated_markets > 0
    ways: list[tuple[str, str, Callable[[Replicate], Answer], str, bool]] = [
        (
            "two_way_classical", "classical errors", partial(Replicate.two_way, clustered=False),
            "Takes each row for news, and each user's weeks for independent.", True,
        )
    ]  # fmt: skip
    if reference.p.markets > 1:
        own = "Lets the weeks of a user go together; both groups live in every market."
        ways.append((
            "two_way_by_user", "clustered by user", Replicate.two_way_by_user,
            SHARED if whole else own, whole,
        ))  # fmt: skip
    ways.append((
        "two_way",
        f"clustered by {'user' if reference.p.markets == 1 else 'market'}",
        Replicate.two_way,
        _of(reference, "Lets all that is of one cluster go together as it likes."),
        reference.has_lone_market,
    ))  # fmt: skip
    if whole:
        ways.append((
            "wild", "wild bootstrap of markets", Replicate.wild,
            "Tries out what chance does with so few markets.", False,
        ))  # fmt: skip
    return [
        _effect(
            key, f"Two-way fixed effects, {errors}", answer, MIXED if mixed else why,
            is_naive=is_naive or mixed,
        )
        for key, errors, answer, why, is_naive in ways
    ]  # fmt: skip


def _from_one_period(reference: Reference) -> list[Method]:
    """Return what holds all periods against one, and the synthetic control."""
    found = [
        _mean(
            reference, "mean_after", "Event study, mean after the start", Replicate.mean_after,
            "Hangs on the one period that all others are held against, and spreads more.",
        ),
        _mean(
            reference, "staggered_never", "By group and time, against never treated",
            partial(Replicate.by_group, comparison="never"),
            "Uses one period before the start; its errors do not allow for how few markets are."
            if reference.treated_markets
            else "Uses one period before the start, where others use all of them.",
        ),
    ]  # fmt: skip
    if reference.treated_markets == 1:
        found.append(
            Method(
                "synthetic", "Synthetic control of markets", EFFECT, "number", False,
                Replicate.synthetic, lambda r: r.mean_over_periods,
                "Holds the one market against a mixture of others, and its gap against theirs.",
            )
        )  # fmt: skip
    return found


def _staggered(reference: Reference) -> list[Method]:
    return [
        _mean(
            reference, "staggered_never", "By group and time, against never treated",
            partial(Replicate.by_group, comparison="never"),
            "Holds no group against one that is treated already.",
        ),
        _mean(
            reference, "staggered_not_yet", "By group and time, against not yet treated",
            partial(Replicate.by_group, comparison="not yet"),
            "Holds groups against all who are not treated yet, never against treated ones.",
        ),
    ]  # fmt: skip


def _taken_up(reference: Reference) -> list[Method]:
    if math.isnan(reference.effect_on_treated):
        return []
    shared = reference.treated_markets > 0
    why = "Shares out what access did among those who took it up, whoever they are."
    return [
        Method(
            "taken_up", "Users' own changes, by take-up", ON_TREATED, "number", shared,
            Replicate.taken_up, lambda r: r.effect_on_treated, SHARED if shared else why,
        )
    ]  # fmt: skip


def _triple(reference: Reference) -> list[Method]:
    if reference.p.web_share == 0:
        return []
    why = "Takes away what parts the groups on the web as well, and spreads more for it."
    return [
        _effect(
            "triple", "Triple difference, app less web", Replicate.triple, _of(reference, why),
            is_naive=reference.has_lone_market,
        )
    ]  # fmt: skip


def _placebo_outcome(reference: Reference) -> Method:
    return _placebo(
        reference, "placebo_outcome", "Placebo outcome", PLACEBO_OUTCOME,
        Replicate.placebo_outcome,
        "The feature adds sessions to days, and no days; chance alone is found here.",
        unit="points",
    )  # fmt: skip


def _placebo(
    reference: Reference,
    key: str,
    label: str,
    quantity: str,
    answer: Callable[[Replicate], Answer],
    why: str,
    *,
    truth: Callable[[Reference], float | None] = many_worlds.zero,
    unit: Unit = "number",
) -> Method:
    """Return a method that should find nothing."""
    lone = reference.has_lone_market
    return Method(key, label, quantity, unit, lone, answer, truth, _of(reference, why))


def _of(reference: Reference, why: str) -> str:
    """Return what is to be said of clustered errors: `why`, unless one market stands alone."""
    return LONE if reference.has_lone_market else why


def _effect(
    key: str, label: str, answer: Callable[[Replicate], Answer], why: str, *, is_naive: bool = False
) -> Method:
    """Return a method that finds what access adds to an active day."""
    return Method(key, label, EFFECT, "number", is_naive, answer, lambda r: r.effect, why)


def _mean(
    reference: Reference, key: str, label: str, answer: Callable[[Replicate], Answer], why: str
) -> Method:
    """Return a method that finds the mean effect over periods."""
    lone = reference.has_lone_market
    return Method(
        key, label, EFFECT, "number", lone, answer, lambda r: r.mean_over_periods,
        _of(reference, why),
    )  # fmt: skip
