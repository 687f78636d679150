"""Checks of the chapter's exercises.

Each check works its own answer out from the run at hand, so it holds under any seed. It
accepts a right answer, and tells the typical wrong ones apart to say where they went astray.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from ...story.saying import say
from ..exercises import NotYetError, judge, judge_all
from .experiment import Experiment

# A normal approximation and an exact calculation of a sample size differ by less than this.
ABOUT = 0.02


def check_capped_lift(answer: Callable[[pd.DataFrame, float], float], case: Experiment) -> None:
    """Accept a relative difference of means after a cap at a pooled quantile.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    units = case.units.df()[["arm", "primary"]]
    for quantile in (0.99, 0.9):
        mistakes = {
            "The cap is the quantile of each arm; take that of all units together.": lift_of(
                units, partial(capped_at, quantile=quantile), by_arm=True
            ),
            "Values above the quantile are dropped; count them as the quantile instead.": lift_of(
                units[units["primary"] <= units["primary"].quantile(quantile)]
            ),
            "Values at the quantile and above are dropped; count them as it instead.": lift_of(
                units[units["primary"] < units["primary"].quantile(quantile)]
            ),
            "No value is capped.": lift_of(units),
        }
        right = lift_of(units, partial(capped_at, quantile=quantile))
        judge(answer(units.copy(), quantile), right, mistakes)
    say("Right: a cap keeps every unit and lets none of them decide alone.")


def check_users_needed(
    answer: Callable[[float, float, float, float], float], case: Experiment
) -> None:
    """Accept the users of both arms together for a relative change of a rate.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    alpha, power = case.parameters.alpha, case.parameters.power
    for rate, change in ((0.10, 0.05), (0.04, 0.10), (0.25, -0.08)):
        right = users_of_both_arms(rate, change, alpha, power)
        mistakes = {
            "That is one arm; the answer counts both.": right / 2,
            "That is a one-sided test; the test of the chapter has two sides.": (
                users_of_both_arms(rate, change, 2 * alpha, power)
            ),
            "The change is relative: a change of a tenth from 0.10 leads to 0.11.": (
                users_of_both_arms(rate, change / rate, alpha, power)
                if 0 < rate + change < 1
                else math.nan
            ),
        }
        judge(answer(rate, change, alpha, power), right, mistakes, tolerance=ABOUT)
    say("Right: a small change of a small rate takes a crowd to see.")


def check_holm(answer: Callable[[list[float]], Sequence[float]], case: Experiment) -> None:
    """Accept p-values adjusted by Holm's method, in their own order.

    Raises:
        NotYetError: for any other numbers, with a hint where the mistake is a typical one.
    """
    drawn = case.rng("exercise holm").random((2, 8)) ** 3
    for p_values in ([0.01, 0.04, 0.03, 0.005], *map(list, drawn)):
        n = len(p_values)
        right = multipletests(p_values, method="holm")[1]
        ranks = np.argsort(np.argsort(p_values))
        mistakes = {
            "That is Bonferroni's adjustment; Holm multiplies by fewer as it goes.": np.minimum(
                np.array(p_values) * n, 1
            ),
            "That is Benjamini and Hochberg's adjustment.": multipletests(
                p_values, method="fdr_bh"
            )[1],
            "They must not fall again: none is below the one before it.": np.minimum(
                np.array(p_values) * (n - ranks), 1
            ),
            "They are sorted; give them back in the order in which they came.": np.sort(right),
        }
        judge_all(answer(list(map(float, p_values))), right, mistakes)
    say(
        "Right: the smallest is multiplied by the number of tests, the next by one less, and so on."
    )


def check_allowed(answer: Iterable[str], case: Experiment) -> None:
    """Accept exactly the columns that the treatment cannot have moved.

    Raises:
        NotYetError: naming what is missing or what the treatment can move.
    """
    before = {"covariate", "day"}
    right = {c for c in case.units.columns if c.startswith("segment_") or c in before}
    given = set(answer)
    unknown = given - set(case.units.columns)
    moved = given - right - unknown - {"arm", "unit"}
    if unknown:
        raise NotYetError(f"Not yet: {', '.join(sorted(unknown))} is no column of the units.")
    if given & {"arm", "unit"}:
        raise NotYetError("Not yet: the arm and the unit are not groups within which to compare.")
    if moved:
        raise NotYetError(
            f"Not yet: the treatment can move {', '.join(sorted(moved))}, or it is known too late."
        )
    if right - given:
        raise NotYetError(f"Not yet: {len(right - given)} more were known before the treatment.")
    say("Right: what was known before the treatment may form groups, and nothing else.")


def check_leaks(answer: Callable[[pd.DataFrame], object], case: Experiment) -> None:
    """Accept the numbers on the four ways through a funnel.

    Raises:
        NotYetError: for any other numbers, with a hint where the mistake is a typical one.
    """
    rng = case.rng("exercise leaks")
    units = pd.DataFrame(
        {
            "primary": rng.poisson(1.0, 500),
            "paid": rng.integers(0, 2, 500),
        }
    )
    used, paid = units["primary"] > 0, units["paid"] == 1
    names = ["used_paid", "used_unpaid", "unused_paid", "unused_unpaid"]
    right = [int(x.sum()) for x in (used & paid, used & ~paid, ~used & paid, ~used & ~paid)]
    given = answer(units.copy())
    if not isinstance(given, Mapping) or set(given) != set(names):
        raise NotYetError(f"Not yet: return a dictionary with {', '.join(names)}.")
    all_paid, all_used = int(paid.sum()), int(used.sum())
    forgotten = [all_paid, all_used - all_paid, 0, len(units) - all_used]
    mistakes = {
        "Some pay without having used anything; they are no users who paid.": np.array(
            forgotten, dtype=float
        ),
    }
    judge_all([given[name] for name in names], np.array(right, dtype=float), mistakes)
    say("Right: the four ways add up to everybody.")


def check_mean_days(
    answer: Callable[[list[float], list[float], float], float], case: Experiment
) -> None:
    """Accept the area below a staircase.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    rng = case.rng("exercise days")
    for until in (30.0, 17.5):
        times = sorted(map(float, rng.choice(np.arange(1, 45), 9, replace=False)))
        survival = [float(s) for s in np.cumprod(1 - rng.uniform(0.02, 0.2, 9))]
        days, levels = np.array(times), np.array(survival)
        within = days < until
        edges = np.concatenate([[0.0], days[within], [until]])
        steps = np.concatenate([[1.0], levels[within]])
        right = float(steps @ np.diff(edges))
        ends = np.concatenate([steps[1:], steps[-1:]])
        mistakes = {
            "The curve is a staircase, not a line from point to point.": float(
                ((steps + ends) / 2) @ np.diff(edges)
            ),
            "A step begins at its time: before it the level is the one before.": float(
                ends @ np.diff(edges)
            ),
            "The area goes on to the last time; stop at `until`.": float(
                np.concatenate([[1.0], levels[:-1]]) @ np.diff(np.concatenate([[0.0], days]))
            ),
            "The first stretch, from day zero on, is missing.": right - float(edges[1]),
        }
        judge(answer(times, survival, until), right, mistakes)
    say("Right: the mean of what is left of the horizon, for everybody.")


def capped_at(values: pd.Series[float], *, quantile: float) -> pd.Series[float]:
    """Return values, none above their own quantile."""
    capped: pd.Series[float] = values.clip(upper=float(values.quantile(quantile)))
    return capped


def lift_of(
    units: pd.DataFrame,
    change: Callable[[pd.Series[float]], pd.Series[float]] | None = None,
    *,
    by_arm: bool = False,
) -> float:
    """Return the relative difference of means, with values changed together or arm by arm."""
    values = units["primary"].astype(float)
    if change is not None:
        values = values.groupby(units["arm"]).transform(change) if by_arm else change(values)
    means = values.groupby(units["arm"]).mean()
    return float(means["treatment"] / means["control"] - 1)


def users_of_both_arms(rate: float, change: float, alpha: float, power: float) -> float:
    """Return the textbook number of users of both arms (Fleiss, Levin & Paik 2003, eq. 4.14)."""
    other = rate * (1 + change)
    mean = (rate + other) / 2
    z_alpha, z_power = stats.norm.isf(alpha / 2), stats.norm.ppf(power)
    spread = z_alpha * math.sqrt(2 * mean * (1 - mean)) + z_power * math.sqrt(
        rate * (1 - rate) + other * (1 - other)
    )
    return float(2 * (spread / (other - rate)) ** 2)
