"""RFM against the rows that a published notebook prints, other libraries' quantiles, and laws."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from knowntruth.errors import DataError
from knowntruth.methods.groups.rfm import (
    MEASURES,
    Rule,
    Scale,
    Scheme,
    measures,
    quantile_scale,
    segment,
)

PUBLISHED_RULES = (
    Rule(name="best", recency=(1, 1), frequency=(1, 1), money=(1, 1)),
    Rule(name="potential", recency=(1, 1), frequency=(1, 2), money=(1, 2)),
    Rule(name="new", recency=(1, 1), frequency=(4, 4), money=(1, 2)),
    Rule(name="low value", recency=(1, 1), frequency=(1, 1), money=(3, 4)),
    Rule(name="churned best", recency=(4, 4), frequency=(1, 2), money=(1, 2)),
)
# Of the frequency and money quartiles a published notebook prints the medians alone, 17 and 2122;
# the outer ones lie between printed percentiles: 4 to 7 and 52 to 162, 52 to 254 and 19,757 to
# 68,635. These are inside, where the printed scores want them.
PUBLISHED = Scheme(
    rules=PUBLISHED_RULES,
    recency=Scale((2, 4, 7), "low"),
    frequency=Scale((5, 17, 100), "high"),
    money=Scale((100, 2121.999988436688, 40_000), "high"),
)
# Its printed rows: recency, total of sales, money, and the code and name that it gives.
ROWS = [
    (2, 3, 600.000012, "143", "others"),
    (1, 7, 6939.000057, "132", "others"),
    (1, 71, 367.99999, "123", "others"),
    (1, 7, 11158.999637, "132", "others"),
    (3, 10, 8002.00009, "232", "others"),
    (1, 17, 34.169999, "134", "others"),
    (2, 3, 1240.00003, "143", "others"),
    (1, 5, 157.009998, "143", "others"),
    (1, 83, 8362.999922, "122", "potential"),
    (1, 48, 8142.000099, "122", "potential"),
    (1, 1120, 5164276.0, "111", "best"),
    (1, 3314, 2713225.0, "111", "best"),
    (1, 14865, 11930640.0, "111", "best"),
    (1, 7640, 3924930.0, "111", "best"),
    (1, 4466, 8358156.0, "111", "best"),
]


def some(*rows: tuple[float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(MEASURES), dtype=float)


def spread(seed: int, n: int = 200) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    often = random.poisson(random.gamma(0.5, 20, n)) + 1.0
    money = often * random.lognormal(3, 1, n)
    return pd.DataFrame(dict(recency=random.integers(1, 12, n), frequency=often, money=money))


def test_printed_rows_get_the_printed_codes_and_names() -> None:
    found = segment(some(*[row[:3] for row in ROWS]), PUBLISHED).units
    assert list(zip(found["code"], found["segment"], strict=True)) == [row[3:] for row in ROWS]


def test_the_published_rules_name_the_published_codes_and_no_others() -> None:
    """The lists of codes in the published notebook's function, over all 64."""
    named = {
        "best": {"111"},
        "potential": {"112", "121", "122"},
        "new": {"141", "142"},
        "low value": {"113", "114"},
        "churned best": {"411", "412", "421", "422"},
    }
    # A value of each score: one for recency, where low is best, and one for the others.
    low, high = {1: 1.0, 2: 3.0, 3: 5.0, 4: 9.0}, {1: 4.0, 2: 3.0, 3: 2.0, 4: 1.0}
    scale = Scale((1.5, 2.5, 3.5), "high")
    scheme = Scheme(rules=PUBLISHED_RULES, recency=PUBLISHED.recency, frequency=scale, money=scale)
    codes = list(product((1, 2, 3, 4), repeat=3))
    found = segment(some(*[(low[r], high[f], high[m]) for r, f, m in codes]), scheme)
    for name, expected in named.items():
        units = found.units
        assert set(units["code"][units["segment"] == name]) == expected
    assert found.table.set_index("segment")["units"]["others"] == 64 - 12
    # "best" and "potential" both fit it; the first gives the name.
    assert found.contested == {"111": ("best", "potential")}


@pytest.mark.parametrize("parts", [4, 5])
def test_scores_by_quantiles_are_those_of_pandas(parts: int) -> None:
    x = np.random.default_rng(1).normal(size=57)
    expected = pd.qcut(x, parts, labels=False)
    low = quantile_scale(x, parts=parts, best="low").scores(x)
    high = quantile_scale(x, parts=parts, best="high").scores(x)
    assert (low == expected + 1).all()
    assert (high == parts - expected).all()


def test_quantiles_score_short_recency_and_high_money_best() -> None:
    of = spread(4)
    found = segment(of, Scheme(rules=(), frequency=3)).units
    for name, parts in {"recency": 4, "frequency": 3, "money": 4}.items():
        cut = pd.qcut(of[name], parts, labels=False)
        expected = cut + 1 if name == "recency" else parts - cut
        assert (found[f"{name}_score"] == expected).all()


def test_a_value_on_an_edge_belongs_below_it() -> None:
    assert Scale((2, 4, 7), "low").scores([1, 2, 2.1, 4, 7, 8]).tolist() == [1, 1, 2, 2, 3, 4]
    assert Scale((2, 4, 7), "high").scores([1, 2, 2.1, 4, 7, 8]).tolist() == [4, 4, 3, 3, 2, 1]
    assert Scale((2, 4, 7), "high").on_edges([1, 2, 2, 7, 9]) == 3


def test_where_most_values_tie_scores_between_are_not_given() -> None:
    x = [1.0] * 80 + [5.0] * 20
    scale = quantile_scale(x, parts=4, best="low")
    assert scale.edges == (1, 1, 1)
    assert set(scale.scores(x).tolist()) == {1, 4}


def test_the_table_adds_up_to_all_units_and_all_money() -> None:
    of = spread(2)
    found = segment(of, Scheme(rules=PUBLISHED_RULES))
    table = found.table
    assert list(table["segment"]) == [*(rule.name for rule in PUBLISHED_RULES), "others"]
    assert table["units"].sum() == len(of)
    assert table["money"].sum() == pytest.approx(of["money"].sum())
    assert table["frequency"].sum() == pytest.approx(of["frequency"].sum())
    assert table["share_of_units"].sum() == pytest.approx(1)
    assert table["share_of_money"].sum() == pytest.approx(1)
    one = found.units[found.units["segment"] == "best"]
    row = table.set_index("segment").loc["best"]
    assert (row["units"], row["recency"], row["codes"]) == (
        len(one), one["recency"].median(), 1,
    )  # fmt: skip


def test_names_that_nobody_has_are_said() -> None:
    found = segment(some((1, 1, 1), (2, 2, 2)), PUBLISHED)
    assert set(found.empty) == {rule.name for rule in PUBLISHED_RULES}
    table = found.table.set_index("segment")
    assert table["units"]["best"] == 0
    assert found.contested == {}
    assert np.isnan(table["recency"]["best"])


def test_units_on_edges_are_counted() -> None:
    found = segment(some((2, 17, 3), (4, 18, 3), (5, 100, 3)), PUBLISHED)
    assert found.on_edges == {"recency": 2, "frequency": 2, "money": 0}


def test_money_does_not_depend_on_the_currency() -> None:
    of, scheme = spread(3), Scheme(rules=PUBLISHED_RULES)
    other = segment(of.assign(money=of["money"] * 64), scheme).units
    assert (other["code"] == segment(of, scheme).units["code"]).all()


def test_measures_are_sums_and_the_last_active_period() -> None:
    counts = pd.DataFrame([[1, 0, 2, 0], [0, 0, 0, 4]], index=["a", "b"])
    money = pd.DataFrame([[0, 0, 0, 9], [5, 0, 7, 0]], index=["b", "a"])
    found = measures(counts, money)
    assert found.to_dict("index") == {
        "a": {"recency": 2, "frequency": 3, "money": 12},
        "b": {"recency": 1, "frequency": 4, "money": 9},
    }
    by_period = measures(counts, money, kind="age", frequency="periods")
    assert by_period["frequency"].tolist() == [2, 1]
    assert by_period["recency"].tolist() == [pytest.approx((4 + 2 * 2) / 3), 1]


def test_units_without_measures_are_refused() -> None:
    with pytest.raises(DataError, match="column money"):
        segment(some((1, 1, np.nan)), PUBLISHED)
    with pytest.raises(DataError, match="column frequency"):
        segment(some((1, 1, 1)).drop(columns="frequency"), PUBLISHED)
    with pytest.raises(DataError, match="no units"):
        segment(some(), PUBLISHED)


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="parts"):
        quantile_scale([1.0, 2], parts=10, best="low")
    with pytest.raises(ValueError, match="no range of x"):
        Rule(name="x", recency=(2, 1), frequency=(1, 4), money=(1, 4))
