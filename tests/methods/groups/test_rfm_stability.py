"""How names hold: where it is known that they do, must not, or by how much."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import adjusted_rand_score

from knowntruth.methods.groups.rfm import Rule, Scale, Scheme, measures, segment
from knowntruth.methods.groups.rfm_stability import one_period_more, steadiness

ANY = (1, 9)
HALVES = Scheme(
    rules=(Rule(name="more", recency=ANY, frequency=ANY, money=(1, 1)),),
    recency=Scale((2,), "low"),
    frequency=Scale((2,), "high"),
    money=2,
)
FIXED = Scheme(
    rules=(Rule(name="now", recency=(1, 1), frequency=ANY, money=ANY),),
    recency=Scale((1,), "low"),
    frequency=Scale((2,), "high"),
    money=Scale((2,), "high"),
    others="before",
)


def of_money(values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(dict(recency=1.0, frequency=1.0, money=values))


def test_with_given_edges_all_keep_their_names() -> None:
    found = steadiness(of_money(np.arange(1.0, 41)), FIXED, level=0.95, seed=1, draws=30)
    assert (found.kept, found.worst, found.adjusted_rand) == (1, 1, 1)
    assert (found.chance == 1).all()


def test_at_a_median_a_unit_keeps_its_name_as_often_as_the_median_stays_below_it() -> None:
    """Of 41 units the median is one; it lies below a unit r ranks above with a binomial chance."""
    n = 41
    found = steadiness(of_money(np.arange(1.0, n + 1)), HALVES, level=0.95, seed=2, draws=2_000)
    # The resample's median is at or below rank k when 21 or more of its units are.
    for unit in (23, 25, 28):
        below = stats.binom.sf(n // 2, n, (unit - 1) / n)
        # Strictly below the unit: then it is above the edge, as it was.
        assert found.chance[unit - 1] == pytest.approx(below, abs=4 * np.sqrt(0.25 / 2_000))
    assert found.chance[[0, n - 1]].tolist() == [1, 1]
    assert found.kept == pytest.approx(found.chance.mean())
    assert found.worst < found.kept


def test_sizes_of_names_vary_as_resamples_do() -> None:
    """With a given edge the units with a name, of those drawn, are binomial."""
    of = pd.DataFrame(dict(recency=[1.0] * 30 + [2.0] * 70, frequency=1.0, money=1.0))
    table = steadiness(of, FIXED, level=0.9, seed=3, draws=3_000).table.set_index("segment")
    expected = stats.binom(100, 0.3).ppf([0.05, 0.95])
    assert table.loc["now", ["low", "high"]].tolist() == pytest.approx(expected.tolist(), abs=1)
    assert table["units"].to_dict() == {"now": 30, "before": 70}


def test_a_name_without_units_has_no_share_that_keeps_it() -> None:
    of = of_money(np.arange(1.0, 21)).assign(recency=9.0)
    table = steadiness(of, FIXED, level=0.95, seed=4, draws=20).table.set_index("segment")
    assert np.isnan(table["kept"]["now"])
    assert table["kept"]["before"] == 1


COUNTS = pd.DataFrame(
    [[1, 1, 1], [1, 1, 0], [1, 0, 1], [1, 0, 0], [0, 0, 5]], index=list("abcde"), columns=[4, 5, 6]
)


def test_moves_of_five_units_counted_by_hand() -> None:
    """Active in the last period or not, in May and in June; the fifth is new in June."""
    found = one_period_more(COUNTS, COUNTS * 10, FIXED, level=0.95)
    assert found.moves.loc["now"].to_dict() == {"now": 1, "before": 1}
    assert found.moves.loc["before"].to_dict() == {"now": 1, "before": 1}
    assert (found.new, found.before, found.after) == (1, 2, 3)
    assert found.kept is not None
    assert (found.kept.value, found.kept.n, found.kept.unit) == (0.5, 4, "share")
    # Wilson 1927, of two in four.
    interval = stats.binomtest(2, 4).proportion_ci(0.95, method="wilson")
    assert (found.kept.low, found.kept.high) == pytest.approx((interval.low, interval.high))


def test_names_after_are_those_of_the_whole_table() -> None:
    random = np.random.default_rng(5)
    counts = pd.DataFrame(random.poisson(0.7, (80, 6)) + np.eye(80, 6, dtype=int))
    money = counts * random.lognormal(size=(80, 1))
    found = one_period_more(counts, money, HALVES, level=0.95, more=2)
    whole = segment(measures(counts, money), HALVES).units["segment"]
    was = counts.iloc[:, :4].any(axis=1)
    assert found.moves.sum().to_dict() == whole[was].value_counts().to_dict()
    early = measures(counts.loc[was].iloc[:, :4], money.loc[was].iloc[:, :4])
    names = segment(early, HALVES).units["segment"]
    assert found.moves.sum(axis=1).to_dict() == names.value_counts().to_dict()
    assert found.new == (~was).sum()


def test_agreement_is_the_adjusted_rand_index_of_sklearn() -> None:
    random = np.random.default_rng(6)
    counts = pd.DataFrame(random.poisson(0.7, (80, 6)) + np.eye(80, 6, dtype=int) + 1)
    money = counts * random.lognormal(size=(80, 6))
    quartiles = Scheme(
        rules=tuple(
            Rule(name=f"{f}{m}", recency=ANY, frequency=(f, f), money=(m, m))
            for f in (1, 2, 3, 4)
            for m in (1, 2, 3, 4)
        )
    )
    found = one_period_more(counts, money, quartiles, level=0.95)
    was = segment(measures(counts.iloc[:, :5], money.iloc[:, :5]), quartiles).units["segment"]
    now = segment(measures(counts, money), quartiles).units["segment"]
    assert found.adjusted_rand == pytest.approx(adjusted_rand_score(was, now), rel=1e-12)
    assert 0 < found.adjusted_rand < 1
    drawn = steadiness(measures(counts, money), quartiles, level=0.95, seed=1, draws=30)
    assert found.adjusted_rand / 3 < drawn.adjusted_rand < drawn.kept < 1


def test_where_nobody_was_active_before_nothing_is_kept() -> None:
    late = COUNTS.assign(**{"4": 0})[["4", 6]]
    found = one_period_more(late, late, FIXED, level=0.95)
    assert (found.kept, found.reason) == (None, "nobody was active before")
    assert found.moves.to_numpy().sum() == 0


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="more"):
        one_period_more(COUNTS, COUNTS, FIXED, level=0.95, more=0)
    with pytest.raises(ValueError, match="before"):
        one_period_more(COUNTS, COUNTS, FIXED, level=0.95, more=3)
    with pytest.raises(ValueError, match="draws"):
        steadiness(of_money(np.arange(3.0)), FIXED, level=0.95, seed=1, draws=5)
