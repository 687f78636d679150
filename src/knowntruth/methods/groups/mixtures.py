"""Gaussian mixtures: units as draws from k normal clouds, each with its own share.

Fitted by expectation and maximisation from `starts` beginnings. Clouds are *spherical*, *diag*
(each feature its own spread) or *full* (any tilt). Which k and kind fit best:

- *BIC* (Schwarz 1978): -2 log-likelihood + log(n) for each parameter; lowest is best. It counts
  clouds, not types: one skewed cloud takes several normal ones.
- *ICL* (Biernacki, Celeux & Govaert 2000): BIC + twice the entropy of who belongs where, so that
  clouds that overlap cost more. It counts groups that can be told apart.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from scipy.special import xlogy

from ..checks import check_at_least
from .clusters import Array, Clusters, matrix, numbered, one_thread, sampled

Kind = Literal["spherical", "diag", "full"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, kw_only=True)
class Mixture(Clusters):
    """Normal clouds.

    Attributes:
        k, kind: clouds, and what shape they may have.
        bic, icl: of the units used; lower is better.
        certainty: mean probability of the cloud that a unit is put in.
        converged: whether the fit came to rest.
    """

    k: int
    kind: Kind
    bic: float
    icl: float
    certainty: float
    converged: bool


@dataclass(frozen=True, kw_only=True)
class Mixtures:
    """Mixtures with several numbers and kinds of clouds.

    Attributes:
        tried: by kind, then by k.
        left_out: kinds and numbers with as many parameters as units, or more clouds than rows
            that differ.
    """

    tried: tuple[Mixture, ...]
    left_out: tuple[tuple[Kind, int], ...]

    @property
    def by_bic(self) -> Mixture:
        """The mixture with the lowest BIC."""
        return min(self.tried, key=lambda one: one.bic)

    @property
    def by_icl(self) -> Mixture:
        """The mixture with the lowest ICL."""
        return min(self.tried, key=lambda one: one.icl)


def mixtures(
    values: Any,
    ks: Iterable[int] = range(1, 7),
    *,
    kinds: Sequence[Kind] = KINDS,
    seed: int,
    starts: int = 3,
    floor: float = 0.01,
    most: int = 2_000,
) -> Mixtures:
    """Return mixtures of each kind and number, fitted to at most `most` units.

    Units that are not in the sample are put in the cloud most probable for them. Every cloud's
    variances have `floor` times the mean variance of features added to them: without it, clouds
    shrink onto values that many units share, such as zero, and their likelihood has no bound.

    Raises:
        ValueError: a k or starts below 1, an unknown kind, a negative floor, or nothing to try.
        DataError: values that are not finite numbers.
    """
    check_at_least("starts", starts, 1)
    check_at_least("floor", floor, 0)
    if unknown := set(kinds) - set(KINDS):
        raise ValueError(f"there is no kind {', '.join(sorted(unknown))}, but {', '.join(KINDS)}")
    everything = matrix(values)
    rows = sampled(len(everything), most, seed)
    x = everything[rows]
    distinct = len(np.unique(x, axis=0))
    tried: list[Mixture] = []
    left_out: list[tuple[Kind, int]] = []
    added = max(floor * float(x.var(axis=0).mean()), 1e-12)
    asked = sorted(set(ks))
    check_at_least("k", min(asked, default=0), 1)
    with one_thread():
        for kind in kinds:
            for k in asked:
                if k > distinct or _parameters(kind, k, x.shape[1]) >= len(x):
                    left_out.append((kind, k))
                else:
                    tried.append(_fitted(x, everything, k, kind, seed, starts, added))
    if not tried:
        raise ValueError(f"{len(x)} units are too few for any of these mixtures")
    return Mixtures(tried=tuple(tried), left_out=tuple(left_out))


def _parameters(kind: Kind, k: int, features: int) -> int:
    """Return how many numbers a mixture has: shares, centres and spreads."""
    spreads = {"spherical": 1, "diag": features, "full": features * (features + 1) // 2}
    return k - 1 + k * (features + spreads[kind])


def _fitted(
    x: Array, everything: Array, k: int, kind: Kind, seed: int, starts: int, added: float
) -> Mixture:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(
        k,
        covariance_type=kind,
        n_init=starts,
        max_iter=500,
        reg_covar=added,
        random_state=seed,
    )
    with warnings.catch_warnings():
        # `converged` of the result says whether it did.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x)
    membership = model.predict_proba(x)
    likelihood = float(model.score(x)) * len(x)
    bic = math.log(len(x)) * _parameters(kind, k, x.shape[1]) - 2 * likelihood
    return Mixture(
        labels=numbered(model.predict(everything)),
        used=len(x),
        k=k,
        kind=kind,
        bic=bic,
        icl=bic - 2 * float(xlogy(membership, membership).sum()),
        certainty=float(membership.max(axis=1).mean()),
        converged=bool(model.converged_),
    )
