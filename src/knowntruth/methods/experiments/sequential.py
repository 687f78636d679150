"""Sequential tests: what looking at an experiment before its end does, and how to look safely.

A *look* is a test on the units that have come so far. Somebody who looks often, and stops
when a p-value is small, errs more often than alpha: `peeking_error` says how often. A
*confidence sequence* is an interval for each look, such that all of them together hold the
truth with the probability that they are made for: whoever stops by it may look at any time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import lambertw
from scipy.stats import norm

from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from ..means import unbounded
from ..moments import Moments, Sample
from ..tables import Table, check_columns, quoted, relation
from .crossed import ARMS, summarise_within
from .experiments import welch

Array = NDArray[np.float64]

METHOD = "asymptotic confidence sequence"


@dataclass(frozen=True)
class Daily:
    """What was known of both arms at the end of each day.

    Attributes:
        column: the metric.
        days: those on which anything was seen in an arm, increasing.
        control, treatment: moments of all units up to and including each day.
    """

    column: str
    days: tuple[Any, ...]
    control: tuple[Moments, ...]
    treatment: tuple[Moments, ...]


@dataclass(frozen=True)
class Look:
    """The difference of both arms' means at the end of a day.

    Attributes:
        day: as in the table.
        fixed: Welch's t-test, as if this were the only look.
        always: its interval in the confidence sequence. Its p-value is the smallest alpha of
            which the sequence leaves out "no difference" at this look.
    """

    day: Any
    fixed: Estimate
    always: Estimate


def peeking_error(looks: ArrayLike, *, alpha: float) -> Array:
    """Return how likely at least one of so many looks rejects when nothing is there.

    A two-sided z-test at level `alpha` after each of equally many new units (Armitage,
    McPherson & Rowe 1969, section 2): the density of the sum of those units' z that no look
    has rejected yet is carried from look to look, by Gauss-Legendre quadrature.

    Args:
        looks: whole numbers of looks, 1 or more; the result has their shape.
    """
    numbers = np.asarray(looks)
    if not (numbers.size and np.all(numbers >= 1) and np.all(numbers % 1 == 0)):
        raise ValueError("the number of looks is a whole number, 1 or more")
    critical = float(norm.isf(check_share("alpha", alpha) / 2))
    most = int(numbers.max())
    # Enough for a kernel of width 1 within the widest range of sums.
    nodes, weights = np.polynomial.legendre.leggauss(24 + math.ceil(4 * critical * most**0.5))
    not_yet = np.empty(most)
    sums, mass = np.zeros(1), np.ones(1)
    for look in range(most):
        edge = critical * math.sqrt(look + 1)
        reached = edge * nodes
        # norm.pdf, without the checks that would take most of the time.
        kernel = np.exp(-((reached[:, None] - sums) ** 2) / 2) / math.sqrt(2 * math.pi)
        sums, mass = reached, edge * weights * (kernel @ mass)
        not_yet[look] = mass.sum()
    return np.asarray(1 - not_yet[numbers.astype(int) - 1])


def reach(n: ArrayLike, *, level: float, tightest_at: float) -> Array:
    """Return how many standard errors a confidence sequence reaches from its estimate.

    The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas
    (2021, arXiv 2103.06476), where an interval for one look reaches the normal quantile.
    `tightest_at` chooses its parameter rho such that nothing reaches less far at this number
    of units; it must be chosen before the data are seen.

    Args:
        n: units that have come, above zero; the result has their shape.
    """
    x = np.asarray(n, dtype=float) * _rho_squared(level, tightest_at)
    return np.sqrt((x + 1) / x * (np.log1p(x) - 2 * math.log(1 - level)))


def daily(table: Table, column: str, *, day: str, by: str = "arm") -> Daily:
    """Return the moments of both arms, `control` and `treatment`, up to each day.

    Rows without a day are left out.

    Raises:
        DataError: a missing column, or values that are not finite numbers.
    """
    rows = relation(table)
    check_columns(rows, [day, column, by])
    dated = rows.filter(f"{quoted(day)} IS NOT NULL")
    # Days keep their own type and order; as text, 10 would come before 2.
    days = dated.project(f"{quoted(day)} AS day, CAST({quoted(day)} AS VARCHAR) AS name")
    ordered = days.distinct().order("day").fetchall()
    found = summarise_within(dated, [column], across=day, by=by)
    seen = [(of, found[name]) for of, name in ordered if name in found]
    nothing = Moments(0, {column: Sample(0, math.nan, math.nan)})
    arms = {
        arm: tuple(accumulate(moments.get(arm, nothing) for _, moments in seen)) for arm in ARMS
    }
    return Daily(column, tuple(of for of, _ in seen), arms["control"], arms["treatment"])


def confidence_sequence(found: Daily, *, level: float, tightest_at: float) -> tuple[Look, ...]:
    """Return a look a day, from the first day on which both arms have a known value.

    The always-valid interval is asymptotic, as that of a t-test of non-normal values is: it
    needs a first look at which the means are nearly normal. As long as the difference has
    no standard error, both intervals are unbounded and nothing is tested.

    Args:
        found: as `daily` returns it. A unit counts on the day on which it came.
        level: probability that all always-valid intervals together hold the truth.
        tightest_at: units in both arms at which the sequence is tightest; see `reach`.
    """
    rho_squared = _rho_squared(level, tightest_at)
    looks = []
    for day, control, treatment in zip(found.days, found.control, found.treatment, strict=True):
        if not (control.samples[found.column].count and treatment.samples[found.column].count):
            continue
        fixed = welch(control, treatment, found.column, level=level).difference
        samples = [arm.samples[found.column] for arm in (control, treatment)]
        error = math.sqrt(sum(sample.variance / sample.count for sample in samples))
        always = unbounded(fixed.value, fixed.n, level=level, method=METHOD, null=0.0)
        if error > 0:
            x = fixed.n * rho_squared
            z = fixed.value / error
            half = float(reach(fixed.n, level=level, tightest_at=tightest_at)) * error
            always = replace(
                always,
                low=fixed.value - half,
                high=fixed.value + half,
                p_value=min(1.0, math.exp((math.log1p(x) - z**2 * x / (x + 1)) / 2)),
            )
        looks.append(Look(day, fixed, always))
    return tuple(looks)


def _rho_squared(level: float, tightest_at: float) -> float:
    """Return the parameter at which `reach` is least after so many units.

    Setting the derivative to zero leaves y - log y = 1 - 2 log alpha with y = n rho**2 + 1,
    of which the paper's choice is an approximation.
    """
    check_at_least("tightest_at", tightest_at, 1)
    alpha = 1 - check_share("level", level)
    y = -float(lambertw(-(alpha**2) / math.e, -1).real)
    return (y - 1) / tightest_at
