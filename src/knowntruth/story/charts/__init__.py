"""Charts: the drawings for groups, curves, grids, effects and predictions, beside the forest.

Each chart is made from rows: `rates` from `Level`s, `curves` from `Series`, `heat` from a
`Grid`, `effects` from `Effect`s, `calibration` from `Bin`s, `precision_recall` from `Curve`s.
What happens over time has its own: `daily` from `Daily`s, `groups` from `Path`s, `event_times`
from `EventTimes`, `placebos` from `Placebos`; and so has what a comparison over time rests on:
`bounds` from a `Sensitivity`, `pre_test_power` from a `PreTestPower`, `weights` from `Weights`,
`four_cells` from `FourCells`. Units have `lorenz` from `Lorenz`s, `tail` from a `Tail`, `parts`
from `Part`s, `points` from `Plane`s and `Group`s, `spreads` from `Spread`s; how they fall into
groups has `choosing` from `Measure`s and `nearness` from a `Nearness`. A shop has `bubbles` from
`Bubbles`, `shares` from `Share`s, `months` from `Months`, a `card` from `Trait`s and `holdout`
from `Later`s and `Forecast`s; what it recommends has `list_quality` from `Listing`s,
`errors_and_lists` from `Judged`s, `grid_errors` from a `Search` of `Trial`s, `reasons` from
`Reasoned`s and `score_by_price` from `Scored`s.
The function of that name draws them, and `…_in_words` says the same for somebody who cannot
see it. Rows hand over what their words are made from, so they stand among the facts:

    figures.show(
        charts.rates(rows, axis="day-30 retention"), *rows, name="retention_by_country",
        title="…", alt=charts.rates_in_words(rows),
    )
"""

from .adjusting import Effect, effects, effects_in_words
from .bubbles import Bubble, Bubbles, bubbles, bubbles_in_words
from .card import Trait, card, card_in_words
from .choosing import Measure, choosing, choosing_in_words
from .concentrated import Lorenz, lorenz, lorenz_in_words
from .days import Daily, Stretch, daily, daily_in_words
from .effect_times import EventTimes, event_times, event_times_in_words
from .errors_and_lists import Judged, errors_and_lists, errors_and_lists_in_words
from .gaps import Gap, Placebos, placebos, placebos_in_words
from .grid_errors import Search, Trial, grid_errors, grid_errors_in_words
from .grids import Grid, heat, heat_in_words
from .holdout import Forecast, Later, holdout, holdout_in_words
from .levels import Level, rates, rates_in_words
from .list_quality import Listing, list_quality, list_quality_in_words
from .moments import Moment
from .months import Months, months, months_in_words
from .nearness import Nearness, nearness, nearness_in_words
from .parts import Part, parts, parts_in_words
from .paths import Path, groups, groups_in_words
from .points import Group, Plane, points, points_in_words
from .pre_tests import Noticed, PreTestPower, pre_test_power, pre_test_power_in_words
from .predictions import (
    Bin,
    Curve,
    calibration,
    calibration_in_words,
    precision_recall,
    precision_recall_in_words,
)
from .reasons import Reasoned, reasons, reasons_in_words
from .score_by_price import Scored, score_by_price, score_by_price_in_words
from .sensitivity import Bound, Sensitivity, bounds, bounds_in_words
from .series import Series, curves, curves_in_words
from .shares import Share, shares, shares_in_words
from .spreads import Spread, spreads, spreads_in_words
from .tails import Tail, tail, tail_in_words
from .two_by_two import FourCells, four_cells, four_cells_in_words
from .weighting import Weight, Weights, weights, weights_in_words

__all__ = [
    "Bin",
    "Bound",
    "Bubble",
    "Bubbles",
    "Curve",
    "Daily",
    "Effect",
    "EventTimes",
    "Forecast",
    "FourCells",
    "Gap",
    "Grid",
    "Group",
    "Judged",
    "Later",
    "Level",
    "Listing",
    "Lorenz",
    "Measure",
    "Moment",
    "Months",
    "Nearness",
    "Noticed",
    "Part",
    "Path",
    "Placebos",
    "Plane",
    "PreTestPower",
    "Reasoned",
    "Scored",
    "Search",
    "Sensitivity",
    "Series",
    "Share",
    "Spread",
    "Stretch",
    "Tail",
    "Trait",
    "Trial",
    "Weight",
    "Weights",
    "bounds",
    "bounds_in_words",
    "bubbles",
    "bubbles_in_words",
    "calibration",
    "calibration_in_words",
    "card",
    "card_in_words",
    "choosing",
    "choosing_in_words",
    "curves",
    "curves_in_words",
    "daily",
    "daily_in_words",
    "effects",
    "effects_in_words",
    "errors_and_lists",
    "errors_and_lists_in_words",
    "event_times",
    "event_times_in_words",
    "four_cells",
    "four_cells_in_words",
    "grid_errors",
    "grid_errors_in_words",
    "groups",
    "groups_in_words",
    "heat",
    "heat_in_words",
    "holdout",
    "holdout_in_words",
    "list_quality",
    "list_quality_in_words",
    "lorenz",
    "lorenz_in_words",
    "months",
    "months_in_words",
    "nearness",
    "nearness_in_words",
    "parts",
    "parts_in_words",
    "placebos",
    "placebos_in_words",
    "points",
    "points_in_words",
    "pre_test_power",
    "pre_test_power_in_words",
    "precision_recall",
    "precision_recall_in_words",
    "rates",
    "rates_in_words",
    "reasons",
    "reasons_in_words",
    "score_by_price",
    "score_by_price_in_words",
    "shares",
    "shares_in_words",
    "spreads",
    "spreads_in_words",
    "tail",
    "tail_in_words",
    "weights",
    "weights_in_words",
]
