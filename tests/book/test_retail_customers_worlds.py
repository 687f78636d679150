"""The chapter on a shop's customers in many worlds: it runs, and every sentence is true."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from knowntruth import cases
from knowntruth.errors import ParameterError
from knowntruth.story.saying import untraced
from knowntruth.worlds.retail.parameters import ORIGINAL

from .conftest import FIGURE, SAID
from .every_world import EveryWorld, fixtures_of
from .reading import as_read, cells, everything, facts, finding, findings, pages, plain, rows

SLUG = "retail_customers"
FEW = {
    "customers": 120, "products": 20, "transactions": 2_500, "draws": 20, "most_clusters": 4,
    "replications": 0,
}  # fmt: skip
WORLDS = {
    "default": {},
    "as in the original": dict(ORIGINAL),
    "customers of one kind": {
        "frequency_factors": [1.0] * 3, "extra_units": [0.7] * 3, "offer_gain": 0.0,
    },
    "one category each, products beyond the catalogue": {
        "evenness": 0.05, "follow": 0.9, "products": 90,
    },
    "a tiny shop": {"customers": 20, "products": 5, "transactions": 100, "days": 60, "ahead": 1},
    "many leave": {"leaving": 0.9, "leaving_spread": 0.0},
    "hardly anybody orders again": {"customers": 200, "transactions": 220, "joins": 0.0},
    "tastes": {"taste": 1.0, "alpha": 0.2, "clusters": 7, "cared_for": 0.5},
    "sold below cost": {"margins": {
        "Electronics": 0.02, "Clothing": 0.5, "Home & Living": 0.4, "Books": 0.3, "Beauty": 0.6,
    }, "variability": 0.9, "margin_spread": 3.0},
    "other names, another customer, and a dear offer": {
        "customer": "C7", "offer_cost": 500.0,
        "labels": {
            "customers": "*people*", "products": "<b>things</b>", "currency": "{Taler} & co",
            "customer": "<script>who</script>",
        },
    },
}  # fmt: skip
WORLDS = {name: FEW | values for name, values in WORLDS.items()}
world, run, opened = fixtures_of(SLUG, WORLDS)


class TestEveryWorld(EveryWorld):
    sentences, figures, sections, graded, exercises = 40, 9, 20, 10, 7

    def test_key_figures_are_those_of_the_table(self, run, opened):
        bought = opened.purchases
        orders = bought.assign(day=bought["date"].dt.date).drop_duplicates(["customer", "day"])
        value = finding(run, "average_order_value")
        assert value["value"] == pytest.approx(bought["amount"].sum() / len(orders))
        assert facts(run, "orders")[0] == len(orders)
        expected = opened.truth.expected
        assert value["truth"] == pytest.approx(expected.revenue / expected.orders)

    def test_what_sells_the_most_and_what_earns_the_most_is_named(self, run, opened):
        bought = opened.purchases
        margin = bought["amount"] - bought["cost"] * bought["quantity"]
        revenue = bought["amount"].groupby(bought["category"]).sum()
        earned = margin.groupby(bought["category"]).sum()
        first = plain(run.sentences[0])
        assert first.startswith(f"**{revenue.idxmax()} sells the most**")
        same = revenue.idxmax() == earned.idxmax()
        assert (f"is left by {earned.idxmax()}" in first) == (not same)
        top = finding(run, "top_share")
        assert top["value"] == pytest.approx(revenue.max() / revenue.sum())

    def test_the_product_called_most_profitable_has_the_place_that_its_margin_gives(
        self, run, opened
    ):
        bought = opened.purchases
        of = bought.assign(margin=bought["amount"] - bought["cost"] * bought["quantity"])
        of = of.groupby("product")[["amount", "quantity", "margin"]].sum()
        dear = (of["amount"] / of["quantity"]).idxmax()
        place = 1 + (of["margin"] > of.loc[dear, "margin"]).sum()
        assert facts(run, "place") == [place]
        assert f"By revenue a unit the first is {opened.products.loc[dear, 'name']}" in run.text

    def test_kinds_are_told_as_they_are_in_truth(self, run, opened):
        who = opened.truth.customers
        p = opened.parameters
        does = who[["quantity"]].assign(
            often=who["frequency"].map(
                dict(zip(("Rare", "Regular", "Frequent"), p.frequency_factors, strict=True))
            )
        )
        kinds = len(does.drop_duplicates())
        assert finding(run, "asserted")["truth"] == kinds
        assert ("In truth all" in run.text) == (kinds == 1)
        assert finding(run, "asserted")["value"] == p.clusters

    def test_segments_hold_everybody_once(self, run, opened):
        held = [f["value"] for f in findings(run, "held_")]
        assert sum(held) == pytest.approx(1.0)
        sizes = re.findall(r"^\*\*.*?\*\*: ([\d,]+) ", run.text, flags=re.M)
        assert sum(int(size.replace(",", "")) for size in sizes) == (
            opened.purchases["customer"].nunique()
        )

    def test_what_is_ahead_is_held_against_those_who_bought(self, run, opened):
        ahead = finding(run, "orders_ahead")
        if ahead is None:
            assert "who of the" in run.text
            return
        known = opened.purchases["customer"].unique()
        who = opened.truth.customers.set_index("customer").loc[known]
        assert ahead["truth"] == pytest.approx(who["later_orders"].sum())
        assert finding(run, "money_ahead")["truth"] == pytest.approx(who["later_amount"].sum())

    def test_the_offer_by_past_revenue_gains_what_the_chosen_bring(self, run, opened):
        p, bought = opened.parameters, opened.purchases
        held = bought["date"] >= opened.split
        spent = bought[~held].groupby("customer")["amount"].sum()
        margin = bought["amount"] - bought["cost"] * bought["quantity"]
        later = margin[held].groupby(bought["customer"][held]).sum()
        later = later.reindex(spent.index, fill_value=0.0)
        chosen = spent.nlargest(max(int(p.cared_for * len(spent) + 1e-9), 1)).index
        gain = p.offer_gain * later[chosen].sum() - p.offer_cost * len(chosen)
        assert finding(run, "gain_spending")["value"] == pytest.approx(gain)

    def test_an_offer_is_made_only_where_it_gained(self, run):
        gains = {f["name"]: f for f in findings(run, "gain_")}
        rule = gains.get("gain_value", gains["gain_spending"])
        getting = facts(run, "getting")[0]
        assert ("**The offer goes to" in run.text) == (
            rule["direction"] == "higher" and getting > 0
        )
        assert ("No rule gains anything" in everything(run)) == (
            max(f["value"] for f in gains.values()) <= 0
        )

    def test_a_season_is_told_as_it_is_in_truth(self, run, opened):
        assert ("In this world there is no season" in run.text) == (opened.parameters.season == 0)

    def test_tables_have_a_row_for_each_of_what_they_are_about(self, run, opened):
        rules = [row[0] for row in cells(run, "The offer in the")[1:]]
        assert rules[:2] == ["past revenue", "the report's segments"]
        subs = opened.purchases["subcategory"].nunique()
        assert len(rows(pages(run)["Subcategories with the most revenue"])) == min(subs, 10)
        said = rows(pages(run)["What the report says, and what holds in this run"])
        verdicts = [row[1] for row in said]
        for name, verdict in (
            ("holding", "holds"), ("not_holding", "does not hold"), ("not_said", "cannot be said"),
        ):  # fmt: skip
            assert facts(run, name) == [verdicts.count(verdict)]


class TestSingleWorlds:
    def test_a_customer_who_is_asked_for_is_shown(self, chapter):
        run = chapter(SLUG, WORLDS["other names, another customer, and a dear offer"])
        assert "C7 spends more than" in everything(run)
        assert "**The offer is not made**" in run.text

    def test_where_all_are_of_one_kind_no_segments_can_agree(self, chapter):
        run = chapter(SLUG, WORLDS["customers of one kind"])
        assert "no segments can agree with anything" in run.text
        assert "An offer that raises nothing pays for none" in run.text

    def test_a_customer_who_is_not_there_is_refused_before_anything_runs(self):
        with pytest.raises(ParameterError, match="C9999"):
            cases.get(SLUG).open(FEW | {"customer": "C9999"})

    def test_names_of_the_users_come_out_as_text(self, chapter):
        run = chapter(SLUG, WORLDS["other names, another customer, and a dear offer"])
        for text in run.sentences:
            assert not re.search(r"<(?:script|b)>|\*people\*|\{Taler", text), text
        for page in pages(run).values():
            assert not re.search(r"<(?:script|b)>", page), page
        assert "customers" not in " ".join(run.sentences[:6])


@pytest.fixture(scope="module")
def cdnow(tmp_path_factory, chapter):
    """Return the report on the purchases of CDNOW, which name no products, and their rows."""
    spec = find_spec("lifetimes")
    assert spec is not None
    path = Path(spec.origin).parent / "datasets" / "CDNOW_sample.txt"
    names = ["master", "customer", "day", "discs", "spent"]
    log = pd.read_fwf(path, header=None, names=names, dtype=str)
    target = tmp_path_factory.mktemp("own") / "cdnow.csv"
    log.to_csv(target, index=False)
    columns = {"date": "day", "quantity": "discs", "amount": "spent"}
    values = {"data": str(target), "columns": columns, "draws": 20, "most_clusters": 4,
              "replications": 0, "held_back": 0.5}  # fmt: skip
    rows = log.astype({"spent": float}).query("spent > 0")
    return chapter(SLUG, values), rows.assign(date=pd.to_datetime(rows["day"]))


class TestOwnPurchases:
    def test_every_number_traces(self, cdnow):
        run, _ = cdnow
        assert [o for o in run.outputs if o["output_type"] in {"error", "stream"}] == []
        for said in run.payloads(SAID):
            assert untraced(said["sentence"], said["facts"]) == []
        for shown in run.payloads(FIGURE):
            known = [as_read(one) for one in shown["facts"]]
            assert untraced(f"{shown['title']} {shown['alt']}", known) == []

    def test_sections_that_need_products_say_so(self, cdnow):
        run, _ = cdnow
        for said in (
            "This table has no categories", "does not say which of the products was bought",
            "nothing can be called the most profitable one", "This table has no subcategories",
        ):  # fmt: skip
            assert said in run.text
        names = {figure["name"] for figure in run.payloads(FIGURE)}
        assert {"segments", "holdout", "offer", "months", "card"} <= names
        assert not {"products", "categories"} & names

    def test_no_truth_and_no_story_is_in_it(self, cdnow):
        run, _ = cdnow
        assert all(one.get("truth") is None for one in run.facts)
        assert not re.search(r"[Ii]n truth|head of the shop|Exercise", everything(run))
        assert "Nobody knows the customers behind this table" in run.text

    def test_an_order_brings_what_the_table_says(self, cdnow):
        run, rows_ = cdnow
        orders = rows_.drop_duplicates(["customer", "date"])
        value = finding(run, "average_order_value")
        assert value["value"] == pytest.approx(rows_["spent"].sum() / len(orders))

    def test_the_days_held_back_are_those_of_the_paper(self, cdnow):
        # Fader, Hardie & Lee 2005 hold back the second 39 weeks; eight who paid nothing are out.
        run, rows_ = cdnow
        orders = rows_.drop_duplicates(["customer", "date"])
        assert facts(run, "came") == [(orders["date"] > "1997-09-30").sum()]
        assert finding(run, "off")["value"] < min(
            row["value"] + finding(run, "off")["value"] for row in findings(run, "more_")
            if not row["name"].startswith("more_gain")
        )  # fmt: skip
