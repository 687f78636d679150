"""Writing `retail` to Parquet files, however large: the tables that `world` would hold in memory.

Customers are drawn a block at a time. What they buy is first put aside in *slices* of time, raw;
then each slice is read, put in order, numbered and written. So memory depends on how much a block
or a slice holds, never on the whole.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from . import purchases as drawing
from .catalogue import Catalogue, catalogue_of, product_names, table_of
from .parameters import Parameters
from .people import customers_table, people_in
from .plan import plan_of
from .rules import SECONDS, Array, Rules
from .truth import Truth

A_SLICE = 2_000_000  # purchases, about
RAW = np.dtype(
    [("second", "i4"), ("customer", "i4"), ("product", "i4"), ("quantity", "i4"), ("amount", "f8")]
)
SCHEMA = pa.schema(
    [
        ("transaction", pa.int64()),
        ("customer", pa.string()),
        ("product", pa.string()),
        ("date", pa.timestamp("us")),
        ("quantity", pa.int64()),
        ("amount", pa.float64()),
    ]
)

Progress = Callable[[int, int], None]


def write(p: Parameters, folder: Path, *, progress: Progress | None = None) -> None:
    """Write the world of these parameters to a new folder.

    The files are `transactions.parquet`, `later.parquet`, `products.parquet`,
    `customers.parquet`, as in `world.World`, and `truth.parquet`, see `truth.Truth.customers`.

    Args:
        p: the parameters.
        folder: where; made whole or not at all.
        progress: called with the number of steps done, and that of all.

    Raises:
        FileExistsError: when there is something of that name.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} is there already")
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _write(p, partial, progress or (lambda done, steps: None))
        partial.chmod(0o755)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _write(p: Parameters, folder: Path, progress: Progress) -> None:
    rules = Rules(p)
    catalogue = catalogue_of(rules)
    table_of(rules, catalogue).to_parquet(folder / "products.parquet", index=False)
    record = _Slices(rules, catalogue, folder / "record.raw", 0, p.days)
    later = _Slices(rules, catalogue, folder / "later.raw", p.days, p.days + p.ahead)
    steps = rules.blocks + record.count + later.count
    _draw(rules, catalogue, folder, record, later, lambda done: progress(done, steps))
    written = record.write(
        folder / "transactions.parquet",
        first=1,
        progress=lambda done: progress(rules.blocks + done, steps),
    )
    later.write(
        folder / "later.parquet",
        first=written + 1,
        progress=lambda done: progress(rules.blocks + record.count + done, steps),
    )


def _draw(
    rules: Rules,
    catalogue: Catalogue,
    folder: Path,
    record: _Slices,
    later: _Slices,
    progress: Callable[[int], None],
) -> None:
    """Write customers and their truth, and put aside what they buy, block by block."""
    plan = plan_of(rules)
    customers, truths = _Growing(folder / "customers.parquet"), _Growing(folder / "truth.parquet")
    for block in range(rules.blocks):
        people = people_in(rules, block)
        first = rules.customers_in(block).start
        bought = drawing.recorded(rules, catalogue, people, plan, block)
        record.put(bought, first)
        later.put(drawing.drawn_on(rules, catalogue, people, plan, block, bought), first)
        customers.add(customers_table(rules, people, first))
        truths.add(Truth(rules, catalogue, people, plan.rate, first).customers)
        progress(block + 1)
    customers.close()
    truths.close()


class _Growing:
    """A Parquet file to which tables are added."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None

    def add(self, frame: pd.DataFrame) -> None:
        table = pa.Table.from_pandas(frame, preserve_index=False)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema)
        self._writer.write_table(table)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


class _Slices:
    """Purchases of some days, put aside in slices of time."""

    def __init__(
        self, rules: Rules, catalogue: Catalogue, folder: Path, start: int, end: int
    ) -> None:
        folder.mkdir()
        share = (end - start) / rules.p.days
        wanted = max(int(np.ceil(share * rules.p.transactions / A_SLICE)), 1)
        days = np.unique(np.linspace(start, end, wanted + 1).round().astype(np.int64))
        self._rules = rules
        self._products = pa.array(product_names(len(catalogue)))
        self._folder = folder
        self._edges = days[1:-1] * SECONDS
        self.count = len(self._edges) + 1

    def put(self, bought: drawing.Purchases, first: int) -> None:
        """Put purchases of a block aside; `first` is the number of its first customer."""
        raw = np.empty(len(bought.second), RAW)
        raw["second"], raw["customer"] = bought.second, bought.customer + first
        raw["product"], raw["quantity"] = bought.product, bought.quantity
        raw["amount"] = bought.amount
        number = np.searchsorted(self._edges, bought.second, side="right")
        order = np.argsort(number, kind="stable")
        ends = np.cumsum(np.bincount(number, minlength=self.count))
        for slice_, rows in enumerate(np.split(raw[order], ends[:-1])):
            with (self._folder / str(slice_)).open("ab") as file:
                rows.tofile(file)

    def write(self, path: Path, *, first: int, progress: Callable[[int], None]) -> int:
        """Write all slices to a table, numbered from `first`; return how many rows it has."""
        number = first
        with pq.ParquetWriter(path, SCHEMA) as writer:
            for slice_ in range(self.count):
                raw = np.fromfile(self._folder / str(slice_), RAW)
                raw = raw[np.argsort(raw["second"], kind="stable")]
                writer.write_table(self._table(raw, number))
                number += len(raw)
                progress(slice_ + 1)
        shutil.rmtree(self._folder)
        return number - first

    def _table(self, raw: Array, first: int) -> pa.Table:
        numbers = pc.cast(pa.array(raw["customer"] + 1), pa.string())
        date = self._rules.first + raw["second"].astype("timedelta64[s]")
        columns = [
            pa.array(np.arange(first, first + len(raw))),
            pc.binary_join_element_wise("C", numbers, ""),
            self._products.take(pa.array(raw["product"])),
            pa.array(date.astype("datetime64[us]")),
            pa.array(raw["quantity"].astype(np.int64)),
            pa.array(raw["amount"]),
        ]
        return pa.Table.from_arrays(columns, schema=SCHEMA)
