"""Mediation: how much of an effect goes through something that the treatment also moved.

A *mediator*, such as songs played, is moved by the treatment and goes with the outcome,
such as paying. In control, where nobody is treated, the outcome rises by a *slope* with each
unit of the mediator. Slope times the change of the mediator is the *expected* difference;
what is observed beyond it is the *direct* effect. A direct effect below zero says that
treated units do less than others who are as active: the "free ride".

A *proxy* is read the same way: `proxy` predicts the effect on an outcome from the effect on
what can be seen sooner, and `gap` is what the prediction misses. `where_the_money_is` asks
whether the treatment works where the outcome happens.

`explained` and `proxy` take the linked moments that `links.linked` reads from a table.

What is assumed: in control the outcome is linear in the mediator; nothing unmeasured moves
both of them; and the relation of both is the same for every unit that the treatment moves.
None of this follows from the random assignment of the arms, and no table can show it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError, Problem
from ...story.estimates import Estimate
from ...story.numbers import Unit
from ..checks import check_share
from ..moments import Moments, Pair
from ..tables import Table
from .comparing import Arms, Kind, compare
from .experiments import Comparison, welch
from .links import ARMS, Link, ZTest, link_of, linked_within, missing_arm

Array = NDArray[np.float64]

DIFFERENCES: dict[Kind, Unit] = {"mean": "number", "proportion": "points"}


@dataclass(frozen=True, kw_only=True)
class Explained:
    """A difference in an outcome, split by way of a mediator.

    Attributes:
        observed: the comparison of the outcome.
        mediator: the comparison of the mediator.
        slope: of the outcome on the mediator in control, in the unit of `expected` a unit of
            the mediator.
        expected: difference that the change of the mediator would bring; unit `points` for
            a proportion, `number` for a mean.
        direct: observed difference minus expected, in the same unit.
    """

    observed: Comparison
    mediator: Comparison
    slope: Estimate
    expected: Estimate
    direct: Estimate


@dataclass(frozen=True, kw_only=True)
class ExplainedWithin:
    """The same, made within each value of a segment and put together again.

    Attributes:
        observed: difference in the outcome, each value weighted by its share of all units.
        expected, direct: as in `Explained`, weighted alike.
        left_out: why a value of the segment is not among them.
    """

    observed: Estimate
    expected: Estimate
    direct: Estimate
    left_out: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Proxied:
    """What a proxy says of the effect on an outcome, and what is observed.

    Attributes:
        proxy, outcome: the comparison of each.
        slope: of the outcome on the proxy in control.
        predicted: slope times the change of the proxy, in the outcome's unit.
        gap: observed difference minus predicted.
    """

    proxy: Comparison
    outcome: Comparison
    slope: Estimate
    predicted: Estimate
    gap: Estimate

    @property
    def misleads(self) -> bool:
        """Whether the prediction is clearly wrong; False does not say that it is right."""
        return self.gap.direction != "unclear"


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One value of a segment.

    Attributes:
        value: as text.
        outcomes: share of control's outcomes that happen here.
        primary: share of control's primary metric that happens here.
        lift: relative difference of the primary metric, as estimated here.
    """

    value: str
    outcomes: float
    primary: float
    lift: float


@dataclass(frozen=True, kw_only=True)
class MoneyWeighted:
    """A lift, and the same lift weighted by where an outcome happens.

    Attributes:
        overall: lift of the primary metric, each value of the segment weighted by its share
            of control's primary metric; unit `relative`.
        weighted: lift, each value weighted by its share of control's outcomes.
        difference: weighted minus overall, unit `points`. Clearly below zero, the treatment
            works best where the outcome is rare.
        segments: what entered, in the order of values.
        left_out: why a value of the segment is not among them.
    """

    overall: Estimate
    weighted: Estimate
    difference: Estimate
    segments: Sequence[Segment]
    left_out: Mapping[str, str]


def explained(
    control: Moments, treatment: Moments, outcome: str, mediator: str, *, kind: Kind, level: float
) -> Explained:
    """Split the difference in an outcome into an expected and a direct part.

    `control` and `treatment` are linked moments; `kind` is the outcome's. The slope is
    control's alone. Where treatment multiplies the outcome at every level of the mediator,
    its own slope is changed by the very effect that is looked for, and a slope pooled over
    both arms is bent by treatment's share of it: with control's slope the expected part is
    what the change of the mediator does to untreated units, the indirect effect of Robins &
    Greenland 1992 and Pearl 2001, section 3.4 (the "pure" one), and the direct part is all
    the rest, at treatment's level of the mediator.

    Intervals and p-values are of z. The delta method takes in that slope and means come from
    the same rows; the error of the slope is White's (1980), because a yes or no varies more
    the likelier it is.

    Raises:
        DataError: an arm with fewer than two known units, or a mediator that does not vary
            in control.
    """
    check_share("level", level)
    link = link_of(control, treatment, outcome, mediator)
    made = ZTest(level=level, n=link.n, unit=DIFFERENCES[kind])
    _, expected, direct = zip(link.parts, link.variances, strict=True)
    arms = {"control": control, "treatment": treatment}
    return Explained(
        observed=compare(arms, outcome, kind=kind, level=level),
        mediator=welch(control, treatment, mediator, level=level),
        slope=made.estimate(link.slope, link.covariance[2, 2], "least squares in control"),
        expected=made.estimate(*expected, "slope times change"),
        direct=made.estimate(*direct, "observed minus expected"),
    )


def explained_within(
    by_value: Mapping[str, Arms], outcome: str, mediator: str, *, kind: Kind, level: float
) -> ExplainedWithin:
    """Split the difference within each value of a segment, and average over all units.

    `by_value` holds linked moments by value and arm, as `links.linked_within` returns them.

    Where both the slope and the change of the mediator differ between values of a segment,
    `explained` takes for a direct effect that one does not go with the other; this does not.
    The segment must be known before the experiment.

    Raises:
        DataError: no value that has enough units in both arms.
    """
    check_share("level", level)
    links: dict[str, Link] = {}
    left_out: dict[str, str] = {}
    for value, arms in by_value.items():
        if lack := missing_arm(arms):
            left_out[value] = lack
            continue
        try:
            links[value] = link_of(arms["control"], arms["treatment"], outcome, mediator)
        except DataError as error:
            left_out[value] = "; ".join(problem.what for problem in error.problems)
    _check_any(links, left_out)
    sizes = np.array([link.n for link in links.values()])
    n = int(sizes.sum())
    shares = sizes / n
    parts = np.array([link.parts for link in links.values()])
    totals = shares @ parts
    # How many units have which value is chance as well.
    mixing = shares @ (parts - totals) ** 2 / n
    variances = shares**2 @ np.array([link.variances for link in links.values()]) + mixing
    made = ZTest(level=level, n=n, unit=DIFFERENCES[kind])
    methods = "difference", "slope times change", "observed minus expected"
    observed, expected, direct = (
        made.estimate(float(value), float(variance), f"stratified {method}")
        for value, variance, method in zip(totals, variances, methods, strict=True)
    )
    return ExplainedWithin(observed=observed, expected=expected, direct=direct, left_out=left_out)


def proxy(
    control: Moments, treatment: Moments, proxy: str, outcome: str, *, kind: Kind, level: float
) -> Proxied:
    """Predict the effect on an outcome from the effect on a proxy, and compare.

    `control` and `treatment` are linked moments of `outcome` and `proxy`, as
    `links.linked(table, outcome, proxy)` returns them; `kind` is the outcome's. The slope is that
    of the outcome on the proxy in control. That it predicts in control does not make it
    predict an effect (Prentice 1989): a proxy that counts the cause of the outcome with
    noise has too flat a slope, and one that the treatment moves by itself promises what does
    not come. An interval of the gap that leaves out zero shows that the proxy misleads; one
    that holds zero shows only that it was not caught.

    Raises:
        DataError: as `explained`.
    """
    split = explained(control, treatment, outcome, proxy, kind=kind, level=level)
    return Proxied(
        proxy=split.mediator,
        outcome=split.observed,
        slope=split.slope,
        predicted=split.expected,
        gap=split.direct,
    )


def where_the_money_is(
    table: Table, primary: str, outcome: str, segment: str, *, level: float
) -> MoneyWeighted:
    """Compare the lift in a primary metric with the lift where the outcome happens.

    `money_weighted` of the moments within the values of a segment. Arms are "control" and
    "treatment"; rows where a metric is not known are left out.

    Raises:
        DataError: a missing column, one without numbers, or as `money_weighted`.
    """
    by_value = linked_within(table, primary, outcome, across=segment)
    return money_weighted(by_value, primary, outcome, level=level)


def money_weighted(
    by_value: Mapping[str, Arms], primary: str, outcome: str, *, level: float
) -> MoneyWeighted:
    """Compare two averages of the lifts within values of a segment.

    `overall` weights them by control's total of the primary metric, which gives the lift
    over all units, `weighted` by control's total of the outcome. A lift that is the same
    everywhere makes them equal. `by_value` holds moments with the pair of both metrics by
    value and arm; a value needs two units in each arm and a control mean above zero.

    Errors are by the delta method over the units within values. Where outcomes are so few
    that chance sets the weights, the interval of the difference is wider than it need be.

    Raises:
        DataError: no value that has enough units, or no outcome in control at all.
    """
    check_share("level", level)
    cells: dict[str, tuple[Pair, Pair]] = {}
    left_out: dict[str, str] = {}
    for value, arms in by_value.items():
        if lack := missing_arm(arms):
            left_out[value] = lack
            continue
        c, t = (arms[arm].pair(primary, outcome) for arm in ARMS)
        if lack := _lack_of_lift(primary, c, t):
            left_out[value] = lack
        else:
            cells[value] = c, t
    _check_any(cells, left_out)
    lifts = np.array([t.first.mean / c.first.mean - 1 for c, t in cells.values()])
    primaries = np.array([c.first.count * c.first.mean for c, _ in cells.values()])
    outcomes = np.array([c.second.count * c.second.mean for c, _ in cells.values()])
    if not outcomes.sum() > 0:
        problem = Problem(
            f"column {outcome}", "control has none of it", "Weigh by an outcome that happens."
        )
        raise DataError("There is no outcome to weigh by", [problem])
    by_primary, by_outcome = primaries / primaries.sum(), outcomes / outcomes.sum()
    overall, weighted = float(by_primary @ lifts), float(by_outcome @ lifts)
    # What one more primary or outcome does to the averages, by way of their weights.
    pull, draw = (lifts - overall) / primaries.sum(), (lifts - weighted) / outcomes.sum()
    none = np.zeros(len(lifts))
    gap = by_outcome - by_primary
    n = sum(c.first.count + t.first.count for c, t in cells.values())
    made = ZTest(level=level, n=n, unit="relative")
    return MoneyWeighted(
        overall=made.estimate(
            overall, _variance_of_lift(cells, lifts, by_primary, pull, none), "stratified lift"
        ),
        weighted=made.estimate(
            weighted, _variance_of_lift(cells, lifts, by_outcome, none, draw), "stratified lift"
        ),
        difference=replace(made, unit="points").estimate(
            float(gap @ lifts),
            _variance_of_lift(cells, lifts, gap, -pull, draw),
            "difference of stratified lifts",
        ),
        segments=tuple(
            Segment(value=value, outcomes=float(o), primary=float(p), lift=float(lift))
            for value, o, p, lift in zip(cells, by_outcome, by_primary, lifts, strict=True)
        ),
        left_out=left_out,
    )


def _variance_of_lift(
    cells: Mapping[str, tuple[Pair, Pair]],
    lifts: Array,
    weights: Array,
    by_primary: Array,
    by_outcome: Array,
) -> float:
    """Return the variance of `weights @ lifts` by the delta method.

    `by_primary` and `by_outcome` say, for each cell, what one more of either in control does
    to the result by way of the weights. All three have the length of `cells`.
    """
    total = 0.0
    rows = zip(cells.values(), lifts, weights, by_primary, by_outcome, strict=True)
    for (c, t), lift, weight, p, o in rows:
        # A unit counts through the weights as it is, and through the lift by its distance
        # from the mean of its cell.
        level = p * c.first.mean + o * c.second.mean
        q = p - weight * (1 + lift) / (c.first.count * c.first.mean)
        within = q**2 * c.first.variance + o**2 * c.second.variance + 2 * q * o * c.covariance
        total += c.first.count * (within + level**2)
        total += (weight / c.first.mean) ** 2 * t.first.variance / t.first.count
    return float(total)


def _lack_of_lift(primary: str, control: Pair, treatment: Pair) -> str:
    if min(control.first.count, treatment.first.count) < 2:
        return "an arm has fewer than two known units"
    return "" if control.first.mean > 0 else f"{primary} is not above zero in control"


def _check_any(values: Mapping[str, object], left_out: Mapping[str, str]) -> None:
    if not values:
        problems = [
            Problem(f"value {value}", why, "Use a coarser segment.")
            for value, why in left_out.items()
        ]
        raise DataError("No value of the segment can be compared", problems)
