"""Predictors: models that give each unit the probability of an outcome before it is known.

`cross_validated` makes predictions, each by a model that never saw the unit; `lack` says where
there are too few units for that.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ...errors import DataError, Problem
from ..checks import check_at_least
from .outcomes import Array, checked

Model = Literal["simple", "boosted"]
MODELS: tuple[Model, ...] = get_args(Model)

# Values of a category with fewer units are one value to the models.
FEWEST_OF_A_VALUE = 20
MOST_VALUES = 250
PENALTY = 10.0
TREES = 100


def lack(outcome: ArrayLike, *, folds: int = 5) -> str:
    """Return why `cross_validated` cannot predict an outcome; empty where it can."""
    known = checked(outcome)
    known = known[~np.isnan(known)]
    events = int(known.sum())
    for count, what in ((events, "have the outcome"), (len(known) - events, "do not have it")):
        if count < folds:
            return f"of {len(known)} units {count} {what}, too few for {folds} folds"
    return ""


def cross_validated(
    features: pd.DataFrame, outcome: ArrayLike, *, model: Model, folds: int = 5, seed: int
) -> Array:
    """Return the prediction of each unit by a model fitted to the other folds.

    `simple` is a logistic regression with a light penalty on squared coefficients: numbers
    standardised, one coefficient for each value of a category. `boosted` is a hundred small
    trees, each correcting those before it, which find thresholds and combinations by
    themselves; so small because events are rare. Every fold has the same share of events.

    Numbers and booleans enter as numbers, all else as categories; a missing category is a
    value of its own, a missing number the mean to `simple` and a branch of its own to
    `boosted`. Columns that do not vary are left out; where none does, the prediction is the
    base rate.

    One thread; the same seed gives the same bits. Predictions are missing where the outcome
    is, and everywhere where `lack` says why.

    Raises:
        ValueError: an unknown model, fewer than two folds, outcomes that are neither 0 nor 1
            or not as many as rows.
        DataError: a feature that holds dates, or a number without bound.
    """
    if model not in MODELS:
        raise ValueError(f"there is no model {model!r}; there is {', '.join(MODELS)}")
    check_at_least("the number of folds", folds, 2)
    y = checked(outcome)
    if len(y) != len(features):
        raise ValueError(f"{len(features)} rows of features have {len(y)} outcomes")
    found = np.full(len(y), np.nan)
    known = ~np.isnan(y)
    if lack(y, folds=folds):
        return found
    y = y[known]
    columns, categories = _encoded(features.loc[known])
    if not columns.shape[1]:
        found[known] = y.mean()
        return found
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from threadpoolctl import threadpool_limits

    make = _simple if model == "simple" else _boosted
    with threadpool_limits(limits=1):
        found[known] = cross_val_predict(
            make(categories, seed),
            columns,
            y,
            cv=StratifiedKFold(folds, shuffle=True, random_state=seed),
            method="predict_proba",
        )[:, 1]
    return found


def _encoded(features: pd.DataFrame) -> tuple[Array, list[bool]]:
    """Return features as numbers, categories as codes, and which of them are categories."""
    columns, categories, problems = [], [], []
    for name, column in features.items():
        if pd.api.types.is_datetime64_any_dtype(column):
            what, fix = "it holds dates", "Make a number or a category of them."
            problems.append(Problem(f"column {name}", what, fix))
        elif column.nunique(dropna=False) > 1:
            is_category = not pd.api.types.is_numeric_dtype(column)
            if is_category:
                # Sorted, so that the order of rows gives no value another code.
                codes, _ = pd.factorize(column.astype("string").fillna(""), sort=True)
                values = codes.astype(float)
            else:
                values = column.to_numpy(dtype=float, na_value=np.nan)
            if np.isinf(values).any():
                what, fix = "it holds an infinite value", "Remove or correct it."
                problems.append(Problem(f"column {name}", what, fix))
            columns.append(values)
            categories.append(is_category)
    if problems:
        raise DataError("A feature cannot be used", problems)
    return np.column_stack([np.empty((len(features), 0)), *columns]), categories


def _simple(categories: list[bool], seed: int) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    is_category = np.array(categories)
    values = OneHotEncoder(min_frequency=FEWEST_OF_A_VALUE, handle_unknown="infrequent_if_exist")
    numbers = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler())
    return make_pipeline(
        make_column_transformer(
            (values, np.flatnonzero(is_category)),
            (numbers, np.flatnonzero(~is_category)),
            sparse_threshold=1,
        ),
        LogisticRegression(C=1 / PENALTY, solver="newton-cholesky", tol=1e-6),
    )


def _boosted(categories: list[bool], seed: int) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    is_category = np.array(categories)
    codes = OrdinalEncoder(
        min_frequency=FEWEST_OF_A_VALUE,
        max_categories=MOST_VALUES,
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
    )
    return make_pipeline(
        make_column_transformer((codes, np.flatnonzero(is_category)), remainder="passthrough"),
        HistGradientBoostingClassifier(
            learning_rate=0.03,
            max_iter=TREES,
            max_leaf_nodes=4,
            min_samples_leaf=100,
            max_features=0.5,
            categorical_features=range(is_category.sum()),
            early_stopping=False,
            random_state=seed,
        ),
    )
