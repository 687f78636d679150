"""Parameters with which chapters about shops read somebody's own purchases."""

from __future__ import annotations

from typing import Literal

from ..parameters import parameter
from . import OwnData


class OwnPurchasesData(OwnData):
    """What only the owner of a table of purchases can say about it."""

    returns: Literal["match", "drop"] = parameter(
        "match",
        "whether returned units are taken off the purchase they belong to, or only left out",
    )
    duplicates: Literal["keep", "drop"] = parameter(
        "keep", "whether rows that repeat another in everything count, or are left out"
    )
    cancelled_prefix: str = parameter(
        "C",
        "letters before the digits of a cancelled order's number, as in C536379; empty knows none",
    )
