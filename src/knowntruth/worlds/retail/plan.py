"""The plan: how many orders and purchases each block of customers makes on record.

There are as many purchases on record as were asked for. Each begins an order, or joins the one
before; the orders go to customers by lot, in proportion to their exposure. So a customer's orders
are a Poisson process while they are there, given the number of all, and the sizes of orders are
geometric, given their sum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .people import people_in
from .rules import Array, Rules


@dataclass(frozen=True)
class Plan:
    """What is decided before the purchases of any block are drawn.

    Attributes:
        orders: orders of each block of customers.
        purchases: purchases of each.
        rate: purchases to be expected for each unit of exposure.
    """

    orders: Array
    purchases: Array
    rate: float


def plan_of(rules: Rules) -> Plan:
    """Return the plan of the record."""
    p = rules.p
    exposures = np.array(
        [people_in(rules, block).exposure(rules, 0, p.days).sum() for block in range(rules.blocks)]
    )
    rng = rules.generator("plan")
    # The first purchase of all has none before it that it could join.
    total = 1 + int(rng.binomial(p.transactions - 1, 1 - p.joins))
    orders = rng.multinomial(total, exposures / exposures.sum())
    # Sizes that are geometric, given their sum, are as likely one as the other: sums of them by
    # block follow a Dirichlet-multinomial distribution.
    some = np.flatnonzero(orders)
    joining = np.zeros(len(orders), dtype=np.int64)
    joining[some] = rng.multinomial(p.transactions - total, rng.dirichlet(orders[some]))
    return Plan(orders, orders + joining, p.transactions / exposures.sum())
