"""Opened cases: names, samples, queries and truth work alike, whoever made the table."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from knowntruth.cases.opened import Column, Known, Opened
from knowntruth.data.contract import Contract, Field
from knowntruth.parameters import Parameters, parameter
from knowntruth.story import Name
from knowntruth.worlds import streams

SHOPS = Contract(
    name="units",
    row="one shop",
    fields=(
        Field(name="shop", kind="identifier", meaning="the shop"),
        Field(name="sales", kind="number", meaning="what it sold", low=0, blanks="left out"),
        Field(name="regions", kind="label", meaning="where it is", several=True, stem="region"),
        Field(name="open", kind="yes/no", meaning="whether it is open", required=False),
    ),
)
UNITS = pd.DataFrame(
    {
        "shop": range(1000),
        "sales": np.where(np.arange(1000) % 10, np.arange(1000.0), np.nan),
        "region_1": np.resize(["north", "south"], 1000),
        "region_2": "west",
        "open": np.resize([1.0, 0.0, 0.0], 1000),
    }
)
OWNERS = pd.DataFrame({"shop": range(1000), "owner": np.resize(["a", "b", "c", "d"], 1000)})


class Seed(Parameters):
    seed: int = parameter(42, "seed of the world")


class KnownShops(Known):
    def sales_in(self, region, factor):
        return {"north": 2.0, "south": None}[region] and 2.0 * factor


@dataclass(frozen=True, kw_only=True)
class Shops(Opened):
    slug: ClassVar[str] = "shops"
    contract: ClassVar[Contract] = SHOPS
    regions: tuple[Column, ...] = ()

    @property
    def column_names(self):
        return {column.column: column.name for column in self.regions}


class Inns(Shops):
    slug = "inns"


def opened(kind=Shops, *, seed=42, **given):
    units = duckdb.connect(config={"threads": 1}).from_df(UNITS)
    return kind(parameters=Seed(seed=seed), units=units, **given)


@pytest.fixture
def simulated():
    return opened(
        truth={"sales": 1.0},
        known=KnownShops(),
        tables={"owners": OWNERS},
        regions=(Column("region_1", Name("part of <country>")),),
    )


@pytest.fixture
def own():
    return opened()


class TestTruth:
    def test_it_is_known_where_the_world_was_simulated(self, simulated, own):
        assert simulated.is_simulated
        assert not own.is_simulated

    def test_a_question_is_answered_by_the_method_of_that_name(self, simulated):
        assert simulated.true("sales_in", "north", 3) == 6.0
        assert simulated.true("sales_in", "south", 3) is None

    def test_a_question_that_the_world_does_not_know_is_a_mistake(self, simulated):
        with pytest.raises(AttributeError, match="sales_out"):
            simulated.true("sales_out")

    def test_nobody_knows_it_of_somebodys_own_table(self, own):
        assert own.true("sales_in", "north", 3) is None


class TestRandomNumbers:
    def test_their_stream_is_named_by_the_case_and_the_purpose(self, own):
        expected = streams.generator(42, "shops/guess", 0).random(5)
        np.testing.assert_array_equal(own.rng("guess").random(5), expected)

    @pytest.mark.parametrize(
        ("other", "purpose"),
        [(opened(), "other"), (opened(Inns), "guess"), (opened(seed=43), "guess")],
        ids=["purpose", "case", "seed"],
    )
    def test_another_one_gives_others(self, own, other, purpose):
        assert other.rng(purpose).random() != own.rng("guess").random()


class TestSample:
    def test_it_holds_every_known_value_where_few_are_enough(self, own):
        found = own.sample("sales", most=900)
        np.testing.assert_array_equal(np.sort(found), UNITS["sales"].dropna())

    def test_it_is_repeatable_and_takes_no_value_twice(self, own):
        one = own.sample("sales", most=100)
        np.testing.assert_array_equal(one, own.sample("sales", most=100))
        assert len(np.unique(one)) == 100

    def test_it_is_drawn_evenly(self):
        # Sales are their row's number, so an even sample is a uniform one.
        drawn = np.concatenate([opened(seed=s).sample("sales", most=50) for s in range(20)])
        assert stats.kstest(drawn, stats.uniform(0, 1000).cdf).pvalue > 1e-3

    def test_it_keeps_to_the_rows_asked_for(self, own):
        found = own.sample("sales", most=10_000, where="region_1 = 'north'")
        assert set(found) == set(UNITS.loc[UNITS["region_1"] == "north", "sales"].dropna())


class TestQuery:
    def test_the_worlds_tables_and_the_units_are_read_together(self, simulated):
        sql = """
            SELECT owner, sum(sales) AS sales FROM units JOIN owners USING (shop)
            GROUP BY owner ORDER BY owner
        """
        expected = UNITS.merge(OWNERS, on="shop").groupby("owner")["sales"].sum()
        pd.testing.assert_series_equal(simulated.query(sql).set_index("owner")["sales"], expected)

    def test_the_units_of_ones_own_are_read_again_and_again(self, own):
        for region in ("north", "south", "north"):
            sql = f"SELECT count(*) AS n FROM units WHERE region_1 = '{region}'"
            assert own.query(sql)["n"].item() == 500

    def test_a_large_table_of_ones_own_is_not_copied(self):
        relation = duckdb.sql("SELECT range AS shop FROM range(5)")
        uncopied = SimpleNamespace(query=relation.query, columns=relation.columns)
        own = Shops(parameters=Seed(), units=uncopied)
        assert own.query("SELECT sum(shop) AS total FROM units")["total"].item() == 10


class TestDictionary:
    def test_every_column_at_hand_is_explained_by_its_field(self, simulated):
        table = simulated.dictionary().set_index("Column")
        assert list(table.index) == list(UNITS.columns)
        assert table["Meaning"].to_dict() == {
            "shop": "the shop", "sales": "what it sold", "region_1": "where it is",
            "region_2": "where it is", "open": "whether it is open",
        }  # fmt: skip
        assert table.loc["open", ["Holds", "Range"]].tolist() == ["yes/no (0 or 1)", "0 or 1"]
        assert table.loc["sales", "Range"] == "0 ≤ x"

    def test_a_column_has_the_words_of_this_run_or_none(self, simulated, own):
        words = simulated.dictionary().set_index("Column")["In this run"]
        assert str(words["region_1"]) == str(Name("part of <country>"))
        assert set(words.drop("region_1")) == {""}
        assert set(own.dictionary()["In this run"]) == {""}


def test_a_case_has_the_columns_of_its_units_and_no_others(own):
    assert own.has("region_2")
    assert not own.has("region_3")
    assert not own.has("regions")
