"""The chapter on creators in many worlds: it runs, and every sentence is true for its run."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import DBSCAN
from sklearn.preprocessing import StandardScaler

from knowntruth import cases
from knowntruth.cases.creator_segmentation import original_segments

from .conftest import SAID
from .every_report import EveryReport
from .every_world import EveryWorld, fixtures_of
from .reading import finding, pages, rows

SLUG = "creator_segmentation"
FEW = {"creators": 100, "draws": 20, "most_clusters": 4, "replications": 0}
PUBLISHED = {"features": "published", "eps": 0.445, "neighbours": 2, "clusters": 5}
WORLDS = {
    "default": {"creators": 234},
    "one continuum": {"types": 1},
    "three clear types": {"distinctness": 6.0, "creators": 200},
    "30 creators": {"creators": 30},
    "3,000 creators": {"creators": 3_000},
    "one giant": {"giants": 1, "giant_factor": 50.0},
    "no growth": {"growth": 0.0, "growth_spread": 0.0},
    "prices alike": {"price_spread": 0.05, "price_luck": 0.05},
    "many leave": {"leaving": 0.2},
    "the published rules": {"creators": 234, **PUBLISHED},
    "few months": {"months": 3, "ahead": 0},
    "own pauses": {"recency": "own pauses", "alpha": 0.2, "cared_for": 0.3, "top_share": 0.1},
    "other names": {
        "labels": {
            "creators": "*teachers*", "transactions": "<b>sales</b>", "gmv": "{GMV} & co",
            "creator": "<script>who</script>",
        },
    },
}  # fmt: skip


world, run, opened = fixtures_of(SLUG, {name: FEW | one for name, one in WORLDS.items()})


def values(world):
    return FEW | WORLDS[world]


def fact(run, name):
    return next((f["value"] for f in run.facts if f["kind"] != "name" and f["name"] == name), None)


class TestEveryWorld(EveryWorld):
    sentences, figures, sections, graded, exercises = 30, 8, 20, 3, 6


class TestWhoCarries:
    """What is said of the tables, against the same counted anew with pandas and numpy."""

    def test_the_share_of_the_top_is_that_of_a_sort(self, run, opened, world):
        cared = values(world).get("cared_for", 0.1)
        made = np.sort(opened.gmv.sum(axis=1).to_numpy())[::-1]
        top = max(math.floor(cared * len(made) + 1e-9), 1)
        found = finding(run, f"top_gmv_{cared}")
        assert found["value"] == pytest.approx(made[:top].sum() / made.sum())
        assert f"{top} of them" in run.sentences[0]
        # Without luck: by what each was to sell while there.
        people = opened.truth.creators
        expected = np.sort(people["expected_gmv"] * people["months_there"])[::-1]
        assert found["truth"] == pytest.approx(
            expected[: max(int(len(expected) * cared), 1)].sum() / expected.sum()
        )

    def test_months_are_described_as_pandas_does(self, run, opened):
        last = opened.transactions.iloc[:, -1]
        said = next(s for s in run.sentences if s.startswith("In the last month a creator"))
        assert f"{last.mean():,.1f}" in said
        assert f"standard deviation is {last.std():,.1f}" in said
        assert ("describes nobody" in said) == (last.mean() > 2 * last.median())

    def test_top_sets_are_those_of_quantiles(self, run, opened, world):
        share = values(world).get("top_share", 0.2)
        sums = opened.transactions.sum(axis=1), opened.gmv.sum(axis=1)
        first, second = (set(one.index[one >= one.quantile(1 - share)]) for one in sums)
        sizes = fact(run, "top_sales"), fact(run, "top_value"), fact(run, "both")
        assert sizes == (len(first), len(second), len(first & second))
        assert fact(run, "by_chance") == pytest.approx(
            len(first) * len(second) / len(sums[0]), abs=0.01
        )

    def test_a_sale_brings_what_all_of_them_did_over_their_number(self, run, opened):
        found = finding(run, "price_sale")
        price = opened.gmv.to_numpy().sum() / opened.transactions.to_numpy().sum()
        assert found["value"] == pytest.approx(price)

    def test_who_is_said_to_sell_much_for_little_is_on_one_list_only(self, run, opened, world):
        share = values(world).get("top_share", 0.2)
        sums = opened.transactions.sum(axis=1), opened.gmv.sum(axis=1)
        first, second = (set(one.index[one >= one.quantile(1 - share)]) for one in sums)
        page = pages(run).get("Much sold and little earned, the surest first")
        listed = [] if page is None else [row[0] for row in rows(page)]
        assert set(listed) <= first - second
        assert len(listed) == min(len(first - second), 10)


class TestSegments:
    def test_names_are_those_of_the_original_on_the_same_tables(self, run, opened, world):
        if values(world).get("recency") == "own pauses":
            return
        tables = [one.assign(total=one.sum(axis=1)) for one in (opened.transactions, opened.gmv)]
        theirs = original_segments.scores(*tables)["RFM Segment"].value_counts()
        page = pages(run)["Segments of this run by recency, frequency and money"]
        ours = {row[1]: int(row[2].replace(",", "")) for row in rows(page)}
        assert ours == theirs.to_dict()

    def test_every_segment_that_is_there_has_an_advice_and_no_other_is_shown(self, run):
        page = pages(run)["Segments of this run by recency, frequency and money"]
        for row in rows(page):
            assert row[2] != "0"
            assert row[-1].endswith(".")

    def test_segments_for_monday_hold_everybody_and_everything(self, run, opened):
        [page] = [page for caption, page in pages(run).items() if "for Monday" in caption]
        table = rows(page)
        assert sum(float(row[1].replace(",", "")) for row in table) == opened.count
        made = sum(float(row[2].replace(",", "")) for row in table)
        whole = opened.gmv.to_numpy().sum() / len(opened.months)
        assert made == pytest.approx(whole, abs=len(table))


class TestTypes:
    def test_types_are_claimed_only_where_both_tests_say_so(self, run, world):
        hollow, normal = fact(run, "hollow"), fact(run, "normal")
        claimed = "There are kinds of" in run.text
        if hollow is None:
            assert "Whether there are types cannot be told" in run.text
            return
        alpha = values(world).get("alpha", 0.05)
        assert claimed == (hollow < alpha and normal < alpha)

    def test_the_number_of_types_is_that_of_the_world(self, run, opened):
        types = opened.parameters.types
        if types == 1:
            assert "one continuum" in run.text
            assert "There are no true types in this world" in run.text
            assert "Like true types" not in "".join(pages(run).values())
        else:
            assert f"Nearest to the {types} true types" in run.text

    def test_each_number_of_groups_is_graded_by_that_of_types(self, run, opened):
        (card,) = (s["facts"] for s in run.payloads(SAID) if not s["sentence"])
        claims = [f for f in card if f["name"].startswith("claim_") and f["kind"] == "finding"]
        assert len(claims) >= 3
        for one in claims:
            assert one["truth"] == opened.parameters.types
            right = one["low"] <= one["truth"] and (
                one["high"] is None or one["truth"] <= one["high"]
            )
            assert (one["grade"] == "right") == right

    def test_noise_is_the_business_only_where_it_makes_more_than_half(self, run):
        found = finding(run, "noise")
        if found is None:
            assert re.search("calls (?:nobody|everybody) noise", run.text)
            return
        assert ("the noise is the business" in run.text) == (found["value"] > 0.5)

    def test_what_is_in_view_is_said_to_beat_the_ranking_only_where_it_does(self, run):
        gains = [f for f in run.facts if f["kind"] == "finding" and f["name"].startswith("gain_")]
        better = [f for f in gains if f["direction"] == "higher"]
        assert ("More than that keeps" in run.text) == bool(better)


def test_a_continuum_is_found_to_be_one(chapter):
    assert (
        "Nothing in this record shows separate types" in chapter(SLUG, values("one continuum")).text
    )


def test_clear_types_are_found_and_used_for_monday(chapter):
    run = chapter(SLUG, values("three clear types"))
    assert "There are kinds of creators" in run.text
    assert any("Segments for Monday, by k-means" in caption for caption in pages(run))


def test_one_giant_is_a_group_of_one_in_raw_columns(chapter):
    run = chapter(SLUG, values("one giant"))
    assert fact(run, "small") == 1
    assert fact(run, "silhouette_two") > 0.8
    assert "Anybody who is far from all others" in run.text


class TestThePublishedRules:
    """Whoever has the original's workbook gets the original's figures: here on our own one."""

    def test_groups_are_those_of_scikit_learn_with_the_published_settings(self, chapter):
        run = chapter(SLUG, values("the published rules"))
        case = cases.get(SLUG).open(values("the published rules"))
        price = (case.gmv / case.transactions.where(case.transactions > 0)).fillna(0)
        columns = np.column_stack([case.transactions, case.gmv, price])
        assert columns.shape == (234, 33)
        data = StandardScaler().fit_transform(columns)
        labels = DBSCAN(eps=0.445, min_samples=2).fit(data).labels_
        [table] = [p for c, p in pages(run).items() if c.startswith("Groups by density")]
        dbscan = next(row for row in rows(table) if row[0] == "DBSCAN, as chosen")
        assert int(dbscan[3]) == (labels == -1).sum()
        assert int(dbscan[1]) == labels.max() + 1
        [k_means] = [p for c, p in pages(run).items() if c.startswith("Groups of k-means")]
        assert len(rows(k_means)) == 5


class TestMarkupInNames:
    def test_it_comes_out_as_text(self, chapter):
        run = chapter(SLUG, values("other names"))
        for text in run.sentences:
            assert not re.search(r"<(?:script|b)>|\*teachers\*|\{GMV", text), text
        for page in pages(run).values():
            # In a table nothing but HTML has a meaning.
            assert not re.search(r"<(?:script|b)>", page), page
        for output in run.outputs:
            drawing = str(output.get("data", {}).get("application/vnd.plotly.v1+json", ""))
            assert "<b>sales" not in drawing


@pytest.fixture(scope="module")
def workbook(tmp_path_factory):
    """Return a workbook with two sheets, as the original has it, of seventy creators."""
    rng = np.random.default_rng(5)
    months = ["Jan'21", "Feb'21", "Mar'21", "Apr'21", "May'21", "Jun'21"]
    size = rng.lognormal(1.2, 1.6, 70)
    sold = rng.poisson(size[:, None] * rng.lognormal(0, 0.6, (70, 6)))
    sold[np.arange(70), rng.integers(0, 6, 70)] += 1
    made = np.round(sold * rng.lognormal(3.5, 1.5, 70)[:, None], 2)
    names = [f"org {at}" for at in range(70)]
    sheets = {}
    for sheet, table in (("Transactions", sold), ("GMV", made)):
        frame = pd.DataFrame(table, columns=months).astype(float)
        frame.insert(0, "OrgId", names)
        frame["Grand Total"] = table.sum(axis=1).astype(float)
        sheets[sheet] = frame
    path = tmp_path_factory.mktemp("own") / "creators.xlsx"
    with pd.ExcelWriter(path) as book:
        for sheet, frame in sheets.items():
            frame.to_excel(book, sheet_name=sheet, index=False)
    return path, sheets


@pytest.fixture(scope="module")
def report(workbook, chapter):
    labels = {"creators": "schools", "transactions": "bookings", "gmv": "turnover"}
    return chapter(SLUG, {"data": str(workbook[0]), "labels": labels, "draws": 20,
                          "most_clusters": 4, "replications": 0})  # fmt: skip


class TestOwnWorkbook(EveryReport):
    simulated = re.compile(
        r"\bin truth\b|head of partnerships|true types in this|the truth is|exercise", re.I
    )
    unknown = "Nobody knows the types behind these tables"

    @pytest.fixture
    def run(self, report):
        return report

    def test_this_tables_words_are_used(self, report):
        assert "of turnover is made by few" in report.sentences[0]
        assert "the top 10% of schools" in report.sentences[0]

    def test_the_share_of_the_top_is_that_of_the_sheet(self, report, workbook):
        made = workbook[1]["GMV"]["Grand Total"].sort_values(ascending=False)
        found = finding(report, "top_gmv_0.1")
        assert found["value"] == pytest.approx(made.iloc[:7].sum() / made.sum())

    def test_segments_for_monday_are_those_of_the_whole_record(self, report, workbook):
        [page] = [page for caption, page in pages(report).items() if "for Monday" in caption]
        assert sum(int(row[1]) for row in rows(page)) == 70
        named = pages(report)["Segments of this run by recency, frequency and money"]
        sizes = {row[0]: row[2] for row in rows(named)}
        assert {row[0]: row[1] for row in rows(page)} == sizes

    def test_the_last_months_are_held_back_to_hold_segments_against(self, report):
        assert "The last month of the record was held back" in report.text
