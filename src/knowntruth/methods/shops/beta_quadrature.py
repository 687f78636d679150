"""Beta quadrature: the mean of a smooth function over a beta distribution, as a weighted sum."""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh_tridiagonal

from ..predictions.outcomes import Array

NODES = 128


def beta_quadrature(a: float, b: float, nodes: int = NODES) -> tuple[Array, Array]:
    """Return points and weights: the weighted sum of f is its mean over a beta (a, b).

    Golub & Welsch 1969 for Jacobi polynomials, moved to 0 to 1.
    """
    k = np.arange(1, nodes)
    s = a + b - 2 + 2 * k
    middle = np.append((a - b) / (a + b), (a - b) * (a + b - 2) / (s * (s + 2)))
    beside = 4 * k * (k + a - 1) * (k + b - 1) / (s**2 * (s + 1))
    # The first factor of the rest is 0 / 0 where a + b = 1.
    beside[1:] *= (k[1:] + a + b - 2) / (s[1:] - 1)
    points, vectors = eigh_tridiagonal(middle, np.sqrt(beside))
    # Rounding may put the first point below zero, where it must not be.
    return np.clip((1 + points) / 2, 1e-12, 1), vectors[0] ** 2
