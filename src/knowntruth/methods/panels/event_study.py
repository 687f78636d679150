"""Event studies: what a treatment did in each period before and after its start.

A period's *time* is counted from the start: 0 is the first treated period, -1 the last before.
The effect at one time, the *reference*, is set to nothing; every other is the treated group's
distance from the controls there, less that at the reference. Before the start effects should be
nothing: the *pre-test* asks whether all of them are (Wald's test by the clustered covariance,
with F of as many degrees as there are such times and of clusters less one).

That test answers less than it seems to. `detection` tells what it can see: the chance that it
refuses if the groups drift apart by so much a period, how far such a drift moves the effects
after the start, and how far it does when the test has let it pass, which may be further (Roth
2022, "Pretest with caution", AER: Insights 4(3), p. 305-322). `detectable` is the drift that it
sees with a wanted chance. Both take the covariance as known, as Roth does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy import optimize, stats

from ...story.estimates import Estimate
from ..checks import check_share
from .did import two_way_fit
from .panel import Array, Panel

# The smallest eigenvalue of a covariance, relative to its largest, that is not nothing.
NOTHING = 1e-10


@dataclass(frozen=True, kw_only=True)
class PreTest:
    """The test that no effect before the start differs from nothing.

    Attributes:
        statistic: F.
        degrees: of freedom, of the numerator and the denominator.
        p_value: of the statistic.
    """

    statistic: float
    degrees: tuple[int, int]
    p_value: float


@dataclass(frozen=True, kw_only=True, eq=False)
class EventStudy:
    """Effects by time from the start.

    Attributes:
        effects: by time, without the reference; empty where `reason` is not.
        reference: the time whose effect is set to nothing.
        times: of the effects, in their order in `covariance`.
        covariance: of the effects.
        degrees: of freedom of t.
        after: mean effect from the start on; None where there is no such time.
        pre_test: None without a time before the start but the reference, or where there are too
            few clusters to tell so many times apart.
        units, treated, clusters, treated_clusters: that entered; with one treated cluster,
            errors are far too small.
        reason: why there are no effects, or "".
    """

    reference: int
    effects: Mapping[int, Estimate] = field(default_factory=dict)
    times: tuple[int, ...] = ()
    covariance: Array = field(default_factory=lambda: np.empty((0, 0)), repr=False)
    degrees: int = 0
    after: Estimate | None = None
    pre_test: PreTest | None = None
    units: int = 0
    treated: int = 0
    clusters: int = 0
    treated_clusters: int = 0
    reason: str = ""

    @property
    def values(self) -> Array:
        """The effects as numbers, in the order of `times`."""
        return np.array([self.effects[time].value for time in self.times])


@dataclass(frozen=True, kw_only=True)
class Detection:
    """What the pre-test makes of groups that drift apart in a straight line.

    Attributes:
        slope: drift a period, in units of the outcome.
        power: chance that the test refuses.
        bias: what the drift adds to the mean effect after the start.
        bias_if_passed: the same over those tables that the test lets pass.
    """

    slope: float
    power: float
    bias: float
    bias_if_passed: float


def event_study(
    panel: Panel,
    *,
    level: float,
    reference: int = -1,
    window: tuple[int, int] | None = None,
) -> EventStudy:
    """Regress on time from the start, with effects of units and of periods.

    Rows by times are held in memory a few times over: of many units, aggregate days to weeks.

    Args:
        panel: with one start.
        level: of the intervals, each alone.
        reference: the time to compare with.
        window: first and last time of their own; times beyond are taken together with these.

    Raises:
        ValueError: a level that is no share, or a window without the reference.
    """
    check_share("level", level)
    if window is not None and not window[0] <= reference <= window[1]:
        raise ValueError(f"the window {window} does not hold the reference {reference}")
    reason = _unfit(panel)
    if reason:
        return EventStudy(reference=reference, reason=reason)
    time = panel.period - panel.starts[0]
    if window is not None:
        time = np.clip(time, *window)
    there = time[panel.ever[panel.unit]]
    if reference not in there:
        reason = f"no treated unit is seen at time {reference}"
        return EventStudy(reference=reference, reason=reason)
    # Times at which no treated unit is seen have no effect to find.
    times = [int(t) for t in np.unique(there) if t != reference]
    columns = np.column_stack([(time == t) & panel.ever[panel.unit] for t in times])
    found = two_way_fit(panel, columns.astype(float), [str(t) for t in times])
    if found.names[: len(times)] != tuple(map(str, times)):
        dropped = next(t for t in times if str(t) in found.dropped)
        reason = f"the effect at time {dropped} cannot be told from those of units and periods"
        return EventStudy(reference=reference, reason=reason)
    later = np.array([float(t >= 0) for t in times] + [0.0] * (len(found.names) - len(times)))
    n, method = panel.units, "event study, clustered errors"
    weights = later / max(later.sum(), 1.0)
    covariance = found.covariance[: len(times), : len(times)]
    return EventStudy(
        reference=reference,
        effects={t: found.coefficient(str(t), level=level, n=n, method=method) for t in times},
        times=tuple(times),
        covariance=covariance,
        degrees=found.degrees,
        after=found.combination(weights, level=level, n=n, method=method) if later.any() else None,
        pre_test=pre_test(times, found.coefficients[: len(times)], covariance, found.degrees),
        units=panel.units,
        treated=int(panel.ever.sum()),
        clusters=panel.clusters,
        treated_clusters=len(np.unique(panel.cluster[panel.ever])),
    )


def detection(study: EventStudy, slope: float, *, level: float = 0.95) -> Detection | None:
    """Return what the pre-test makes of a drift of `slope` a period; None without a pre-test.

    The test is at 1 - `level`. Given that it passes, the effects before the start lie in an
    ellipsoid, and their mean there is that of a noncentral chi-square with two degrees more.
    """
    check_share("level", level)
    parts = _parts(study)
    if parts is None:
        return None
    before, drift_before, drift_after, pull = parts
    delta = slope * drift_before
    q, far = len(delta), float(delta @ np.linalg.solve(before, delta))
    limit = float(stats.chi2.isf(1 - level, q))
    passed = _passes(limit, q, far)
    shrunk = _passes(limit, q + 2, far) / passed if passed > 0 else 0.0
    bias = slope * drift_after
    return Detection(
        slope=slope,
        power=1 - passed,
        bias=bias,
        bias_if_passed=bias + float(pull @ delta) * (shrunk - 1),
    )


def detectable(study: EventStudy, *, power: float = 0.8, level: float = 0.95) -> float | None:
    """Return the drift a period that the pre-test refuses with a chance of `power`.

    None without a pre-test. The sign does not matter: a drift down is seen as well as one up.

    Raises:
        ValueError: a level that is no share, or a power not between 1 - `level` and 1.
    """
    check_share("level", level)
    if not 1 - level < power < 1:
        raise ValueError(f"power lies between {1 - level:g} and 1, not at {power:g}")
    parts = _parts(study)
    if parts is None:
        return None
    before, drift, _, _ = parts
    q = len(drift)
    limit = float(stats.chi2.isf(1 - level, q))
    high = 1.0
    while 1 - _passes(limit, q, high) < power:
        high *= 2
    far = optimize.brentq(lambda x: 1 - _passes(limit, q, x) - power, 0, high, xtol=1e-12)
    return math.sqrt(far / float(drift @ np.linalg.solve(before, drift)))


def pre_test(times: list[int], values: Array, covariance: Array, degrees: int) -> PreTest | None:
    """Return the test that all effects before the start are nothing; None where there is none."""
    before = [i for i, t in enumerate(times) if t < 0]
    if not before or not _is_regular(covariance[np.ix_(before, before)], degrees):
        return None
    off = values[before]
    wald = float(off @ np.linalg.solve(covariance[np.ix_(before, before)], off))
    q = len(before)
    p_value = float(stats.f.sf(wald / q, q, degrees))
    return PreTest(statistic=wald / q, degrees=(q, degrees), p_value=p_value)


def _unfit(panel: Panel) -> str:
    if not panel.starts:
        return "no unit is ever treated"
    if panel.ever.all():
        return "every unit is treated: nothing is left to compare with"
    if len(panel.starts) > 1:
        return f"treatment starts in {len(panel.starts)} periods, not in one"
    return ""


def _is_regular(covariance: Array, degrees: int) -> bool:
    if len(covariance) > degrees or not np.isfinite(covariance).all():
        return False
    eigenvalues = np.linalg.eigvalsh(covariance)
    return bool(eigenvalues[0] > NOTHING * eigenvalues[-1])


def _parts(study: EventStudy) -> tuple[Array, Array, float, Array] | None:
    """Return covariance and drift before, mean drift after, and what before says of after."""
    if study.pre_test is None or study.after is None:
        return None
    times = np.array(study.times)
    before = times < 0
    covariance = study.covariance[np.ix_(before, before)]
    shared = study.covariance[np.ix_(~before, before)].mean(axis=0)
    drift = (times - study.reference).astype(float)
    pull = np.linalg.solve(covariance, shared)
    return covariance, drift[before], float(drift[~before].mean()), pull


def _passes(limit: float, degrees: int, far: float) -> float:
    # The noncentral distribution of scipy is not defined at its centre.
    if far == 0:
        return float(stats.chi2.cdf(limit, degrees))
    return float(stats.ncx2.cdf(limit, degrees, far))
