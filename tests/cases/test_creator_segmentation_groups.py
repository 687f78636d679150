"""What the chapter on creators compares and hands over, against pandas and scikit-learn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from knowntruth import cases
from knowntruth.cases.creator_segmentation import final, segmentations
from knowntruth.methods.groups import rfm
from knowntruth.story import creator_segments

FEW = {"creators": 80, "replications": 0}


@pytest.fixture(scope="module")
def case():
    return cases.get("creator_segmentation").open(FEW)


@pytest.fixture(scope="module")
def record(case):
    return segmentations.record_of(case)


@pytest.fixture(scope="module")
def found(case, record):
    return segmentations.groupings(record, case.parameters, k=3, eps=0.4)


@pytest.fixture(scope="module")
def table(case, record, found):
    of = rfm.measures(case.transactions, case.gmv)
    units = rfm.segment(of, segmentations.scheme("last month")).units
    return final.final_table(case, record, units, found, found["RFM"].labels)


class TestRecords:
    def test_months_that_nobody_has_seen_are_held_against_the_whole_record(self, case, record):
        assert not record.is_held_back
        assert record.months_after == 3
        assert record.gmv.equals(case.gmv)
        assert record.after.sum() == pytest.approx(case.later.sum())

    def test_without_them_the_last_months_are_held_back(self):
        held = segmentations.record_of(
            cases.get("creator_segmentation").open({**FEW, "ahead": 0, "months": 8})
        )
        whole = cases.get("creator_segmentation").open({**FEW, "ahead": 0, "months": 8}).gmv
        assert held.is_held_back
        assert held.months_after == 2
        assert list(held.gmv.columns) == list(whole.columns[:6])
        assert held.after.to_numpy() == pytest.approx(
            whole.loc[held.gmv.index].iloc[:, 6:].sum(axis=1).to_numpy()
        )
        # Whoever had sold nothing by then could not have been grouped.
        assert (held.gmv.sum(axis=1) > 0).all()


class TestFeatures:
    def test_the_published_ones_are_every_month_of_three_tables_standardised(self, case, record):
        price = (case.gmv / case.transactions.where(case.transactions > 0)).fillna(0)
        expected = StandardScaler().fit_transform(
            np.column_stack([case.transactions, case.gmv, price])
        )
        ours = segmentations.values_of(record, "published")
        assert ours.shape == (80, 33)
        assert ours.to_numpy() == pytest.approx(expected)

    def test_the_logs_are_those_of_sales_and_of_the_price_of_a_sale(self, case, record):
        sums = case.transactions.sum(axis=1), case.gmv.sum(axis=1)
        expected = StandardScaler().fit_transform(
            np.column_stack([np.log1p(sums[0]), np.log1p(sums[1] / sums[0])])
        )
        assert segmentations.values_of(record, "logs").to_numpy() == pytest.approx(expected)


class TestNames:
    def test_they_say_where_a_group_lies(self, record):
        logs = segmentations.two_logs(record)
        labels = (logs["log_volume"] > logs["log_volume"].median()).to_numpy().astype(int)
        names = segmentations.names_of(labels, record)
        assert names[0].startswith("few sales")
        assert names[1].startswith("many sales")

    def test_groups_of_one_name_are_told_apart(self, record):
        labels = np.arange(len(record.gmv)) % 4
        names = segmentations.names_of(labels, record)
        assert len(set(names.values())) == 4

    def test_no_group_is_called_so(self, record):
        labels = np.r_[np.full(5, -1), np.zeros(len(record.gmv) - 5, dtype=int)]
        assert segmentations.names_of(labels, record)[-1] == "no group"


class TestGroupings:
    def test_each_gives_every_creator_one_label(self, found, record):
        assert all(len(one.labels) == len(record.gmv) for one in found.values())

    def test_those_that_can_be_learnt_again_give_the_same_from_all_rows(self, found, record):
        rows = np.arange(len(record.gmv))
        for name in ("RFM", "quarters of GMV", "k-means", "DBSCAN", "HDBSCAN"):
            again = pd.Series(found[name].learn(rows))
            counts = pd.crosstab(again, np.asarray(found[name].labels))
            assert (counts > 0).sum(axis=1).max() == 1, name

    def test_quarters_are_those_of_pandas(self, found, record):
        made = record.gmv.sum(axis=1)
        expected = pd.qcut(made, 4, labels=[3, 2, 1, 0]).astype(int)
        assert list(found["quarters of GMV"].labels) == list(expected)

    def test_own_pauses_have_scores_by_quartiles(self):
        assert segmentations.scheme("own pauses").recency == 4
        assert segmentations.scheme("last month").recency == rfm.Scale((2.0, 4.0, 7.0), "low")


class TestFinalTable:
    def test_it_has_a_row_a_creator_with_totals_and_segments(self, table, case):
        assert list(table["creator"]) == list(case.gmv.index)
        assert table["gmv"].sum() == pytest.approx(case.gmv.to_numpy().sum())
        assert (table["segment"] == table["rfm"]).all()

    def test_both_files_hold_the_table_and_nothing_is_written_over(self, table, tmp_path):
        csv, parquet = final.write(table, tmp_path / "segments")
        assert pd.read_parquet(parquet).equals(table)
        read = pd.read_csv(csv, dtype=dict.fromkeys(("code", "k_means", "dbscan"), str))
        assert list(read["segment"]) == list(table["segment"])
        assert read["gmv"].to_numpy() == pytest.approx(table["gmv"].to_numpy())
        parquet.unlink()
        with pytest.raises(FileExistsError, match="nothing was written"):
            final.write(table, tmp_path / "segments")
        assert not parquet.exists()

    def test_what_the_top_is_to_bring_is_counted_from_the_truth(self, case):
        people = case.truth.creators.set_index("creator")["expected_later"]
        top = case.gmv.sum(axis=1).sort_values().index[-8:]
        expected = people.loc[top].sum() / people.sum()
        assert final.expected_later_share(case, 0.1) == pytest.approx(expected)

    def test_who_leaves_is_the_mean_of_true_chances(self, case, record):
        labels = np.where(np.arange(len(record.gmv)) < 10, "a", "b")
        means = final.leaving_by(case, record, labels)
        leaving = case.truth.creators["leaving"]
        assert means["a"] == pytest.approx(leaving.iloc[:10].mean())
        assert means["b"] == pytest.approx(leaving.iloc[10:].mean())


def test_every_name_of_the_rules_has_advice_of_its_own():
    names = {rule.name for rule in segmentations.RULES} | {segmentations.OTHERS}
    assert names == set(creator_segments.ADVICE) == set(segmentations.THEIR_NAMES)
