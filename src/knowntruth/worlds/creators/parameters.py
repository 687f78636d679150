"""Parameters of `creators`; the defaults come near the published tables.

Types that sell more ask more for a sale; within a type, by default, those who sell more ask a
little less. The default seed is one whose record is near the published one in most figures at
once; what holds of other seeds is in `tests/worlds/test_creators_published.toml`.
"""

from __future__ import annotations

import re
from typing import Self

import pydantic

from ... import parameters
from ...parameters import parameter

MOST_TYPES = 8


class Parameters(parameters.Parameters):
    """Everything about the world that can be chosen."""

    seed: int = parameter(437, "number from which all randomness follows", ge=0, le=2**63 - 1)
    creators: int = parameter(234, "creators on record", unit="creators", ge=20, le=200_000)
    months: int = parameter(11, "months on record", unit="months", ge=2, le=240)
    first_month: str = parameter("2019-06", "the first of them")
    ahead: int = parameter(
        3, "months after the record that the analyst has not seen", unit="months", ge=0, le=24
    )
    at_least: int = parameter(
        3,
        "transactions that a creator needs in all to be on record",
        unit="transactions",
        ge=1,
        le=1000,
    )

    types: int = parameter(3, "types of creators; 1 is one continuum", ge=1, le=MOST_TYPES)
    distinctness: float = parameter(
        1.25,
        "how far centres of types spread, in standard deviations within a type; 0 not at all",
        ge=0,
        le=20,
    )
    type_shares: list[float] = parameter(
        [],
        "share of each type in those who begin, the smallest sellers first; empty is 1 : ½ : ⅓ : …",
    )

    volume: float = parameter(
        1.3,
        "sales in a month without rest of a creator of middling size who has just begun",
        unit="transactions a month",
        gt=0,
        le=100_000,
    )
    volume_spread: float = parameter(
        1.85, "standard deviation of the logarithm of that between creators", ge=0, le=5
    )
    volume_tail: float = parameter(
        0.24,
        "how much longer its upper tail is than its lower; below 0 the lower is longer",
        ge=-1.5,
        le=1.5,
    )
    luck: float = parameter(
        1.0, "standard deviation of the logarithm of a creator's sales between months", ge=0, le=3
    )
    growth: float = parameter(
        0.11, "growth of the logarithm of sales in a creator's first month", ge=-1, le=1
    )
    growth_spread: float = parameter(
        0.05, "standard deviation of that between creators", ge=0, le=1
    )
    growth_months: float = parameter(
        12.0, "months in which growth slows to e⁻¹ of that", unit="months", gt=0, le=1000
    )
    giants: int = parameter(0, "creators who outsell all others by far", ge=0, le=100)
    giant_factor: float = parameter(
        3.0, "how many times as much as the largest other they are to sell", ge=1, le=1000
    )

    arrivals: list[float] = parameter(
        [30, 22, 22, 26, 22, 15, 12, 19, 10, 60, 19],
        "weights of the months in which creators begin, who were there before in the first; "
        "the mean where the list is too short",
    )
    month_factors: list[float] = parameter(
        [1.4, 1.3, 1.3, 1.3, 0.9, 0.9, 0.9, 0.9, 0.9, 1.6, 1.8],
        "factor on everybody's sales in each month; the last where the list is too short",
    )
    month_spread: float = parameter(
        0.05, "standard deviation of what single months add to the logarithm of it", ge=0, le=1
    )
    rest: float = parameter(
        0.15, "chance that a creator of middling size rests in a month", ge=0, lt=1
    )
    rest_by_size: float = parameter(
        -1.3, "what one standard deviation of size adds to the log odds of it", ge=-4, le=4
    )
    rest_spread: float = parameter(
        0.7, "standard deviation of those log odds between creators of a size", ge=0, le=4
    )
    leaving: float = parameter(
        0.008, "chance that a creator of middling size leaves after a month", ge=0, lt=1
    )
    leaving_by_size: float = parameter(
        0.0, "what one standard deviation of size adds to the log odds of it", ge=-4, le=4
    )
    leaving_spread: float = parameter(
        0.5, "standard deviation of those log odds between creators of a size", ge=0, le=4
    )

    price: float = parameter(
        70.0, "median price of a sale between creators", unit="money", gt=0, le=1e7
    )
    price_spread: float = parameter(
        3.2, "standard deviation of its logarithm between creators", ge=0, le=5
    )
    price_tail: float = parameter(
        -0.45,
        "how much longer its upper tail is than its lower; below 0 the lower is longer",
        ge=-1.5,
        le=1.5,
    )
    price_by_size: float = parameter(
        0.49,
        "correlation of hidden price with hidden size, as near as types far apart in both allow",
        ge=-1,
        le=1,
    )
    price_luck: float = parameter(
        1.15, "standard deviation of the logarithm of a creator's price between months", ge=0, le=4
    )
    trials: float = parameter(
        0.03, "chance that a creator's sales of a month are trials, at the lowest price", ge=0, lt=1
    )
    lowest_price: float = parameter(
        1.0, "no sale is cheaper than this", unit="money", ge=0.01, le=1e7
    )

    @pydantic.field_validator("first_month")
    @classmethod
    def _is_a_month(cls, month: str) -> str:
        if not re.fullmatch(r"(19|20)\d\d-(0[1-9]|1[0-2])", month):
            raise ValueError("is no month from 1900 to 2099. Write it as 2019-06")
        return month

    @pydantic.field_validator("arrivals", "month_factors")
    @classmethod
    def _weights_are_positive(cls, weights: list[float]) -> list[float]:
        if not weights or not all(0 < weight <= 1000 for weight in weights):
            raise ValueError("needs one number or more, each above 0 and up to 1000")
        return weights

    @pydantic.model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        problems = []
        shares = self.type_shares
        if shares and (
            len(shares) != self.types or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9
        ):
            problems.append("`type_shares` needs a positive share for each type, which sum to 1")
        if self.giants >= self.creators:
            problems.append("`giants` are as many as all creators, or more")
        if problems:
            raise ValueError("; ".join(problems) + ". Give values that fit together")
        return self
