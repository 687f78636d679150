"""Checks of the chapter's exercises.

Each check works its own answer out from the run at hand, so it holds under any seed. It
accepts a right answer, and tells the typical wrong ones apart to say where they went astray.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial

import pandas as pd
from scipy import stats

from ...story.saying import say
from .opening import Experiment

CLOSE = 1e-9
# A normal approximation and an exact calculation of a sample size differ by less than this.
ABOUT = 0.02


class NotYetError(AssertionError):
    """An answer that is not right yet; the message says what to look at."""

    def _render_traceback_(self) -> list[str]:
        """Let IPython show the message alone."""
        return [str(self)]


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
        _judge(answer(units.copy(), quantile), right, mistakes, tolerance=CLOSE)
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
        _judge(answer(rate, change, alpha, power), right, mistakes, tolerance=ABOUT)
    say("Right: a small change of a small rate takes a crowd to see.")


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


def _judge(given: object, right: float, mistakes: Mapping[str, float], *, tolerance: float) -> None:
    if not isinstance(given, int | float) or not math.isfinite(given):
        raise NotYetError(f"Not yet: the function returns {given!r}, not a number.")
    if math.isclose(given, right, rel_tol=tolerance, abs_tol=tolerance * 1e-3):
        return
    for hint, wrong in mistakes.items():
        if math.isclose(given, wrong, rel_tol=tolerance, abs_tol=tolerance * 1e-3):
            raise NotYetError(f"Not yet. {hint}")
    raise NotYetError("Not yet: the number is another one. Try it on a few rows by hand.")
