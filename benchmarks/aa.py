"""A/A tests: loops like the original's against the package, on the same draws.

Run with `python -m benchmarks aa`. Times are the best of several runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from knowntruth.methods.experiments.false_positives import bare_t_test, relabelled

Array = NDArray[np.float64]

TESTS, LEVEL = 1_000, 0.95
UNITS, SHARE, QUANTILE = 40_000, 0.1, 0.99


def loop_of_t_tests() -> Array:
    """Run the original's loop: two arms of 1,000 normals, Student's t-test, 1,000 times."""
    rng = np.random.RandomState(42)
    p_values = []
    for _ in range(TESTS):
        group_a = rng.normal(20, 5, 1_000)
        group_b = rng.normal(20, 5, 1_000)
        _, p = stats.ttest_ind(group_a, group_b)
        p_values.append(p)
    return np.array(p_values)


def loop_of_pipelines(values: Array) -> Array:
    """Run the original's pipeline on arms drawn anew: trim with pandas, Welch with scipy."""
    rng = np.random.default_rng(42)
    users = pd.DataFrame({"songs": values})
    # The cleaned users are labelled: the threshold is pooled, so the order does not matter,
    # and both sides compare the same arms.
    kept = len(users[users.songs < users.songs.quantile(QUANTILE)])
    p_values = []
    for _ in range(TESTS):
        clean = users[users.songs < users.songs.quantile(QUANTILE)].copy()
        treated = rng.random(kept, dtype=np.float32) < SHARE
        clean["group"] = np.where(treated, "Treatment", "Control")
        control = clean[clean["group"] == "Control"]["songs"]
        treatment = clean[clean["group"] == "Treatment"]["songs"]
        _, p = stats.ttest_ind(control, treatment, equal_var=False)
        p_values.append(p)
    return np.array(p_values)


def best(work: Callable[[], Array], *, repeats: int) -> tuple[float, Array]:
    """Return the shortest time in seconds, and what the work returned."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return min(times), result


def compare(name: str, loop: Callable[[], Array], ours: Callable[[], Array]) -> None:
    """Print both times and their ratio, after checking that both reject the same tests."""
    # The loops take seconds where ours take tenths.
    loop_time, loop_p = best(loop, repeats=2)
    our_time, our_p = best(ours, repeats=5)
    np.testing.assert_allclose(our_p, loop_p, rtol=1e-6)
    if ((our_p < 1 - LEVEL) != (loop_p < 1 - LEVEL)).any():
        raise AssertionError(f"{name}: the loop and the package reject different tests")
    print(
        f"{name}: loop {loop_time:.2f} s, ours {our_time:.3f} s, {loop_time / our_time:.0f} times"
        f" as fast; {(our_p < 1 - LEVEL).mean():.1%} rejected by both"
    )


def main() -> None:
    """Compare both kinds of A/A test."""
    rng = np.random.default_rng(1)
    songs = np.floor(rng.gamma(2, 10, UNITS))
    songs[:50] = rng.integers(1_000, 5_000, 50)
    compare(
        f"{TESTS:,} t-tests of 2 x 1,000 normals",
        loop_of_t_tests,
        lambda: (
            bare_t_test(
                TESTS, 1_000, mean=20, sd=5, level=LEVEL, rng=np.random.RandomState(42)
            ).p_values
        ),
    )
    compare(
        f"{TESTS:,} pipelines on {UNITS:,} users",
        partial(loop_of_pipelines, songs),
        lambda: (
            relabelled(
                songs,
                tests=TESTS,
                treatment_share=SHARE,
                level=LEVEL,
                rng=np.random.default_rng(42),
                rule="trim",
                quantile=QUANTILE,
            ).p_values
        ),
    )


if __name__ == "__main__":
    main()
