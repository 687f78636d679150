"""What the chapters on world `retail` share: how large it may be, and its part of a case."""

from __future__ import annotations

from typing import Any

from ..parameters import parameter
from ..worlds.retail.parameters import Parameters as WorldParameters


class World(WorldParameters):
    """The world, with no more purchases than a chapter can look at one by one."""

    customers: int = parameter(500, "customers of the shop", unit="customers", ge=20, le=20_000)
    products: int = parameter(50, "products of the shop", unit="products", ge=5, le=2_000)
    transactions: int = parameter(
        30_000, "purchases on record", unit="purchases", ge=100, le=2_000_000
    )
    ahead: int = parameter(
        90, "days after the record that the analyst has not seen", unit="days", ge=1, le=730
    )


def world_parameters(p: Any) -> WorldParameters:
    """Return the part of a case's parameters that is the world's."""
    return WorldParameters(**{name: getattr(p, name) for name in WorldParameters.model_fields})
