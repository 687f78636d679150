"""Opening the shop of the chapter on customers: simulated, or one's own purchases."""

from __future__ import annotations

from ..shop import open_own, open_world
from .customers import Customers, KnownCustomers
from .parameters import Parameters


def open_customers(p: Parameters) -> Customers:
    """Return the shop that these parameters describe.

    Raises:
        DataError: for a table of one's own that does not meet the contract.
        ParameterError: for a customer, or a label of something, that is not there.
    """
    case = open_own(Customers, p) if p.data else open_world(Customers, p, KnownCustomers)
    _ = case.shown  # a customer who is not there is refused before anything runs
    return case
