"""Families: how often at least one of many tests finds something when nothing is there.

A *family* is every test that a question leads to: here, one for each metric within each
value of each segment. The arms of real units are drawn anew, so that there is no effect,
while metrics, segments and what they have to do with each other stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ...errors import DataError, Problem
from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from ..tables import Table, check_columns, check_numbers, is_whole, number, quoted, relation
from .comparing import Kind
from .crossed import BLANK
from .false_positives import rate_of

Array = NDArray[np.float64]

# Numbers held at once while arms are drawn: 32 MB each of draws and of what they multiply.
CHUNK = 4_000_000


@dataclass(frozen=True)
class FamilyError:
    """How often a family of tests finds something when nothing is there.

    Each rate is a share of the drawings, unit `share`; its null is alpha.

    Attributes:
        family: its tests, as (metric, segment, value).
        p_values: one a drawing and test of the family, in this order.
        raw: at least one p-value below alpha.
        holm: at least one below alpha after Holm's correction, which for the smallest is
            Bonferroni's.
        benjamini_hochberg: at least one below alpha after Benjamini and Hochberg's.
    """

    family: tuple[tuple[str, str, str], ...]
    p_values: Array
    raw: Estimate
    holm: Estimate
    benjamini_hochberg: Estimate


def family_error(
    table: Table,
    metrics: Mapping[str, Kind],
    segments: Sequence[str],
    *,
    tests: int,
    treatment_share: float,
    alpha: float,
    rng: np.random.Generator,
) -> FamilyError:
    """Draw the arms anew `tests` times, and test each metric within each segment's values.

    Each unit is treated with probability `treatment_share`, independently. Means are
    compared with Welch's t-test, proportions with the pooled z-test. A test that cannot be
    made, because an arm drew too few units or none that differ, finds nothing. Units alike
    in all these columns are drawn together, as one binomial number, which is the same law.

    Raises:
        DataError: a missing column, a metric that does not hold numbers, or a proportion that
            does not hold zeros and ones.
        ValueError: no metric, no segment, no row, or a share that is not between 0 and 1.
    """
    check_at_least("the number of metrics", len(metrics), 1)
    check_at_least("the number of segments", len(segments), 1)
    check_at_least("the number of tests", tests, 1)
    check_share("treatment_share", treatment_share)
    check_share("alpha", alpha)
    counts, columns, numbers = _cells(table, list(metrics), segments)
    check_at_least("the number of rows", len(counts), 1)
    groups = [pd.factorize(column, sort=True) for column in columns]
    family = tuple(
        (metric, segment, str(value))
        for metric in metrics
        for segment, (_, values) in zip(segments, groups, strict=True)
        for value in values
    )
    powers = [_powers(x, *metric) for x, metric in zip(numbers, metrics.items(), strict=True)]
    width = 3 * len(family)
    treated, everyone = np.zeros((tests, width)), np.zeros(width)
    for block in _chunks(len(counts), width):
        members = [np.eye(len(values))[codes[block]] for codes, values in groups]
        design = np.concatenate(
            [member[:, :, None] * power[block, None, :] for power in powers for member in members],
            axis=1,
        ).reshape(-1, width)
        everyone += counts[block] @ design
        for part in _chunks(tests, len(design)):
            drawn = _draw(rng, part.stop - part.start, counts[block], treatment_share)
            treated[part] += drawn @ design
    are_means = np.array([metrics[metric] == "mean" for metric, _, _ in family])
    p_values = _p_values(treated, everyone - treated, are_means)
    steps = len(family) / np.arange(1, len(family) + 1)
    smallest = p_values.min(axis=1)
    return FamilyError(
        family,
        p_values,
        raw=rate_of(smallest, level=1 - alpha),
        holm=rate_of(len(family) * smallest, level=1 - alpha),
        benjamini_hochberg=rate_of(
            (np.sort(p_values, axis=1) * steps).min(axis=1), level=1 - alpha
        ),
    )


def _cells(
    table: Table, metrics: Sequence[str], segments: Sequence[str]
) -> tuple[NDArray[np.int64], list[Any], list[Array]]:
    """Return the units that are alike in all columns once: counts, segments and metrics.

    In a fixed order, so that the same table and stream give the same arms.
    """
    rows = relation(table)
    check_columns(rows, [*metrics, *segments])
    check_numbers(rows, metrics)
    values = [f"coalesce(CAST({quoted(name)} AS VARCHAR), '{BLANK}')" for name in segments]
    values += [f"CAST({number(name, whole=is_whole(rows, name))} AS DOUBLE)" for name in metrics]
    # Numbered, because one column may be both, and any name may be taken.
    names = [f"c{i}" for i in range(len(values))]
    numbered = rows.project(", ".join(f"{v} AS {n}" for v, n in zip(values, names, strict=True)))
    key = ", ".join(names)
    cells = numbered.aggregate(f"{key}, count(*) AS units", key).order(key).df()
    columns = [cells[name].to_numpy() for name in names]
    return cells["units"].to_numpy(), columns[: len(segments)], columns[len(segments) :]


def _powers(values: Array, name: str, kind: Kind) -> Array:
    """Return 1, x and x**2 by unit, all 0 where x is missing.

    Means are moved near zero, so that a large common offset costs no digits.
    """
    known = ~np.isnan(values)
    x = np.where(known, values, 0.0)
    if kind == "mean":
        x = np.where(known, x - np.rint(x.sum() / max(known.sum(), 1)), 0.0)
    elif not np.isin(x, (0, 1)).all():
        problem = Problem(f"column {name}", "a value is neither 0 nor 1", "Compare means instead.")
        raise DataError("A rate needs zeros and ones", [problem])
    return np.stack([known, x, x * x], axis=1)


def _draw(rng: np.random.Generator, tests: int, counts: NDArray[np.int64], share: float) -> Array:
    """Return how many of each cell's units are treated, shape (tests, cells)."""
    if counts.max() > 1:
        return rng.binomial(counts, share, size=(tests, len(counts))).astype(float)
    return (rng.random((tests, len(counts)), dtype=np.float32) < share).astype(float)


def _p_values(treatment: Array, control: Array, is_mean: NDArray[np.bool_]) -> Array:
    """Return p-values, shape (tests, family), from sums of 1, x and x**2 in each arm."""
    t, c = (sums.reshape(len(sums), -1, 3) for sums in (treatment, control))
    p = np.empty(t.shape[:2])
    p[:, is_mean] = _welch(t[:, is_mean], c[:, is_mean])
    p[:, ~is_mean] = _pooled_z(t[:, ~is_mean], c[:, ~is_mean])
    return np.where(np.isnan(p), 1.0, p)


def _welch(treatment: Array, control: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        arms = [number for arm in (treatment, control) for number in _mean_sd_count(arm)]
        return np.asarray(stats.ttest_ind_from_stats(*arms, equal_var=False).pvalue)


def _mean_sd_count(sums: Array) -> tuple[Array, Array, Array]:
    n, first, second = np.moveaxis(sums, -1, 0)
    mean = first / n
    return mean, np.sqrt(np.maximum(second - n * mean**2, 0) / (n - 1)), n


def _pooled_z(treatment: Array, control: Array) -> Array:
    n_t, n_c = treatment[..., 0], control[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (treatment[..., 1] + control[..., 1]) / (n_t + n_c)
        error = np.sqrt(pooled * (1 - pooled) * (1 / n_t + 1 / n_c))
        z = (treatment[..., 1] / n_t - control[..., 1] / n_c) / error
    return np.asarray(2 * stats.norm.sf(np.abs(z)))


def _chunks(length: int, width: int) -> list[slice]:
    step = max(CHUNK // width, 1)
    return [slice(start, min(start + step, length)) for start in range(0, length, step)]
