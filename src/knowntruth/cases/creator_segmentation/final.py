"""What the chapter ends with: a table of creators with all their segments, and what is to come."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...methods.groups.segment_value import protected
from ...methods.groups.segmentations import Segmentation
from ...methods.totals.concentration import top_units
from ...story.estimates import Estimate
from .creators import Creators
from .segmentations import MOST_HELD_BACK, Record


def final_table(
    case: Creators,
    record: Record,
    scored: pd.DataFrame,
    found: Mapping[str, Segmentation],
    segment: Any,
) -> pd.DataFrame:
    """Return one row a creator: totals, scores, and the segment by each way to group.

    Args:
        case: whose creators these are.
        record: what groups were learnt from.
        scored: units with their scores and names, see `rfm.Segments`.
        found: ways to group the creators of the record.
        segment: of each creator of the record, the name that is used in the end.
    """
    table = pd.DataFrame(
        {
            "creator": case.totals.index,
            "recency": scored["recency"].to_numpy(),
            "transactions": case.totals["transactions"].to_numpy(),
            "gmv": case.totals["gmv"].to_numpy(),
            "recency_score": scored["recency_score"].to_numpy(),
            "frequency_score": scored["frequency_score"].to_numpy(),
            "money_score": scored["money_score"].to_numpy(),
            "code": scored["code"].to_numpy(),
            "rfm": scored["segment"].to_numpy(),
        }
    )
    known = {"segment": segment} | {
        column: [str(label) for label in found[name].labels]
        for column, name in (
            ("k_means", "k-means"),
            ("dbscan", "DBSCAN"),
            ("hdbscan", "HDBSCAN"),
            ("clouds", "normal clouds"),
        )
    }
    # Who began in the months that were held back has no group yet.
    of_record = pd.DataFrame(known, index=record.gmv.index).reindex(case.totals.index)
    return table.join(of_record.fillna("new").reset_index(drop=True))


def write(table: pd.DataFrame, folder: Path) -> tuple[Path, Path]:
    """Write the table as CSV and as Parquet into a folder, and return both paths.

    Raises:
        FileExistsError: where either file is there already; nothing is written then.
    """
    paths = folder / "segments.csv", folder / "segments.parquet"
    for path in paths:
        if path.exists():
            raise FileExistsError(f"{path} is there already; nothing was written")
    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(paths[0], index=False)
    table.to_parquet(paths[1], index=False)
    return paths


def leaving_by(case: Creators, record: Record, segment: Any) -> dict[str, float]:
    """Return the mean true chance to leave in a month, by segment; empty where nobody knows."""
    if case.truth is None:
        return {}
    leaving = case.truth.creators.set_index("creator")["leaving"].loc[record.gmv.index]
    means = leaving.groupby(np.asarray(segment, dtype=object)).mean()
    return {str(name): float(mean) for name, mean in means.items()}


def expected_later_share(case: Creators, share: float) -> float | None:
    """Return which part of all GMV to be expected later comes from the top by GMV on record."""
    if case.truth is None or not case.parameters.ahead:
        return None
    later = case.truth.creators.set_index("creator")["expected_later"].loc[case.totals.index]
    top = case.totals["gmv"].nlargest(top_units(share, case.count)).index
    total = float(later.sum())
    return float(later.loc[top].sum()) / total if total > 0 else None


def held_back_share(case: Creators, share: float, *, level: float, seed: int) -> Estimate | None:
    """Return which part of the GMV of the last months the top of all earlier months made."""
    back = min(max(len(case.months) // 4, 1), MOST_HELD_BACK)
    before = case.gmv.iloc[:, :-back].sum(axis=1)
    after = case.gmv.iloc[:, -back:].sum(axis=1)
    found = protected(
        np.zeros(case.count, dtype=int), before, after, size=share, seed=seed, level=level
    )
    return found.by_total
