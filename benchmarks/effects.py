"""Marginal effects: the same table as cells of DuckDB and as rows of statsmodels.

Ours compresses a table to one row a combination of factors before it fits; statsmodels' GLM
fits the rows, and effects and sandwich errors are then made from its result row by row, as
its users do. Both must give the same effect of the onboarding, with the same error.
Run with `python -m benchmarks effects`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.special import expit

from knowntruth.methods.users.marginal_effects import marginal_effects
from knowntruth.worlds.edtech.parameters import Parameters
from knowntruth.worlds.edtech.world import simulate

FACTORS = ["age_group", "instrument", "country", "income_band", "skill_level", "onboarding"]
OUTCOME = "day_1_retention"
SIZES = (30_848, 300_000)
Result = tuple[float, float]


def ours(users: pd.DataFrame) -> Result:
    """Return the effect of the onboarding and its error, by cells."""
    found = marginal_effects(
        users, OUTCOME, FACTORS, level=0.95, references={"onboarding": "0"}, of=["onboarding"]
    )
    effect = found.effects["onboarding"]["1"]
    return effect.value, (effect.high - effect.low) / (2 * 1.959963984540054)


def theirs(users: pd.DataFrame) -> Result:
    """Return the same by statsmodels on rows, with the delta method by hand."""
    dummies = pd.get_dummies(users[FACTORS[:-1]].astype(str), drop_first=True, dtype=float)
    design = sm.add_constant(dummies.assign(onboarding=users["onboarding"].astype(float)))
    model = sm.GLM(users[OUTCOME], design, family=sm.families.Binomial())
    fit = model.fit(cov_type="HC0")
    on, off = design.assign(onboarding=1.0).to_numpy(), design.assign(onboarding=0.0).to_numpy()
    high, low = expit(on @ fit.params.to_numpy()), expit(off @ fit.params.to_numpy())
    slope = ((high * (1 - high)) @ on - (low * (1 - low)) @ off) / len(users)
    return float((high - low).mean()), float(np.sqrt(slope @ fit.cov_params().to_numpy() @ slope))


def timed(work: Callable[[pd.DataFrame], Result], users: pd.DataFrame) -> tuple[float, Result]:
    """Return the shortest of three times in seconds, and the result."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        result = work(users)
        times.append(time.perf_counter() - start)
    return min(times), result


def main() -> pd.DataFrame:
    """Return times and their ratio by number of users, after checking that results agree."""
    rows = []
    for size in SIZES:
        users = simulate(Parameters(users=size, rare_share=0.0)).users
        our_time, our_result = timed(ours, users)
        their_time, their_result = timed(theirs, users)
        np.testing.assert_allclose(our_result, their_result, rtol=1e-4)
        rows.append(
            {
                "users": size,
                "statsmodels (s)": round(their_time, 2),
                "ours (s)": round(our_time, 3),
                "ratio": round(their_time / our_time, 1),
            }
        )
    return pd.DataFrame(rows).set_index("users")
