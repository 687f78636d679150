"""False positives: how often a test finds a difference where there is none.

An *A/A test* compares two arms that were treated alike; each one below 1 - level is a
*false positive*. `bare_t_test` tests the t-test on normal values; `relabelled` tests the
whole pipeline on real units, by drawing their arms anew. `gate` says what a check of the
rate is worth itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from .outliers import Rule

Array = NDArray[np.float64]

# Values held at once while tests are drawn: 32 MB.
CHUNK = 4_000_000


@dataclass(frozen=True)
class FalsePositives:
    """What a number of A/A tests found.

    Attributes:
        p_values: one a test.
        rate: share of them below 1 - level, unit `share`; its null is 1 - level.
    """

    p_values: Array
    rate: Estimate


def bare_t_test(
    tests: int,
    n: int,
    *,
    mean: float,
    sd: float,
    level: float,
    rng: np.random.Generator | np.random.RandomState,
) -> FalsePositives:
    """Compare two arms of `n` normal values `tests` times with Student's t-test.

    Values are drawn test by test, first arm first, so that a stream of random numbers gives
    the same values as a loop over the tests does.
    """
    check_at_least("the number of units in an arm", n, 2)
    check_at_least("the number of tests", tests, 1)
    p_values = np.empty(tests)
    for part in _chunks(tests, 2 * n):
        values = rng.normal(mean, sd, size=(part.stop - part.start, 2, n))
        p_values[part] = stats.ttest_ind(values[:, 0], values[:, 1], axis=1).pvalue
    return FalsePositives(p_values, rate_of(p_values, level=level))


def relabelled(
    values: ArrayLike,
    *,
    tests: int,
    treatment_share: float,
    level: float,
    rng: np.random.Generator,
    rule: Rule = "none",
    quantile: float = 0.99,
) -> FalsePositives:
    """Draw the arms of real units anew `tests` times, and compare them with Welch's t-test.

    Each unit is treated with probability `treatment_share`, independently. `rule` is `none`,
    `trim` or `winsorise`, as in `outliers`; their quantile is of all units, so that it does
    not depend on the arms and the values are cleaned once. A draw that leaves an arm with
    fewer than two units, or arms without variation, finds nothing: its p-value is 1.

    Args:
        values: one a unit, shape (units,), finite.
    """
    cleaned = _clean(np.asarray(values, dtype=float), rule, quantile)
    check_at_least("the number of units", len(cleaned), 4)
    check_at_least("the number of tests", tests, 1)
    check_share("treatment_share", treatment_share)
    centred = cleaned - _centre(cleaned)
    powers = np.stack([np.ones_like(centred), centred, centred**2], axis=1)
    p_values = np.empty(tests)
    for part in _chunks(tests, len(centred)):
        shape = (part.stop - part.start, len(centred))
        treated = rng.random(shape, dtype=np.float32) < treatment_share
        sums = treated.astype(float) @ powers
        p_values[part] = _welch(sums, powers.sum(axis=0) - sums)
    return FalsePositives(p_values, rate_of(p_values, level=level))


def rate_of(p_values: ArrayLike, *, level: float) -> Estimate:
    """Return the share of p-values below 1 - level, against 1 - level.

    Clopper and Pearson's interval, and the test that it inverts: twice the smaller binomial
    tail.
    """
    p = np.asarray(p_values, dtype=float)
    tests, found = len(p), int((p < 1 - check_share("level", level)).sum())
    nominal = 1 - level
    interval = stats.binomtest(found, tests).proportion_ci(level, method="exact")
    tails = stats.binom.cdf(found, tests, nominal), stats.binom.sf(found - 1, tests, nominal)
    return Estimate(
        value=found / tests,
        low=float(interval.low),
        high=float(interval.high),
        level=level,
        n=tests,
        unit="share",
        p_value=min(1.0, 2 * float(min(tails))),
        null=nominal,
        method="exact binomial test",
    )


def gate(tests: int, *, low: float, high: float, rate: float) -> float:
    """Return how likely a rate found in so many tests lies from `low` to `high`, ends included.

    Args:
        tests: A/A tests in the check.
        low, high: the rates between which the check passes.
        rate: the true rate of false positives.
    """
    check_share("rate", rate)
    found = np.arange(check_at_least("the number of tests", tests, 1) + 1)
    passes = (low <= found / tests) & (found / tests <= high)
    return float(stats.binom.pmf(found[passes], tests, rate).sum())


def _chunks(tests: int, values: int) -> list[slice]:
    step = max(CHUNK // values, 1)
    return [slice(start, min(start + step, tests)) for start in range(0, tests, step)]


def _clean(values: Array, rule: Rule, quantile: float) -> Array:
    if rule == "none":
        return values
    threshold = np.quantile(values, check_share("quantile", quantile))
    if rule == "trim":
        return values[values < threshold]
    if rule == "winsorise":
        return np.minimum(values, threshold)
    raise ValueError(f"the rule {rule!r} needs a column beside the values: clean them first")


def _centre(values: Array) -> float:
    """Return a value near the mean, so that a large common offset costs no digits.

    Whole values stay whole, so that their sums are exact on every machine.
    """
    mean = values.mean()
    return float(np.rint(mean) if np.array_equal(values, np.rint(values)) else mean)


def _welch(treatment: Array, control: Array) -> Array:
    """Return Welch's p-values from sums of 1, x and x**2 by test, shape (tests, 3)."""
    (n, mean, error), (other_n, other_mean, other_error) = _arm(treatment), _arm(control)
    total = error + other_error
    with np.errstate(divide="ignore", invalid="ignore"):
        df = total**2 / (error**2 / (n - 1) + other_error**2 / (other_n - 1))
        p = 2 * stats.t.sf(np.abs(mean - other_mean) / np.sqrt(total), df)
    return np.where(np.isfinite(p), p, 1.0)


def _arm(sums: Array) -> tuple[Array, Array, Array]:
    """Return count, mean and squared standard error of the mean."""
    n, first, second = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = first / n
        return n, mean, (second - n * mean**2) / (n - 1) / n
