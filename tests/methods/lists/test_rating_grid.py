"""Grid search against Surprise's own on the same folds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from surprise import Dataset, Reader, SVDpp
from surprise.model_selection import GridSearchCV

from knowntruth.methods.lists.rating_grid import GRID, GridSearch, fold_of, search
from knowntruth.methods.lists.ratings import Ratings, ratings
from knowntruth.methods.lists.svd_plus_plus import fit

SMALL: Mapping[str, Sequence[float]] = {
    "factors": [2, 4],
    "epochs": [2, 6],
    "rate": [0.01],
    "regularisation": [0.02, 0.4],
}
NAMES = {
    "factors": "n_factors",
    "epochs": "n_epochs",
    "rate": "lr_all",
    "regularisation": "reg_all",
}


@pytest.fixture(scope="module")
def train() -> Ratings:
    rng = np.random.default_rng(1)
    customer, product = rng.integers(40, size=900), rng.integers(15, size=900)
    taste = rng.normal(0, 0.6, (40, 15))
    log = 3 + 0.2 * product + taste[customer, product] + rng.normal(0, 0.2, 900)
    table = pd.DataFrame(
        {
            "customer": [f"C{i:02}" for i in customer],
            "product": [f"P{i:02}" for i in product],
            "amount": np.exp(log),
        }
    )
    return ratings(table)


@pytest.fixture(scope="module")
def found(train: Ratings) -> GridSearch:
    return search(train, grid=SMALL, folds=3, seed=5)


class SameFolds:
    """Our folds, for Surprise to split by."""

    n_splits = 3

    def split(self, data: Any) -> Iterator[tuple[Any, Any]]:
        rows = data.raw_ratings
        fold = fold_of(len(rows), folds=3, seed=5)
        for k in range(3):
            rest = [row for row, of in zip(rows, fold, strict=True) if of != k]
            values = [r for _, _, r, _ in rest]
            # The scale is that of the ratings learnt from: the test is not known to them.
            data.reader.rating_scale = (min(values), max(values))
            held = [row for row, of in zip(rows, fold, strict=True) if of == k]
            yield data.construct_trainset(rest), data.construct_testset(held)

    def get_n_folds(self) -> int:
        return 3


def test_errors_spreads_and_best_are_those_of_surprises_search(
    train: Ratings, found: GridSearch
) -> None:
    table = pd.DataFrame({"u": train.customer, "i": train.product, "r": train.value})
    data = Dataset.load_from_df(table, Reader(rating_scale=(0, 9)))
    grid = {NAMES[name]: values for name, values in SMALL.items()} | {"random_state": [5]}
    theirs = GridSearchCV(SVDpp, grid, measures=["rmse"], cv=SameFolds())
    theirs.fit(data)
    results = pd.DataFrame(theirs.cv_results).set_index([f"param_{n}" for n in NAMES.values()])
    assert len(found.table) == len(results) == 8
    for row, folds in zip(found.table.itertuples(), found.folds, strict=True):
        expected = results.loc[tuple(getattr(row, name) for name in NAMES)]
        assert row.rmse == pytest.approx(expected["mean_test_rmse"], rel=1e-12)
        np.testing.assert_allclose(
            folds, [expected[f"split{k}_test_rmse"] for k in range(3)], rtol=1e-12
        )
        # Theirs divides by the number of folds.
        assert row.spread == pytest.approx(expected["std_test_rmse"] * np.sqrt(3 / 2), rel=1e-9)
    best = theirs.best_params["rmse"]
    assert dict(found.best) == {name: best[theirs_] for name, theirs_ in NAMES.items()}


def test_behind_is_zero_at_the_best_alone(found: GridSearch) -> None:
    table = found.table
    np.testing.assert_allclose(table["behind"], table["rmse"] - table["rmse"].min())
    at_best = (table[list(found.best)] == pd.Series(found.best)).all(axis=1)
    assert (table["behind"] == 0).tolist() == at_best.tolist()


def test_the_best_is_what_fit_takes(train: Ratings, found: GridSearch) -> None:
    model = fit(train, **found.best, seed=1)  # type: ignore[arg-type]
    assert (model.factors, model.epochs) == (found.best["factors"], found.best["epochs"])


def test_two_workers_find_the_same_and_tell_of_every_fit(train: Ratings, found: GridSearch) -> None:
    told: list[tuple[int, int]] = []
    shared = search(
        train,
        grid=SMALL,
        folds=3,
        seed=5,
        workers=2,
        progress=lambda done, of: told.append((done, of)),
    )
    pd.testing.assert_frame_equal(shared.table, found.table)
    assert told == [(done, 24) for done in range(1, 25)]


def test_each_rating_is_held_out_once_in_folds_of_equal_size() -> None:
    fold = fold_of(100, folds=3, seed=1)
    assert sorted(np.bincount(fold)) == [33, 33, 34]
    assert fold.tolist() != sorted(fold.tolist())
    assert fold.tolist() != fold_of(100, folds=3, seed=2).tolist()


def test_a_combination_that_runs_away_is_never_best(train: Ratings) -> None:
    some = search(train, grid={"rate": [9.0, 0.01], "epochs": [2]}, folds=2, seed=1)
    assert np.isnan(some.table["rmse"]).tolist() == [True, False]
    assert dict(some.best) == {"rate": 0.01, "epochs": 2}
    none = search(train, grid={"rate": [9.0], "epochs": [2]}, folds=2, seed=1)
    assert none.reason == "descent ran away in every combination"
    assert none.best == {}


def test_the_grid_as_it_stands_has_two_values_of_each_of_four_settings() -> None:
    assert {name: len(values) for name, values in GRID.items()} == dict.fromkeys(NAMES, 2)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"grid": {"depth": [1]}}, "no setting 'depth'"),
        ({"grid": {"rate": []}}, "'rate' has no values"),
        ({"folds": 1}, "number of folds"),
        ({"folds": 901}, "number of ratings"),
        ({"workers": 0}, "number of workers"),
    ],
)
def test_wrong_arguments_are_refused(train: Ratings, wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        search(train, **({"seed": 1} | wrong))
