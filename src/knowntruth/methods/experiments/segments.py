"""Segments: whether a treatment worked for some units and not for others.

A *segment* is a column known before the experiment, such as the country; its *values* cut
the units into groups. `effects` compares the arms within each value. Those comparisons
differ by chance alone, so no value is singled out by them: `interaction` asks whether the
relative effects differ by more than chance. `adjusted` corrects p-values for their number,
and `family_error` says how often at least one of them is small when nothing is there.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy import stats

from ...story.estimates import Estimate
from ..checks import check_share
from ..moments import Moments, Sample
from ..tables import Table
from .comparing import Kind, compare
from .crossed import ARMS, summarise_within
from .experiments import Comparison

K = TypeVar("K", bound=Hashable)

# What the normal approximation of a log ratio takes of each arm within a value.
FEWEST = 30
STANDARD_ERRORS = 3.0


@dataclass(frozen=True, kw_only=True)
class Effects:
    """The comparison of both arms within each value of a segment.

    Attributes:
        metric, segment: the columns.
        kind: of the metric, `mean` or `proportion`.
        by_value: one comparison a value of the segment, in the values' order.
        samples: control's and treatment's known values, for each of the same.
        skipped: why a value has no comparison.
    """

    metric: str
    segment: str
    kind: Kind
    by_value: Mapping[str, Comparison]
    samples: Mapping[str, tuple[Sample, Sample]]
    skipped: Mapping[str, str]

    @property
    def p_values(self) -> dict[str, float]:
        """The p-value of each value's difference, where it was tested."""
        found = {value: one.difference.p_value for value, one in self.by_value.items()}
        return {value: p for value, p in found.items() if p is not None}


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """Whether the relative effect differs between the values of a segment.

    Attributes:
        q: Cochran's Q; None where the test cannot be made.
        degrees: its degrees of freedom, one less than the values compared.
        p_value: of Q; None where the test cannot be made.
        pooled: the relative effect that all values would share, unit `relative`, weighted by
            what each knows of it; None as above.
        log_ratios: by value compared, the logarithm of treatment's level over control's and
            its standard error.
        left_out: why a value is not among them.
        reason: why the test cannot be made; empty where it can.
    """

    q: float | None
    degrees: int
    p_value: float | None
    pooled: Estimate | None
    log_ratios: Mapping[str, tuple[float, float]]
    left_out: Mapping[str, str]
    reason: str


@dataclass(frozen=True)
class Adjusted:
    """A p-value, alone and corrected for the number of tests it is one of.

    Attributes:
        raw: as the test gave it.
        holm: below alpha, it errs in at most a share alpha of families of tests (Holm 1979).
        benjamini_hochberg: below alpha, it is one of findings of which a share alpha at most
            is expected to be false (Benjamini & Hochberg 1995).
    """

    raw: float
    holm: float
    benjamini_hochberg: float


def effects(
    table: Table, metric: str, segment: str, *, kind: Kind, level: float, by: str = "arm"
) -> Effects:
    """Compare the arms, `control` and `treatment`, within each value of a segment.

    Rows without a value are a group of their own, "(blank)".

    Raises:
        DataError: a missing column, or a metric that is not finite numbers.
    """
    check_share("level", level)
    compared: dict[str, Comparison] = {}
    samples: dict[str, tuple[Sample, Sample]] = {}
    skipped: dict[str, str] = {}
    for value, arms in summarise_within(table, [metric], across=segment, by=by).items():
        empty = [arm for arm in ARMS if not _known(arms, arm, metric)]
        if empty:
            skipped[value] = f"no {metric} is known in {' or in '.join(empty)}"
            continue
        compared[value] = compare(arms, metric, kind=kind, level=level)
        control, treatment = (arms[arm].samples[metric] for arm in ARMS)
        samples[value] = control, treatment
    return Effects(
        metric=metric,
        segment=segment,
        kind=kind,
        by_value=compared,
        samples=samples,
        skipped=skipped,
    )


def interaction(found: Effects, *, level: float) -> Interaction:
    """Test whether the relative effect is the same for every value of the segment.

    Cochran's Q (Cochran 1954) of the log ratios of both arms' levels, each weighted by the
    inverse of its variance by the delta method. For that a value must have, in each arm, at
    least 30 units that are not all alike and a level at least three standard errors above
    zero; a value that does not is left out, and without two that do nothing is tested.
    """
    check_share("level", level)
    ratios: dict[str, tuple[float, float]] = {}
    left_out = dict(found.skipped)
    for value, (control, treatment) in found.samples.items():
        lacking = [
            f"{arm} {lack}"
            for arm, sample in zip(ARMS, (control, treatment), strict=True)
            if (lack := _lack(sample))
        ]
        if lacking:
            left_out[value] = " and ".join(lacking)
        else:
            error = math.hypot(_relative_error(control), _relative_error(treatment))
            ratios[value] = math.log(treatment.mean / control.mean), error
    if len(ratios) < 2:
        have = "one value has" if ratios else "no value has"
        reason = f"only {have}" if ratios else have
        return Interaction(
            q=None,
            degrees=0,
            p_value=None,
            pooled=None,
            log_ratios=ratios,
            left_out=left_out,
            reason=f"{reason} enough units, with a level clearly above zero, in both arms",
        )
    logs, errors = np.array(list(ratios.values())).T
    weights = errors**-2.0
    middle = float(np.average(logs, weights=weights))
    q = float(weights @ (logs - middle) ** 2)
    n = sum(sample.count for value in ratios for sample in found.samples[value])
    return Interaction(
        q=q,
        degrees=len(ratios) - 1,
        p_value=float(stats.chi2.sf(q, len(ratios) - 1)),
        pooled=_relative(middle, float(weights.sum() ** -0.5), n, level),
        log_ratios=ratios,
        left_out=left_out,
        reason="",
    )


def adjusted(p_values: Mapping[K, float]) -> dict[K, Adjusted]:
    """Return each p-value beside what Holm's and Benjamini and Hochberg's corrections make of it.

    Raises:
        ValueError: a p-value that is not between 0 and 1.
    """
    raw = np.array(list(p_values.values()), dtype=float)
    if not np.all((raw >= 0) & (raw <= 1)):
        raise ValueError("a p-value lies between 0 and 1")
    if not len(raw):
        return {}
    # statsmodels' multipletests collects garbage for Holm's: a tenth of a second each time.
    order = raw.argsort()
    holm = np.empty_like(raw)
    holm[order] = np.maximum.accumulate(raw[order] * np.arange(len(raw), 0, -1)).clip(max=1)
    columns = zip(p_values, raw, holm, stats.false_discovery_control(raw), strict=True)
    return {name: Adjusted(float(p), float(h), float(b)) for name, p, h, b in columns}


def _known(arms: Mapping[str, Moments], arm: str, metric: str) -> int:
    return arms[arm].samples[metric].count if arm in arms else 0


def _lack(sample: Sample) -> str:
    """Return what a log ratio lacks in an arm, or nothing."""
    if sample.count < FEWEST:
        return f"has {sample.count} units, fewer than {FEWEST}"
    if not sample.variance > 0:
        return "has units that are all alike"
    if not sample.mean > 0 or _relative_error(sample) > 1 / STANDARD_ERRORS:
        return "has a level that is not clearly above zero"
    return ""


def _relative_error(sample: Sample) -> float:
    """Return the standard error of the mean's logarithm."""
    return math.sqrt(sample.variance / sample.count) / sample.mean


def _relative(log_ratio: float, error: float, n: int, level: float) -> Estimate:
    """Return a log ratio as a relative change, with the ends of its own interval."""
    reach = float(stats.norm.isf((1 - level) / 2)) * error
    return Estimate(
        value=math.expm1(log_ratio),
        low=math.expm1(log_ratio - reach),
        high=math.expm1(log_ratio + reach),
        level=level,
        n=n,
        unit="relative",
        p_value=2 * float(stats.norm.sf(abs(log_ratio) / error)),
        method="pooled log ratio, z-test",
    )
