"""Parameters of `retail`; the defaults keep to the published specification where it has one.

What it says nothing of, and what the world has beyond it, can be switched off: `ORIGINAL`.
"""

from __future__ import annotations

import datetime
from typing import Self

import pydantic

from ... import parameters
from ...parameters import parameter

CATEGORIES: dict[str, tuple[str, ...]] = {
    "Electronics": ("Audio", "Phones", "Cameras", "Computers", "Wearables"),
    "Clothing": ("Shirts", "Trousers", "Shoes", "Jackets", "Accessories"),
    "Home & Living": ("Kitchen", "Furniture", "Lighting", "Bedding", "Decoration"),
    "Books": ("Fiction", "History", "Science", "Cooking", "Travel"),
    "Beauty": ("Skin care", "Make-up", "Hair care", "Perfume", "Bath"),
}
POWERS = ("Low", "Medium", "High")
FREQUENCIES = ("Rare", "Regular", "Frequent")

MOST_TASTES = 50_000_000  # customers × products with a taste of their own

# Values with which the world is the published specification and nothing more. Costs stay: they
# act on nothing.
ORIGINAL: dict[str, object] = {
    "frequency_factors": [1.0, 1.0, 1.0],
    "frequency_spread": 0.0,
    "joins": 0.0,
    "season": 0.0,
    "arriving": 0.0,
    "leaving": 0.0,
    "leaving_spread": 0.0,
    "launched": 0.0,
    "taste": 0.0,
}


class Parameters(parameters.Parameters):
    """Everything about the world that can be chosen."""

    seed: int = parameter(7, "number from which all randomness follows", ge=0, le=2**63 - 1)
    customers: int = parameter(
        500, "customers who are there at some time", unit="customers", ge=2, le=5_000_000
    )
    products: int = parameter(
        50,
        "products, of all categories and subcategories in turn",
        unit="products",
        ge=5,
        le=100_000,
    )
    transactions: int = parameter(
        30_000, "purchases on record, exactly", unit="purchases", ge=10, le=200_000_000
    )
    first_day: str = parameter("2023-01-01", "the first day on record")
    days: int = parameter(730, "days on record", unit="days", ge=7, le=3_660)
    ahead: int = parameter(
        90, "days after the record that the analyst has not seen", unit="days", ge=0, le=730
    )

    price_low: dict[str, float] = parameter(
        {"Electronics": 100, "Clothing": 20, "Home & Living": 30, "Books": 10, "Beauty": 10},
        "lowest price of a unit, by category",
    )
    price_high: dict[str, float] = parameter(
        {"Electronics": 800, "Clothing": 150, "Home & Living": 400, "Books": 50, "Beauty": 120},
        "highest price of a unit, by category",
    )
    margins: dict[str, float] = parameter(
        {
            "Electronics": 0.15,
            "Clothing": 0.5,
            "Home & Living": 0.4,
            "Books": 0.3,
            "Beauty": 0.6,
        },
        "share of the price that is not cost, of a middling product, by category",
    )
    margin_spread: float = parameter(
        0.3, "standard deviation of its log odds between products of a category", ge=0, le=3
    )
    popularity_low: float = parameter(0.1, "lowest popularity of a product", gt=0, le=1000)
    popularity_high: float = parameter(1.0, "highest popularity of a product", gt=0, le=1000)
    launched: float = parameter(
        0.1,
        "share of products launched within the record; each category has one before",
        ge=0,
        le=1,
    )

    power_shares: list[float] = parameter(
        [0.2, 0.6, 0.2], "shares of customers of low, medium and high spending power"
    )
    extra_units: list[float] = parameter(
        [0.2, 0.7, 1.6], "mean units beyond the first in a purchase, by spending power"
    )
    frequency_shares: list[float] = parameter(
        [0.3, 0.5, 0.2], "shares of customers who buy rarely, regularly and frequently"
    )
    frequency_factors: list[float] = parameter(
        [0.4, 1.0, 2.2], "how often they buy, relative to one another; all alike is no difference"
    )
    frequency_spread: float = parameter(
        0.25, "standard deviation of the logarithm of that within a class", ge=0, le=2
    )
    arriving: float = parameter(
        0.3, "share of customers who sign up within the record, others were there", ge=0, le=1
    )
    leaving: float = parameter(
        0.25, "chance that a middling customer leaves within a year", ge=0, le=0.999
    )
    leaving_spread: float = parameter(
        0.5, "standard deviation of its log odds between customers", ge=0, le=4
    )

    evenness: float = parameter(
        1.0,
        "how evenly customers like categories, the Dirichlet parameter; small is one category each",
        ge=0.05,
        le=1000,
    )
    follow: float = parameter(
        0.3, "chance that a purchase keeps to the category of the one before", ge=0, le=0.99
    )
    joins: float = parameter(
        0.3, "chance that a purchase joins the order of the one before", ge=0, le=0.95
    )
    variability: float = parameter(
        0.15, "how far an amount lies from the price at most, as a share of it", ge=0, le=0.9
    )
    season: float = parameter(
        0.25, "how much more is bought at the beginning of December than on average", ge=0, le=0.95
    )
    taste: float = parameter(
        0.0,
        "standard deviation of the logarithm of a customer's own liking of a product, given its "
        "category; 0 is none",
        ge=0,
        le=3,
    )
    taste_factors: int = parameter(2, "hidden traits of products that it is made of", ge=1, le=50)

    @pydantic.field_validator("first_day")
    @classmethod
    def _is_a_day(cls, day: str) -> str:
        try:
            date = datetime.date.fromisoformat(day)
        except ValueError:
            date = datetime.date.min
        if day != date.isoformat() or not 1900 <= date.year < 2100:
            raise ValueError("is no day from 1900 to 2099. Write it as 2023-01-01")
        return day

    @pydantic.field_validator("price_low", "price_high", "margins")
    @classmethod
    def _has_each_category(cls, values: dict[str, float]) -> dict[str, float]:
        if set(values) != set(CATEGORIES):
            raise ValueError(f"needs one number for each category: {', '.join(CATEGORIES)}")
        return values

    @pydantic.field_validator("price_low", "price_high")
    @classmethod
    def _prices_are_prices(cls, prices: dict[str, float]) -> dict[str, float]:
        if not all(0.5 <= price <= 1e6 for price in prices.values()):
            raise ValueError("needs prices from 0.5 to 1,000,000")
        return prices

    @pydantic.field_validator("margins")
    @classmethod
    def _margins_are_shares(cls, margins: dict[str, float]) -> dict[str, float]:
        if not all(0 < margin < 1 for margin in margins.values()):
            raise ValueError("needs shares between 0 and 1, the ends left out")
        return margins

    @pydantic.field_validator("power_shares", "frequency_shares")
    @classmethod
    def _shares_sum_to_one(cls, shares: list[float]) -> list[float]:
        if len(shares) != 3 or min(shares) < 0 or abs(sum(shares) - 1) > 1e-9:
            raise ValueError("needs three shares from 0 to 1, which sum to 1")
        return shares

    @pydantic.field_validator("extra_units")
    @classmethod
    def _units_are_few(cls, units: list[float]) -> list[float]:
        if len(units) != 3 or not all(0 <= unit <= 100 for unit in units):
            raise ValueError("needs three numbers from 0 to 100")
        return units

    @pydantic.field_validator("frequency_factors")
    @classmethod
    def _factors_are_positive(cls, factors: list[float]) -> list[float]:
        if len(factors) != 3 or not all(0 < factor <= 1000 for factor in factors):
            raise ValueError("needs three numbers, each above 0 and up to 1000")
        return factors

    @pydantic.model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        problems = [
            f"`price_low` of {category} is above its `price_high`"
            for category in CATEGORIES
            if self.price_low[category] > self.price_high[category]
        ]
        if self.popularity_low > self.popularity_high:
            problems.append("`popularity_low` is above `popularity_high`")
        if self.taste > 0 and self.customers * self.products > MOST_TASTES:
            problems.append(
                f"`taste` is for {MOST_TASTES:,} pairs of `customers` and `products` at most"
            )
        if problems:
            raise ValueError("; ".join(problems) + ". Give values that fit together")
        return self
