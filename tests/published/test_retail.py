"""The report on a shop: its specification, what it says, and what keeping to it gives.

The report prints no number. `retail.toml` has its specification in its words, and what an earlier
program that kept to it measured; `retail_replays` takes the same measurements.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from knowntruth.cases import published_report, recommendations, retail_customers
from knowntruth.cases.published_report import Constant, Statement
from knowntruth.cases.recommendations import original as of_lists
from knowntruth.cases.recommendations.lists import Lists
from knowntruth.cases.retail_customers import original as of_customers
from knowntruth.cases.retail_customers import original_constants
from knowntruth.cases.retail_customers.customers import Customers
from knowntruth.methods.lists import list_quality, rating_errors
from knowntruth.story.saying import check_traced, payloads_of
from knowntruth.worlds.retail.parameters import ORIGINAL
from knowntruth.worlds.retail.world import World

from . import retail_replays as replays

GIVEN = tomllib.loads((Path(__file__).parent / "retail.toml").read_text("utf-8"))
TEXTS, SAYS, MEASURED = GIVEN["specification"], GIVEN["statements"], GIVEN["measured"]
BANDS, MISSED, FEWER = GIVEN["bands"], GIVEN["missed"], GIVEN["fewer"]
OF_SVD = {name for name in BANDS if name.endswith(".svd") or name.startswith("follows.")} | {
    "rmse.plain_svd"
}
NORMAL_99 = 2.576  # standard deviations that hold 99% of a normal distribution
A_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
SMALL: dict[str, Any] = {
    "customers": 120, "products": 20, "transactions": 2_500, "draws": 40, "factors": [2],
    "epochs": [2],
}  # fmt: skip


def customers_of(**changes: Any) -> Customers:
    found = retail_customers.start({**ORIGINAL, "replications": 0, **changes})
    assert isinstance(found, Customers)
    return found


def lists_of(**changes: Any) -> Lists:
    found = recommendations.start({**ORIGINAL, "replications": 0, **changes})
    assert isinstance(found, Lists)
    return found


def by_id(found: list[Any]) -> dict[str, Any]:
    assert len({one.id for one in found}) == len(found)
    return {one.id: one for one in found}


@pytest.fixture(scope="module")
def customers() -> Customers:
    return customers_of(draws=100)


@pytest.fixture(scope="module")
def constants(customers: Customers) -> dict[str, Constant]:
    return by_id(of_customers.specification(customers))


@pytest.fixture(scope="module")
def told(customers: Customers) -> dict[str, Statement]:
    return by_id(of_customers.statements(customers))


@pytest.fixture(scope="module")
def shop() -> Lists:
    return lists_of(**SMALL)


@pytest.fixture(scope="module")
def found(shop: Lists) -> of_lists.Found:
    return of_lists.find(shop)


@pytest.fixture(scope="module")
def told_of_lists(shop: Lists, found: of_lists.Found) -> dict[str, Statement]:
    return by_id(of_lists.statements(shop, found))


@pytest.fixture(scope="module")
def world() -> World:
    """One that the bands have not seen."""
    return replays.world_of(7)


class TestSpecification:
    def test_what_is_published_has_the_numbers_of_the_text(
        self, constants: dict[str, Constant], shop: Lists
    ) -> None:
        every = constants | by_id(of_lists.specification(shop))
        assert every.keys() - {"grid"} == TEXTS.keys()
        for name, text in TEXTS.items():
            numbers = set(A_NUMBER.findall(every[name].published))
            there = set(A_NUMBER.findall(text))
            if name == "categories":
                there = {str(text.count(",") + 1)}  # it lists them
            assert numbers <= there, name
            # Where the text has a number, so has the constant.
            assert bool(numbers) == bool(there) or name == "rating"

    def test_names_of_categories_and_classes_are_those_of_the_text(self) -> None:
        named = TEXTS["categories"].removeprefix("Categories: ").split(", ")
        assert tuple(named) == original_constants.CATEGORIES
        for name, shares in (
            ("power", original_constants.POWERS),
            ("frequency", original_constants.FREQUENCIES),
        ):
            pairs = re.findall(r"(\w+) \((\d+)%\)", TEXTS[name])
            assert {label: int(share) / 100 for label, share in pairs} == shares

    def test_a_world_without_what_is_added_agrees_in_all_that_can_be_seen(
        self, constants: dict[str, Constant]
    ) -> None:
        unseen = {name for name, one in constants.items() if one.agrees is None}
        assert unseen == {"preferences", "quantity"}
        assert {one.how for one in constants.values() if one.agrees is None} == {"not published"}
        assert not [name for name, one in constants.items() if one.agrees is False]

    def test_the_default_world_agrees_as_well(self) -> None:
        case = retail_customers.start({"replications": 0})
        assert False not in {one.agrees for one in of_customers.specification(case)}

    def test_lists_differ_from_it_in_the_kind_of_file_alone(self) -> None:
        case = lists_of(transactions=30_000)
        differing = [one.id for one in of_lists.specification(case) if one.agrees is False]
        assert differing == ["file"]

    def test_every_constant_that_a_run_changes_differs(self) -> None:
        changed = customers_of(
            customers=300, products=40, transactions=20_000, days=365, clusters=5, follow=0.2,
            variability=0.2, power_shares=[0.3, 0.5, 0.2], frequency_shares=[0.2, 0.5, 0.3],
            popularity_high=2.0, price_high={**PRICES_HIGH, "Electronics": 1_500},
        )  # fmt: skip
        found = by_id(of_customers.specification(changed))
        seen = {name for name, one in found.items() if one.agrees is not None}
        agreeing = {name for name in seen if found[name].agrees}
        assert agreeing == {"categories", "subcategories"}
        lists = by_id(of_lists.specification(lists_of(held_back=0.3, **SMALL)))
        assert lists["held_out"].agrees is False

    def test_the_share_that_follows_is_that_of_a_chain(self) -> None:
        """A chain drawn here, one purchase after the other, and one that follows nothing."""
        rng = np.random.default_rng(3)
        likes = pd.DataFrame(
            rng.dirichlet(np.ones(3), size=40), index=[f"C{i}" for i in range(40)], columns=[*"abc"]
        )
        rows = []
        for name, row in likes.iterrows():
            last = "a"
            for _ in range(100):
                if rng.random() >= 0.3:
                    last = str(rng.choice(likes.columns, p=row.to_numpy()))
                rows.append((name, last))
        table = pd.DataFrame(rows, columns=["customer", "category"])
        value, error = original_constants.follow(table, likes)
        assert abs(value - 0.3) < 4.5 * error
        assert error < 0.03
        mixed, error = original_constants.follow(table.sample(frac=1, random_state=1), likes)
        assert abs(mixed) < 4.5 * error

    def test_factors_are_even_draws_of_their_range_or_do_not_fit(self) -> None:
        rng = np.random.default_rng(5)
        even = rng.uniform(0.85, 1.15, 5_000)
        none = np.zeros(len(even))
        assert original_constants.fits(even, none)
        assert not original_constants.fits(np.append(even, 1.16), np.zeros(len(even) + 1))
        assert original_constants.fits(np.append(even, 1.16), np.append(none, 0.02))
        assert not original_constants.fits(rng.uniform(0.9, 1.1, 5_000), none)
        assert not original_constants.fits(np.clip(rng.normal(1, 0.05, 5_000), 0.85, 1.15), none)

    def test_counts_add_up(self, constants: dict[str, Constant]) -> None:
        facts = published_report.agreed(list(constants.values()))
        assert [fact.value for fact in facts] == [len(constants) - 2, 0, 2]


PRICES_HIGH = {
    "Electronics": 800, "Clothing": 150, "Home & Living": 400, "Books": 50, "Beauty": 120,
}  # fmt: skip


@pytest.fixture(scope="module")
def as_said() -> pd.DataFrame:
    """Purchases of customers who come in the report's four kinds, where price is profit.

    Dear products leave a larger part of their price; those who spend much buy dear things often.
    """
    rng = np.random.default_rng(11)
    price = np.array([5, 6, 7, 24, 26, 28, 60, 64, 70], dtype=float)
    # Of each kind its customers' fewest and most orders, and their chances of the categories.
    kinds = (
        (6, 11, (1.0, 0.0, 0.0)),
        (36, 45, (0.95, 0.05, 0.0)),
        (6, 11, (0.1, 0.8, 0.1)),
        (36, 45, (0.0, 0.05, 0.95)),
    )
    # The dearest of each category sells best, that of the cheap ones most.
    within = np.array([(0.03, 0.03, 0.94), (0.2, 0.2, 0.6), (0.25, 0.25, 0.5)])
    of, who, days = [], [], []
    for kind, (fewest, most, chances) in enumerate(kinds):
        for i in range(50):
            orders = int(rng.integers(fewest, most))
            category = rng.choice(3, size=orders, p=chances)
            below = np.cumsum(within[category], axis=1) < rng.random(orders)[:, None]
            of.append(3 * category + below.sum(axis=1).clip(max=2))
            who += orders * [f"{kind}-{i}"]
            days.append(np.sort(rng.choice(360, size=orders, replace=False)))
    product = np.concatenate(of)
    return pd.DataFrame(
        {
            "customer": who,
            "date": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.concatenate(days), "D"),
            "product": [f"p{one}" for one in product],
            "category": np.array(["cheap", "usual", "dear"])[product // 3],
            "price": price[product],
            "cost": (price * np.linspace(0.8, 0.3, 9))[product],
            "amount": price[product] * rng.uniform(0.99, 1.01, len(product)),
        }
    )


def own(table: pd.DataFrame, path: Path) -> dict[str, Statement]:
    """Statements on somebody's own table."""
    table.to_csv(path, index=False)
    case = retail_customers.start({"data": str(path), "draws": 40})
    return by_id(of_customers.statements(case))


class TestStatements:
    def test_each_has_an_entry_and_its_verdict_in_the_specified_world(
        self, told: dict[str, Statement]
    ) -> None:
        assert {name: one.verdict for name, one in told.items()} == SAYS["customers"]

    def test_those_of_lists_have_entries_too(self, told_of_lists: dict[str, Statement]) -> None:
        assert told_of_lists.keys() == SAYS["lists"].keys()
        # Those that a small world can settle as well.
        for name in ("sparse", "feedback", "outliers", "held_out", "interest", "explained"):
            assert told_of_lists[name].verdict == SAYS["lists"][name], name

    def test_every_number_traces_to_a_fact(
        self, told: dict[str, Statement], told_of_lists: dict[str, Statement]
    ) -> None:
        for one in (*told.values(), *told_of_lists.values()):
            check_traced(one.because, payloads_of(one.facts))
            assert one.because.endswith(".")

    def test_counts_of_verdicts_add_up(self, told: dict[str, Statement]) -> None:
        facts = published_report.counted(told.values())
        assert sum(fact.value for fact in facts) == len(told)
        assert facts[0].value == list(SAYS["customers"].values()).count("holds")

    def test_in_a_shop_as_the_report_has_it_it_is_right(
        self, as_said: pd.DataFrame, tmp_path: Path
    ) -> None:
        found = own(as_said, tmp_path / "as_said.csv")
        for name in (
            "top_category", "best_seller", "most_profitable", "per_unit", "likes", "often",
            "distinct", "four", "value_seekers_fit", "frequent_shoppers_fit",
            "occasional_buyers_fit", "high_spenders_fit", "value_seekers", "high_spenders",
        ):  # fmt: skip
            assert found[name].verdict == "holds", found[name]
        # Nothing follows anything there, nobody knows the kinds, nobody got an offer.
        for name in ("follows", "kinds", "targets"):
            assert found[name].verdict == "cannot be said", found[name]

    def test_where_some_costs_are_unknown_nobody_knows_what_is_profitable(
        self, as_said: pd.DataFrame, tmp_path: Path
    ) -> None:
        some = as_said.assign(cost=as_said["cost"].where(as_said.index % 2 == 0)).iloc[::3]
        found = own(some, tmp_path / "some.csv")
        for name in ("most_profitable", "per_unit", "high_spenders"):
            assert found[name].verdict == "cannot be said", found[name]

    def test_of_customers_alone_nothing_is_said_of_products(
        self, as_said: pd.DataFrame, tmp_path: Path
    ) -> None:
        found = own(as_said[["customer", "date", "amount"]].iloc[::3], tmp_path / "less.csv")
        for name in (
            "most_profitable", "per_unit", "high_spenders", "top_category", "best_seller",
            "likes", "follows",
        ):  # fmt: skip
            assert found[name].verdict == "cannot be said", found[name]
        assert found["often"].verdict == "holds"

    def test_accuracy_is_settled_by_the_interval_alone(
        self, shop: Lists, found: of_lists.Found
    ) -> None:
        tested = found.tested
        rng = np.random.default_rng(2)
        noise = rng.normal(size=len(tested))
        for spread, verdict in ((0.5, "holds"), (1.0, "cannot be said"), (2.0, "does not hold")):
            foretold = {"SVD++": tested.value + spread * noise, "biases": tested.value - noise}
            errors = rating_errors.errors(foretold, tested, level=0.95, seed=1, draws=100)
            told = by_id(of_lists.statements(shop, replace(found, errors=errors)))
            assert told["accurate"].verdict == verdict

    def test_lists_are_better_only_where_they_hit_more(
        self, shop: Lists, found: of_lists.Found
    ) -> None:
        rng = np.random.default_rng(4)
        later = found.trial.later.bought + 2 * rng.random(found.trial.later.shape)
        known = {
            name: found.trial.judge(
                found.trial.lists(scores, "new", 5), "new", level=0.95, seed=1, draws=100
            )
            for name, scores in (("good", later), ("bad", -later))
        }
        for own, other, verdict in (
            ("good", "bad", "holds"),
            ("bad", "good", "does not hold"),
            ("good", "good", "cannot be said"),
        ):
            quality = found.quality | {"svd": known[own], "best": known[other]}
            told = by_id(of_lists.statements(shop, replace(found, quality=quality)))
            assert told["lists"].verdict == verdict

    def test_without_a_model_nothing_is_said_of_it(
        self, shop: Lists, found: of_lists.Found
    ) -> None:
        quality = {name: one for name, one in found.quality.items() if name != "svd"}
        errors = rating_errors.RatingErrors(ratings=0, customers=0, reason="none")
        assert found.model is not None
        for model in (None, replace(found.model, reason="descent ran away")):
            less = replace(found, model=model, quality=quality, errors=errors)
            told = by_id(of_lists.statements(shop, less))
            for name in ("accurate", "tailored", "interest", "lists", "explained"):
                assert told[name].verdict == "cannot be said"
        none = list_quality.Quality(k=5, customers=0, judged=0, reason="nobody")
        less = replace(found, quality={"svd": none, "best": none, "lot": none})
        assert by_id(of_lists.statements(shop, less))["popular"].verdict == "cannot be said"


class TestMeasurements:
    """What the earlier program measured, beside worlds of the same specification."""

    def test_each_has_its_band(self) -> None:
        assert MEASURED.keys() <= BANDS.keys()
        assert MISSED.keys() <= MEASURED.keys()
        for low, high, mean, sd in BANDS.values():
            assert low <= mean <= high
            assert sd >= 0

    @pytest.mark.parametrize("name", sorted(MEASURED.keys() - MISSED.keys()))
    def test_what_it_measured_lies_in_the_band(self, name: str) -> None:
        low, high, _, _ = BANDS[name]
        assert low <= MEASURED[name] <= high

    @pytest.mark.parametrize("name", sorted(MISSED))
    def test_what_does_not_is_outside(self, name: str) -> None:
        low, high, _, _ = BANDS[name]
        assert not low <= MEASURED[name] <= high

    def test_where_quantities_vary_less_it_is_met_all_the_same(self) -> None:
        assert {name for name, why in MISSED.items() if why == "quantities"} == FEWER.keys()
        for name, (mean, sd) in FEWER.items():
            assert abs(MEASURED[name] - mean) <= NORMAL_99 * sd, name

    def test_a_world_of_fewer_units_lies_where_these_do(self) -> None:
        found = replays.amounts(replays.world_of(7, **replays.FEWER), svd=False)
        assert len(FEWER.keys() & found.keys()) > 3
        for name in FEWER.keys() & found.keys():
            assert _near(found[name], *FEWER[name]), name

    def test_a_world_that_the_bands_have_not_seen_lies_in_them(self, world: World) -> None:
        found = replays.figures(world, svd=False)
        assert found.keys() == BANDS.keys() - OF_SVD
        outside = {
            name: value for name, value in found.items() if not _near(value, *BANDS[name][2:])
        }
        assert outside == {}

    def test_so_do_its_ratings_by_svd(self, world: World) -> None:
        found = replays.lists(world, world.purchases(), svd=True, ways=["random"])
        for name in OF_SVD & found.keys():
            assert _near(found[name], *BANDS[name][2:]), name
        assert "rmse.svd" in found


def _near(value: float, mean: float, sd: float) -> bool:
    """Whether a figure lies where worlds lie; of fifty, one may be some deviations off."""
    return abs(value - mean) <= 4.5 * sd + 1e-4
