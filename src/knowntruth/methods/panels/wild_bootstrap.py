"""Wild cluster bootstrap: a p-value and an interval of an effect told from few clusters.

Clustered errors need many clusters. With few, the distribution of t under a *null* effect is
better imitated: fit with the effect set to the null, flip (or stretch) all residuals of a cluster
by one random *weight*, and see how often t gets as far from the null as it did (Cameron, Gelbach
& Miller 2008, Review of Economics and Statistics 90(3), p. 414-427: WCR). The interval holds each
null that is not refused so, by the same weights.

*Rademacher* weights are -1 and 1: g clusters have 2**g flips, all of which are taken where they
are no more than the draws wanted. *Webb* weights have six values (Webb 2023, Canadian Journal of
Economics 56(3)), for when those flips are too few.

The table itself is drawn again never: t depends on sums by cluster and period alone (Roodman et
al. 2019, Stata Journal 19(1), section 5). It does not mend everything: where few of the clusters
are treated, it refuses too seldom (MacKinnon & Webb 2017).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from .did import two_way
from .panel import Array, Panel

Weights = Literal["rademacher", "webb"]

WEBB = np.sqrt([0.5, 1.0, 1.5])

# Up to so many clusters, flips alone repeat themselves too often.
FEW = 12

# Nulls further away than so many errors are not looked at.
FURTHEST = 1e4

# t as far as observed, but for rounding.
TIE = 1e-9


@dataclass(frozen=True, kw_only=True)
class WildBootstrap:
    """An effect by two-way fixed effects, with bootstrapped interval and p-value.

    Attributes:
        estimate: the effect, or None where `reason` is not empty. An end is infinite where no
            null on that side is refused, as with very few clusters.
        weights: the kind that was drawn.
        draws: of them, the observed table among them.
        complete: whether these are all flips that there are.
        clusters, treated_clusters: all, and those with treated units.
        reason: why there is no estimate, or "".
    """

    estimate: Estimate | None = None
    weights: Weights = "rademacher"
    draws: int = 0
    complete: bool = False
    clusters: int = 0
    treated_clusters: int = 0
    reason: str = ""


def wild_bootstrap(
    panel: Panel,
    *,
    level: float,
    null: float = 0.0,
    draws: int = 1999,
    weights: Weights | None = None,
    seed: int = 0,
) -> WildBootstrap:
    """Bootstrap the effect of `did.two_way` by cluster.

    Args:
        panel: with clusters.
        level: of the interval.
        null: the effect that the p-value is against.
        draws: of weights, beside the observed table.
        weights: their kind; by default Webb's up to twelve clusters.
        seed: of the draws: the same panel and seed give the same numbers.

    Raises:
        ValueError: a level that is no share, fewer than 99 draws or an unknown kind.
    """
    check_share("level", level)
    check_at_least("draws", draws, 99)
    kind = weights or ("webb" if panel.clusters <= FEW else "rademacher")
    if kind not in {"rademacher", "webb"}:
        raise ValueError(f"weights is rademacher or webb, not {kind}")
    plain = two_way(panel, level=level)
    if plain.estimate is None:
        return WildBootstrap(reason=plain.reason)
    if panel.clusters < 2:
        return WildBootstrap(clusters=panel.clusters, reason="there is only one cluster")
    value = plain.estimate.value
    drawn, complete = _weights(kind, panel.clusters, draws, seed)
    p = _p_values(panel, drawn)
    found = p(null)
    low, high = (_end(p, value, null, 1 - level, side, plain.estimate) for side in (-1, 1))
    estimate = Estimate(
        value=value,
        low=low,
        high=high,
        level=level,
        n=panel.units,
        p_value=found,
        null=null,
        method=f"two-way fixed effects, wild cluster bootstrap ({kind} weights)",
    )
    return WildBootstrap(
        estimate=estimate,
        weights=kind,
        draws=len(drawn),
        complete=complete,
        clusters=panel.clusters,
        treated_clusters=plain.treated_clusters,
    )


def _weights(kind: Weights, clusters: int, draws: int, seed: int) -> tuple[Array, bool]:
    """Return weights, draws by clusters, of which the first is the observed table."""
    if kind == "rademacher" and 2**clusters <= draws + 1:
        return np.array(list(product([1.0, -1.0], repeat=clusters))), True
    random = np.random.default_rng(seed)
    signs = random.choice([-1.0, 1.0], (draws, clusters))
    if kind == "webb":
        signs *= random.choice(WEBB, (draws, clusters))
    return np.vstack([np.ones(clusters), signs]), False


def _p_values(panel: Panel, drawn: Array) -> Callable[[float], float]:
    """Return the p-value as a function of the null.

    With the null, residuals are a - null * b, where a and b are outcome and treatment with all
    else taken away. All that t needs of them is linear in the null, and so are its parts here.
    """
    columns = np.column_stack([panel.outcome, panel.after.astype(float), panel.covariates])
    within = panel.within(columns)
    others, both = within[:, 2:], within[:, :2]
    gram = np.linalg.pinv((others * panel.weight[:, None]).T @ others)
    both = both - others @ (gram @ ((others * panel.weight[:, None]).T @ both))
    a, b = both.T
    _, cluster = np.unique(panel.cluster_of_rows, return_inverse=True)
    count, periods = panel.clusters, len(panel.periods)

    def by_cluster(values: Array) -> Array:
        return np.bincount(cluster, panel.weight * values, minlength=count).astype(float)

    def by_parts(values: Array) -> Array:
        """Return sums by cluster and period, and by cluster with each covariate."""
        cells = cluster * periods + panel.period
        sums = np.bincount(cells, panel.weight * values, minlength=count * periods)
        along = [by_cluster(values * other) for other in others.T]
        return np.column_stack([sums.reshape(count, periods), *along])

    # What flipped residuals have in common with periods and covariates is fitted once more.
    inverse = np.zeros((periods + len(gram), periods + len(gram)))
    inverse[:periods, :periods] = panel.left_inverse
    inverse[periods:, periods:] = gram
    parts = by_parts(b)
    again = inverse @ parts.T
    scores = by_cluster(b * a), by_cluster(b * b)
    shared = drawn @ by_parts(a) @ again, drawn @ parts @ again
    share = scores[1] / scores[1].sum()

    def p(null: float) -> float:
        weighted = drawn * (scores[0] - null * scores[1])
        total = weighted.sum(axis=1)
        left = weighted - (shared[0] - null * shared[1]) - np.outer(total, share)
        t = np.abs(total) / np.maximum(np.sqrt((left**2).sum(axis=1)), 1e-300)
        return float(np.mean(t >= t[0] * (1 - TIE)))

    return p


def _end(
    p: Callable[[float], float],
    value: float,
    null: float,
    alpha: float,
    side: int,
    plain: Estimate,
) -> float:
    """Return where the p-value falls below `alpha`, on one side of the value.

    Were the null not among the points tried, interval and p-value could disagree about it.
    """
    error = plain.resolution if math.isfinite(plain.resolution) else abs(value) or 1.0
    inside, step = value, error
    on_this_side = (null - value) * side > 0
    if on_this_side and p(null) >= alpha:
        inside = null
    outside = null if on_this_side and inside != null else inside + side * step
    while p(outside) >= alpha:
        inside, step = outside, 2 * step
        outside = inside + side * step
        if step > FURTHEST * error:
            return side * math.inf
    for _ in range(60):
        middle = (inside + outside) / 2
        if p(middle) >= alpha:
            inside = middle
        else:
            outside = middle
        if abs(outside - inside) < TIE * error:
            break
    return inside
