"""Every figure that the original of the creators' chapter prints, against replays.

`original` takes its steps again on a world's tables. Here they are held against its code, word
for word but for what the scan damaged, against its output, and against what follows from that
output alone.
"""

from __future__ import annotations

import dataclasses
import math
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import DBSCAN, KMeans
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import StandardScaler

from knowntruth.cases.creator_segmentation import (
    original,
    original_arithmetic,
    original_figures,
    original_segments,
)
from knowntruth.cases.creator_segmentation.original import Replay
from knowntruth.cases.creator_segmentation.original_figures import Figure, compare
from knowntruth.cases.creator_segmentation.original_numbers import numbers, texts
from knowntruth.cases.creator_segmentation.original_worlds import MIDDLE, as_toml, bands, draw
from knowntruth.errors import DataError
from knowntruth.worlds.creators.parameters import Parameters
from knowntruth.worlds.creators.world import World, simulate

ENTRIES = original_figures.entries()
CHECKED = tomllib.loads((Path(__file__).parent / "creators.toml").read_text("utf-8"))
OUTPUT, IMPLIED = CHECKED["output"], CHECKED["implied"]
PRINTED = original_figures.printed()
CREATORS = 234
FRESH = 10
ERRORS = 4.5  # standard errors that a mean over worlds may lie off
WORLDS = original_figures.source().get("worlds", {})
# What no band holds, by how many standard deviations of the worlds.
MISSED = {"transactions_rest_monthly.Jan'20": 2.9}
# What lies to the side of a band and inside it; counts of tiny clusters have long tails.
FAR = {
    "transactions_percentile.20": -2.75,
    "transactions_rest": 2.3,
    "noise_transactions_percentile.60": 2.0,
    "k_means_second.Others": 3.5,
    "k_means_size.4th": 7.0,
}
# A world has a few of more than three hundred figures outside the middle 99 % of them.
OUTSIDE = {"codes"}
A_NUMBER = re.compile(r"(?<![\w.'])(?:NaN|-?\d+(?:\.\d+)?(?:e[+-]\d+)?)(?![\w.%'])")
# Cells whose output shows creators, a row each, or names them.
ROWS = {"329": "transactions_of", "5": "gmv_of", "74": "prices_of"}
SCORES = ("53", "117", "118", "120", "330")
NAMES = ("34", "35", "39")
RANKS = ("1st", "2nd", "3rd", "4th", "5th")


def column(name: str) -> list[float]:
    """The original's numbers of an entry that has several."""
    return [PRINTED[key] for key, entry in ENTRIES.items() if entry["entry"] == name]


def rows_of(name: str) -> dict[str, list[str]]:
    """Its texts of the creators that an entry shows, word by word."""
    return {
        entry["label"]: entry["printed"].split()
        for entry in ENTRIES.values()
        if entry["entry"] == name
    }


@dataclasses.dataclass(frozen=True)
class Shown:
    """A row of its last table: a creator that it shows."""

    update: int
    total: int
    gmv: float
    frequency: int
    money: int
    recency: int
    code: str
    segment: str
    cluster: int


def shown() -> dict[str, Shown]:
    found = {}
    for creator, row in rows_of("final_of").items():
        update, total, gmv, frequency, money, recency, code, *segment, cluster = row
        found[creator] = Shown(
            update=int(update),
            total=int(total),
            gmv=float(gmv),
            frequency=int(frequency),
            money=int(money),
            recency=int(recency),
            code=code,
            segment=" ".join(segment),
            cluster=int(cluster),
        )
    return found


def wide(values: Any, *, total: bool = False) -> pd.DataFrame:
    """A table as in the workbook, of rows of months."""
    table = pd.DataFrame(values, columns=[f"m{i}" for i in range(len(values[0]))], dtype=float)
    table.insert(0, "OrgId", [f"C{i + 1}" for i in range(len(table))])
    if total:
        table["Grand Total"] = table.iloc[:, 1:].sum(axis=1)
    return table


def drawn(creators: int, months: int, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables of lognormal sellers: cheap, and without any world."""
    rng = np.random.default_rng(seed)
    level = np.exp(rng.normal(1, 1.5, (creators, 1)))
    sales = rng.poisson(level * np.exp(rng.normal(0, 0.5, (creators, months))))
    sales[:, -1] += 1
    price = np.exp(rng.normal(4, 1.5, (creators, 1)) + rng.normal(0, 0.5, (creators, months)))
    return wide(sales), wide(np.where(sales > 0, sales * price, np.nan))


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(Parameters())


@pytest.fixture(scope="module")
def replay(world: World) -> Replay:
    return original.replay(world.transactions, world.gmv)


@pytest.fixture(scope="module")
def figures(replay: Replay) -> dict[str, Figure]:
    return {figure.id: figure for figure in compare(replay)}


@pytest.fixture(scope="module")
def fresh() -> pd.DataFrame:
    """Figures of default worlds that the bands have not seen."""
    return draw(Parameters(), range(50_000, 50_000 + FRESH))


class TestTexts:
    @pytest.mark.parametrize("cell", sorted(OUTPUT.keys() - {*ROWS, *NAMES, *SCORES, "93, 95"}))
    def test_every_number_of_the_output_has_its_figure(self, cell: str) -> None:
        found = Counter(A_NUMBER.findall(OUTPUT[cell]))
        if cell == "352":
            found = Counter(re.findall(r"\d(?=:)", OUTPUT[cell]))
        if cell == "314":
            found -= Counter(["0", "-1", "1", "2", "3"])  # the labels of its clusters
        expected: Counter[str] = Counter()
        for entry in ENTRIES.values():
            if entry["cell"] == cell:
                expected.update(A_NUMBER.findall(entry["printed"]))
        assert found == expected

    @pytest.mark.parametrize("cell", ROWS)
    def test_every_creator_that_it_shows_has_a_row(self, cell: str) -> None:
        lines = [line.split("\t") for line in OUTPUT[cell].splitlines() if line[:1].isdigit()]
        rows = [line[1:] if cell == "74" else line[2:] for line in lines if len(line) > 1]
        texts = list(rows_of(ROWS[cell]).values())
        if cell == "5":
            # The scan lost the rest of one.
            assert rows.pop(8) == ["NaN", "NaN"]
            assert texts.pop(8) == ["NaN"] * 8
        assert [row[: len(text)] for row, text in zip(rows, texts, strict=True)] == texts

    def test_every_row_of_its_scores_stands_as_it_is(self) -> None:
        found = {}
        for cell in SCORES:
            for line in OUTPUT[cell].splitlines():
                if re.search(r"\tC\d", line):
                    _, creator, *row = line.strip().split("\t")
                    found[creator] = " ".join(row).split()
        assert found == rows_of("final_of")
        for line in OUTPUT["53"].splitlines():
            if re.search(r"\tC\d", line):
                _, creator, *row = line.split("\t")
                assert row == rows_of("final_of")[creator][: len(row)]

    @pytest.mark.parametrize("cell", NAMES)
    def test_the_names_that_it_prints_are_all_there(self, cell: str) -> None:
        (entry,) = [entry for entry in ENTRIES.values() if entry["cell"] == cell]
        assert re.findall(r"C\d+", OUTPUT[cell]) == entry["printed"].split()

    def test_every_shape_is_that_of_its_cell(self) -> None:
        shapes = {
            cell: re.findall(r"(\d+) rows × (\d+) columns", output)
            for cell, output in OUTPUT.items()
        }
        for entry in original_figures.source()["figure"]:
            if entry["id"].startswith("shape_"):
                assert shapes[entry["cell"]] == [tuple(entry["printed"])]

    def test_every_figure_is_of_a_cell_or_implied(self) -> None:
        cells = {part for cell in OUTPUT for part in cell.split(", ")}
        for entry in ENTRIES.values():
            if entry["cell"] == "–":
                assert entry["origin"] == "inferred"
            else:
                assert set(entry["cell"].split(", ")) <= cells

    def test_damaged_lines_are_given_with_their_reading(self) -> None:
        for reading in original_figures.source()["reading"]:
            assert all(reading[key] for key in ("cell", "scanned", "read", "because"))
            assert reading["scanned"] != reading["read"]


class TestSteps:
    def test_they_give_what_the_original_code_gives(self, world: World, replay: Replay) -> None:
        """The code is the original's, word for word but for its files, prints and pictures."""
        df1, df2 = world.transactions, world.gmv
        df1, df2 = df1.fillna(0), df2.fillna(0)
        cols = df1.columns[1:-1]
        df1_sorted = df1.sort_values("Grand Total")
        p_20 = df1_sorted["Grand Total"][-int(234 * 0.2) :].sum() / df1["Grand Total"].sum()
        p_10 = df1_sorted["Grand Total"][-int(234 * 0.1) :].sum() / df1["Grand Total"].sum()
        monthly_10 = df1_sorted[cols][-int(234 * 0.1) :].sum() / df1[cols].sum()
        edge = np.percentile(df1_sorted["Grand Total"], 91)
        df1_r = df1_sorted[df1_sorted["Grand Total"] < edge]
        rest = df1_r["Grand Total"][-int(len(df1_r) * 0.2) :].sum() / df1_r["Grand Total"].sum()
        rest_monthly = df1_r[cols][-int(len(df1_r) * 0.2) :].sum() / df1_r[cols].sum()
        df1_lr = df1_sorted[df1_sorted["Grand Total"] >= edge]
        giants = (
            df1_lr["Grand Total"][-int(len(df1_lr) * 0.2) :].sum() / df1_lr["Grand Total"].sum()
        )
        top_10 = df1_lr.OrgId
        df2.columns = df1.columns
        df2_sorted = df2.sort_values("Grand Total")
        gmv_20 = df2_sorted["Grand Total"][-int(234 * 0.2) :].sum() / df2["Grand Total"].sum()
        gmv_monthly = df2_sorted[cols][-int(234 * 0.2) :].sum() / df2[cols].sum()
        df2_lr = df2_sorted[
            df2_sorted["Grand Total"] >= np.percentile(df2_sorted["Grand Total"], 91)
        ]
        top_10_soldout = df2_lr.OrgId
        top_20 = df1[df1["Grand Total"] >= np.percentile(df1["Grand Total"], 80)].OrgId
        top_20_soldout = df2[df2["Grand Total"] >= np.percentile(df2["Grand Total"], 80)].OrgId

        found = numbers(replay)
        expected = {
            "transactions_fifth": p_20,
            "transactions_tenth": p_10,
            "transactions_rest": rest,
            "transactions_giants": giants,
            "transactions_top_9": len(top_10),
            "gmv_fifth": gmv_20,
            "both_top_9": len(set.intersection(set(top_10), set(top_10_soldout))),
            "either_top_20": len(set.union(set(top_20), set(top_20_soldout))),
            "both_top_20": len(set.intersection(set(top_20), set(top_20_soldout))),
            "only_transactions_top_20": len(set(top_20) - set(top_20_soldout)),
            **{f"transactions_tenth_monthly.{month}": monthly_10[month] for month in cols},
            **{f"transactions_rest_monthly.{month}": rest_monthly[month] for month in cols},
            **{f"gmv_fifth_monthly.{month}": gmv_monthly[month] for month in cols},
            **{
                f"{name}_{row.rstrip('%')}.{month}": table[month][row]
                for name, table in (("transactions", df1.describe()), ("gmv", df2.describe()))
                for row in table.index
                for month in cols
            },
            **{
                f"{name}_percentile.{i}": np.percentile(df["Grand Total"], i)
                for name, df in (("transactions", df1), ("gmv", df2))
                for i in [*range(0, 101, 10), *range(90, 101, 1)]
            },
        }
        assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-12)

    def test_scores_are_those_that_the_original_code_gives(
        self, world: World, replay: Replay
    ) -> None:
        df1, df2 = world.transactions.fillna(0), world.gmv.fillna(0)

        def get_index(l: Any) -> int:  # noqa: E741
            l = list(l)  # noqa: E741
            a = 0
            for i in range(len(l)):
                if l[i] != 0:
                    a = i
            return a

        def get_rank(x: float, l: Any) -> int:  # noqa: E741
            l_25, l_50, l_75 = np.percentile(l, 25), np.percentile(l, 50), np.percentile(l, 75)
            if x <= l_25:
                return 4
            if x > l_25 and x <= l_50:
                return 3
            if x > l_50 and x <= l_75:
                return 2
            return 1

        def rfm_seg(x: Any) -> str:
            x = int(x)
            if x == 111:
                return "B Creator"
            if x in [112, 121, 122]:
                return "P Creators"
            if x in (141, 142):
                return "HSN Creator"
            if x in (113, 114):
                return "LSAL Creator"
            if x in [411, 412, 421, 422]:
                return "Cb Creator"
            return "Others"

        r = [11 - get_index(df1.iloc[i, 1:-1]) for i in range(len(df1))]
        r_score = [1 if i <= 2 else 2 if i <= 4 else 3 if i <= 7 else 4 for i in r]
        f_score = [get_rank(i, df1["Grand Total"]) for i in df1["Grand Total"]]
        m_score = [get_rank(i, df2["Grand Total"]) for i in df2["Grand Total"]]
        codes = [f"{a}{b}{c}" for a, b, c in zip(r_score, f_score, m_score, strict=True)]
        final = replay.final
        assert final["Last Update"].tolist() == r
        assert final["RFM"].tolist() == codes
        assert final["RFM Segment"].tolist() == [rfm_seg(code) for code in codes]
        assert numbers(replay)["codes"] == len(np.unique(codes))

    def test_clusters_are_those_that_the_original_code_gives(
        self, world: World, replay: Replay
    ) -> None:
        df1, df2 = world.transactions.fillna(0), world.gmv.fillna(0)
        df_frnqnc = df2.iloc[:, 1:] / df1.iloc[:, 1:]
        df_frnqnc["OrgId"] = df1.OrgId
        df = df1.merge(df2, on="OrgId")
        df = df.merge(df_frnqnc, on="OrgId")
        df = df.drop(columns=["Grand Total", "Grand Total_y", "Grand Total_x"])
        df = df.fillna(0)
        data = StandardScaler().fit_transform(df.drop(columns="OrgId"))
        kmeans_act = KMeans(
            n_clusters=5, init="k-means++", max_iter=300, n_init=10, random_state=42
        ).fit(data)
        dbscan = DBSCAN(eps=0.445, min_samples=2).fit(data)
        df_rfm = replay.final
        found = numbers(replay)
        assert df.shape == (found["shape_features.rows"], found["shape_features.columns"])
        assert replay.features.to_numpy() == pytest.approx(df.drop(columns="OrgId").to_numpy())
        assert df_rfm["K_means Clusters"].tolist() == kmeans_act.labels_.tolist()
        assert df_rfm["DB Clusters"].tolist() == dbscan.labels_.tolist()
        chosen = replay.k_means[5]
        assert chosen.inertia == pytest.approx(kmeans_act.inertia_)
        assert chosen.silhouette == pytest.approx(silhouette_score(data, kmeans_act.labels_))
        sizes = sorted(Counter(kmeans_act.labels_).values(), reverse=True)
        assert [found[f"k_means_size.{rank}"] for rank in RANKS] == sizes
        noise = df_rfm[dbscan.labels_ == -1]
        assert found["dbscan_noise"] == len(noise)
        assert found["noise_creators"] == len(noise) / 234
        assert found["noise_gmv"] == pytest.approx(noise.GMV.sum() / df_rfm.GMV.sum())
        assert found["noise_gmv_percentile.50"] == pytest.approx(noise.GMV.median())
        counts = noise["RFM Segment"].value_counts()
        for name, count in counts.items():
            assert found[f"dbscan_noise_segment.{name}"] == count
        main = df_rfm[
            dbscan.labels_ == Counter(dbscan.labels_[dbscan.labels_ >= 0]).most_common(1)[0][0]
        ]
        assert found["dbscan_size.1st"] == len(main)
        assert found["main_gmv"] == pytest.approx(main.GMV.sum() / df_rfm.GMV.sum())
        assert found["main_transactions_percentile.20"] == pytest.approx(
            np.percentile(main["Total Videos"], 20)
        )

    def test_all_four_numbers_of_clusters_are_tried_and_inertia_falls(self, replay: Replay) -> None:
        assert list(replay.k_means) == [2, 5, 10, 30]
        inertia = [fit.inertia for fit in replay.k_means.values()]
        assert inertia == sorted(inertia, reverse=True)
        assert all(-1 <= fit.silhouette <= 1 for fit in replay.k_means.values())

    def test_the_last_table_has_the_columns_of_the_original(self, replay: Replay) -> None:
        assert list(replay.final) == [
            "Id", "Last Update", "Total Videos", "GMV", "F_Score", "M_Score", "R_Score", "RFM",
            "RFM Segment", "K_means Clusters", "DB Clusters", "DB_Segmentation",
        ]  # fmt: skip
        redistributed = {-1: 1, 0: 2}
        for label, group in zip(
            replay.final["DB Clusters"], replay.final["DB_Segmentation"], strict=True
        ):
            assert group == redistributed.get(label, 3)

    def test_a_total_is_made_where_the_table_has_none(self) -> None:
        sales, gmv = drawn(40, 6)
        without = original.replay(sales, gmv, grid=[5])
        totals = [it.assign(**{"Grand Total": it.iloc[:, 1:].sum(axis=1)}) for it in (sales, gmv)]
        pd.testing.assert_frame_equal(without.final, original.replay(*totals, grid=[5]).final)

    def test_a_total_that_the_table_has_is_taken_as_it_stands(self) -> None:
        sales, gmv = drawn(40, 6)
        sales["Grand Total"] = 1000.0
        assert set(original.replay(sales, gmv, grid=[5]).final["Total Videos"]) == {1000.0}

    def test_the_order_of_creators_and_the_names_of_months_in_the_gmv_do_not_matter(self) -> None:
        sales, gmv = drawn(40, 6)
        other = gmv.sample(frac=1, random_state=3).rename(columns=str.upper)
        other = other.rename(columns={"ORGID": "OrgId"})
        one, two = (original.replay(sales, it, grid=[5]) for it in (gmv, other))
        pd.testing.assert_frame_equal(one.final, two.final)

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda sales, gmv: (sales, gmv.iloc[1:]),
            lambda sales, gmv: (sales, gmv.drop(columns="m0")),
            lambda sales, gmv: (pd.concat([sales, sales[:1]]), pd.concat([gmv, gmv[:1]])),
            lambda sales, gmv: (sales, gmv.assign(m0=7.0)),
        ],
        ids=["creator missing", "month missing", "creator twice", "paid without a sale"],
    )
    def test_tables_that_do_not_fit_are_refused(self, spoil: Any) -> None:
        sales, gmv = drawn(40, 6)
        sales.loc[5, "m0"] = 0
        with pytest.raises(DataError):
            original.replay(*spoil(sales, gmv.where(sales != 0)))

    def test_of_few_creators_there_are_no_thirty_clusters(self) -> None:
        found = original.replay(*drawn(24, 4))
        assert found.k_means[30].labels is None
        assert math.isnan(found.k_means[30].inertia)
        assert found.k_means[10].labels is not None
        assert len(compare(found)) == len(ENTRIES)

    def test_as_many_clusters_as_creators_have_no_silhouette(self) -> None:
        found = original.replay(*drawn(30, 8), grid=[30])
        assert found.k_means[30].inertia == pytest.approx(0, abs=1e-9)
        assert math.isnan(found.k_means[30].silhouette)
        assert found.final["K_means Clusters"].isna().all()
        by_name = {figure.id: figure for figure in compare(found)}
        assert by_name["k_means_size.1st"].replayed == ""

    def test_recency_counts_the_last_month_as_one_and_never_as_all(self) -> None:
        months = np.array([[0, 0, 3], [1, 0, 0], [0, 2, 0], [0, 0, 0]], dtype=float)
        assert original_segments.last_update(months).tolist() == [1, 3, 2, 3]

    def test_an_edge_belongs_to_the_quarter_below_it(self) -> None:
        found = original_segments.quartile_score(np.array([0.0, 1, 2, 3, 4]))
        assert found.tolist() == [4, 4, 3, 2, 1]

    def test_ties_can_empty_a_quarter(self) -> None:
        found = original_segments.quartile_score(np.array([1.0, 1, 1, 1, 9]))
        assert found.tolist() == [4, 4, 4, 4, 1]

    def test_a_creator_at_a_percentile_belongs_to_what_begins_there(self) -> None:
        """Of 101 creators with 1 to 101 transactions percentiles fall on creators."""
        table = wide(np.arange(1, 102)[:, None], total=True).set_index("OrgId")
        found = original.measure(table)
        assert found.percentiles[91] == 92
        assert (len(found.top_9), len(found.top_20)) == (10, 21)
        # The largest fifth of 91, then of 10.
        assert found.rest["Grand Total"] == pytest.approx(sum(range(74, 92)) / sum(range(1, 92)))
        assert found.giants["Grand Total"] == pytest.approx((100 + 101) / sum(range(92, 102)))

    def test_creators_are_near_within_0_445_and_two_are_a_cluster(self) -> None:
        data = np.array([[0.0], [0.444], [3.0], [3.446], [9.0]])
        assert original_segments.dbscan(data).tolist() == [0, 0, -1, -1, -1]

    def test_noise_is_no_cluster_however_large(self) -> None:
        labels = pd.Series([-1, -1, -1, 0, 2, 2, 1])
        assert original_segments.by_size(labels) == [2, 0, 1]
        assert original_segments.sizes(labels) == [2, 1, 1]

    def test_sums_and_rows_are_those_of_the_tables(self, world: World, replay: Replay) -> None:
        found, rows = numbers(replay), texts(replay)
        sales = world.sales
        total = sales.groupby("creator")["transactions"].sum().sort_values(ascending=False)
        assert found["transactions_total"] == total.sum()
        assert [found[f"transactions_largest.{rank}"] for rank in RANKS] == total[:5].tolist()
        last = sales["month"] >= pd.Timestamp("2020-02-01")
        assert found["transactions_last_three"] == sales.loc[last, "transactions"].sum()
        assert found["transactions_sum.Jan'20"] == world.transactions["Jan'20"].sum()
        churned = replay.final["RFM"].isin(["411", "412", "421", "422"])
        assert found["segment_churned"] == churned.sum()
        paid = world.gmv.set_index("OrgId").loc["C1"].iloc[:8]
        assert rows["gmv_of.C1"] == " ".join(
            "NaN" if math.isnan(value) else f"{value:.6f}" for value in paid
        )
        assert rows["transactions_of.C1"].split() == [
            str(float(value)) for value in world.transactions.iloc[0, 1:-1]
        ]
        assert rows["prices_of.C1"].count("0.000000") == paid.isna().sum()
        assert rows["final_of.C1"].split()[6] == replay.final["RFM"].iloc[0]
        assert rows["months"].split() == list(world.transactions.columns[1:-1])


class TestFigures:
    def test_the_default_world_is_inside_nearly_every_band(
        self, figures: dict[str, Figure]
    ) -> None:
        assert {name for name, figure in figures.items() if not figure.is_inside} == OUTSIDE

    @pytest.mark.parametrize("entry", dict.fromkeys(one["entry"] for one in ENTRIES.values()))
    def test_the_original_can_be_had_again(self, entry: str, figures: dict[str, Figure]) -> None:
        for name, figure in figures.items():
            if figure.entry == entry and figure.how != "cannot":
                assert figure.agrees == (name not in MISSED), name

    def test_what_is_missed_or_lies_far_lies_off_by_this_much_and_the_rest_by_less(
        self, figures: dict[str, Figure]
    ) -> None:
        for name, figure in figures.items():
            if name in MISSED or name in FAR:
                assert figure.off == pytest.approx({**MISSED, **FAR}[name], abs=0.1)
            elif figure.off is not None:
                assert abs(figure.off) < 2

    def test_what_cannot_be_had_never_agrees(self, figures: dict[str, Figure]) -> None:
        for figure in figures.values():
            if figure.how == "cannot":
                assert not figure.agrees
                assert figure.reason
                assert figure.band == ""

    def test_exact_figures_are_the_same_in_worlds_of_other_seeds(
        self, figures: dict[str, Figure]
    ) -> None:
        other = simulate(Parameters(seed=5))
        others = {
            figure.id: figure
            for figure in compare(original.replay(other.transactions, other.gmv, grid=[5]))
        }
        for name, figure in figures.items():
            if figure.how == "exact":
                assert others[name] == figure
                assert figure.replayed == figure.printed
            elif figure.how == "identity":
                assert others[name].agrees

    def test_tables_of_another_size_are_seen_to_be_that(self) -> None:
        by_name = {figure.id: figure for figure in compare(original.replay(*drawn(40, 6)))}
        assert by_name["shape_transactions.rows"].replayed == "40"
        assert not by_name["shape_transactions.rows"].agrees
        assert by_name["shape_features.columns"].replayed == "19"
        assert by_name["gmv_mean.Jun'19"].replayed == ""
        assert not by_name["gmv_mean.Jun'19"].is_inside
        assert not by_name["transactions_total"].is_inside

    def test_an_identity_that_breaks_does_not_agree(self, replay: Replay) -> None:
        smaller = frozenset(list(replay.gmv.top_20)[1:])
        broken = dataclasses.replace(
            replay,
            gmv=dataclasses.replace(replay.gmv, top_9=replay.gmv.top_9 | {"nobody"}),
            final=replay.final.assign(**{"RFM Segment": "Others"}),
        )
        by_name = {figure.id: figure for figure in compare(broken)}
        assert not by_name["only_one_top_9.gmv"].agrees
        assert by_name["only_one_top_9.transactions"].agrees
        assert by_name["segment_numbers"].replayed == "Others 0"
        assert by_name["segment_numbers"].agrees
        broken = dataclasses.replace(replay, gmv=dataclasses.replace(replay.gmv, top_20=smaller))
        by_name = {figure.id: figure for figure in compare(broken)}
        assert by_name["top_20.gmv"].replayed == "46"
        assert not by_name["top_20.gmv"].agrees

    def test_numbers_for_names_are_their_order_or_no_identity(self) -> None:
        for text, ordered in (
            ("B 0, Others 1, P 2", True),
            ("-1 0, 0 1, 2 2, 10 3", True),
            ("B 0, P 1, Others 2", False),
            ("B 1, Others 2", False),
            ("0 0, -1 1", False),
        ):
            assert original_figures.is_ordered(text) == ordered

    def test_replays_are_printed_as_the_original_prints(self, figures: dict[str, Figure]) -> None:
        for figure in figures.values():
            if figure.how != "cannot" and figure.replayed and not ENTRIES[figure.id].get("row"):
                assert ("e" in figure.replayed) == ("e" in figure.printed)
                if ENTRIES[figure.id].get("digits") != "all":
                    digits = [
                        text.partition("e")[0].partition(".")[2]
                        for text in (figure.replayed, figure.printed)
                    ]
                    assert len(digits[0]) == len(digits[1])

    def test_the_bands_are_of_enough_worlds_and_hold_fresh_ones(self, fresh: pd.DataFrame) -> None:
        assert WORLDS["number"] >= 200
        found, stored = bands(fresh), original_figures.bands()
        assert list(stored) == [
            name for name, entry in ENTRIES.items() if original_figures.has_band(entry)
        ]
        inside = []
        for name, band in stored.items():
            error = band.sd * math.sqrt(1 / FRESH + 1 / WORLDS["number"])
            assert abs(found[name].mean - band.mean) <= ERRORS * error + 1e-6 * abs(band.mean)
            values = fresh[name]
            inside.append(((values >= band.low) & (values <= band.high)).mean())
        assert np.mean(inside) > 0.97
        assert min(inside) >= 0.7

    def test_bands_are_middles_and_logarithms_where_they_say(self) -> None:
        values = np.linspace(1, 2, 1001)
        worlds = pd.DataFrame(dict.fromkeys(PRINTED, values))
        worlds["segment_churned"] = 3.0
        found = bands(worlds)
        assert (found["both_top_9"].low, found["both_top_9"].high) == pytest.approx((1.005, 1.995))
        assert found["both_top_9"].mean == pytest.approx(1.5)
        assert found["gmv_mean.Jun'19"].mean == pytest.approx(np.log10(values).mean())
        assert found["gmv_mean.Jun'19"].high == pytest.approx(1.995)
        assert found["segment_churned"].sd == 0
        assert not {"noise_creators", "top_20.gmv", "transactions_count.Jun'19"} & found.keys()
        again = tomllib.loads(as_toml(found, worlds=1001, first_seed=7))
        assert again["worlds"] == {"number": 1001, "first_seed": 7, "middle": MIDDLE}
        assert again["bands"]["both_top_9"] == pytest.approx(
            dataclasses.astuple(found["both_top_9"]), rel=1e-6
        )


class TestPrintedNumbers:
    """Identities that the printed figures obey, and where they do not."""

    SHARES = ("transactions_fifth", "transactions_tenth", "noise_transactions", "main_transactions")

    def test_its_shares_have_one_common_total_that_its_percentiles_allow(self) -> None:
        candidates = original_arithmetic.common_totals(
            [PRINTED[name] for name in self.SHARES], most=400_000
        )
        percentiles = {
            float(entry["label"]): PRINTED[name]
            for name, entry in ENTRIES.items()
            if entry["entry"] == "transactions_percentile"
        }
        low, high = original_arithmetic.bounds_of_total(percentiles, CREATORS)
        assert [total for total in candidates if low <= total <= high] == [IMPLIED["total"]]
        assert PRINTED["transactions_total"] == IMPLIED["total"]

    def test_shares_are_whole_parts_to_the_last_digit(self) -> None:
        for name, whole, of in (
            ("transactions_fifth", "top_46", "total"),
            ("transactions_tenth", "top_23", "total"),
            ("transactions_rest", "top_42_of_those", "below_91_percent"),
            ("transactions_giants", "top_4", "top_21"),
            ("noise_transactions", "noise", "total"),
            ("main_transactions", "main", "total"),
        ):
            assert original_arithmetic.part(PRINTED[name], IMPLIED[of]) == IMPLIED[whole]
        assert IMPLIED["below_91_percent"] + IMPLIED["top_21"] == IMPLIED["total"]
        assert IMPLIED["top_4"] == sum(IMPLIED["largest"][:4])

    def test_without_the_lost_sign_the_shares_would_be_others(self) -> None:
        """All but the 46 smallest have at least all but their share of the least percentile."""
        most_of_46_smallest = 46 * PRINTED["transactions_percentile.20"]
        share = 1 - most_of_46_smallest / IMPLIED["total"]
        assert share > 0.997 > PRINTED["transactions_fifth"]

    def test_monthly_means_are_whole_sums(self) -> None:
        for mean, total in zip(column("transactions_mean")[:-1], IMPLIED["months"], strict=False):
            assert original_arithmetic.whole_parts(mean - 5e-7, mean + 5e-7, CREATORS) == [total]
        assert column("transactions_sum") == IMPLIED["months"]
        rest = IMPLIED["total"] - sum(IMPLIED["months"])
        assert PRINTED["transactions_last_three"] == rest

    def test_of_january_whose_mean_is_cut_the_share_of_the_tenth_tells_the_sum(self) -> None:
        mean, share = PRINTED["transactions_mean.Jan'20"], column("transactions_tenth_monthly")[7]
        sums = original_arithmetic.whole_parts(mean, mean + 0.01, CREATORS)
        assert len(sums) == 3
        possible = [
            total
            for total in sums
            if original_arithmetic.whole_parts(share - 5e-7, share + 5e-7, total)
        ]
        assert possible == [IMPLIED["months"][-1]]

    def test_the_tenth_has_whole_transactions_in_each_month(self) -> None:
        shares = column("transactions_tenth_monthly")[: len(IMPLIED["months"])]
        for share, total, whole in zip(
            shares, IMPLIED["months"], IMPLIED["top_23_by_month"], strict=True
        ):
            found = original_arithmetic.whole_parts(share - 5e-7, share + 5e-7, total)
            assert found == [whole]
        assert sum(IMPLIED["top_23_by_month"]) < IMPLIED["top_23"]

    def test_the_largest_totals_give_its_percentiles(self) -> None:
        upwards = IMPLIED["largest"][::-1]
        assert column("transactions_largest") == IMPLIED["largest"]
        for percent, place in ((98, 228), (99, 230)):
            pair = (upwards[place - 228], upwards[place - 227])
            value = PRINTED[f"transactions_percentile.{percent}"]
            assert original_arithmetic.place_of(percent, CREATORS)[0] == place
            assert pair in original_arithmetic.neighbours(value, percent, CREATORS)
        gmv = IMPLIED["largest_gmv"][::-1]
        for percent, place in ((98, 228), (99, 230)):
            _, way = original_arithmetic.place_of(percent, CREATORS)
            low, high = gmv[place - 228], gmv[place - 227]
            value = PRINTED[f"gmv_percentile.{percent}"]
            # What it shows of them is rounded to the unit.
            assert low + way * (high - low) == pytest.approx(value, abs=1)

    def test_the_giants_begin_where_the_91st_percentile_lies(self) -> None:
        """The two creators below it, counted in the tenth, have what the tenth has beyond it."""
        place, _ = original_arithmetic.place_of(91, CREATORS)
        assert CREATORS - (place + 1) == PRINTED["transactions_top_9"]
        two = IMPLIED["top_23"] - IMPLIED["top_21"]
        pairs = original_arithmetic.neighbours(PRINTED["transactions_percentile.91"], 91, CREATORS)
        possible = [low for low, _ in pairs if two - low <= low]
        assert possible == [636, 633, 630]
        assert two == 636 + 619

    def test_every_percentile_of_transactions_lies_between_whole_totals(self) -> None:
        for name, entry in ENTRIES.items():
            if entry["entry"] == "transactions_percentile":
                percent = float(entry["label"])
                assert original_arithmetic.neighbours(PRINTED[name], percent, CREATORS)

    def test_sets_have_the_sizes_that_their_percentiles_leave(self) -> None:
        for percent, size in ((91, PRINTED["transactions_top_9"]), (80, PRINTED["top_20.gmv"])):
            place, _ = original_arithmetic.place_of(percent, CREATORS)
            assert CREATORS - (place + 1) == size
        found = original_figures.identities(PRINTED)
        for name in ("only_one_top_9.transactions", "either_top_20", "only_transactions_top_20"):
            assert found[name] == PRINTED[name]
        for name, size in (
            ("only_transactions_top_9", 9),
            ("only_gmv_top_9", 9),
            ("only_transactions_top_20_names", 12),
        ):
            assert len(set(ENTRIES[name]["printed"].split())) == size
        # The percentile that its code names for GMV leaves others.
        place, _ = original_arithmetic.place_of(90, CREATORS)
        assert CREATORS - (place + 1) == 24

    def test_segments_and_clusters_count_all_creators(self) -> None:
        assert sum(column("segment")) == CREATORS
        assert sum(column("k_means_size")) == CREATORS
        assert PRINTED["dbscan_noise"] + sum(column("dbscan_size")) == CREATORS
        assert sum(column("k_means_first")) == PRINTED["k_means_size.1st"]
        assert sum(column("k_means_second")) == PRINTED["k_means_size.2nd"]
        assert sum(column("dbscan_main")) == PRINTED["dbscan_size.1st"]
        assert sum(column("dbscan_noise_segment")) == PRINTED["dbscan_noise"]

    def test_the_small_clusters_have_the_segments_that_the_others_leave(self) -> None:
        """K-means shows that its last five are among the best; the others have all the rest."""

        def of(entry: str, segment: str) -> float:
            return PRINTED.get(f"{entry}.{segment}", 0.0)

        segments = ("Others", "P Creators", "B Creator", "HSN Creator", "LSAL Creator")
        left = {
            name: of("segment", name) - of("k_means_first", name) - of("k_means_second", name)
            for name in segments
        }
        assert left == {**dict.fromkeys(segments, 0.0), "B Creator": 5.0}
        small = [row for row in shown().values() if row.cluster in (1, 2, 4)]
        assert [row.segment for row in small] == ["B Creator"] * 5
        left = {
            name: of("segment", name) - of("dbscan_noise_segment", name) - of("dbscan_main", name)
            for name in segments
        }
        assert left == {
            "Others": 6, "P Creators": 1, "B Creator": 0, "HSN Creator": 1, "LSAL Creator": 0,
        }  # fmt: skip
        assert sum(left.values()) == sum(column("dbscan_size")[1:]) == 8

    def test_the_share_of_noise_is_of_another_run(self) -> None:
        assert PRINTED["noise_creators"] == 90 / CREATORS
        assert PRINTED["dbscan_noise"] / CREATORS == pytest.approx(0.36752, abs=5e-6)
        assert PRINTED["main_creators"] == PRINTED["dbscan_size.1st"] / CREATORS

    def test_noise_and_main_cluster_leave_64_transactions_to_the_other_eight(self) -> None:
        left = IMPLIED["total"] - IMPLIED["noise"] - IMPLIED["main"]
        assert left == 64
        # Each of eight creators has at least the least.
        assert left >= 8 * PRINTED["transactions_percentile.0"]
        gmv = 1 - PRINTED["noise_gmv"] - PRINTED["main_gmv"]
        assert 0 < gmv < 0.002

    def test_percentiles_inside_the_noise_fit_those_of_all(self) -> None:
        for name in ("gmv", "transactions"):
            noise, everyone = column(f"noise_{name}_percentile"), column(f"{name}_percentile")
            assert noise[-1] == everyone[-1]
            assert all(inside >= all_ for inside, all_ in zip(noise, everyone, strict=False))
        # The sum of the middle 84 of 86 is at least what the deciles below them say.
        least = sum(column("noise_transactions_percentile")[int(10 * i / 85)] for i in range(86))
        most = sum(
            column("noise_transactions_percentile")[math.ceil(10 * i / 85)] for i in range(86)
        )
        assert least < IMPLIED["noise"] < most

    def test_the_scan_lost_a_digit_of_the_least_gmv(self) -> None:
        whole = ENTRIES["gmv_percentile.0"]["printed"]
        lost = ENTRIES["main_gmv_percentile.0"]["printed"]
        assert len(whole) == len(lost) + 1
        assert any(whole[:i] + whole[i + 1 :] == lost for i in range(len(whole)))

    def test_scores_of_the_creators_that_it_shows_follow_its_rules(self) -> None:
        codes = {code: name for name, them in original_segments.SEGMENTS.items() for code in them}
        for row in shown().values():
            assert row.code == f"{row.recency}{row.frequency}{row.money}"
            assert row.segment == codes.get(row.code, "Others")
            assert row.recency == (1 if row.update <= 2 else 2)

    @pytest.mark.parametrize("name", ["transactions", "gmv"])
    def test_quartile_scores_that_it_shows_fit_its_percentiles(self, name: str) -> None:
        score, value = ("frequency", "total") if name == "transactions" else ("money", "gmv")
        found: dict[int, list[float]] = {rank: [] for rank in (1, 2, 3, 4)}
        for row in shown().values():
            found[getattr(row, score)].append(getattr(row, value))
        percentile = {
            percent: PRINTED[f"{name}_percentile.{percent}"] for percent in (20, 30, 50, 70, 80)
        }
        # An upper quartile is between the deciles beside it; the median is printed.
        assert max(found[4]) <= percentile[30]
        assert min(found[3]) >= percentile[20]
        assert max(found[3]) <= percentile[50] < min(found[2])
        assert max(found[2]) <= percentile[80]
        assert min(found[1]) >= percentile[70]

    def test_the_last_month_that_it_shows_contradicts_six_of_ten_totals(self) -> None:
        wrong = []
        for creator, row in rows_of("transactions_of").items():
            months = [float(text) for text in row]
            implied = shown()[creator].total - sum(months[:-1])
            assert implied >= 0
            if implied != months[-1]:
                wrong.append(creator)
            # With the month that the totals imply, recency comes out as printed too.
            sold = np.array([[*months[:-1], implied]])
            assert original_segments.last_update(sold).tolist() == [shown()[creator].update]
        assert wrong == ["C2", "C3", "C4", "C230", "C232", "C233"]

    def test_prices_that_it_shows_are_gmv_by_transactions(self) -> None:
        for creator, row in rows_of("prices_of").items():
            sales = [float(text) for text in rows_of("transactions_of")[creator]]
            gmv = [float(text) for text in rows_of("gmv_of")[creator]]
            for price, paid, sold in zip(row, gmv, sales, strict=False):
                assert math.isnan(paid) == (sold == 0)
                # All three are rounded to six decimals.
                assert float(price) == pytest.approx(0 if sold == 0 else paid / sold, abs=2e-6)


class TestTextsAgainstNumbers:
    """What its text says, beside what it printed."""

    def test_a_quarter_sold_in_each_month_from_september_on_not_from_february(self) -> None:
        """“More than 75 % were not creating before Feb'20”: the upper quartiles say otherwise."""
        upper = column("transactions_75")
        assert upper[:3] == [0, 0, 0]
        assert min(upper[3:]) >= 1

    def test_gmv_by_transaction_does_not_fall_month_by_month(self) -> None:
        """“Watch per videos are decreasing with time”: means by means, June to November."""
        prices = np.array(column("gmv_mean")) / np.array(column("transactions_mean")[:6])
        assert prices.round(0).tolist() == [968, 1301, 932, 1255, 1323, 519]
        assert (np.diff(prices) > 0).any()

    def test_gmv_by_transaction_is_a_price_from_two_to_thousands(self) -> None:
        """A video that is watched does not have 4,611 of anything on average, nor 2."""
        prices = {creator: row.gmv / row.total for creator, row in shown().items()}
        assert min(prices.values()) == prices["C230"] == pytest.approx(2.0, abs=0.02)
        assert max(prices.values()) == prices["C26"] == pytest.approx(4611, abs=1)

    def test_both_tops_hold_more_than_eighty_twenty_and_not_as_one_pareto_law(self) -> None:
        """A Pareto law gives the top q a share of q ** (1 - 1 / alpha)."""
        alphas = {}
        for name, top in (("fifth", 46 / CREATORS), ("tenth", 23 / CREATORS)):
            share = PRINTED[f"transactions_{name}"]
            assert share > 0.8
            alphas[name] = 1 / (1 - math.log(share) / math.log(top))
        assert alphas == pytest.approx({"fifth": 1.04, "tenth": 1.09}, abs=0.01)

    def test_four_creators_hold_two_fifths_of_all(self) -> None:
        assert IMPLIED["top_4"] / IMPLIED["total"] == pytest.approx(0.416, abs=5e-4)

    def test_what_it_calls_the_asset_has_some_of_the_least(self) -> None:
        assert PRINTED["noise_transactions_percentile.0"] == PRINTED["transactions_percentile.0"]
        assert PRINTED["noise_gmv_percentile.0"] < PRINTED["gmv_percentile.40"]
        assert PRINTED["dbscan_noise_segment.Others"] == 13
        # And some of what it calls least important brings more than three in ten of the asset do.
        assert PRINTED["main_gmv_percentile.100"] > PRINTED["noise_gmv_percentile.30"]

    def test_potential_creators_are_not_all_between_median_and_upper_quartile(self) -> None:
        """Its text says 50 to 75 percentile of revenue; a code of theirs is of the best quarter."""
        assert "121" in original_segments.SEGMENTS["P Creators"]

    def test_overlap_is_far_above_what_chance_would_give(self) -> None:
        by_chance = PRINTED["top_20.gmv"] * PRINTED["top_20.transactions"] / CREATORS
        assert by_chance == pytest.approx(9.4, abs=0.05)
        assert PRINTED["both_top_20"] > 3 * by_chance
