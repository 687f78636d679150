"""BG/NBD against what its authors published of CDNOW, their formulas, and customers drawn by it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.optimize import approx_fprime
from scipy.special import beta, hyp2f1

from knowntruth.errors import DataError
from knowntruth.methods.predictions.outcomes import Array
from knowntruth.methods.shops.beta_quadrature import beta_quadrature
from knowntruth.methods.shops.bg_nbd import BgNbd, fit, influence
from knowntruth.methods.shops.bg_nbd_likelihood import Data, log_likelihood

from . import cdnow


@pytest.fixture(scope="module")
def model() -> BgNbd:
    return fit(cdnow.histories())


def drawn(
    n: int, r: float, alpha: float, p: Array, *, until: float, ahead: float, seed: int
) -> tuple[pd.DataFrame, Array]:
    """Return histories of customers as the model has them, and their orders in a later time."""
    random = np.random.default_rng(seed)
    rate, age = random.gamma(r, 1 / alpha, n), random.uniform(until / 2, until, n)
    time, there = np.zeros(n), np.ones(n, dtype=bool)
    x, seen, later = np.zeros((3, n))
    while there.any():
        time += random.exponential(1 / rate)
        there &= time < age + ahead
        before = there & (time < age)
        x += before
        seen = np.where(before, time, seen)
        later += there & ~before
        there &= random.random(n) > p
    return pd.DataFrame({"frequency": x, "recency": seen, "age": age}), later


def test_cdnow_gives_the_published_parameters(model: BgNbd) -> None:
    # Fader, Hardie & Lee 2005, table 2; and their spreadsheet note, customer 1.
    found = (model.r, model.alpha, model.a, model.b)
    assert found == pytest.approx((0.2426, 4.4136, 0.7930, 2.4261), rel=2e-4)
    assert model.log_likelihood == pytest.approx(-9582.43, abs=0.01)
    assert (model.n, model.repeated, model.reason, model.at_edge) == (2357, 946, "", ())
    assert model.expected(cdnow.histories(), 39).iloc[0] == pytest.approx(1.226, abs=5e-4)


def test_expectations_are_those_of_the_hypergeometric_formulas(model: BgNbd) -> None:
    r, alpha, a, b, t = model.r, model.alpha, model.a, model.b, 39.0
    x, seen, age = (cdnow.histories()[c].to_numpy() for c in ("frequency", "recency", "age"))
    odds = np.where(x > 0, a / (b + np.maximum(x, 1) - 1), 0)
    odds = odds * ((alpha + age) / (alpha + seen)) ** (r + x)
    series = hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + age + t))
    whole = 1 - ((alpha + age) / (alpha + age + t)) ** (r + x) * series
    expected = (a + b + x - 1) / (a - 1) * whole / (1 + odds)
    assert np.allclose(model.expected(cdnow.histories(), t), expected, rtol=1e-8)
    assert np.allclose(model.alive(cdnow.histories()), 1 / (1 + odds), rtol=1e-12)
    of_new = 1 - (alpha / (alpha + t)) ** r * hyp2f1(r, b, a + b - 1, t / (alpha + t))
    assert model.of_new(t) == pytest.approx((a + b - 1) / (a - 1) * of_new)
    assert model.expected(cdnow.histories(), 0).sum() == 0


@pytest.mark.parametrize(("a", "b"), [(0.3, 0.7), (0.01, 2), (1, 1), (12, 1_000), (0.8, 2.4)])
def test_the_quadrature_has_the_moments_of_the_beta_distribution(a: float, b: float) -> None:
    points, weights = beta_quadrature(a, b)
    for power in (0, 1, 2, 7):
        for of_rest in (0, 3, 60):
            mean = weights @ (points**power * (1 - points) ** of_rest)
            expected = beta(a + power, b + of_rest) / beta(a, b)
            assert mean == pytest.approx(expected, rel=1e-8, abs=1e-14)


def test_the_slope_is_that_of_the_likelihood() -> None:
    some = cdnow.histories().head(300)
    x, seen, age = (some[name].to_numpy(dtype=float) for name in ("frequency", "recency", "age"))
    numbers, place = np.unique(x, return_inverse=True)
    data = Data(x, seen, age, np.ones(300), numbers, place)
    at = np.log([0.5, 7.0, 0.6, 3.0])
    slope = approx_fprime(at, lambda here: log_likelihood(here, data)[0], 1e-6)
    assert log_likelihood(at, data)[1] == pytest.approx(slope, rel=1e-4, abs=1e-3)


def test_the_unit_of_time_changes_nothing_but_alpha(model: BgNbd) -> None:
    of_days = cdnow.histories().copy()
    of_days[["recency", "age"]] *= 7
    found = fit(of_days)
    expected = (model.r, 7 * model.alpha, model.a, model.b)
    assert (found.r, found.alpha, found.a, found.b) == pytest.approx(expected, rel=1e-5)
    assert found.of_new(7 * 39) == pytest.approx(model.of_new(39), rel=1e-5)


def test_a_weight_counts_a_customer_so_often() -> None:
    some = cdnow.histories().head(400)
    times = np.random.default_rng(1).integers(0, 3, 400)
    repeated = fit(some.loc[some.index.repeat(times)])
    weighted = fit(some, weights=times)
    assert weighted.n == repeated.n
    for name in ("r", "alpha", "a", "b", "log_likelihood"):
        assert getattr(weighted, name) == pytest.approx(getattr(repeated, name), rel=1e-4)


def test_influence_is_what_another_weight_does(model: BgNbd) -> None:
    of_each = influence(model, cdnow.histories())
    for place in (0, 5, 40):
        weights = np.ones(model.n)
        weights[place] += 1
        moved = fit(cdnow.histories(), weights=weights)
        names = ("r", "alpha", "a", "b")
        change = [np.log(getattr(moved, name) / getattr(model, name)) for name in names]
        # One of 2,357 more: the rest of the curve is below a tenth.
        assert of_each[place] == pytest.approx(change, rel=0.1, abs=1e-5)


def test_customers_drawn_by_the_model_give_its_parameters_within_their_errors() -> None:
    truth = {"r": 3.0, "alpha": 60.0, "a": 0.5, "b": 8.0}
    z, inside = [], []
    for seed in range(12):
        p = np.random.default_rng(100 + seed).beta(truth["a"], truth["b"], 1_500)
        data, _ = drawn(1_500, 3, 60, p, until=400, ahead=0, seed=seed)
        found = fit(data)
        for name, value in truth.items():
            estimate = found.parameters[name]
            error = np.log(estimate.high / estimate.low) / (2 * stats.norm.ppf(0.975))
            z.append(np.log(estimate.value / value) / error)
        assert found.rate is not None
        assert found.leaving is not None
        inside.append(found.rate.covers(3 / 60) + found.leaving.covers(0.5 / 8.5))
    # Four that move together, of 12 draws: about 30 independent squares.
    assert 0.4 < np.mean(np.square(z)) < 1.9
    assert abs(np.mean(z)) < 0.6
    assert sum(inside) >= 20


def test_expected_orders_come_true_in_customers_drawn_by_the_model() -> None:
    random = np.random.default_rng(7)
    data, later = drawn(4_000, 1.5, 30, random.beta(0.8, 8, 4_000), until=300, ahead=90, seed=8)
    found = fit(data)
    predicted, alive = found.expected(data, 90).to_numpy(), found.alive(data).to_numpy()
    for low, high in ((0, 0), (1, 3), (4, 10), (11, 999)):
        group = data["frequency"].between(low, high).to_numpy()
        gap = later[group] - predicted[group]
        assert abs(gap.mean()) < 3.5 * gap.std() / np.sqrt(group.sum())
    likely = alive > 0.8
    assert (later[likely] > 0).mean() > 3 * (later[alive < 0.3] > 0).mean()


def test_where_nobody_leaves_all_are_there() -> None:
    data, later = drawn(2_000, 3, 60, np.zeros(2_000), until=300, ahead=90, seed=3)
    found = fit(data)
    assert found.alive(data).mean() > 0.995
    assert found.expected(data, 90).sum() == pytest.approx(later.sum(), rel=0.03)


def test_where_all_came_just_now_the_parameters_of_leaving_run_away() -> None:
    age = np.linspace(100, 200, 300)
    every_ten_days = pd.DataFrame({"frequency": age // 10, "recency": age // 10 * 10, "age": age})
    found = fit(every_ten_days)
    # They also order at one rate, which is known, and nobody leaves.
    assert (found.edges[:2], found.at_edge) == (("r", "odds"), ("r", "alpha", "a", "b"))
    assert (found.parameters, found.leaving, found.reason) == ({}, None, "")
    assert found.rate is not None
    counts = every_ten_days["frequency"].sum()
    assert found.rate.value == pytest.approx(counts / age.sum(), rel=1e-3)
    error = np.log(found.rate.high / found.rate.low) / (2 * 1.96)
    # Of Poisson counts.
    assert error == pytest.approx(1 / np.sqrt(counts), rel=0.02)
    assert found.alive(every_ten_days).min() > 0.999
    assert found.expected(every_ten_days, 100).mean() == pytest.approx(10, rel=0.05)


def test_without_repeat_orders_there_is_no_model() -> None:
    once = pd.DataFrame({"frequency": [0, 0], "recency": [0, 0], "age": [3, 9]})
    found = fit(once)
    assert found.reason == "nobody ordered again"
    assert found.expected(once, 10).isna().all()
    assert found.alive(once).isna().all()


def test_wrong_arguments_are_named(model: BgNbd) -> None:
    with pytest.raises(ValueError, match="horizon"):
        model.expected(cdnow.histories(), -1)
    with pytest.raises(ValueError, match="one a customer"):
        fit(cdnow.histories(), weights=[1, 2])
    with pytest.raises(DataError, match="recency"):
        fit(cdnow.histories().assign(recency=100.0))
