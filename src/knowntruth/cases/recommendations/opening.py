"""Opening the shop of the chapter on recommendations: simulated, or one's own purchases."""

from __future__ import annotations

from ..shop import open_own, open_world
from .lists import KnownLists, Lists
from .parameters import Parameters


def open_lists(p: Parameters) -> Lists:
    """Return the shop that these parameters describe.

    Raises:
        DataError: for a table of one's own that does not meet the contract.
        ParameterError: for a customer, or a label of something, that is not there.
    """
    case = open_own(Lists, p) if p.data else open_world(Lists, p, KnownLists)
    _ = case.shown  # a customer who is not there is refused before anything runs
    return case
