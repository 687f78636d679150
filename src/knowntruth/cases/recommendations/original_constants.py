"""The published report's specification of its recommendations, beside a run.

The values of its grid, and the settings that it chose, are not published.
"""

from __future__ import annotations

import inspect

from ...methods.lists import rating_grid
from ..published_report import Constant
from ..retail_customers.original_constants import constant, exact, sizes
from .lists import Lists

FOLDS = 3
HELD_OUT = 0.2
KEYS = ("n_factors", "n_epochs", "lr_all", "reg_all")  # as Surprise calls what its grid tries


def specification(case: Lists) -> list[Constant]:
    """Return the constants of the report's sections on data and SVD++, and what this run has."""
    p = case.parameters
    tried = (p.factors, p.epochs, p.rates, p.penalties)
    here = " × ".join(str(len(values)) for values in tried)
    folds = inspect.signature(rating_grid.search).parameters["folds"].default
    return [
        *sizes(case),
        exact("rating", "rating", "Data preparation", "log(1 + amount)", "log(1 + amount)"),
        exact("model", "model", "Why SVD++", "SVD++ of Surprise", "SVD++ of Surprise"),
        constant(
            "grid", "settings that are tried", "Model training", ", ".join(KEYS),
            f"the same, {here} values", "not published", None,
        ),
        exact("folds", "folds", "Model training", str(FOLDS), str(folds)),
        exact("held_out", "held out", "Model training", f"{HELD_OUT:.0%}", f"{p.held_back:.0%}"),
        exact("rule", "shown", "Generating", "products not bought", "products not bought"),
        exact("file", "model file", "Model persistence", "pickle", "arrays, without pickle"),
    ]  # fmt: skip
