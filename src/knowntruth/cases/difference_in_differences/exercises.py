"""Checks of the chapter's exercises.

Each check works its own answer out from numbers drawn for this run, so it holds under any seed.
It accepts a right answer, and tells the typical wrong ones apart to say where they went astray.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...methods.panels import did
from ...methods.panels.panel import balanced
from ...story.facts import Fact
from ...story.saying import say
from ..exercises import judge
from .rollout import Rollout

Array = NDArray[np.float64]

UNITS, PERIODS, START = 24, 8, 5


def check_by_hand(answer: Callable[[pd.DataFrame], float], case: Rollout) -> None:
    """Accept the difference of differences of weighted means.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    rng = case.rng("exercise by hand")
    right = 0.0
    for rows in (60, 200):
        table = pd.DataFrame(
            {
                "treated": rng.permutation(np.arange(rows) % 2),
                "after": rng.permutation(np.arange(rows) % 3 == 0).astype(int),
                "outcome": rng.normal(5, 2, rows),
                "weight": rng.integers(1, 9, rows).astype(float),
            }
        )
        table["outcome"] += table["treated"] + 2 * table["after"]
        means, plain = _means(table, table["weight"]), _means(table, np.ones(rows))
        right = _double(means)
        mistakes = {
            "Rows have a weight, and a mean needs it.": _double(plain),
            "That is the difference after the start; the groups differed before it as well.": (
                means[1, 1] - means[0, 1]
            ),
            "That is the treated group's change; the controls changed as well.": (
                means[1, 1] - means[1, 0]
            ),
            "The two differences are added; one is to be taken away from the other.": (
                means[1, 1] - means[1, 0] + means[0, 1] - means[0, 0]
            ),
            "The sign is turned round: take the controls' change from the treated group's.": -right,
        }
        judge(answer(table), right, mistakes)
    say("Right: four means and two subtractions; a regression on the product gives the same.")


def check_two_way(answer: Callable[[Array, Array], float], case: Rollout) -> None:
    """Accept the coefficient by two-way demeaning of a balanced panel.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    rng = case.rng("exercise two-way")
    for shift in (0.0, 3.0):
        outcome, treated, first = _panel(rng, shift=shift)
        found = did.two_way(balanced(outcome, first), level=0.95).estimate
        assert found is not None  # the drawn panel has both groups
        half = treated - treated.mean(axis=1, keepdims=True) - treated.mean(axis=0)
        mistakes = {
            "Periods have means as well: take them away too.": _slope(
                outcome - outcome.mean(axis=1, keepdims=True),
                treated - treated.mean(axis=1, keepdims=True),
            ),
            "Units have means as well: take them away too.": _slope(
                outcome - outcome.mean(axis=0), treated - treated.mean(axis=0)
            ),
            "Means of units and of periods hold the mean of all, so it is taken away twice: "
            "add it once.": _slope(
                outcome - outcome.mean(axis=1, keepdims=True) - outcome.mean(axis=0), half
            ),
            "Being treated has means of units and periods too; the slope is of what they leave.": (
                _slope(_demeaned(outcome), treated)
            ),
        }
        judge(answer(outcome, treated), found.value, mistakes)
    say("Right: it is the coefficient of the regression with an effect of each unit and period.")


def check_event_effect(answer: Callable[[pd.DataFrame, int], float], case: Rollout) -> None:
    """Accept the effect at a time from the start, against the last period before it.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    rng = case.rng("exercise event effect")
    times = np.arange(-4, 5)
    table = pd.DataFrame(
        {
            "time": np.tile(times, 2),
            "treated": np.repeat([0, 1], len(times)),
            "mean": rng.normal(10, 1, 2 * len(times)),
        }
    )
    table = table.sample(frac=1, random_state=int(rng.integers(2**31)))
    by = table.set_index(["treated", "time"])["mean"]
    gap = by[1] - by[0]
    for time in (3, 0, -3):
        mistakes = {
            "That is the distance at that time; the groups had one before as well.": gap[time],
            "The reference is the last period before the start, time minus one, not the start.": (
                gap[time] - gap[0]
            ),
            "The reference is the last period before the start, not all of them.": (
                gap[time] - gap[gap.index < 0].mean()
            ),
            "That is the treated group alone; hold it against the controls.": (
                by[1, time] - by[1, -1]
            ),
            "The sign is turned round.": gap[-1] - gap[time],
        }
        judge(answer(table, time), float(gap[time] - gap[-1]), mistakes)
    say("Right: two groups and two periods again, of which one is the same for every dot.")


def check_placebo(answer: Callable[[pd.DataFrame, int], float], case: Rollout) -> None:
    """Accept the difference of differences at a start that never was, of the time before alone.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    rng = case.rng("exercise placebo")
    outcome, _, first = _panel(rng, shift=4.0)
    table = pd.DataFrame(
        {
            "period": np.tile(np.arange(PERIODS), UNITS),
            "treated": np.repeat((first < PERIODS).astype(int), PERIODS),
            "outcome": outcome.ravel(),
            "start": START,
        }
    )
    before = table["period"] < table["start"]
    for when in (2, 3):

        def found(rows: pd.Series, after: pd.Series) -> float:
            kept = table[rows].assign(after=after[rows].astype(int))
            return _double(_means(kept, np.ones(len(kept))))

        mistakes = {
            "Rows from the true start on hold the treatment; leave them out.": found(
                table["period"] >= 0, table["period"] >= when
            ),
            "The period of the placebo start is itself after it.": found(
                before, table["period"] > when
            ),
            "The period just before the true start belongs to the time before.": found(
                table["period"] < table["start"] - 1, table["period"] >= when
            ),
        }
        judge(answer(table, when), found(before, table["period"] >= when), mistakes)
    say("Right: whatever that is, it is not the treatment.")


def check_on_takers(answer: Callable[[pd.DataFrame], float], case: Rollout) -> None:
    """Accept the effect on those who take it up, from changes of units.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    rng = case.rng("exercise on takers")
    right = 0.0
    for _ in range(2):
        offered = rng.permutation(np.arange(400) % 2)
        keen = rng.random(400) < 0.6
        took = np.where(offered == 1, keen, rng.random(400) < 0.1).astype(int)
        change = rng.normal(0, 1, 400) + keen + 2 * took
        table = pd.DataFrame({"offered": offered, "took": took, "change": change})
        by_offer = table.groupby("offered")[["change", "took"]].mean()
        intended = float(by_offer["change"][1] - by_offer["change"][0])
        right = intended / float(by_offer["took"][1] - by_offer["took"][0])
        by_uptake = table.groupby("took")["change"].mean()
        among = table[table["offered"] == 1].groupby("took")["change"].mean()
        mistakes = {
            "That is the effect of the offer, spread over everybody who got it.": intended,
            "Some took it up without an offer: divide by how much the offer raises take-up.": (
                intended / float(by_offer["took"][1])
            ),
            "Who takes it up differs from who does not; compare by the offer.": float(
                by_uptake[1] - by_uptake[0]
            ),
            "Among the offered, those who take it up differ from the others; compare by the "
            "offer.": float(among[1] - among[0]),
            "Multiplied where it is to be divided: few takers carry the whole effect.": (
                intended * float(by_offer["took"][1] - by_offer["took"][0])
            ),
        }
        judge(answer(table), right, mistakes)
    say("Right: the offer's effect, put on those alone whom it made take it up.")


def check_negative(answer: Callable[[Array], float], case: Rollout) -> None:
    """Accept the share of treated rows that two-way fixed effects weigh below zero.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    rng = case.rng("exercise negative weights")
    right = 0.0
    for never in (1, 3):
        first = np.repeat([1, 6, PERIODS], [12, 9, never])
        treated = (np.arange(PERIODS) >= rng.permutation(first)[:, None]).astype(float)
        left = _demeaned(treated)
        below = left < -1e-12
        right = float(below[treated == 1].mean())
        mistakes = {
            "Rows that are not treated weigh below zero too, as they should: leave them out.": (
                float(below.mean())
            ),
            "Of how many is that a share? Of the treated rows.": float(
                (below & (treated == 1)).mean()
            ),
            "That is their number; return their share of the treated rows.": float(
                below[treated == 1].sum()
            ),
            "That is the share that weighs above zero.": 1 - right,
        }
        judge(answer(treated), right, mistakes)
    share = Fact("negative_share", right, "share", decimals=1)
    say(f"Right: in the last table {share} of the treated rows count the wrong way round.", share)


def _panel(rng: np.random.Generator, *, shift: float) -> tuple[Array, Array, NDArray[np.intp]]:
    """Return outcomes and treatment, units by periods, and each unit's first treated period."""
    first = np.where(rng.permutation(UNITS) % 3 == 0, START, PERIODS).astype(np.intp)
    treated = (np.arange(PERIODS) >= first[:, None]).astype(float)
    level = rng.normal(20, 5, (UNITS, 1)) + 4 * (first[:, None] < PERIODS)
    outcome = level + rng.normal(0, 2, PERIODS) + shift * treated
    return outcome + rng.normal(0, 1, outcome.shape), treated, first


def _means(table: pd.DataFrame, weight: Array | pd.Series) -> Array:
    """Return the means by group and time."""
    rows = table.assign(weight=weight, total=weight * table["outcome"])
    sums = rows.groupby(["treated", "after"])[["total", "weight"]].sum()
    return (sums["total"] / sums["weight"]).to_numpy(dtype=float).reshape(2, 2)


def _double(means: Array) -> float:
    return float((means[1, 1] - means[1, 0]) - (means[0, 1] - means[0, 0]))


def _demeaned(table: Array) -> Array:
    """Return units by periods without the means of both."""
    centred: Array = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    return centred


def _slope(y: Array, x: Array) -> float:
    return float((x * y).sum() / (x * x).sum())
