"""Wording of parallel trends: what an effect rests on, and how much of that a table can show.

Every function takes findings, facts and names and returns Markdown; none computes a statistic.
The names of a finding about a rollout are, in this order, those of `Words`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from .facts import Fact, PValue, Reason
from .findings import Finding
from .names import Name

TOO_FEW = (
    "there are too few periods before the start, or too few clusters to tell so many periods apart"
)


class Words(NamedTuple):
    """What a run calls its units, its groups, its treatment and its periods."""

    units: Name
    treated: Name
    controls: Name
    treatment: Name
    period: Name


def words_of(found: Finding) -> Words:
    """Return the words that a finding brings."""
    return Words(*found.names)


def effect(found: Finding) -> str:
    """Say what the treatment does, and what has to be taken for granted for that."""
    w = words_of(found)
    if not math.isfinite(found.estimate.low) and not math.isfinite(found.estimate.high):
        return (
            f"**How uncertain the effect of {w.treatment} is cannot be told**: the estimate is "
            f"{found:signed}, and nothing is left from which to tell its error."
        )
    if not found.is_clear:
        return (
            f"**Whether {w.treatment} changes {found.what} cannot be told**: with it, "
            f"{found.what} may be anything {found:range} than without ({found:level} interval), "
            f"provided that {w.treated} would have changed as {w.controls} did."
        )
    way = "raises" if found.direction == "higher" else "lowers"
    return (
        f"**{w.treatment:capital} {way} {found.what} by {found:size}** ({found:level} interval "
        f"{found:interval}), provided that {w.treated} would have changed as {w.controls} did."
    )


def no_effect(reason: Reason, w: Words) -> str:
    """Say that the effect cannot be told, and why."""
    return f"**What {w.treatment} did cannot be told in this run**: {reason}."


def right(found: Finding) -> str:
    """Say what the effect is in truth, and whether the interval holds it."""
    if found.truth is None:
        raise ValueError("nobody knows the truth")
    said = f"In truth the effect is {found:truth}"
    if found.truth == 0:
        said = "In truth there is no effect"
    elif not any(digit in f"{found:truth}" for digit in "123456789"):
        said = "In truth the effect is close to nothing"
    if not found.estimate.covers(found.truth):
        return f"{said}; the interval leaves that out."
    if found.grade == "undecided":
        return f"{said}; the interval holds that, and it holds no effect as well."
    return f"{said}; the interval holds that."


def trusted(found: Finding, size: Fact | None, reason: Reason) -> str:
    """Say how far groups may drift apart before an effect is no longer clear.

    `size` is None where no bounds can be had, for that `reason`, and may be infinite.
    """
    w = words_of(found)
    if not found.is_clear:
        return "A difference of trends could hide an effect as well as feign one."
    if size is None:
        return f"How far trends may differ before that is in doubt cannot be told: {reason}."
    if size.value == 0:
        return (
            f"Told {w.period} by {w.period}, which bounds on a difference of trends need, the "
            "effect is not clear even if there is no such difference."
        )
    if math.isinf(size.value):
        return "It stays clear however far the groups drift apart from one period to the next."
    return (
        f"It stays clear as long as the groups drift apart, from one {w.period} to the next, by "
        f"no more than {size} times the most that they seemed to before the start."
    )


def feigned(slope: Fact, found: Finding, *, moves: Fact, stated: bool = False) -> str:
    """Say what a drift would do to an effect: make all of it, or hide or feign one."""
    w = words_of(found)
    said = f"If {w.treated} had drifted away from {w.controls} by "
    if stated:
        return (
            f"{said}the stated {slope} a {w.period}, treatment or not, that alone would have moved "
            f"the estimate by {moves}."
        )
    if found.is_clear:
        return (
            f"{said}{slope} a {w.period}, treatment or not, that alone would have made the whole "
            "estimate."
        )
    return (
        f"{said}{slope} a {w.period}, treatment or not, that alone would have moved the estimate "
        f"by half the width of its interval, {moves}: enough to hide an effect, or to feign one."
    )


def pre_tested(p: PValue, *, alpha: float, there: bool = False) -> str:
    """Say what the test of the periods before the start found, and what it did not.

    `there` is another world than that of the sentences before.
    """
    test = "There the test" if there else "The test"
    if p.value < alpha:
        return (
            f"{test} finds that the groups did not move alike before the start ({p}). "
            "What moved them apart then may have done so after it as well, and then it is part "
            "of the estimate."
        )
    return (
        f"{test} does not find that the groups moved apart before the start ({p}). "
        "That is no proof that they moved alike."
    )


def noticed(power: Fact, wanted: Fact, *, silent: bool) -> str:
    """Say how likely the test notices a drift, and what its silence is then worth."""
    if not silent:
        return (
            f"The test had a chance of {power} to notice such a drift; here it did find the groups "
            "apart."
        )
    said = f"The test would have noticed such a drift with a chance of {power}"
    if power.value >= wanted.value:
        return f"{said}, no less than the {wanted} that were wanted: its silence means something."
    return f"{said}, below the {wanted} that were wanted: its silence means little."


def smallest_seen(drift: Fact, wanted: Fact, w: Words) -> str:
    """Say how large a drift must be to be noticed."""
    return f"To be noticed with a chance of {wanted}, a drift must be {drift:size} a {w.period}."


def passed(bias: Fact, left: Fact) -> str:
    """Say how far a drift moves the effects of tables that the test lets pass."""
    more = abs(left.value) - abs(bias.value)
    same = f"{left:size}" == f"{bias:size}"
    compared = "as much" if same else ("more" if more > 0 else "less")
    return (
        f"Such a drift would move the mean effect of the event study by {bias:size} over all "
        f"tables, and by {left:size} over those that the test lets pass: {compared}."
    )


def true_drift(drift: Fact, w: Words) -> str:
    """Say by how much the groups drift apart in this world by their own."""
    if drift.value == 0:
        return (
            f"In this world no drift was built in: nothing but {w.treatment} and chance moves the "
            "groups apart."
        )
    way = "gain" if drift.value > 0 else "lose"
    return (
        f"In this world {w.treated} {way} {drift:size} a {w.period} on {w.controls}, treatment or "
        "not."
    )


def event_mean(mean: Finding, clear: Fact, times: Fact, expected: Fact) -> str:
    """Say what the event study finds before the start and after it."""
    w = words_of(mean)
    said = f"From the start on, the effect is {mean:signed} on average ({mean:interval})."
    if not times.value:
        return f"{said} There is no {w.period} before the start to hold beside the reference."
    some = {0: "none stands", 1: f"{clear} stands"}.get(int(clear.value), f"{clear} stand")
    before = f"{w.period}s" if times.value != 1 else str(w.period)
    return (
        f"{said} Of {times} {before} before the start and beside the reference, {some} clear of "
        f"nothing. Where nothing goes on, chance alone makes about {expected}, and often several "
        "at once, because all are held against the same reference."
    )


def one_reference(ratio: Fact, w: Words) -> str:
    """Say what it costs to compare with one period alone."""
    if ratio.value <= 1:
        return ""
    return (
        f"The interval of that mean is {ratio} times as wide as that of two-way fixed effects: "
        f"every effect is a distance from a single {w.period}, and shares its luck."
    )


def bounds_title(size: Fact) -> str:
    """Say in a title how far an effect withstands a difference of trends."""
    if size.value == 0:
        return "No clear effect is left even if trends are parallel"
    if math.isinf(size.value):
        return "The effect is clear at every size of the bound"
    return f"A clear effect is left up to a size of {size}"


def held_from(plain: Finding, size: Fact | None) -> str:
    """Say, of a world whose trends differ, whether an interval and bounds hold the truth."""
    if plain.grade != "wrong":
        return (
            f"There the plain interval ({plain:interval}) holds the truth ({plain:truth}), by luck "
            "or because it is wide."
        )
    said = f"There the plain interval ({plain:interval}) leaves the truth out ({plain:truth})"
    if size is None:
        return f"{said}, and so do the bounds of every size that was tried."
    if size.value == 0:
        return (
            f"{said}; the interval that bounds begin with is told period by period, and "
            "wide enough to hold it."
        )
    return f"{said}; of the bounds that were tried, those from a size of {size} on hold it."
