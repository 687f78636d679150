"""The published panels of organ donations and of the castle doctrine, read as somebody's own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import causaldata
import pandas as pd
import pytest
from scipy import stats

from knowntruth.cases.difference_in_differences.own import OwnPanel, read_panel
from knowntruth.cases.difference_in_differences.parameters import OwnPanel as OwnParameters
from knowntruth.methods.panels import panel as panels
from knowntruth.methods.panels.did import two_way
from knowntruth.parameters import check


def read_file(path: Path, columns: Any, **options: Any) -> OwnPanel:
    return read_panel(check(OwnParameters, {"data": str(path), "columns": columns, **options}))


def told(panel: OwnPanel) -> list[str]:
    return [statement.text for statement in panel.statements]


def effect(panel: OwnPanel, **options: Any) -> tuple[float, float]:
    """Return the two-way effect in the panel and its clustered error."""
    made = panels.read(
        panel.relation, unit="unit", period="period", outcome="outcome",
        first_treated="first_treated", **options,
    )  # fmt: skip
    found = two_way(made, level=0.95).estimate
    assert found is not None
    width = 2 * float(stats.t.isf(0.025, made.clusters - 1))
    return found.value, (found.high - found.low) / width


ORGANS = {"unit": "State", "outcome": "Rate"}
GROUP = {**ORGANS, "treated": "in_california"}
# Kessler & Roth 2014, in 27 states; see the tests of the methods for where the digits come from.
ORGAN_EFFECT = (-0.022458974358974357, 0.006131232005640856)


@pytest.fixture(scope="module")
def organs() -> pd.DataFrame:
    data = causaldata.organ_donations.load_pandas().data
    group = data["State"] == "California"
    return data.assign(
        in_california=group.astype(int),
        since=pd.Series("Q32011", index=data.index).where(group),
        since_number=pd.Series(4.0, index=data.index).where(group),
        month=data["Quarter"].str.replace(r"Q(\d)(\d{4})", _month, regex=True),
    )


def _month(found: Any) -> str:
    return f"{found[2]}-{3 * int(found[1]) - 2:02d}"


@pytest.mark.parametrize("form", ["csv", "tsv", "xlsx", "parquet", "folder"])
def test_organ_donations_have_the_published_effect_in_every_format(
    tmp_path: Path, organs: pd.DataFrame, form: str
) -> None:
    path = tmp_path / f"organs.{form}"
    if form == "folder":
        for i, part in enumerate((organs[:70], organs[70:])):
            path.mkdir(exist_ok=True)
            part.to_parquet(path / f"{i}.parquet")
    elif form == "parquet":
        organs.to_parquet(path)
    elif form == "xlsx":
        organs.to_excel(path, index=False)
    else:
        organs.to_csv(path, index=False, sep="\t" if form == "tsv" else ",")
    panel = read_file(path, GROUP | {"period": "Quarter_Num"}, start="4")
    found = effect(panel)
    assert found == pytest.approx(ORGAN_EFFECT, rel=1e-9)
    assert (round(found[0], 4), round(found[1], 4)) == (-0.0225, 0.0061)
    assert dict(zip(panel.relation.columns, map(str, panel.relation.types), strict=True)) == {
        "unit": "VARCHAR", "period": "BIGINT", "outcome": "DOUBLE", "first_treated": "BIGINT",
    }  # fmt: skip
    assert told(panel) == [
        "The panel has 27 units in 6 periods, and 162 rows with an outcome: 1 is treated, from 4 "
        "on, and 26 never."
    ]


@pytest.mark.parametrize(
    ("columns", "start", "third"),
    [
        (GROUP | {"period": "Quarter"}, "2011Q3", dt.date(2011, 4, 1)),
        (GROUP | {"period": "Quarter"}, "Q32011", dt.date(2011, 4, 1)),
        (GROUP | {"period": "Quarter"}, "2011-07-01", dt.date(2011, 4, 1)),
        (GROUP | {"period": "month"}, "2011-07", dt.date(2011, 4, 1)),
        (GROUP | {"period": "Quarter_Num"}, " 4.0 ", 3),
        (ORGANS | {"period": "Quarter", "first_treated": "since"}, "", dt.date(2011, 4, 1)),
        (ORGANS | {"period": "Quarter_Num", "first_treated": "since_number"}, "", 3),
    ],
)  # fmt: skip
def test_organ_donations_have_the_published_effect_however_time_is_written(
    tmp_path: Path, organs: pd.DataFrame, columns: Any, start: str, third: Any
) -> None:
    organs.to_csv(tmp_path / "organs.csv", index=False)
    panel = read_file(tmp_path / "organs.csv", columns, start=start)
    assert effect(panel) == pytest.approx(ORGAN_EFFECT, rel=1e-9)
    assert list(panel.periods)[2] == third
    treated = panel.relation.filter("first_treated IS NOT NULL")
    assert treated.project("unit").distinct().fetchall() == [("California",)]


def test_quarters_are_written_as_quarters(tmp_path: Path, organs: pd.DataFrame) -> None:
    organs.to_csv(tmp_path / "organs.csv", index=False)
    panel = read_file(tmp_path / "organs.csv", GROUP | {"period": "Quarter"}, start="2011Q3")
    assert [name.text for name in panel.periods.values()] == [
        "2010Q4", "2011Q1", "2011Q2", "2011Q3", "2011Q4", "2012Q1",
    ]  # fmt: skip
    text = " ".join(told(panel))
    assert "The periods of Quarter are read as a year and a quarter." in text
    assert "1 is treated, from 2011Q3 on, and 26 never." in text


def test_a_wide_table_of_organ_donations_has_the_effect_of_the_long_one(
    tmp_path: Path, organs: pd.DataFrame
) -> None:
    wide = organs.pivot(index="State", columns="Quarter", values="Rate").reset_index()
    wide["group"] = (wide["State"] == "California").map({True: "yes", False: "no"})
    wide.to_csv(tmp_path / "wide.csv", index=False)
    columns = {
        "unit": "State", "treated": "group",
        "before": ["Q42010", "Q12011", "Q22011"], "after": ["Q32011", "Q42011", "Q12012"],
    }  # fmt: skip
    panel = read_file(tmp_path / "wide.csv", columns, labels={"units": "states"})
    assert effect(panel) == pytest.approx(ORGAN_EFFECT, rel=1e-9)
    assert {period: name.text for period, name in panel.periods.items()} == {
        -3: "Q42010", -2: "Q12011", -1: "Q22011", 0: "Q32011", 1: "Q42011", 2: "Q12012",
    }  # fmt: skip
    assert told(panel) == [
        "The table has a row for each unit: Q42010, Q12011 and Q22011 became its periods before "
        "the treatment, and Q32011, Q42011 and Q12012 those from its start on.",
        "The panel has 27 states in 6 periods, and 162 rows with an outcome: 1 is treated, from "
        "Q32011 on, and 26 never.",
    ]


def test_the_castle_doctrine_has_the_published_effect_and_error(tmp_path: Path) -> None:
    """Cheng & Hoekstra 2013, table 5: log homicides, weighted, with controls: 0.082 (0.027)."""
    data = causaldata.castle.load_pandas().data
    treated = data["year"].where(data["post"] == 1)
    data = data.assign(first=treated.groupby(data["sid"]).transform("min"))
    controls = [
        *(name for name in data if name.startswith("r20")),
        *("blackm_15_24", "whitem_15_24", "blackm_25_44", "whitem_25_44", "l_exp_subsidy"),
        *("l_exp_pubwelfare", "l_police", "unemployrt", "poverty", "l_income"),
        *("l_prisoner", "l_lagprisoner"),
    ]
    data.to_csv(tmp_path / "castle.csv", index=False)
    panel = read_file(
        tmp_path / "castle.csv",
        {
            "unit": "sid", "period": "year", "outcome": "l_homicide", "first_treated": "first",
            "weight": "popwt", "covariate": controls,
        },
    )  # fmt: skip
    covariates = [f"covariate_{i}" for i in range(1, len(controls) + 1)]
    found = effect(panel, weight="weight", covariates=covariates)
    assert (round(found[0], 3), round(found[1], 3)) == (0.082, 0.027)
    assert found == pytest.approx((0.0821081149209451, 0.026882826811964654), rel=1e-6)
    starts = data["first"].dropna().astype(int)
    assert told(panel) == [
        "first is blank in 319 rows: a blank counts as never.",
        "The panel has 50 units in 11 periods, and 550 rows with an outcome: 21 are treated, from "
        f"{starts.nunique()} different periods on, the first {starts.min()} and the last "
        f"{starts.max()}, and 29 never.",
    ]
