"""Power laws against the package powerlaw, closed forms, and worlds with and without one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from knowntruth.methods.totals.cut_lognormals import Lognormal
from knowntruth.methods.totals.power_laws import PowerLaw, Tail, _log_zeta, _Search, power_law
from knowntruth.story.estimates import Estimate

P = (np.arange(300) + 0.5) / 300
LOGNORMAL = np.exp(3 + 2 * stats.norm.ppf(P))
PARETO = 5 * (1 - P) ** (-1 / 1.3)
COLUMNS = {
    "lognormal": LOGNORMAL,
    "whole lognormal": np.ceil(LOGNORMAL),
    "pareto": PARETO,
    "whole pareto": np.floor(PARETO + 0.5),
}

# powerlaw 2.0.0, Fit(x, discrete=whole, estimate_discrete=False, xmin=least) and
# distribution_compare("power_law", "lognormal"): least, exponent, D, log of the likelihood ratio,
# its p-value, mu and sigma of the lognormal, units.
POWERLAW = {
    ("lognormal", None): (
        229.39021211399734, 2.0538658200322564, 0.05284471754678721, -0.4377663015171773,
        0.5462779579093364, 3.1982610609182927, 1.9211649888624405, 34,
    ),
    ("lognormal", 20.0): (
        20.0, 1.6254832184971797, 0.08811917870084718, -7.615717387319718,
        0.018147011551393314, 3.0757873800606452, 1.9668375918504117, 150,
    ),
    ("whole lognormal", None): (
        230.0, 2.0531595758250862, 0.052425750358673806, -0.4463458611008244,
        0.5422886175901731, 3.245954460962981, 1.9099142551357522, 34,
    ),
    ("whole lognormal", 20.0): (
        20.0, 1.6247787297446812, 0.0870073191416334, -7.66878950582872,
        0.017785273255881563, 3.0301444546629774, 1.9786756605879345, 153,
    ),
    ("pareto", None): (
        5.0064197219922235, 2.3036800795443337, None, -0.004077354396273547,
        0.9596142783072412, -141.4812595395461, 10.53236514297398, 300,
    ),
    ("whole pareto", 20.0): (
        20.0, 2.308650750138135, 0.01255164643407225, -0.022477164774715508,
        0.8907898623855068, -18.962588496469834, 4.230690953144596, 51,
    ),
}  # fmt: skip


def quick(values: object, **changes: object) -> PowerLaw:
    fixed = {"level": 0.95, "seed": 1, "draws": 20, "candidates": 1_000}
    return power_law(values, **(fixed | changes))


def tail_of(found: PowerLaw) -> Tail:
    assert found.tail is not None
    return found.tail


def known(estimate: Estimate | None) -> Estimate:
    assert estimate is not None
    return estimate


@pytest.mark.parametrize(("column", "least"), list(POWERLAW))
def test_all_is_as_the_package_powerlaw_finds_it(column: str, least: float | None) -> None:
    expected = POWERLAW[column, least]
    found = quick(COLUMNS[column], least=least)
    tail, vuong = tail_of(found), known(found.vuong)
    # The package's optimiser of whole numbers stops after five digits.
    assert tail.least == pytest.approx(expected[0])
    assert tail.exponent == pytest.approx(expected[1], rel=5e-5)
    assert tail.units == expected[7]
    if expected[2] is not None:
        assert tail.distance == pytest.approx(expected[2], rel=1e-3)
    assert -vuong.value * vuong.n == pytest.approx(expected[3], rel=1e-4, abs=1e-6)
    assert vuong.p_value == pytest.approx(expected[4], rel=1e-3)
    assert (found.center, found.spread) == pytest.approx(expected[5:7], rel=1e-4)


@pytest.mark.parametrize("times", [[60, 20, 8, 5, 4, 3], [300, 9, 1, 0, 0, 0], [5, 5, 9, 9, 9, 9]])
def test_the_whole_exponent_solves_the_equation_of_its_likelihood(times: list[int]) -> None:
    """Clauset et al. 2009, eq. 3.5: the law's mean logarithm is that of the data."""
    x = np.repeat([1.0, 2, 3, 4, 7, 20], times)
    exponent = tail_of(quick(x, least=1)).exponent
    k = np.arange(1, 4_000_001)
    weights = k**-exponent
    # What lies beyond is an integral.
    end = k[-1] + 0.5
    rest = end ** (1 - exponent) / (exponent - 1)
    logs = weights @ np.log(k) + rest * (math.log(end) + 1 / (exponent - 1))
    assert logs / (weights.sum() + rest) == pytest.approx(np.log(x).mean(), rel=1e-6)


@pytest.mark.parametrize("exponent", [1.2, 4.5])
def test_sums_of_powers_from_far_out_are_those_of_scipy(exponent: float) -> None:
    start = np.array([99.0, 100, 101, 5_000])
    expected = np.log(special.zeta(exponent, start))
    assert _log_zeta(np.array(exponent), start) == pytest.approx(expected, rel=0, abs=1e-10)


def test_exponents_of_known_laws_are_found_with_intervals_that_hold_them() -> None:
    random = np.random.default_rng(2)
    held = [
        known(quick(random.pareto(1.5, 150) + 1, least=1, draws=40).exponent).covers(2.5)
        for _ in range(50)
    ]
    # Resampling holds a little less than its level; the error of 50 is 3 points.
    assert 0.83 <= np.mean(held) <= 1


def test_a_law_is_refused_as_often_as_its_fit_says_and_a_lognormal_more_often() -> None:
    """Of tails from a given value: p-values of a true law are uniform."""
    random = np.random.default_rng(3)
    law = [quick(random.pareto(1.5, 120) + 1, least=1, draws=40) for _ in range(50)]
    other = [quick(random.lognormal(2, 1, 120), least=2, draws=40) for _ in range(12)]
    # A standard error of 0.29 / sqrt(50), three of them.
    assert np.mean([one.fit for one in law]) == pytest.approx(0.5, abs=0.13)
    assert np.mean([one.fit for one in other]) < 0.05
    # Half a chi-squared: a true law is refused in five of a hundred, and at 1 in half of them.
    refused = np.mean([(one.curvature or 0) < 0.05 for one in law])
    assert refused < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 50)
    assert 0.2 < np.mean([one.curvature == 1 for one in law]) < 0.8
    assert max(one.curvature for one in law if one.curvature != 1) <= 0.5
    assert max(one.curvature or 0 for one in other) < 0.01


def test_vuong_says_nothing_where_the_lognormal_is_the_power_law() -> None:
    # A mixture of two laws bends up, where a lognormal bends down.
    bent = np.concatenate([(1 - P) ** (-1 / 6.0), (1 - P[::6]) ** (-1 / 0.5)])
    found = quick(bent, least=1)
    assert (found.center, found.spread, found.curvature) == (None, None, 1)
    vuong = known(found.vuong)
    assert (vuong.value, vuong.p_value) == (0, None)
    assert vuong.low == -math.inf


def test_a_cut_lognormal_is_drawn_as_scipy_draws_a_cut_normal() -> None:
    lognormal = Lognormal.of(LOGNORMAL[100:], LOGNORMAL[100], whole=False)
    assert lognormal.center is not None
    assert lognormal.spread is not None
    drawn = lognormal.draw((1, 4_000), np.random.default_rng(4))[0]
    cut = (math.log(LOGNORMAL[100]) - lognormal.center) / lognormal.spread
    expected = stats.truncnorm(cut, math.inf, lognormal.center, lognormal.spread)
    assert stats.kstest(np.log(drawn), expected.cdf).pvalue > 0.01


def test_whole_numbers_are_drawn_as_the_law_says() -> None:
    """From least up, by the zeta distribution; the way of drawing is approximate, to a percent."""
    drawn = _Search(True, None, 1).draw(Tail(6.0, 2.5, 1, 0.0), 40_000, np.random.default_rng(5))
    zipf = stats.zipfian(2.5, 1_000_000)
    for k in (6, 7, 12):
        expected = zipf.pmf(k) / zipf.sf(5)
        assert np.mean(drawn == k) == pytest.approx(expected, abs=0.01)


def test_implied_top_shares_are_those_of_the_law() -> None:
    """Survival x^-3: the top tenth makes 0.1^(2/3), with an error that falls with many units."""
    p = (np.arange(20_000) + 0.5) / 20_000
    found = quick((1 - p) ** (-1 / 3), least=1, shares=[0.1], candidates=1)
    for implied in found.implied:
        assert implied.low < implied.middle < implied.high
        assert implied.middle == pytest.approx(0.1 ** (2 / 3), abs=0.01)
    assert found.observed[0.1] == pytest.approx(0.1 ** (2 / 3), abs=0.003)


def test_of_an_infinite_mean_a_law_implies_more_at_the_top_than_a_lognormal() -> None:
    found = quick(LOGNORMAL, least=20)
    top = {one.model: one for one in found.implied if one.share == 0.01}
    assert top["power law"].middle > 2 * top["lognormal"].middle
    assert top["lognormal"].low < found.observed[0.01] < top["lognormal"].high


def test_units_that_make_nothing_change_no_tail() -> None:
    with_zeros = quick(np.append(LOGNORMAL, np.zeros(50)), least=20)
    assert tail_of(with_zeros) == tail_of(quick(LOGNORMAL, least=20))
    assert with_zeros.n == 350


def test_fewer_candidates_come_close() -> None:
    few = quick(LOGNORMAL, candidates=60)
    assert tail_of(few).exponent == pytest.approx(tail_of(quick(LOGNORMAL)).exponent, abs=0.2)


@pytest.mark.parametrize("values", [[], [0.0] * 30, [5.0] * 30, list(range(9))])
def test_without_a_tail_the_reason_is_said(values: list[float]) -> None:
    found = quick(values)
    assert found.tail is None
    assert "no tail has 10 units" in found.reason


@pytest.mark.parametrize(
    ("values", "changes", "named"),
    [
        ([1.0, -1], {}, "below zero"),
        ([1.5, 2], {"whole": True}, "fractions"),
        ([1.0, 2], {"level": 1}, "level"),
        ([1.0, 2], {"draws": 3}, "draws"),
        ([1.0, 2], {"candidates": 0}, "candidates"),
    ],
)
def test_wrong_arguments_are_named(
    values: list[float], changes: dict[str, object], named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        quick(values, **changes)
