"""Gamma-gamma against what its authors published of CDNOW, and customers drawn by it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats
from scipy.optimize import approx_fprime

from knowntruth.errors import DataError
from knowntruth.methods.predictions.outcomes import Array
from knowntruth.methods.shops.gamma_gamma import GammaGamma, fit, log_likelihood

from . import cdnow


@pytest.fixture(scope="module")
def model() -> GammaGamma:
    return fit(cdnow.histories())


def drawn(n: int, p: float, q: float, v: float, seed: int) -> tuple[pd.DataFrame, Array]:
    """Return histories of customers as the model has them, and the true means."""
    random = np.random.default_rng(seed)
    rate = random.gamma(q, 1 / v, n)
    x = random.poisson(random.gamma(1, 4, n))
    value = random.gamma(np.maximum(p * x, 1e-9)) / rate / np.maximum(x, 1)
    return pd.DataFrame({"frequency": x, "value": np.where(x > 0, value, np.nan)}), p / rate


def test_cdnow_gives_the_published_parameters(model: GammaGamma) -> None:
    # Fader & Hardie 2013: p = 6.25, q = 3.74, v = 15.44, of 946 customers.
    found = (model.p, model.q, model.v)
    assert found == pytest.approx((6.25, 3.74, 15.44), abs=0.011)
    assert (model.n, model.reason, model.at_edge) == (946, "", ())
    assert model.mean == pytest.approx(35.2, abs=0.1)
    # The same note: a customer without repeat orders has the mean over customers.
    expected = model.expected(cdnow.histories())
    once = cdnow.histories()["frequency"] == 0
    assert np.allclose(expected[once], model.mean)


def test_the_likelihood_is_that_of_a_gamma_mixed_over_a_gamma() -> None:
    p, q, v, x, value = 2.0, 3.0, 15.0, 3.0, 12.0

    def at_rate(rate: float) -> float:
        of_mean = stats.gamma.pdf(value, p * x, scale=1 / (rate * x))
        return float(of_mean * stats.gamma.pdf(rate, q, scale=1 / v))

    expected, _ = integrate.quad(at_rate, 0, np.inf)
    one = [np.array([of]) for of in (x, value, 1.0)]
    assert log_likelihood(np.log([p, q, v]), *one)[0] == pytest.approx(np.log(expected))
    two = GammaGamma(p=p, q=q, v=v, n=1, mean=p * v / (q - 1))
    mean, _ = integrate.quad(lambda rate: p / rate * at_rate(rate), 0, np.inf)
    found = two.expected(pd.DataFrame({"frequency": [x], "value": [value]}))
    assert found.tolist() == pytest.approx([mean / expected])


def test_the_slope_is_that_of_the_likelihood() -> None:
    of = cdnow.histories().query("frequency > 0").head(100)
    data = [of["frequency"].to_numpy(float), of["value"].to_numpy(float), np.ones(100)]
    at = np.log([2.0, 5.0, 9.0])
    slope = approx_fprime(at, lambda here: log_likelihood(here, *data)[0], 1e-6)
    assert log_likelihood(at, *data)[1] == pytest.approx(slope, rel=1e-4, abs=1e-3)


def test_the_currency_changes_nothing_but_v(model: GammaGamma) -> None:
    other = cdnow.histories().assign(value=cdnow.histories()["value"] * 150)
    found = fit(other)
    expected = (model.p, model.q, 150 * model.v, 150 * model.mean)
    assert (found.p, found.q, found.v, found.mean) == pytest.approx(expected, rel=1e-4)


def test_a_weight_counts_a_customer_so_often() -> None:
    some = cdnow.histories().head(600)
    times = np.random.default_rng(1).integers(0, 3, 600)
    repeated, weighted = fit(some.loc[some.index.repeat(times)]), fit(some, weights=times)
    assert weighted.n == repeated.n
    for name in ("p", "q", "v", "log_likelihood"):
        assert getattr(weighted, name) == pytest.approx(getattr(repeated, name), rel=1e-3)


def test_customers_drawn_by_the_model_give_its_parameters_within_their_errors() -> None:
    truth, z = {"p": 4.0, "q": 3.5, "v": 20.0}, []
    for seed in range(12):
        found = fit(drawn(1_000, 4, 3.5, 20, seed)[0])
        for name, value in truth.items():
            estimate = found.parameters[name]
            error = np.log(estimate.high / estimate.low) / (2 * stats.norm.ppf(0.975))
            z.append(np.log(estimate.value / value) / error)
        assert found.rank_correlation is not None
        # Nothing ties number and value here: 99.7% of draws lie within three errors.
        assert abs(found.rank_correlation.value) < 3.2 / np.sqrt(found.n)
    # Three that move together, of 12 draws: about 20 independent squares.
    assert 0.35 < np.mean(np.square(z)) < 2.1


def test_expected_values_come_true_and_beat_the_mean_that_was_seen() -> None:
    data, true = drawn(4_000, 1.5, 4, 30, 5)
    expected = fit(data).expected(data).to_numpy()
    again = data["frequency"].to_numpy() > 0
    gap = true - expected
    assert abs(gap.mean()) < 3.5 * gap.std() / np.sqrt(len(gap))
    seen = data["value"].to_numpy()
    # Few orders say little: the shrunken value is nearer the truth.
    assert np.mean(gap[again] ** 2) < 0.8 * np.mean((true - seen)[again] ** 2)


def test_where_nothing_can_be_learnt_it_is_said() -> None:
    once = pd.DataFrame({"frequency": [0, 0, 2], "value": [np.nan, np.nan, 5.0]})
    assert fit(once).reason == "fewer than two customers ordered again"
    same = pd.DataFrame({"frequency": [1, 2, 3], "value": [5.0, 5.0, 5.0]})
    assert fit(same).reason == "all customers pay the same"
    assert fit(same).expected(same).isna().all()
    # So heavy a tail has no mean.
    endless = drawn(2_000, 4, 0.5, 20, 1)[0]
    assert fit(endless).reason == "the mean over customers is infinite"


def test_wrong_arguments_are_named() -> None:
    some = cdnow.histories()
    with pytest.raises(DataError, match="column value"):
        fit(some.assign(value=0.0))
    with pytest.raises(DataError, match="column frequency"):
        fit(some.drop(columns="frequency"))
    with pytest.raises(ValueError, match="one a customer"):
        fit(some, weights=[1])
