"""Middles of activity, were users without number: what each estimator of a middle aims at."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...methods.users import robust
from ...worlds.edtech.parameters import Parameters
from ...worlds.edtech.truth import lesson_shares

CROWD = 2_000_000


def middles_of(p: Parameters) -> dict[str, float]:
    """Return the mean of lessons and its robust locations in a world, without chance.

    Worked out on as many users as `CROWD`, with every number of lessons in its share.
    """
    shares = lesson_shares(p)
    lessons = np.repeat(np.arange(len(shares)), np.round(CROWD * shares).astype(int))
    found = robust.location(pd.DataFrame({"activity": lessons}), "activity", level=0.95)
    return {name: estimate.value for name, estimate in found.items()}
