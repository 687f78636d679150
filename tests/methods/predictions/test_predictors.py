"""Models against worlds whose chances are known."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from knowntruth.errors import DataError
from knowntruth.methods.predictions.prediction import score
from knowntruth.methods.predictions.predictors import Model, cross_validated, lack
from knowntruth.methods.predictions.ranking import auc, compare

from ..conftest import Array, drawn


@pytest.fixture(scope="module")
def features() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    n = 2_000
    return pd.DataFrame(
        {
            "age": rng.choice(["Under 18", "18-34", "35-54", "55+"], n),
            "country": rng.choice([f"C{i}" for i in range(30)], n, p=[0.71, *[0.01] * 29]),
            "lessons": rng.poisson(4, n).astype(float),
            "onboarding": rng.random(n) < 0.5,
        }
    )


def rule(features: pd.DataFrame, base: float) -> Array:
    """Return probabilities that follow from the features alone."""
    logits = base + 0.8 * (features.age == "35-54") + 0.15 * features.lessons
    return np.asarray(1 / (1 + np.exp(-logits)), dtype=float)


@pytest.mark.parametrize("model", get_args(Model))
def test_the_same_seed_predicts_the_same_bits(features: pd.DataFrame, model: Model) -> None:
    y = drawn(rule(features, -2.5), 11)
    first, again = (cross_validated(features, y, model=model, seed=5) for _ in range(2))
    assert first.tobytes() == again.tobytes()
    assert np.all((first > 0) & (first < 1))
    other = cross_validated(features, y, model=model, seed=6)
    assert first.tobytes() != other.tobytes()


@pytest.mark.parametrize("model", get_args(Model))
def test_no_model_beats_who_knows_the_chances(features: pd.DataFrame, model: Model) -> None:
    """Eight worlds; a luckier draw may, the mean may not."""
    p = rule(features, -3.0)
    gaps, skills = [], []
    for seed in range(8):
        y = drawn(p, seed)
        found = cross_validated(features, y, model=model, folds=2, seed=seed)
        gap, skill = compare(y, p, found, level=0.9), score(y, found, level=0.9).auc
        assert gap is not None
        assert skill is not None
        gaps.append(gap.value)
        skills.append(skill.value)
    # The models learn something, and less than there is to know.
    assert np.mean(skills) > 0.55
    assert np.mean(gaps) < 0
    assert np.mean(gaps) + 4 * stats.sem(gaps) < 0.02


@pytest.mark.parametrize("model", get_args(Model))
def test_a_model_does_not_see_the_units_that_it_predicts(
    features: pd.DataFrame, model: Model
) -> None:
    """Fitted and scored on the same units both models would find something in nothing."""
    values = []
    for seed in range(8):
        y = drawn(np.full(len(features), 0.2), seed)
        found = auc(y, cross_validated(features, y, model=model, folds=2, seed=seed), level=0.9)
        assert found is not None
        values.append(found.value)
    assert np.mean(values) < 0.5 + 4 * stats.sem(values)


def test_simple_is_a_logistic_regression_fitted_to_the_other_folds(
    features: pd.DataFrame,
) -> None:
    """By hand for one fold, with one coefficient a group and standardised numbers."""
    y = drawn(rule(features, -2.0), 12)
    used = features[["age", "lessons"]]
    found = cross_validated(used, y, model="simple", folds=4, seed=3)
    train, test = next(StratifiedKFold(4, shuffle=True, random_state=3).split(used, y))
    numbers = used.lessons.to_numpy()
    scaled = (numbers - numbers[train].mean()) / numbers[train].std()
    design = np.column_stack([pd.get_dummies(used.age).to_numpy(), scaled]).astype(float)
    fit = LogisticRegression(C=0.1, tol=1e-10, max_iter=1_000).fit(design[train], y[train])
    assert found[test] == pytest.approx(fit.predict_proba(design[test])[:, 1], rel=1e-4)


def test_boosted_finds_a_combination_that_simple_cannot() -> None:
    rng = np.random.default_rng(13)
    sides = pd.DataFrame({"a": rng.choice(["l", "r"], 4_000), "b": rng.normal(size=4_000)})
    p = np.where((sides.a == "l") == (sides.b > 0), 0.3, 0.05)
    y = drawn(p, 14)
    simple, boosted = (cross_validated(sides, y, model=m, seed=1) for m in ("simple", "boosted"))
    gap, rest = compare(y, simple, boosted, level=0.99), compare(y, boosted, p, level=0.99)
    assert gap is not None
    assert rest is not None
    assert gap.direction == "higher"
    assert rest.value < 0.05


def test_predictions_are_calibrated(features: pd.DataFrame) -> None:
    y = drawn(rule(features, -2.0), 15)
    found = score(y, cross_validated(features, y, model="simple", seed=1), level=0.99)
    assert found.calibration_in_the_large is not None
    assert found.calibration_in_the_large.covers(0)


@pytest.mark.parametrize("model", get_args(Model))
def test_what_is_missing_does_not_stop_a_model(features: pd.DataFrame, model: Model) -> None:
    y = drawn(rule(features, -2.0), 16)
    holes = features.astype({"lessons": "Float64", "onboarding": "boolean"})
    for i, column in enumerate(holes):
        holes.loc[holes.index % 7 == i, column] = pd.NA
    holes["nothing"], holes["one"] = np.nan, "x"
    y[::10] = np.nan
    found = cross_validated(holes, y, model=model, seed=1)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(y))
    rank = auc(y, found, level=0.9)
    assert rank is not None
    assert rank.low > 0.5
    # Columns that do not vary change nothing.
    bare = cross_validated(holes.drop(columns=["nothing", "one"]), y, model=model, seed=1)
    np.testing.assert_array_equal(found, bare)


@pytest.mark.parametrize("model", get_args(Model))
@pytest.mark.parametrize("rows_a_value", [60, 2])
def test_a_category_of_many_values_does_not_stop_a_model(model: Model, rows_a_value: int) -> None:
    n = 300 * rows_a_value
    crowded = pd.DataFrame({"town": [f"T{i % 300}" for i in range(n)], "x": np.arange(n) % 7})
    y = drawn(np.where(crowded.x > 3, 0.4, 0.1), 17)
    found = cross_validated(crowded, y, model=model, folds=2, seed=1)
    assert np.all((found > 0) & (found < 1))


def test_without_a_feature_that_varies_the_prediction_is_the_base_rate() -> None:
    y = np.array([0.0, 1.0, np.nan] * 10)
    found = cross_validated(pd.DataFrame({"x": ["a"] * 30}), y, model="simple", seed=1)
    np.testing.assert_array_equal(found, np.where(np.isnan(y), np.nan, 0.5))


def test_fewer_events_than_folds_are_not_predicted(features: pd.DataFrame) -> None:
    y = np.zeros(len(features))
    y[:4] = 1
    assert lack(y) == "of 2000 units 4 have the outcome, too few for 5 folds"
    assert lack(1 - y) == "of 2000 units 4 do not have it, too few for 5 folds"
    assert lack(y, folds=4) == ""
    assert np.isnan(cross_validated(features, y, model="simple", seed=1)).all()


def test_what_a_model_cannot_take_is_refused(features: pd.DataFrame) -> None:
    y = drawn(rule(features, -2.0), 18)
    with pytest.raises(ValueError, match="there is no model"):
        # The type forbids it, so that only a caller without types gets here.
        cross_validated(features, y, model="oracle", seed=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="folds"):
        cross_validated(features, y, model="simple", folds=1, seed=1)
    with pytest.raises(ValueError, match="2000 rows of features have 10"):
        cross_validated(features, y[:10], model="simple", seed=1)
    dated = features.assign(
        day=pd.Timestamp("2024-08-01") + pd.to_timedelta(features.lessons, "D"),
        lessons=features.lessons.where(features.index > 0, np.inf),
    )
    with pytest.raises(DataError) as caught:
        cross_validated(dated, y, model="simple", seed=1)
    assert {problem.where for problem in caught.value.problems} == {"column day", "column lessons"}
