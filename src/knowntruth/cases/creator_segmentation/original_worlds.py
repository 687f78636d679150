"""The original's figures over many worlds: from here the bands of `original.toml` are."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ...worlds.creators.parameters import Parameters
from ...worlds.creators.world import simulate
from .original import replay
from .original_figures import Band, entries, has_band
from .original_numbers import numbers
from .original_segments import CHOSEN

MIDDLE = 0.99  # share of the worlds that a band holds
DIGITS = 7  # to which bands are stored


def draw(p: Parameters, seeds: Iterable[int]) -> pd.DataFrame:
    """Return every figure as a number, a row a world that has one of the seeds, by id.

    Of the numbers of clusters only the chosen one is fitted: the others have no figures. A world
    of the default size takes about a quarter of a second.
    """
    rows = {}
    for seed in seeds:
        world = simulate(p.model_copy(update={"seed": seed}))
        rows[seed] = numbers(replay(world.transactions, world.gmv, grid=[CHOSEN]))
    return pd.DataFrame.from_dict(rows, orient="index")


def bands(worlds: pd.DataFrame) -> dict[str, Band]:
    """Return the bands of every figure that varies, by id, from the rows of `draw`.

    Mean and standard deviation are of the decimal logarithm where the entry says so.
    """
    found = {}
    tail = (1 - MIDDLE) / 2
    for name, entry in entries().items():
        if not has_band(entry):
            continue
        values = worlds[name].dropna().to_numpy()
        scaled = np.log10(values) if entry.get("logarithm") else values
        low, high = np.quantile(values, [tail, 1 - tail])
        found[name] = Band(
            low=float(low),
            high=float(high),
            mean=float(scaled.mean()),
            # Equal numbers may have means a rounding away from them.
            sd=float(scaled.std(ddof=1)) if np.ptp(scaled) else 0.0,
        )
    return found


def as_toml(found: dict[str, Band], *, worlds: int, first_seed: int) -> str:
    """Return the end of `original.toml`: the bands, and which worlds they are of."""
    lines = [
        "# Worlds with the default parameters and these seeds, by `original_worlds`.",
        "[worlds]",
        f"number = {worlds}",
        f"first_seed = {first_seed}",
        f"middle = {MIDDLE}",
        "",
        "# Of each figure: both ends of its band, mean and standard deviation of the worlds.",
        "[bands]",
    ]
    for name, band in found.items():
        texts = [f"{value:.{DIGITS}g}" for value in (band.low, band.high, band.mean, band.sd)]
        lines.append(f'"{name}" = [{", ".join(texts)}]')
    return "\n".join(lines) + "\n"
