"""Whether there is structure at all: the dip against published tables, and known worlds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from knowntruth.methods.groups.dip import dip, dip_p_value
from knowntruth.methods.groups.k_means import k_means
from knowntruth.methods.groups.structure import structure
from knowntruth.methods.groups.valleys import valleys

from ..conftest import Array


def nearest_single_peak(values: Array) -> float:
    """Return the dip of distinct values by its definition: for each place of the peak, the
    smallest distance of the steps from a curve that bends up before it and down after."""
    x = np.sort(values)
    n, best = len(x), np.inf
    slope = np.zeros((n - 1, n + 1))
    for i in range(n - 1):
        slope[i, i], slope[i, i + 1] = -1 / (x[i + 1] - x[i]), 1 / (x[i + 1] - x[i])
    near = np.zeros((2 * n, n + 1))
    for i in range(n):
        near[2 * i, [i, n]], near[2 * i + 1, [i, n]] = (1, -1), (-1, -1)
    steps = np.array([limit for i in range(n) for limit in (i / n, -(i + 1) / n)])
    for peak in range(n - 1):
        # Slopes rise up to the interval of the peak, and fall after it.
        rise = [slope[i] - slope[i + 1] for i in range(peak)]
        fall = [slope[i + 1] - slope[i] for i in range(peak, n - 2)]
        bends = np.array([*rise, *fall, -slope[0], -slope[-1]])
        found = linprog(
            [*[0] * n, 1],
            A_ub=np.vstack([near, bends]),
            b_ub=[*steps, *[0] * len(bends)],
            bounds=[*[(None, None)] * n, (0, None)],
        )
        best = min(best, found.fun)
    return float(best)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=5, max_size=12, unique=True))
def test_the_dip_is_the_distance_from_the_nearest_single_peak(values: list[int]) -> None:
    x = np.array(values, dtype=float)
    assert dip(x) == pytest.approx(nearest_single_peak(x), abs=1e-7)


def test_the_dip_of_two_points_far_apart_is_the_largest_there_is() -> None:
    assert dip([0.0] * 50 + [1.0] * 50) == pytest.approx(0.25)
    assert dip([3.0] * 10) == pytest.approx(0.05)
    assert dip(np.arange(200.0)) == pytest.approx(1 / 400)
    with pytest.raises(ValueError, match="finite"):
        dip([0.0, np.nan])


@pytest.mark.parametrize(
    ("n", "tail", "published"),
    [
        (20, 0.10, 0.0972),
        (20, 0.01, 0.1206),
        (50, 0.05, 0.0703),
        (100, 0.50, 0.0355),
        (100, 0.01, 0.0590),
        (200, 0.05, 0.0368),
        (500, 0.10, 0.0219),
        (1_000, 0.05, 0.0169),
        (2_000, 0.01, 0.0140),
        (10_000, 0.05, 0.00542),
    ],
)
def test_p_values_of_the_dip_are_those_of_maechlers_table(
    n: int, tail: float, published: float
) -> None:
    """Quantiles of a million uniform samples (R's diptest 0.77); the tail within a quarter."""
    assert dip_p_value(published, n) == pytest.approx(tail, rel=0.25)


def test_p_values_of_the_dip_fall_and_end_at_one() -> None:
    found = [dip_p_value(value, 300) for value in (0.001, 0.02, 0.03, 0.05, 0.1, 0.25)]
    assert found[0] == 1
    assert (np.diff(found) < 0).all()
    # A 0.99999 quantile of the same table for 1,000 values: the line beyond is cautious.
    assert 1e-5 <= dip_p_value(0.02844, 1_000) <= 1e-4


def worlds(seed: int) -> dict[str, tuple[Array, bool]]:
    """Return tables of units, and whether they have types."""
    rng = np.random.default_rng(seed)
    long = rng.normal(size=(240, 5)) * [5, 2, 1, 1, 1]
    parted = np.concatenate([rng.normal(m, 1, (80, 4)) for m in (0, 4, 8)])
    return {
        "one cloud": (rng.normal(size=(240, 12)), False),
        "long": (long, False),
        "skewed": (np.exp(0.5 * long[:, :3]), False),
        "heavy tails": (rng.standard_t(2, size=(240, 4)), False),
        "a giant": (np.vstack([rng.normal(size=(239, 4)), [[60.0] * 4]]), False),
        "whole numbers": (rng.poisson(2, (240, 3)).astype(float), False),
        "three types": (parted, True),
        "two types": (np.concatenate([parted[:80], parted[80:160] + 1]), True),
    }


@pytest.mark.parametrize("name", list(worlds(0)))
def test_types_are_found_where_there_are_some_and_nowhere_else(name: str) -> None:
    table, has_types = worlds(3)[name]
    found = structure(table, seed=1, level=0.95, references=39)
    assert found.has_types is has_types
    assert found.reason == ""
    assert found.valley_p is not None
    if name in {"one cloud", "long"}:
        assert found.normal_p is not None
        assert found.normal_p > 0.05


def test_one_cloud_is_rarely_said_to_have_types() -> None:
    """Forty continua, each alone at level 0.9: no more alarms than its tenth and three errors."""
    rng = np.random.default_rng(4)
    alarms = 0
    for seed in range(40):
        x = np.exp(0.4 * rng.normal(size=(120, 3)) * [3, 2, 1])
        found = [one for k in (2, 3) for one in valleys(x, k, seed=seed, starts=1)]
        alarms += any(one.p_value < 0.1 / len(found) for one in found)
    assert alarms <= 4 + 3 * np.sqrt(40 * 0.1 * 0.9)


def test_many_features_do_not_part_a_cloud() -> None:
    """Along a line fitted to 400 features, the units that it was fitted to part clearly."""
    x = np.random.default_rng(5).normal(size=(120, 400))
    found = valleys(x, 2, seed=1, fewest=2)
    assert found
    assert min(one.p_value for one in found) > 0.1
    labels = k_means(x[:60], 2, seed=1).labels
    step = np.diff([x[:60][labels == label].mean(axis=0) for label in (0, 1)], axis=0)[0]
    assert dip_p_value(dip(x[:60] @ step), 60) < 0.05


def test_p_values_of_valleys_are_adjusted_for_all_that_were_looked_at() -> None:
    rng = np.random.default_rng(12)
    x = np.concatenate([rng.normal(centre, 1, (40, 2)) for centre in ((0, 0), (4, 0), (2, 3.2))])
    found = valleys(x, 3, seed=1)
    smallest = min(one.p_value for one in found)
    assert len(found) > 1
    assert 0 < smallest < 1 / len(found)
    assert min(one.adjusted for one in found) == pytest.approx(len(found) * smallest)


def test_a_valley_lies_between_neighbours_only() -> None:
    """The ends of a long cloud are no neighbours, and nothing lies between them."""
    x = np.random.default_rng(6).normal(size=(400, 2)) * [9, 1]
    found = valleys(x, 3, seed=1)
    # Two of three pairs, in each half.
    assert len(found) == 4
    assert all(one.adjusted > 0.1 for one in found)


def test_logarithms_of_whole_numbers_make_no_valleys() -> None:
    """Sales of a skewed continuum and a price: a comb along every line if left as it is."""
    rng = np.random.default_rng(11)
    sales = rng.poisson(np.exp(rng.normal(0.5, 1.2, 2_000)))
    x = np.column_stack([np.log1p(sales), 0.2 * rng.normal(size=2_000)])
    assert min(one.adjusted for k in (2, 3) for one in valleys(x, k, seed=1)) > 0.1
    comb = np.sort(x @ [1, 0.1])
    assert dip_p_value(dip(comb), len(comb)) < 0.001


def test_places_are_along_the_line_from_one_centre_to_the_other() -> None:
    rng = np.random.default_rng(7)
    x = np.concatenate([rng.normal(0, 0.1, (40, 2)), rng.normal(5, 0.1, (40, 2))])
    for one in valleys(x, 2, seed=1):
        assert len(one.places) == 40
        assert np.abs(one.places - np.round(one.places)).max() < 0.15
        assert one.dip > 0.2
        assert one.p_value <= one.adjusted < 1e-3


def test_the_index_is_the_share_of_squares_left_and_its_null_that_of_a_normal_cloud() -> None:
    """Half of a normal column's variance beyond its own mean: 1 - 2 / pi."""
    x = np.random.default_rng(8).normal(size=(2_000, 1))
    found = structure(x, seed=2, level=0.95, references=19, most=2_000).index
    assert found is not None
    assert found.null == pytest.approx(1 - 2 / np.pi, abs=0.01)
    assert found.value == pytest.approx(1 - 2 / np.pi, abs=0.03)


def test_too_few_units_get_no_answer() -> None:
    few = structure(np.random.default_rng(1).normal(size=(30, 2)), seed=1, level=0.95)
    assert few.index is None
    assert few.reason.startswith("a hollow needs 40 units or more")
    alike = structure([[1.0, 2.0]] * 60 + [[2.0, 2.0]] * 60, seed=1, level=0.95)
    assert alike.reason == few.reason


def test_the_same_seed_gives_the_same_answer_of_a_sample() -> None:
    x = worlds(9)["three types"][0]
    first, again = (structure(x, seed=5, level=0.9, references=19, most=150) for _ in range(2))
    assert (first.n, first.used) == (240, 150)
    assert first.index == again.index
    assert first.valley_p == again.valley_p
