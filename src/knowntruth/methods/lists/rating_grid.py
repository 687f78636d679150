"""Grid search: which settings of SVD++ foretell ratings best, asked within the training part.

A *combination* holds one value of each setting, and the *grid* all of them. Train is cut at random
into *folds*; each combination is fitted without a fold and foretells it, fold by fold. Its error is
the mean of the folds' RMSE, its *spread* their standard deviation. The lowest mean is *best*, and
as the lowest of many it is a little too low: what the best is worth, only a test part can say that
no fold has seen.

Ratings of one pair stand in several folds. So this finds what remembers pairs well, as a test part
drawn at random then confirms.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from itertools import product

import numpy as np
import pandas as pd

from ..checks import check_at_least
from ..predictions.outcomes import Array
from ..shops.purchases import Codes
from .ratings import Ratings
from .svd_plus_plus import fit

SETTINGS = ("factors", "epochs", "rate", "regularisation")
GRID: Mapping[str, Sequence[float]] = {
    "factors": (10, 20),
    "epochs": (10, 20),
    "rate": (0.005, 0.01),
    "regularisation": (0.02, 0.1),
}

Combination = Mapping[str, float]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class GridSearch:
    """Errors of every combination.

    Attributes:
        table: a row a combination, in the grid's order: its settings, `rmse`, `spread` and
            `behind`, how much its error is above the best; NaN where descent ran away.
        folds: RMSE, combinations by folds.
        best: the settings with the lowest error, as `svd_plus_plus.fit` takes them.
        reason: why there is no best; "" when there is.
    """

    table: pd.DataFrame
    folds: Array
    best: Combination = field(default_factory=dict)
    reason: str = ""


def search(
    train: Ratings,
    *,
    grid: Mapping[str, Sequence[float]] = GRID,
    folds: int = 3,
    seed: int,
    workers: int = 1,
    progress: Progress | None = None,
) -> GridSearch:
    """Return the errors of every combination of a grid, over folds of `train`.

    Args:
        grid: values by setting: factors, epochs, rate, regularisation. A setting that is left
            out has the value that `svd_plus_plus.fit` gives it.
        seed: draws the folds, and what every fit starts from.
        workers: processes that share the fits, with one thread each; one is this process.
        progress: is told, after each fit, how many are done and how many there are.

    Raises:
        ValueError: settings that there are not, one without values, fewer than two folds, fewer
            ratings than folds, or no workers.
    """
    if unknown := sorted(set(grid) - set(SETTINGS)):
        raise ValueError(f"there is no setting {unknown[0]!r}; there is {', '.join(SETTINGS)}")
    if empty := [name for name, values in grid.items() if not len(values)]:
        raise ValueError(f"the setting {empty[0]!r} has no values")
    check_at_least("the number of folds", folds, 2)
    check_at_least("the number of ratings", len(train), folds)
    check_at_least("the number of workers", workers, 1)
    combinations = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    fold = fold_of(len(train), folds=folds, seed=seed)
    found = np.full((len(combinations), folds), np.nan)
    work = partial(_error, train, fold, seed)
    tasks = [(one, k) for one in range(len(combinations)) for k in range(folds)]
    done = _shared(work, combinations, tasks, workers)
    for count, ((one, k), error) in enumerate(done, start=1):
        found[one, k] = error
        if progress is not None:
            progress(count, len(tasks))
    return _summed_up(combinations, found)


def fold_of(n: int, *, folds: int, seed: int) -> Codes:
    """Return the fold of each of n ratings: of equal sizes, give or take one, drawn at random."""
    return np.random.default_rng(seed).permutation(n) % folds


Task = tuple[int, int]


def _shared(
    work: Callable[[Combination, int], float],
    combinations: Sequence[Combination],
    tasks: Sequence[Task],
    workers: int,
) -> Iterator[tuple[Task, float]]:
    """Yield each task, a combination's number and a fold, with its error, as they are done."""
    if workers == 1:
        for task in tasks:
            yield task, work(combinations[task[0]], task[1])
        return
    # Not forked: the caller may be a notebook's kernel with threads of its own.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        min(workers, len(tasks)), mp_context=context, initializer=_start, initargs=(work,)
    ) as pool:
        # The long ones first, so that no worker is left with one at the end.
        order = sorted(tasks, key=lambda task: -_cost(combinations[task[0]]))
        futures = {pool.submit(_run, combinations[one], k): (one, k) for one, k in order}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _cost(combination: Combination) -> float:
    return combination.get("factors", 1) * combination.get("epochs", 1)


def _error(train: Ratings, fold: Codes, seed: int, combination: Combination, k: int) -> float:
    """Return the RMSE in one fold of what the others foretell; NaN where descent ran away."""
    rest, held_out = train.take(fold != k), train.take(fold == k)
    # A combination holds whole numbers and others by name, which one type cannot tell apart.
    model = fit(rest, **combination, seed=seed)  # type: ignore[arg-type]
    if model.reason:
        return float("nan")
    gaps = model.predict(held_out.customer, held_out.product) - held_out.value
    return float(np.sqrt(np.mean(gaps**2)))


# What a worker process works on: sent once, not with every task.
_worker: dict[str, Callable[[Combination, int], float]] = {}


def _start(work: Callable[[Combination, int], float]) -> None:
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1)
    _worker["work"] = work


def _run(combination: Combination, k: int) -> float:
    return _worker["work"](combination, k)


def _summed_up(combinations: Sequence[Combination], found: Array) -> GridSearch:
    means = found.mean(axis=1)
    known = np.isfinite(means)
    lowest = float(means[known].min()) if known.any() else np.nan
    table = pd.DataFrame(combinations).assign(
        rmse=means, spread=found.std(axis=1, ddof=1), behind=means - lowest
    )
    if not known.any():
        return GridSearch(table=table, folds=found, reason="descent ran away in every combination")
    return GridSearch(table=table, folds=found, best=combinations[int(np.nanargmin(means))])
