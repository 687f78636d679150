"""The A/B-test chapter on somebody's own table: a report about that table and nothing else."""

from __future__ import annotations

import re
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_waltons

from knowntruth.cli import status

from .conftest import FIGURE, Executed
from .every_report import EveryReport
from .reading import everything


@pytest.fixture(scope="module")
def nsw(chapter, tmp_path_factory):
    """Return the report on the NSW job-training experiment (Dehejia and Wahba's sample)."""
    table = pd.read_stata(str(files("causaldata") / "nsw_mixtape" / "nsw_mixtape.dta"))
    path = tmp_path_factory.mktemp("nsw") / "nsw.csv"
    table.to_csv(path, index=False)
    return chapter(
        "ab_test",
        {
            "data": str(path),
            "columns": {
                "arm": "treat", "primary": "re78", "covariate": "re75",
                "segments": ["black", "marr"],
            },
            "labels": {"primary": "earnings", "units": "people"},
        },
    )  # fmt: skip


class TestTheJobTrainingExperiment:
    def test_the_difference_and_its_error_are_the_published_ones(self, nsw):
        found = nsw.finding("primary_difference")
        # LaLonde 1986, Dehejia and Wahba 1999: 1,794.34; Welch standard error 671.00.
        assert found["value"] == pytest.approx(1794.34, abs=0.005)
        reach = (found["high"] - found["low"]) / 2
        # The t quantile at Welch's 307.13 degrees of freedom (scipy.stats 1.17).
        assert reach / 1.967718 == pytest.approx(671.00, abs=0.01)

    def test_it_reads_as_a_report_on_earnings(self, nsw):
        assert "treat &#61; 1" in nsw.sentences[0]
        assert "earnings" in nsw.sentences[0]

    def test_without_an_intended_share_the_split_is_not_checked(self, nsw):
        assert "cannot be checked" in nsw.text
        assert "The check finds no fault" not in nsw.text


@pytest.fixture(scope="module")
def hostile(chapter, tmp_path_factory):
    """Return the report on a table whose names and labels are markup."""
    rng = np.random.default_rng(5)
    n = 900
    arm = rng.choice(["<b>old</b>", "**new** [x](http://y)"], n)
    table = pd.DataFrame(
        {
            "<i>arm</i>": arm,
            "$paid$_{x}": rng.random(n) < 0.3,
            "spent | a": np.where(rng.random(n) < 0.1, np.nan, rng.gamma(2, 5, n).round(2)),
            "<script>alert(1)</script>": rng.choice(["<img src=x>", "`a`", "{cite}`b`"], n),
        }
    )
    path = tmp_path_factory.mktemp("hostile") / "hostile.parquet"
    table.to_parquet(path)
    return chapter(
        "ab_test",
        {
            "data": str(path),
            "columns": {
                "arm": "<i>arm</i>", "primary": "$paid$_{x}", "secondary": "spent | a",
                "segments": "<script>alert(1)</script>",
            },
            "control": "<b>old</b>", "intended_share": 0.2,
        },
    )  # fmt: skip


class TestMarkupInNames:
    def test_it_comes_out_as_text_in_prose_and_tables(self, hostile):
        for text in hostile.sentences:
            assert not re.search(r"\*\*new|\]\(http|\$paid|\{cite", text), text
        for output in hostile.outputs:
            text = output["data"].get("text/html", "") + output["data"].get("text/markdown", "")
            assert not re.search(r"<(?:script|img|i>|b>)", text), text

    def test_it_comes_out_as_text_in_figures(self, hostile):
        for output in hostile.outputs:
            drawing = output.get("data", {}).get("application/vnd.plotly.v1+json")
            if drawing:
                assert not re.search(r"<(?:script|img|i>|b>)", str(drawing))

    def test_a_primary_proportion_is_compared_as_a_rate(self, hostile):
        assert "the rate of" in hostile.sentences[1]
        found = hostile.finding("primary")
        assert found["method"] == "score test"

    def test_a_split_far_from_the_intended_one_is_called_broken(self, hostile):
        assert "The split is broken" in hostile.sentences[0]
        assert "Look there first" in hostile.text

    def test_blank_cells_are_reported(self, hostile):
        assert "blank" in hostile.text or "no value" in hostile.text


@pytest.fixture(scope="module")
def shop(chapter, tmp_path_factory):
    """Return the report on a table that has every column the contract knows."""
    rng = np.random.default_rng(8)
    n = 4000
    treated = rng.random(n) < 0.5
    taste = rng.gamma(2, 5, n)
    visits = rng.poisson(taste * np.where(treated, 1.2, 1.0))
    table = pd.DataFrame(
        {
            "version": np.where(treated, "B", "A"),
            "visits": visits,
            "bought": (rng.random(n) < 0.05 + 0.01 * visits).astype(int),
            "visits_before": rng.poisson(taste),
            "region": rng.choice(["North", "South"], n),
            "wishes": rng.binomial(visits, 0.2),
            "banners": rng.poisson(0.5 * visits),
            "entered": rng.integers(0, 20, n),
            "watched": rng.integers(1, 30, n),
            "gone": rng.integers(0, 2, n),
            "robot": (rng.random(n) < 0.01).astype(int),
        }
    )
    path = tmp_path_factory.mktemp("shop") / "shop.csv"
    table.to_csv(path, index=False)
    names = {
        "arm": "version", "primary": "visits", "secondary": "bought", "covariate": "visits_before",
        "segments": "region", "signals": "wishes", "offers": "banners", "day": "entered",
        "duration": "watched", "event": "gone", "automated": "robot",
    }  # fmt: skip
    return chapter("ab_test", {"data": str(path), "columns": names, "intended_share": 0.5})


class TestEveryColumn:
    def test_no_section_is_without_something_to_say(self, shop):
        silent = [s for s in shop.sentences if "nothing to say" in s]
        assert silent == []

    def test_it_speaks_of_visits(self, shop):
        assert "mean visits" in everything(shop)

    def test_every_figure_is_drawn(self, shop):
        names = {figure["name"] for figure in shop.payloads(FIGURE)}
        assert names >= {
            "power_curve", "aa_rates", "spread", "lift_by_rule", "lift", "segments_primary",
            "funnel", "survival", "sequence", "power_of_conversion",
        }  # fmt: skip


@pytest.fixture(scope="module")
def waltons(tmp_path_factory):
    """Return the report that `knowntruth run` writes on Waltons' fruit flies."""
    folder = tmp_path_factory.mktemp("waltons")
    load_waltons().to_csv(folder / "flies.csv", index=False)
    maps = [f"--map={name}" for name in ("arm=group", "primary=T", "duration=T", "event=E")]
    arguments = ["run", "ab_test", "--data", str(folder / "flies.csv"), *maps]
    arguments += ["-p", "replications=0", "--output", str(folder / "report")]
    assert status(arguments) == 0
    assert (folder / "report" / "ab_test.html").stat().st_size > 100_000
    return Executed(folder / "report" / "ab_test.ipynb")


class TestWaltons:
    """lifelines' data set: log-rank 122.249; medians 26 and 58."""

    def test_the_log_rank_test_is_the_published_one(self, waltons):
        assert "chi-square 122.249" in waltons.text

    def test_the_medians_are_the_published_ones(self, waltons):
        assert waltons.finding("median_control")["value"] == 58
        assert waltons.finding("median_treatment")["value"] == 26


class TestEveryReport(EveryReport):
    simulated = re.compile(
        r"\b(?:song|listen|recommender|MusicStream|playlist|head of finance|in truth|the truth is)",
        re.I,
    )

    @pytest.fixture(params=["nsw", "hostile", "shop", "waltons"])
    def run(self, request):
        return request.getfixturevalue(request.param)
