"""Charts: the drawings for groups, curves, grids, effects and predictions, beside the forest.

Each chart is made from rows: `rates` from `Level`s, `curves` from `Series`, `heat` from a
`Grid`, `effects` from `Effect`s, `calibration` from `Bin`s, `precision_recall` from `Curve`s.
The function of that name draws them, and `…_in_words` says the same for somebody who cannot
see it. Rows hand over what their words are made from, so they stand among the facts:

    figures.show(
        charts.rates(rows, axis="day-30 retention"), *rows, name="retention_by_country",
        title="…", alt=charts.rates_in_words(rows),
    )
"""

from .adjusting import Effect, effects, effects_in_words
from .grids import Grid, heat, heat_in_words
from .levels import Level, rates, rates_in_words
from .predictions import (
    Bin,
    Curve,
    calibration,
    calibration_in_words,
    precision_recall,
    precision_recall_in_words,
)
from .series import Series, curves, curves_in_words

__all__ = [
    "Bin",
    "Curve",
    "Effect",
    "Grid",
    "Level",
    "Series",
    "calibration",
    "calibration_in_words",
    "curves",
    "curves_in_words",
    "effects",
    "effects_in_words",
    "heat",
    "heat_in_words",
    "precision_recall",
    "precision_recall_in_words",
    "rates",
    "rates_in_words",
]
