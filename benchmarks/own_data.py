"""Own data: 10 million rows in Parquet through the package against pandas and scipy.

Both read the same file and compute what the chapter says of it: rows of each arm, Welch's
test, CUPED, the z-test of a proportion, and the 99th percentile of the metric. Ours checks
the table first (text, missing and infinite values, repeated units); pandas does not. Each
runs in processes of its own, in turn; the figures are the best of them, without the time
that Python needs to import. Where others share the machine, processor seconds say more: our
side spends them on all cores at once.

Run with `nox -s bench`, or `python benchmarks/own_data.py`.
"""

from __future__ import annotations

import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import pandas as pd

ROWS = 10_000_000
REPEATS = 3
LEVEL = 0.95
QUANTILE = 0.99
MEGABYTE = 2**20


def write_table(path: Path) -> None:
    """Write an experiment of `ROWS` users: id, arm, songs, songs before, whether they paid."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SELECT setseed(0.42)").fetchall()
        connection.execute(
            f"""
            COPY (
                SELECT user_id, version, songs, bought,
                    round(0.6 * songs - 12 * ln(1 - random()), 2) AS songs_before
                FROM (
                    SELECT i AS user_id,
                        CASE WHEN random() < 0.1 THEN 'new' ELSE 'old' END AS version,
                        round(-10 * ln(1 - random()) - 10 * ln(1 - random()), 2) AS songs,
                        (random() < 0.09)::INTEGER AS bought
                    FROM range({ROWS}) AS t(i)
                )
            ) TO '{path}' (FORMAT parquet)
            """
        )


def ours(path: Path) -> dict[str, float]:
    """Return the numbers, by opening the table and asking the package's methods."""
    from knowntruth.cases import get
    from knowntruth.data.tables import open_table
    from knowntruth.methods import moments
    from knowntruth.methods.experiments import comparing, experiments, outliers

    contract = get("ab_test").contract
    start, worked = time.perf_counter(), time.process_time()
    table = open_table(
        path,
        contract,
        {
            "unit": "user_id",
            "arm": "version",
            "primary": "songs",
            "secondary": "bought",
            "covariate": "songs_before",
        },
    )
    arms = moments.summarise(
        table.relation, ["primary", "secondary_1"], pairs=[("primary", "covariate")]
    )
    control, treatment = arms["control"], arms["treatment"]
    welch = experiments.welch(control, treatment, "primary", level=LEVEL)
    cuped = experiments.cuped(control, treatment, "primary", "covariate", level=LEVEL)
    paid = comparing.compare(arms, "secondary_1", kind="proportion", level=LEVEL)
    trimmed = outliers.apply(table.relation, "primary", "winsorise", quantile=QUANTILE)
    return {
        "control": control.rows,
        "treatment": treatment.rows,
        "difference": welch.difference.value,
        "welch p": welch.difference.p_value or 0.0,
        "cuped": cuped.difference.value,
        "z-test p": paid.difference.p_value or 0.0,
        "threshold": trimmed.threshold or math.nan,
        "seconds": time.perf_counter() - start,
        "processor seconds": time.process_time() - worked,
    }


def pandas_and_scipy(path: Path) -> dict[str, float]:
    """Return the same numbers as an analyst writes them with pandas, scipy and statsmodels."""
    import numpy as np
    from scipy import stats
    from statsmodels.stats.proportion import proportions_ztest

    start, worked = time.perf_counter(), time.process_time()
    users = pd.read_parquet(path)
    control, treatment = users[users["version"] == "old"], users[users["version"] == "new"]
    welch = stats.ttest_ind(treatment["songs"], control["songs"], equal_var=False)
    covariance = np.cov(users["songs"], users["songs_before"])
    slope = covariance[0, 1] / covariance[1, 1]
    adjusted = {
        name: arm["songs"] - slope * (arm["songs_before"] - users["songs_before"].mean())
        for name, arm in (("control", control), ("treatment", treatment))
    }
    stats.ttest_ind(adjusted["treatment"], adjusted["control"], equal_var=False)
    _, paid = proportions_ztest(
        [treatment["bought"].sum(), control["bought"].sum()], [len(treatment), len(control)]
    )
    return {
        "control": len(control),
        "treatment": len(treatment),
        "difference": treatment["songs"].mean() - control["songs"].mean(),
        "welch p": float(welch.pvalue),
        "cuped": adjusted["treatment"].mean() - adjusted["control"].mean(),
        "z-test p": float(paid),
        "threshold": float(users["songs"].quantile(QUANTILE)),
        "seconds": time.perf_counter() - start,
        "processor seconds": time.process_time() - worked,
    }


SIDES = {"knowntruth": ours, "pandas and scipy": pandas_and_scipy}


def measure(side: str, path: Path) -> dict[str, float]:
    """Run one side in a process of its own; return its numbers, seconds and megabytes."""
    done = subprocess.run(
        [sys.executable, __file__, side, str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    return dict(json.loads(done.stdout))


def main() -> pd.DataFrame:
    """Return time and peak memory of both sides, and the ratio between them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "experiment.parquet"
        write_table(path)
        runs: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
        for _ in range(REPEATS):
            for side, done in runs.items():
                done.append(measure(side, path))
    first, second = (done[0] for done in runs.values())
    for name in first.keys() - {"seconds", "processor seconds", "megabytes"}:
        if not math.isclose(first[name], second[name], rel_tol=1e-6, abs_tol=1e-12):
            raise AssertionError(f"{name}: {first[name]} against {second[name]}")
    table = pd.DataFrame(
        {
            side: {
                "seconds": min(run["seconds"] for run in done),
                "processor seconds": min(run["processor seconds"] for run in done),
                "peak memory, MB": min(run["megabytes"] for run in done),
            }
            for side, done in runs.items()
        }
    )
    table["ratio"] = table["pandas and scipy"] / table["knowntruth"]
    return table.round(2)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        result = SIDES[sys.argv[1]](Path(sys.argv[2]))
        # Linux counts in kilobytes, macOS in bytes.
        unit = 1 if sys.platform == "darwin" else 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE
        print(json.dumps(result | {"megabytes": peak}))
    else:
        print(main().to_string())
