"""Comparing: the right test for a metric's kind, from the moments of both arms.

A *kind* is `mean` (Welch's t-test) or `proportion` (z-test with score intervals).
`arms` are the moments of "control" and "treatment", as `moments.summarise` returns them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, NamedTuple

from ..moments import Moments
from ..tables import Table, quoted, relation
from . import power as planning
from .experiments import Comparison, SampleRatio, proportions, sample_ratio, welch

Kind = Literal["mean", "proportion"]
Arms = Mapping[str, Moments]


def compare(arms: Arms, column: str, *, kind: Kind, level: float) -> Comparison:
    """Compare the arms on one column by the test of its kind.

    Raises:
        DataError: an arm without a known value.
        ValueError: a proportion of anything but zeros and ones.
    """
    control, treatment = arms["control"], arms["treatment"]
    if kind == "proportion":
        c, t = control.samples[column].tally, treatment.samples[column].tally
        return proportions(c, t, level=level)
    return welch(control, treatment, column, level=level)


def smallest_lift(
    arms: Arms, column: str, *, kind: Kind, alpha: float, power: float
) -> float | None:
    """Return the smallest relative increase that arms of these sizes see with this power.

    None where it cannot be given: a control level that is not above zero, an arm with fewer
    than two known values, or a rate so high that no possible increase is seen.
    """
    control, treatment = arms["control"].samples[column], arms["treatment"].samples[column]
    if min(control.count, treatment.count) < 2 or not control.mean > 0:
        return None
    if kind == "proportion":
        return planning.smallest_lift_of_proportions(
            control.mean, control.count, treatment.count, alpha=alpha, power=power
        )
    sd = math.sqrt(control.variance)
    if not sd > 0:
        return None
    return planning.smallest_lift(
        control.count, treatment.count, mean=control.mean, sd=sd, alpha=alpha, power=power
    )


def split_within(
    table: Table, column: str, *, treatment_share: float, level: float
) -> dict[str, SampleRatio]:
    """Return the sample-ratio check within each value of a column, by value, as text."""
    grouped = relation(table).aggregate(
        f"{quoted(column)}::VARCHAR AS value, "
        "count(*) FILTER (arm = 'control') AS control, "
        "count(*) FILTER (arm = 'treatment') AS treatment"
    )
    return {
        "(blank)" if value is None else value: sample_ratio(
            control, treatment, treatment_share=treatment_share, level=level
        )
        for value, control, treatment in grouped.order("value").fetchall()
    }


def spread(table: Table, column: str) -> dict[str, dict[str, float]]:
    """Return quantiles of a column by arm: q01, q25, q50, q75, q99 and max."""
    x = quoted(column)
    quantiles = (0.01, 0.25, 0.5, 0.75, 0.99)
    names = [*(f"q{round(100 * q):02d}" for q in quantiles), "max"]
    sums = ", ".join(f"quantile_cont({x}::DOUBLE, {q})" for q in quantiles)
    rows = relation(table).aggregate(f"arm, {sums}, max({x})::DOUBLE").order("arm").fetchall()
    return {arm: dict(zip(names, values, strict=True)) for arm, *values in rows}


class Flow(NamedTuple):
    """Units of one arm on their way through a funnel; the parts add up to the whole."""

    active: int
    inactive: int
    active_paid: int
    active_unpaid: int
    inactive_paid: int
    inactive_unpaid: int
    paid: int
    all: int


def flows(table: Table, use: str, outcome: str) -> dict[str, Flow]:
    """Return each arm's flow from all units, by whether `use` is above zero, to `outcome`.

    `outcome` holds zeros and ones; units for which either is unknown take no part.
    """
    x, y = quoted(use), quoted(outcome)
    rows = (
        relation(table)
        # To DuckDB a NaN is larger than any number; here it is unknown.
        .filter(f"{x} IS NOT NULL AND {y} IS NOT NULL AND NOT isnan({x}::DOUBLE)")
        .aggregate(
            f"arm, count(*) FILTER ({x} > 0 AND {y} = 1), count(*) FILTER ({x} > 0 AND {y} = 0), "
            f"count(*) FILTER ({x} <= 0 AND {y} = 1), count(*) FILTER ({x} <= 0 AND {y} = 0)"
        )
        .fetchall()
    )
    return {arm: Flow(a + b, c + d, a, b, c, d, a + c, a + b + c + d) for arm, a, b, c, d in rows}
