"""The figures of a replay, as numbers and as texts, under the ids of `original.toml`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from .original import Replay
from .original_segments import CHOSEN, NOISE, by_size, segment_counts, sizes

MISSING = float("nan")
RANKS = ("1st", "2nd", "3rd", "4th", "5th", "6th")
DESCRIBED = {"25%": "25", "50%": "50", "75%": "75"}
K_MEANS, DENSITY = "K_means Clusters", "DB Clusters"
DECILES = range(0, 101, 10)
SHOWN = 8  # months of GMV and of prices that the scan shows
SHOWN_COLUMNS = (
    *("Id", "Last Update", "Total Videos", "GMV", "F_Score", "M_Score", "R_Score", "RFM"),
    *("RFM Segment", K_MEANS),
)


def numbers(found: Replay) -> dict[str, float]:
    """Return every figure that is a number, by id; NaN where there is none."""
    pairs = [*_tables(found), *_measures(found), *_sets(found), *_clusters(found)]
    return {name: float(value) for name, value in pairs}


def texts(found: Replay) -> dict[str, str]:
    """Return every figure that is a row of texts, by id."""
    transactions, gmv = found.transactions, found.gmv
    first, second = found.tables.transactions, found.tables.gmv
    blank = second.where(second != 0).iloc[:, :SHOWN]
    segments = sorted(set(found.final["RFM Segment"]))
    density = sorted(set(found.final[DENSITY]))
    labels = found.final[K_MEANS].dropna().unique()
    return {
        "months": " ".join(found.tables.months),
        **dict(_rows("transactions_of", first.iloc[:, :-1], str)),
        **dict(_rows("gmv_of", blank, _money)),
        **dict(_rows("prices_of", found.prices.iloc[:, :SHOWN].fillna(0), _money)),
        "only_transactions_top_9": _names(transactions.top_9 - gmv.top_9),
        "only_gmv_top_9": _names(gmv.top_9 - transactions.top_9),
        "only_transactions_top_20_names": _names(transactions.top_20 - gmv.top_20),
        "segment_numbers": _numbered(segments),
        "k_means_numbers": " ".join(str(label) for label in sorted(labels)),
        "dbscan_numbers": _numbered(density),
        **dict(_final(found.final)),
    }


def _tables(found: Replay) -> Iterable[tuple[str, float]]:
    wide = len(found.tables.months) + 2  # the name and the total stand beside the months
    columns = list(found.final.columns)
    for name, width in (
        ("transactions", wide),
        ("gmv", wide),
        ("prices", wide),
        ("rfm", columns.index("RFM") + 1),
        ("features", found.features.shape[1] + 1),
        ("final", columns.index(DENSITY) + 1),
    ):
        yield f"shape_{name}.rows", len(found.final)
        yield f"shape_{name}.columns", width


def _measures(found: Replay) -> Iterable[tuple[str, float]]:
    for name, one in (("transactions", found.transactions), ("gmv", found.gmv)):
        for statistic, by_month in one.monthly.iterrows():
            yield from _labelled(f"{name}_{DESCRIBED.get(str(statistic), statistic)}", by_month)
        yield from _labelled(f"{name}_percentile", one.percentiles)
        for part in ("fifth", "tenth", "rest", "giants"):
            shares = getattr(one, part)
            yield f"{name}_{part}", shares.iloc[-1]
            yield from _labelled(f"{name}_{part}_monthly", shares.iloc[:-1])
    yield from _labelled("mismatches", found.mismatches)
    table = found.tables.transactions
    totals = table.iloc[:, -1].sort_values(ascending=False)
    yield "transactions_total", totals.sum()
    yield "transactions_last_three", table.iloc[:, -4:-1].to_numpy().sum()
    yield from _ranked("transactions_largest", totals, RANKS)


def _sets(found: Replay) -> Iterable[tuple[str, float]]:
    first, second = found.transactions, found.gmv
    yield "transactions_top_9", len(first.top_9)
    yield "both_top_9", len(first.top_9 & second.top_9)
    yield "only_one_top_9.transactions", len(first.top_9 - second.top_9)
    yield "only_one_top_9.gmv", len(second.top_9 - first.top_9)
    yield "top_20.transactions", len(first.top_20)
    yield "top_20.gmv", len(second.top_20)
    yield "either_top_20", len(first.top_20 | second.top_20)
    yield "both_top_20", len(first.top_20 & second.top_20)
    yield "only_transactions_top_20", len(first.top_20 - second.top_20)
    yield "codes", found.final["RFM"].nunique()
    segments = found.final["RFM Segment"]
    for name in ("Others", "P Creators", "B Creator", "HSN Creator", "LSAL Creator"):
        yield f"segment.{name}", (segments == name).sum()
    yield "segment_churned", (segments == "Cb Creator").sum()


def _clusters(found: Replay) -> Iterable[tuple[str, float]]:
    final = found.final
    fit = found.k_means.get(CHOSEN)
    if fit is not None and fit.labels is not None:
        yield from _ranked("k_means_size", sizes(final[K_MEANS]), RANKS[:5])
        for name, label in zip(("first", "second"), by_size(final[K_MEANS]), strict=False):
            yield from _labelled(f"k_means_{name}", segment_counts(final, K_MEANS, label))
    clusters = by_size(final[DENSITY])
    yield "dbscan_noise", (final[DENSITY] == NOISE).sum()
    yield "dbscan_clusters", len(clusters)
    yield from _ranked("dbscan_size", [*sizes(final[DENSITY]), 0, 0, 0, 0], RANKS[:4])
    parts = [("noise", "dbscan_noise_segment", NOISE)]
    if clusters:
        parts.append(("main", "dbscan_main", clusters[0]))
    for part, counts, label in parts:
        inside = final[final[DENSITY] == label]
        yield from _labelled(counts, segment_counts(final, DENSITY, label))
        yield f"{part}_creators", len(inside) / len(final)
        for name, column in (("gmv", "GMV"), ("transactions", "Total Videos")):
            yield f"{part}_{name}", inside[column].sum() / final[column].sum()
            if len(inside):
                percentiles = pd.Series(np.percentile(inside[column], DECILES), index=DECILES)
                yield from _labelled(f"{part}_{name}_percentile", percentiles)


def _labelled(name: str, values: pd.Series) -> Iterable[tuple[str, float]]:
    return ((f"{name}.{label}", value) for label, value in values.items())


def _ranked(
    name: str, values: Sequence[float] | pd.Series, ranks: Sequence[str]
) -> Iterable[tuple[str, float]]:
    return ((f"{name}.{rank}", value) for rank, value in zip(ranks, values, strict=False))


def _rows(
    name: str, table: pd.DataFrame, show: Callable[[float], str]
) -> Iterable[tuple[str, str]]:
    for creator, row in zip(table.index, table.to_numpy(), strict=True):
        yield f"{name}.{creator}", " ".join(show(value) for value in row)


def _final(table: pd.DataFrame) -> Iterable[tuple[str, str]]:
    """Return the rows of the last table, as the original shows them."""
    for row in table[[*SHOWN_COLUMNS]].itertuples(index=False):
        creator, update, total, money, *rest = row
        yield (
            f"final_of.{creator}",
            " ".join(map(str, [update, f"{total:.0f}", f"{money:.6f}", *rest])),
        )


def _money(value: float) -> str:
    return "NaN" if math.isnan(value) else f"{value:.6f}"


def _names(creators: Iterable[str]) -> str:
    return " ".join(sorted(creators))


def _numbered(names: Iterable[object]) -> str:
    return ", ".join(f"{name} {i}" for i, name in enumerate(names))
