"""The chapter on difference-in-differences on somebody's own panel: a report about that alone."""

from __future__ import annotations

import re

import causaldata
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from knowntruth.runs import report

from .conftest import FIGURE
from .every_report import EveryReport
from .reading import cells, everything

SLUG = "difference_in_differences"
PLOTLY = "application/vnd.plotly.v1+json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("panels")


@pytest.fixture(scope="module")
def organs(chapter, folder):
    """Return the report on organ donors: California asks actively from a quarter on."""
    data = causaldata.organ_donations.load_pandas().data
    path = folder / "organs.csv"
    data.assign(asked=(data["State"] == "California").astype(int)).to_csv(path, index=False)
    return chapter(
        SLUG,
        {
            "data": str(path),
            "columns": {
                "unit": "State", "period": "Quarter", "outcome": "Rate", "treated": "asked",
            },
            "start": "Q32011",
            "labels": {"period": "quarter", "outcome": "the rate of donors", "units": "states"},
        },
    )  # fmt: skip


@pytest.fixture(scope="module")
def wide(chapter, folder):
    """Return the report on the same, from a table with a row for each state."""
    data = causaldata.organ_donations.load_pandas().data
    spread = data.pivot(index="State", columns="Quarter_Num", values="Rate").add_prefix("q")
    path = folder / "wide.csv"
    spread.assign(asked=(spread.index == "California").astype(int)).to_csv(path)
    columns = {"before": ["q1", "q2", "q3"], "after": ["q4", "q5", "q6"]}
    return chapter(
        SLUG, {"data": str(path), "columns": columns | {"unit": "State", "treated": "asked"}}
    )


@pytest.fixture(scope="module")
def castle(chapter, folder):
    """Return the report on the castle doctrine, which states took up in different years."""
    data = causaldata.castle.load_pandas().data[["sid", "year", "post", "l_homicide"]]
    treated = data["year"].where(data["post"] == 1)
    path = folder / "castle.csv"
    data = data.assign(first=treated.groupby(data["sid"]).transform("min"))
    data.to_csv(path, index=False)
    columns = {"unit": "sid", "period": "year", "outcome": "l_homicide", "first_treated": "first"}
    labels = {"units": "states", "outcome": "log homicides", "treatment": "the doctrine"}
    return chapter(SLUG, {"data": str(path), "columns": columns, "labels": labels})


def shops():
    """Return a panel of everything that the contract has, in names that are markup."""
    rng, rows = np.random.default_rng(5), []
    for shop in range(300):
        group, reached, takes = shop % 2, rng.random() < 0.7, rng.random() < 0.6
        level = rng.normal(5, 1)
        for month, day in enumerate(pd.date_range("2024-01-01", periods=8, freq="MS")):
            on = bool(group) and month >= 5
            rows.append(
                {
                    "<b>who</b>": f"<i>{shop}</i>", "*when*": day.date(),
                    "y|1": level + (on and takes and reached) + rng.normal(), "grp": group,
                    "w": rng.integers(1, 5), "[cl](x)": f"c{shop // 2 % 10}_{group}",
                    "took": float(on and takes), "$pl$": rng.normal(), "reach": int(reached),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def hostile(chapter, folder):
    """Return the report on that panel."""
    path = folder / "hostile.parquet"
    shops().to_parquet(path)
    return chapter(
        SLUG,
        {
            "data": str(path),
            "columns": {
                "unit": "<b>who</b>", "period": "*when*", "outcome": "y|1", "treated": "grp",
                "weight": "w", "cluster": "[cl](x)", "take_up": "took", "placebo": "$pl$",
                "affected": "reach",
            },
            "start": "2024-06-01",
        },
    )  # fmt: skip


class TestEveryReport(EveryReport):
    simulated = re.compile(
        r"\b(?:in truth|the truth is|this world|a world|many worlds|seed|feature|launch|markets?|"
        r"sessions?|access|meeting on monday|engineers|exercise)\b",
        re.I,
    )

    @pytest.fixture(params=["organs", "wide", "castle", "hostile"])
    def run(self, request):
        return request.getfixturevalue(request.param)

    def test_the_page_holds_no_markup_of_the_table(self, run, tmp_path):
        page = report.write(run.path, tmp_path / "report.html").read_text("utf-8")
        assert "From an empty cell to an answer" in page
        assert "<b>who</b>" not in page


class TestOrganDonations:
    """Kessler & Roth 2014: -0.0225, clustered error 0.0061."""

    @pytest.fixture(params=["organs", "wide"])
    def either(self, request):
        return request.getfixturevalue(request.param)

    def test_the_effect_and_its_error_are_the_published_ones(self, either):
        found = either.finding("effect")
        quantile = stats.t.isf(0.025, 26)
        assert round(found["value"], 4) == -0.0225
        assert round((found["high"] - found["value"]) / quantile, 4) == 0.0061

    def test_that_one_state_was_treated_is_said_at_once_and_in_the_answer(self, either):
        first, second = either.sentences[:2]
        assert " by 0.022** " in first
        assert "cannot be trusted, because only one State is treated" in second
        (answer,) = (s for s in either.sentences if s.startswith("The treatment lowered"))
        assert "cannot be trusted, because only one State is treated" in answer
        assert "stays clear" not in either.text

    def test_quarters_are_written_as_quarters_in_sentences_and_figures(self, organs):
        assert "Treatment starts in quarter 2011Q3." in organs.text
        assert "1 July 2011" not in everything(organs)
        shown = (output["data"] for output in organs.outputs if FIGURE in output.get("data", {}))
        (paths,) = (data[PLOTLY] for data in shown if data[FIGURE]["name"] == "paths")
        words = paths["layout"]["xaxis"]["ticktext"]
        assert words[0] == "2010Q4"
        assert set(words) <= {"2010Q4", "2011Q1", "2011Q2", "2011Q3", "2011Q4", "2012Q1"}

    def test_columns_of_a_wide_table_are_named_where_they_became_periods(self, wide):
        assert "Treatment starts in period q4." in wide.text

    def test_all_ways_agree_on_a_balanced_panel(self, either):
        rows = cells(either, "One difference, worked out in several ways")[1:]
        assert {row[1] for row in rows} == {"−0.022"}
        assert "All ways agree to the last digit: every one of the 27" in either.text

    def test_a_bootstrap_that_flips_one_treated_state_is_not_so_sure(self, either):
        errors = {row[0]: row[2] for row in cells(either, "This run, with several kinds of")[1:]}
        low, high = (float(x.replace("−", "-")) for x in errors["wild bootstrap"].split(" to "))
        assert low < 0 < high

    def test_a_mixture_of_states_that_fits_exactly_is_not_judged(self, either):
        assert "of 26 donors" in either.text
        assert "no placebo can judge it" in either.text


class TestCastleDoctrine:
    def test_the_effect_is_that_of_each_wave_by_itself(self, castle):
        # diff-diff 3.13.0, CallawaySantAnna(control_group="not_yet_treated"), overall.
        assert castle.finding("effect")["value"] == pytest.approx(0.0174, abs=5e-4)

    def test_what_needs_one_start_says_so(self, castle):
        assert castle.text.count("treatment starts in 5 periods, not in one") >= 3

    def test_waves_of_few_states_are_named(self, castle):
        assert "from year 2006, 2008, 2009 or 2010 on there are too few" in castle.text


class TestShops:
    def test_take_up_is_divided_by_whole_clusters(self, hostile):
        shown = shops()
        later = shown["*when*"].astype(str) >= "2024-06-01"
        kept = shown[shown["reach"] == 1].assign(later=later)
        sums = (
            kept.assign(t=kept["took"] * kept["w"])
            .groupby(["[cl](x)", "grp", "later"])[["t", "w"]]
            .sum()
        )
        rates = (sums["t"] / sums["w"]).unstack("later")
        change = rates[True] - rates[False]
        stage = hostile.finding("first_stage")
        assert stage["value"] == pytest.approx(change.xs(1, level="grp").mean(), abs=0.02)

    def test_every_part_of_the_contract_is_used(self, hostile):
        for words in ("Three differences", "took it up", "which the treatment cannot move"):
            assert words in everything(hostile)

    def test_groups_are_counted_among_those_who_can_be_reached(self, hostile):
        reached = shops().query("reach == 1").groupby("grp")["<b>who</b>"].nunique()
        assert f"Treated units: {reached[1]}; controls: {reached[0]}." in hostile.text
