"""The opened shop of the chapter on recommendations, and what is true of lists in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd

from ...data.contract import Contract
from ..purchases_contract import PURCHASES_OF_PRODUCTS
from ..shop import KnownShop, Shop
from .chances import Window
from .parameters import Parameters


@dataclass(frozen=True)
class KnownLists(KnownShop):
    """Answers about what is true of the lists that customers of a world could be shown."""

    def window(self, start: Any, end: Any, before: pd.DataFrame | None = None) -> Window:
        """Return what is to be expected between two moments, foreseen at the first.

        `before` are the purchases until then, in the order of time: they say what was bought last.
        """
        previous = None if before is None else self.truth.last_category(before)
        return Window(self.truth, start, end, previous)


@dataclass(frozen=True, kw_only=True)
class Lists(Shop):
    """A shop, seen by what it could show to each customer."""

    slug: ClassVar[str] = "recommendations"
    contract: ClassVar[Contract] = PURCHASES_OF_PRODUCTS

    parameters: Parameters
