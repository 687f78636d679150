"""Panels as they are read, and the part that units and periods explain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from knowntruth.errors import DataError
from knowntruth.methods.panels.panel import Panel, read

Array = NDArray[np.float64]


def frame() -> pd.DataFrame:
    """Three units in four years; b is treated from 2003 on, and c is not seen in 2002."""
    rows = [(u, t, 10.0 * i + t) for i, u in enumerate("abc") for t in range(2001, 2005)]
    data = pd.DataFrame(rows, columns=["unit", "year", "y"])
    data["first"] = data["unit"].map({"a": np.nan, "b": 2003.0, "c": np.nan})
    data["group"] = (data["unit"] == "b").astype(int)
    return data[(data["unit"] != "c") | (data["year"] != 2002)].reset_index(drop=True)


def panel(data: pd.DataFrame | duckdb.DuckDBPyRelation, **options: object) -> Panel:
    names = {"unit": "unit", "period": "year", "outcome": "y", "first_treated": "first"}
    call: Callable[..., Panel] = read
    return call(data, **{**names, **options})


def test_rows_come_in_the_order_of_units_and_periods_whatever_the_table_has() -> None:
    data = frame()
    shuffled = data.sample(frac=1, random_state=1)
    for found in (panel(data), panel(shuffled)):
        assert found.unit.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2]
        assert found.period.tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 0, 2, 3]
        assert found.outcome.tolist() == data["y"].tolist()
        assert found.labels == ("a", "b", "c")
        assert found.periods == (2001, 2002, 2003, 2004)
        assert found.first.tolist() == [4, 2, 4]
        assert found.after.nonzero()[0].tolist() == [6, 7]
        assert not found.is_balanced
    assert np.isnan(panel(data).wide()[2, 1])


def test_a_group_and_its_start_say_the_same_as_the_first_treated_period() -> None:
    found = panel(frame(), first_treated=None, group="group", start=2003)
    assert found.first.tolist() == panel(frame()).first.tolist()


def test_files_dates_and_text_make_the_same_panel(tmp_path: Path) -> None:
    data = frame()
    data["day"] = [date(year, 7, 1) for year in data["year"]]
    path = tmp_path / "panel.parquet"
    data.to_parquet(path)
    stored = duckdb.read_parquet(str(path))
    found = panel(stored, period="day", first_treated=None, group="group", start="2003-01-05")
    assert found.first.tolist() == [4, 2, 4]
    assert found.period.tolist() == panel(data).period.tolist()
    assert found.periods[0] == date(2001, 7, 1)


def test_a_start_between_two_periods_or_outside_them_is_placed() -> None:
    data = frame()
    for start, place in ((2002.5, 2), (1990.0, 0), (2010.0, 4), (np.inf, 4)):
        data["first"] = np.where(data["unit"] == "b", start, np.nan)
        years = data.assign(year=data["year"].astype(float))
        assert panel(years).first.tolist() == [4, place, 4]


def test_incomplete_rows_are_left_out_and_counted() -> None:
    data = frame()
    data.loc[0, "y"] = np.nan
    data["w"] = 1.0
    data.loc[1, "w"] = 0.0
    found = panel(data, weight="w")
    assert (len(found.outcome), found.left_out) == (9, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: pd.concat([d, d.head(1)]), "two rows in a period: 1"),
        (lambda d: d.assign(first=d["year"].astype(float)), "first treated period: 3"),
        (lambda d: d.assign(first=d["first"].where(d["year"] > 2001)), "first treated period: 1"),
        (lambda d: d.assign(k=d["year"]), "more than one cluster: 3"),
        (lambda d: d.assign(w=-1.0), "negative or infinite"),
        (lambda d: d.assign(y=np.inf), "a value is infinite"),
        (lambda d: d.assign(y=np.nan), "no row is complete"),
        (lambda d: d.assign(y="?"), "not numbers"),
        (lambda d: d.rename(columns={"year": "years"}), "Did you mean years"),
    ],
)
def test_what_is_no_panel_is_explained(
    change: Callable[[pd.DataFrame], pd.DataFrame], message: str
) -> None:
    data = change(frame())
    options = {
        name: column for name, column in (("weight", "w"), ("cluster", "k")) if column in data
    }
    with pytest.raises(DataError, match=message):
        panel(data, **options)


def test_a_group_other_than_0_and_1_is_refused() -> None:
    data = frame().assign(group=2)
    with pytest.raises(DataError, match="neither 0 nor 1"):
        panel(data, first_treated=None, group="group", start=2003)


@pytest.mark.parametrize("options", [{"group": "group"}, {"first_treated": None}, {"start": 1}])
def test_treatment_is_given_one_way(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="by first_treated, or by group and start"):
        panel(frame(), **options)


def holed(seed: int, share: float, units: int = 10, periods: int = 5) -> tuple[pd.DataFrame, Array]:
    random = np.random.default_rng(seed)
    kept = np.flatnonzero(random.random(units * periods) < share)
    data = pd.DataFrame({"unit": kept // periods, "year": kept % periods})
    data = data.assign(y=random.normal(size=len(kept)), w=random.integers(1, 5, len(kept)))
    return data.assign(first=np.where(data["unit"] < units // 2, 2.0, np.nan)), random.normal(
        size=(len(kept), 2)
    )


@pytest.mark.parametrize(("seed", "share"), [(0, 1.0), (1, 0.7), (2, 0.4), (3, 0.25)])
def test_within_is_the_residual_of_indicators_of_units_and_periods(seed: int, share: float) -> None:
    """The last is sparse enough to fall apart: numpy's least squares does not mind."""
    data, columns = holed(seed, share)
    found = panel(data, weight="w")
    names = ["unit", "year"]
    full = pd.get_dummies(data[names].astype(str), columns=names, dtype=float).to_numpy()
    root = np.sqrt(data["w"].to_numpy(dtype=float))[:, None]
    solution = np.linalg.lstsq(full * root, columns * root, rcond=None)[0]
    assert found.within(columns) == pytest.approx(columns - full @ solution, abs=1e-10)
    rank = int(np.linalg.matrix_rank(full))
    assert found.units + len(found.periods) - found.parts == rank
