"""Rates by group against scipy, statsmodels, published values and simulated groups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.stats.contingency import association
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportions_ztest

from knowntruth.errors import DataError
from knowntruth.methods.users.rates_by_group import (
    SMALL,
    Group,
    Rates,
    cramers_v,
    rates_by,
    rates_by_band,
    tallies,
)
from knowntruth.story import Estimate

Counts = dict[str, tuple[int, int]]

CITIES: Counts = {"Oslo": (130, 900), "Bern": (31, 400), "Rome": (70, 410), "Riga": (9, 60)}


def users(counts: Counts) -> pd.DataFrame:
    """A row a user: each label with so many successes among so many users."""
    labels = np.repeat(list(counts), [n for _, n in counts.values()])
    paid = np.concatenate([np.arange(n) < s for s, n in counts.values()])
    return pd.DataFrame({"city": labels, "paid": paid.astype(float)})


def found(counts: Counts, **options: object) -> Rates:
    return rates_by(users(counts), "paid", "city", **({"level": 0.95, "fewest": 1} | options))


def difference(group: Group) -> Estimate:
    assert group.difference is not None
    return group.difference


def table(counts: Counts) -> np.ndarray:
    return np.array([(s, n - s) for s, n in counts.values()])


def test_each_rate_has_wilsons_interval() -> None:
    """scipy 1.17.1, `binomtest(...).proportion_ci(method="wilson")`."""
    rates = found(CITIES, level=0.9)
    assert [group.label for group in rates.groups] == ["Oslo", "Rome", "Bern", "Riga"]
    for group in rates.groups:
        assert group.tally == CITIES[group.label]
        theirs = stats.binomtest(*CITIES[group.label]).proportion_ci(0.9, method="wilson")
        ends = (theirs.low, group.tally[0] / group.tally[1], theirs.high)
        assert (group.rate.low, group.rate.value, group.rate.high) == pytest.approx(ends)
        assert (group.rate.unit, group.rate.null, group.rate.level) == ("share", None, 0.9)
    assert rates.overall is not None
    assert (rates.overall.value, rates.overall.n) == (240 / 1770, 1770)


@pytest.mark.parametrize(
    "counts",
    [
        CITIES,
        {"a": (3, 10), "b": (9, 20)},
        {"a": (0, 7), "b": (9, 9), "c": (1, 3)},
        {f"{i:02}": (10 + i, 1000 + 7 * i) for i in range(36)},
        {"a": (5_000, 500_000), "b": (10_400, 1_000_000)},
    ],
)
def test_independence_is_scipys_chi_square_test(counts: Counts) -> None:
    """scipy 1.17.1, `chi2_contingency` and, for V without correction, `association`.

    With two columns the correction is V² -> (V² - (k - 1) / (n - 1)) (n - 1) / (n - 2).
    """
    theirs = stats.chi2_contingency(table(counts), correction=False)
    ours = found(counts).independence
    assert ours is not None
    assert (ours.chi2, ours.p_value) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-9)
    assert ours.degrees == theirs.dof == len(counts) - 1
    assert ours.smallest_expected == pytest.approx(theirs.expected_freq.min())
    n = table(counts).sum()
    squared = association(table(counts), method="cramer") ** 2 - (len(counts) - 1) / (n - 1)
    corrected = math.sqrt(max(squared, 0) * (n - 1) / (n - 2))
    assert ours.cramers_v == pytest.approx(corrected, rel=1e-9)


def test_cramers_v_is_the_published_one() -> None:
    """ClickHouse's manual, `cramersVBiasCorrected`: i % 10 against i % 4, for 150 numbers."""
    numbers = np.arange(150)
    cells = pd.crosstab(numbers % 10, numbers % 4).to_numpy()
    chi2 = stats.chi2_contingency(cells, correction=False).statistic
    assert cramers_v(chi2, 150, rows=10, columns=4) == pytest.approx(0.5305112825189074, rel=1e-12)
    assert cramers_v(chi2, 150, rows=4, columns=10) == pytest.approx(0.5305112825189074, rel=1e-12)


@pytest.mark.parametrize("counts", [{"a": (40, 40), "b": (0, 9)}, {"a": (2, 2), "b": (0, 2)}])
def test_two_groups_that_tell_all_have_full_association(counts: Counts) -> None:
    test = found(counts).independence
    assert test is not None
    assert test.cramers_v == pytest.approx(1, abs=1e-12)


def test_a_user_in_each_group_leaves_no_association() -> None:
    test = found({"a": (1, 1), "b": (0, 1), "c": (0, 1)}).independence
    assert test is not None
    assert test.chi2 == pytest.approx(3)
    assert test.cramers_v == 0


def test_unrelated_groups_have_an_association_only_without_the_correction() -> None:
    """Given the margins, chi-square is on average n (k - 1) / (n - 1), which is taken away."""
    rng, k, n = np.random.default_rng(5), 20, 400
    raw, corrected = [], []
    for _ in range(300):
        cells = np.zeros((k, 2))
        np.add.at(cells, (rng.integers(k, size=n), rng.integers(2, size=n)), 1)
        chi2 = stats.chi2_contingency(cells, correction=False).statistic
        raw.append(math.sqrt(chi2 / n))
        corrected.append(cramers_v(chi2, n, rows=k, columns=2))
    assert np.mean(raw) == pytest.approx(math.sqrt(19 / 399), abs=0.01)
    assert np.median(corrected) < 0.04


# Newcombe 1998, Statistics in Medicine 17, 873-890, table II: method 5 (Mee), 95 %.
NEWCOMBE = [
    ((56, 70), (48, 80), 0.0533, 0.3377),
    ((9, 10), (3, 10), 0.1821, 0.8370),
    ((5, 56), (0, 29), -0.0313, 0.1926),
]


@pytest.mark.parametrize(("group", "others", "low", "high"), NEWCOMBE)
def test_a_difference_from_the_others_has_the_published_interval(
    group: tuple[int, int], others: tuple[int, int], low: float, high: float
) -> None:
    first = others[0] // 2, others[1] // 2
    rest = others[0] - first[0], others[1] - first[1]
    gap = difference(found({"a": first, "b": group, "c": rest}).group("b"))
    assert (gap.low, gap.high) == pytest.approx((low, high), abs=5.1e-5)
    assert (gap.unit, gap.n) == ("points", group[1] + others[1])
    expected = proportions_ztest([group[0], others[0]], [group[1], others[1]])[1]
    assert gap.p_value == pytest.approx(expected, rel=1e-9)


def exact_p(own: tuple[int, int], total: tuple[int, int]) -> float:
    """Fisher's two-sided p-value: all tables that are no likelier than this one."""
    law = stats.hypergeom(total[1], total[0], own[1])
    chances = law.pmf(np.arange(own[1] + 1))
    return float(chances[chances <= law.pmf(own[0]) * (1 + 1e-7)].sum())


def test_p_values_are_corrected_by_holm_after_fishers_exact_test() -> None:
    """statsmodels 0.15.0, `multipletests(method="holm")`, on sums over hypergeometric tables."""
    rates = found(CITIES)
    raw = [exact_p(group.tally, (240, 1770)) for group in rates.groups]
    expected = multipletests(raw, method="holm")[1]
    assert [group.p_holm for group in rates.groups] == pytest.approx(list(expected), rel=1e-6)
    assert [group.label for group in rates.lower] == ["Bern"]
    assert rates.higher == ()
    assert difference(rates.group("Rome")).direction == "higher"
    assert rates.group("Rome").direction == "unclear"


def test_groups_that_are_clearly_apart_are_sorted_by_how_far() -> None:
    rates = found({"a": (90, 200), "b": (140, 300), "c": (20, 300), "d": (1, 200), "e": (8, 40)})
    assert [group.label for group in rates.higher] == ["b", "a"]
    assert [group.label for group in rates.lower] == ["d", "c"]
    assert rates.group("e").direction == "unclear"


def test_two_groups_are_one_comparison_and_need_no_correction() -> None:
    rates = found({"taken": (130, 900), "skipped": (75, 700)})
    z, p = proportions_ztest([130, 75], [900, 700])
    assert [group.p_holm for group in rates.groups] == pytest.approx([p, p])
    assert [group.direction for group in rates.groups] == ["higher", "lower"]
    assert rates.independence is not None
    assert (rates.independence.chi2, rates.independence.p_value) == pytest.approx((z**2, p))


def test_small_groups_are_shown_together_and_last() -> None:
    counts = {"Oslo": (8, 40), "Bern": (5, 50), "Rome": (3, 49), "Aden": (1, 2), "Riga": (4, 60)}
    rates = found(counts, fewest=50)
    assert [group.label for group in rates.groups] == ["Riga", "Bern", SMALL]
    assert rates.pooled == ("Aden", "Oslo", "Rome")
    assert rates.group(SMALL).tally == (12, 91)
    assert rates.independence is not None
    assert rates.independence.degrees == 2
    by_label = found(counts, fewest=50, order="label")
    assert [group.label for group in by_label.groups] == ["Bern", "Riga", SMALL]
    assert {group.label: group for group in by_label.groups} == {
        group.label: group for group in rates.groups
    }


def test_whole_numbers_among_fractions_are_written_without_them() -> None:
    rows = pd.DataFrame({"by": [0.0, 1.0, 1.0, 2.5, None], "paid": [0, 1, 0, 1, 1]})
    found = rates_by(rows, "paid", "by", level=0.95, fewest=1)
    assert {group.label for group in found.groups} == {"0", "1", "2.5", "(blank)"}


def test_groups_of_one_size_come_by_label() -> None:
    rates = found({"b": (1, 9), "c": (2, 9), "a": (2, 9), "z": (2, 10)})
    assert [group.label for group in rates.groups] == ["z", "a", "b", "c"]


def test_a_label_that_reads_like_the_small_groups_is_one_of_them() -> None:
    rates = found({"a": (1, 90), SMALL: (7, 80), "b": (1, 3)}, fewest=50)
    assert rates.pooled == (SMALL, "b")
    assert rates.group(SMALL).tally == (8, 83)
    assert len(rates.groups) == 2


def test_missing_labels_are_a_group_and_missing_outcomes_are_left_out(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {
            "city": ["a", None, "a", None, "b", "b", "c"],
            "paid": [1, 0, np.nan, 1, 0, 0, np.nan],
        }
    )
    path = tmp_path / "rows.parquet"
    rows.to_parquet(path)
    for source in (rows, duckdb.connect().read_parquet(str(path))):
        rates = rates_by(source, "paid", "city", level=0.95, fewest=1)
        assert {group.label: group.tally for group in rates.groups} == {
            "(blank)": (1, 2),
            "b": (0, 2),
            "a": (1, 1),
        }
        assert rates.unknown == 2


@pytest.mark.parametrize("kind", ["boolean", "Int8", "float64"])
def test_outcomes_and_labels_may_be_of_any_fitting_type(kind: str) -> None:
    rows = pd.DataFrame({"city": [2, 10, 2], "paid": pd.array([1, 0, 0], kind)})
    rates = rates_by(rows, "paid", "city", level=0.95, fewest=1)
    assert {group.label: group.tally for group in rates.groups} == {"2": (1, 2), "10": (0, 1)}
    categories = rates_by(rows.astype({"city": "category"}), "paid", "city", level=0.95, fewest=1)
    assert categories == rates


@pytest.mark.parametrize(
    ("counts", "reason", "groups"),
    [
        ({}, "nobody's outcome is known", 0),
        ({"a": (3, 9)}, "there is only one group", 1),
        ({"a": (3, 9), "b": (1, 4)}, "there is only one group", 1),
        ({"a": (0, 90), "b": (0, 80)}, "nobody has the outcome", 2),
        ({"a": (90, 90), "b": (80, 80)}, "everybody has the outcome", 2),
    ],
)
def test_what_cannot_be_tested_says_why(counts: Counts, reason: str, groups: int) -> None:
    rows = users(counts) if counts else users({"a": (1, 1)}).assign(paid=np.nan)
    rates = rates_by(rows, "paid", "city", level=0.95)
    assert rates.reason == reason
    assert rates.independence is None
    assert len(rates.groups) == groups
    assert (rates.overall is None) == (not counts)
    assert not rates.higher + rates.lower
    for group in rates.groups:
        assert (group.difference is None) == (group.p_holm is None) == (groups == 1)


def test_a_test_that_was_made_needs_no_reason() -> None:
    assert found(CITIES).reason == ""


def test_what_is_no_rate_is_refused() -> None:
    rows = pd.DataFrame({"city": ["a", "b"], "paid": [1.0, 0.5], "name": ["x", "y"]})
    with pytest.raises(DataError, match=r"column paid: a value is neither 0 nor 1"):
        rates_by(rows, "paid", "city", level=0.95)
    with pytest.raises(DataError, match="VARCHAR, not numbers"):
        rates_by(rows, "name", "city", level=0.95)
    with pytest.raises(DataError, match="Did you mean city"):
        rates_by(rows, "paid", "citi", level=0.95)
    with pytest.raises(ValueError, match="level lies between"):
        rates_by(rows[:0], "paid", "city", level=95)
    for options, text in (
        ({"level": 95}, "level lies between"),
        ({"fewest": 0}, "fewest is at least 1"),
        ({"order": "rate"}, "order is size or label"),
    ):
        with pytest.raises(ValueError, match=text):
            found(CITIES, **options)


def banded(lessons: Sequence[float], edges: Sequence[float]) -> dict[str, tuple[int, int]]:
    rows = pd.DataFrame({"lessons": lessons})
    rates = rates_by_band(rows.assign(paid=1), "paid", "lessons", edges=edges, level=0.95)
    return {group.label: group.tally for group in rates.groups}


def test_bands_of_whole_numbers_name_their_ends() -> None:
    edges = [0, 4, 7, 8, 1000]
    expected = {"0–3": (2, 2), "4–6": (1, 1), "7": (1, 1), "8–999": (1, 1), "1,000+": (1, 1)}
    assert banded([0, 3, 4, 7, 999, 1000], edges) == expected
    assert banded([0.0, 3.0, 4.0, 7.0, 999.0, 1000.0], edges) == expected
    assert banded([-3, 2], [-2, 0]) == {"under −2": (1, 1), "0+": (1, 1)}


def test_bands_of_fractions_name_where_the_next_begins() -> None:
    assert banded([0.5, 3.99, 4.0, np.inf], [0, 4]) == {"0 to under 4": (2, 2), "4+": (2, 2)}
    assert banded([0, 1], [0.5, 2.5]) == {"under 0.5": (1, 1), "0.5 to under 2.5": (1, 1)}


def test_rates_by_band_are_those_of_pandas_cut() -> None:
    rng = np.random.default_rng(3)
    rows = pd.DataFrame({"lessons": rng.poisson(5, 2_000).astype(float)})
    rows["paid"] = (rng.random(2_000) < rows.lessons / 20).astype(float)
    rows.loc[::50, "lessons"] = np.nan
    rows.loc[1::40, "paid"] = np.nan
    rates = rates_by_band(rows, "paid", "lessons", edges=[0, 3, 6, 9], level=0.95)
    cut = pd.cut(rows.lessons, [0, 3, 6, 9, np.inf], right=False)
    expected = rows.groupby(cut, observed=True).paid.agg(["sum", "count"])
    assert [group.label for group in rates.groups] == ["0–2", "3–5", "6–8", "9+"]
    assert [group.tally for group in rates.groups] == [tuple(x) for x in expected.to_numpy()]
    assert rates.unknown == len(rows) - expected["count"].sum()
    assert rates.independence is not None
    assert [group.label for group in rates.higher] == ["9+", "6–8"]
    again = rates_by(rows.assign(band=cut.astype(str)).dropna(), "paid", "band", level=0.95)
    assert rates.independence == again.independence


@pytest.mark.parametrize("edges", [[], [3, 3], [4, 1], [0, math.inf]])
def test_edges_that_make_no_bands_are_refused(edges: list[float]) -> None:
    with pytest.raises(ValueError, match="edges"):
        banded([1], edges)


def test_a_band_needs_a_number() -> None:
    with pytest.raises(DataError, match="VARCHAR, not numbers"):
        rates_by_band(users(CITIES), "paid", "city", edges=[0], level=0.95)


def test_tallies_count_several_outcomes_for_all_or_by_group() -> None:
    rows = pd.DataFrame({"city": ["a", "a", "b"], "x": [1, 0, 1], "y": [np.nan, 1, np.nan]})
    assert tallies(rows, ["x", "y"]) == {"everybody": (3, {"x": (2, 3), "y": (1, 1)})}
    assert tallies(rows, ["x", "y"], by="city") == {
        "a": (2, {"x": (1, 2), "y": (1, 1)}),
        "b": (1, {"x": (1, 1), "y": (0, 0)}),
    }
    assert tallies(rows[:0], ["x"]) == {}


@st.composite
def many_counts(draw: st.DrawFn) -> Counts:
    counts = {}
    for label in "abcd"[: draw(st.integers(2, 4))]:
        n = draw(st.integers(1, 60))
        counts[label] = (draw(st.integers(0, n)), n)
    return counts


@settings(deadline=None, max_examples=15)
@given(many_counts(), st.integers(0, 2**16))
def test_the_order_of_rows_changes_nothing(counts: Counts, seed: int) -> None:
    shuffled = users(counts).sample(frac=1, random_state=seed)
    assert rates_by(shuffled, "paid", "city", level=0.9, fewest=5) == found(
        counts, level=0.9, fewest=5
    )


@settings(deadline=None, max_examples=15)
@given(many_counts())
def test_counting_those_without_the_outcome_mirrors_every_difference(counts: Counts) -> None:
    without = found({label: (n - s, n) for label, (s, n) in counts.items()})
    rates = found(counts)
    for group in rates.groups:
        other = without.group(group.label)
        ours, theirs = difference(group), difference(other)
        mirrored = (-theirs.high, -theirs.value, -theirs.low)
        ends = (ours.low, ours.value, ours.high)
        assert ends == pytest.approx(mirrored, abs=1e-9)
        assert group.p_holm == pytest.approx(other.p_holm, rel=1e-9)
    if rates.independence:
        assert rates.independence == without.independence


@settings(deadline=None, max_examples=15)
@given(many_counts(), st.integers(2, 4))
def test_splitting_a_group_evenly_adds_nothing_but_degrees_of_freedom(
    counts: Counts, parts: int
) -> None:
    """Chi-square adds up over splits: the parts of a group that are alike contribute nothing."""
    whole = {label: (parts * s, parts * n) for label, (s, n) in counts.items()}
    split = {f"a{i}": counts["a"] for i in range(parts)} | {k: whole[k] for k in whole if k != "a"}
    before, after = found(whole), found(split)
    assert after.overall == before.overall
    if before.independence is None:
        assert after.independence is None
        return
    assert after.independence is not None
    assert after.independence.chi2 == pytest.approx(before.independence.chi2, rel=1e-9, abs=1e-12)
    assert after.independence.degrees == before.independence.degrees + parts - 1
    if len(counts) > 2:
        assert after.group("b").difference == before.group("b").difference


def drawn(sizes: list[int], shares: list[float], rng: np.random.Generator) -> Counts:
    return {
        f"{i:02}": (int(s), n)
        for i, (s, n) in enumerate(zip(rng.binomial(sizes, shares), sizes, strict=True))
    }


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """400 intervals of each kind at 0.9, to within 4 Monte Carlo errors."""
    rng, sizes, shares = np.random.default_rng(8), [600, 400, 300, 150], [0.2, 0.1, 0.3, 0.25]
    held: dict[str, list[bool]] = {"rate": [], "difference": []}
    for _ in range(100):
        for group in found(drawn(sizes, shares, rng), level=0.9).groups:
            own = int(group.label)
            rest = [i for i in range(4) if i != own]
            others = np.average([shares[i] for i in rest], weights=[sizes[i] for i in rest])
            held["rate"].append(group.rate.covers(shares[own]))
            held["difference"].append(difference(group).covers(shares[own] - others))
    for hits in held.values():
        assert len(hits) == 400
        assert np.mean(hits) == pytest.approx(0.9, abs=4 * math.sqrt(0.09 / 400))


def test_groups_that_are_alike_are_rarely_called_different_even_where_they_are_small() -> None:
    """Holm's correction of z-tests would call one of these groups in a third of the worlds."""
    rng, worlds = np.random.default_rng(9), 70
    sizes = [5_000, *[50] * 8]
    alarms = z_alarms = 0
    for _ in range(worlds):
        rates = found(drawn(sizes, [0.002] * 9, rng), level=0.95)
        p = [difference(group).p_value or 0.0 for group in rates.groups]
        alarms += bool(rates.higher or rates.lower)
        z_alarms += min(p) * len(p) < 0.05  # Holm's smallest
    assert alarms / worlds <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / worlds)
    assert z_alarms / worlds > 0.2
