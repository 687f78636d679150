"""Where a logistic regression has an answer, and why it has none."""

from __future__ import annotations

import pandas as pd
import pytest
import statsmodels.api as sm

from knowntruth.methods.users import logistic
from knowntruth.methods.users.marginal_effects import marginal_effects

from ..conftest import FACTORS, TITANIC, Counts, effects, table, titanic


def test_factors_that_follow_from_each_other_are_named() -> None:
    region = TITANIC["Class"].map({"1st": "up", "2nd": "up", "3rd": "down", "Crew": "down"})
    data = TITANIC.assign(Deck=region, Gender=TITANIC["Sex"].str.upper())
    for factors, collinear in (
        ([*FACTORS, "Gender"], ("Sex", "Gender")),
        (["Deck", "Sex", "Class"], ("Deck", "Class")),
        ([*FACTORS, "Deck", "Gender"], ("Class", "Sex", "Deck", "Gender")),
    ):
        result = marginal_effects(data, "y", factors, level=0.95)
        assert result.collinear == collinear
        assert result.reason.startswith(", ".join(collinear[:-1]) + f" and {collinear[-1]} cannot")
        assert result.effects == {}
        assert list(result.crude) == factors


def three(last: tuple[int, int], first: tuple[int, int]) -> pd.DataFrame:
    counts = {("a", "c"): (9, 9), ("b", "d"): (9, 9), ("a", "d"): last, ("b", "c"): first}
    return table(counts, "F G")


def test_separation_is_found_though_every_level_has_events_and_non_events() -> None:
    """(b = 1, d = -1) is 0 in the mixed cells, and tells the others apart."""
    result = marginal_effects(three((9, 0), (0, 9)), "y", ["F", "G"], level=0.95)
    assert result.reason == (
        "some combination of F and G has only rows with y or only without (separation)"
    )
    assert (result.effects, result.joint) == ({}, {})
    assert result.crude["F"]["b"].value == pytest.approx(18 / 27 - 9 / 27, abs=1e-12)


@pytest.mark.parametrize(("last", "first"), [((0, 9), (0, 9)), ((9, 0), (1, 8)), ((9, 0), (9, 0))])
def test_cells_of_one_kind_alone_are_no_separation(
    last: tuple[int, int], first: tuple[int, int]
) -> None:
    """statsmodels' GLM on single rows finds the same, finite fit."""
    data = three(last, first)
    X = sm.add_constant(pd.get_dummies(data[["F", "G"]], dtype=float)[["F_b", "G_d"]])
    fit = sm.GLM(data["y"], X, family=sm.families.Binomial()).fit(tol=1e-12)
    treated, untreated = (fit.predict(X.assign(F_b=b)).mean() for b in (1.0, 0.0))
    found = effects(marginal_effects(data, "y", ["F", "G"], level=0.95))
    assert found["F", "b"].value == pytest.approx(treated - untreated, abs=1e-9)


def test_separation_by_one_of_many_factors_names_the_others_not() -> None:
    data = three((9, 0), (0, 9))
    data = pd.concat([data.assign(H="x"), data.assign(H="y"), data.assign(H="y")])
    result = marginal_effects(data, "y", ["H", "F", "G"], level=0.95)
    assert result.reason.startswith("some combination of F and G has")


@pytest.mark.parametrize(
    "counts",
    [
        # From the common rate, undamped steps lead away from these.
        {("a",): (90, 9), ("b",): (1800, 8)},
        # The log odds lie 26 apart.
        {("a",): (300_000, 1), ("b",): (1, 300_000), ("c",): (5, 5)},
    ],
)
def test_rates_that_lie_far_apart_are_fitted(counts: Counts) -> None:
    cells = [(*levels, y, n) for levels, pair in counts.items() for y, n in enumerate(pair)]
    short = pd.DataFrame(cells, columns=["F", "y", "n"])
    data = short.loc[short.index.repeat(short["n"])]
    result = marginal_effects(data, "y", ["F"], level=0.95, fewest_events=1, references={"F": "a"})
    rates = [with_ / (without + with_) for without, with_ in counts.values()]
    assert result.effects["F"]["b"].value == pytest.approx(rates[1] - rates[0], abs=1e-9)


def test_a_fit_that_does_not_converge_is_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logistic, "MOST_STEPS", 2)
    result = titanic()
    assert result.reason == "the logistic regression did not converge"
    assert result.effects == {}
    assert result.crude.keys() == set(FACTORS)
