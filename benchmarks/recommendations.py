"""SVD++ and BG/NBD: scores, the grid search and repeat orders, against Surprise and lifetimes.

Scores are those of all products for all customers: ours from arrays, Surprise's by its `predict`,
pair by pair, as its users rank products. The grid search fits every combination over the same
folds: ours on two workers, Surprise's `GridSearchCV` on one, its default, and on two. BG/NBD is
fitted to the customers of CDNOW, and repeat orders of each are expected, by lifetimes as well.
Both sides must give the same numbers. Run with `python -m benchmarks recommendations`, or with a
smaller grid as in `python benchmarks/recommendations.py small`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from surprise import Dataset, Reader, SVDpp
from surprise.model_selection import GridSearchCV
from threadpoolctl import threadpool_limits

from knowntruth.methods.lists import svd_plus_plus
from knowntruth.methods.lists.rating_grid import GRID, fold_of, search
from knowntruth.methods.lists.ratings import Ratings, train_and_test
from knowntruth.methods.shops import bg_nbd
from knowntruth.worlds.retail.parameters import Parameters
from knowntruth.worlds.retail.world import simulate

# It says nothing of its types.
lifetimes = import_module("lifetimes")

SEED, FOLDS, WEEKS = 1, 3, 39
SMALL: Mapping[str, Sequence[float]] = {"factors": (5, 10), "epochs": (2, 4)}
NAMES = {
    "factors": "n_factors",
    "epochs": "n_epochs",
    "rate": "lr_all",
    "regularisation": "reg_all",
}
Result = TypeVar("Result")


def main(grid: Mapping[str, Sequence[float]] = GRID) -> pd.DataFrame:
    """Return times and ratios, after checking that both sides agree."""
    train, _ = train_and_test(simulate(Parameters()).purchases(), seed=SEED)
    with threadpool_limits(limits=1):
        rows = [*scoring(train), *grid_search(train, grid), *repeat_orders()]
    table = pd.DataFrame(rows, columns=["what", "against", "theirs (s)", "ours (s)"])
    table["ratio"] = (table["theirs (s)"] / table["ours (s)"]).round(1)
    return table.round(4).set_index(["what", "against"])


Row = tuple[str, str, float, float]


def scoring(train: Ratings) -> list[Row]:
    """Compare the scores of all customers and products."""
    model = svd_plus_plus.fit(train, epochs=2, seed=SEED)
    theirs = SVDpp(n_epochs=2, random_state=SEED).fit(svd_plus_plus.trainset(train))
    n, m = train.interactions.shape

    def loop() -> Any:
        return [[theirs.predict(u, i, clip=False).est for i in range(m)] for u in range(n)]

    their_time, expected = timed(loop, repeats=2)
    our_time, found = timed(model.scores, repeats=20)
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    return [(f"scores of {n:,} x {m:,} pairs", "predict", their_time, our_time)]


class SameFolds:
    """Our folds, for Surprise to split by."""

    def split(self, data: Any) -> Iterator[tuple[Any, Any]]:
        """Yield train and test of each fold."""
        rows = data.raw_ratings
        fold = fold_of(len(rows), folds=FOLDS, seed=SEED)
        for k in range(FOLDS):
            rest = [row for row, of in zip(rows, fold, strict=True) if of != k]
            values = [row[2] for row in rest]
            data.reader.rating_scale = (min(values), max(values))
            held_out = [row for row, of in zip(rows, fold, strict=True) if of == k]
            yield data.construct_trainset(rest), data.construct_testset(held_out)

    def get_n_folds(self) -> int:
        """Return how many folds there are."""
        return FOLDS


def grid_search(train: Ratings, grid: Mapping[str, Sequence[float]]) -> list[Row]:
    """Compare the search of a grid; shows how far ours is."""
    table = pd.DataFrame({"u": train.customer, "i": train.product, "r": train.value})
    options = {NAMES[name]: list(values) for name, values in grid.items()}
    rows = []
    with bar() as shown:
        fits = FOLDS * int(np.prod([len(values) for values in grid.values()]))
        task = shown.add_task("grid search", total=fits)
        our_time, found = timed(
            lambda: search(
                train,
                grid=grid,
                folds=FOLDS,
                seed=SEED,
                workers=2,
                progress=lambda done, _: shown.update(task, completed=done),
            )
        )
    for jobs in (1, 2):
        theirs = GridSearchCV(
            SVDpp, options | {"random_state": [SEED]}, ["rmse"], cv=SameFolds(), n_jobs=jobs
        )
        data = Dataset.load_from_df(table, Reader())
        their_time, _ = timed(partial(theirs.fit, data))
        means = np.sort(theirs.cv_results["mean_test_rmse"])
        np.testing.assert_allclose(np.sort(found.table["rmse"]), means, rtol=1e-9)
        rows.append((f"{fits} fits on 2 workers", f"GridSearchCV on {jobs}", their_time, our_time))
    return rows


def bar() -> Progress:
    """Return a progress bar with the work done, all of it, and the time left."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True))


def repeat_orders() -> list[Row]:
    """Compare the fit of BG/NBD, and the repeat orders that it expects, on CDNOW."""
    path = Path(str(lifetimes.__file__)).parent / "datasets" / "cdnow_customers_summary.csv"
    customers = pd.read_csv(path).rename(columns={"T": "age"})
    columns = [customers[name] for name in ("frequency", "recency", "age")]
    their_time, theirs = timed(lambda: lifetimes.BetaGeoFitter().fit(*columns), repeats=5)
    our_time, ours = timed(lambda: bg_nbd.fit(customers), repeats=5)
    np.testing.assert_allclose([ours.r, ours.alpha, ours.a, ours.b], theirs.params_, rtol=1e-3)
    fitted = (f"BG/NBD of {len(customers):,} customers", "lifetimes", their_time, our_time)
    later = theirs.conditional_expected_number_of_purchases_up_to_time
    their_time, expected = timed(lambda: later(WEEKS, *columns), repeats=5)
    our_time, found = timed(lambda: ours.expected(customers, WEEKS), repeats=5)
    np.testing.assert_allclose(found, expected, rtol=1e-3)
    return [fitted, ("their repeat orders", "lifetimes", their_time, our_time)]


def timed(work: Callable[[], Result], *, repeats: int = 1) -> tuple[float, Result]:
    """Return the shortest time in seconds, and what the work returned."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return min(times), result


if __name__ == "__main__":
    print(main(SMALL if "small" in sys.argv else GRID).to_string())
