"""Synthetic control: one treated unit beside the mixture of others that went with it before.

*Donors* are units that are never treated. Their weights, none negative and one in sum, make the
mixture that comes closest to the treated unit before the start; its *gap* to the mixture from the
start on is the effect (Abadie, Diamond & Hainmueller 2010, JASA 105(490), p. 493-505, with
outcomes before the start as the only predictors). With `demeaned`, each unit is taken about its
mean before the start, so that the mixture need not reach the unit's level (Ferman & Pinto 2021,
Quantitative Economics 12(4)).

Each donor in turn is treated as if it were the one (*placebo in space*), with the other donors
to mix. The p-value is the share of units, the treated one among them, whose mean gap after the
start is as large, relative to how well they were fitted before (root mean square); the interval
holds each constant effect that is not refused so (Firpo & Possebom 2018). Few donors cannot give
a small p-value: of j donors, 1 / (j + 1) is the smallest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import optimize

from ...story.estimates import Estimate
from ..checks import check_share
from .panel import Array, Flags, Panel

METHOD = "synthetic control, placebos in space"

# A misfit before the start, relative to how far the outcome moves, that is nothing.
NOTHING = 1e-7


@dataclass(frozen=True, kw_only=True, eq=False)
class Placebo:
    """A unit beside its mixture.

    Attributes:
        unit: its label.
        before: root mean square of its gap before the start.
        after: the same from the start on.
        gap: mean gap from the start on.
        is_exact: whether nothing but rounding is left of the gap before the start, beside which
            every other is infinite.
    """

    unit: str
    before: float
    after: float
    gap: float
    is_exact: bool

    @property
    def ratio(self) -> float:
        """Root mean square gap from the start on, relative to that before it."""
        return math.inf if self.is_exact else self.after / self.before

    @property
    def relative(self) -> float:
        """Size of the mean gap from the start on, relative to the misfit before it."""
        return math.inf if self.is_exact else abs(self.gap) / self.before


@dataclass(frozen=True, kw_only=True, eq=False)
class SyntheticControl:
    """A treated unit beside its mixture of donors.

    Attributes:
        estimate: mean effect from the start on, with the placebos' interval and p-value; without
            them where donors fit the treated unit exactly, or are too few for the level. The
            interval is unbounded too where too many donors are fitted exactly. None where
            `reason` is not empty.
        weights: by donor, those above zero.
        actual, synthetic: outcome of the unit and of the mixture, by period.
        treated: gaps of the treated unit.
        placebos: the same of each donor.
        ratio_p_value: p-value of the ratio of root mean squares, the statistic of the paper.
        left_out: donors with a hole in their outcomes.
        fits_exactly: whether nothing is left of the misfit before the start: with more donors
            than periods before it, any unit may be fitted, which then says nothing.
        reason: why there is no estimate, or "".
    """

    estimate: Estimate | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    actual: Mapping[Any, float] = field(default_factory=dict)
    synthetic: Mapping[Any, float] = field(default_factory=dict)
    treated: Placebo | None = None
    placebos: tuple[Placebo, ...] = ()
    ratio_p_value: float | None = None
    left_out: int = 0
    fits_exactly: bool = False
    reason: str = ""


def synthetic_control(panel: Panel, *, level: float, demeaned: bool = False) -> SyntheticControl:
    """Mix donors into a likeness of the one treated unit.

    Weights of rows and covariates of the panel are not used.

    Raises:
        ValueError: a level that is no share.
    """
    check_share("level", level)
    table = panel.wide()
    whole: Flags = np.asarray(np.isfinite(table).all(axis=1))
    donors = np.flatnonzero(~panel.ever & whole)
    found = SyntheticControl(left_out=int((~panel.ever & ~whole).sum()))
    treated = np.flatnonzero(panel.ever)
    reason = ""
    if len(treated) != 1:
        reason = f"{len(treated)} units are treated, not one: take their mean as one unit first"
    elif panel.starts[0] == 0:
        reason = "there is no period before the start"
    elif not whole[treated[0]]:
        reason = "the treated unit is not seen in every period"
    elif len(donors) < 2:
        reason = "there are fewer than two donors"
    if reason:
        return replace(found, reason=reason)
    start, one = panel.starts[0], int(treated[0])
    about = table - table[:, :start].mean(axis=1, keepdims=True) if demeaned else table
    shares = mixture(about[donors, :start], about[one, :start])
    gap = about[one] - shares @ about[donors]
    size = float(np.abs(about[donors, :start]).max())

    def placebo(unit: int, gap: Array) -> Placebo:
        moves = float(np.abs(table[unit, :start]).max()) + size
        return _placebo(panel.labels[unit], gap, start, moves)

    mine = placebo(one, gap)
    placebos = []
    for donor in donors:
        others = donors[donors != donor]
        mixed = mixture(about[others, :start], about[donor, :start]) @ about[others]
        placebos.append(placebo(int(donor), about[donor] - mixed))
    return replace(
        found,
        estimate=_estimate(mine, placebos, level),
        weights={
            panel.labels[donor]: float(share)
            for donor, share in zip(donors, shares, strict=True)
            if share > 0
        },
        actual=dict(zip(panel.periods, map(float, table[one]), strict=True)),
        synthetic=dict(zip(panel.periods, map(float, table[one] - gap), strict=True)),
        treated=mine,
        placebos=tuple(placebos),
        ratio_p_value=None
        if mine.is_exact
        else _rank(mine.ratio, [other.ratio for other in placebos]),
        fits_exactly=mine.is_exact,
    )


def mixture(donors: Array, unit: Array) -> Array:
    """Return the weights, none negative and one in sum, that mix `donors` closest to `unit`.

    Let c be donors less unit. Of all u without a negative, that with the least
    |c'u|**2 + (sum of u - 1)**2 is the wanted one but for its sum: for a given mixture the best
    sum leaves |c'w|**2 / (1 + |c'w|**2), which grows with |c'w|. So one call to non-negative
    least squares (Lawson & Hanson) is exact.
    """
    off = (donors - unit).T
    scale = float(np.abs(off).max()) or 1.0
    stacked = np.vstack([off / scale, np.ones(len(donors))])
    found, _ = optimize.nnls(stacked, np.append(np.zeros(len(unit)), 1.0))
    return np.asarray(found / found.sum())


def _placebo(label: str, gap: Array, start: int, moves: float) -> Placebo:
    before, after = (float(np.sqrt((part**2).mean())) for part in (gap[:start], gap[start:]))
    return Placebo(
        unit=label,
        before=before,
        after=after,
        gap=float(gap[start:].mean()),
        is_exact=before <= NOTHING * moves,
    )


def _rank(mine: float, others: list[float]) -> float:
    return (1 + sum(other >= mine for other in others)) / (1 + len(others))


def _estimate(mine: Placebo, placebos: list[Placebo], level: float) -> Estimate:
    others = sorted((other.relative for other in placebos), reverse=True)
    reach, p_value = math.inf, None
    if not mine.is_exact:
        p_value = _rank(mine.relative, others)
        # An effect is refused where fewer than so many donors have a gap as large as what it
        # leaves of the treated unit's.
        needed = math.floor((1 - level) * (1 + len(others)) + 1e-9)
        if needed:
            reach = others[needed - 1] * mine.before
    return Estimate(
        value=mine.gap,
        low=mine.gap - reach,
        high=mine.gap + reach,
        level=level,
        n=1 + len(placebos),
        p_value=p_value,
        method=METHOD,
    )
