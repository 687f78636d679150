"""Rank correlation: how far two measures put the same units in the same order (Spearman's)."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri
from scipy.stats import spearmanr

from ..story.estimates import Estimate
from .checks import check_share
from .predictions.outcomes import Array


def rank_correlation(x: Array, y: Array, *, level: float) -> Estimate | None:
    """Return Spearman's correlation; None of fewer than four units or where a measure is constant.

    The interval is that of Bonett & Wright 2000, Psychometrika 65(1), 23-28.

    Raises:
        ValueError: a level that is no share.
    """
    check_share("level", level)
    if len(x) < 4 or not np.ptp(x) or not np.ptp(y):
        return None
    rho = float(np.clip(spearmanr(x, y).statistic, -1, 1))
    # At either end, Fisher's scale has none.
    centre = np.arctanh(np.clip(rho, -1 + 1e-12, 1 - 1e-12))
    reach = ndtri((1 + level) / 2) * np.sqrt((1 + rho**2 / 2) / (len(x) - 3))
    low, high = np.tanh([centre - reach, centre + reach])
    return Estimate(
        value=rho,
        low=float(low),
        high=float(high),
        level=level,
        n=len(x),
        null=None,  # a correlation is no difference
        method="Spearman's correlation, Bonett & Wright's interval",
    )
