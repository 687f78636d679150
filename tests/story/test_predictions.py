"""Wording of predictions: what models are said to be worth is what their numbers say."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowntruth.story import Estimate, Fact, Finding, Name
from knowntruth.story import predictions as wording
from knowntruth.story.facts import Reason
from knowntruth.story.saying import check_traced, payloads_of

UNIT, CONVERSION = Name("users"), Name("conversion")
ALL, MOST, MUCH = "has all but learnt", "Most of what can be known is learnt", "is not learnt"


def estimate(value, low, high, **options):
    return Estimate(value=value, low=low, high=high, level=0.95, n=900, **options)


def finding(value, low, high, **options):
    return Finding("found", CONVERSION, estimate(value, low, high, **options), names=(UNIT,))


def told(order, top, base=0.015):
    """Return the sentence on the ceiling for scores of regression, trees and oracle."""
    names = ("simple", "boosted", "oracle")
    facts = [
        {
            name: Fact(f"{what}_{name}", value, unit, decimals)
            for name, value in zip(names, values, strict=True)
        }
        for what, values, unit, decimals in (("auc", order, "number", 3), ("ap", top, "share", 1))
    ]
    said = wording.ceiling(*facts, base)
    check_traced(said, payloads_of([*facts[0].values(), *facts[1].values()]))
    return said


class TestTable:
    def scored(self, **scores):
        empty = dict.fromkeys(("auc", "average_precision", "brier_skill", "calibration_slope"))
        return SimpleNamespace(**empty | scores)

    def test_a_row_holds_value_and_interval_in_the_units_of_its_headings(self):
        found = self.scored(
            auc=estimate(0.909, 0.892, 0.923), average_precision=estimate(0.301, 0.261, 0.346)
        )
        row = wording.row("boosted", found)
        assert row["Predictor"] == "boosted trees"
        assert row["Ranks right"] == "0.909 (0.892 to 0.923)"
        assert row["Average precision (%)"] == "30.1 (26.1 to 34.6)"
        assert row["Slope"] == "–"

    def test_an_interval_without_ends_is_said_to_have_none(self):
        skill = estimate(0.0, -math.inf, math.inf, unit="share")
        cell = wording.row("simple", self.scored(brier_skill=skill))["Brier skill (%)"]
        assert cell == "0.0 (no bounds)"


def test_a_reason_is_given_where_nothing_can_be_predicted():
    said = wording.impossible(CONVERSION, Reason("why", "of 60 units 2 have the outcome"))
    assert said == ("Conversion cannot be predicted in this run: of 60 units 2 have the outcome.")


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.01, 0.03, "better than"), (-0.03, -0.01, "worse than"), (-0.01, 0.03, "cannot be told")],
)
def test_one_model_is_called_better_only_by_a_whole_interval(low, high, said):
    sentence = wording.better(finding((low + high) / 2, low, high))
    assert said in sentence
    assert "equally" not in sentence


def test_an_offer_is_told_by_whom_it_reaches():
    share = Fact("contact", 0.05, "share")
    capture = finding(0.615, 0.572, 0.656, unit="share", null=None)
    precision = finding(0.187, 0.169, 0.208, unit="share", null=None)
    said = wording.reached("simple", share, capture, precision, unit=UNIT)
    assert said == (
        "The logistic regression: the likeliest 5% of users hold 61.5% of all who pay "
        "(57.2% to 65.6%), and 18.7% of those picked do (16.9% to 20.8%)."
    )
    title = wording.picked(precision, share, unit=UNIT)
    assert title == "Conversion among the 5% of users that the trees find likeliest: 18.7%"


class TestCeiling:
    def test_each_predictor_is_told_with_its_own_numbers(self):
        said = told((0.914, 0.916, 0.922), (0.315, 0.435, 0.455))
        assert "the oracle ranks right with a chance of 0.922, and nobody can do better" in said
        assert "the logistic regression with 0.914 and the boosted trees with 0.916" in said
        assert "45.5% for the oracle, 31.5% for the logistic regression and 43.5%" in said

    def test_all_is_learnt_only_by_both_measures(self):
        assert ALL in told((0.914, 0.916, 0.922), (0.315, 0.435, 0.455))
        assert ALL not in told((0.914, 0.916, 0.922), (0.1, 0.15, 0.455))
        assert ALL not in told((0.6, 0.6, 0.922), (0.44, 0.45, 0.455))

    def test_an_order_may_be_learnt_without_its_top(self):
        said = told((0.881, 0.892, 0.916), (0.108, 0.148, 0.35))
        assert "The order of all is nearly learnt; who belongs at its very top is not" in said

    def test_less_is_said_the_less_is_learnt(self):
        assert MOST in told((0.70, 0.72, 0.76), (0.10, 0.11, 0.13))
        assert MUCH in told((0.55, 0.56, 0.76), (0.02, 0.03, 0.13))

    def test_where_the_oracle_is_blind_nobody_can_be_told_apart(self):
        assert "nobody can be told from anybody else" in told((0.5, 0.5, 0.504), (0.015,) * 3)

    @given(st.floats(0.52, 1), st.tuples(st.floats(0, 1), st.floats(0, 1)), st.floats(0.05, 1))
    def test_the_verdict_follows_the_better_model_up_to_the_ceiling(self, oracle, shares, top):
        order = [0.5 + share * (oracle - 0.5) for share in shares]
        precise = [0.01 + share * (top - 0.01) for share in shares]
        said = told((*order, oracle), (*precise, top), base=0.01)
        best = max(shares)
        if best > 0.901:
            assert ALL in said
        elif 0.751 < best < 0.899:
            assert MOST in said
        elif best < 0.749:
            assert MUCH in said
